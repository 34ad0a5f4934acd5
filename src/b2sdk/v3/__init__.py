"""The public names. New programs import from here."""

from __future__ import annotations

from b2sdk.lazy import make_lazy as _make_lazy

_make_lazy(__name__)
