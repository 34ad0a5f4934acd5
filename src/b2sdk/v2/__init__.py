"""The public names for programs of the native API v3: those of :mod:`b2sdk.v3`, some in an older form."""

from __future__ import annotations

from b2sdk.lazy import make_lazy as _make_lazy

_make_lazy(__name__)
