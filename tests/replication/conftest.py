"""Two buckets, and what sets up replication between them on each surface."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.conftest import ASYNCIO, SURFACES
from tests.flows.conftest import pytest_collection_modifyitems

__all__ = ["pytest_collection_modifyitems"]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about the helper on the asyncio client, too."""
    if "helper" in metafunc.fixturenames:
        metafunc.definition.add_marker(pytest.mark.parametrize("surface", [*SURFACES, ASYNCIO], indirect=True))


@pytest.fixture
def helper(surface: ModuleType) -> Any:
    return surface.ReplicationSetupHelper()


@pytest.fixture
def source(api: Any) -> Any:
    return api.create_bucket("source-bucket", "allPrivate")


@pytest.fixture
def destination(api: Any) -> Any:
    return api.create_bucket("destination-bucket", "allPrivate")
