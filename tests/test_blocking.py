from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator

import pytest

from b2sdk import blocking


class Steps:
    """The steps of a flow, which block."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def do(self, name: str) -> str:
        self.done.append(name)
        return name.upper()


async def pages(steps: Steps, count: int) -> AsyncGenerator[Iterator[str], None]:
    try:
        for number in range(count):
            yield iter((await steps.do(f"page {number}")).split())
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


def test_a_call_that_blocks_is_a_step_of_a_flow() -> None:
    step = blocking.step(int)
    assert blocking.run(step("11", base=2)) == 3
    with pytest.raises(ValueError, match="no number"):
        blocking.run(step("no number"))


def test_what_a_flow_yields_is_iterated_over() -> None:
    steps = Steps()
    assert list(blocking.iterate(pages(steps, 2))) == ["PAGE", "0", "PAGE", "1"]
    assert steps.done == ["page 0", "page 1", "closed"]


def test_no_step_is_taken_before_it_is_needed() -> None:
    steps = Steps()
    iteration = blocking.iterate(pages(steps, 2))
    assert steps.done == []
    assert [next(iteration), next(iteration)] == ["PAGE", "0"]
    assert steps.done == ["page 0"]


def test_a_flow_that_is_left_early_is_closed_at_once() -> None:
    steps = Steps()
    iteration = blocking.iterate(pages(steps, 9))
    assert next(iteration) == "PAGE"
    iteration.close()
    assert steps.done == ["page 0", "closed"]


def test_what_a_flow_raises_between_its_batches_is_raised() -> None:
    async def flow() -> AsyncGenerator[Iterable[int], None]:
        yield [1, 2]
        raise KeyError("no")

    iteration = blocking.iterate(flow())
    assert [next(iteration), next(iteration)] == [1, 2]
    with pytest.raises(KeyError, match="no"):
        next(iteration)


def test_an_iteration_that_waits_is_told_from_one_that_blocks() -> None:
    cleaned = []

    async def waits() -> AsyncGenerator[Iterable[int], None]:
        try:
            yield [1]
            await asyncio.sleep(0)
        finally:
            cleaned.append("up")

    iteration = blocking.iterate(waits())
    assert next(iteration) == 1
    with pytest.raises(RuntimeError, match="waits waits, and there is no event loop"):
        next(iteration)
    assert cleaned == ["up"]
