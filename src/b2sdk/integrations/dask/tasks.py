"""A task: what a worker does with a range of names, or into which ranges it divides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from distributed import get_worker

from b2sdk.integrations.dask.account import api_of_worker
from b2sdk.integrations.dask.jobs import Job
from b2sdk.integrations.dask.limit import RangeLimit
from b2sdk.integrations.dask.report import FleetReport
from b2sdk.name_ranges.division import MOST_WAYS, PartSize, divide
from b2sdk.v3 import B2Api
from b2sdk.values.name_range import NameRange

_RANGES_PER_THREAD: Final = 4
"""How many ranges there should be for each thread of the workers, so that none waits for another."""
_FEWEST_ENTRIES: Final = 1000
_SMALL: Final = 10
"""Which part of a range is enough where threads have nothing to do."""


@dataclass(frozen=True)
class RangeTask:
    """What to do with one range."""

    number: int
    names: NameRange
    most: PartSize
    """How much is done before the rest is handed back, and how large a part is that is not divided."""
    ways: int
    """Into how many parts it may be divided."""


@dataclass(frozen=True)
class RangeOutcome:
    """What a task returns."""

    report: FleetReport
    rest: Sequence[NameRange]
    """What is still to be done."""
    is_divided: bool
    """Whether nothing else was done yet."""


def share_out(
    parts: Sequence[NameRange], first_number: int, waiting: int, threads: int, most: PartSize
) -> list[RangeTask]:
    """Return the tasks for ranges that are to be done.

    :param waiting: how many other ranges are being done, or are to be done.
    :param threads: how many of them can be done at a time.
    """
    ranges = waiting + len(parts)
    if ranges < threads:
        entries = min(most.entries, max(_FEWEST_ENTRIES, most.entries // _SMALL))
        most = PartSize(entries, max(1, most.size // _SMALL))
    ways = min(MOST_WAYS, max(1, _RANGES_PER_THREAD * threads // ranges))
    return [RangeTask(number, names, most, ways) for number, names in enumerate(parts, first_number)]


def perform(job: Job, task: RangeTask, client_name: str, topic: str) -> RangeOutcome:
    """Do a task on a worker, which reports that it begins: if it dies, this is all that is known."""
    worker: Any = get_worker()
    worker.log_event(topic, task.number)
    api = api_of_worker(client_name)
    with api.counting() as counted:
        outcome = _perform(job, task, api)
    return replace(outcome, report=replace(outcome.report, costs=counted.costs))


def _perform(job: Job, task: RangeTask, api: B2Api) -> RangeOutcome:
    if task.ways > 1:
        parts = divide(task.names, job.samples(api, task.names), task.most, task.ways)
        if len(parts) > 1:
            return RangeOutcome(FleetReport(), parts, is_divided=True)
    limit = RangeLimit(task.most)
    report = job.perform(api, task.names, limit)
    rest = limit.rest(task.names)
    return RangeOutcome(report, () if rest is None else (rest,), is_divided=False)
