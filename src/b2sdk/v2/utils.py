"""A temporary directory, from before everybody had a better one."""

from __future__ import annotations

import tempfile
import warnings
from types import TracebackType


class TempDir:
    """Gives the path of a new directory, which goes away with what is in it when the block ends."""

    def __enter__(self) -> str:
        warnings.warn(
            "TempDir is deprecated. Use tempfile.TemporaryDirectory or pytest tmp_path fixture instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        self._directory = tempfile.TemporaryDirectory()
        self.dirpath: str = self._directory.name
        return self.dirpath

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._directory.cleanup()
