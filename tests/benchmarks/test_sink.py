"""The service of the benchmarks responds as B2 does, as far as clients can see, and counts their calls."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import KINDS, SMALL_SHA1, SMALL_SIZE, made_up_bucket
from sink import SECONDS_PER_ENTRY
from stand import Service

from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo

DELAY = 0.1


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, DELAY) as running:
        yield running


@pytest.fixture(params=["near", "tls", "far"])
def bucket(service: Service, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", service.doors["ca"])
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account("key-id", "key", realm=service.doors[request.param])
        yield api.get_bucket_by_name("work")


@pytest.mark.parametrize("size", [0, 1, 40, 100_000, 5_000_000])
def test_zeros_come_back_as_they_went(bucket: Bucket, size: int) -> None:
    content, downloaded = bytes(size), io.BytesIO()
    version = bucket.upload_bytes(content, "dir/a b+ü.bin", file_info={"color": "grün"})
    assert version.content_sha1 == hashlib.sha1(content).hexdigest()
    version.download().save(downloaded)
    assert downloaded.getvalue() == content
    assert [(found.file_name, found.size) for found, _ in bucket.ls(recursive=True)] == [("dir/a b+ü.bin", size)]
    assert bucket.get_file_info_by_name("dir/a b+ü.bin").file_info == {"color": "grün"}


def test_a_range_is_sent(bucket: Bucket) -> None:
    bucket.upload_bytes(bytes(1000), "file")
    downloaded = io.BytesIO()
    bucket.download_file_by_name("file", range_=(10, 19)).save(downloaded)
    assert downloaded.getvalue() == bytes(10)


def test_calls_and_connections_are_counted_again_after_each_look(service: Service, bucket: Bucket) -> None:
    service.tally()
    for number in range(3):
        bucket.upload_bytes(b"\0", f"file-{number}")
    tally = service.tally()
    assert tally.calls == {"b2_get_upload_url": 1, "b2_upload_file": 3}
    assert tally.connections == 0
    assert service.tally().calls == {}


def test_a_bucket_is_forgotten_and_filled(service: Service, bucket: Bucket) -> None:
    bucket.upload_bytes(b"\0", "uploaded")
    service.forget("work")
    service.keep("work", "kept", 5, SMALL_SHA1)
    assert [version.file_name for version, _ in bucket.ls()] == ["kept"]


@pytest.fixture
def near(service: Service) -> Iterator[B2Api]:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account("key-id", "key", realm=service.doors["near"])
        yield api


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_files_come_in_pages_and_in_order(kind: str, near: B2Api) -> None:
    names, bucket = KINDS[kind](25), near.get_bucket_by_name(f"made-up-{kind}-25")
    assert names == sorted(names)
    for page in (1, 7, 24, 25, 26, 10_000):
        for latest_only in (True, False):
            found = bucket.ls(recursive=True, fetch_count=page, latest_only=latest_only)
            assert [version.file_name for version, _ in found] == names


def test_without_a_kind_names_are_numbers() -> None:
    named, other = made_up_bucket("made-up-3"), made_up_bucket("made-up-numbers-3")
    assert named is not None
    assert other is not None
    assert [named.entry(number)["fileName"] for number in range(3)] == KINDS["numbers"](3)
    assert [other.entry(number)["fileName"] for number in range(3)] == KINDS["numbers"](3)
    assert made_up_bucket("work") is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_made_up_files_is_what_its_start_and_its_prefix_say(kind: str) -> None:
    names, bucket = KINDS[kind](300), made_up_bucket(f"made-up-{kind}-300")
    assert bucket is not None
    for prefix in ("", names[0], names[150][:15], names[299][:15], "a", "zzz"):
        for start in ("", names[0], names[10] + "-", names[299], "zzz"):
            for count in (1, 150, 1000):
                meant = [name for name in names if name.startswith(prefix) and name >= start]
                page, entries = bucket.page(start, prefix, count)
                told = json.loads(page)
                assert [entry["fileName"] for entry in told["files"]] == meant[:count]
                assert entries == len(meant[:count])
                following = bucket.entry(names.index(meant[count])) if len(meant) > count else {}
                assert told["nextFileName"] == following.get("fileName")
                assert told["nextFileId"] == following.get("fileId")


def test_made_up_files_are_downloaded_and_looked_at(near: B2Api) -> None:
    content = io.BytesIO()
    *_, (version, _) = near.get_bucket_by_name("made-up-hashes-25").ls(recursive=True)
    version.download().save(content)
    assert content.getvalue() == bytes(SMALL_SIZE)
    assert near.get_file_info(version.id_).file_name == version.file_name


def test_transactions_of_listings_are_counted(service: Service, near: B2Api) -> None:
    service.tally()
    bucket = near.get_bucket_by_name("made-up-numbers-2500")
    assert sum(1 for _ in bucket.ls(recursive=True, fetch_count=1250)) == 2500
    assert service.tally().listed == 2 + 2
    assert service.tally().listed == 0


def test_what_is_deleted_is_gone(near: B2Api) -> None:
    bucket = near.get_bucket_by_name("work")
    for name in ("kept", "deleted"):
        bucket.upload_bytes(b"\0", name)
    version = bucket.get_file_info_by_name("deleted")
    version.delete()
    assert [found.file_name for found, _ in bucket.ls()] == ["kept"]


def test_what_is_not_there_is_not_found(near: B2Api) -> None:
    with pytest.raises(Exception, match="not present"):
        near.get_bucket_by_name("work").download_file_by_name("nothing")


@pytest.mark.parametrize(("door", "of_entries"), [("far", 0), ("slow", SECONDS_PER_ENTRY)])
def test_services_behind_a_line_take_their_time(
    door: str, of_entries: float, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", service.doors["ca"])
    with B2Api(InMemoryAccountInfo()) as api:
        start = time.monotonic()
        api.authorize_account("key-id", "key", realm=service.doors[door])
        # The handshakes of TCP and of TLS are a round trip each, and the call is another one.
        assert time.monotonic() - start >= 3 * DELAY
        bucket, start = api.get_bucket_by_name("made-up-2000"), time.monotonic()
        assert sum(1 for _ in bucket.ls(recursive=True, fetch_count=1000)) == 2000
        assert time.monotonic() - start >= 2 * DELAY + 2000 * of_entries
