"""What a run over many files reports: an event for each thing that was to be done, and counts that add up."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from b2sdk.exception.bulk import IncompleteBulkRun
from b2sdk.text import printed_name

KEPT_FAILURES: Final = 10
"""How many failures a report has, and an error names."""


class Action(enum.Enum):
    """What is to be done with a file version."""

    DELETE = "delete"
    COPY = "copy"
    HIDE = "hide"
    """Add a hide marker, which is what a copy of one is."""


class Outcome(enum.Enum):
    """How it ended. The values are for people to read."""

    DONE = "done"
    ALREADY_DONE = "already done"
    """A version to be deleted is gone, or a copy is there: an earlier run did it, or another program."""
    WOULD_DO = "would be done"
    """A dry run would have done it."""
    FAILED = "failed"
    """The event has the error; the others continue."""
    NOT_SENT = "not sent"
    """The run ended before."""


@dataclass(frozen=True)
class BulkEvent:
    """What became of one file version, or of a name without versions."""

    action: Action
    outcome: Outcome
    file_name: str
    file_id: str | None
    """``None`` if there is no version of that name, or it was not looked up."""
    size: int | None = None
    """Bytes of the version; ``None`` if they are not known, as where only name and id were given."""
    error: Exception | None = None
    """Why it failed."""
    new_name: str | None = None
    """The name of the copy."""
    new_file_id: str | None = None
    """The id of the copy; ``None`` if there is none."""

    def __str__(self) -> str:
        names = printed_name(self.file_name)
        if self.new_name is not None:
            names += f" -> {printed_name(self.new_name)}"
        text = f"{self.action.value} {names}: {self.outcome.value}"
        return text if self.error is None else f"{text}: {self.error}"


@dataclass(frozen=True)
class BulkReport:
    """The counts of one run, or of several: reports can be added, pickled and compared."""

    counts: Mapping[tuple[Action, Outcome], int] = field(default_factory=dict)
    """How many events there were of each kind; kinds without any are left out."""
    size: int = 0
    """Bytes of the versions with which something was done, where they are known."""
    failures: tuple[BulkEvent, ...] = ()
    """The first ten events about failures."""

    def count(self, action: Action | None = None, outcome: Outcome | None = None) -> int:
        """Return how many events there were of an action, or all; with an outcome, or any."""
        return sum(
            count
            for (of_action, of_outcome), count in self.counts.items()
            if action in (None, of_action) and outcome in (None, of_outcome)
        )

    @property
    def total(self) -> int:
        """All events."""
        return self.count()

    @property
    def done(self) -> int:
        """What was done in this run."""
        return self.count(outcome=Outcome.DONE)

    @property
    def already_done(self) -> int:
        """What had been done before."""
        return self.count(outcome=Outcome.ALREADY_DONE)

    @property
    def would_do(self) -> int:
        """What a dry run left out."""
        return self.count(outcome=Outcome.WOULD_DO)

    @property
    def failed(self) -> int:
        """What failed."""
        return self.count(outcome=Outcome.FAILED)

    @property
    def not_sent(self) -> int:
        """What had been taken, but was not sent before the run ended."""
        return self.count(outcome=Outcome.NOT_SENT)

    def raise_for_failures(self) -> None:
        """Raise an error if anything failed or was not sent.

        :raises IncompleteBulkRun: it names the first ten failures, and tells how many there are.
        """
        if not self.failed and not self.not_sent:
            return
        lines = [f"{self.failed} of {self.total} failed, {self.not_sent} were not sent"]
        lines += map(str, self.failures)
        if self.failed > len(self.failures):
            lines.append(f"and {self.failed - len(self.failures)} more")
        raise IncompleteBulkRun("\n  ".join(lines)) from (self.failures[0].error if self.failures else None)

    def __add__(self, other: BulkReport) -> BulkReport:
        if not isinstance(other, BulkReport):
            return NotImplemented
        counts = dict(Counter(self.counts) + Counter(other.counts))
        return BulkReport(counts, self.size + other.size, (self.failures + other.failures)[:KEPT_FAILURES])

    def __str__(self) -> str:
        kinds = sorted(self.counts.items(), key=lambda item: (_ACTIONS.index(item[0][0]), _OUTCOMES.index(item[0][1])))
        return ", ".join(f"{action.value} {outcome.value}: {count}" for (action, outcome), count in kinds) or "nothing"


_ACTIONS: Final = list(Action)
_OUTCOMES: Final = list(Outcome)


class Tally:
    """Counts events while they come."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Action, Outcome]] = Counter()
        self._size = 0
        self._failures: list[BulkEvent] = []

    def add(self, events: Iterable[BulkEvent]) -> None:
        """Count events."""
        for event in events:
            self._counts[event.action, event.outcome] += 1
            if event.outcome is Outcome.DONE:
                self._size += event.size or 0
            elif event.outcome is Outcome.FAILED and len(self._failures) < KEPT_FAILURES:
                self._failures.append(event)

    def report(self) -> BulkReport:
        """Return the counts as they are now."""
        return BulkReport(dict(self._counts), self._size, tuple(self._failures))
