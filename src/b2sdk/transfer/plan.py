"""How a file is made of its sources: which parts it has, and what each is made of.

Planning is a pure function of the intents and the limits. It opens nothing, and of a stream of intents it takes no
more than it needs for the next part; another module performs what was planned::

    intents --overlaps.resolve_overlaps--> pieces (ordered, no gap) --here--> parts (sized, uploaded or copied)

Pieces that are here become parts of the recommended size, cut and joined as needed. Pieces in the service are copied
there, unless a part would become smaller than the minimum: then as much of the copy as is missing, or all of it, is
downloaded and sent along with its neighbours.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from typing import NamedTuple

from b2sdk.exception import InvalidUserInput
from b2sdk.transfer.limits import MAX_PARTS, PartLimits, copy_sizes
from b2sdk.transfer.overlaps import Placed, resolve_overlaps
from b2sdk.transfer.part import CopyPart, Piece, PlannedPart, Sha1Of, UploadPart
from b2sdk.transfer.source import AbstractUploadSource, UploadSourceBytes
from b2sdk.transfer.write_intent import WriteIntent

logger: logging.Logger = logging.getLogger(__name__)


class Plan(NamedTuple):
    """All parts of a file, in order; there is at least one."""

    parts: tuple[PlannedPart, ...]

    @property
    def length(self) -> int:
        """Bytes of the file."""
        return sum(part.length for part in self.parts)

    @property
    def is_large(self) -> bool:
        """Whether the file is sent in parts; otherwise one upload or one copy makes it."""
        return len(self.parts) > 1

    def plan_id(self, sha1_of: Sha1Of) -> str | None:
        """Return hex digits that are the same for the same content made of the same parts, and for no other.

        ``None`` where every part has a SHA-1 of its own by which an unfinished file can be recognized. Otherwise what
        is here is read for it. An unfinished file that b2sdk 2.13 began with these parts has the same id.
        """
        if all(part.is_local for part in self.parts):
            return None
        ids = [part.part_id(sha1_of) for part in self.parts]
        return hashlib.sha1(json.dumps(ids).encode()).hexdigest()


def plan(intents: Iterable[WriteIntent], limits: PartLimits) -> Plan:
    """Plan a file all of whose intents are known; they may come in any order, and overlap.

    :raises ValueError: there are no intents, or some bytes before the last are in none of them.
    :raises MaxFileSizeExceeded: the service takes no file of that length.
    :raises InvalidUserInput: it would take more than 10,000 parts that are no larger than the limits allow.
    """
    intents = list(intents)
    if len(intents) == 1 and (part := _only_part(intents[0], limits)) is not None:
        return Plan((part,))
    ordered = sorted(map(Placed.from_intent, intents), key=attrgetter("start"))
    end = max(map(attrgetter("end"), ordered), default=0)
    planned = Plan(tuple(_plan_parts(ordered, limits.for_total(end))))
    if len(planned.parts) > MAX_PARTS:
        raise InvalidUserInput(
            f"{len(planned.parts)} parts of at most {limits.maximum} bytes, and a file has at most {MAX_PARTS}"
        )
    if planned.length < end:
        logger.warning(
            "the file will end at byte %d of %d: an intent lies inside a longer one of the same kind",
            planned.length,
            end,
        )
    return planned


def _only_part(intent: WriteIntent, limits: PartLimits) -> UploadPart | None:
    """Return the part that the rest of this module would find for most files: all of a source that is here."""
    source = intent.outbound_source
    if intent.destination_offset or not isinstance(source, AbstractUploadSource):
        return None
    length = intent.length
    return UploadPart((Piece(source, 0, length),)) if 0 <= length < limits.recommended + limits.minimum else None


def plan_stream(intents: Iterable[WriteIntent], limits: PartLimits) -> Iterator[PlannedPart]:
    """Plan a file while its intents, sorted by offset, arrive; their number and end need not be known.

    An upload part leaves when as much as it and one minimum part have arrived after its beginning.

    :raises ValueError: as :func:`plan`, or the intents are not sorted; parts planned before were right.
    """
    return _plan_parts(map(Placed.from_intent, intents), limits)


def _plan_parts(intents: Iterable[Placed], limits: PartLimits) -> Iterator[PlannedPart]:
    pieces = resolve_overlaps(intents, limits.minimum)
    first = list(islice(pieces, 2))
    if len(first) == 1 and first[0].is_copy:
        yield from _plan_single_copy(first[0], limits)
    else:
        yield from _plan_pieces(chain(first, pieces), limits)


def _plan_single_copy(copy: Piece, limits: PartLimits) -> Iterator[PlannedPart]:
    """Plan a file that is one copy, however small."""
    if copy.length:
        yield from _cut_copies(copy, limits)
    else:  # a range of a stored file cannot be empty: to a copy request it would mean the whole file
        yield UploadPart.whole(UploadSourceBytes(b""))


def _plan_pieces(pieces: Iterable[Piece], limits: PartLimits) -> Iterator[PlannedPart]:
    pending = _Pending(limits)
    for piece in pieces:
        if piece.is_copy and piece.length >= limits.minimum + pending.missing:
            sent_along, copied = piece.split(pending.missing)
            if sent_along.length:
                pending.add(sent_along)
            yield from pending.flush()
            yield from _cut_copies(copied, limits)
        else:
            pending.add(piece)
            while pending.is_full:
                yield pending.take(limits.recommended)
    yield from pending.flush()


def _cut_copies(piece: Piece, limits: PartLimits) -> Iterator[CopyPart]:
    for size in copy_sizes(piece.length, limits.maximum):
        copied, piece = piece.split(size)
        yield CopyPart(copied)


class _Pending:
    """Pieces that will be sent."""

    def __init__(self, limits: PartLimits) -> None:
        self._minimum = limits.minimum
        self._enough = limits.recommended + limits.minimum
        self._pieces: deque[Piece] = deque()
        self._length = 0

    @property
    def missing(self) -> int:
        """Bytes up to the smallest part that these pieces may be; 0 when there are no pieces."""
        return max(0, self._minimum - self._length) if self._pieces else 0

    @property
    def is_full(self) -> bool:
        """Whether there are as many bytes as make a full part with a minimum part after it."""
        return self._length >= self._enough

    def add(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._length += piece.length

    def flush(self) -> Iterator[UploadPart]:
        """Take away what is left, as one part."""
        if self._pieces:
            yield UploadPart(tuple(self._pieces))
        self._pieces.clear()
        self._length = 0

    def take(self, length: int) -> UploadPart:
        """Take away the first ``length`` bytes, as one part."""
        self._length -= length
        taken: list[Piece] = []
        while length:
            piece = self._pieces.popleft()
            if piece.length > length:
                piece, rest = piece.split(length)
                self._pieces.appendleft(rest)
            taken.append(piece)
            length -= piece.length
        return UploadPart(tuple(taken))
