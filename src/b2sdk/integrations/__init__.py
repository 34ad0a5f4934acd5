"""Adapters to third-party software, one per module, each with an extra."""

from __future__ import annotations
