"""A planned part as a source of its own: one range of a source, or several, some of them downloaded for it."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Final, TypeAlias, cast

from typing_extensions import Buffer

from b2sdk.interfaces import Readable
from b2sdk.stream.chained import CachedBytesStreamOpener, ChainedStream
from b2sdk.stream.digest import hex_sha1_of_stream
from b2sdk.transfer.content import RangeOfSource, check_end, read_exactly
from b2sdk.transfer.part import Piece, PlannedPart, UploadPart
from b2sdk.transfer.source import (
    AbstractUploadSource,
    OutboundTransferSource,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceLocalFileRange,
    is_to_end,
)

Download: TypeAlias = Callable[[Piece], bytes]
"""Brings a piece that is in the service."""
_Opened: TypeAlias = RangeOfSource | ChainedStream | io.BytesIO
_READ_TOGETHER: Final = 64 * 1024
"""The most bytes of small pieces that are held to be sent."""


def expect_parts(source: OutboundTransferSource, parts: Iterable[PlannedPart]) -> None:
    """Tell the only source of a file into which parts it will be cut, if that spares it a reading."""
    if isinstance(source, UploadSourceLocalFile | UploadSourceLocalFileRange):
        source.expect_parts([part.length for part in parts])


def _refuse_to_download(piece: Piece) -> bytes:
    raise ValueError(f"{piece} is not here")


def make_source(
    part: UploadPart, download: Download = _refuse_to_download, sha1: str | None = None
) -> AbstractUploadSource:
    """Return the source of a part, which is to have this SHA-1 if one is given.

    Where the part is all of a source, that is itself, so that what it knows of itself is not computed again. Unless
    all of the part is here, what is in the service is downloaded when it is read.
    """
    if sha1 is not None:
        return PartSource(part, download, sha1)
    source, offset = part.pieces[0].source, part.pieces[0].offset
    is_whole = len(part.pieces) == 1 and offset == 0 and part.length == source.get_content_length()
    if is_whole and isinstance(source, AbstractUploadSource):
        return source
    return PartSource(part, download)


async def fetch_source(
    part: UploadPart, fetch: Callable[[Piece], Awaitable[bytes]], sha1: str | None = None
) -> AbstractUploadSource:
    """Return the source of a part after what is in the service has been fetched; otherwise see :func:`make_source`."""
    fetched = {piece: await fetch(piece) for piece in part.pieces if piece.is_copy}
    return make_source(part, fetched.__getitem__, sha1)


def sha1_of_pieces(pieces: tuple[Piece, ...]) -> str:
    """Read pieces that are here for the SHA-1 of all their bytes, unless it is known."""
    part = UploadPart(pieces)
    # A source of the program's own may not know its SHA-1 before it is sent.
    return make_source(part).get_content_sha1() or PartSource(part).get_content_sha1()


class PartSource(AbstractUploadSource):
    """The pieces of a part, one after the other. What is in the service is downloaded once and kept until the end."""

    def __init__(self, part: UploadPart, download: Download = _refuse_to_download, sha1: str | None = None) -> None:
        self._part = part
        self._download = download
        self._known_sha1 = _find_known_sha1(part) if sha1 is None else sha1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._part}>"

    def get_content_length(self) -> int:
        return self._part.length

    def is_sha1_known(self) -> bool:
        return self._known_sha1 is not None

    def get_content_sha1(self) -> str:
        """Read the part for its SHA-1 if it is not known; sending it computes that anyway."""
        if self._known_sha1 is not None:
            return self._known_sha1
        with self.open() as stream:
            return hex_sha1_of_stream(stream, self.get_content_length())

    def open(self) -> _Opened:
        openers = [self._make_opener(run) for run in _group_small_pieces(self._part.pieces)]
        return openers[0]() if len(openers) == 1 and self._part.is_local else ChainedStream(openers)

    def _make_opener(self, run: list[Piece]) -> Callable[[], _Opened]:
        if len(run) > 1:
            return partial(_open_joined, run)
        piece = run[0]
        return CachedBytesStreamOpener(partial(self._download, piece)) if piece.is_copy else partial(_open_range, piece)


def _group_small_pieces(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Group pieces that are here and small: opening a stream for each of thousands is most of what reading them takes.

    5,000 of 20 bytes are read in 1.1 ms so, and in 19 ms otherwise.
    """
    run: list[Piece] = []
    room = 0
    for piece in pieces:
        room -= piece.length
        if room < 0 or piece.is_copy:
            if run:
                yield run
            run, room = [], 0 if piece.is_copy else _READ_TOGETHER - piece.length
        run.append(piece)
    yield run


def _open_joined(pieces: Iterable[Piece]) -> io.BytesIO:
    return io.BytesIO(b"".join(map(_read_piece, pieces)))


def _read_piece(piece: Piece) -> Buffer:
    source = _as_upload_source(piece)
    if type(source) is UploadSourceBytes:  # needs no stream; one that is opened differently is of a class of its own
        return source.data_bytes[piece.offset : piece.offset + piece.length]
    stream = source.open()
    try:
        stream.seek(piece.offset)
        data = read_exactly(stream, piece.length, source, piece.offset)
        if _reaches_end(piece, source, stream):
            check_end(stream, source)
    finally:
        stream.close()
    return data


def _open_range(piece: Piece) -> RangeOfSource:
    source = _as_upload_source(piece)
    stream = source.open()
    return RangeOfSource(stream, source, piece.offset, piece.length, _reaches_end(piece, source, stream))


def _as_upload_source(piece: Piece) -> AbstractUploadSource:
    return cast("AbstractUploadSource", piece.source)  # only copies cannot be opened


def _reaches_end(piece: Piece, source: AbstractUploadSource, stream: Readable) -> bool:
    return piece.offset + piece.length == source.get_content_length() and is_to_end(source, stream)


def _find_known_sha1(part: UploadPart) -> str | None:
    piece = part.pieces[0]
    if len(part.pieces) > 1 or not isinstance(piece.source, UploadSourceLocalFile | UploadSourceLocalFileRange):
        return None
    return piece.source.sha1_of_part(piece.offset, piece.length)
