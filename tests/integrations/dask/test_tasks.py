"""How much a task may do, and into how many ranges it divides its own."""

from __future__ import annotations

import pytest

from b2sdk.integrations.dask.tasks import share_out
from b2sdk.name_ranges.division import PartSize
from b2sdk.values.name_range import ALL_NAMES

MOST = PartSize(50_000, 1000)
FEW = PartSize(5000, 100)


@pytest.mark.parametrize(
    ("parts", "waiting", "threads", "most", "ways"),
    [
        (1, 0, 1, MOST, 4),
        (1, 0, 64, FEW, 16),
        (16, 0, 64, FEW, 16),
        (16, 30, 64, FEW, 5),
        (16, 48, 64, MOST, 4),
        (16, 100, 64, MOST, 2),
        (1, 200, 64, MOST, 1),
        (1, 10_000, 64, MOST, 1),
    ],
)
def test_ranges_are_divided_and_small_as_long_as_threads_would_have_nothing_to_do(
    parts: int, waiting: int, threads: int, most: PartSize, ways: int
) -> None:
    tasks = share_out([ALL_NAMES] * parts, 7, waiting, threads, MOST)
    assert [task.number for task in tasks] == list(range(7, 7 + parts))
    assert {(task.most, task.ways) for task in tasks} == {(most, ways)}


def test_no_task_does_more_than_it_may() -> None:
    (task,) = share_out([ALL_NAMES], 0, 0, 64, PartSize(20, 5))
    assert task.most == PartSize(20, 1)
