"""Which source gives which bytes of the new file, where several claim the same ones.

Uploads and copies are on two tracks. On each track one intent is *current*, and one *next* in waiting::

    destination   0         50        100       150       200
    uploads       [u------------------------------------)
    copies                  [c------------------)
    chosen        [u.......)[c.................)[u......)

* Between the tracks: a copy wins over an upload if at least the minimum of bytes of that copy is in use. What is in the
  service already need not be sent.
* Within a track: the next one takes over when the current one ends before another intent arrives, or none arrives any
  more. It takes over from the first byte that is not assigned yet, except that a current copy first gets its minimum.
* Of several that arrive while the current one is in use, the one that ends last becomes the next one.

The last two rules have a surprising consequence, which b2sdk 2.13 has as well and which is kept: an intent that lies
inside a longer one *of the same kind* may end the file where it ends itself, or shift what follows to a range that its
source does not have, which is refused when it is opened.

Intents are looked at once, in the order of their offsets, and no more than two of a track are held, so that a stream
of them may be endless.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from b2sdk.transfer.part import Piece
from b2sdk.transfer.source import OutboundTransferSource
from b2sdk.transfer.write_intent import WriteIntent


class Placed(NamedTuple):
    """A source, and which bytes of the new file are claimed for it; of many intents, each is asked once."""

    start: int
    end: int
    source: OutboundTransferSource

    @classmethod
    def from_intent(cls, intent: WriteIntent) -> Placed:
        """Return where the intent puts its source.

        :raises ValueError: the source does not know its length any more.
        """
        start = intent.destination_offset
        return cls(start, start + intent.length, intent.outbound_source)


def resolve_overlaps(intents: Iterable[Placed], minimum_copy: int) -> Iterator[Piece]:
    """Yield the pieces that make the file, in order and without a gap, as soon as they are assigned.

    No piece is empty, except that a file without content gives one empty piece.

    :raises ValueError: there are no intents, they are not sorted by offset, some bytes are in none of them, or one
        inside another of the same kind leaves no order.
    """
    assigned = _assign_ranges(intents, minimum_copy)
    (used, end), start = next(assigned), 0
    for intent, position in assigned:
        if intent is not used:
            yield from _piece(used, start, end)
            used, start = intent, end
        end = position
    yield from _piece(used, start, end)


def _piece(intent: Placed, start: int, end: int) -> Iterator[Piece]:
    if end < start:
        raise ValueError("A write intent lies inside a longer one of the same kind, and cannot be put in order")
    if end > start or end == 0:
        yield Piece(intent.source, start - intent.start, end - start)


def _assign_ranges(intents: Iterable[Placed], minimum_copy: int) -> Iterator[tuple[Placed, int]]:
    """Yield which intent gives the bytes from where the one before ends, and up to which offset; at least one."""
    uploads, copies = _Track(0), _Track(minimum_copy)
    position = last_offset = 0
    empty = None
    for intent in intents:
        offset = intent.start
        if offset < last_offset:
            raise ValueError("Write intent stream have to be sorted by destination offset")
        last_offset = offset
        for claim in _merge_claims(uploads.claims(position, offset), copies.claims(position, offset)):
            position = claim.end
            if position >= offset:
                position = offset
                yield claim.intent, offset
                break
            yield claim.intent, position
        if position < offset:
            raise ValueError(f"Cannot emerge file with holes. Found hole range: ({position}, {offset})")
        if intent.end > offset:
            (copies if intent.source.is_copy() else uploads).add(intent)
        else:
            empty = intent
    for claim in _merge_claims(uploads.claims(position, None), copies.claims(position, None)):
        position = claim.end
        yield claim.intent, position
    if position == 0:
        if empty is None:
            raise ValueError("A file has to be made of at least one source")
        yield empty, 0


class _Claim(NamedTuple):
    """``intent`` would give the bytes up to the offset ``end``.

    Made when the intent comes into use, and not each time that another one arrives, which is several times per piece.
    """

    intent: Placed
    end: int
    is_enough: bool
    """Whether so much of the intent is in use that it may win over the other track."""


def _merge_claims(uploads: Sequence[_Claim], copies: Sequence[_Claim]) -> Sequence[_Claim]:
    """Merge what the tracks claim: of the two at the front one wins, up to the nearer end."""
    if not (uploads and copies):
        return uploads or copies
    waiting_uploads, waiting_copies = deque(uploads), deque(copies)
    chosen: list[_Claim] = []
    while waiting_uploads and waiting_copies:
        upload, copy = waiting_uploads[0], waiting_copies[0]
        winner = copy if copy.is_enough else upload
        end = min(upload.end, copy.end)
        chosen.append(winner._replace(end=end))
        for waiting in (waiting_uploads, waiting_copies):
            if waiting[0].end <= end:
                waiting.popleft()
    return [*chosen, *waiting_uploads, *waiting_copies]


class _Track:
    """The intents of one kind; of each that is used, ``minimum`` bytes should be."""

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum
        self._current: _Claim | None = None
        self._used_from = 0
        self._next: Placed | None = None

    def add(self, intent: Placed) -> None:
        """Let the intent wait, unless the one that waits reaches as far."""
        if self._next is None or intent.end > self._next.end:
            self._next = intent

    def claims(self, start: int, stop: int | None) -> Sequence[_Claim]:
        """Return what this track would put from ``start`` on, if only up to ``stop``, where an intent arrives.

        ``None``: none does, and nothing is put behind the end of the intent that waits.
        """
        current, follower = self._current, self._next
        if current is not None and current.end <= start:
            current = self._current = None
        if follower is None:
            return () if current is None else (current,)
        if current is None:
            return () if follower.start == stop else (self._take_over(follower, start),)
        if current.end < (follower.end if stop is None else stop):
            return self._replace_current(current, follower, start)
        return (current._replace(end=follower.end) if stop is None else current,)

    def _replace_current(self, current: _Claim, follower: Placed, start: int) -> Sequence[_Claim]:
        """Replace the current intent, which ends too early, by the next one; first let it have its minimum.

        When the follower would then fall short of its own minimum, it gets only what is behind the current one.
        """
        if not current.is_enough or start - self._used_from >= self._minimum:
            return (self._take_over(follower, start),)
        start = self._used_from + self._minimum
        if follower.end - start < self._minimum:
            start = current.end
        return current._replace(end=start), self._take_over(follower, start)

    def _take_over(self, follower: Placed, start: int) -> _Claim:
        self._current = claim = _Claim(follower, follower.end, follower.end - start >= self._minimum)
        self._used_from, self._next = start, None
        return claim
