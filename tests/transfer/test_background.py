from __future__ import annotations

import threading
from unittest import mock

import pytest
from tests.transfer.conftest import PATIENCE, Blocked

from b2sdk import blocking, cancellation
from b2sdk.exception import Cancelled
from b2sdk.transfer.background import Background, FlowInBackground, Rendezvous, ThreadCondition


def test_who_is_interrupted_while_waiting_for_a_task_breaks_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = Blocked()
    background = Background(blocked)
    assert blocked.begun.wait(PATIENCE)
    join = background._thread.join
    monkeypatch.setattr(background._thread, "join", mock.Mock(side_effect=[KeyboardInterrupt, None]))
    with pytest.raises(KeyboardInterrupt):
        background.result()
    join(PATIENCE)
    assert isinstance(background._future.exception(0), Cancelled)


def test_the_thread_of_a_task_has_ended_when_its_result_is_there() -> None:
    background = Background(lambda: 1)
    assert background.result() == 1
    assert not background._thread.is_alive()


def test_who_takes_what_it_is_given_gives_up_when_the_work_is_cancelled() -> None:
    rendezvous: Rendezvous[int] = Rendezvous()
    background = Background(lambda: list(rendezvous))
    background.cancel()
    with pytest.raises(Cancelled):
        background.result()


def test_a_task_that_ends_by_itself_in_time_is_not_cancelled() -> None:
    is_told = threading.Event()

    def task() -> str:
        assert is_told.wait(PATIENCE)
        cancellation.check()
        return "ended by itself"

    background = Background(task)
    threading.Timer(0.01, is_told.set).start()
    background.cancel(PATIENCE)
    assert background.result() == "ended by itself"


def test_a_flow_in_a_thread_of_its_own_is_awaited_by_another() -> None:
    thread = blocking.step(threading.current_thread)

    async def flow() -> bool:
        started = FlowInBackground(thread)
        is_another = await started.result() is not await thread()
        await started.cancel()  # which has no effect any more
        return is_another

    assert blocking.run(flow())


def test_a_flow_that_nobody_wants_any_more_is_cancelled() -> None:
    blocked = Blocked()

    async def flow() -> None:
        started = FlowInBackground(blocking.step(blocked))
        assert blocked.begun.wait(PATIENCE)
        await started.cancel()
        await started.result()

    with pytest.raises(Cancelled):
        blocking.run(flow())


def test_who_cancels_what_waits_for_a_condition_does_not_need_its_lock() -> None:
    condition, work, is_waiting, ended = ThreadCondition(), cancellation.Cancellation(), threading.Event(), list[str]()

    async def wait() -> None:
        async with condition:
            is_waiting.set()
            await condition.wait()

    def wait_as_a_part_of_the_work() -> None:
        with work.activate():
            try:
                blocking.run(wait())
            except Cancelled:
                ended.append("cancelled")

    async def cancel() -> None:
        async with condition:  # which the other thread leaves while it waits
            canceller = threading.Thread(target=work.cancel)
            canceller.start()
            canceller.join(PATIENCE)
            assert not canceller.is_alive()

    waiting = threading.Thread(target=wait_as_a_part_of_the_work)
    waiting.start()
    assert is_waiting.wait(PATIENCE)
    blocking.run(cancel())
    waiting.join(PATIENCE)
    assert ended == ["cancelled"]
