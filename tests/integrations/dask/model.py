"""What a cluster lists, computed: the tasks of a run over made-up names, as if each name took the same time."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import deque
from typing import NamedTuple

from tests.name_ranges.shapes import Names, SortedNames

from b2sdk.integrations.dask.fleet import DEFAULT_BYTES_PER_RANGE, DEFAULT_FILES_PER_RANGE
from b2sdk.integrations.dask.tasks import RangeTask, share_out
from b2sdk.name_ranges.division import SAMPLE_SIZE, PartSize, Sample, SampledEntry, divide
from b2sdk.values.name_range import ALL_NAMES, NameRange


class Listed(NamedTuple):
    ranges: int
    transactions: int
    """In each bucket."""
    busy: float
    """Which part of the time of all threads they worked."""


def archive(size: int) -> SortedNames:
    """Folders of a hundred thousand files."""
    return Names(size, lambda number: f"archive/{number // 100_000:05}/{number % 100_000:05}.jpg")


def listed(names: SortedNames, threads: int, files_per_range: int = DEFAULT_FILES_PER_RANGE) -> Listed:
    """Let threads work on the ranges, in the order in which these are found."""
    most = PartSize(files_per_range, DEFAULT_BYTES_PER_RANGE)
    waiting = deque(share_out([ALL_NAMES], 0, 0, threads, most))
    under_way: list[tuple[float, int, list[NameRange]]] = []
    now, worked, transactions, ranges, number = 0.0, 0, 0, 0, 1
    while waiting or under_way:
        while waiting and len(under_way) < threads:
            task = waiting.popleft()
            rest, entries, cost = _perform(names, task)
            transactions += cost
            ranges += entries is not None
            worked += entries or 0
            heapq.heappush(under_way, (now + (entries or 0) + 1, task.number, rest))
        now, _, rest = heapq.heappop(under_way)
        if rest:
            waiting += share_out(rest, number, len(waiting) + len(under_way), threads, most)
            number += len(rest)
    assert worked == len(names)
    return Listed(ranges, transactions, worked / (now * threads))


def _perform(names: SortedNames, task: RangeTask) -> tuple[list[NameRange], int | None, int]:
    """Return what is left to be done, how many names were worked on, and what that took in each bucket."""
    start = bisect_left(names, task.names.start)
    end = len(names) if task.names.end is None else bisect_left(names, task.names.end)
    cost = 0
    if task.ways > 1:
        some = [SampledEntry(names[number], 1) for number in range(start, min(end, start + SAMPLE_SIZE))]
        parts = divide(task.names, [Sample(some, len(some) < SAMPLE_SIZE)], task.most, task.ways)
        cost = 1
        if len(parts) > 1:
            return parts, None, cost
    entries = min(end - start, task.most.entries)
    has_rest = start + entries < end
    # Where the work ends is seen at the next name, and a page may have been fetched ahead.
    cost += max(1, -(-(entries + has_rest) // SAMPLE_SIZE)) + has_rest
    rest = [NameRange(names[start + entries], task.names.end)] if has_rest else []
    return rest, entries, cost
