"""The names of programs for v1: those of :mod:`b2sdk.v2`, some in an older form, and what v2 has no more."""

from __future__ import annotations

from b2sdk.lazy import make_lazy as _make_lazy

_make_lazy(__name__)
