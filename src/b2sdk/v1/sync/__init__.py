"""Folders and syncs of v1: rules, providers and errors of programs that know files in place of paths."""

from __future__ import annotations

from b2sdk.lazy import make_lazy as _make_lazy

_make_lazy(__name__)
