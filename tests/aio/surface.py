"""The asyncio client as one that blocks, so that flows that are described once run on both.

Its verbs run in an event loop in a thread: what is awaited is waited for, an asynchronous generator is an iterator, an
asynchronous context manager is one for ``with``, and what they return is as they are.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

import b2sdk.aio.api
import b2sdk.aio.replication
import b2sdk.v3

R = TypeVar("R")


class LoopThread:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop-of-a-client")
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine to its end, with the context variables of the caller."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        """End the loop. No task of the client may be left in it."""
        try:
            self.run(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        await asyncio.sleep(0)  # what was cancelled at last ends
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()
        assert left == set()


class Blocking:
    """An object of the asyncio client whose methods block."""

    def __init__(self, wrapped: Any, loop: LoopThread) -> None:
        object.__setattr__(self, "wrapped", wrapped)
        object.__setattr__(self, "loop", loop)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.wrapped, name)
        if inspect.ismethod(found) or (inspect.isfunction(found) and not inspect.isclass(self.wrapped)):
            return self._blocking(found)
        return shown(found, self.loop)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.wrapped, name, hidden(value))

    def _blocking(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            async def perform() -> Any:
                result = method(*map(hidden, args), **{name: hidden(value) for name, value in kwargs.items()})
                return await result if inspect.isawaitable(result) else result

            return shown(self.loop.run(perform()), self.loop)

        return call

    def __enter__(self) -> Any:
        return self._blocking(self.wrapped.__aenter__)()

    def __exit__(self, *error: object) -> Any:
        return self._blocking(self.wrapped.__aexit__)(*error)

    def __iter__(self) -> Blocking:
        return self

    def __next__(self) -> Any:
        try:
            return self._blocking(self.wrapped.__anext__)()
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> Any:
        """Close it, as a generator if it is one."""
        return self._blocking(getattr(self.wrapped, "aclose", None) or self.wrapped.close)()

    def __eq__(self, other: object) -> bool:
        return bool(self.wrapped == hidden(other))

    def __hash__(self) -> int:
        return hash(self.wrapped)

    def __repr__(self) -> str:
        return repr(self.wrapped)

    def __str__(self) -> str:
        return str(self.wrapped)

    @property  # type: ignore[misc]  # so that it is an instance of what it stands for
    def __class__(self) -> Any:
        return type(self.wrapped)


def shown(value: Any, loop: LoopThread) -> Any:
    """Return what a test gets in place of a value."""
    if type(value) in (list, tuple):
        return type(value)(shown(item, loop) for item in value)
    if inspect.isasyncgen(value) or (type(value).__module__.startswith("b2sdk.aio.") and not callable(value)):
        return Blocking(value, loop)
    return value


def hidden(value: Any) -> Any:
    """Return what the client gets in place of what a test has."""
    if type(value) in (list, tuple):
        return type(value)(map(hidden, value))
    return value.wrapped if type(value) is Blocking else value


class Surface(ModuleType):
    """The names of v3, with an API object whose verbs are those of the asyncio client."""

    def __init__(self, loop: LoopThread) -> None:
        super().__init__(b2sdk.v3.__name__)
        self._loop = loop

    def B2Api(self, *args: Any, **options: Any) -> Blocking:  # noqa: N802  # the name of the class
        return Blocking(b2sdk.aio.api.B2Api(*args, **options), self._loop)

    def ReplicationSetupHelper(self) -> Blocking:  # noqa: N802  # as above
        return Blocking(b2sdk.aio.replication.ReplicationSetupHelper(), self._loop)

    def __getattr__(self, name: str) -> Any:
        return getattr(b2sdk.v3, name)


@contextmanager
def asyncio_surface() -> Iterator[Surface]:
    """Yield the surface, for the time of a test."""
    loop = LoopThread()
    try:
        yield Surface(loop)
    finally:
        loop.close()
