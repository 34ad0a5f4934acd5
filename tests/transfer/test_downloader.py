from __future__ import annotations

import io
import logging
import math
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
import requests
from hypothesis import given, settings, strategies as st

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.costs import ClientMeter
from b2sdk.exception import AccessDenied, B2ConnectionError, ServiceError, TruncatedOutput, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion
from b2sdk.http import B2HttpApiConfig, RetryPolicy
from b2sdk.session import B2Session
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.threads import InlinePool
from b2sdk.transfer.downloader import (
    AbstractDownloader,
    OrderedFile,
    ParallelDownloader,
    PartToDownload,
    SimpleDownloader,
)
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.encryption import SSE_NONE

CONTENT = bytes(range(250)) * 4


class Response:
    """A body that may break after some bytes."""

    def __init__(
        self,
        content: bytes,
        range_: tuple[int, int] | None = None,
        *,
        breaks_after: int | None = None,
        error: Exception | None = None,
    ) -> None:
        self.request = SimpleNamespace(url="http://file")
        self.headers = {"x-bz-file-id": "id", "Content-Length": str(len(content))}
        self.status_code = 200
        if range_ is not None:
            self.status_code = 206
            self.headers |= {"Content-Range": f"bytes {range_[0]}-{range_[1]}/*"}
            self.headers["Content-Length"] = str(range_[1] - range_[0] + 1)
        self.closed = 0
        self._content = content
        self._breaks_after = breaks_after
        self._error = error

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        end = len(self._content) if self._breaks_after is None else self._breaks_after
        for start in range(0, end, chunk_size):
            yield self._content[start : min(start + chunk_size, end)]
        if self._breaks_after is not None and self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed += 1


class Service:
    """A session that serves ranges, the first few of them broken."""

    def __init__(self, content: bytes = CONTENT, breaks: int = 0, after: int = 1) -> None:
        self._content = content
        self._breaks = breaks
        self._after = after
        self.asked: list[tuple[int, int]] = []
        self.lock = threading.Lock()
        self.meter = ClientMeter()

    def download_file_from_url(
        self, url: str, range_: tuple[int, int], encryption: Any = None
    ) -> AbstractContextManager[Response]:
        with self.lock:
            self.asked.append(range_)
            broken = self._breaks > 0
            self._breaks -= 1
        body = self._content[range_[0] : range_[1] + 1]
        return nullcontext(
            Response(body, range_, breaks_after=self._after, error=broken_body()) if broken else Response(body, range_)
        )


def broken_body() -> Exception:
    return requests.exceptions.ChunkedEncodingError("broken")


def version_of(
    content: bytes, *, sha1: str | None = "known", file_info: dict[str, str] | None = None
) -> DownloadVersion:
    size = len(content)
    return DownloadVersion(
        Mock(api_config=SimpleNamespace(decode_content=False)),
        "id",
        "file",
        size,
        "text/plain",
        hex_sha1_of_bytes(content) if sha1 == "known" else sha1,
        file_info or {},
        0,
        SSE_NONE,
        Range(0, size - 1) if size else EMPTY_RANGE,
        None,
        size,
        None,
        None,
        None,
        None,
    )


def simple(**options: Any) -> AbstractDownloader:
    return SimpleDownloader(**{"force_chunk_size": 7, **options})


def parallel(**options: Any) -> AbstractDownloader:
    return ParallelDownloader(**{"min_part_size": 100, "force_chunk_size": 7, **options})


@pytest.fixture(params=[simple, parallel], ids=["simple", "parallel"])
def downloader(request: pytest.FixtureRequest) -> AbstractDownloader:
    made: AbstractDownloader = request.param()
    return made


def fetch(downloader: AbstractDownloader, response: Response, service: Service, content: bytes = CONTENT) -> bytes:
    file = io.BytesIO()
    received, sha1 = downloader.download(file, response, version_of(content), service)  # type: ignore[arg-type]
    assert received == len(content)
    assert sha1 == hex_sha1_of_bytes(file.getvalue())
    return file.getvalue()


def test_the_content_arrives_and_is_hashed(downloader: AbstractDownloader) -> None:
    response = Response(CONTENT)
    assert fetch(downloader, response, Service()) == CONTENT
    assert response.closed == 1


