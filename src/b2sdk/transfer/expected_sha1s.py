"""What a large file records of its content, the SHA-1 of the whole, and how it is kept true.

Content is read for that SHA-1, and again to be sent, and may change in between. So the SHA-1 of each part is computed
in the reading that gives the one of the whole, and the service refuses a part that has another. Without this, a file
could be acknowledged that no download would ever accept.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain
from typing import NamedTuple

from b2sdk.exception import InvalidUploadSource
from b2sdk.interfaces import Digest, ReadableStream
from b2sdk.stream.digest import BLOCK_SIZE
from b2sdk.transfer.content import RangeOfSource, name_of
from b2sdk.transfer.part import Piece, PlannedPart, Sha1Of, UploadPart
from b2sdk.transfer.source import (
    Beginning,
    OutboundTransferSource,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceLocalFileRange,
    UploadSourceStream,
)
from b2sdk.transfer.write_intent import WriteIntent


class Expected(NamedTuple):
    """A part, and the SHA-1 that it is to have; ``None`` where it is hashed while it is made."""

    part: PlannedPart
    sha1: str | None


Expect = Callable[[PlannedPart], Expected]


class Sha1s:
    """The SHA-1 of pieces that are here, each computed once."""

    def __init__(self, compute: Sha1Of) -> None:
        self._compute = compute
        self._known: dict[tuple[tuple[int, int, int], ...], str] = {}

    def compute(self, pieces: tuple[Piece, ...]) -> str:
        """Return the SHA-1 of all their bytes; they are read the first time."""
        places = _locate(pieces)
        if places not in self._known:
            self._known[places] = self._compute(pieces)
        return self._known[places]

    def expect(self, part: PlannedPart) -> Expected:
        """Return the part with its SHA-1 if that has been computed."""
        return Expected(part, self._known.get(_locate(part.pieces)) if isinstance(part, UploadPart) else None)


def _locate(pieces: tuple[Piece, ...]) -> tuple[tuple[int, int, int], ...]:
    return tuple((id(piece.source), piece.offset, piece.length) for piece in pieces)


def expect_unknown(part: PlannedPart) -> Expected:
    """Return the part of a file that is hashed while it is made."""
    return Expected(part, None)


class WholeSha1(NamedTuple):
    """A file that records the SHA-1 of its whole content."""

    sha1: str
    is_given: bool
    """Whether it is the program that says so; otherwise the content was read for it."""
    intents: list[WriteIntent]
    """Of which it is made, if all of them are known."""

    def expect_parts(
        self, parts: Iterable[PlannedPart], open_part: Callable[[UploadPart], ReadableStream], otherwise: Expect
    ) -> Iterator[Expected]:
        """Yield the parts, each with its SHA-1 where that can be known.

        What was read for the whole is not read again. Otherwise each part is read when it is needed, while those
        before it are sent, and when all have been read, their SHA-1 is compared with the recorded one. A program that
        gives the SHA-1 is believed, unless it is that of a local file, which may have changed since.

        :raises InvalidUploadSource: the content has another SHA-1.
        """
        if len(self.intents) == 1:
            parts = list(parts)
            if (read := _recall(self.intents[0].outbound_source, parts, self.sha1)) is not None:
                return iter(read)
        beginning = _find_beginning(self.intents)
        if beginning is None and not all(self._is_read_again(intent.outbound_source) for intent in self.intents):
            return map(otherwise, parts)
        return self._compute_in_order(iter(parts), beginning, open_part, otherwise)

    def _compute_in_order(
        self,
        parts: Iterator[PlannedPart],
        beginning: Beginning | None,
        open_part: Callable[[UploadPart], ReadableStream],
        otherwise: Expect,
    ) -> Iterator[Expected]:
        whole: Digest = hashlib.sha1() if beginning is None else beginning.digest.copy()
        copied = 0 if beginning is None else beginning.length
        sha1_of_copied = whole.hexdigest()
        offset, name = 0, None
        for part in parts:
            end = offset + part.length
            if end <= copied:
                yield Expected(part, sha1_of_copied if part.length == copied else None)
            elif beginning is not None:
                name = name_of(beginning.file)
                local = RangeOfSource(beginning.file.open(), beginning.file, offset, part.length, is_end=False)
                yield Expected(part, _hash_part(local, whole, copied - offset))
            elif isinstance(part, UploadPart) and all(self._is_read_again(piece.source) for piece in part.pieces):
                name = name or name_of(part.pieces[0].source)
                yield Expected(part, _hash_part(open_part(part), whole))
            else:
                parts = chain((part,), parts)
                del part  # its content would be held until the end
                yield from map(otherwise, parts)
                return
            offset = end
        if (sha1 := whole.hexdigest()) != self.sha1:
            raise InvalidUploadSource(f"{name} has the SHA-1 {sha1} and not {self.sha1}, which the file was to record")

    def _is_read_again(self, source: OutboundTransferSource) -> bool:
        if isinstance(source, UploadSourceBytes | UploadSourceStream):
            return not (self.is_given or source.is_sha1_given)
        return isinstance(source, UploadSourceLocalFile | UploadSourceLocalFileRange)


def _recall(source: OutboundTransferSource, parts: list[PlannedPart], sha1: str) -> list[Expected] | None:
    """Return the parts with what the reading found that gave the SHA-1 of the whole, if it was such a one."""
    if isinstance(source, UploadSourceBytes):
        cannot_change = type(source.data_bytes) is bytes and not source.is_sha1_given
        return list(map(expect_unknown, parts)) if cannot_change and source.content_sha1 == sha1 else None
    if not isinstance(source, UploadSourceLocalFile | UploadSourceLocalFileRange) or source.content_sha1 != sha1:
        return None
    offsets = accumulate((part.length for part in parts), initial=0)
    sha1s = [source.sha1_of_part(offset, part.length) for offset, part in zip(offsets, parts, strict=False)]
    return None if None in sha1s else list(map(Expected, parts, sha1s))


def _find_beginning(intents: list[WriteIntent]) -> Beginning | None:
    """Return what is known of the stored version that the content begins with."""
    if len(intents) != 2 or not isinstance(rest := intents[1].outbound_source, UploadSourceLocalFileRange):
        return None
    continued = rest.continued
    return continued if continued is not None and continued.copy is intents[0].outbound_source else None


def _hash_part(stream: ReadableStream, whole: Digest, hashed_before: int = 0) -> str:
    """Read a part to its end for its SHA-1; what follows its first bytes continues the whole."""
    sha1 = hashlib.sha1()
    skip = max(0, hashed_before)
    with contextlib.closing(stream):
        while block := stream.read(BLOCK_SIZE):
            sha1.update(block)
            whole.update(memoryview(block)[skip:])
            skip = max(0, skip - len(block))
    return sha1.hexdigest()
