"""What b2sdk 2.13 returns for names, escaping and ranges, as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    path = Path(__file__).parent.parent / "data" / "naming-vectors.json"
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read
