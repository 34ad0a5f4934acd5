from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st

from b2sdk.stream.range import RangeOfInputStream, wrap_with_range

DIGITS = b"0123456789"


@given(
    st.binary(max_size=30),
    st.integers(0, 35),
    st.integers(0, 35),
    st.lists(st.tuples(st.sampled_from(["read", "seek"]), st.none() | st.integers(0, 40)), max_size=10),
)
def test_a_range_behaves_like_a_stream_of_the_slice(
    content: bytes, offset: int, length: int, calls: list[tuple[str, int | None]]
) -> None:
    part = RangeOfInputStream(io.BytesIO(content), offset, length)
    model = io.BytesIO(content[offset : offset + length])
    for name, number in calls:
        if name == "read":
            assert part.read(number) == model.read(-1 if number is None else number)
        else:
            assert part.seek(number or 0) == model.seek(number or 0)
        assert part.tell() == model.tell()


def test_a_negative_size_reads_to_the_end_of_the_range() -> None:
    assert RangeOfInputStream(io.BytesIO(DIGITS), 2, 4).read(-1) == b"2345"


def test_the_length_is_what_was_said_though_the_stream_be_shorter() -> None:
    assert len(RangeOfInputStream(io.BytesIO(DIGITS), 8, 4)) == 4


def test_positions_count_from_the_beginning_only() -> None:
    with pytest.raises(io.UnsupportedOperation, match=r"^only SEEK_SET is supported$"):
        RangeOfInputStream(io.BytesIO(DIGITS), 2, 4).seek(0, io.SEEK_END)


def test_closing_the_range_closes_the_stream() -> None:
    inner = io.BytesIO(DIGITS)
    with RangeOfInputStream(inner, 2, 4) as part:
        assert not inner.closed
    assert (inner.closed, part.closed) == (True, True)


def test_a_range_of_all_is_the_stream_itself() -> None:
    inner = io.BytesIO(DIGITS)
    assert wrap_with_range(inner, 10, 0, 10) is inner


@pytest.mark.parametrize(("offset", "length", "expected"), [(0, 9, DIGITS[:9]), (1, 9, DIGITS[1:]), (3, 0, b"")])
def test_a_range_of_less_is_a_range(offset: int, length: int, expected: bytes) -> None:
    part = wrap_with_range(io.BytesIO(DIGITS), 10, offset, length)
    assert isinstance(part, RangeOfInputStream)
    assert part.read() == expected
