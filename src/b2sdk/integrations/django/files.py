"""Files that were opened: Django's ``File`` over what ``Bucket.open`` returns."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from typing_extensions import Self

from b2sdk.integrations.django.untyped import File


class B2File(File):
    """A file of the bucket. One that is written is made when it is closed.

    It is not made if the ``with`` block is left by an exception. But ``with instance.field.open("wb")`` closes it
    without saying why: use ``storage.open``.
    """

    file: Any
    mode: str

    def __init__(self, opened: Any, name: str, mode: str, reopen: Callable[[str], Any]) -> None:
        """Take what ``Bucket.open`` returned, and what calls it again with another mode."""
        super().__init__(opened, name)
        self.mode = mode
        self._reopen = reopen

    @property
    def size(self) -> int:
        """Bytes of the file; of one that is written, those that have been so far."""
        file = getattr(self.file, "buffer", self.file)
        return int(file.size if hasattr(file, "size") else file.tell())

    def open(self, mode: str | None = None) -> Self:
        """Return to the beginning of the file, or open it again if it was closed, or with another mode."""
        if self.closed or mode not in (None, self.mode):
            self.close()
            self.mode = mode or self.mode
            self.file = self._reopen(self.mode)
        else:
            self.seek(0)
        return self

    def close(self) -> None:
        self.file.close()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.file.__exit__(exc_type, exc_value, tb)
