"""See :mod:`b2sdk._internal`."""

from __future__ import annotations

from b2sdk.exception import *  # noqa: F403  # the whole module
