"""What is tested in here is one of the two ways to send."""

from __future__ import annotations

import pytest


@pytest.fixture
def transport() -> str:
    return "direct"
