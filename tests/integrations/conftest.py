from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integrations.stores import STORES, Make, account_infos_on


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def make_account_info(store: str, tmp_path: Path) -> Iterator[Make]:
    with account_infos_on(store, tmp_path) as make:
        yield make


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
        "allowed": {"buckets": None, "capabilities": ["readFiles"], "namePrefix": None},
        "application_key_id": "001aabbcc0000000001",
    }
