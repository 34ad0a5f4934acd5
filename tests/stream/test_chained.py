from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from b2sdk.stream.chained import CachedBytesStreamOpener, ChainedStream, StreamOpener


def opener(data: bytes) -> Callable[[], io.BytesIO]:
    return lambda: io.BytesIO(data)


class Opener(StreamOpener):
    """Keeps the streams that it opened, and counts cleanups."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.streams: list[io.BytesIO] = []
        self.cleanups = 0

    def __call__(self) -> io.BytesIO:
        self.streams.append(io.BytesIO(self.data))
        return self.streams[-1]

    def cleanup(self) -> None:
        self.cleanups += 1


@given(st.lists(st.binary(max_size=8), min_size=1), st.lists(st.integers(0, 10)))
def test_reads_are_those_of_one_stream_with_all_the_content(contents: list[bytes], sizes: list[int]) -> None:
    chained, whole = ChainedStream(map(opener, contents)), io.BytesIO(b"".join(contents))
    for size in sizes:
        assert chained.read(size) == whole.read(size)
        assert chained.tell() == whole.tell()
    assert chained.read() == whole.read()


@pytest.mark.parametrize("size", [None, -1])
def test_without_a_size_everything_is_read(size: int | None) -> None:
    assert ChainedStream([opener(b"abc"), opener(b"def")]).read(size) == b"abcdef"


def test_the_end_stays_the_end() -> None:
    chained = ChainedStream([opener(b"abc")])
    chained.read()
    assert chained.read(1) == b""


def test_there_has_to_be_a_stream() -> None:
    with pytest.raises(ValueError, match="chain_links cannot be empty"):
        ChainedStream([])


def test_a_stream_is_opened_when_its_turn_comes_and_closed_after_it() -> None:
    first, second = Opener(b"abc"), Opener(b"def")
    chained = ChainedStream([first, second])
    chained.read(3)
    assert (len(first.streams), len(second.streams)) == (1, 0)
    chained.read(1)
    assert first.streams[0].closed


def test_it_can_be_read_again_from_the_beginning() -> None:
    chained = ChainedStream([opener(b"abc"), opener(b"def")])
    chained.read(4)
    assert (chained.seekable(), chained.readable(), chained.seek(0), chained.tell()) == (True, True, 0, 0)
    assert chained.read() == b"abcdef"


def test_going_back_closes_what_is_open_and_cleans_nothing_up() -> None:
    member = Opener(b"abc")
    chained = ChainedStream([member])
    chained.read(1)
    chained.seek(0)
    assert (member.streams[0].closed, member.cleanups) == (True, 0)


@pytest.mark.parametrize("target", [(1, 0), (0, 1), (0, 2)])
def test_no_other_place_can_be_reached(target: tuple[int, int]) -> None:
    with pytest.raises(io.UnsupportedOperation, match="Chained stream can only be seeked to beginning"):
        ChainedStream([opener(b"abc")]).seek(*target)


def test_closing_closes_what_is_open_and_cleans_up_once() -> None:
    first, second = Opener(b"abc"), Opener(b"def")
    chained = ChainedStream([first, opener(b""), second])
    chained.read(1)
    chained.close()
    chained.close()
    assert (chained.closed, first.streams[0].closed) == (True, True)
    assert (first.cleanups, second.cleanups) == (1, 1)


def test_everything_is_cleaned_up_even_if_one_cleanup_fails() -> None:
    class Failing(Opener):
        def cleanup(self) -> None:
            raise OSError("no")

    before, after = Opener(b"a"), Opener(b"b")
    chained = ChainedStream([before, Failing(b""), after])
    with pytest.raises(OSError, match="no"):
        chained.close()
    assert (before.cleanups, after.cleanups, chained.closed) == (1, 1, True)


def test_a_closed_stream_is_neither_read_nor_rewound() -> None:
    chained = ChainedStream([opener(b"abc")])
    chained.close()
    with pytest.raises(ValueError, match="closed"):
        chained.read(1)
    with pytest.raises(ValueError, match="closed"):
        chained.seek(0)


def test_cached_bytes_are_fetched_once_until_they_are_dropped() -> None:
    fetched = iter([b"first", b"second"])
    cached = CachedBytesStreamOpener(lambda: next(fetched))
    assert (cached().read(), cached().read()) == (b"first", b"first")
    cached.cleanup()
    assert cached().read() == b"second"


def test_empty_bytes_are_cached_too() -> None:
    fetched = iter([b""])
    cached = CachedBytesStreamOpener(lambda: next(fetched))
    cached()
    assert cached().read() == b""


def test_an_opener_need_not_clean_up() -> None:
    class Plain(StreamOpener):
        def __call__(self) -> io.BytesIO:
            return io.BytesIO(b"abc")

    chained = ChainedStream([Plain()])
    assert chained.read() == b"abc"
    chained.close()
    assert chained.closed
