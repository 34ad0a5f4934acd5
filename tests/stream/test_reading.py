from __future__ import annotations

import io
from typing import Any

import pytest

from b2sdk.stream.reading import read_bytes


class Gives:
    def __init__(self, what: object) -> None:
        self.what = what

    def read(self, size: int = -1, /) -> Any:
        return self.what


@pytest.mark.parametrize("what", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_any_bytes_are_bytes(what: object) -> None:
    data = read_bytes(Gives(what), 3)
    assert (type(data), data) == (bytes, b"abc")


def test_no_more_is_read_than_was_asked_for_and_nothing_is_the_end() -> None:
    stream = io.BytesIO(b"abc")
    assert [read_bytes(stream, 2) for _ in range(3)] == [b"ab", b"c", b""]


@pytest.mark.parametrize("what", ["", "text", 0, 5, ["a"]])
def test_what_is_no_bytes_is_refused_also_where_it_is_empty(what: object) -> None:
    with pytest.raises(TypeError, match=rf"Gives object .* returned {type(what).__name__} instead of bytes$"):
        read_bytes(Gives(what), 10)


def test_a_stream_that_has_nothing_yet_has_not_ended() -> None:
    with pytest.raises(TypeError, match=r"returned NoneType .* a stream that does not block cannot be uploaded"):
        read_bytes(Gives(None), 10)


def test_more_than_was_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match=r"read\(2\) of .*Gives object .* returned 3 bytes"):
        read_bytes(Gives(b"abc"), 2)
