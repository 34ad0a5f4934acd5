"""What may be chosen for a sync."""

from __future__ import annotations

import enum


class NewerFileSyncMode(enum.Enum):
    """What happens to a file whose destination is newer than its source."""

    SKIP = 101
    """The destination stays."""
    REPLACE = 102
    """It is replaced all the same."""
    RAISE_ERROR = 103
    """The sync ends with ``DestFileNewer``."""


class CompareVersionMode(enum.Enum):
    """By what two files are compared."""

    MODTIME = 201
    """Time of modification."""
    SIZE = 202
    """Size."""
    NONE = 203
    """Nothing: a file that is there stays as it is."""


class KeepOrDeleteMode(enum.Enum):
    """What happens to a file that is not at the source, and to old versions."""

    DELETE = 301
    """They are deleted."""
    KEEP_BEFORE_DELETE = 302
    """The file is hidden; versions that were replaced, or hidden, more than so many days ago are deleted."""
    NO_DELETE = 303
    """They stay."""
