from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from tests.transfer.conftest import PATIENCE, Blocked, Gate, failing, interrupted

from b2sdk.exception import Cancelled
from b2sdk.testing.children import Child
from b2sdk.threads import InlinePool, default_pool_size
from b2sdk.transfer.background import Background
from b2sdk.transfer.pool import LazyThreadPool, ThreadPoolMixin
from b2sdk.transfer.task_group import TaskGroup


def in_slot(pool: LazyThreadPool | ThreadPoolMixin, task: Callable[[], Any]) -> Any:
    with pool.slot():
        return task()


def pool_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "b2sdk-worker"}


def test_a_pool_has_no_thread_before_the_first_task_and_none_after_its_end() -> None:
    before = pool_threads()  # those of other tests may end at any time
    pool = LazyThreadPool(2)
    assert not pool_threads() - before
    assert pool.submit(lambda: "done").result() == "done"
    assert len(pool_threads() - before) == 1
    pool.close()
    assert not pool_threads() - before


def test_a_closed_pool_begins_again() -> None:
    pool = LazyThreadPool(1)
    pool.close()
    assert pool.submit(pow, 2, 3).result() == 8
    pool.close()


def test_a_task_sees_the_context_of_who_submits_it(pool: LazyThreadPool) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="nobody's")
    variable.set("the caller's")
    assert pool.submit(variable.get).result() == "the caller's"
    assert Background(variable.get).result() == "the caller's"


def test_the_size_has_a_default() -> None:
    assert LazyThreadPool().get_size() == default_pool_size() <= 32


@pytest.mark.parametrize("size", [0, -1])
def test_a_pool_without_room_for_a_task_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        LazyThreadPool(size)
    with pytest.raises(ValueError, match="greater than 0"):
        LazyThreadPool(1).set_size(size)


def test_the_size_limits_tasks_of_the_pool_and_of_callers_together(gate: Gate) -> None:
    pool = LazyThreadPool(2)
    submitted = pool.submit(gate.task)
    caller = threading.Thread(target=in_slot, args=(pool, gate.task))
    caller.start()
    gate.wait_for(2)
    late = pool.submit(gate.task)
    assert not gate.begun.acquire(timeout=0.05)
    gate.open.set()
    assert submitted.result() == late.result() == "through"
    caller.join()
    pool.close()


def test_a_task_that_fails_in_the_caller_leaves_its_slot() -> None:
    pool = LazyThreadPool(1)
    with pytest.raises(ZeroDivisionError):
        in_slot(pool, failing)
    assert in_slot(pool, lambda: "next") == "next"


def test_resizing_waits_for_running_tasks_and_applies_to_later_ones(gate: Gate) -> None:
    pool = LazyThreadPool(1)
    running = pool.submit(gate.task)
    gate.wait_for(1)
    gate.open.set()
    pool.set_size(3)
    assert running.done()
    gate.open.clear()
    tasks = [pool.submit(gate.task) for _ in range(3)]
    gate.wait_for(3)
    gate.open.set()
    assert [task.result() for task in tasks] == ["through"] * 3
    pool.close()


def test_resizing_to_the_same_size_keeps_the_threads(pool: LazyThreadPool) -> None:
    pool.submit(int).result()
    workers = pool._workers()
    pool.set_size(4)
    assert pool._workers() is workers


def test_a_pool_works_in_a_child_that_was_forked_while_it_was_full(gate: Gate) -> None:
    pool = LazyThreadPool(1)
    running = pool.submit(gate.task)
    gate.wait_for(1)
    assert Child(lambda: in_slot(pool, lambda: 1) + pool.submit(int, "2").result(PATIENCE)).result() == 3
    gate.open.set()
    assert running.result() == "through"
    pool.close()


def test_a_pool_of_another_kind_can_be_given() -> None:
    inline = ThreadPoolMixin(thread_pool=InlinePool(), max_workers=9)
    assert inline.get_thread_pool_size() == 1
    assert in_slot(inline, threading.current_thread) is inline.submit(threading.current_thread).result()
    inline.close()


def test_the_pool_of_a_class_is_of_the_asked_size_and_can_be_resized() -> None:
    owner = ThreadPoolMixin(max_workers=3)
    assert owner.get_thread_pool_size() == 3
    owner.set_thread_pool_size(5)
    assert owner.get_thread_pool_size() == 5
    assert isinstance(owner._thread_pool, LazyThreadPool)


def test_a_task_that_waits_for_a_slot_gives_up(gate: Gate) -> None:
    pool = LazyThreadPool(1)
    caller = threading.Thread(target=in_slot, args=(pool, gate.task))
    caller.start()
    gate.wait_for(1)

    def transfer() -> None:
        with TaskGroup[None]() as group:
            group.submit(pool, failing)
            while not group._futures[0].running():
                gate.open.wait(0.001)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer()
    assert not gate.open.is_set()
    gate.open.set()
    caller.join()
    assert in_slot(pool, lambda: "free") == "free"


def test_an_interrupted_end_of_a_pool_cancels_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, blocked = LazyThreadPool(1), Blocked()
    future = pool.submit(blocked)
    assert blocked.begun.wait(PATIENCE)
    executor: Any = pool._workers()._executor
    monkeypatch.setattr(executor, "shutdown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.close()
    assert isinstance(future.exception(PATIENCE), Cancelled)
    executor.join(PATIENCE)


def test_a_pool_cancels_what_it_does_for_others_and_continues(pool: LazyThreadPool) -> None:
    of_group, on_its_own = Blocked(), Blocked()
    with TaskGroup[None]() as group:
        group.submit(pool, of_group)
        future = pool.submit(on_its_own)
        for task in (of_group, on_its_own):
            assert task.begun.wait(PATIENCE)
        pool.break_off()
        assert isinstance(future.exception(PATIENCE), Cancelled)
        with pytest.raises(Cancelled):
            group.results()
    assert pool.submit(pow, 2, 3).result(PATIENCE) == 8


def test_who_is_interrupted_while_waiting_for_a_future_breaks_its_task_off(
    pool: LazyThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = Blocked()
    future = pool.submit(blocked)
    assert blocked.begun.wait(PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Condition, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            future.result()
    assert isinstance(future.exception(PATIENCE), Cancelled)
