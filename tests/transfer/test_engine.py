from __future__ import annotations

import io
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextvars import ContextVar
from typing import Any

import pytest

from b2sdk.exception import AlreadyFailed
from b2sdk.transfer.engine import (
    Background,
    BoundedQueueExecutor,
    InlinePool,
    LazyThreadPool,
    TaskGroup,
    ThreadPoolMixin,
    WriterThread,
    default_pool_size,
)

PATIENCE = 10
"""Seconds after which something that should have happened has not."""


class Gate:
    """Tasks that wait until they are let go, and tell how many of them there are."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.count = 0

    def task(self) -> str:
        self.count += 1
        self.begun.release()
        assert self.open.wait(PATIENCE)
        return "through"

    def wait_for(self, tasks: int) -> None:
        for _ in range(tasks):
            assert self.begun.acquire(timeout=PATIENCE)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def pool() -> Iterator[LazyThreadPool]:
    pool = LazyThreadPool(4)
    yield pool
    pool.close()


def in_turn(pool: LazyThreadPool | ThreadPoolMixin, task: Callable[[], Any]) -> Any:
    with pool.turn():
        return task()


def pool_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")}


def failing() -> None:
    raise ZeroDivisionError("first")


# --- pools ---


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
    caller = threading.Thread(target=in_turn, args=(pool, gate.task))
    caller.start()
    gate.wait_for(2)
    late = pool.submit(gate.task)
    assert not gate.begun.acquire(timeout=0.05)
    gate.open.set()
    assert submitted.result() == late.result() == "through"
    caller.join()
    pool.close()


def test_a_task_that_fails_in_the_caller_leaves_its_place() -> None:
    pool = LazyThreadPool(1)
    with pytest.raises(ZeroDivisionError):
        in_turn(pool, failing)
    assert in_turn(pool, lambda: "next") == "next"


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
    executor = pool._executor
    pool.set_size(4)
    assert pool._executor is executor


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that threads are there at the fork is the point
def test_a_pool_works_in_a_child_that_was_forked_while_it_was_full(gate: Gate) -> None:
    pool = LazyThreadPool(1)
    running = pool.submit(gate.task)
    gate.wait_for(1)
    child = os.fork()
    if not child:
        try:
            done = in_turn(pool, lambda: 1) + pool.submit(int, "2").result(PATIENCE)
        except BaseException:  # noqa: BLE001  # the child must not return into pytest
            done = 0
        os._exit(done)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    gate.open.set()
    assert running.result() == "through"
    pool.close()


def test_the_inline_pool_does_a_task_where_it_is_submitted() -> None:
    threads = [InlinePool().submit(threading.current_thread).result() for _ in range(2)]
    assert threads == [threading.current_thread()] * 2
    assert isinstance(InlinePool().submit(divmod, 1, 0).exception(), ZeroDivisionError)


def test_a_pool_of_another_kind_can_be_given() -> None:
    inline = ThreadPoolMixin(thread_pool=InlinePool(), max_workers=9)
    assert inline.get_thread_pool_size() == 1
    assert in_turn(inline, threading.current_thread) is inline.submit(threading.current_thread).result()
    inline.close()


def test_the_pool_of_a_class_is_of_the_asked_size_and_can_be_resized() -> None:
    owner = ThreadPoolMixin(max_workers=3)
    assert owner.get_thread_pool_size() == 3
    owner.set_thread_pool_size(5)
    assert owner.get_thread_pool_size() == 5
    assert isinstance(owner._thread_pool, LazyThreadPool)


# --- the bounded executor ---


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


# --- groups ---


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


# --- the writer thread ---


def queue_blocks(writer: WriterThread, and_then: Callable[[], None] = lambda: None) -> None:
    with writer:
        for _ in range(5):
            writer.queue_write(0, b"abc")
        and_then()


def test_blocks_are_written_at_their_places() -> None:
    file = io.BytesIO()
    with WriterThread(file, 1) as writer:
        writer.queue_write(3, b"def")
        writer.queue_write(0, b"abc")
    assert (file.getvalue(), writer.total) == (b"abcdef", 6)
    assert not writer.is_alive()


def test_a_write_that_fails_is_raised_and_holds_nobody_up() -> None:
    file = io.BytesIO()
    file.close()
    writer = WriterThread(file, 1)
    with pytest.raises(ValueError, match="closed"):
        queue_blocks(writer)
    assert not writer.is_alive()
    assert writer.total == 0


def test_the_failure_of_who_queues_comes_first() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(ZeroDivisionError):
        queue_blocks(WriterThread(file, 1), failing)
