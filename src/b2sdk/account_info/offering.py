"""Telling an account info what may get lost: which upload URLs are free, and which are of no use any more.

What has been uploaded stays so whatever the storage of the account state does, so its failure is nobody else's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

logger: logging.Logger = logging.getLogger(__name__)


def offer(tell: Callable[..., None], *about: str | None) -> None:
    """Call a method of an account info, and log what it raises, unless that is an interrupt."""
    try:
        tell(*about)
    except Exception as error:  # noqa: BLE001  # each storage has its own
        # The classes only: the text may quote what was to be stored.
        name, kind = getattr(tell, "__qualname__", "an account info"), type(error)
        logger.warning("%s failed (%s.%s); uploads are not concerned", name, kind.__module__, kind.__qualname__)
