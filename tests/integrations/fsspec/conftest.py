from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.v3 import Bucket

T = TypeVar("T")

collect_ignore_glob = ["test_*.py"] if importlib.util.find_spec("fsspec") is None else []
"""Without the extra there is nothing to test."""


def rebuilt(pickled: T) -> T:
    """Return what comes out of a pickle of something."""
    copy: T = pickle.loads(pickle.dumps(pickled))  # noqa: S301  # our own
    return copy


@pytest.fixture
def access(b2_sim_account: SimulatedAccount) -> Iterator[dict[str, Any]]:
    """Return options with which fsspec makes filesystems for the account by itself; they are closed in the end."""
    from b2sdk.integrations.fsspec import B2FileSystem as filesystem  # noqa: N813, PLC0415  # where the extra is

    yield {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}
    kept: Any = filesystem
    for made in list(kept._cache.values()):
        made.close()
    filesystem.clear_instance_cache()


@pytest.fixture
def make_fs(b2_sim_account: SimulatedAccount) -> Iterator[Callable[..., Any]]:
    """Make filesystems for the account, or for a key that is passed; each call makes a new one."""
    from b2sdk.integrations.fsspec import B2FileSystem as filesystem  # noqa: N813, PLC0415  # where the extra is

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
