"""Tasks that tests run in pools, groups and threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from b2sdk import cancellation
from b2sdk.transfer.pool import LazyThreadPool

PATIENCE = 10
"""Seconds after which something that should have happened has not."""


class Gate:
    """Tasks that wait until they are let go, and tell how many of them there are."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.count = 0

    def task(self) -> str:
        self.count += 1
        self.begun.release()
        assert self.open.wait(PATIENCE)
        return "through"

    def wait_for(self, tasks: int) -> None:
        for _ in range(tasks):
            assert self.begun.acquire(timeout=PATIENCE)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def pool() -> Iterator[LazyThreadPool]:
    pool = LazyThreadPool(4)
    yield pool
    pool.close()


def failing() -> None:
    raise ZeroDivisionError("first")


# --- pools ---


# --- the bounded executor ---


# --- groups ---


# --- work that is cancelled ---


class Blocked:
    """A task that waits as a request does."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        cancellation.sleep(PATIENCE)


def interrupted(*_args: object, **_options: object) -> None:
    raise KeyboardInterrupt


# --- the writer thread ---
