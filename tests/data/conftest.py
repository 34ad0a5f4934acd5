"""What libraries for data are given: an account that is found as programs of users find it, by the environment."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from b2sdk.integrations.pytest_plugin import CallJournal, SimulatedAccount
from b2sdk.simulator import Entry
from b2sdk.v3 import Bucket

LIBRARIES = ("dask", "datasets", "distributed", "duckdb", "h5netcdf", "h5py", "pandas", "polars", "pyarrow", "upath",
             "xarray", "zarr")  # fmt: skip
is_wanted = bool(os.environ.get("B2SDK_DATA")) or all(map(importlib.util.find_spec, ("fsspec", *LIBRARIES)))
collect_ignore_glob = [] if is_wanted else ["test_*.py"]
"""Without the libraries there is nothing to test: nox -s data."""

LISTINGS = {"b2_list_file_names", "b2_list_file_versions", "b2_list_buckets"}
DOWNLOADS = {"b2_download_file_by_name", "b2_download_file_by_id"}


@pytest.fixture(autouse=True)
def _account(b2_sim_account: SimulatedAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the account in the environment, that of other processes included; and no filesystem from before or after."""
    import fsspec  # noqa: PLC0415  # where the extra is

    from b2sdk.integrations.fsspec import B2FileSystem  # noqa: PLC0415

    monkeypatch.setenv("B2_APPLICATION_KEY_ID", b2_sim_account.key_id)
    monkeypatch.setenv("B2_APPLICATION_KEY", b2_sim_account.key)
    monkeypatch.setenv("FSSPEC_B2_REALM", b2_sim_account.realm)
    monkeypatch.setitem(fsspec.config.conf, "b2", {"realm": b2_sim_account.realm})
    kept: Any = B2FileSystem
    kept.clear_instance_cache()
    yield
    for fs in list(kept._cache.values()):
        fs.close()
    kept.clear_instance_cache()


@pytest.fixture
def fs() -> Any:
    """Return the filesystem that URLs lead to."""
    import fsspec  # noqa: PLC0415

    return fsspec.filesystem("b2")


@pytest.fixture
def bucket(b2_sim_bucket: Bucket) -> Bucket:
    return b2_sim_bucket


@pytest.fixture
def root(bucket: Bucket) -> str:
    """Return the path of an empty bucket."""
    assert bucket.name is not None
    return bucket.name


@pytest.fixture
def url(root: str) -> str:
    """Return the URL of an empty bucket."""
    return f"b2://{root}"


class Cost(NamedTuple):
    """What was sent and fetched in a while."""

    requests: int
    fetched: int
    """Bytes of files."""
    listings: int
    """Calls of class C that look for files or buckets."""


class Costs:
    """Counts what is sent from the last time on, apart from authorizations."""

    def __init__(self, journal: CallJournal, bucket: Bucket) -> None:
        self._journal = journal
        self._bucket = bucket
        self._sizes: dict[str, int] = {}
        self._counted = 0

    def _size(self, name: str) -> int:
        if name not in self._sizes:
            self._sizes[name] = self._bucket.get_file_info_by_name(name).size or 0
        return self._sizes[name]

    def _fetched(self, entry: Entry) -> int:
        if entry.endpoint not in DOWNLOADS or entry.method != "GET" or entry.status not in {200, 206}:
            return 0
        assert entry.name is not None
        size = self._size(entry.name)
        if entry.range is None:
            return size
        first, _, last = entry.range.removeprefix("bytes=").partition("-")
        return min(int(last or size - 1), size - 1) - int(first) + 1 if first else min(int(last), size)

    def begin(self) -> None:
        """Count from here on."""
        self._counted = len(self._journal.entries)

    def take(self) -> Cost:
        """Return what was sent since the last time."""
        sent = [entry for entry in self._journal.entries[self._counted :] if entry.endpoint != "b2_authorize_account"]
        cost = Cost(len(sent), sum(map(self._fetched, sent)), sum(entry.endpoint in LISTINGS for entry in sent))
        self.begin()
        return cost


@pytest.fixture
def costs(b2_sim_journal: CallJournal, bucket: Bucket) -> Costs:
    costs = Costs(b2_sim_journal, bucket)
    costs.begin()
    return costs
