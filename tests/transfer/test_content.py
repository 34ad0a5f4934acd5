from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidUploadSource
from b2sdk.transfer.content import RangeOfSource, check_end, read_exactly
from b2sdk.transfer.source import UploadSourceBytes, UploadSourceLocalFile

SOURCE = UploadSourceBytes(bytes(10))


class Trickle(io.BytesIO):
    """Gives at most ``most`` bytes at a time, as pipes do."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


@given(content=st.binary(max_size=50), most=st.integers(1, 60), data=st.data())
def test_as_much_is_read_as_is_asked_for_or_it_is_an_error(content: bytes, most: int, data: Any) -> None:
    size = data.draw(st.integers(0, 60))
    stream = Trickle(content, most)
    if size <= len(content):
        assert read_exactly(stream, size, SOURCE, 0) == content[:size]
    else:
        with pytest.raises(InvalidUploadSource, match=f"ended after {len(content)} of 10 bytes$"):
            read_exactly(stream, size, SOURCE, 0)


def test_a_local_file_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(bytes(10))
    source = UploadSourceLocalFile(path)
    for read in (lambda: read_exactly(io.BytesIO(), 5, source, 2), lambda: check_end(io.BytesIO(b"x"), source)):
        with pytest.raises(InvalidUploadSource) as caught:
            read()
        assert str(caught.value).startswith(f"Invalid upload source: {path} ")


@pytest.mark.parametrize("size", [-1, None, 4, 100])
def test_a_range_has_what_was_announced(size: int | None) -> None:
    stream = RangeOfSource(Trickle(b"0123456789", 3), SOURCE, 2, 4, is_end=False)
    assert (stream.read(size), stream.tell(), stream.read(size)) == (b"2345", 4, b"")
    assert (stream.seek(1), stream.read(size)) == (1, b"345")


def test_a_range_that_is_cut_short_reports_how_far_the_source_went() -> None:
    stream = RangeOfSource(io.BytesIO(b"01234"), SOURCE, 2, 6, is_end=False)
    assert stream.read(2) == b"23"
    with pytest.raises(InvalidUploadSource, match="ended after 5 of 10 bytes"):
        stream.read()


def test_a_range_that_is_to_be_the_end_is() -> None:
    longer = RangeOfSource(io.BytesIO(bytes(11)), SOURCE, 5, 5, is_end=True)
    assert longer.read(4) == bytes(4)
    with pytest.raises(InvalidUploadSource, match="goes on after the 10 bytes"):
        longer.read(4)
    assert RangeOfSource(io.BytesIO(bytes(10)), SOURCE, 5, 5, is_end=True).read() == bytes(5)
