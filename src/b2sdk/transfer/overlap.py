"""Which source gives which bytes of the new file, where several claim the same ones.

Uploads and copies are on two tracks. On each track one intent is *current*, and one *next* in waiting::

    destination   0         50        100       150       200
    uploads       [u------------------------------------)
    copies                  [c------------------)
    chosen        [u.......)[c.................)[u......)

* Between the tracks: a copy wins over an upload if at least the minimum of bytes of that copy is in use. What is in the
  service already need not be sent.
* Within a track: the next one takes over when the current one ends before another intent arrives, or none arrives any
  more. It takes over from the first byte that is not settled yet, except that a current copy first gets its minimum.
* Of several that arrive while the current one is in use, the one that ends last becomes the next one.

The last two rules have a surprising consequence, which b2sdk 2.13 has as well and which is kept: an intent that lies
inside a longer one *of the same kind* may end the file where it ends itself, or shift what follows to a range that its
source does not have, which is refused when it is opened.

Intents are looked at once, in the order of their offsets, and no more than two of a track are held, so that a stream
of them may be endless.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from b2sdk.transfer.part import Piece
from b2sdk.transfer.write_intent import WriteIntent


def resolve(intents: Iterable[WriteIntent], minimum_copy: int) -> Iterator[Piece]:
    """Yield the pieces that make the file, in order and without a gap, as soon as they are settled.

    No piece is empty, except that a file without content gives one empty piece.

    :raises ValueError: there are no intents, they are not sorted by offset, some bytes are in none of them, or one
        inside another of the same kind leaves no order.
    """
    start = 0
    for intent, run in groupby(_fragments(intents, minimum_copy), key=lambda fragment: fragment.intent):
        *_, last = run
        if last.end < start:
            raise ValueError("A write intent lies inside a longer one of the same kind, and cannot be put in order")
        if last.end > start or last.end == 0:
            yield Piece(intent.outbound_source, start - intent.destination_offset, last.end - start)
        start = last.end


class _Placed(NamedTuple):
    """An intent, asked once where it begins and ends."""

    intent: WriteIntent
    start: int
    end: int


class _Fragment(NamedTuple):
    """``intent`` gives, or would give, the bytes up to the offset ``end``."""

    intent: WriteIntent
    end: int
    is_enough: bool = True
    """Whether so much of the intent is in use that it may win over the other track."""


def _fragments(intents: Iterable[WriteIntent], minimum_copy: int) -> Iterator[_Fragment]:
    uploads, copies = _Track(0), _Track(minimum_copy)
    position = offset = 0
    empty = None
    for intent in intents:
        if intent.destination_offset < offset:
            raise ValueError("Write intent stream have to be sorted by destination offset")
        offset = intent.destination_offset
        for fragment in _chosen(uploads.claims(position, offset), copies.claims(position, offset)):
            yield fragment
            position = fragment.end
        if position < offset:
            raise ValueError(f"Cannot emerge file with holes. Found hole range: ({position}, {offset})")
        if length := intent.length:
            (copies if intent.is_copy() else uploads).add(_Placed(intent, offset, offset + length))
        else:
            empty = intent
    for fragment in _chosen(uploads.claims(position, None), copies.claims(position, None)):
        yield fragment
        position = fragment.end
    if position == 0:
        yield _only(empty)


def _only(empty: WriteIntent | None) -> _Fragment:
    if empty is None:
        raise ValueError("A file has to be made of at least one source")
    return _Fragment(empty, 0)


def _chosen(uploads: Iterable[_Fragment], copies: Iterable[_Fragment]) -> Iterator[_Fragment]:
    """Merge what the tracks claim: of the two at the front one wins, up to the nearer end."""
    waiting_uploads, waiting_copies = deque(uploads), deque(copies)
    while waiting_uploads and waiting_copies:
        upload, copy = waiting_uploads[0], waiting_copies[0]
        winner = copy if copy.is_enough else upload
        end = min(upload.end, copy.end)
        yield _Fragment(winner.intent, end)
        for waiting in (waiting_uploads, waiting_copies):
            if waiting[0].end <= end:
                waiting.popleft()
    yield from waiting_uploads or waiting_copies


class _Track:
    """The intents of one kind; of each that is used, ``minimum`` bytes should be."""

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum
        self._current: _Placed | None = None
        self._used_from = 0
        self._next: _Placed | None = None

    def add(self, intent: _Placed) -> None:
        """Let the intent wait, unless the one that waits reaches as far."""
        if self._next is None or intent.end > self._next.end:
            self._next = intent

    def claims(self, start: int, stop: int | None) -> Iterator[_Fragment]:
        """Yield what this track would put from ``start`` to ``stop``, where an intent arrives; ``None``: none does."""
        if self._current is not None and self._current.end <= start:
            self._current = None
        limit = self._last_end() if stop is None else stop
        if self._current is None and self._next is not None and self._next.start != stop:
            self._take_over(self._next, start)
        if self._current is not None and self._next is not None and self._current.end < limit:
            yield from self._hand_over(self._current, self._next, start)
        if self._current is not None:
            end = min(limit, self._current.end)
            yield _Fragment(self._current.intent, end, self._is_enough(self._current))

    def _last_end(self) -> int:
        last = self._next or self._current
        return 0 if last is None else last.end

    def _hand_over(self, current: _Placed, follower: _Placed, start: int) -> Iterator[_Fragment]:
        """Replace the current intent, which ends too early, by the next one; first let it have its minimum.

        When the follower would then fall short of its own minimum, it gets only what is behind the current one.
        """
        if self._is_enough(current) and start - self._used_from < self._minimum:
            start = self._used_from + self._minimum
            if follower.end - start < self._minimum:
                start = current.end
            yield _Fragment(current.intent, start)
        self._take_over(follower, start)

    def _take_over(self, follower: _Placed, start: int) -> None:
        self._current, self._used_from, self._next = follower, start, None

    def _is_enough(self, intent: _Placed) -> bool:
        """Whether the current intent, from where it came into use to its end, has the minimum."""
        return intent.end - self._used_from >= self._minimum
