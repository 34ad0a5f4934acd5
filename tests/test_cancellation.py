from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from b2sdk import cancellation
from b2sdk.cancellation import Cancellation
from b2sdk.exception import B2Error, Cancelled

PATIENCE = 60
"""Seconds that only a test that fails waits."""


def in_thread(work: Cancellation, do: Callable[[], object]) -> tuple[threading.Thread, list[BaseException | None]]:
    """Do something for the work in a thread; return that, and where it puts what was raised."""
    outcome: list[BaseException | None] = []

    def run() -> None:
        try:
            with work.activate():
                do()
        except BaseException as error:  # noqa: BLE001  # looked at by the test
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_without_work_nothing_is_cancelled() -> None:
    assert cancellation.current() is None
    assert not cancellation.is_cancelled()
    cancellation.check()


def test_work_that_is_cancelled_ends_where_it_asks() -> None:
    work = Cancellation()
    with work.activate():
        cancellation.check()
        work.cancel()
        assert cancellation.is_cancelled()
        with pytest.raises(Cancelled):
            cancellation.check()
    cancellation.check()


def test_what_is_raised_is_an_error_of_the_tree_that_is_not_tried_again() -> None:
    error = Cancelled("x")
    assert isinstance(error, B2Error)
    assert not error.should_retry_http()
    assert not error.should_retry_upload()


def test_who_sleeps_is_woken() -> None:
    work = Cancellation()
    thread, outcome = in_thread(work, lambda: cancellation.sleep(PATIENCE))
    start = time.monotonic()
    work.cancel()
    thread.join(PATIENCE)
    assert time.monotonic() - start < PATIENCE
    assert [type(error) for error in outcome] == [Cancelled]


def test_who_sleeps_undisturbed_wakes_up() -> None:
    with Cancellation().activate():
        cancellation.sleep(0.001)


def test_who_waits_for_a_lock_gives_up_and_does_not_have_it() -> None:
    work, lock = Cancellation(), threading.Lock()
    with lock:
        thread, outcome = in_thread(work, lambda: cancellation.acquire(lock))
        work.cancel()
        thread.join(PATIENCE)
        assert [type(error) for error in outcome] == [Cancelled]
    assert lock.acquire(blocking=False)


def test_a_lock_that_is_free_is_not_taken_for_work_that_is_cancelled() -> None:
    work, lock = Cancellation(), threading.Lock()
    work.cancel()
    with work.activate(), pytest.raises(Cancelled):
        cancellation.acquire(lock)
    assert not lock.locked()


@pytest.mark.parametrize("work", [None, Cancellation()])
def test_a_lock_is_acquired_when_it_is_free(work: Cancellation | None) -> None:
    lock = threading.Lock()
    if work is None:
        cancellation.acquire(lock)
    else:
        with work.activate():
            cancellation.acquire(lock)
    assert lock.locked()


def test_a_part_of_the_work_is_cancelled_with_it_until_it_ends() -> None:
    work = Cancellation()
    part, ended = Cancellation(work), Cancellation(work)
    for child in (part, ended):
        child.begin()
    ended.end()
    work.cancel()
    assert (part.is_cancelled, ended.is_cancelled) == (True, False)
    with pytest.raises(Cancelled):
        Cancellation(work).begin()


def test_a_part_does_not_call_off_the_whole() -> None:
    work = Cancellation()
    part = Cancellation(work)
    part.begin()
    part.cancel()
    assert not work.is_cancelled


def test_each_is_woken_once_and_nobody_who_has_taken_his_word_back() -> None:
    work = Cancellation()
    woken: list[str] = []
    work.add("stays", lambda: woken.append("stays"))
    work.add("leaves", lambda: woken.append("leaves"))
    work.remove("leaves")
    work.remove("leaves")
    work.cancel()
    work.cancel()
    assert woken == ["stays"]
    with pytest.raises(Cancelled):
        work.add("late", lambda: woken.append("late"))


def test_who_was_not_woken_when_that_was_interrupted_is_woken_by_the_next_call() -> None:
    work = Cancellation()
    woken: list[int] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    for number in range(5):
        work.add(number, lambda number=number: woken.append(number))  # type: ignore[misc]  # bound now
    work.add("last", interrupted)
    with pytest.raises(KeyboardInterrupt):
        work.cancel()
    work.cancel()
    assert sorted(woken) == [0, 1, 2, 3, 4]


def test_a_block_that_was_woken_raises_and_one_that_was_not_does_not() -> None:
    work = Cancellation()
    woken: list[int] = []
    with work.activate():
        with cancellation.on_cancel(lambda: woken.append(1)):
            pass
        with pytest.raises(Cancelled), cancellation.on_cancel(lambda: woken.append(2)):
            work.cancel()
    assert woken == [2]


def test_what_is_shielded_continues() -> None:
    work = Cancellation()
    work.cancel()
    with work.activate():
        with cancellation.shield():
            cancellation.check()
        with pytest.raises(Cancelled):
            cancellation.check()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), True),
        (SystemExit(), True),
        (ValueError(), False),
        (Cancelled("x"), False),
        (GeneratorExit(), False),
        (None, False),
    ],
)
def test_an_interruption_is_what_wants_the_program_to_end(error: BaseException | None, expected: bool) -> None:
    assert cancellation.is_interruption(error) is expected


def test_who_blocks_while_the_work_is_cancelled_is_woken_or_refused() -> None:
    for _ in range(200):
        work, is_woken, barrier = Cancellation(), threading.Event(), threading.Barrier(2)

        def cancel(work: Cancellation = work, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            work.cancel()

        thread = threading.Thread(target=cancel)
        thread.start()
        barrier.wait()
        try:
            work.add("key", is_woken.set)
        except Cancelled:
            is_refused = True
        else:
            is_refused = False
        thread.join()
        assert is_refused or is_woken.is_set()


def test_who_takes_his_word_back_while_he_is_woken_waits_for_the_end_of_that() -> None:
    work, is_waking, may_end = Cancellation(), threading.Event(), threading.Event()
    happened = []

    def wake() -> None:
        is_waking.set()
        may_end.wait()
        happened.append("woken")

    def take_back() -> None:
        work.remove("key")
        happened.append("taken back")

    work.add("key", wake)
    threads = [threading.Thread(target=work.cancel), threading.Thread(target=take_back)]
    threads[0].start()
    is_waking.wait()
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert happened == ["woken", "taken back"]
