"""The time of day in the cloud, which may run ahead of the machine's."""

from __future__ import annotations

import threading
import time
from typing import Final

DAY_MS: Final = 86_400_000


class Clock:
    """The time in a cloud: that of the machine, plus what it has been advanced by. Any thread may use it."""

    def __init__(self) -> None:
        self._ahead = 0
        self._lock = threading.Lock()

    def now(self) -> int:
        """Return the present moment in milliseconds since 1970."""
        return time.time_ns() // 1_000_000 + self._ahead

    @property
    def ahead(self) -> int:
        """Milliseconds by which it runs ahead of the machine's time."""
        return self._ahead

    def advance(self, milliseconds: int) -> None:
        """Let ``milliseconds`` pass at once: tokens expire, retentions end, lifecycle rules apply with the next call.

        :raises ValueError: the number is negative, as time never runs backwards.
        """
        if milliseconds < 0:
            raise ValueError(f"the clock only runs forward, not by {milliseconds} ms")
        with self._lock:
            self._ahead += milliseconds

    def reset(self) -> None:
        """Return to the machine's time."""
        with self._lock:
            self._ahead = 0
