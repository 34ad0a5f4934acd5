"""Carrying out the actions of a sync in tasks: as many as there are workers, while the next ones are being decided on.

In threads it is :mod:`b2sdk.sync.action_queue`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from typing_extensions import Self

from b2sdk.aio.bucket import Bucket
from b2sdk.aio.tasks import Workers
from b2sdk.aio.threads import Threads
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.performance import WAITING_ACTIONS, Emit, Performance, split
from b2sdk.sync.report import SyncReport

logger: logging.Logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class AwaitedSteps:
    """The steps of :class:`~b2sdk.sync.action.ActionSteps`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def request(self, verb: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return await verb(*args, **kwargs)

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._threads.call(call, *args, **kwargs)

    async def write(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._threads.finish(call, *args, **kwargs)


class ActionQueue:
    """An asynchronous context manager; when it is left, nothing of it is running any more.

    An action that fails does not stop the others. If the block ends with an error about a file, what was submitted
    before is finished. If it is cancelled, or ends with an error of the program's own, what has not started is dropped,
    and what runs is cancelled.
    """

    def __init__(
        self,
        max_workers: int,
        bucket: Bucket,
        reporter: SyncReport | None,
        dry_run: bool,
        emit: Emit,
        steps: AwaitedSteps,
    ) -> None:
        self._bucket = bucket
        self._reporter = reporter
        self._dry_run = dry_run
        self._steps = steps
        self._workers = Workers(max_workers)
        self._performance = Performance(self._perform, emit, dry_run, lambda: self._workers.is_cancelled)
        self._room = asyncio.Semaphore(max_workers + WAITING_ACTIONS)

    @property
    def has_failures(self) -> bool:
        """Whether an action has failed; final when the block has been left."""
        return self._performance.has_failures

    async def submit(self, actions: Iterable[AbstractAction]) -> None:
        """Add the actions for one file; see :func:`~b2sdk.sync.performance.split`.

        Waits while the queue is full. In a dry run there is nothing to wait for, and no task.
        """
        for sequence in split(actions):
            if self._dry_run:
                await self._performance.run(sequence)
                continue
            await self._room.acquire()
            self._workers.begin(partial(self._run_and_make_room, sequence))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None and not isinstance(exc_val, (B2Error, OSError)):
            self._workers.cancel()
        await self._workers.end()

    async def _run_and_make_room(self, actions: Sequence[AbstractAction]) -> None:
        try:
            await self._performance.run(actions)
        except Exception:
            logger.exception("an action of a sync cannot say what it is")
            self._performance.has_failures = True
        finally:
            self._room.release()

    async def _perform(self, action: AbstractAction) -> None:
        await action.run_in_steps(self._steps, self._bucket, self._reporter, self._dry_run)
