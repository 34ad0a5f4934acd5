"""What verbs with many files do, as fsspec decides it: which file goes where; and what they report meanwhile."""

from __future__ import annotations

import os
from typing import Any

from fsspec.callbacks import NoOpCallback

from b2sdk.v3 import AbstractProgressListener


class Plan:
    """Stands for a filesystem while fsspec decides which file goes where, and does nothing but record it."""

    def __init__(self, fs: Any) -> None:
        self._fs = fs
        self.pairs: list[tuple[Any, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fs, name)

    def get_file(self, source: Any, target: Any, **_: Any) -> None:
        self.pairs.append((source, target))

    put_file: Any = get_file
    cp_file: Any = get_file


def check_contained(root: Any, targets: list[Any]) -> None:
    """Refuse to save anything outside of a folder; fsspec does so from 2026.9 on.

    :raises ValueError: a target is outside.
    """
    whole = os.path.normcase(os.path.abspath(root))  # noqa: PTH100  # pathlib keeps every ".."
    for target in targets:
        path = os.path.normcase(os.path.abspath(target))  # noqa: PTH100
        if os.path.commonpath((whole, path)) != whole:
            raise ValueError(f"{target!r} is outside of {root!r}")


def listener_for(callback: Any) -> AbstractProgressListener | None:
    """Return what reports a transfer to a callback of fsspec; nothing for the one that does nothing."""
    return None if type(callback) is NoOpCallback else CallbackListener(callback)


class CallbackListener(AbstractProgressListener):
    """Reports a transfer to a callback of fsspec."""

    def __init__(self, callback: Any) -> None:
        super().__init__()
        self._callback = callback
        self._completed = 0

    def set_total_bytes(self, total_byte_count: int) -> None:
        self._callback.set_size(total_byte_count)

    def bytes_completed(self, byte_count: int) -> None:
        self._callback.relative_update(byte_count - self._completed)
        self._completed = byte_count
