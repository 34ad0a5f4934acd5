"""The exceptions: those of v1, one of them with a text for the options of a command line."""

from __future__ import annotations

from b2sdk.v1 import exception as v1
from b2sdk.v1.exception import *  # noqa: F403  # all of them

v1DestFileNewer = v1.DestFileNewer  # noqa: N816  # the name is a given


class DestFileNewer(v1.DestFileNewer):  # type: ignore[no-redef]  # in place of that one
    _UNLESS = "--skipNewer or --replaceNewer"
