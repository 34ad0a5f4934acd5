"""Acknowledgements that do not match the upload, and files with an invalid SHA-1."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from requests.structures import CaseInsensitiveDict

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import CopySource
from b2sdk.v3.exception import B2Error, ChecksumMismatch, UnexpectedCloudBehaviour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTENT = bytes(range(250)) * 4
SHA1 = "0" * 40


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def upload_small(bucket: Any) -> None:
    bucket.upload_bytes(b"content", "file")


def upload_large(bucket: Any) -> None:
    bucket.upload_bytes(CONTENT, "file")


def upload_stream(bucket: Any) -> None:
    bucket.upload_unbound_stream(io.BytesIO(CONTENT), "file")


def copy_large(bucket: Any) -> None:
    source = bucket.upload_bytes(CONTENT, "source")
    bucket.concatenate(
        [CopySource(source.id_, length=500), CopySource(source.id_, length=500)], "file", max_part_size=200
    )


@pytest.mark.parametrize(
    ("operation", "call", "field", "value", "error"),
    [
        (upload_small, "upload_file", "contentLength", 8, UnexpectedCloudBehaviour),
        (upload_small, "upload_file", "fileName", "other", UnexpectedCloudBehaviour),
        (upload_small, "upload_file", "contentSha1", SHA1, ChecksumMismatch),
        (upload_small, "upload_file", "contentSha1", "rubbish", ChecksumMismatch),
        (upload_large, "upload_part", "contentLength", 8, UnexpectedCloudBehaviour),
        (upload_large, "upload_part", "partNumber", 9, UnexpectedCloudBehaviour),
        (upload_large, "upload_part", "fileId", "4_z", UnexpectedCloudBehaviour),
        (upload_stream, "upload_part", "contentSha1", SHA1, ChecksumMismatch),
        (upload_large, "finish_large_file", "contentLength", 8, UnexpectedCloudBehaviour),
        (upload_large, "finish_large_file", "fileId", "4_z", UnexpectedCloudBehaviour),
        (upload_stream, "finish_large_file", "fileName", "other", UnexpectedCloudBehaviour),
        (copy_large, "copy_part", "contentLength", 8, UnexpectedCloudBehaviour),
        (copy_large, "copy_part", "partNumber", 9, UnexpectedCloudBehaviour),
    ],
)
def test_an_acknowledgement_of_something_else_is_none(
    bucket: Any,
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[[Any], None],
    call: str,
    field: str,
    value: Any,
    error: type[B2Error],
) -> None:
    raw_api = bucket.api.session.raw_api
    honest = getattr(raw_api, call)
    monkeypatch.setattr(raw_api, call, lambda *args, **kwargs: {**honest(*args, **kwargs), field: value})
    with pytest.raises(error):
        operation(bucket)


def telling_sha1(bucket: Any, monkeypatch: pytest.MonkeyPatch, sha1: str) -> None:
    raw_api = bucket.api.session.raw_api
    download = raw_api.download_file_from_url

    @contextmanager
    def told(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with download(*args, **kwargs) as response:
            response.headers = CaseInsensitiveDict({**response.headers, "X-Bz-Content-Sha1": sha1})
            yield response

    monkeypatch.setattr(raw_api, "download_file_from_url", told)


@pytest.mark.parametrize("resume", [False, True])
def test_content_is_not_read_where_the_service_reports_rubbish_as_sha1(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, resume: bool
) -> None:
    bucket.upload_bytes(CONTENT, "file")
    telling_sha1(bucket, monkeypatch, "rubbish")
    with pytest.raises(UnexpectedCloudBehaviour, match="'rubbish' as SHA-1"):
        bucket.download_file_by_name("file").save_to(tmp_path / "file", resume=resume)
    assert not (tmp_path / "file").exists()
    bucket.download_file_by_name("file", range_=(0, 99)).save_to(tmp_path / "range")
    assert (tmp_path / "range").read_bytes() == CONTENT[:100]


@pytest.mark.parametrize("resume", [False, True])
def test_the_sha1_may_be_told_in_capitals(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, resume: bool
) -> None:
    sha1 = bucket.upload_bytes(b"content", "file").content_sha1
    telling_sha1(bucket, monkeypatch, sha1.upper())
    bucket.download_file_by_name("file").save_to(tmp_path / "file", resume=resume)
    assert (tmp_path / "file").read_bytes() == b"content"


def test_what_an_uploader_stored_that_is_no_sha1_does_not_stop_downloads(bucket: Any) -> None:
    bucket.upload_unbound_stream(io.BytesIO(CONTENT), "file")
    target = io.BytesIO()
    file = bucket.download_file_by_name("file")
    file.download_version.file_info["large_file_sha1"] = "an MD5, or so"
    file.save(target)
    assert target.getvalue() == CONTENT
