"""A report of a sync, with the names that two of its counts had."""

from __future__ import annotations

from b2sdk.sync import report


class SyncReport(report.SyncReport):
    @property
    def local_file_count(self) -> int:
        return self.total_count

    @local_file_count.setter
    def local_file_count(self, count: int) -> None:
        self.total_count = count

    @property
    def local_done(self) -> bool:
        return self.total_done

    @local_done.setter
    def local_done(self, is_done: bool) -> None:
        self.total_done = is_done

    def update_local(self, delta: int) -> None:
        """Like :meth:`update_total`."""
        self.update_total(delta)

    def end_local(self) -> None:
        """Like :meth:`end_total`."""
        self.end_total()
