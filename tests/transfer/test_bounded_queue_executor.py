from __future__ import annotations

import threading
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest
from tests.transfer.conftest import PATIENCE, Gate

from b2sdk.transfer.bounded_queue_executor import BoundedQueueExecutor


def test_a_bounded_executor_waits_while_too_many_tasks_are_left(gate: Gate) -> None:
    bounded = BoundedQueueExecutor(ThreadPoolExecutor(4), queue_limit=2)
    for _ in range(2):
        bounded.submit(gate.task)
    third = threading.Thread(target=bounded.submit, args=(gate.task,))
    third.start()
    third.join(0.05)
    assert (third.is_alive(), gate.count) == (True, 2)
    gate.open.set()
    third.join(PATIENCE)
    bounded.shutdown()
    assert gate.count == 3


def test_a_bounded_executor_counts_failures_and_frees_their_places() -> None:
    bounded = BoundedQueueExecutor(ThreadPoolExecutor(1), queue_limit=1)
    futures = [bounded.submit(divmod, 1, divisor) for divisor in (0, 1, 0)]
    bounded.shutdown()
    assert [type(future.exception()) for future in futures] == [ZeroDivisionError, type(None), ZeroDivisionError]
    assert bounded.get_num_exceptions() == 2


def test_a_bounded_executor_keeps_no_place_for_what_cannot_be_submitted() -> None:
    executor: Executor = ThreadPoolExecutor(1)
    executor.shutdown()
    bounded = BoundedQueueExecutor(executor, queue_limit=1)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            bounded.submit(int)
