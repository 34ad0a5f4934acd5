"""What libraries for data send and fetch: the requests and the bytes of each way to read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from fsspec.parquet import open_parquet_file
from tests.data.conftest import Costs

from b2sdk.v3 import Bucket

GROUPS = 4
ROWS = 40_000
"""Of a group: 320 kB of each column, more than a window."""
COLUMNS = [f"c{number}" for number in range(10)]
COLUMN_BYTES = GROUPS * ROWS * 8
TAIL = 256 * 1024
"""What is fetched to know what is in a file."""
SLACK = 1.03
"""What Parquet adds to the numbers."""
IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
NAMES = 100_000 if IS_LONG else 300
PAGE = 10_000


@pytest.fixture(scope="module")
def numbers() -> Any:
    random = np.random.default_rng(1)
    return pa.table({name: random.random(GROUPS * ROWS) for name in COLUMNS})


@pytest.fixture
def path(numbers: Any, bucket: Bucket, root: str, costs: Costs) -> str:
    """Return the path of ten columns, 13 MB."""
    file = io.BytesIO()
    pa.parquet.write_table(numbers, file, row_group_size=ROWS, use_dictionary=False)
    bucket.upload_bytes(file.getvalue(), "numbers.parquet")
    costs.begin()
    return f"{root}/numbers.parquet"


@pytest.fixture
def connection(fs: Any) -> Iterator[Any]:
    with duckdb.connect(config={"threads": 8}) as connection:
        connection.register_filesystem(fs)
        yield connection


def test_one_column_is_fetched_and_no_other(path: str, numbers: Any, costs: Costs) -> None:
    frame = pd.read_parquet(f"b2://{path}", columns=["c3"])
    cost = costs.take()
    assert frame["c3"].sum() == pytest.approx(pa.compute.sum(numbers["c3"]).as_py())
    assert cost.requests <= 2 + GROUPS
    assert cost.fetched <= COLUMN_BYTES * SLACK + TAIL
    assert cost.listings == 0


def test_columns_are_fetched_together_by_their_ranges(path: str, numbers: Any, costs: Costs) -> None:
    with open_parquet_file(f"b2://{path}", columns=["c3"], engine="pyarrow") as file:
        frame = pd.read_parquet(file, columns=["c3"])
    cost = costs.take()
    assert len(frame) == GROUPS * ROWS
    assert cost.requests <= 3 + GROUPS
    assert cost.fetched <= COLUMN_BYTES * SLACK + 2_000_000  # fsspec fetches a megabyte at the end, twice
    assert cost.listings == 0


def test_the_beginning_of_a_csv_file_is_enough(url: str, bucket: Bucket, costs: Costs) -> None:
    lines = b"".join(b"%d,%d\n" % (number, number * number) for number in range(100_000))
    bucket.upload_bytes(b"a,b\n" + lines, "a.csv")
    costs.begin()
    assert len(pd.read_csv(f"{url}/a.csv", nrows=5)) == 5
    cost = costs.take()
    assert (cost.requests <= 2, cost.fetched <= 600_000, cost.listings) == (True, True, 0)


def test_duckdb_counts_in_three_requests(connection: Any, path: str, costs: Costs) -> None:
    assert connection.execute(f"SELECT count(*) FROM 'b2://{path}'").fetchone() == (GROUPS * ROWS,)
    cost = costs.take()
    assert (cost.requests <= 3, cost.fetched <= 300_000, cost.listings) == (True, True, 0)


def test_duckdb_fetches_one_column(connection: Any, path: str, numbers: Any, costs: Costs) -> None:
    (found,) = connection.execute(f"SELECT sum(c3) FROM 'b2://{path}'").fetchone()
    cost = costs.take()
    assert found == pytest.approx(pa.compute.sum(numbers["c3"]).as_py())
    assert cost.requests <= 4 + GROUPS
    assert cost.fetched <= COLUMN_BYTES * SLACK + TAIL
    assert cost.listings == 0


def test_polars_reads_a_file_in_two_requests(fs: Any, path: str, costs: Costs) -> None:
    with fs.open(path) as file:
        assert pl.read_parquet(file).height == GROUPS * ROWS
    assert costs.take().requests == 2


def test_polars_scans_one_column_of_a_data_set(fs: Any, path: str, costs: Costs) -> None:
    data = pa.dataset.dataset(path, filesystem=fs)
    assert pl.scan_pyarrow_dataset(data).select("c3").collect().height == GROUPS * ROWS
    cost = costs.take()
    assert cost.requests <= 3 + GROUPS
    assert cost.fetched <= COLUMN_BYTES * SLACK + 2 * TAIL
    assert cost.listings == 0


@pytest.mark.skipif(not IS_LONG, reason="B2SDK_LONG_TESTS is not set")
def test_one_column_of_105_mb_is_fetched_in_13_requests(
    fs: Any, url: str, bucket: Bucket, connection: Any, costs: Costs
) -> None:
    rows = 1_310_720
    numbers = np.random.default_rng(0).random((len(COLUMNS), rows))
    file = io.BytesIO()
    table = pa.table(dict(zip(COLUMNS, numbers, strict=True)))
    pa.parquet.write_table(table, file, row_group_size=rows // 10, compression=None, use_dictionary=False)
    bucket.upload_bytes(file.getvalue(), "wide.parquet")
    costs.begin()
    frame = pd.read_parquet(f"{url}/wide.parquet", columns=["c3"])
    cost = costs.take()
    assert frame["c3"].sum() == pytest.approx(numbers[3].sum())
    assert (cost.requests <= 13, cost.fetched <= 11_200_000, cost.listings) == (True, True, 0)
    fs.invalidate_cache()
    (found,) = connection.execute(f"SELECT sum(c5) FROM '{url}/wide.parquet'").fetchone()
    cost = costs.take()
    assert found == pytest.approx(numbers[5].sum())
    assert (cost.requests <= 14, cost.fetched <= 11_200_000, cost.listings) == (True, True, 0)


def test_many_names_cost_a_call_for_each_page(fs: Any, root: str, costs: Costs) -> None:
    fs.pipe({f"{root}/many/train-{number:06d}": b"" for number in range(NAMES - 3)})
    fs.pipe({f"{root}/few/{number}": b"" for number in range(3)})
    fs.invalidate_cache()
    costs.begin()
    assert len(fs.find(root, refresh=True)) == NAMES
    pages = -(-NAMES // PAGE)
    assert costs.take() == (pages, 0, pages)
    fs.invalidate_cache()
    assert len(fs.glob(f"{root}/many/train-00000*")) == 10
    assert costs.take() == (1, 0, 1)
    assert fs.ls(f"{root}/few", detail=False, refresh=True) == [f"{root}/few/{number}" for number in range(3)]
    assert costs.take() == (1, 0, 1)


def test_one_name_costs_one_call_and_a_missing_one_two(fs: Any, root: str, bucket: Bucket, costs: Costs) -> None:
    bucket.upload_bytes(b"content", "file")
    fs.ls(root)  # so that the id of the bucket is known
    fs.invalidate_cache()
    costs.begin()
    assert fs.exists(f"{root}/file")
    assert costs.take() == (1, 0, 0)
    assert not fs.exists(f"{root}/missing")
    assert costs.take() == (2, 0, 1)
    with pytest.raises(FileNotFoundError):
        fs.cat_file(f"{root}/missing")
    assert costs.take() == (1, 0, 0)
    assert fs.cat_file(f"{root}/file") == b"content"
    assert costs.take() == (1, 7, 0)
