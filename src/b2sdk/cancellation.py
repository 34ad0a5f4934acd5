"""Work that can be cancelled, wherever it blocks.

A transfer enters a :class:`Cancellation`, which travels with its tasks, as context variables do. What blocks as a part
of the work (a socket, a wait between attempts, a slot of a pool) registers how it is woken, and checks afterwards
whether to continue. What belongs here knows of no socket and no transfer.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol

from b2sdk.exception import Cancelled

POLL_SECONDS = 0.1
"""Seconds between two checks whether the work is cancelled, while a lock is awaited; who holds it cannot be woken."""
GRACE_SECONDS = 2.0
"""How long an interrupted caller waits for tasks that do not end: a listener of the program that hangs, a connection of
a session that the program brought, a host name that is being looked up."""

Wake = Callable[[], object]


class Cancellation:
    """Whether a piece of work is cancelled, and what to wake then. A part of the work is cancelled with its parent.

    The calls that wake must not block, and must not use the cancellation.
    """

    def __init__(self, parent: Cancellation | None = None) -> None:
        self.is_cancelled: bool = False
        self._parent = parent
        self._lock = threading.Lock()
        self._wakes: dict[object, Wake] = {}

    def cancel(self) -> None:
        """Cancel the work, and wake all that block as a part of it, once."""
        with self._lock:
            self.is_cancelled = True
            # Under the lock: what was removed is not woken, as its socket may be another thread's by then.
            # One by one, so that another call continues where an exception of a signal ends this one. The last look is
            # one that holds the lock of the dictionary, where there is no GIL: see `add`.
            while True:
                try:
                    _, wake = self._wakes.popitem()
                except KeyError:
                    return
                wake()

    def check(self) -> None:
        """Check that the work may continue.

        :raises Cancelled: it is cancelled.
        """
        if self.is_cancelled:
            raise Cancelled("what it was a part of has been given up")

    def add(self, key: object, wake: Wake) -> None:
        """Have ``wake`` called when the work is cancelled, until ``key`` is removed.

        :raises Cancelled: it is cancelled already.
        """
        # No lock is taken: who cancels says so first, and looks into the dictionary afterwards.
        self._wakes[key] = wake
        if self.is_cancelled:
            self.remove(key)
            self.check()

    def remove(self, key: object) -> None:
        """Have it called no longer. When this returns, it is not being called either."""
        if self._wakes.pop(key, None) is None:
            with self._lock:  # another thread may be just waking it
                pass

    def begin(self) -> None:
        """Follow the parent from now on.

        :raises Cancelled: the parent is cancelled.
        """
        if self._parent is not None:
            self._parent.add(self, self.cancel)

    def end(self) -> None:
        """Follow the parent no longer, as the work is done."""
        if self._parent is not None:
            self._parent.remove(self)

    @contextlib.contextmanager
    def activate(self) -> Iterator[None]:
        """Let what is done in the block, and what is submitted there, belong to the work."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


class _Lock(Protocol):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...


_current: ContextVar[Cancellation | None] = ContextVar("b2sdk-cancellation", default=None)

current: Callable[[], Cancellation | None] = _current.get
"""Return the cancellation of the work that is being done here; ``None`` where an exception can end it: in a thread of
the program."""


def check() -> None:
    """Check that what is done here may continue.

    :raises Cancelled: it is cancelled.
    """
    work = current()
    if work is not None:
        work.check()


def is_cancelled() -> bool:
    """Whether what is done here is cancelled."""
    work = current()
    return work is not None and work.is_cancelled


@contextlib.contextmanager
def on_cancel(wake: Wake) -> Iterator[None]:
    """Have ``wake`` called, from another thread, if the work is cancelled while the block runs.

    :raises Cancelled: it was cancelled before, or in the block, whatever else that made the block raise.
    """
    work = current()
    if work is None:
        yield
        return
    key = object()
    work.add(key, wake)
    try:
        yield
    except Exception:
        work.check()
        raise
    finally:
        work.remove(key)
    work.check()


_SLEEP = time.sleep


def sleep(seconds: float, how: Callable[[float], object] | None = None) -> None:
    """Wait; ``how`` is ``time.sleep`` as the caller finds it, which tests of a program may have replaced.

    :raises Cancelled: the work is cancelled.
    """
    how = how or time.sleep
    if current() is None or _is_replaced(how):
        how(seconds)
        return
    is_woken = threading.Event()
    with on_cancel(is_woken.set):
        is_woken.wait(seconds)


def _is_replaced(sleep: Callable[[float], object]) -> bool:
    """Whether it is a program's, by which tests do without waiting; gevent's waits, and could not be woken."""
    return sleep is not _SLEEP and not str(getattr(sleep, "__module__", "")).startswith(("gevent", "eventlet"))


def acquire(lock: _Lock) -> None:
    """Acquire a lock, or a semaphore, which may be held while the service stalls.

    :raises Cancelled: the work is cancelled.
    """
    work = current()
    if work is None:
        lock.acquire()
        return
    work.check()
    if lock.acquire(blocking=False):
        return
    while not lock.acquire(timeout=POLL_SECONDS):
        work.check()


@contextlib.contextmanager
def shield() -> Iterator[None]:
    """Do what is in the block although the work is cancelled, such as cleaning up."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def is_interruption(error: BaseException | None) -> bool:
    """Whether an exception means that the program wants to end, as that of a signal does, not that one thing failed."""
    return error is not None and not isinstance(error, (Exception, GeneratorExit))
