"""xarray: netCDF in open files, over h5netcdf, and zarr by URLs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from b2sdk.v3 import Bucket

VALUES = np.arange(400 * 500, dtype="f8").reshape(400, 500)


@pytest.fixture
def dataset() -> Any:
    return xr.Dataset(
        {"temperature": (("time", "place"), VALUES)},
        coords={"time": np.arange(400), "place": np.arange(500)},
        attrs={"title": "example"},
    )


def test_xarray_reads_netcdf_of_an_open_file(fs: Any, root: str, bucket: Bucket, dataset: Any) -> None:
    bucket.upload_bytes(bytes(dataset.to_netcdf(engine="h5netcdf")), "a.nc")
    with fs.open(f"{root}/a.nc") as source, xr.open_dataset(source, engine="h5netcdf") as found:
        assert found.attrs["title"] == "example"
        xr.testing.assert_identical(found.isel(time=[3, 5]).load(), dataset.isel(time=[3, 5]))
        xr.testing.assert_identical(found.load(), dataset)


def test_xarray_writes_and_reads_zarr(url: str, dataset: Any) -> None:
    dataset.to_zarr(f"{url}/a.zarr", mode="w", consolidated=False)
    with xr.open_zarr(f"{url}/a.zarr", consolidated=False, chunks=None) as found:
        xr.testing.assert_identical(found.load(), dataset)
    more = dataset.assign_coords(time=np.arange(400, 800))
    more.to_zarr(f"{url}/a.zarr", append_dim="time", consolidated=False)
    with xr.open_zarr(f"{url}/a.zarr", consolidated=False, chunks={}) as found:
        assert float(found["temperature"].sum().compute(scheduler="threads")) == 2 * VALUES.sum()
