from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.v3 import Bucket


@pytest.fixture
def make_fs(b2_sim_account: SimulatedAccount) -> Iterator[Callable[..., Any]]:
    """Make filesystems for the account, or for a key that is passed; each call makes a new one."""
    filesystem = pytest.importorskip("b2sdk.integrations.fsspec", exc_type=ImportError).B2FileSystem
    made = []

    def make(**options: Any) -> Any:
        access = {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}
        made.append(filesystem(**{"skip_instance_cache": True, **access, **options}))
        return made[-1]

    yield make
    for fs in made:
        fs.close()


@pytest.fixture
def fs(make_fs: Callable[..., Any]) -> Any:
    return make_fs()


@pytest.fixture
def bucket(b2_sim_bucket: Bucket) -> Bucket:
    return b2_sim_bucket


@pytest.fixture
def root(bucket: Bucket) -> str:
    """Return the path of an empty bucket."""
    assert bucket.name is not None
    return bucket.name
