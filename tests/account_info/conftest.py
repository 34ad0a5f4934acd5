"""What several tests of account infos need: an authorization to store, and how often a file is open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OLD_ACCOUNT = {
    "account_id": "aabbcc",
    "application_key": "key",
    "account_auth_token": "token",
    "api_url": "api",
    "download_url": "download",
    "minimum_part_size": 77,
    "realm": "production",
}
"""What the files of the first versions hold: the JSON file, and the database made of it."""


@pytest.fixture
def auth() -> dict[str, Any]:
    """The keywords of ``set_auth_data``."""
    return {
        "account_id": "aabbcc",
        "auth_token": "secret-token",
        "api_url": "https://api.example.com",
        "download_url": "https://f.example.com",
        "recommended_part_size": 100_000_000,
        "absolute_minimum_part_size": 5_000_000,
        "application_key": "secret-key",
        "realm": "production",
        "s3_api_url": "https://s3.example.com",
        "allowed": {"buckets": [{"id": "1", "name": "photos"}], "capabilities": ["readFiles"], "namePrefix": "it's"},
        "application_key_id": "001aabbcc0000000001",
    }


@pytest.fixture
def handles() -> Callable[[Path], int]:
    """Count how often this process has a file open."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("this platform does not list open files")

    def count(path: Path) -> int:
        return [os.path.realpath(link) for link in descriptors.iterdir()].count(str(path))

    return count
