"""The asyncio client as one that blocks, so that flows that are described once run on both.

Its verbs run in an event loop in a thread: what is awaited is waited for, an asynchronous generator is an iterator, an
asynchronous context manager is one for ``with``, and what they return is as they are. A function that a test puts in
place of a method may block: it is called in a thread, and what it waits for there is awaited by the task that called
it.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Generic, TypeVar

import b2sdk.aio.api
import b2sdk.aio.replication
import b2sdk.v3
from b2sdk.aio.limits import Limits
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.transfer.large_file import UnfinishedLargeFile

R = TypeVar("R")
T = TypeVar("T")


class LoopThread:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop-of-a-client")
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine to its end, with the context variables of the caller."""
        caller: BlockingCall[Any] | None = getattr(_CALLS, "this", None)
        if caller is not None:
            return caller.wait_for(coroutine)
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


_CALLS = threading.local()


class BlockingCall(Generic[R]):
    """The call of a function that may block, by a task: in a thread, for which the task awaits."""

    def __init__(self, function: Callable[[], R]) -> None:
        self._loop = asyncio.get_running_loop()
        self._steps: asyncio.Queue[Future[R] | tuple[Coroutine[Any, Any, Any], Future[Any]]] = asyncio.Queue()
        handed_over = [function]  # the thread does not hold it when it has been called

        def perform() -> None:
            _CALLS.this = self
            self._put(_outcome_of(handed_over.pop()))

        threading.Thread(target=perform, name="called-by-a-client").start()

    async def result(self) -> R:
        """Wait for the result. Who is cancelled cancels what the function waits for."""
        cancellation = None
        while True:
            try:
                step = await self._steps.get()
            except asyncio.CancelledError as error:
                cancellation = error
                continue
            if isinstance(step, Future):
                break
            coroutine, awaited = step
            try:
                awaited.set_result(await coroutine)
            except BaseException as error:  # noqa: BLE001  # it is raised in the thread
                awaited.set_exception(error)
            del awaited
        try:
            if cancellation is not None:
                raise cancellation
            return step.result()
        finally:
            del step, cancellation  # the traceback of an error, which holds this frame, leads to no cycle

    def wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Let the task await a coroutine."""
        awaited: Future[T] = Future()
        self._put((coroutine, awaited))
        try:
            return awaited.result()
        finally:
            del awaited  # as above

    def _put(self, step: Any) -> None:
        self._loop.call_soon_threadsafe(self._steps.put_nowait, step)


def _outcome_of(function: Callable[[], R]) -> Future[R]:
    outcome: Future[R] = Future()
    try:
        outcome.set_result(function())
    except BaseException as error:  # noqa: BLE001  # it is raised by the task
        outcome.set_exception(error)
    try:
        return outcome
    finally:
        del outcome, function  # as above


class Blocking:
    """An object of the asyncio client whose methods block."""

    def __init__(self, wrapped: Any, loop: LoopThread) -> None:
        object.__setattr__(self, "wrapped", wrapped)
        object.__setattr__(self, "loop", loop)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.wrapped, name)
        if self._is_method(found):
            return self._blocking(found)
        return shown(found, self.loop)

    def __setattr__(self, name: str, value: Any) -> None:
        is_method = self._is_method(getattr(self.wrapped, name, None))
        setattr(self.wrapped, name, self._awaited(value) if is_method else hidden(value))

    def _is_method(self, value: Any) -> bool:
        return inspect.ismethod(value) or (inspect.isfunction(value) and not inspect.isclass(self.wrapped))

    def __delattr__(self, name: str) -> None:
        delattr(self.wrapped, name)

    def _awaited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            arguments = [shown(value, self.loop) for value in args]
            keywords = {name: shown(value, self.loop) for name, value in kwargs.items()}
            return hidden(await BlockingCall(lambda: function(*arguments, **keywords)).result())

        return call

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
        return (Api if isinstance(value, b2sdk.aio.api.B2Api) else Blocking)(value, loop)
    return value


def hidden(value: Any) -> Any:
    """Return what the client gets in place of what a test has."""
    if type(value) in (list, tuple):
        return type(value)(map(hidden, value))
    return value.wrapped if isinstance(value, Blocking) else value


class Api(Blocking):
    """An account, with what flows use of the parts that a client which blocks has."""

    @property
    def services(self) -> Services:
        return Services(self)


class Services:
    """In place of those of :class:`b2sdk.v3.Services`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.upload_manager = self.copy_manager = self.large_file = self

    def set_thread_pool_size(self, size: int) -> None:
        """Let so many parts of a file be on their way at a time."""
        self._api.wrapped.session.limits = Limits(requests=size)

    def start_large_file(self, bucket_id: str, *about: Any) -> UnfinishedLargeFile:
        start = self._api.session.call
        return UnfinishedLargeFile(start(AbstractRawApi.start_large_file, bucket_id, *about))


class Surface(ModuleType):
    """The names of v3, with an API object whose verbs are those of the asyncio client."""

    def __init__(self, loop: LoopThread) -> None:
        super().__init__(b2sdk.v3.__name__)
        self._loop = loop

    def B2Api(self, *args: Any, **options: Any) -> Blocking:  # noqa: N802  # the name of the class
        return Api(b2sdk.aio.api.B2Api(*args, **options), self._loop)

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
