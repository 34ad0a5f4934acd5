"""What comes of the work on ranges of names: an event for each range, and counts that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from b2sdk.bulk.events import KEPT_FAILURES, BulkEvent, Outcome
from b2sdk.costs import Costs
from b2sdk.exception import B2SimpleError
from b2sdk.scan.events import EntrySkipped
from b2sdk.sync.events import (
    ActionDone,
    ActionDropped,
    ActionFailed,
    ActionPlanned,
    ComparisonEnded,
    FileUpToDate,
    RemovalsWithheld,
    SyncEnded,
    SyncEvent,
)
from b2sdk.text import on_one_line, printed_name
from b2sdk.values.name_range import NameRange

_FAILED: Final = Outcome.FAILED.value
_DROPPED: Final = Outcome.NOT_SENT.value


class IncompleteFleetRun(B2SimpleError):
    """Something of a run failed, or was not done. Its text names the first failures."""


@dataclass(frozen=True)
class FileFailure:
    """What failed, and why."""

    action: str
    path: str
    """Relative to the folders."""
    error: str
    """Class and text of the error."""

    def __str__(self) -> str:
        return f"{self.action} {printed_name(self.path)}: {self.error}"


@dataclass(frozen=True)
class FleetReport:
    """The counts of the work on some ranges. Reports can be added, pickled and compared.

    Each file of a range counts once, in the attempt that has ended: what an earlier one did before its worker died,
    this one finds done.
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How often something ended in some way: ``("copy", "done")``, ``("file", "up to date")``, ``("copy", "failed")``,
    ``("skipped", "symbolic link")``. What did not happen is left out."""
    size: int = 0
    """Bytes with which something was done, or would be in a dry run."""
    failures: tuple[FileFailure, ...] = ()
    """The first ten."""
    ranges: int = 0
    """How many ranges were worked on."""
    attempts: int = 0
    """How often a worker began with one of them, or divided one, as far as it could tell before it died."""
    failed_ranges: tuple[tuple[NameRange, str], ...] = ()
    """Those that are not done, with class and text of the error."""
    costs: Costs = field(default_factory=Costs)
    """Transactions by class, and bytes, of attempts that have ended well; what others have cost nobody tells."""

    def count(self, action: str | None = None, outcome: str | None = None) -> int:
        """Return how often an action, or any, ended in one way, or in any."""
        return sum(
            count
            for (of_action, of_outcome), count in self.counts.items()
            if action in (None, of_action) and outcome in (None, of_outcome)
        )

    @property
    def failed(self) -> int:
        """What failed."""
        return self.count(outcome=_FAILED)

    @property
    def is_complete(self) -> bool:
        """Whether all ranges are done, and nothing in them failed or was left undone."""
        return not (self.failed_ranges or self.failed or self.count(outcome=_DROPPED))

    def raise_for_failures(self) -> None:
        """Raise an error unless the report is complete.

        :raises IncompleteFleetRun: it names the first ten failures, and tells how many there are.
        """
        if self.is_complete:
            return
        not_sent, ranges = self.count(outcome=_DROPPED), len(self.failed_ranges)
        lines = [f"{self.failed} failed, {not_sent} were not sent, {ranges} ranges are not done"]
        lines += [f"{printed_range(names)}: {error}" for names, error in self.failed_ranges[:KEPT_FAILURES]]
        lines += map(str, self.failures)
        if self.failed > len(self.failures):
            lines.append(f"and {self.failed - len(self.failures)} more")
        raise IncompleteFleetRun("\n  ".join(lines))

    def __add__(self, other: FleetReport) -> FleetReport:
        if not isinstance(other, FleetReport):
            return NotImplemented
        return FleetReport(
            dict(Counter(self.counts) + Counter(other.counts)),
            self.size + other.size,
            (self.failures + other.failures)[:KEPT_FAILURES],
            self.ranges + other.ranges,
            self.attempts + other.attempts,
            self.failed_ranges + other.failed_ranges,
            self.costs + other.costs,
        )


@dataclass(frozen=True)
class RangeEvent:
    """What the events have in common. The sum of their reports is that of the run."""

    names: NameRange
    report: FleetReport


@dataclass(frozen=True)
class RangeDivided(RangeEvent):
    """A range turned out to be large, and others were made of it."""

    parts: int


@dataclass(frozen=True)
class RangeFinished(RangeEvent):
    """The work on a range has ended, up to the end of ``names``; what failed in it is in the report."""


@dataclass(frozen=True)
class RangeFailed(RangeEvent):
    """The work on a range failed, as often as it may be tried. Some of it may be done. The others continue."""

    error: Exception


FleetEvent: TypeAlias = RangeDivided | RangeFinished | RangeFailed


def printed_range(names: NameRange) -> str:
    """Return a range as people read it, on one line."""
    return "..".join(_shortened(limit) if limit else "" for limit in (names.start, names.end))


def _shortened(name: str) -> str:
    shown = printed_name(name)
    return shown if len(shown) <= 40 else shown[:18] + "…" + shown[-18:]


class Tally:
    """Counts what comes of one range."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._size = 0
        self._failures: list[FileFailure] = []

    def add(self, action: str, outcome: str, size: int = 0) -> None:
        """Count something that did not fail."""
        self._counts[action, outcome] += 1
        self._size += size

    def add_failure(self, action: str, path: str, error: BaseException) -> None:
        """Count something that failed."""
        self._counts[action, _FAILED] += 1
        if len(self._failures) < KEPT_FAILURES:
            self._failures.append(FileFailure(action, path, describe(error)))

    def take(self, event: SyncEvent) -> None:
        """Count what a sync reports."""
        if isinstance(event, ActionDone):
            outcome = Outcome.WOULD_DO if event.dry_run else Outcome.DONE
            self.add(event.kind, outcome.value, event.size)
        elif isinstance(event, ActionFailed):
            self.add_failure(event.kind, event.path, event.error)
        elif isinstance(event, ActionDropped):
            self.add(event.kind, _DROPPED)
        elif isinstance(event, FileUpToDate):
            self.add("file", "up to date")
        elif isinstance(event, EntrySkipped):
            self.add("skipped", event.reason.value)
        elif isinstance(event, RemovalsWithheld):
            self.add("removals", "withheld")
        elif not isinstance(event, (ActionPlanned, ComparisonEnded, SyncEnded)):
            raise TypeError(f"unknown event: {type(event).__name__}")

    def take_bulk(self, event: BulkEvent) -> None:
        """Count what is reported by what is done with many files."""
        if event.error is not None:
            self.add_failure(event.action.value, event.file_name, event.error)
        else:
            self.add(event.action.value, event.outcome.value, event.size or 0)

    def report(self) -> FleetReport:
        """Return what was counted, of one range."""
        return FleetReport(dict(self._counts), self._size, tuple(self._failures), ranges=1)


def describe(error: BaseException) -> str:
    """Return class and text of an error, on one line."""
    return on_one_line(f"{type(error).__name__}: {error}")
