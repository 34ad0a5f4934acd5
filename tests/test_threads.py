from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from typing import Any

import pytest

from b2sdk import threads
from b2sdk.threads import InlinePool, ThreadPool

PATIENCE = 60
"""Seconds that only a test that fails waits."""


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    pool = ThreadPool(3)
    yield pool
    pool.shutdown()


def together(pool: ThreadPool, count: int) -> list[Any]:
    """Run so many tasks of which each waits for all others, and return what became of them."""
    barrier = threading.Barrier(count, timeout=PATIENCE)
    return [future.result() for future in [pool.submit(barrier.wait) for _ in range(count)]]


def test_as_many_run_at_a_time_as_there_may_be_threads(pool: ThreadPool) -> None:
    for _ in range(20):
        assert sorted(together(pool, 3)) == [0, 1, 2]
    assert len(pool._threads) == 3


def test_a_thread_that_is_idle_is_used_before_another_one_starts(pool: ThreadPool) -> None:
    assert pool.submit(pow, 2, 3).result() == 8
    while not pool._idle:
        threading.Event().wait(0.001)
    assert pool.submit(pow, 2, 4).result() == 16
    assert len(pool._threads) == 1


def test_threads_end_when_there_is_nothing_to_do_and_start_again(
    pool: ThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "LINGER_SECONDS", 0.001)
    together(pool, 3)
    for thread in list(pool._threads):
        thread.join(PATIENCE)
    assert pool._threads == []
    assert sorted(together(pool, 3)) == [0, 1, 2]


def test_threads_that_end_while_others_take_their_tasks_leave_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LINGER_SECONDS", 0.0005)
    pool = ThreadPool(3)
    for number in range(400):
        futures = [pool.submit(int) for _ in range(1 + number % 4)]
        assert [future.result(PATIENCE) for future in futures] == [0] * len(futures)
        threading.Event().wait(number % 3 * 0.0005)
    pool.shutdown()
    assert pool._idle >= 0


def test_no_task_is_left_behind_by_threads_that_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LINGER_SECONDS", 0.0)
    pool = ThreadPool(2)
    for number in range(500):
        assert pool.submit(int, number).result(PATIENCE) == number
    pool.shutdown()


def test_what_a_task_raises_is_in_its_future(pool: ThreadPool) -> None:
    assert isinstance(pool.submit(divmod, 1, 0).exception(), ZeroDivisionError)
    assert isinstance(pool.submit(sys.exit).exception(), SystemExit)
    assert pool.submit(pow, 2, 3).result() == 8


def held_up(pool: ThreadPool) -> tuple[threading.Event, list[Any]]:
    """Fill a pool, with one more task behind; return what lets them go."""
    gate = threading.Event()
    begun = threading.Semaphore(0)

    def hold() -> bool:
        begun.release()
        return gate.wait(PATIENCE)

    futures = [pool.submit(hold) for _ in range(3)]
    for _ in range(3):
        begun.acquire()
    return gate, [*futures, pool.submit(int, "7")]


def test_shutting_down_finishes_what_was_submitted_and_takes_no_more(pool: ThreadPool) -> None:
    gate, futures = held_up(pool)
    gate.set()
    pool.shutdown()
    assert [future.result() for future in futures] == [True, True, True, 7]
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_shutting_down_can_drop_what_has_not_started(pool: ThreadPool) -> None:
    gate, futures = held_up(pool)
    pool.shutdown(wait=False, cancel_futures=True)
    assert futures[-1].cancelled()
    gate.set()
    assert not wait(futures, PATIENCE).not_done


def test_a_task_that_was_cancelled_does_not_run(pool: ThreadPool) -> None:
    gate, futures = held_up(pool)
    assert futures[-1].cancel()
    gate.set()
    pool.shutdown()
    assert futures[-1].cancelled()


def test_joining_waits_no_longer_than_it_is_reported(pool: ThreadPool) -> None:
    gate, futures = held_up(pool)
    pool.join(0.01)
    assert not futures[0].done()
    gate.set()
    pool.join(PATIENCE)
    assert futures[-1].result(0) == 7


def test_where_no_thread_can_be_had_the_task_is_refused(pool: ThreadPool, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(run: Callable[[], object], name: str) -> threading.Thread:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threads, "start", no_more)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            pool.submit(int)
    gate = threading.Event()
    first = pool.submit(gate.wait, PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(threads, "start", no_more)
        second = pool.submit(int, "2")  # those that there are will do
    gate.set()
    assert (first.result(), second.result(PATIENCE)) == (True, 2)


def test_the_inline_pool_does_a_task_where_it_is_submitted() -> None:
    ran_in = [InlinePool().submit(threading.current_thread).result() for _ in range(2)]
    assert ran_in == [threading.current_thread()] * 2
    assert isinstance(InlinePool().submit(divmod, 1, 0).exception(), ZeroDivisionError)


PROGRAM = """
import threading, time
from b2sdk.threads import ThreadPool, start
pool = ThreadPool(2)
pool.submit(time.sleep, 600)
start(threading.Event().wait, "waits for ever")
"""


def test_threads_keep_no_program_from_ending() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=PATIENCE)


AFTER_THE_END = """
import threading
from b2sdk.transfer.pool import LazyThreadPool

def work():
    threading.main_thread().join()
    print(LazyThreadPool(1).submit(pow, 2, 3).result())

threading.Thread(target=work).start()
"""


@pytest.mark.skipif(
    (3, 12) <= sys.version_info < (3, 12, 2), reason="no thread can be started there by then (gh-113964)"
)
def test_a_thread_of_the_program_may_use_a_pool_when_the_main_thread_has_ended() -> None:
    done = subprocess.run([sys.executable, "-c", AFTER_THE_END], check=True, timeout=PATIENCE, capture_output=True)
    assert done.stdout.split() == [b"8"]


FINISHED = """
import time
from b2sdk.transfer.pool import LazyThreadPool
LazyThreadPool(1).submit(lambda: (time.sleep(0.2), print("finished", flush=True)))
"""


def test_what_was_submitted_for_its_own_sake_is_finished_before_the_interpreter_ends() -> None:
    done = subprocess.run([sys.executable, "-c", FINISHED], check=True, timeout=PATIENCE, capture_output=True)
    assert done.stdout.split() == [b"finished"]
