"""What a sync would do and cost, as a value, from its plan; nothing is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from b2sdk.costs import Costs, Meter
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.events import ActionPlanned
from b2sdk.transfer.limits import choose_part_limits


@dataclass(frozen=True)
class SyncEstimate:
    """What a sync would do, if nothing changes before."""

    actions: Mapping[str, int] = field(default_factory=dict, hash=False)
    """How many actions there are of each kind: ``upload``, ``incremental upload``, ``download``, ``copy``, ``hide``,
    ``delete`` and ``local delete``."""
    removals: tuple[ActionPlanned, ...] = ()
    """What would be hidden or deleted, and why, in the order of the names."""
    costs: Costs = field(default_factory=Costs)
    """What would be requested if every request succeeds at once, the listings included that the estimate made itself.

    Upload URLs are left out, which are free: one for each worker at most, and for each part of large files. An
    unfinished file that is resumed, or a download, makes it less. What a program's own actions request is not known."""


class Estimator:
    """Adds up the actions of one sync."""

    def __init__(self, bucket: Any) -> None:
        """``bucket`` is the one at the destination or, if that is local, at the source."""
        self._limits = choose_part_limits(bucket.api.account_info.get_recommended_part_size())
        self._counts: Counter[str] = Counter()
        self._removals: list[ActionPlanned] = []
        self._meter = Meter()

    def add(self, actions: Iterable[AbstractAction]) -> None:
        """Add actions. Local files may be looked at, and read if they may be continued."""
        for action in actions:
            self._counts[action.kind] += 1
            if action.is_removal:
                self._removals.append(ActionPlanned(*action.description()))
            # What cannot be read by now is an action that fails.
            with suppress(B2Error, OSError):
                self._meter.add(action.expect(self._limits))

    def estimate(self, listings: Costs) -> SyncEstimate:
        """Return what has been added up."""
        return SyncEstimate(dict(sorted(self._counts.items())), tuple(self._removals), listings + self._meter.costs)


def ignore(_event: object) -> None:
    """Receive an event, so that what is left out is no error."""
