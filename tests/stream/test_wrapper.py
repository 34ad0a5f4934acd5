from __future__ import annotations

import io

import pytest

from b2sdk.stream.wrapper import StreamWithLengthWrapper, StreamWrapper


class CountingStream(io.BytesIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1
        super().flush()


def test_reading_and_moving_is_that_of_the_inner_stream() -> None:
    inner = io.BytesIO(b"hello")
    wrapper = StreamWrapper(inner)
    assert (wrapper.seekable(), wrapper.readable(), wrapper.writable()) == (True, True, True)
    assert (wrapper.seek(-2, io.SEEK_END), wrapper.tell(), wrapper.read()) == (3, 3, b"lo")
    assert (wrapper.seek(0), wrapper.read(2), wrapper.read(-1), inner.tell()) == (0, b"he", b"llo", 5)


def test_writing_is_that_of_the_inner_stream() -> None:
    inner = CountingStream()
    wrapper = StreamWrapper(inner)
    assert (wrapper.write(b"hello"), wrapper.truncate(4), inner.getvalue()) == (5, 4, b"hell")
    wrapper.flush()
    assert inner.flushes == 1


def test_closing_the_wrapper_leaves_the_inner_stream_open() -> None:
    inner = io.BytesIO(b"hello")
    with StreamWrapper(inner) as wrapper:
        pass
    assert (inner.closed, wrapper.closed, inner.read()) == (False, False, b"hello")


def test_the_wrapper_is_closed_once_the_inner_stream_is() -> None:
    inner = CountingStream(b"hello")
    wrapper = StreamWrapper(inner)
    inner.close()
    flushes = inner.flushes
    wrapper.flush()
    assert (wrapper.closed, inner.flushes) == (True, flushes)


def test_a_length_is_what_was_said() -> None:
    assert len(StreamWithLengthWrapper(io.BytesIO(b"hello"), 3)) == 3


def test_without_a_length_there_is_no_len() -> None:
    with pytest.raises(TypeError, match="length of this stream is not known"):
        len(StreamWithLengthWrapper(io.BytesIO()))


@pytest.mark.parametrize("length", [0, None])
def test_an_empty_stream_is_true(length: int | None) -> None:
    assert bool(StreamWithLengthWrapper(io.BytesIO(), length)) is True
