"""A planned part as a source of its own: one range of a source, or several, some of them downloaded for it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, cast

from b2sdk.exception import TruncatedOutput
from b2sdk.session import B2Session
from b2sdk.stream.chained import CachedBytesStreamOpener, ChainedStream
from b2sdk.stream.digest import hex_sha1_of_stream
from b2sdk.stream.range import RangeOfInputStream
from b2sdk.transfer.part import Piece, PlannedPart, UploadPart
from b2sdk.transfer.source import AbstractUploadSource, OutboundTransferSource, UploadSourceLocalFile

_READ_TOGETHER: Final = 64 * 1024
"""The most bytes of small pieces that are held to be sent."""


def expect_parts(source: OutboundTransferSource, parts: Iterable[PlannedPart]) -> None:
    """Tell the only source of a file into which parts it will be cut, if that spares it a reading."""
    if isinstance(source, UploadSourceLocalFile):
        source.expect_parts([part.length for part in parts])


def source_of(part: UploadPart, session: B2Session) -> AbstractUploadSource:
    """Return the source itself where the part is all of it, so that what it knows of itself is not computed again."""
    source, offset = part.pieces[0].source, part.pieces[0].offset
    is_whole = len(part.pieces) == 1 and offset == 0 and part.length == source.get_content_length()
    if is_whole and isinstance(source, AbstractUploadSource):
        return source
    return PartSource(part, session)


class PartSource(AbstractUploadSource):
    """The pieces of a part, one behind the other. What is in the service is downloaded once and kept until the end."""

    def __init__(self, part: UploadPart, session: B2Session) -> None:
        self._part = part
        self._session = session
        self._known_sha1 = _known_sha1(part)

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

    def open(self) -> Any:
        openers = [self._opener(run) for run in _runs(self._part.pieces)]
        return openers[0]() if len(openers) == 1 and self._part.is_local else ChainedStream(openers)

    def _opener(self, run: list[Piece]) -> Callable[[], Any]:
        if len(run) > 1:
            return partial(_joined, run)
        piece = run[0]
        return CachedBytesStreamOpener(partial(self._downloaded, piece)) if piece.is_copy else partial(_range, piece)

    def _downloaded(self, piece: Piece) -> bytes:
        source = piece.as_copy_source()
        url = self._session.get_download_url_by_id(source.file_id)
        range_ = source.get_bytes_range()
        with self._session.download_file_from_url(url, range_, encryption=source.encryption) as response:
            try:
                data = b"".join(response.iter_content(chunk_size=1024 * 1024))
            finally:
                response.close()
        if len(data) != piece.length:
            raise TruncatedOutput(len(data), piece.length)
        return data


def _runs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Group pieces that are here and small: opening a stream for each of thousands is most of what reading them takes.

    5,000 of 20 bytes are read in 2.4 ms so, and in 19 ms otherwise.
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


def _joined(pieces: Iterable[Piece]) -> io.BytesIO:
    return io.BytesIO(b"".join(map(_content, pieces)))


def _content(piece: Piece) -> bytes:
    """Read a piece; where the source has less, what there is."""
    stream = _opened(piece)
    try:
        stream.seek(piece.offset)
        content: bytes = stream.read(piece.length)
        while len(content) < piece.length and (more := stream.read(piece.length - len(content))):
            content += more
    finally:
        stream.close()
    return content


def _range(piece: Piece) -> RangeOfInputStream:
    return RangeOfInputStream(_opened(piece), piece.offset, piece.length)


def _opened(piece: Piece) -> Any:
    return cast("AbstractUploadSource", piece.source).open()  # only copies cannot be opened


def _known_sha1(part: UploadPart) -> str | None:
    piece = part.pieces[0]
    if len(part.pieces) > 1 or not isinstance(piece.source, UploadSourceLocalFile):
        return None
    return piece.source.sha1_of_part(piece.offset, piece.length)
