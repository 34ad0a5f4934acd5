"""Several calls at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, wait
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def each_of(pool: Executor, call: Callable[..., T], arguments: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """Yield what the calls return, in order. If one fails, those that wait are not made.

    They are made in the context of the caller; when this ends, none is running.
    """
    tasks = [pool.submit(copy_context().run, call, *one) for one in arguments]
    try:
        for task in tasks:
            yield task.result()
    finally:
        for task in tasks:
            task.cancel()
        wait(tasks)


def attempted(call: Callable[..., T]) -> Callable[..., T | Exception]:
    """Let a call return the error that it raises."""

    def attempt(*arguments: Any, **keywords: Any) -> T | Exception:
        try:
            return call(*arguments, **keywords)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is for the caller
            return error

    return attempt
