"""A warning of urllib3 that is of no use here. What belongs here needs nothing of urllib3, so that it can be named."""

from __future__ import annotations

import logging


class UrllibWarningFilter:
    """Drops urllib3's warning that a pool is full: a burst may open more connections than are worth keeping."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged."""
        return record.msg != "Connection pool is full, discarding connection: %s"
