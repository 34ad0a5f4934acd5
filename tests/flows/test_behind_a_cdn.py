"""Downloads through something that changes how content comes: without its length, compressed, or unpacked."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import http.server
import io
import threading
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ASYNCIO
from tests.flows.conftest import Connect, DownloadInRanges

from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.v3 import B2HttpApiConfig, FileVersion, ProgressListenerForTest
from b2sdk.v3.exception import B2ConnectionError, ChecksumMismatch, UnexpectedCloudBehaviour

CONTENT = "".join(hashlib.sha1(bytes([number])).hexdigest() for number in range(240)).encode()
PACKED = gzip.compress(CONTENT, mtime=0)

Change = Callable[[bytes, dict[str, str]], bytes]
"""Returns the body that is sent, and changes the headers of the response."""


def chunked(content: bytes, headers: dict[str, str]) -> bytes:
    del headers["Content-Length"]
    headers["Transfer-Encoding"] = "chunked"
    blocks = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in [*blocks, b""])


def until_it_closes(content: bytes, headers: dict[str, str]) -> bytes:
    del headers["Content-Length"]
    headers["Connection"] = "close"
    return content


def packed(content: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "gzip"
    return chunked(gzip.compress(content), headers)


def deflated(content: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "deflate"
    return chunked(zlib.compress(content), headers)


def packed_with_length(content: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "gzip"
    content = gzip.compress(content)
    headers["Content-Length"] = str(len(content))
    return content


def scrambled(content: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Encoding"] = "rot13"
    return chunked(content[::-1], headers)


def unpacked(content: bytes, headers: dict[str, str]) -> bytes:
    del headers["Content-Encoding"]
    return chunked(gzip.decompress(content), headers)


class Cdn(http.server.ThreadingHTTPServer):
    """Passes everything on to the service, and changes what is downloaded as a whole."""

    daemon_threads = True

    def __init__(self, origin: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.origin = urllib.parse.urlsplit(origin).netloc
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.change: Change | None = None
        self.breaks_after: int | None = None
        self.breaks: int = 1
        """How many bodies break."""
        self.accepted: list[str | None] = []


class _Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cdn

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_args: object) -> None:
        pass

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.server.origin)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        response = connection.getresponse()
        headers, content = dict(response.getheaders()), response.read()
        connection.close()
        is_download = self.path.startswith("/file/") or "download_file_by_id" in self.path
        if is_download:
            self.server.accepted.append(self.headers["Accept-Encoding"])
        if is_download and response.status == 200 and self.server.change is not None:
            content = self.server.change(content, headers)
            if self.server.breaks_after is not None and self.server.breaks:
                content = content[: self.server.breaks_after]
                self.server.breaks -= 1
                headers["Connection"] = "close"
        self.send_response_only(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_HEAD = _pass_on  # noqa: N815  # as http.server wants them


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


@pytest.fixture
def cdn(service: SimulatorServer, transport: str) -> Iterator[Cdn]:
    with Cdn(service.url) as cdn:
        thread = threading.Thread(target=cdn.serve_forever, args=(0.01,))
        thread.start()
        if transport == ASYNCIO:
            cdn.breaks += 1  # of what has to be looked up it closes the first response, and requests it again
        yield cdn
        cdn.shutdown()
        thread.join()


@pytest.fixture
def connect_through(connect: Connect, cdn: Cdn, download_in_ranges: DownloadInRanges) -> Connect:
    @contextmanager
    def connect_through(**options: Any) -> Iterator[Any]:
        with connect(cdn.url, **options) as api:
            download_in_ranges(api, 4000, 1000)
            yield api

    return connect_through


@pytest.fixture
def bucket(connect_through: Connect) -> Iterator[Any]:
    with connect_through() as api:
        yield api.create_bucket("test-bucket", "allPrivate")


def uploaded(bucket: Any, content: bytes = CONTENT, *, is_large: bool = False, **options: Any) -> FileVersion:
    """Of a large file that was a stream nobody knows the SHA-1."""
    size = len(content) // 2
    version: FileVersion = (
        bucket.upload_unbound_stream(io.BytesIO(content), "page.html", recommended_upload_part_size=size, **options)
        if is_large
        else bucket.upload_bytes(content, "page.html", **options)
    )
    return version


def fetched(bucket: Any) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name("page.html").save(target)
    return target.getvalue()


def in_order(bucket: Any) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name("page.html").save(target, allow_seeking=False)
    return target.getvalue()


def opened(bucket: Any) -> bytes:
    with bucket.open("page.html") as file:
        content: bytes = file.read()
    return content


def test_content_is_asked_for_as_it_is_stored(bucket: Any, cdn: Cdn) -> None:
    uploaded(bucket)
    for fetch in (fetched, in_order, opened):
        assert fetch(bucket) == CONTENT
    assert set(cdn.accepted) == {"identity"}


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("change", [chunked, until_it_closes, packed, deflated, packed_with_length])
@pytest.mark.parametrize("fetch", [fetched, in_order, opened])
def test_content_arrives_however_it_comes(
    bucket: Any, cdn: Cdn, change: Change, is_large: bool, fetch: Callable[[Any], bytes]
) -> None:
    uploaded(bucket, is_large=is_large)
    cdn.change = change
    if change is packed_with_length and not is_large:
        # With a length it may be stored so. Its SHA-1 tells that it is not; without one, the file is looked up.
        with pytest.raises(ChecksumMismatch):
            fetched(bucket)
    else:
        assert fetch(bucket) == CONTENT


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("change", [chunked, until_it_closes])
@pytest.mark.parametrize("fetch", [fetched, in_order, opened])
def test_what_is_stored_encoded_stays_so(
    bucket: Any, cdn: Cdn, change: Change, is_large: bool, fetch: Callable[[Any], bytes]
) -> None:
    uploaded(bucket, PACKED, is_large=is_large, content_encoding="gzip")
    cdn.change = change
    assert fetch(bucket) == PACKED


@pytest.mark.parametrize("is_large", [False, True])
def test_what_cannot_be_had_as_it_is_stored_is_not_saved(bucket: Any, cdn: Cdn, is_large: bool, tmp_path: Path) -> None:
    uploaded(bucket, is_large=is_large)
    cdn.change = scrambled
    with pytest.raises(UnexpectedCloudBehaviour, match="an encoding that it is not stored with: 'rot13'"):
        bucket.download_file_by_name("page.html").save_to(tmp_path / "page")
    uploaded(bucket, PACKED, is_large=is_large, content_encoding="gzip")
    cdn.change = unpacked
    with pytest.raises(UnexpectedCloudBehaviour, match="stored with encoding 'gzip' came with ''"):
        bucket.download_file_by_name("page.html").save_to(tmp_path / "page")
    assert list(tmp_path.iterdir()) == []


def test_what_is_to_be_decoded_is_decoded_once(connect_through: Connect, cdn: Cdn) -> None:
    with connect_through(api_config=B2HttpApiConfig(decode_content=True)) as api:
        bucket = api.create_bucket("another-bucket", "allPrivate")
        uploaded(bucket)
        cdn.change = packed
        assert fetched(bucket) == CONTENT
        uploaded(bucket, PACKED, content_encoding="gzip")
        cdn.change = chunked
        assert fetched(bucket) == CONTENT


@pytest.mark.parametrize("change", [chunked, packed])
@pytest.mark.parametrize("resume", [False, True])
def test_a_body_without_length_that_breaks_is_completed(
    bucket: Any, cdn: Cdn, change: Change, resume: bool, tmp_path: Path
) -> None:
    uploaded(bucket, is_large=True)
    cdn.change, cdn.breaks_after = change, 40
    bucket.download_file_by_name("page.html").save_to(tmp_path / "page", resume=resume)
    assert (tmp_path / "page").read_bytes() == CONTENT


def refused_look_ups(service: SimulatorServer) -> None:
    service.faults.add(ApiFault(endpoint="b2_get_file_info", status=401, code="unauthorized", count=9))


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("resume", [False, True])
def test_who_may_not_look_files_up_gets_what_comes(
    bucket: Any, service: SimulatorServer, cdn: Cdn, is_large: bool, resume: bool, tmp_path: Path
) -> None:
    uploaded(bucket, is_large=is_large)
    cdn.change = chunked
    refused_look_ups(service)
    described = bucket.get_file_info_by_name("page.html")
    assert (described.size, described.content_length) == (None, 0)
    assert "size" not in described.as_dict()
    listener = ProgressListenerForTest()
    bucket.download_file_by_name("page.html", progress_listener=listener).save_to(tmp_path / "page", resume=resume)
    assert (tmp_path / "page").read_bytes() == CONTENT
    assert listener.calls[-1] == f"bytes_completed({len(CONTENT)})"
    with pytest.raises(UnexpectedCloudBehaviour, match="the size of the file is not known"):
        bucket.open("page.html")


@pytest.mark.parametrize(("change", "is_large"), [(until_it_closes, True), (packed, True)])
def test_what_might_not_be_whole_is_not_saved(
    bucket: Any, service: SimulatorServer, cdn: Cdn, change: Change, is_large: bool, tmp_path: Path
) -> None:
    uploaded(bucket, is_large=is_large)
    cdn.change = change
    refused_look_ups(service)
    with pytest.raises(UnexpectedCloudBehaviour, match="neither the length of the file nor its SHA-1"):
        bucket.download_file_by_name("page.html").save_to(tmp_path / "page")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "error"), [(until_it_closes, ChecksumMismatch), (packed, ChecksumMismatch), (chunked, B2ConnectionError)]
)
def test_what_comes_without_length_is_compared(
    bucket: Any, service: SimulatorServer, cdn: Cdn, change: Change, error: type[Exception], tmp_path: Path
) -> None:
    uploaded(bucket)
    cdn.change, cdn.breaks_after = change, None if change is packed else 2000
    refused_look_ups(service)
    with pytest.raises(error):
        bucket.download_file_by_name("page.html").save_to(tmp_path / "page")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_looked_up_has_to_be_the_same(bucket: Any, cdn: Cdn, monkeypatch: pytest.MonkeyPatch) -> None:
    raw_api, info = bucket.api.session.raw_api, bucket.api.account_info
    access = info.get_api_url(), info.get_account_auth_token()
    versions = uploaded(bucket), bucket.upload_bytes(b"other", "other")
    described = [raw_api.get_file_info_by_id(*access, version.id_) for version in versions]
    cdn.change = chunked
    monkeypatch.setattr(raw_api, "get_file_info_by_id", lambda *_: described[-1])
    assert bucket.get_file_info_by_name("page.html").size is None
    del described[-1]
    assert bucket.get_file_info_by_name("page.html").size == len(CONTENT)
