from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st

from b2sdk.transfer.stream_buffers import DEFAULT_READ_SIZE, LARGEST_DEFAULT_READ, read_buffers


class Reads(io.BytesIO):
    """Records how much was requested; returns at most ``most`` bytes at a time, as pipes do."""

    def __init__(self, content: bytes, most: int = 10**9) -> None:
        super().__init__(content)
        self.sizes: list[int] = []
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0
        self.sizes.append(size)
        return super().read(min(size, self.most))


def contents(stream: io.BytesIO, buffer_size: int, read_size: int = DEFAULT_READ_SIZE) -> list[bytes]:
    return [bytes(buffer.data_bytes) for buffer in read_buffers(stream, buffer_size, read_size)]


@pytest.mark.parametrize(
    ("length", "sizes"), [(0, [0]), (1, [1]), (99, [99]), (100, [100]), (101, [100, 1]), (200, [100, 100])]
)
def test_buffers_are_full_but_for_the_last_which_is_not_empty(length: int, sizes: list[int]) -> None:
    assert [len(content) for content in contents(io.BytesIO(bytes(length)), 100)] == sizes


@given(
    content=st.binary(max_size=300),
    buffer_size=st.integers(1, 50),
    read_size=st.integers(1, 60),
    most=st.integers(1, 60),
)
def test_the_content_stays_what_it_is(content: bytes, buffer_size: int, read_size: int, most: int) -> None:
    buffers = contents(Reads(content, most), buffer_size, read_size)
    assert b"".join(buffers) == content
    assert all(len(buffer) == buffer_size for buffer in buffers[:-1])


def test_a_read_asks_for_the_chosen_size_and_never_for_more_than_there_is_room() -> None:
    stream = Reads(bytes(25))
    contents(stream, 20, read_size=8)
    assert stream.sizes == [8, 8, 4, 8, 8]


def test_where_no_size_was_chosen_reads_are_large() -> None:
    stream = Reads(bytes(1))
    contents(stream, 10**6)
    assert stream.sizes[0] == LARGEST_DEFAULT_READ


def test_a_buffer_is_read_only_when_it_is_asked_for() -> None:
    stream = io.BytesIO(bytes(100))
    buffers = read_buffers(stream, 10)
    assert stream.tell() == 0
    next(buffers)
    assert stream.tell() == 10


def test_the_stream_is_left_open() -> None:
    stream = io.BytesIO(bytes(5))
    contents(stream, 10)
    assert not stream.closed
