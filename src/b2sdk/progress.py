"""Progress listeners: objects that are called with how many bytes of a transfer are done.

A transfer calls :meth:`~AbstractProgressListener.set_total_bytes` once, then
:meth:`~AbstractProgressListener.bytes_completed` with the running total, from the thread that does the work; the last
    value is the total. Who made a listener closes it.
"""

from __future__ import annotations

import functools
import sys
import time
from abc import ABCMeta, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from b2sdk.text import printed_name

if TYPE_CHECKING:
    import tqdm as tqdm_module


@functools.cache
def find_tqdm() -> type[tqdm_module.tqdm[Any]] | None:
    """Return tqdm, which is an extra and takes its time to import, or ``None``."""
    try:
        from tqdm import tqdm  # noqa: PLC0415  # see above
    except ImportError:
        return None
    return tqdm


def listener_or_silence(listener: AbstractProgressListener | None) -> AbstractProgressListener:
    """Return the listener, or one that does nothing for ``None``.

    :raises TypeError: it is something that cannot listen.
    """
    if not listener:
        return DoNothingProgressListener()
    if not hasattr(listener, "bytes_completed"):
        raise TypeError(f"progress_listener must be AbstractProgressListener | None, not {type(listener).__name__}")
    return listener


class AbstractProgressListener(metaclass=ABCMeta):
    """What a transfer reports to. Programs have listeners of their own; a context manager that closes itself."""

    def __init__(self, description: str = "") -> None:
        """Take the ``description`` of what is transferred, for people to read."""
        self.description: str = description
        self._closed = False

    @abstractmethod
    def set_total_bytes(self, total_byte_count: int) -> None:
        """Take the size of the transfer in bytes; 0 where it is not known."""

    @abstractmethod
    def bytes_completed(self, byte_count: int) -> None:
        """Take how many bytes are done in all; after a failed attempt that may be fewer than before."""

    def change_description(self, new_description: str) -> bool:
        """Set the description, unless it has been shown already; return whether it was set."""
        if not self._can_be_renamed():
            return False
        self.description = new_description
        return True

    def _can_be_renamed(self) -> bool:
        return True

    def close(self) -> None:
        """Clean up after the transfer, successful or not.

        :raises AssertionError: the listener is closed already.
        """
        if getattr(self, "_closed", False):  # a subclass may not have called our constructor
            raise AssertionError("progress listener was closed twice!")
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()


class DoNothingProgressListener(AbstractProgressListener):
    """Shows nothing."""

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        pass


class SimpleProgressListener(AbstractProgressListener):
    """Prints the percentage every few seconds; nothing at all for a transfer that is done before."""

    SECONDS_BETWEEN_LINES = 3.0

    def __init__(self, *args: str, **kwargs: str) -> None:
        super().__init__(*args, **kwargs)
        self.complete = 0
        self.last_time: float = time.time()
        self.any_printed: bool = False
        self.total: int = 0  # set by set_total_bytes

    def set_total_bytes(self, total_byte_count: int) -> None:
        self.total = total_byte_count

    def bytes_completed(self, byte_count: int) -> None:
        now = time.time()
        if now - self.last_time < self.SECONDS_BETWEEN_LINES or not self.total:
            return
        if not self.any_printed:
            self._print(printed_name(self.description))
        self._print(f"     {byte_count * 100 // self.total}%")
        self.last_time = now
        self.any_printed = True

    def close(self) -> None:
        if self.any_printed:
            self._print("    DONE.")
        super().close()

    def _can_be_renamed(self) -> bool:
        return not self.any_printed

    def _print(self, line: str) -> None:
        sys.stdout.write(line + "\n")


class TqdmProgressListener(AbstractProgressListener):
    """Shows a bar; needs tqdm (the extra ``full``).

    :raises ModuleNotFoundError: tqdm is not installed.
    """

    def __init__(self, *args: str, **kwargs: str) -> None:
        if find_tqdm() is None:
            raise ModuleNotFoundError("No module named 'tqdm' found")
        super().__init__(*args, **kwargs)
        self.tqdm: tqdm_module.tqdm[Any] | None = None  # set by set_total_bytes
        self.prev_value: int = 0

    def set_total_bytes(self, total_byte_count: int) -> None:
        bar = find_tqdm()
        if self.tqdm is None and bar is not None:
            self.tqdm = bar(
                desc=printed_name(self.description),
                total=total_byte_count,
                unit="B",
                unit_scale=True,
                leave=True,
                miniters=1,
                smoothing=0.1,
                mininterval=0.2,
            )

    def bytes_completed(self, byte_count: int) -> None:
        # An attempt that starts again does not move the bar back.
        if self.tqdm is not None and self.prev_value < byte_count:
            self.tqdm.update(byte_count - self.prev_value)
            self.prev_value = byte_count

    def close(self) -> None:
        if self.tqdm is not None:
            self.tqdm.close()
        super().close()

    def _can_be_renamed(self) -> bool:
        return self.tqdm is None


class ProgressListenerForTest(AbstractProgressListener):
    """Records its calls, for tests."""

    def __init__(self, *args: str, **kwargs: str) -> None:
        self.calls: list[str] = []
        super().__init__(*args, **kwargs)

    def set_total_bytes(self, total_byte_count: int) -> None:
        self.calls.append(f"set_total_bytes({total_byte_count})")

    def bytes_completed(self, byte_count: int) -> None:
        self.calls.append(f"bytes_completed({byte_count})")

    def close(self) -> None:
        self.calls.append("close()")
        super().close()

    def get_calls(self) -> list[str]:
        """Return the calls so far, in order, as texts such as ``bytes_completed(5)``."""
        return self.calls


def make_progress_listener(description: str, quiet: bool) -> AbstractProgressListener:
    """Return a listener for people to watch.

    :param description: what is transferred.
    :param quiet: whether nothing is shown. Otherwise it is a bar where tqdm is installed, else lines with percentages.
    """
    if quiet:
        return DoNothingProgressListener()
    if find_tqdm() is not None:
        return TqdmProgressListener(description)
    return SimpleProgressListener(description)
