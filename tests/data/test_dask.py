"""dask, whose workers are other processes: each makes its own filesystem of a pickle."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import dask
import dask.bag as db
import dask.dataframe as dd
import distributed
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.v3 import Bucket

PARTS, ROWS = 4, 1000
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")  # dask calls pandas with it


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes, which have no account in their environment."""
    with (
        dask.config.set({"distributed.worker.daemon": True}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def options(b2_sim_account: SimulatedAccount) -> dict[str, str]:
    return {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}


@pytest.fixture
def frame() -> Any:
    return pd.DataFrame({"number": range(PARTS * ROWS), "name": [f"name {number}" for number in range(PARTS * ROWS)]})


def parquet(frame: Any) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


@pytest.fixture
def parts(bucket: Bucket, frame: Any) -> None:
    for part in range(PARTS):
        bucket.upload_bytes(parquet(frame[part * ROWS : (part + 1) * ROWS]), f"set/{part}.parquet")


@pytest.mark.usefixtures("parts")
def test_workers_read_and_write(cluster: Any, url: str, frame: Any, options: dict[str, str], bucket: Bucket) -> None:
    for place in (url, f"{url}/set", f"{url}/set/*.parquet"):
        read = dd.read_parquet(place, storage_options=options)
        assert read.npartitions == PARTS
        assert_frame_equal(read.compute().sort_values("number"), frame, check_dtype=False)
    read = dd.read_parquet(f"{url}/set", storage_options=options)
    doubled = read.assign(double=read["number"] * 2)
    doubled.to_parquet(f"{url}/doubled", storage_options=options)
    assert len(list(bucket.ls("doubled"))) == PARTS
    found = dd.read_parquet(f"{url}/doubled", storage_options=options)
    assert found["double"].sum().compute() == 2 * frame["number"].sum()
    told = cluster.run(lambda: len(__import__("b2sdk.integrations.fsspec").integrations.fsspec.B2FileSystem._cache))
    assert all(count > 0 for count in told.values())
    assert len(told) == 2


@pytest.mark.usefixtures("parts")
def test_processes_have_the_account_of_their_environment(url: str, frame: Any) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool, dask.config.set(scheduler="processes", pool=pool):
        read = dd.read_parquet(f"{url}/set")
        assert read["number"].sum().compute() == frame["number"].sum()
        lines = db.from_sequence(["a", "b", "c"], npartitions=3).to_textfiles(f"{url}/text/*.txt")
        assert len(lines) == 3
        assert db.read_text(f"{url}/text/*.txt").compute() == ["a", "b", "c"]


@pytest.mark.usefixtures("parts")
def test_new_files_are_read_after_a_refresh(fs: Any, url: str, root: str, frame: Any, bucket: Bucket) -> None:
    with dask.config.set(scheduler="synchronous"):
        assert len(dd.read_parquet(f"{url}/set")) == PARTS * ROWS
        bucket.upload_bytes(parquet(frame[:10]), "set/new.parquet")
        fs.invalidate_cache(f"{root}/set")
        assert len(dd.read_parquet(f"{url}/set")) == PARTS * ROWS + 10
