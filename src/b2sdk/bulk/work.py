"""A run over many files, as a flow: tasks are taken one after the other, and performed by several workers.

What a task does is not known here, nor whether a worker is a thread or a task of an event loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from b2sdk.bulk.events import BulkEvent, BulkReport, Outcome, Tally
from b2sdk.cancellation import is_interruption
from b2sdk.exception import (
    AccountInfoError,
    B2Error,
    B2HttpCallbackException,
    Cancelled,
    CapExceeded,
    ConnectionImpossible,
    EmailNotVerified,
    NoPaymentHistory,
    Unauthorized,
    UnknownHost,
)

LOOK_AHEAD: Final = 1000
"""How many tasks may wait for a worker, or for their events to be taken, before no more are taken."""

_ABOUT_ALL: Final = (
    AccountInfoError,
    B2HttpCallbackException,
    Cancelled,
    CapExceeded,
    ConnectionImpossible,
    EmailNotVerified,
    NoPaymentHistory,
    UnknownHost,
)


def concerns_all(error: BaseException) -> bool:
    """Whether what failed with this error would fail for every other file, too.

    What the service refuses to one key about one file is not of this kind: the next may be outside of its prefix, or
    not be locked.
    """
    if not isinstance(error, B2Error) or isinstance(error, _ABOUT_ALL):
        return not isinstance(error, (ValueError, TypeError))
    # A session explains what it is refused to do, with the refusal as the cause. Where a key is refused a token at all,
    # as it has been deleted, there is nothing to explain.
    return isinstance(error, Unauthorized) and not isinstance(error.__cause__, Unauthorized)


class Task(ABC):
    """What is to be done with one file version, or with a name."""

    @abstractmethod
    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        """Do it, and add an event for each thing that is done; return what was found that is to be done, too.

        What it raises becomes the event of what was being done.
        """

    @abstractmethod
    def event(self, outcome: Outcome, error: Exception | None = None) -> BulkEvent:
        """Return the event of what is being done, or was not."""

    async def close(self) -> None:
        """Let go of what it holds, as it is not performed."""
        return


class Performed(NamedTuple):
    """What became of a task."""

    events: list[BulkEvent]
    found: Sequence[Task]
    failure: BaseException | None
    """What ends the run."""


class Crew(Protocol):
    """Workers, each of which performs one task at a time."""

    def begin(self, flow: Callable[[], Coroutine[Any, Any, Performed]], /) -> None:
        """Have a worker perform a flow, which raises nothing, when one is free. Never waits."""

    def has_performed(self) -> bool:
        """Whether something has been performed and not been returned."""

    async def performed(self) -> list[Performed]:
        """Wait until something has been performed; return what that is."""

    async def end(self, *, is_interrupted: bool) -> None:
        """Wait until all has been performed. If the program was interrupted, what takes a while longer is cancelled."""

    def left(self) -> list[Performed]:
        """Return what has been performed and not been returned."""


class Work:
    """One run."""

    def __init__(self, tasks: AsyncGenerator[Task, None], workers: int) -> None:
        """Nothing is taken yet; so many workers will perform it."""
        self._tasks = tasks
        self._most = workers + LOOK_AHEAD
        self._tally = Tally()
        self._found: deque[Task] = deque()
        self._under_way = 0
        self._are_all_taken = False
        self._is_stopped = False
        self._failure: BaseException | None = None

    def report(self) -> BulkReport:
        """Return the counts of what has been done so far."""
        return self._tally.report()

    async def events(self, crew: Crew) -> AsyncGenerator[list[BulkEvent], None]:
        """Yield what happens, in batches, and raise in the end what ended the run.

        When it is left, nothing is under way any more: what has been sent has been acknowledged or has failed, and the
        rest is not sent.
        """
        is_interrupted = False
        try:
            async with aclosing(self._tasks):
                while await self._begin_more(crew):
                    events = await self._take(await crew.performed())
                    if events:
                        yield events
        except BaseException as error:
            is_interrupted = is_interruption(error)
            raise
        finally:
            self._is_stopped = True
            try:
                await crew.end(is_interrupted=is_interrupted)
            finally:
                await self._take(crew.left())
        if self._failure is not None:
            raise self._failure

    async def _begin_more(self, crew: Crew) -> bool:
        """Begin as many tasks as may be under way; return whether one is."""
        while self._under_way < self._most and not self._is_stopped and not crew.has_performed():
            task = self._found.popleft() if self._found else await self._next_task()
            if task is None:
                break
            crew.begin(partial(self._perform, task))
            self._under_way += 1
        return self._under_way > 0

    async def _next_task(self) -> Task | None:
        if self._are_all_taken:
            return None
        try:
            return await anext(self._tasks)
        except StopAsyncIteration:
            pass
        except Exception as error:  # noqa: BLE001  # it is raised when what was taken before has been done
            self._failure = self._failure or error
        self._are_all_taken = True
        return None

    async def _perform(self, task: Task) -> Performed:
        events: list[BulkEvent] = []
        try:
            if self._is_stopped:
                return Performed([await _give_up(task)], (), None)
            return Performed(events, await task.perform(events), None)
        except Exception as error:  # noqa: BLE001  # it is in the event, or ends the run
            events.append(task.event(Outcome.FAILED, error))
            failure = error if concerns_all(error) else None
            self._is_stopped = self._is_stopped or failure is not None  # before a worker takes the next one
            return Performed(events, (), failure)
        except BaseException as error:  # noqa: BLE001  # what ends a thread or a task
            events.append(task.event(Outcome.FAILED, Cancelled("the run was interrupted")))
            return Performed(events, (), error)

    async def _take(self, performed: Sequence[Performed]) -> list[BulkEvent]:
        events: list[BulkEvent] = []
        for what in performed:
            events += what.events
            self._found += what.found
            if what.failure is not None:
                self._is_stopped = True
                self._failure = self._failure or what.failure
        self._under_way -= len(performed)
        if self._is_stopped:
            while self._found:
                events.append(await _give_up(self._found.popleft()))
        self._tally.add(events)
        return events


async def _give_up(task: Task) -> BulkEvent:
    await task.close()
    return task.event(Outcome.NOT_SENT)
