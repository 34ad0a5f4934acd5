from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import wait

import pytest
from tests.transfer.conftest import PATIENCE, Blocked, Gate, failing

from b2sdk.exception import AlreadyFailed, Cancelled, ServiceError
from b2sdk.threads import InlinePool
from b2sdk.transfer import task_group
from b2sdk.transfer.pool import LazyThreadPool
from b2sdk.transfer.task_group import TaskGroup


def test_results_come_in_the_order_of_submission(pool: LazyThreadPool) -> None:
    second_done = threading.Event()

    def first() -> int:
        assert second_done.wait(PATIENCE)
        return 1

    def second() -> int:
        second_done.set()
        return 2

    with TaskGroup[int]() as group:
        group.submit(pool, first)
        group.add_result(0)
        group.submit(pool, second)
        assert group.results() == [1, 0, 2]


def test_no_more_than_the_limit_are_unfinished(pool: LazyThreadPool) -> None:
    lock = threading.Lock()
    unfinished = most = 0

    def task() -> None:
        nonlocal unfinished
        with lock:
            unfinished -= 1

    with TaskGroup[None](limit=2) as group:
        for _ in range(50):
            group.submit(pool, task)
            with lock:
                unfinished += 1
                most = max(most, unfinished)
        group.results()
    assert (unfinished, most <= 2) == (0, True)


def test_the_first_failure_is_raised_and_tasks_behind_it_do_not_begin() -> None:
    pool, begun = LazyThreadPool(1), []

    def transfer() -> None:
        with TaskGroup[None]() as group:
            group.submit(pool, failing)
            for _ in range(20):
                group.submit(pool, lambda: begun.append(1))
            group.results()

    with pytest.raises(ZeroDivisionError):
        transfer()
    pool.close()
    assert begun == []


def test_a_failure_is_raised_by_the_next_submission(pool: LazyThreadPool) -> None:
    group = TaskGroup[None](limit=1)

    def transfer() -> None:
        with group:
            for _ in range(100):
                group.submit(pool, failing)

    with pytest.raises(ZeroDivisionError):
        transfer()
    assert len(group._futures) <= 1


def test_running_tasks_can_ask_and_their_complaint_does_not_hide_the_reason(pool: LazyThreadPool) -> None:
    told = threading.Event()
    answers: list[type[BaseException]] = []

    def asking() -> None:
        assert told.wait(PATIENCE)
        try:
            group.check()
        except AlreadyFailed as error:
            answers.append(type(error))
            raise

    reasons: list[BaseException] = []

    def tell(reason: BaseException) -> None:
        reasons.append(reason)
        told.set()

    group = TaskGroup[None](on_stop=tell)

    def transfer() -> None:
        with group:
            group.submit(pool, asking)
            group.submit(pool, failing)
            group.results()

    with pytest.raises(ZeroDivisionError) as raised:
        transfer()
    assert answers == [AlreadyFailed]
    assert reasons == [raised.value]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_in_the_caller_stops_all_and_leaves_nothing_running(
    interruption: type[BaseException], gate: Gate
) -> None:
    pool, finished = LazyThreadPool(1), threading.Event()
    stopped: list[BaseException] = []

    def running() -> None:
        gate.task()
        finished.set()

    def stop(reason: BaseException) -> None:
        stopped.append(reason)
        gate.open.set()

    def transfer() -> None:
        with TaskGroup[None](on_stop=stop) as group:
            group.submit(pool, running)
            group.submit(pool, failing)
            gate.wait_for(1)
            raise interruption

    with pytest.raises(interruption):
        transfer()
    assert [type(reason) for reason in stopped] == [interruption]
    assert finished.is_set()
    pool.close()


def test_leaving_does_not_wait_for_tasks_of_others_in_the_same_pool(gate: Gate) -> None:
    pool = LazyThreadPool(1)
    of_others = pool.submit(gate.task)
    gate.wait_for(1)

    def transfer() -> None:
        with TaskGroup[None]() as group:
            group.submit(pool, failing)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transfer()
    assert not of_others.done()
    gate.open.set()
    pool.close()


def test_a_task_is_forgotten_before_there_is_room_for_the_next(pool: LazyThreadPool) -> None:
    class Content:
        pass

    alive: weakref.WeakSet[Content] = weakref.WeakSet()
    submitted = threading.Event()
    counts: list[int] = []

    class Room(threading.Semaphore):
        def release(self, n: int = 1) -> None:
            counts.append(len(alive))
            super().release(n)

    def task_with(content: Content) -> Callable[[], bool]:
        alive.add(content)
        return lambda: submitted.wait(PATIENCE) and content in alive

    with TaskGroup[bool](limit=1) as group:
        group._room = Room(1)
        group.submit(pool, task_with(Content()))
        submitted.set()
        assert group.results() == [True]
    assert counts == [0]


def test_with_the_inline_pool_all_is_done_in_order_in_one_thread() -> None:
    done: list[int] = []
    with TaskGroup[None](limit=1) as group:
        for number in range(5):
            group.submit(InlinePool(), lambda number=number: done.append(number))  # type: ignore[misc]  # bound now
        wait(group._futures)
    assert done == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("reason", [KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_what_ends_the_block_wakes_tasks_that_wait(reason: type[BaseException], pool: LazyThreadPool) -> None:
    blocked = [Blocked() for _ in range(3)]
    group = TaskGroup[None]()

    def transfer() -> None:
        with group:
            for task in blocked:
                group.submit(pool, task)
            for task in blocked:
                assert task.begun.wait(PATIENCE)
            raise reason

    with pytest.raises(reason):
        transfer()
    assert [type(future.exception(0)) for future in group._futures] == [Cancelled] * 3


def test_a_task_that_raises_what_is_no_error_of_the_service_wakes_the_others(pool: LazyThreadPool) -> None:
    blocked = Blocked()
    with TaskGroup[None]() as group:
        group.submit(pool, blocked)
        assert blocked.begun.wait(PATIENCE)
        group.submit(pool, failing)
        with pytest.raises(ZeroDivisionError):
            group.results()
    assert isinstance(group._futures[0].exception(PATIENCE), Cancelled)


def test_after_an_error_of_the_service_what_is_on_its_way_arrives(pool: LazyThreadPool, gate: Gate) -> None:
    def refused() -> str:
        raise ServiceError("busy")

    group = TaskGroup[str](on_stop=lambda _reason: gate.open.set())

    def transfer() -> None:
        with group:
            group.submit(pool, gate.task)
            gate.wait_for(1)
            group.submit(pool, refused)
            group.results()

    with pytest.raises(ServiceError):
        transfer()
    assert group._futures[0].result(0) == "through"


def test_an_interruption_does_not_wait_for_ever_for_what_cannot_be_woken(
    pool: LazyThreadPool, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_group, "GRACE_SECONDS", 0.01)

    def transfer() -> None:
        with TaskGroup[str]() as group:
            group.submit(pool, gate.task)
            gate.wait_for(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer()
    assert not gate.open.is_set()


def test_work_ends_with_the_work_that_it_is_a_part_of(pool: LazyThreadPool) -> None:
    blocked = Blocked()

    def part() -> None:
        with TaskGroup[None]() as group:
            group.submit(pool, blocked)
            group.results()

    with TaskGroup[None]() as group:
        group.submit(pool, part)
        assert blocked.begun.wait(PATIENCE)
        group._stop(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            group.results()
    assert isinstance(group._futures[0].exception(PATIENCE), Cancelled)
