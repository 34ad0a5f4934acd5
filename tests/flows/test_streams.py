"""Streams of unknown length, through both front ends and both surfaces."""

from __future__ import annotations

import gc
import io
import statistics
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flows.conftest import Calls

import b2sdk.aio.sources
from b2sdk.simulator import SimulatorServer
from b2sdk.transfer import stream_buffers
from b2sdk.v3 import ProgressListenerForTest, UploadSourceBytes, WriteIntent, hex_sha1_of_bytes
from b2sdk.v3.exception import B2ConnectionError, BadRequest, ServiceError

PART = 200


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


class Pipe:
    """Gives ``length`` bytes; there is no way back, and nothing but ``read``."""

    def __init__(self, length: int) -> None:
        self.length = length

    def read(self, size: int) -> bytes:
        count = min(size, self.length)
        self.length -= count
        return b"x" * count


def content_of(bucket: Any, name: str) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name).save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("length", "parts"), [(0, 0), (1, 0), (PART, 0), (PART + 1, 2), (3 * PART, 3), (3 * PART + 1, 4)]
)
def test_a_stream_is_sent_in_full_parts_and_one_that_fits_in_one_request(
    bucket: Any, calls: Calls, length: int, parts: int
) -> None:
    version = bucket.upload_unbound_stream(Pipe(length), "stream")
    assert content_of(bucket, "stream") == b"x" * length
    assert (calls.done.count("upload_part"), calls.done.count("upload_file")) == (parts, 0 if parts else 1)
    assert version.size == length


def test_everything_said_of_a_stream_comes_back(bucket: Any) -> None:
    content = b"x" * 500
    version = bucket.upload_unbound_stream(
        io.BytesIO(content),
        "stream",
        content_type="text/plain",
        file_info={"a": "b"},
        cache_control="private",
        large_file_sha1=hex_sha1_of_bytes(content),
        custom_upload_timestamp=1_500_000_000_000,
    )
    assert (version.content_type, version.upload_timestamp) == ("text/plain", 1_500_000_000_000)
    assert version.file_info == {
        "a": "b",
        "b2-cache-control": "private",
        "large_file_sha1": hex_sha1_of_bytes(content),
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"buffers_count": 1}, "at least 2"),
        ({"read_size": 0}, "read_size"),
        ({"unused_buffer_timeout_seconds": 0.0}, "unused_buffer_timeout_seconds"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(bucket: Any, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bucket.upload_unbound_stream(Pipe(1), "stream", **wrong)


@pytest.mark.parametrize("length", [100, 500], ids=["one request", "parts"])
def test_a_buffer_that_could_not_be_sent_is_sent_again(bucket: Any, calls: Calls, length: int) -> None:
    calls.fail("upload_file" if length == 100 else "upload_part", ServiceError("busy"), B2ConnectionError())
    bucket.upload_unbound_stream(Pipe(length), "stream")
    assert content_of(bucket, "stream") == b"x" * length


def test_progress_of_a_stream(bucket: Any) -> None:
    listener = ProgressListenerForTest()
    bucket.upload_unbound_stream(Pipe(500), "stream", progress_listener=listener)
    assert (listener.get_calls()[0], listener.get_calls()[-1]) == ("set_total_bytes(0)", "bytes_completed(500)")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_the_stream_raises_ends_the_transfer_and_the_parts_stay(
    bucket: Any, calls: Calls, error: type[BaseException]
) -> None:
    class Breaking(Pipe):
        def read(self, size: int) -> bytes:
            data = super().read(size)
            if not data:
                raise error
            return data

    with pytest.raises(error):
        bucket.upload_unbound_stream(Breaking(5 * PART), "stream")
    assert "finish_large_file" not in calls.done
    assert len(list(bucket.list_unfinished_large_files())) == 1
    assert calls.running == 0, "nothing is left running"


def test_a_part_that_is_refused_ends_the_reading(bucket: Any, calls: Calls) -> None:
    calls.refuse(after=1)
    pipe = Pipe(100 * PART)
    with pytest.raises(BadRequest, match="no more"):
        bucket.upload_unbound_stream(pipe, "stream", read_size=PART)
    assert pipe.length > 90 * PART


@pytest.mark.parametrize("buffers", [2, 3, 5])
def test_no_more_buffers_are_held_than_allowed(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, calls: Calls, transport: str, buffers: int
) -> None:
    counts: list[int] = []
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    class Counted(UploadSourceBytes):
        def __init__(self, data_bytes: bytes) -> None:
            super().__init__(data_bytes)
            alive.add(self)
            counts.append(len(alive))

    for module in (stream_buffers, b2sdk.aio.sources):
        monkeypatch.setattr(module, "UploadSourceBytes", Counted)
    calls.fail("upload_part", ServiceError("busy"), B2ConnectionError(), after=3)
    gc.disable()
    try:
        bucket.upload_unbound_stream(Pipe(200 * PART), "stream", buffers_count=buffers)
    finally:
        gc.enable()
    assert len(counts) == 200
    # The thread or task that used a buffer last may hold it for a moment; `Limits.memory` counts that, too.
    for_a_moment = 1 if transport == "asyncio" else 0
    assert max(counts) <= buffers + for_a_moment
    assert statistics.median(counts) <= buffers


def test_intents_that_come_one_by_one_are_taken_when_their_turn_comes(bucket: Any) -> None:
    taken = []

    def sources() -> Iterator[UploadSourceBytes]:
        for number in range(20):
            taken.append(number)
            yield UploadSourceBytes(bytes([number]) * PART)

    bucket.concatenate_stream(sources(), "stream")
    assert content_of(bucket, "stream") == b"".join(bytes([number]) * PART for number in range(20))
    assert taken == list(range(20))


def test_one_source_notes_its_sha1_also_where_it_is_not_known_to_be_the_only_one(bucket: Any) -> None:
    content = b"y" * 500
    version = bucket.create_file_stream(iter([WriteIntent(UploadSourceBytes(content))]), "stream")
    assert version.file_info == {"large_file_sha1": hex_sha1_of_bytes(content)}


def test_no_sources_are_no_file(bucket: Any) -> None:
    with pytest.raises(ValueError, match="at least one source"):
        bucket.concatenate_stream(iter([]), "stream")