def test_an_error_of_the_file_is_reported_as_it_is_whatever_its_class(downloader: AbstractDownloader) -> None:
    class Broken(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise B2ConnectionError("no disk")

    response, service = Response(CONTENT), Service()
    with pytest.raises(B2ConnectionError, match="no disk"):
        downloader.download(Broken(), response, version_of(CONTENT), service)  # type: ignore[arg-type]
    assert response.closed == 1
    assert [asked for asked in service.asked if asked[0] == 0] == []


def test_a_small_file_costs_no_further_request(downloader: AbstractDownloader) -> None:
    service = Service()
    assert fetch(downloader, Response(b"small"), service, b"small") == b"small"
    assert service.asked == []


def test_an_empty_file_is_empty(downloader: AbstractDownloader) -> None:
    response = Response(b"")
    assert fetch(downloader, response, Service(b""), b"") == b""
    assert response.closed == 1


@given(
    size=st.integers(0, 400),
    part_size=st.integers(1, 500),
    longest=st.integers(1, 500),
    streams=st.integers(1, 9),
    chunk=st.integers(1, 50),
)
@settings(max_examples=100)
def test_any_division_gives_the_content(size: int, part_size: int, longest: int, streams: int, chunk: int) -> None:
    class Downloader(ParallelDownloader):
        LONGEST_RANGE = longest

    content = CONTENT[:size]
    downloader = Downloader(
        min_part_size=part_size, max_streams=streams, force_chunk_size=chunk, thread_pool=InlinePool()
    )
    service = Service(content)
    assert fetch(downloader, Response(content), service, content) == content
    most = size // part_size
    streams = min(streams, most)
    ranges = 1 if streams < 2 else min(streams * math.ceil(size / (streams * longest)), most)
    assert len(service.asked) == ranges - 1


def test_parallel_streams_ask_for_ranges_that_follow_each_other() -> None:
    service = Service()
    fetch(ParallelDownloader(min_part_size=300, force_chunk_size=64), Response(CONTENT), service)
    assert sorted(service.asked) == [(333, 665), (666, 999)]


class InRounds(ParallelDownloader):
    LONGEST_RANGE = 100


def in_rounds(pool: Any) -> ParallelDownloader:
    return InRounds(min_part_size=100, max_streams=2, force_chunk_size=7, thread_pool=pool)


def test_a_stream_that_has_its_range_takes_the_next_one_of_the_file() -> None:
    service = Service()
    assert fetch(in_rounds(InlinePool()), Response(CONTENT), service) == CONTENT
    assert service.asked == [(start, start + 99) for start in range(100, 1000, 100)]


def test_no_more_ranges_are_under_way_than_there_are_streams() -> None:
    class Counting(ThreadPoolExecutor):
        count = 0

        def submit(self, *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return super().submit(*args, **kwargs)

    service = Service()
    with Counting(9) as pool:
        assert fetch(in_rounds(pool), Response(CONTENT), service) == CONTENT
    assert (pool.count, len(service.asked)) == (2, 9)


def test_a_range_that_breaks_for_good_ends_those_that_wait() -> None:
    service = Service(breaks=1000, after=0)
    with pytest.raises(B2ConnectionError):
        in_rounds(InlinePool()).download(io.BytesIO(), Response(CONTENT), version_of(CONTENT), service)  # type: ignore[arg-type]
    assert set(service.asked) == {(100, 199)}


def test_the_number_of_streams_is_bounded() -> None:
    service = Service()
    fetch(parallel(max_streams=4), Response(CONTENT), service)
    assert len(service.asked) == 3


def test_what_a_response_says_of_its_length_takes_no_memory() -> None:
    service = Mock()
    service.download_file_from_url.side_effect = AccessDenied()
    version = version_of(CONTENT)
    version.size = version.content_length = 10**13
    version.range_ = Range(0, 10**13 - 1)
    downloader = ParallelDownloader(min_part_size=100, force_chunk_size=64)
    tracemalloc.start()
    try:
        with pytest.raises(AccessDenied):
            downloader.download(io.BytesIO(), Response(CONTENT, breaks_after=10, error=broken_body()), version, service)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_the_local_file_is_written_from_where_it_stands(downloader: AbstractDownloader) -> None:
    file = io.BytesIO(b"before")
    file.seek(6)
    downloader.download(file, Response(CONTENT), version_of(CONTENT), Service())  # type: ignore[arg-type]
    assert file.getvalue() == b"before" + CONTENT


@pytest.mark.parametrize("error", [None, broken_body(), requests.ConnectionError("reset"), ServiceError("503")])
def test_a_body_that_breaks_is_resumed(downloader: AbstractDownloader, error: Exception | None) -> None:
    service = Service()
    response = Response(CONTENT, breaks_after=50, error=error)
    assert fetch(downloader, response, service) == CONTENT
    assert any(first == 50 for first, _ in service.asked)
    assert response.closed == 1


def test_a_stream_that_gives_one_byte_at_a_time_completes_within_its_attempts() -> None:
    content = CONTENT[:14]
    service = Service(content, breaks=100)
    response = Response(content, breaks_after=1, error=broken_body())
    assert fetch(simple(), response, service, content) == content


def test_a_stream_that_keeps_breaking_is_given_up_with_what_broke_it(downloader: AbstractDownloader) -> None:
    service = Service(breaks=1000, after=1)
    with pytest.raises(B2ConnectionError):
        downloader.download(
            io.BytesIO(),
            Response(CONTENT, breaks_after=1, error=broken_body()),
            version_of(CONTENT),
            service,  # type: ignore[arg-type]
        )


def test_a_refusal_is_not_asked_again(downloader: AbstractDownloader) -> None:
    service = Mock()
    service.download_file_from_url.side_effect = AccessDenied()
    response = Response(CONTENT, breaks_after=10, error=broken_body())
    with pytest.raises(AccessDenied):
        downloader.download(io.BytesIO(), response, version_of(CONTENT), service)


def test_short_bodies_without_an_error_are_reported() -> None:
    service = Mock()
    service.download_file_from_url.side_effect = lambda _url, range_, **_kwargs: nullcontext(Response(b"", range_))
    for downloader in (simple(), parallel()):
        with pytest.raises(TruncatedOutput):
            downloader.download(io.BytesIO(), Response(CONTENT, breaks_after=10), version_of(CONTENT), service)


def test_another_version_of_the_file_is_not_mixed_in(downloader: AbstractDownloader) -> None:
    other = Response(CONTENT)
    other.headers["x-bz-file-id"] = "another"
    service = Mock()
    service.download_file_from_url.side_effect = lambda *_args, **_kwargs: nullcontext(other)
    response = Response(CONTENT, breaks_after=10, error=broken_body())
    with pytest.raises(UnexpectedCloudBehaviour, match="replaced by another version"):
        downloader.download(io.BytesIO(), response, version_of(CONTENT), service)
    assert other.closed >= 1


def test_a_file_that_cannot_be_written_ends_the_download(downloader: AbstractDownloader) -> None:
    class FullDisk(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        downloader.download(FullDisk(), Response(CONTENT), version_of(CONTENT), Service())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("check_hash", "sha1", "info", "is_hashed"),
    [
        (True, "known", {}, True),
        (False, "known", {}, False),
        (True, "none", {}, False),
        (True, "none", {"large_file_sha1": "0" * 40}, True),
        (True, None, {}, False),
    ],
)
def test_nothing_is_hashed_that_nobody_compares(
    check_hash: bool, sha1: str | None, info: dict[str, str], is_hashed: bool
) -> None:
    for downloader in (simple(check_hash=check_hash), parallel(check_hash=check_hash)):
        version = version_of(CONTENT, sha1=sha1, file_info=info)
        _, digest = downloader.download(io.BytesIO(), Response(CONTENT), version, Service())  # type: ignore[arg-type]
        assert digest == (hex_sha1_of_bytes(CONTENT) if is_hashed else "")


def test_what_is_hashed_is_what_the_first_stream_received_and_the_others_have_written() -> None:
    class Corrupting(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return super().write(bytes(data).replace(b"\x00", b"\x01"))

    file = Corrupting()
    _, sha1 = parallel(max_streams=4).download(file, Response(CONTENT), version_of(CONTENT), Service())  # type: ignore[arg-type]
    assert sha1 == hex_sha1_of_bytes(CONTENT[:250] + file.getvalue()[250:])


def test_what_the_first_stream_received_is_not_read_back() -> None:
    class Reading(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    file = Reading()
    _, sha1 = parallel(max_streams=4).download(file, Response(CONTENT), version_of(CONTENT), Service())  # type: ignore[arg-type]
    assert (sha1, file.count) == (hex_sha1_of_bytes(CONTENT), len(CONTENT) - 250)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6).flatmap(lambda sizes: st.permutations(blocks_of(sizes))))
def test_hashing_goes_as_far_as_everything_has_been_written(blocks: list[tuple[int, Range]]) -> None:
    """The blocks, of one byte each, arrive in any order, but those of a range in sequence."""
    ranges = [range_ for _, range_ in sorted(set(blocks))]
    file = OrderedFile(io.BytesIO(), ranges[0], ranges[-1].end + 1, None)
    writers = [file.writer(range_, lambda: None) for range_ in ranges]
    written: set[int] = set()
    for number, range_ in blocks:
        writers[number](b"x")
        written.add(next(place for place in range(range_.start, range_.end + 1) if place not in written))
        assert file._frontier() == next(place for place in range(ranges[-1].end + 2) if place not in written)


def blocks_of(sizes: list[int]) -> list[tuple[int, Range]]:
    """Return the number of a range, and the range, once for each of its bytes."""
    placed = enumerate(zip(accumulate(sizes, initial=0), sizes, strict=False))
    return [(number, Range(start, start + size - 1)) for number, (start, size) in placed for _ in range(size)]


def test_a_downloader_needs_a_chunk_size_or_limits_for_one() -> None:
    for wrong in ({}, {"min_chunk_size": 10}, {"min_chunk_size": 10, "max_chunk_size": 5}):
        with pytest.raises(AssertionError):
            SimpleDownloader(**wrong)  # type: ignore[arg-type]


def test_what_suits_depends_on_seeking_and_on_decoding() -> None:
    version = version_of(CONTENT)
    assert not parallel().is_suitable(version, allow_seeking=False)
    assert parallel().is_suitable(version, allow_seeking=True)
    assert simple().is_suitable(version, allow_seeking=False)
    version.content_encoding = "gzip"
    assert parallel().is_suitable(version, allow_seeking=True)
    version.api.api_config.decode_content = True
    assert not parallel().is_suitable(version, allow_seeking=True)
    assert simple().is_suitable(version, allow_seeking=True)


def test_a_part_shows_both_ranges() -> None:
    assert repr(PartToDownload(Range(0, 1), Range(2, 3))) == "PartToDownload(Range(0, 1), Range(2, 3))"


def test_each_break_is_reported_with_the_request_and_the_error(
    downloader: AbstractDownloader, caplog: pytest.LogCaptureFixture
) -> None:
    response = Response(CONTENT, breaks_after=50, error=broken_body())
    response.request.url = "http://host/file/bucket/name?Authorization=secret"
    with caplog.at_level(logging.INFO):
        fetch(downloader, response, Service())
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert "GET http://host/file/bucket/name (file id, bytes 0 to" in told
    assert "broke after 49 bytes" in told or "broke after 50 bytes" in told
    assert told.endswith("attempt 2 of 15: Connection error: broken")
    assert "secret" not in told


def test_a_response_that_is_not_what_was_asked_for_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    answers = [Response(CONTENT), Response(CONTENT[50:], (50, 999))]
    patient = B2Session(InMemoryAccountInfo(), api_config=B2HttpApiConfig(retry_policy=RetryPolicy(first_wait=0.0)))
    service = Mock(pause_before_retry=patient.pause_before_retry)
    service.download_file_from_url.side_effect = lambda *_args, **_kwargs: nullcontext(answers.pop(0))
    with caplog.at_level(logging.INFO):
        assert fetch(simple(), Response(CONTENT, breaks_after=50), service) == CONTENT
    _, told = [record.getMessage() for record in caplog.records]
    assert "GET http://file, attempt 1: A range of 50-999 was requested, but 1000 bytes" in told
