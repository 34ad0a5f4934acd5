from __future__ import annotations

import importlib
from types import ModuleType

import pytest


@pytest.fixture(params=["v1", "v0"])
def surface(request: pytest.FixtureRequest) -> ModuleType:
    """Return the surface that `front_end`, `api` and `bucket` are made with; v0 has all that v1 has."""
    return importlib.import_module(f"b2sdk.{request.param}")
