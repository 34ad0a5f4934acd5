"""A report of a scan on a terminal: one line that is drawn over again and again, and whole lines above it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar

from typing_extensions import Self

from b2sdk.scan.events import EntrySkipped, ScanListener, SkipReason
from b2sdk.scan.quantity import format_and_scale_number
from b2sdk.text import on_one_line, printed_name
from b2sdk.transfer.local_path import without_windows_prefix

logger: logging.Logger = logging.getLogger(__name__)

# What is left out by choice is no reason to warn.
_WARNINGS = {
    SkipReason.NOT_ACCESSIBLE: "{path} could not be accessed (broken symlink?)",
    SkipReason.SPECIAL_FILE: "{path} is {detail}, not a file. Skipping.",
    SkipReason.NO_PERMISSION: "{path} could not be accessed (no permissions to read?)",
    SkipReason.CIRCULAR_SYMLINK: "{path} is a circular symlink, which was already visited. Skipping.",
    SkipReason.INVALID_NAME: "{path} path contains invalid name ({detail}). Skipping.",
    SkipReason.UNSUPPORTED_NAME: "{path} cannot be used as a path ({detail}). Skipping.",
}


@dataclass
class ProgressReport(ScanListener):
    """Shows how far a scan is; may be used by any number of threads.

    ``stdout`` is anything with ``write`` and ``flush``. With ``no_progress`` only whole lines are written.

    A subclass counts other things by changing them with :attr:`lock` held and calling :meth:`_redraw`, and shows them
    by its own :meth:`_progress_line`; its attributes must be there before ``__post_init__`` of this class draws.
    """

    UPDATE_INTERVAL: ClassVar[float] = 0.1
    """Seconds between two drawings of the progress line."""

    stdout: Any
    no_progress: bool

    def __post_init__(self) -> None:
        self.start_time: float = time.time()
        self.count: int = 0
        self.total_done: bool = False
        self.total_count: int = 0
        self.closed: bool = self.no_progress
        self.lock: threading.Lock = threading.Lock()
        self.current_line: str = ""
        self.encoding_warning_was_already_printed: bool = False
        self.warnings: list[str] = []
        self.errors_encountered: bool = False
        self.skip_counts: Counter[SkipReason] = Counter()
        """How many entries were skipped for each reason."""
        self._drawn_at = 0.0
        self._warnings_printed = 0
        with self.lock:
            self._redraw()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    # --- what is counted ---

    def update_count(self, delta: int) -> None:
        """Count entries that are done."""
        with self.lock:
            self.count += delta
            self._redraw()

    def update_total(self, delta: int) -> None:
        """Count entries that have been found."""
        with self.lock:
            self.total_count += delta
            if not self.closed:
                self._redraw()

    def end_total(self) -> None:
        """Say that all entries have been found."""
        with self.lock:
            self.total_done = True
            self._redraw()

    # --- what went wrong ---

    def error(self, message: str) -> None:
        """Print a line and remember that something failed."""
        self.print_completion(message)
        self.errors_encountered = True

    def has_errors_or_warnings(self) -> bool:
        """Whether something failed, or was left out that nobody wanted left out."""
        return self.errors_encountered or bool(self.warnings)

    def skipped(self, event: EntrySkipped) -> None:
        """Count the entry; if it was not left out by choice, there is a warning when the report is closed."""
        with self.lock:
            self.skip_counts[event.reason] += 1
            warning = _WARNINGS.get(event.reason)
            if warning is not None:
                path = printed_name(without_windows_prefix(str(event.path)))
                self.warnings.append("WARNING: " + warning.format(path=path, detail=on_one_line(event.detail)))

    # --- lines ---

    def print_completion(self, message: str) -> None:
        """Print a whole line above the progress."""
        with self.lock:
            self._print_line(message, newline=True)
            self._redraw(at_once=True)

    def close(self) -> None:
        """Erase the progress and print each warning, once however often this is called."""
        with self.lock:
            if not self.closed:
                self._print_line("", newline=False)
                self.closed = True
            unprinted = self.warnings[self._warnings_printed :]
            self._warnings_printed = len(self.warnings)
            for warning in unprinted:
                self._print_line(warning, newline=True)

    def _progress_line(self) -> str:
        seconds = time.time() - self.start_time
        rate = format_and_scale_number(self.count / seconds if seconds > 0 else 0, "/s")
        return f" count: {self.count}/{self.total_count}   {rate}"

    def _redraw(self, at_once: bool = False) -> None:
        """Draw the progress, unless it was drawn a moment ago; to be called with the lock held."""
        if self.closed:
            return
        now = time.time()
        if at_once or now - self._drawn_at >= self.UPDATE_INTERVAL:
            self._drawn_at = now
            self._print_line(self._progress_line(), newline=False)

    def _print_line(self, line: str, newline: bool) -> None:
        """Write a line over the one that is shown; to be called with the lock held."""
        line = line.ljust(len(self.current_line))
        self._write(line, "\n" if newline else "\r")
        self.current_line = "" if newline else line
        self.stdout.flush()

    def _write(self, line: str, end: str) -> None:
        try:
            self.stdout.write(line + end)
        except UnicodeEncodeError as error:
            encoding = getattr(self.stdout, "encoding", None)
            if not self.encoding_warning_was_already_printed:
                self.encoding_warning_was_already_printed = True
                self.stdout.write(
                    f"!WARNING! this terminal cannot properly handle progress reporting.  encoding is {encoding}.\n"
                )
            self.stdout.write(line.encode("ascii", "backslashreplace").decode("ascii") + end)
            logger.warning("could not write a line to a terminal with encoding %s: %s", encoding, error.reason)
