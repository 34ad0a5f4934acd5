"""HDF5 in open files, those of other processes too."""

from __future__ import annotations

import io
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import h5py
import numpy as np
import pytest
from tests.data.conftest import Costs

from b2sdk.v3 import Bucket

VALUES = np.arange(400 * 500, dtype="f8").reshape(400, 500)


@pytest.fixture
def path(bucket: Bucket, root: str) -> str:
    local = io.BytesIO()
    with h5py.File(local, "w") as file:
        file.create_dataset("values", data=VALUES, chunks=(40, 500), compression="gzip")
        file["values"].attrs["unit"] = "m"
    bucket.upload_bytes(local.getvalue(), "folder/values.h5")
    return f"{root}/folder/values.h5"


def test_h5py_reads_an_open_file(fs: Any, path: str, costs: Costs) -> None:
    with fs.open(path) as source, h5py.File(source) as file:
        assert file["values"].attrs["unit"] == "m"
        np.testing.assert_array_equal(file["values"][100:140, ::7], VALUES[100:140, ::7])
        np.testing.assert_array_equal(file["values"][:], VALUES)
    requests, _, listings = costs.take()
    assert requests <= 4
    assert listings == 0


def test_h5py_cannot_write_what_is_not_seekable(fs: Any, root: str, bucket: Bucket) -> None:
    with pytest.raises(io.UnsupportedOperation), fs.open(f"{root}/a.h5", "wb") as target, h5py.File(target, "w"):
        pass
    assert list(bucket.ls()) == []
    with fs.open(f"{root}/a.h5", "wb") as target:
        local = io.BytesIO()
        with h5py.File(local, "w") as file:
            file["few"] = [1, 2, 3]
        target.write(local.getvalue())
    with fs.open(f"{root}/a.h5") as source, h5py.File(source) as file:
        assert list(file["few"]) == [1, 2, 3]


def row_sum(file: Any, row: int) -> float:
    """Read in another process what was opened in this one."""
    with h5py.File(file) as opened:
        return float(opened["values"][row].sum())


@pytest.mark.parametrize("start", ["spawn", "fork", "forkserver"])
def test_an_open_file_is_read_by_other_processes(fs: Any, path: str, start: str) -> None:
    with fs.open(path) as file:
        file.read(1)
        with ProcessPoolExecutor(1, get_context(start)) as pool:
            assert list(pool.map(row_sum, [file, file], [0, 399])) == [VALUES[0].sum(), VALUES[399].sum()]
        assert file.tell() == 1
