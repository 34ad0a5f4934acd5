"""The clients that drive flows, as flows see them: one whose steps block, and one whose steps wait in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from typing import Any, Protocol, TypeVar

from typing_extensions import ParamSpec

from b2sdk import blocking
from b2sdk.aio.listings import Ahead
from b2sdk.name_ranges.reading import Workers
from b2sdk.transfer.background import FlowInBackground, ThreadCondition

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class OnItsWay(Protocol[T_co]):
    async def cancel(self) -> None: ...
    async def result(self) -> T_co: ...


class Driver(Protocol):
    """One kind of client."""

    def step(self, call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
        """Make a step of a call."""

    def iterate(self, flow: AsyncGenerator[Iterable[T], None]) -> Generator[T, None, None]:
        """Iterate over the batches of a flow, and close it at the end."""

    def begin(self, flow: Callable[[], Coroutine[Any, Any, T]]) -> OnItsWay[T]:
        """Begin a flow while its caller continues."""

    def workers(self, most: int) -> Workers:
        """Return what reads a listing in several ranges at once."""


class Blocking:
    def step(self, call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
        return blocking.step(call)

    def iterate(self, flow: AsyncGenerator[Iterable[T], None]) -> Generator[T, None, None]:
        return blocking.iterate(flow)

    def begin(self, flow: Callable[[], Coroutine[Any, Any, T]]) -> OnItsWay[T]:
        return FlowInBackground(flow)

    def workers(self, most: int) -> Workers:
        return Workers(FlowInBackground, ThreadCondition, most)


class Asyncio:
    def step(self, call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
        async def perform(*args: P.args, **kwargs: P.kwargs) -> T:
            await asyncio.sleep(0)
            result = call(*args, **kwargs)
            await asyncio.sleep(0)
            return result

        return perform

    def iterate(self, flow: AsyncGenerator[Iterable[T], None]) -> Generator[T, None, None]:
        loop = asyncio.new_event_loop()
        try:
            while (batch := loop.run_until_complete(following(flow))) is not None:
                yield from batch
        finally:
            loop.run_until_complete(flow.aclose())
            assert asyncio.all_tasks(loop) == set(), "something is left running"
            loop.close()

    def begin(self, flow: Callable[[], Coroutine[Any, Any, T]]) -> OnItsWay[T]:
        return Ahead(flow)

    def workers(self, most: int) -> Workers:
        return Workers(Ahead, asyncio.Condition, most)


async def following(flow: AsyncGenerator[T, None]) -> T | None:
    return await anext(flow, None)


DRIVERS: list[Driver] = [Blocking(), Asyncio()]


def driver_name(driver: Driver) -> str:
    return type(driver).__name__
