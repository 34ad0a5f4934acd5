"""The service of the benchmarks responds as B2 does, as far as clients can see, and counts their calls."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sink
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
    service.keep("work", "kept", 5, sink.SMALL_SHA1)
    assert [version.file_name for version, _ in bucket.ls()] == ["kept"]


@pytest.mark.parametrize("page", [1, 7, 100, 10_000])
def test_made_up_files_come_in_pages_and_in_order(service: Service, page: int) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account("key-id", "key", realm=service.doors["near"])
        found = [
            version.file_name
            for version, _ in api.get_bucket_by_name("made-up-25").ls(recursive=True, fetch_count=page)
        ]
    assert found == [sink.made_up_name(number) for number in range(25)] == sorted(found)


def test_what_is_not_there_is_not_found(service: Service) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account("key-id", "key", realm=service.doors["near"])
        with pytest.raises(Exception, match="not present"):
            api.get_bucket_by_name("work").download_file_by_name("nothing")


def test_the_far_service_takes_its_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", service.doors["ca"])
    with B2Api(InMemoryAccountInfo()) as api:
        start = time.monotonic()
        api.authorize_account("key-id", "key", realm=service.doors["far"])
        # The handshakes of TCP and of TLS are a round trip each, and the call is another one.
        assert time.monotonic() - start >= 3 * DELAY
