"""The names of programs for v0: those of :mod:`b2sdk.v1`, a few in an older form, and two functions for syncs."""

from __future__ import annotations

from b2sdk.lazy import make_lazy as _make_lazy

_make_lazy(__name__)
