"""What has no other way than to block, such as files and databases: it is called in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from b2sdk.aio.tasks import end
from b2sdk.cancellation import Cancellation
from b2sdk.threads import ThreadPool

P = ParamSpec("P")
R = TypeVar("R")

kept_context: ContextVar[Context | None] = ContextVar("b2sdk-kept-context", default=None)
"""The context in which the calls of one task are made that belong together: each sees what those before it have set."""


class Threads:
    """The threads of one client. They start when they are needed."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPool(count)

    async def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in one of the threads.

        Who is cancelled meanwhile does not wait for it. It is called all the same, as it may be what cleans up.
        """
        context = kept_context.get() or copy_context()
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._pool, partial(context.run, function, *args, **kwargs))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            call.add_done_callback(_see)
            raise

    def begin(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[R]:
        """Begin a call that is finished even if nobody waits for it."""
        return asyncio.get_running_loop().run_in_executor(
            self._pool, partial(copy_context().run, function, *args, **kwargs)
        )

    async def finish(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in one of the threads. Who is cancelled meanwhile waits for its end."""
        call = self.begin(function, *args, **kwargs)
        await end([call])
        return call.result()

    def close(self) -> None:
        """Let the threads end when they have done what they are doing."""
        self._pool.shutdown(wait=False)


@asynccontextmanager
async def entered_in_a_thread(manager: AbstractContextManager[object]) -> AsyncGenerator[None, None]:
    """Enter a context manager in a thread of its own, as it may take a while, and leave it there.

    Who is cancelled meanwhile does not wait for it: it is given up if it can be, and left when it has been entered.
    """
    pool, context, work, is_entered = ThreadPool(1), copy_context(), Cancellation(), threading.Event()

    def enter() -> None:
        with work.activate():
            manager.__enter__()
        is_entered.set()

    def leave() -> None:
        if is_entered.is_set():
            manager.__exit__(None, None, None)

    try:
        await asyncio.get_running_loop().run_in_executor(pool, context.run, enter)
        yield
    finally:
        work.cancel()
        leaving = pool.submit(context.run, leave)
        pool.shutdown(wait=False)
        if is_entered.is_set():
            await end([asyncio.wrap_future(leaving)])


class Turns:
    """Calls about one thing, such as a file that is read, which are made one after the other.

    That holds also for who was cancelled while a call was made: the call goes on, and the next one comes after it.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._last: asyncio.Future[Any] | None = None

    async def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in a thread, in its turn."""
        last = self._last
        if last is not None and not last.done():
            await asyncio.wait([last])
        call = self._threads.begin(function, *args, **kwargs)
        call.add_done_callback(_see)
        self._last = call
        return await asyncio.shield(call)

    async def end(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call the last function. Nobody waits for it behind a call that goes on, as its caller was cancelled."""
        last = self._last
        if last is None or last.done():
            await self.call(function, *args, **kwargs)
        else:
            last.add_done_callback(lambda _: self._threads.begin(function, *args, **kwargs).add_done_callback(_see))


def _see(call: asyncio.Future[Any]) -> None:
    """Look at how a call ended, so that asyncio does not report an error that nobody waited for."""
    if not call.cancelled():
        call.exception()
