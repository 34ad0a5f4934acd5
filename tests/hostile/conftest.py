"""The service that receives odd names has small parts; one that responds oddly follows a script."""

from __future__ import annotations

from tests.flows.conftest import _shared_small_parts_service, small_parts_service
from tests.http.conftest import server

__all__ = ["_shared_small_parts_service", "server", "small_parts_service"]
