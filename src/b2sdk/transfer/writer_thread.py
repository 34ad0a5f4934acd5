"""A name of b2sdk that programs use. This package does not use it."""

from __future__ import annotations

import contextlib
import queue
import threading
from types import TracebackType

from typing_extensions import Self

from b2sdk import threads
from b2sdk.interfaces import SeekableFile


class WriterThread(threading.Thread):
    """Writes blocks to a seekable file, each at its place, in a thread of its own; for use in a ``with`` statement.

    Leaving the block waits until all is written, and raises what a write raised; ``total`` is the number of bytes then.
    Downloads of this package write in the threads that receive, so that a slow disk slows the network.
    """

    def __init__(self, file: SeekableFile, max_queue_depth: int) -> None:
        """``max_queue_depth`` is how many blocks may wait; :meth:`queue_write` waits while there are as many."""
        super().__init__(name="b2sdk-writer", daemon=threads.HAS_DAEMONS)
        self.file = file
        self.queue: queue.Queue[tuple[int, bytes] | None] = queue.Queue(max_queue_depth)
        self.total: int = 0
        self._failure: BaseException | None = None

    def queue_write(self, offset: int, data: bytes) -> None:
        """Have a block written, at so many bytes from the beginning of the file."""
        self.queue.put((offset, data))

    def run(self) -> None:
        while (write := self._next()) is not None:
            if self._failure is not None:
                continue  # the thread that queues blocks must not wait for ever
            offset, data = write
            try:
                self.file.seek(offset)
                self.file.write(data)
                self.total += len(data)
            except BaseException as error:  # noqa: BLE001  # raised where the block is left
                self._failure = error

    def _next(self) -> tuple[int, bytes] | None:
        while not threads.is_ending():
            with contextlib.suppress(queue.Empty):
                return self.queue.get(timeout=threads.WAIT_SECONDS)
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.queue.put(None)
        self.join()
        if self._failure is not None and exc_val is None:
            raise self._failure
