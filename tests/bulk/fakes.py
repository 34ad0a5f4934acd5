"""Tasks whose course a test decides, and runs of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from typing import Any

from b2sdk.bulk.events import Action, BulkEvent, Outcome
from b2sdk.bulk.work import Task, Work


class Fake(Task):
    def __init__(
        self, name: str, perform: Callable[[], Coroutine[Any, Any, object]], found: Sequence[Task] = ()
    ) -> None:
        self.name = name
        self.is_closed = False
        self._perform = perform
        self._found = found

    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        await self._perform()
        events.append(self.event(Outcome.DONE))
        return self._found

    def event(self, outcome: Outcome, error: Exception | None = None) -> BulkEvent:
        return BulkEvent(Action.DELETE, outcome, self.name, None, error=error)

    async def close(self) -> None:
        self.is_closed = True


async def nothing() -> None:
    """Do nothing."""


def work_of(tasks: Iterable[Task], workers: int = 1) -> Work:
    return Work(_each(tasks), workers)


async def _each(tasks: Iterable[Task]) -> AsyncGenerator[Task, None]:
    for task in tasks:
        yield task
