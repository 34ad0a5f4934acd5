"""The verbs as coroutines, which fsspec's callers with an event loop await: each is its blocking twin in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import Any

from b2sdk.integrations.fsspec.untyped import AsyncFileSystem


def _coroutine(verb: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(self: AwaitedVerbs, *arguments: Any, **keywords: Any) -> Any:
        return await self.in_thread(getattr(self, verb), *arguments, **keywords)

    call.__name__ = f"_{verb}"
    return call


class AwaitedVerbs(AsyncFileSystem):
    """What has an event loop awaits these; what has none calls the methods that they are named for."""

    async_impl = True
    mirror_sync_methods = False
    calls_in_threads: Callable[[], Executor]
    """Returns the threads that coroutines wait for."""

    async def in_thread(self, call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Call something in a thread, in the context of the caller."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self.calls_in_threads(), partial(copy_context().run, call, *arguments, **keywords)
        )

    @property
    def loop(self) -> Any:
        """The event loop that was passed; nothing here needs one."""
        return self._loop

    async def _walk(self, *arguments: Any, **keywords: Any) -> AsyncIterator[Any]:
        steps: Iterator[Any] = self.walk(*arguments, **keywords)
        while (step := await self.in_thread(next, steps, None)) is not None:
            yield step

    _cat = _coroutine("cat")
    _cat_file = _coroutine("cat_file")
    _cat_ranges = _coroutine("cat_ranges")
    _copy = _coroutine("copy")
    _cp_file = _coroutine("cp_file")
    _du = _coroutine("du")
    _exists = _coroutine("exists")
    _expand_path = _coroutine("expand_path")
    _find = _coroutine("find")
    _get = _coroutine("get")
    _get_file = _coroutine("get_file")
    _glob = _coroutine("glob")
    _info = _coroutine("info")
    _isdir = _coroutine("isdir")
    _isfile = _coroutine("isfile")
    _ls = _coroutine("ls")
    _makedirs = _coroutine("makedirs")
    _mkdir = _coroutine("mkdir")
    _mv = _coroutine("mv")
    _pipe = _coroutine("pipe")
    _pipe_file = _coroutine("pipe_file")
    _put = _coroutine("put")
    _put_file = _coroutine("put_file")
    _rm = _coroutine("rm")
    _rm_file = _coroutine("rm_file")
    _rmdir = _coroutine("rmdir")
    _size = _coroutine("size")
    _sizes = _coroutine("sizes")
    _touch = _coroutine("touch")
