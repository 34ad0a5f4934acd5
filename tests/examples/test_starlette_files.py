"""The web application under uvicorn, as browsers meet it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

import pytest
import requests
from examples.starlette_files import app
from tests.serving import serve_asgi

from b2sdk.simulator import ApiFault, Policy, SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo

CONTENT = os.urandom(300_000)
PART = 5_000_000


@pytest.fixture(scope="module")
def part_service() -> Iterator[SimulatorServer]:
    with SimulatorServer(policy=Policy(recommended_part_size=PART)) as service:
        yield service


@pytest.fixture
def bucket(part_service: SimulatorServer) -> Bucket:
    part_service.reset()
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(part_service.key_id, part_service.key, part_service.url)
    return api.create_bucket("browsers-upload", "allPrivate")


@pytest.fixture
def files(part_service: SimulatorServer, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of the files of an application that is running."""
    monkeypatch.setenv("B2_APPLICATION_KEY_ID", part_service.key_id)
    monkeypatch.setenv("B2_APPLICATION_KEY", part_service.key)
    monkeypatch.setenv("B2_REALM", part_service.url)
    monkeypatch.setenv("B2_BUCKET", bucket.name or "")
    with serve_asgi(app, lifespan="on") as url:
        yield f"{url}/files"


def wait_for(bucket: Bucket, condition: Callable[[Bucket], bool]) -> None:
    """Ask the service until it is so."""
    assert any(condition(bucket) for _ in range(10_000))


def test_a_body_of_known_length_becomes_a_file(files: str, bucket: Bucket) -> None:
    stored = requests.put(f"{files}/folder/photo.jpg", CONTENT, headers={"Content-Type": "image/jpeg"}, timeout=60)

    version = bucket.get_file_info_by_name("folder/photo.jpg")
    assert stored.status_code == 201
    assert stored.json() == {"id": version.id_, "name": "folder/photo.jpg", "size": len(CONTENT)}
    assert version.content_type == "image/jpeg"


def test_a_body_is_sent_on_while_it_arrives(files: str, bucket: Bucket) -> None:
    def body() -> Iterator[bytes]:
        yield bytes(PART)
        yield bytes(1_000_000)
        wait_for(bucket, lambda bucket: any(bucket.list_unfinished_large_files()))
        yield b"the end"

    stored = requests.put(f"{files}/large", body(), timeout=60)

    assert stored.json()["size"] == PART + 1_000_000 + len(b"the end")


def test_who_goes_away_while_uploading_leaves_no_file(files: str, bucket: Bucket) -> None:
    address = files.removeprefix("http://").removesuffix("/files").split(":")
    with socket.create_connection((address[0], int(address[1]))) as connection:
        head = f"PUT /files/half HTTP/1.1\r\nHost: a\r\nContent-Length: {2 * PART}\r\n\r\n"
        connection.sendall(head.encode() + bytes(PART + 1_000_000))
        wait_for(bucket, lambda bucket: any(bucket.list_unfinished_large_files()))

    wait_for(bucket, lambda bucket: not any(bucket.list_unfinished_large_files()))
    assert list(bucket.ls()) == []


def test_a_file_comes_as_it_was(files: str, bucket: Bucket) -> None:
    version = bucket.upload_bytes(CONTENT, "photo.jpg", content_type="image/jpeg")

    found = requests.get(f"{files}/photo.jpg", timeout=60)

    assert found.content == CONTENT
    assert found.headers["ETag"] == f'"{version.id_}"'
    assert found.headers["Content-Type"] == "image/jpeg"
    assert found.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=10-19", 10, 19),
        ("bytes=100000-", 100_000, 299_999),
        ("bytes=-5", 299_995, 299_999),
        ("bytes=299999-400000", 299_999, 299_999),
        ("bytes=-400000", 0, 299_999),
    ],
)
def test_a_range_is_what_was_requested(files: str, bucket: Bucket, header: str, first: int, last: int) -> None:
    bucket.upload_bytes(CONTENT, "video.mp4")

    found = requests.get(f"{files}/video.mp4", headers={"Range": header}, timeout=60)

    assert found.status_code == 206
    assert found.headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert found.content == CONTENT[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=x-"])
def test_what_is_no_single_range_is_ignored(files: str, bucket: Bucket, header: str) -> None:
    bucket.upload_bytes(CONTENT, "video.mp4")

    found = requests.get(f"{files}/video.mp4", headers={"Range": header}, timeout=60)

    assert (found.status_code, found.content) == (200, CONTENT)


@pytest.mark.parametrize(("size", "header"), [(10, "bytes=10-"), (0, "bytes=0-"), (10, "bytes=-0")])
def test_a_range_after_the_end_cannot_be_sent(files: str, bucket: Bucket, size: int, header: str) -> None:
    bucket.upload_bytes(CONTENT[:size], "video.mp4")

    found = requests.get(f"{files}/video.mp4", headers={"Range": header}, timeout=60)

    assert (found.status_code, found.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_range_of_an_older_version_is_not_mixed_with_a_newer_one(files: str, bucket: Bucket) -> None:
    old = bucket.upload_bytes(b"old content", "name")
    bucket.upload_bytes(CONTENT, "name")

    found = requests.get(f"{files}/name", headers={"Range": "bytes=4-", "If-Range": f'"{old.id_}"'}, timeout=60)

    assert (found.status_code, found.content) == (200, CONTENT)


def test_a_head_downloads_nothing(files: str, bucket: Bucket, part_service: SimulatorServer) -> None:
    bucket.upload_bytes(CONTENT, "name")

    found = requests.head(f"{files}/name", headers={"Range": "bytes=0-9"}, timeout=60)

    assert (found.status_code, found.headers["Content-Length"], found.content) == (206, "10", b"")
    assert "b2_download_file_by_id" not in [entry.endpoint for entry in part_service.journal.entries]


def test_what_goes_wrong_has_a_status(files: str, bucket: Bucket, part_service: SimulatorServer) -> None:
    assert requests.get(f"{files}/missing", timeout=60).status_code == 404
    assert requests.put(f"{files}/{'x' * 1025}", b"", timeout=60).status_code == 400
    part_service.faults.add(ApiFault(endpoint="b2_get_upload_url", status=403, code="transaction_cap_exceeded"))
    refused = requests.put(f"{files}/name", b"content", timeout=60)
    assert (refused.status_code, refused.text) == (503, "The storage is not available: TransactionCapExceeded")
    assert list(bucket.ls()) == []
