"""pandas, by URLs."""

from __future__ import annotations

from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from b2sdk.v3 import Bucket


@pytest.fixture
def frame() -> Any:
    return pd.DataFrame(
        {
            "number": range(1000),
            "half": [number / 2 for number in range(1000)],
            "name": [f"name {number}, or ünï" for number in range(1000)],
            "day": pd.date_range("2026-01-01", periods=1000),
        }
    )


def test_parquet_is_written_and_read(url: str, frame: Any, bucket: Bucket) -> None:
    frame.to_parquet(f"{url}/folder/frame.parquet")
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["folder/frame.parquet"]
    assert_frame_equal(pd.read_parquet(f"{url}/folder/frame.parquet"), frame)
    assert_frame_equal(pd.read_parquet(f"{url}/folder/frame.parquet", columns=["half"]), frame[["half"]])


def test_partitioned_parquet_is_written_and_read(url: str, frame: Any) -> None:
    frame["last"] = frame["number"] % 3
    frame.to_parquet(f"{url}/parts", partition_cols=["last"])
    found = pd.read_parquet(f"{url}/parts", filters=[("last", "=", 1)])
    assert_frame_equal(
        found.drop(columns="last").reset_index(drop=True),
        frame[frame["last"] == 1].drop(columns="last").reset_index(drop=True),
    )


@pytest.mark.parametrize("name", ["frame.csv", "frame.csv.gz", "frame.csv.zip", "frame.csv.bz2", "frame.csv.xz"])
def test_csv_is_written_and_read(url: str, frame: Any, name: str) -> None:
    frame.to_csv(f"{url}/{name}", index=False)
    assert_frame_equal(pd.read_csv(f"{url}/{name}", parse_dates=["day"]), frame, check_dtype=False)
    first = next(iter(pd.read_csv(f"{url}/{name}", chunksize=100)))
    assert list(first["number"]) == list(range(100))


def test_json_is_written_and_read(url: str, frame: Any) -> None:
    frame.to_json(f"{url}/frame.json", orient="records", lines=True, date_format="iso")
    assert list(pd.read_json(f"{url}/frame.json", lines=True)["name"]) == list(frame["name"])


def test_feather_and_pickles_are_written_and_read(url: str, frame: Any) -> None:
    frame.to_feather(f"{url}/frame.feather")
    assert_frame_equal(pd.read_feather(f"{url}/frame.feather"), frame)
    frame.to_pickle(f"{url}/frame.pickle")
    assert_frame_equal(pd.read_pickle(f"{url}/frame.pickle"), frame)  # noqa: S301


def test_what_is_overwritten_is_read_as_it_is_now(url: str, frame: Any) -> None:
    frame.to_parquet(f"{url}/frame.parquet")
    pd.read_parquet(f"{url}/frame.parquet")
    frame[:10].to_parquet(f"{url}/frame.parquet")
    assert_frame_equal(pd.read_parquet(f"{url}/frame.parquet"), frame[:10])


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_table_that_cannot_be_written_makes_no_file(url: str, bucket: Bucket) -> None:
    broken = pd.DataFrame({"number": [*range(200_000), Unwritable()]}, dtype=object)
    with pytest.raises(RuntimeError, match="no text"), fsspec.open(f"{url}/broken.csv", "w") as target:
        broken.to_csv(target)
    with pytest.raises(pa.ArrowInvalid):
        broken.to_parquet(f"{url}/broken.parquet")
    assert list(bucket.ls(recursive=True, latest_only=False)) == []
    assert list(bucket.list_unfinished_large_files()) == []


def test_what_is_not_there_is_not_found(url: str) -> None:
    for read in (pd.read_csv, pd.read_parquet):
        with pytest.raises(FileNotFoundError):
            read(f"{url}/missing")
