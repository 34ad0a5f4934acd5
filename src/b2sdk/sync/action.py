"""What is to be done with one file: what all actions have in common."""

from __future__ import annotations

import logging
from abc import ABCMeta, abstractmethod
from typing import ClassVar

from b2sdk import cancellation
from b2sdk.bucket import AnyBucket, Bucket
from b2sdk.sync.events import Reason
from b2sdk.sync.report import SyncReport
from b2sdk.text import on_one_line

logger: logging.Logger = logging.getLogger(__name__)


class AbstractAction(metaclass=ABCMeta):
    """One thing to do with one file, and how it is reported. Its text is what an error line begins with."""

    kind: ClassVar[str] = "action"
    """What it does, for events."""
    is_transfer: ClassVar[bool] = False
    """Whether what follows it for the same file is only right once it has succeeded."""
    relative_name: str = ""
    """Which file it is about, relative to the folders that are synced."""
    reason: Reason | None = None
    """Why it is to be done, where that is known."""

    def run(self, bucket: Bucket, reporter: SyncReport | None, dry_run: bool = False) -> None:
        """Do it, unless ``dry_run``, and report it.

        A failure is logged, reported and raised; if the sync was cancelled, only raised.
        """
        try:
            if not dry_run:
                self.do_action(bucket, reporter)
            self.do_report(bucket, reporter)
        except Exception as error:
            if cancellation.is_cancelled():
                raise
            logger.exception("an exception occurred in a sync action")
            if reporter is not None:
                reporter.error(on_one_line(f"{self}: {error!r} {error}"))
            raise

    @abstractmethod
    def get_bytes(self) -> int:
        """Return how many bytes it transfers."""

    @abstractmethod
    def do_action(self, bucket: AnyBucket, reporter: SyncReport | None) -> None:
        """Do it. ``bucket`` is the one at the destination or, if that is local, at the source."""

    @abstractmethod
    def do_report(self, bucket: AnyBucket, reporter: SyncReport | None) -> None:
        """Report that it is done."""

    def description(self) -> tuple[str, str, int, Reason | None]:
        """Return what events say about it: kind, path, size in bytes and reason."""
        return self.kind, self.relative_name, self.get_bytes(), self.reason

    def _report_line(self, reporter: SyncReport | None, line: str) -> None:
        """Print what was done; a report that explains gets the reason too, unless the line has it already."""
        if reporter is None:
            return
        # Reporters are foreign objects, perhaps mocks, which have every attribute.
        if getattr(reporter, "explain", False) is True and self.reason is not None:
            reason = f"({self.reason.value})"
            line = f"{line.removesuffix(reason).rstrip()} {reason}"
        reporter.print_completion(line)
