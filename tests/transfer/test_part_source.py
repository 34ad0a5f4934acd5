from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st

from b2sdk import blocking
from b2sdk.exception import InvalidUploadSource
from b2sdk.transfer.part import Piece, UploadPart
from b2sdk.transfer.part_source import PartSource, fetch_source, make_source
from b2sdk.transfer.source import AbstractUploadSource, CopySource, OutboundTransferSource, UploadSourceBytes

LETTERS = bytes(range(97, 123))


class Stored:
    """The letters in capitals over and over, as a stored file."""

    def __init__(self) -> None:
        self.downloads = 0

    def download(self, piece: Piece) -> bytes:
        source = piece.as_copy_source()
        self.downloads += 1
        return (LETTERS.upper() * 10_000)[source.offset : source.offset + piece.length]

    async def fetch(self, piece: Piece) -> bytes:
        return self.download(piece)


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


def source_of(*pieces: Piece) -> PartSource:
    return PartSource(UploadPart(pieces), Stored().download)


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


MIXED = UploadPart((Piece(UploadSourceBytes(b"ab"), 0, 2), Piece(CopySource("stored", length=9), 2, 3)))


def test_what_is_stored_is_downloaded_once_however_often_it_is_read() -> None:
    stored = Stored()
    with PartSource(MIXED, stored.download).open() as stream:
        for _ in range(3):
            assert stream.read() == b"abCDE"
            stream.seek(0)
    assert stored.downloads == 1


@pytest.mark.parametrize("sha1", [None, "a" * 40])
def test_what_is_stored_may_be_fetched_before_the_part_is_read(sha1: str | None) -> None:
    stored = Stored()
    source = blocking.run(fetch_source(MIXED, stored.fetch, sha1))
    assert stored.downloads == 1
    with source.open() as stream:
        for _ in range(2):
            assert stream.read() == b"abCDE"
            stream.seek(0)
    assert source.is_sha1_known() is (sha1 is not None)
    assert stored.downloads == 1


def test_a_source_that_is_all_of_a_part_is_taken_as_it_is() -> None:
    source = UploadSourceBytes(b"ab")
    assert blocking.run(fetch_source(UploadPart.whole(source), Stored().fetch)) is source


def test_what_is_not_here_is_not_read_as_if_it_were() -> None:
    with make_source(MIXED).open() as stream, pytest.raises(ValueError, match="is not here"):
        stream.read()


@pytest.mark.parametrize("beside", [(), (Piece(UploadSourceBytes(b"ab"), 0, 2),)])
def test_a_source_that_has_become_shorter_is_named(beside: tuple[Piece, ...]) -> None:
    source = source_of(*beside, Piece(Trickle(10, missing=4), 2, 8))
    with pytest.raises(InvalidUploadSource, match=r"Trickle.* ended after 6 of 10 bytes"), source.open() as stream:
        stream.read()
    with pytest.raises(InvalidUploadSource, match=r"Trickle.* ended after 6 of 10 bytes"):
        source.get_content_sha1()
