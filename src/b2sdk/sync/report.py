"""A report of a sync on a terminal: how far it is, and a line for each file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from b2sdk.progress import AbstractProgressListener
from b2sdk.scan.quantity import format_and_scale_fraction, format_and_scale_number
from b2sdk.scan.report import ProgressReport


@dataclass
class SyncReport(ProgressReport):
    """Shows how far a sync is, and prints what was done; may be used by any number of threads.

    ``stdout`` is anything with ``write`` and ``flush``. With ``no_progress`` only whole lines are written. With
    ``explain`` each line about a file ends with the reason, in parentheses; also those of a dry run.
    """

    explain: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        self.compare_done: bool = False
        self.compare_count: int = 0
        self.total_transfer_files: int = 0
        """Everything that is to be done with files, hiding and deleting included."""
        self.total_transfer_bytes: int = 0
        self.transfer_files: int = 0
        self.transfer_bytes: int = 0
        super().__post_init__()

    def update_compare(self, delta: int) -> None:
        """Count files that have been compared."""
        with self.lock:
            self.compare_count += delta
            if not self.closed:
                self._redraw()

    def end_compare(self, total_transfer_files: int, total_transfer_bytes: int) -> None:
        """Say that all files have been compared, and how many actions and bytes there are."""
        with self.lock:
            self.compare_done = True
            self.total_transfer_files = total_transfer_files
            self.total_transfer_bytes = total_transfer_bytes
            self._redraw()

    def update_transfer(self, file_delta: int, byte_delta: int) -> None:
        """Count files that are done, and bytes."""
        with self.lock:
            self.transfer_files += file_delta
            self.transfer_bytes += byte_delta
            self._redraw()

    def _progress_line(self) -> str:
        seconds = time.time() - self.start_time
        rate = format_and_scale_number(self.transfer_bytes / seconds if seconds > 0 else 0, "B/s")
        sent = format_and_scale_number(self.transfer_bytes, "B")
        if not self.total_done:
            compared = f"count: {self.total_count} files   compare: {self.compare_count} files"
            updated = f"{self.transfer_files} files   {sent}"
        elif not self.compare_done:
            compared = f"compare: {self.compare_count}/{self.total_count} files"
            updated = f"{self.transfer_files} files   {sent}"
        else:
            compared = f"compare: {self.compare_count}/{self.total_count} files"
            of_total = format_and_scale_fraction(self.transfer_bytes, self.total_transfer_bytes, "B")
            updated = f"{self.transfer_files}/{self.total_transfer_files} files   {of_total}"
        return f" {compared}   updated: {updated}   {rate}"


class SyncFileReporter(AbstractProgressListener):
    """Adds the bytes of one file to a report and, when it is closed, the file."""

    def __init__(self, reporter: SyncReport, *args: Any, **kwargs: Any) -> None:
        """Take the report; other arguments are those of :class:`~b2sdk.progress.AbstractProgressListener`."""
        super().__init__(*args, **kwargs)
        self.bytes_so_far: int = 0
        self.reporter = reporter

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self.reporter.update_transfer(0, byte_count - self.bytes_so_far)
        self.bytes_so_far = byte_count

    def close(self) -> None:
        self.reporter.update_transfer(1, 0)


@contextlib.contextmanager
def report_transfer(reporter: SyncReport | None) -> Iterator[SyncFileReporter | None]:
    """Give the listener of one transfer, if there is a report; the file counts as done if the block ends well."""
    listener = None if reporter is None else SyncFileReporter(reporter)
    yield listener
    if listener is not None:
        listener.close()
