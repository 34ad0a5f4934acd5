"""A run: the tasks that have been submitted, and what comes of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, Final
from uuid import uuid4

from distributed import as_completed

from b2sdk.integrations.dask.jobs import Job
from b2sdk.integrations.dask.report import (
    FleetEvent,
    FleetReport,
    RangeDivided,
    RangeFailed,
    RangeFinished,
    describe,
    printed_range,
)
from b2sdk.integrations.dask.tasks import RangeOutcome, RangeTask, perform, share_out
from b2sdk.name_ranges.division import PartSize
from b2sdk.values.name_range import NameRange

_TOPIC: Final = "b2sdk"


class FleetRun:
    """Something that the workers of a cluster do with many files, while its events are iterated over::

        run = fleet.sync("/mnt/photos", "b2://photos/backup")
        for event in run:
            print(event)
        print(run.report)
        run.raise_for_failures()

    Nothing happens before, and it can be iterated over once. When the loop is left early, no other range is started;
    what workers are doing they do to its end.
    """

    def __init__(self, client: Any, job: Job, names: NameRange, most: PartSize, retries: int, client_name: str) -> None:
        """Take what is done, and with which names."""
        self._client = client
        self._job = job
        self._names = names
        self._most = most
        self._retries = retries
        self._client_name = client_name
        self._id = uuid4().hex[:8]
        self._numbers = count()
        self._tasks: dict[Any, RangeTask] = {}
        self._started: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._report = FleetReport()
        self._is_started = False

    @property
    def report(self) -> FleetReport:
        """The counts of the ranges that are done so far."""
        return self._report

    def raise_for_failures(self) -> None:
        """Raise an error if anything failed so far; see :meth:`FleetReport.raise_for_failures`."""
        self.report.raise_for_failures()

    def complete(self) -> FleetReport:
        """Do all of it, and return the report."""
        for _ in self:
            pass
        return self.report

    def __iter__(self) -> Iterator[FleetEvent]:
        if self._is_started:
            raise RuntimeError("a run can be iterated over once")
        self._is_started = True
        return self._events()

    def _events(self) -> Iterator[FleetEvent]:
        topic = f"{_TOPIC}-{self._id}"
        self._client.subscribe_topic(topic, self._hear)
        completed: Any = as_completed()
        try:
            self._submit(completed, topic, [self._names])
            for future in completed:
                task = self._tasks.pop(future.key)
                event, rest = self._take(task, future)
                self._report += event.report
                self._submit(completed, topic, rest)
                del future  # so that the cluster forgets it
                yield event
        finally:
            self._client.cancel(list(completed.futures))
            self._client.unsubscribe_topic(topic)

    def _hear(self, event: tuple[float, int]) -> None:
        with self._lock:
            self._started[event[1]] += 1

    def _submit(self, completed: Any, topic: str, parts: list[NameRange]) -> None:
        if not parts:
            return
        threads = max(1, sum(self._client.nthreads().values()))
        number = next(self._numbers)
        tasks = share_out(parts, number, len(self._tasks), threads, self._most)
        for _ in tasks[1:]:
            next(self._numbers)
        for task in tasks:
            key = (self._job.name, self._id, task.number, printed_range(task.names))
            future = self._client.submit(
                perform, self._job, task, self._client_name, topic, key=key, retries=self._retries, pure=False
            )
            self._tasks[future.key] = task
            completed.add(future)

    def _take(self, task: RangeTask, future: Any) -> tuple[FleetEvent, list[NameRange]]:
        attempts = FleetReport(attempts=max(1, self._attempts(task)))
        try:
            outcome: RangeOutcome = future.result()
        except Exception as error:  # noqa: BLE001  # whatever it is, the other ranges continue
            report = attempts + FleetReport(ranges=1, failed_ranges=((task.names, describe(error)),))
            return RangeFailed(task.names, report, error), []
        report, rest = outcome.report + attempts, list(outcome.rest)
        if outcome.is_divided:
            return RangeDivided(task.names, report, len(rest)), rest
        done = NameRange(task.names.start, rest[0].start) if rest else task.names
        return RangeFinished(done, report), rest

    def _attempts(self, task: RangeTask) -> int:
        with self._lock:
            return self._started.pop(task.number, 0)
