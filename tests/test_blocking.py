from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from b2sdk import blocking


class Steps:
    """The steps of a flow, which block."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def do(self, name: str) -> str:
        self.done.append(name)
        return name.upper()


async def pages(steps: Steps, count: int) -> AsyncIterator[str]:
    try:
        for number in range(count):
            yield await steps.do(f"page {number}")
    finally:
        await steps.do("closed")


def test_a_flow_whose_steps_block_needs_no_loop() -> None:
    steps = Steps()

    async def flow() -> list[str]:
        return [await steps.do("one"), await steps.do("two")]

    assert blocking.run(flow()) == ["ONE", "TWO"]
    assert steps.done == ["one", "two"]


def test_what_a_flow_raises_is_raised() -> None:
    async def flow() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        blocking.run(flow())


def test_a_flow_that_waits_is_told_from_one_that_blocks() -> None:
    cleaned = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            cleaned.append("up")

    with pytest.raises(RuntimeError, match="waits waits, and there is no event loop"):
        blocking.run(waits())
    assert cleaned == ["up"]


def test_what_a_flow_yields_is_iterated_over() -> None:
    steps = Steps()
    assert list(blocking.iterate(pages(steps, 2))) == ["PAGE 0", "PAGE 1"]
    assert steps.done == ["page 0", "page 1", "closed"]


def test_a_flow_that_is_left_early_is_closed_at_once() -> None:
    steps = Steps()
    iteration = blocking.iterate(pages(steps, 9))
    assert next(iteration) == "PAGE 0"
    iteration.close()
    assert steps.done == ["page 0", "closed"]


def test_an_iterator_that_cannot_be_closed_is_iterated_over() -> None:
    class Two:
        left = 2

        def __aiter__(self) -> Two:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return self.left

    assert list(blocking.iterate(Two())) == [1, 0]
