"""polars, which knows no URL of fsspec and takes open files."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow.dataset
import pytest
from polars.testing import assert_frame_equal

from b2sdk.v3 import Bucket


@pytest.fixture
def frame() -> Any:
    return pl.DataFrame({"number": range(1000), "name": [f"name {number}" for number in range(1000)]})


def test_open_files_are_written_and_read(fs: Any, root: str, frame: Any, bucket: Bucket) -> None:
    with fs.open(f"{root}/a.parquet", "wb") as target:
        frame.write_parquet(target)
    with fs.open(f"{root}/a.csv", "wb") as target:
        frame.write_csv(target)
    assert [version.file_name for version, _ in bucket.ls()] == ["a.csv", "a.parquet"]
    for name, read in (("a.parquet", pl.read_parquet), ("a.csv", pl.read_csv)):
        with fs.open(f"{root}/{name}") as source:
            assert_frame_equal(read(source), frame)
    with fs.open(f"{root}/a.parquet") as source:
        assert_frame_equal(pl.scan_parquet(source).filter(pl.col("number") < 3).collect(), frame[:3])


def test_a_data_set_of_arrow_is_scanned(fs: Any, root: str, frame: Any) -> None:
    pyarrow.dataset.write_dataset(frame.to_arrow(), f"{root}/set", filesystem=fs, format="parquet")
    scanned = pl.scan_pyarrow_dataset(pyarrow.dataset.dataset(f"{root}/set", filesystem=fs))
    assert_frame_equal(scanned.filter(pl.col("number") > 990).select("name").collect(), frame[991:].select("name"))


def test_polars_itself_does_not_find_urls(url: str) -> None:
    with pytest.raises((FileNotFoundError, pl.exceptions.ComputeError)):
        pl.read_parquet(f"{url}/a.parquet")
