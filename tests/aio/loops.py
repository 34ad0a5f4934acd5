"""Event loops that are watched: what blocks in one is recorded.

blockbuster replaces the calls of Python that block by some that look whether a loop is running in their thread. Here
they record it besides raising an error, which the code that is tested might take for a failure like others.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from blockbuster import BlockBuster, BlockBusterFunction, blockbuster
from tests.hostile.leaks import replaced

MOST_CPU_SECONDS: Final = 0.25
"""Of one callback, of which asyncio says in its debug mode what takes longer than ``loop.slow_callback_duration``. Here
it is CPU time: what else the machine does at the time is no matter of the callback. It is many times what any needs, so
that no slow machine is found."""
MOST_TO_HASH: Final = 64 * 1024
"""Bytes that are hashed at once in a loop. It takes less time than to ask a thread for it."""
SERVERS: Final = ("b2-simulator",)
"""Threads with loops that are not those of clients."""
NOT_IN_BLOCKBUSTER: Final = (
    "builtins.open",
    "os.fsync",
    "os.ftruncate",
    "os.open",
    "shutil.copyfileobj",
    "socket.getaddrinfo",
    "ssl.create_default_context",
)
MAY_BLOCK: Final = (
    ("<frozen importlib._bootstrap>", "_find_and_load"),  # what is imported when it is used first is so once
    ("linecache.py", {"checkcache", "updatecache"}),  # for tracebacks
    ("b2sdk/simulator/cloud/scratch.py", "_remove"),  # a service that nobody stopped, whenever it is collected
    ("logging/__init__.py", "emit"),  # where logs go is the program's choice
)
"""Functions, by the ends of the paths of their files."""

_detector: list[BlockBuster] = []


def _here() -> str:
    frames = [frame for frame in traceback.extract_stack() if "b2sdk" in frame.filename or "tests" in frame.filename]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:])


def _is_elsewhere() -> bool:
    return threading.current_thread().name.startswith(SERVERS)


def _make_detector() -> BlockBuster:
    # What a test itself does between two calls of the package may block.
    client, service = ["b2sdk", "aiohttp"], ["b2sdk.simulator"]
    detector = BlockBuster(client, excluded_modules=service)
    for name in NOT_IN_BLOCKBUSTER:
        detector.functions[name] = BlockBusterFunction(None, name, scanned_modules=client, excluded_modules=service)
    for function in detector.functions.values():
        function.can_block_predicate = _except_elsewhere(function.can_block_predicate)
        for file, names in MAY_BLOCK:
            function.can_block_in(file, names)
    return detector


def _except_elsewhere(predicate: Callable[..., bool]) -> Callable[..., bool]:
    return lambda *args, **kwargs: _is_elsewhere() or predicate(*args, **kwargs)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Watch all loops but those of servers; yield what was recorded, each with the place."""
    blocked: list[str] = []

    class Noted(blockbuster.BlockingError):
        def __init__(self, what: str) -> None:
            super().__init__(what)
            blocked.append(f"{what} in {_here()}")

    if not _detector:
        _detector.append(_make_detector())
    detector = _detector[0]
    with replaced(blockbuster, BlockingError=Noted), _looking_at_callbacks(blocked), _looking_at_hashes(blocked):
        detector.activate()
        gc.freeze()  # a callback in which garbage is collected would have to look at what all tests hold
        try:
            yield blocked
        finally:
            gc.collect()  # what is left open is reported where it was opened
            gc.unfreeze()
            detector.deactivate()


@contextmanager
def on_uvloop() -> Iterator[None]:
    """Let uvloop make the loops."""
    uvloop = pytest.importorskip("uvloop", reason="there are no wheels of it for this Python, or system")
    new = uvloop.new_event_loop
    with replaced(asyncio, new_event_loop=new), replaced(asyncio.events, new_event_loop=new):
        yield


@contextmanager
def _looking_at_callbacks(blocked: list[str]) -> Iterator[None]:
    # Not by the debug mode of asyncio, which goes by the clock on the wall, and logs.
    run: Any = asyncio.events.Handle._run

    def look(handle: Any) -> None:
        start = time.thread_time()
        run(handle)
        if (taken := time.thread_time() - start) > MOST_CPU_SECONDS and not _is_elsewhere():
            blocked.append(f"{taken:.3f} seconds of CPU time in {handle!r}")

    with replaced(asyncio.events.Handle, _run=look):
        yield


@contextmanager
def _looking_at_hashes(blocked: list[str]) -> Iterator[None]:
    def looking(make: Any) -> Callable[..., Any]:
        class Hash:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                self._hash = make(*args, **kwargs)
                self._look(args)

            def update(self, data: Any) -> None:
                self._look([data])
                self._hash.update(data)

            def copy(self) -> Any:
                other = object.__new__(Hash)
                other._hash = self._hash.copy()
                return other

            def __getattr__(self, name: str) -> Any:
                return getattr(self._hash, name)

            @staticmethod
            def _look(data: Any) -> None:
                size = memoryview(data[0]).nbytes if data else 0
                if size > MOST_TO_HASH and is_in_loop():
                    blocked.append(f"a hash of {size} bytes in {_here()}")

        return Hash

    with replaced(hashlib, sha1=looking(hashlib.sha1), md5=looking(hashlib.md5)):
        yield


def is_in_loop() -> bool:
    """Whether the loop of a client is running in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return not _is_elsewhere()


def left_running() -> set[asyncio.Task[Any]]:
    """Return the other tasks of this loop.

    Not those in which the loop closes a generator that the collector has found, such as content that a program gave
    and that was read in part.
    """
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in tasks if type(task.get_coro()).__name__ != "async_generator_athrow"}
