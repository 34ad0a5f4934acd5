from __future__ import annotations

import io
from typing import Any

import pytest

from b2sdk.progress import ProgressListenerForTest
from b2sdk.stream.progress import AbstractStreamWithProgress, ReadingStreamWithProgress, WritingStreamWithProgress


class FullStream(io.BytesIO):
    def write(self, data: Any, /) -> int:
        raise OSError("no space left")


def test_each_read_is_reported_with_the_running_total() -> None:
    listener = ProgressListenerForTest()
    stream = ReadingStreamWithProgress(io.BytesIO(b"hello"), listener, offset=100)
    assert (stream.read(3), stream.read(3), stream.read()) == (b"hel", b"lo", b"")
    assert listener.get_calls() == ["bytes_completed(103)", "bytes_completed(105)", "bytes_completed(105)"]
    assert stream.bytes_completed == 5


def test_after_a_seek_the_count_continues_from_there() -> None:
    listener = ProgressListenerForTest()
    stream = ReadingStreamWithProgress(io.BytesIO(b"hello"), listener)
    stream.read()
    assert stream.seek(1) == 1
    stream.read(2)
    assert listener.get_calls() == ["bytes_completed(5)", "bytes_completed(3)"]


def test_reading_leaves_the_stream_open() -> None:
    inner = io.BytesIO(b"hello")
    with ReadingStreamWithProgress(inner, progress_listener=ProgressListenerForTest()) as stream:
        pass
    assert (inner.closed, stream.closed) == (False, False)
    inner.close()
    assert stream.closed


def test_the_length_is_what_was_said() -> None:
    stream = ReadingStreamWithProgress(io.BytesIO(), ProgressListenerForTest(), length=0)
    assert (len(stream), bool(stream)) == (0, True)


def test_without_a_length_there_is_no_len() -> None:
    with pytest.raises(TypeError):
        len(ReadingStreamWithProgress(io.BytesIO(), ProgressListenerForTest()))


def test_each_write_is_reported_and_a_seek_is_not() -> None:
    listener, inner = ProgressListenerForTest(), io.BytesIO()
    stream = WritingStreamWithProgress(inner, listener, offset=10)
    assert (stream.write(b"hel"), stream.seek(0), stream.write(memoryview(b"lo"))) == (3, 0, 2)
    assert listener.get_calls() == ["bytes_completed(13)", "bytes_completed(15)"]
    assert inner.getvalue() == b"lol"


def test_a_write_is_reported_before_it_is_done() -> None:
    listener = ProgressListenerForTest()
    with pytest.raises(OSError, match="no space left"):
        WritingStreamWithProgress(FullStream(), listener).write(b"hello")
    assert listener.get_calls() == ["bytes_completed(5)"]


@pytest.mark.parametrize("cls", [ReadingStreamWithProgress, WritingStreamWithProgress])
def test_a_listener_is_needed(cls: Any) -> None:
    with pytest.raises(AssertionError, match="listener"):
        cls(io.BytesIO(), None)


def test_the_text_is_that_of_the_inner_stream() -> None:
    inner = io.BytesIO()
    assert str(AbstractStreamWithProgress(inner, ProgressListenerForTest())) == str(inner)
