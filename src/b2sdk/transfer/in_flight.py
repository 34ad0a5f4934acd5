"""Work that is not done when the interpreter ends: some of it has to be finished, the rest is cancelled."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future, wait
from typing import Any
from weakref import WeakSet

from b2sdk import threads
from b2sdk.cancellation import GRACE_SECONDS, Cancellation
from b2sdk.fork import PerProcess


class InFlight:
    """The work of this process; see :func:`b2sdk.threads.before_exit`."""

    def __init__(self) -> None:
        self._awaited: set[Cancellation] = set()
        self._threads: WeakSet[threading.Thread] = WeakSet()
        self._independent: WeakSet[Future[Any]] = WeakSet()

    def begin(self, work: Cancellation) -> None:
        """Add work that a caller waits for."""
        work.begin()
        self._awaited.add(work)

    def end(self, work: Cancellation) -> None:
        self._awaited.discard(work)
        work.end()

    def add_thread(self, thread: threading.Thread) -> None:
        """Add a thread that has to clean up when what it does is cancelled."""
        self._threads.add(thread)

    def add(self, future: Future[Any]) -> None:
        """Add a task that is to be finished whether a caller waits for it or not."""
        self._independent.add(future)

    def finish(self) -> None:
        """Cancel what was awaited by threads that have ended, and wait for the rest, as ``concurrent.futures`` does.

        After a Ctrl-C that ended the program there is no waiting.
        """
        for work in list(self._awaited):
            work.cancel()
        threads.join(list(self._threads), GRACE_SECONDS)
        if not isinstance(getattr(sys, "last_value", None), KeyboardInterrupt):
            wait(list(self._independent))


in_flight: PerProcess[InFlight] = PerProcess(InFlight)
threads.before_exit(lambda: in_flight().finish())
