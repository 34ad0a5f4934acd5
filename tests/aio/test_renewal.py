from __future__ import annotations

import asyncio

import pytest
from tests.aio.loops import left_running

from b2sdk.aio.renewal import SharedTask


class Work:
    """What many wait for."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[str] = []
        self.may_end = asyncio.Event()

    async def __call__(self) -> str:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
        return f"result {self.begun}"


async def steps(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_all_get_the_result_of_one_task() -> None:
    async def run() -> None:
        shared, work = SharedTask[str](), Work()
        waiting = [asyncio.ensure_future(shared.join(1, work)) for _ in range(5)]
        await steps()
        work.may_end.set()
        assert await asyncio.gather(*waiting) == ["result 1"] * 5
        assert await shared.join(1, work) == "result 2"

    asyncio.run(run())


def test_who_is_cancelled_does_not_cancel_it_for_the_others() -> None:
    async def run() -> None:
        shared, work = SharedTask[str](), Work()
        waiting = [asyncio.ensure_future(shared.join(1, work)) for _ in range(3)]
        await steps()
        for task in waiting[:2]:
            task.cancel()
        await steps()
        work.may_end.set()
        assert await waiting[2] == "result 1"
        assert work.ended == ["done"]

    asyncio.run(run())


def test_the_last_one_that_is_cancelled_cancels_it_and_leaves_no_task() -> None:
    async def run() -> None:
        shared, work = SharedTask[str](), Work()
        waiting = [asyncio.ensure_future(shared.join(1, work)) for _ in range(3)]
        await steps()
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        assert work.ended == ["cancelled"]
        assert left_running() == set()
        work.may_end.set()
        assert await shared.join(1, work) == "result 2"

    asyncio.run(run())


def test_another_purpose_waits_for_its_own_task() -> None:
    async def run() -> None:
        shared, first, second = SharedTask[str](), Work(), Work()
        waiting = [
            asyncio.ensure_future(shared.join(purpose, work))
            for purpose, work in ((1, first), (2, second), (2, second))
        ]
        await steps()
        assert (first.begun, second.begun) == (1, 0)
        first.may_end.set()
        await steps(20)
        assert (first.begun, second.begun) == (1, 1)
        second.may_end.set()
        assert await asyncio.gather(*waiting) == ["result 1"] * 3

    asyncio.run(run())


def test_who_waits_for_another_purpose_can_be_cancelled() -> None:
    async def run() -> None:
        shared, first, second = SharedTask[str](), Work(), Work()
        holding, waiting = (
            asyncio.ensure_future(shared.join(purpose, work)) for purpose, work in ((1, first), (2, second))
        )
        await steps()
        waiting.cancel()
        await asyncio.wait([waiting])
        first.may_end.set()
        assert await holding == "result 1"
        assert second.begun == 0

    asyncio.run(run())


def test_all_get_its_error() -> None:
    async def fail() -> str:
        raise KeyError("no")

    async def run() -> None:
        shared = SharedTask[str]()
        outcomes = await asyncio.gather(*(shared.join(1, fail) for _ in range(3)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [KeyError] * 3

    asyncio.run(run())


def test_it_can_be_cancelled_for_all() -> None:
    async def run() -> None:
        shared, work = SharedTask[str](), Work()
        waiting = asyncio.ensure_future(shared.join(1, work))
        await steps()
        await shared.cancel()
        with pytest.raises(RuntimeError, match="closed"):
            await waiting
        assert work.ended == ["cancelled"]

    asyncio.run(run())
