from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidUploadSource, TruncatedOutput
from b2sdk.transfer.part import Piece, UploadPart
from b2sdk.transfer.part_source import PartSource
from b2sdk.transfer.source import AbstractUploadSource, CopySource, OutboundTransferSource, UploadSourceBytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from b2sdk.session import B2Session

LETTERS = bytes(range(97, 123))


class Response:
    status_code = 206

    def __init__(self, content: bytes, range_: tuple[int, int]) -> None:
        self.headers = {"x-bz-file-id": "stored", "Content-Range": f"bytes {range_[0]}-{range_[1]}/*"}
        self._content = content

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        yield from (self._content[start : start + chunk_size] for start in range(0, len(self._content), chunk_size))

    def close(self) -> None:
        pass


class Session:
    """Has one stored file, which is the letters in capitals over and over."""

    def __init__(self, missing: int = 0) -> None:
        self.downloads = 0
        self._missing = missing

    def get_download_url_by_id(self, file_id: str) -> str:
        return f"https://service/{file_id}"

    @contextmanager
    def download_file_from_url(self, url: str, range_: tuple[int, int], encryption: object) -> Iterator[Response]:
        assert (url, encryption) == ("https://service/stored", None)
        self.downloads += 1
        start, last = range_
        yield Response((LETTERS.upper() * 10_000)[start : last + 1 - self._missing], range_)


class Trickle(AbstractUploadSource):
    """Gives a few bytes at a time, as a pipe may; and fewer than it said, if asked to."""

    def __init__(self, length: int, missing: int = 0) -> None:
        self._length = length
        self._content = (LETTERS * (length // 26 + 1))[: length - missing]
        self.opened: list[io.BytesIO] = []

    def get_content_length(self) -> int:
        return self._length

    def get_content_sha1(self) -> None:
        return None

    def open(self) -> io.BytesIO:
        most = max(3, self._length // 1000)

        class Stream(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(most if size is None or size < 0 else min(size, most))

        self.opened.append(Stream(self._content))
        return self.opened[-1]


def source_of(*pieces: Piece, session: Session | None = None) -> PartSource:
    return PartSource(UploadPart(pieces), cast("B2Session", session or Session()))


LENGTHS = st.one_of(st.integers(1, 40), st.sampled_from([30_000, 65_535, 65_536, 65_537, 100_000]))


def made(kind: str, content: bytes) -> OutboundTransferSource:
    if kind == "stored":
        return CopySource("stored", length=len(content))
    return UploadSourceBytes(content) if kind == "bytes" else Trickle(len(content))


@st.composite
def pieces_and_content(draw: st.DrawFn) -> tuple[tuple[Piece, ...], bytes]:
    pieces: list[Piece] = []
    content = b""
    for length, offset, kind in draw(
        st.lists(st.tuples(LENGTHS, st.integers(0, 30), st.sampled_from(["bytes", "trickle", "stored"])), min_size=1)
    ):
        letters = (LETTERS * ((offset + length) // 26 + 1))[: offset + length]
        source = made(kind, letters)
        pieces.append(Piece(source, offset, length))
        content += letters[offset:].upper() if kind == "stored" else letters[offset:]
    return tuple(pieces), content


@given(pieces_and_content(), st.one_of(st.none(), st.integers(1, 100), st.just(65_536)))
def test_a_part_is_its_pieces_one_behind_the_other(planned: tuple[tuple[Piece, ...], bytes], size: int | None) -> None:
    pieces, content = planned
    source = source_of(*pieces)
    assert source.get_content_length() == len(content)
    with source.open() as stream:
        for _ in range(2):
            assert b"".join(iter(lambda: stream.read(size or -1), b"")) == content
            stream.seek(0)


def test_small_pieces_are_read_together_and_their_streams_closed() -> None:
    sources = [Trickle(10) for _ in range(5)]
    with source_of(*(Piece(source, 2, 8) for source in sources)).open() as stream:
        assert stream.read(1) == b"c"
        assert [[opened.closed for opened in source.opened] for source in sources] == [[True]] * 5


def test_no_more_is_held_of_small_pieces_than_is_sent_at_a_time() -> None:
    sources = [Trickle(30_000) for _ in range(3)]
    with source_of(*(Piece(source, 0, 30_000) for source in sources)).open() as stream:
        stream.read(1)
        assert [len(source.opened) for source in sources] == [1, 1, 0]


def test_what_is_stored_is_downloaded_once_however_often_it_is_read() -> None:
    session = Session()
    source = source_of(
        Piece(UploadSourceBytes(b"ab"), 0, 2), Piece(CopySource("stored", length=9), 2, 3), session=session
    )
    with source.open() as stream:
        for _ in range(3):
            assert stream.read() == b"abCDE"
            stream.seek(0)
    assert session.downloads == 1


def test_a_download_that_ends_early_is_no_part() -> None:
    source = source_of(
        Piece(UploadSourceBytes(b"ab"), 0, 2), Piece(CopySource("stored", length=9), 2, 3), session=Session(missing=1)
    )
    with source.open() as stream, pytest.raises(TruncatedOutput, match="only 2 of 3 bytes read"):
        stream.read()


@pytest.mark.parametrize("beside", [(), (Piece(UploadSourceBytes(b"ab"), 0, 2),)])
def test_a_source_that_has_become_shorter_is_named(beside: tuple[Piece, ...]) -> None:
    source = source_of(*beside, Piece(Trickle(10, missing=4), 2, 8))
    with pytest.raises(InvalidUploadSource, match=r"Trickle.* ended after 6 of 10 bytes"), source.open() as stream:
        stream.read()
    with pytest.raises(InvalidUploadSource, match=r"Trickle.* ended after 6 of 10 bytes"):
        source.get_content_sha1()
