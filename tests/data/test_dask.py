"""dask, whose workers are other processes: each makes its own filesystem of a pickle."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterator
from typing import Any

import dask
import dask.bag as db
import dask.dataframe as dd
import distributed
import fsspec
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.v3 import Bucket

PARTS, ROWS = 4, 1000
ACCOUNT = ("B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY")
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
    made = cluster.run(eval, "len(__import__('fsspec').get_filesystem_class('b2')._cache)")
    assert len(made) == 2
    assert all(made.values())


@pytest.mark.usefixtures("parts")
def test_workers_take_the_account_of_their_environment(cluster: Any, url: str, frame: Any, fs: Any) -> None:
    cluster.run(exec, f"import os; os.environ.update({ {name: os.environ[name] for name in ACCOUNT}!r})")
    cluster.run(exec, f"import fsspec; fsspec.config.conf['b2'] = {fsspec.config.conf['b2']!r}")
    assert os.environ["B2_APPLICATION_KEY"].encode() not in pickle.dumps(fs)
    assert dd.read_parquet(f"{url}/set")["number"].sum().compute() == frame["number"].sum()
    written = db.from_sequence(["a", "b", "c"], npartitions=3).to_textfiles(f"{url}/text/*.txt")
    assert len(written) == 3
    assert db.read_text(f"{url}/text/*.txt").compute() == ["a", "b", "c"]


@pytest.mark.usefixtures("parts")
def test_new_files_are_read_after_a_refresh(fs: Any, url: str, root: str, frame: Any, bucket: Bucket) -> None:
    with dask.config.set(scheduler="synchronous"):
        assert len(dd.read_parquet(f"{url}/set")) == PARTS * ROWS
        bucket.upload_bytes(parquet(frame[:10]), "set/new.parquet")
        fs.invalidate_cache(f"{root}/set")
        assert len(dd.read_parquet(f"{url}/set")) == PARTS * ROWS + 10
