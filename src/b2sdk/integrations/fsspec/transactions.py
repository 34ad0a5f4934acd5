"""Transactions: what is to be made and deleted when a block ends, and not at all if an exception leaves it."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from typing import Any

from b2sdk.integrations.fsspec.untyped import Transaction


class Deferred:
    """A change that is made at the end of a transaction, where fsspec expects a file."""

    def __init__(self, path: str, change: Callable[[], object]) -> None:
        self.path = path
        self._change = change

    def commit(self) -> None:
        self._change()

    def discard(self) -> None:
        """Do nothing."""


class B2Transaction(Transaction):
    """Changes are made one after the other, in the order of the calls: together they are not atomic.

    If one fails, those that follow are discarded, and the error says which were made.
    """

    files: deque[Any]
    fs: Any

    def complete(self, commit: bool = True) -> None:
        """Make the changes, or discard them.

        :raises OSError, ValueError: one could not be made.
        """
        fs, waiting, total = self.fs, self.files, len(self.files)
        self.files = deque()
        last = None
        fs._intrans, fs._transaction, self.fs = False, None, None  # noqa: SLF001  # as in fsspec
        try:
            while commit and waiting:
                waiting[0].commit()
                last = waiting.popleft().path
        except Exception as error:
            if last is None:
                raise
            raise _with_progress(error, total - len(waiting), total, last) from error
        finally:
            for one in waiting:
                one.discard()


def _with_progress(error: Exception, made: int, total: int, last: str) -> Exception:
    what = f"the first {made} of {total} changes of the transaction were made, the last of them to {last!r}"
    if isinstance(error, OSError):
        kind: type[Any] = type(error)
        told: Exception = kind(error.errno or errno.EIO, f"{error.strerror or error}; {what}", error.filename)
        return told
    return ValueError(f"{error}; {what}") if isinstance(error, ValueError) else OSError(errno.EIO, f"{error}; {what}")
