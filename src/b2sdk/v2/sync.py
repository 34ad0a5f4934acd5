"""The path, and the older name, of a path in a bucket; see :mod:`b2sdk.scan.path`."""

from __future__ import annotations

from b2sdk.scan.path import B2Path, B2Path as B2SyncPath

__all__ = ["B2Path", "B2SyncPath"]
