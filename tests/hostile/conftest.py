"""The service that is fed with odd names has small parts."""

from __future__ import annotations

from tests.flows.conftest import _shared_small_parts_service, small_parts_service

__all__ = ["_shared_small_parts_service", "small_parts_service"]
