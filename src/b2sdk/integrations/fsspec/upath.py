"""Paths of ``b2://`` for universal-pathlib, which finds them by an entry point: ``UPath("b2://bucket/name")``."""

from __future__ import annotations

from fsspec import get_filesystem_class
from upath.implementations.cloud import CloudPath

from b2sdk.integrations.fsspec.paths import PROTOCOL

get_filesystem_class(
    PROTOCOL
)  # of a class that is not loaded yet, universal-pathlib would only guess what its paths mean


class B2Path(CloudPath):  # type: ignore[misc,unused-ignore]  # the base is not there where the library is not installed
    """A path as those of ``pathlib``. What it does is done by :class:`~b2sdk.integrations.fsspec.B2FileSystem`."""

    __slots__ = ()
