"""What has no other way than to block, such as files and databases: it is called in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import ParamSpec, TypeVar

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
        """Call a function in one of the threads. Who is cancelled meanwhile does not wait for it."""
        context = kept_context.get() or copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(context.run, function, *args, **kwargs))

    def close(self) -> None:
        """Let the threads end when they have done what they are doing."""
        self._pool.shutdown(wait=False)
