"""Two buckets, and what sets up replication between them on either surface."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import b2sdk.v2
from b2sdk.replication.setup import ReplicationSetupHelper
from b2sdk.v2.replication.setup import ReplicationSetupHelper as HelperOfV2


@pytest.fixture
def helper(surface: ModuleType) -> ReplicationSetupHelper:
    return HelperOfV2() if surface is b2sdk.v2 else ReplicationSetupHelper()


@pytest.fixture
def source(api: Any) -> Any:
    return api.create_bucket("source-bucket", "allPrivate")


@pytest.fixture
def destination(api: Any) -> Any:
    return api.create_bucket("destination-bucket", "allPrivate")
