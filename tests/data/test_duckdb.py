"""DuckDB, which seeks and reads in several threads without a lock."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from b2sdk.simulator import Faults, WireFault
from b2sdk.v3 import Bucket

ROWS = 96_000
RUNS = 100
THREADS = 8


@pytest.fixture
def connection(fs: Any) -> Iterator[Any]:
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.register_filesystem(fs)
        yield connection


@pytest.fixture
def table(connection: Any) -> str:
    connection.execute(
        f"CREATE TABLE numbers AS SELECT i AS number, i % 3 AS last, 'name ' || i AS name FROM range({ROWS}) t(i)"
    )
    return "numbers"


@pytest.mark.parametrize(
    ("name", "options"), [("a.parquet", "FORMAT parquet"), ("a.csv", "FORMAT csv, HEADER"), ("a.json", "FORMAT json")]
)
def test_a_copy_is_read_back(connection: Any, table: str, url: str, bucket: Bucket, name: str, options: str) -> None:
    connection.execute(f"COPY {table} TO '{url}/out/{name}' ({options})")
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == [f"out/{name}"]
    found = connection.execute(f"SELECT count(*), sum(number), max(name) FROM '{url}/out/{name}'").fetchone()
    assert found == (ROWS, ROWS * (ROWS - 1) // 2, "name 9999")


def test_a_partitioned_copy_is_read_back_and_overwritten(connection: Any, table: str, url: str, bucket: Bucket) -> None:
    copy = f"TO '{url}/parts' (FORMAT parquet, PARTITION_BY (last)"
    connection.execute(f"COPY {table} {copy})")
    read = f"FROM read_parquet('{url}/parts/*/*.parquet', hive_partitioning = true)"
    by_last = connection.execute(f"SELECT last, count(*), sum(number) {read} GROUP BY last ORDER BY last").fetchall()
    expected = [(last, ROWS // 3, sum(range(last, ROWS, 3))) for last in range(3)]
    assert by_last == expected
    assert connection.execute(f"SELECT count(*) {read} WHERE last = 1").fetchone() == (ROWS // 3,)
    with pytest.raises(duckdb.IOException, match="not empty"):
        connection.execute(f"COPY {table} {copy})")
    connection.execute(f"COPY (FROM {table} WHERE number < 30) {copy}, OVERWRITE)")
    assert connection.execute(f"SELECT count(*), sum(number) {read}").fetchone() == (30, sum(range(30)))


def test_several_files_are_found_by_a_pattern(connection: Any, table: str, url: str) -> None:
    for part in range(3):
        connection.execute(f"COPY (FROM {table} WHERE last = {part}) TO '{url}/many/{part}.parquet'")
    many = f"read_parquet('{url}/many/*.parquet', filename = true)"
    found = connection.execute(f"SELECT count(*), count(DISTINCT filename) FROM {many}")
    assert found.fetchone() == (ROWS, 3)
    with pytest.raises(duckdb.IOException, match="No files found"):
        connection.execute(f"FROM '{url}/none/*.parquet'")


def test_threads_read_what_they_sought_a_hundred_times_of_a_hundred(
    connection: Any, url: str, bucket: Bucket, b2_sim_faults: Faults
) -> None:
    file = io.BytesIO()
    # Not compressed, and in many groups of rows, so that threads read at many places at the same time.
    numbers = pa.table({name: pa.array(range(offset, offset + ROWS)) for offset, name in enumerate("abc")})
    pa.parquet.write_table(numbers, file, row_group_size=ROWS // THREADS, use_dictionary=False, compression=None)
    bucket.upload_bytes(file.getvalue(), "numbers.parquet")
    b2_sim_faults.add(WireFault(kind="stall", endpoint="b2_download_file_by_name", seconds=0.005, count=10**6))
    b2_sim_faults.add(WireFault(kind="stall", endpoint="b2_download_file_by_id", seconds=0.005, count=10**6))
    right = ROWS * (ROWS - 1) // 2 + ROWS
    sums = [connection.execute(f"SELECT sum(b) FROM '{url}/numbers.parquet'").fetchone()[0] for _ in range(RUNS)]
    assert sums == [right] * RUNS
