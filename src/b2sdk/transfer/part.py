"""What a plan consists of: ranges of sources, and the parts that are made of them.

These are values. They name content and open none; where an identity needs a SHA-1, the caller brings the function that
reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from typing_extensions import Self

from b2sdk.transfer.source import AbstractUploadSource, CopySource, OutboundTransferSource


class Piece(NamedTuple):
    """``length`` bytes of a source, from ``offset`` within that source on."""

    source: OutboundTransferSource
    offset: int
    length: int

    @property
    def is_copy(self) -> bool:
        """Whether these bytes are in the service; otherwise they are here."""
        return self.source.is_copy()

    def as_copy_source(self) -> CopySource:
        """Return the piece as a source of its own, with the range that it has in the stored file.

        :raises TypeError: the bytes are here.
        """
        if not isinstance(self.source, CopySource):
            raise TypeError(f"{self.source!r} is not a copy source")
        return self.source.get_copy_source_range(self.offset, self.length)

    def split(self, length: int) -> tuple[Piece, Piece]:
        """Return the first ``length`` bytes, and the others."""
        return (
            Piece(self.source, self.offset, length),
            Piece(self.source, self.offset + length, self.length - length),
        )


Sha1Of = Callable[[tuple[Piece, ...]], str]
"""Reads pieces that are here, one after the other, and returns the SHA-1 of all their bytes as hex digits."""

PartId = str | list[str | int] | list[str | list[str | int]]
"""A JSON-able value: a SHA-1, or ``[file id, offset, length]``, or a list of these two."""


class UploadPart(NamedTuple):
    """Bytes to be sent as one body: the pieces one after the other, those in the service downloaded for it."""

    pieces: tuple[Piece, ...]

    @classmethod
    def whole(cls, source: AbstractUploadSource) -> Self:
        """Make one part of a source, whatever its length: a buffer of a stream whose end is not known, for one."""
        return cls((Piece(source, 0, source.get_content_length() or 0),))

    @property
    def length(self) -> int:
        return sum(piece.length for piece in self.pieces)

    @property
    def is_local(self) -> bool:
        """Whether all bytes are here, so that their SHA-1 can be known before they are sent."""
        return not any(piece.is_copy for piece in self.pieces)

    def part_id(self, sha1_of: Sha1Of) -> PartId:
        """Return what distinguishes this content from any other; local content is read for it."""
        if self.is_local:
            return sha1_of(self.pieces)
        return [_copy_id(piece) if piece.is_copy else sha1_of((piece,)) for piece in self.pieces]


class CopyPart(NamedTuple):
    """A range of a stored file, to be copied within the service."""

    piece: Piece

    @property
    def length(self) -> int:
        return self.piece.length

    @property
    def is_local(self) -> bool:
        return False

    def part_id(self, sha1_of: Sha1Of) -> PartId:
        """Return the id of the stored file and the range; its content never changes, and need not be read."""
        return _copy_id(self.piece)


PlannedPart = UploadPart | CopyPart


def _copy_id(piece: Piece) -> list[str | int]:
    source = piece.as_copy_source()
    return [source.file_id, source.offset, piece.length]
