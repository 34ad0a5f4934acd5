"""Adapters to other people's worlds, a module each, and each behind an extra."""

from __future__ import annotations
