from __future__ import annotations

from types import ModuleType

import pytest

import b2sdk.v3


@pytest.fixture
def surface() -> ModuleType:
    """Return the surface that workers use."""
    return b2sdk.v3
