"""What a large file records of its content, the SHA-1 of the whole, and how it is kept true.

Content is read for that SHA-1, and again to be sent, and may change in between. So the SHA-1 of each part is computed
in the reading that gives the one of the whole, and the service refuses a part that has another. Without this, a file
could be acknowledged that no download would ever accept.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from typing_extensions import override

from b2sdk.exception import InvalidUploadSource
from b2sdk.interfaces import Digest, ReadableStream
from b2sdk.stream.digest import BLOCK_SIZE
from b2sdk.transfer.content import RangeOfSource, name_of
from b2sdk.transfer.part import Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import make_source, sha1_of_pieces
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

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[int, int, int], ...], str] = {}

    def compute(self, pieces: tuple[Piece, ...]) -> str:
        """Return the SHA-1 of all their bytes; they are read the first time."""
        places = _locate(pieces)
        if places not in self._known:
            self._known[places] = sha1_of_pieces(pieces)
        return self._known[places]

    def expect(self, part: PlannedPart) -> Expected:
        """Return the part with its SHA-1 if that has been computed."""
        return Expected(part, self._known.get(_locate(part.pieces)) if isinstance(part, UploadPart) else None)


def _locate(pieces: tuple[Piece, ...]) -> tuple[tuple[int, int, int], ...]:
    return tuple((id(piece.source), piece.offset, piece.length) for piece in pieces)


def expect_unknown(part: PlannedPart) -> Expected:
    """Return the part of a file that is hashed while it is made."""
    return Expected(part, None)


class Expectations:
    """What the parts of a file are to be. They are asked about each part, in the order of the file.

    These leave it at what is known of a part by itself.
    """

    def __init__(self, otherwise: Expect) -> None:
        self._otherwise = otherwise

    def expect(self, part: PlannedPart) -> Expected:
        """Return the next part, with its SHA-1 where that can be known; it may be read for it."""
        return self._otherwise(part)

    def check(self) -> None:
        """Check, behind the last part, that the file has the SHA-1 that it records.

        :raises InvalidUploadSource: the content has another SHA-1.
        """


def choose_expectations(
    whole_sha1: str | None,
    is_given: bool,
    intents: Sequence[WriteIntent],
    parts: Sequence[PlannedPart],
    otherwise: Expect,
) -> Expectations:
    """Return what is expected of the parts of a file.

    What was read for the whole is not read again. Otherwise each part is read when it is needed, while those before it
    are sent, and when all have been read, their SHA-1 is compared with the recorded one. A program that gives the
    SHA-1 is believed, unless it is that of a local file, which may have changed since.

    :param whole_sha1: what the file records; ``None`` if it does not.
    :param is_given: whether it is the program that says so; otherwise the content was read for it.
    :param intents: of which it is made, if all of them are known.
    :param parts: of a single intent, all of them.
    :param otherwise: what is expected of a part that is not read.
    """
    if whole_sha1 is None:
        return Expectations(otherwise)
    if len(intents) == 1 and (read := _recall(intents[0].outbound_source, parts, whole_sha1)) is not None:
        return read
    beginning = _find_beginning(intents)
    if beginning is None and not all(_is_read_again(intent.outbound_source, is_given) for intent in intents):
        return Expectations(otherwise)
    return _ReadInOrder(whole_sha1, is_given, beginning, otherwise)


class _Recalled(Expectations):
    """That the parts are what was read for the whole."""

    def __init__(self, sha1s: Iterable[str | None]) -> None:
        super().__init__(expect_unknown)
        self._sha1s = iter(sha1s)

    @override
    def expect(self, part: PlannedPart) -> Expected:
        return Expected(part, next(self._sha1s))


class _ReadInOrder(Expectations):
    """That the parts are what they are when they are read, and all of them what the file records.

    From the first part on that is not read, no more is known.
    """

    def __init__(self, sha1: str, is_given: bool, beginning: Beginning | None, otherwise: Expect) -> None:
        super().__init__(otherwise)
        self._sha1 = sha1
        self._is_given = is_given
        self._beginning = beginning
        self._whole: Digest = hashlib.sha1() if beginning is None else beginning.digest.copy()
        self._copied = 0 if beginning is None else beginning.length
        self._sha1_of_copied = self._whole.hexdigest()
        self._offset = 0
        self._name: str | None = None
        self._is_over = False

    @override
    def expect(self, part: PlannedPart) -> Expected:
        if self._is_over:
            return self._otherwise(part)
        offset = self._offset
        self._offset += part.length
        if self._offset <= self._copied:
            return Expected(part, self._sha1_of_copied if part.length == self._copied else None)
        if self._beginning is not None:
            file = self._beginning.file
            self._name = name_of(file)
            local = RangeOfSource(file.open(), file, offset, part.length, is_end=False)
            return Expected(part, _hash_part(local, self._whole, self._copied - offset))
        if isinstance(part, UploadPart) and all(_is_read_again(piece.source, self._is_given) for piece in part.pieces):
            self._name = self._name or name_of(part.pieces[0].source)
            return Expected(part, _hash_part(make_source(part).open(), self._whole))
        self._is_over = True
        return self._otherwise(part)

    @override
    def check(self) -> None:
        if not self._is_over and (sha1 := self._whole.hexdigest()) != self._sha1:
            raise InvalidUploadSource(
                f"{self._name} has the SHA-1 {sha1} and not {self._sha1}, which the file was to record"
            )


def _is_read_again(source: OutboundTransferSource, is_given: bool) -> bool:
    if isinstance(source, UploadSourceBytes | UploadSourceStream):
        return not (is_given or source.is_sha1_given)
    return isinstance(source, UploadSourceLocalFile | UploadSourceLocalFileRange)


def _recall(source: OutboundTransferSource, parts: Sequence[PlannedPart], sha1: str) -> Expectations | None:
    """Return what the reading found that gave the SHA-1 of the whole, if it was such a one."""
    if isinstance(source, UploadSourceBytes):
        cannot_change = type(source.data_bytes) is bytes and not source.is_sha1_given
        return Expectations(expect_unknown) if cannot_change and source.content_sha1 == sha1 else None
    if not isinstance(source, UploadSourceLocalFile | UploadSourceLocalFileRange) or source.content_sha1 != sha1:
        return None
    offsets = accumulate((part.length for part in parts), initial=0)
    sha1s = [source.sha1_of_part(offset, part.length) for offset, part in zip(offsets, parts, strict=False)]
    return None if None in sha1s else _Recalled(sha1s)


def _find_beginning(intents: Sequence[WriteIntent]) -> Beginning | None:
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
