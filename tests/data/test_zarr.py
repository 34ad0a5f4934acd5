"""zarr 3, which awaits the filesystem in an event loop of its own."""

from __future__ import annotations

from typing import Any

import fsspec
import numpy as np
import pytest
import zarr
import zarr.errors
import zarr.storage
from tests.data.conftest import Costs

from b2sdk.v3 import Bucket

VALUES: Any = np.arange(64 * 64, dtype="i4").reshape(64, 64)


def names(bucket: Bucket) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


def test_a_group_with_arrays_is_written_and_read(url: str, bucket: Bucket) -> None:
    group = zarr.open_group(f"{url}/store", mode="w", attributes={"title": "example"})
    array = group.create_array("values", shape=VALUES.shape, chunks=(16, 16), dtype="i4")
    array[:] = VALUES
    group.create_group("below").create_array("few", data=np.arange(3))
    assert len([name for name in names(bucket) if name.startswith("store/values/c/")]) == 16
    found = zarr.open_group(f"{url}/store", mode="r")
    assert found.attrs["title"] == "example"
    assert sorted(found.keys()) == ["below", "values"]
    np.testing.assert_array_equal(found["values"][:], VALUES)
    np.testing.assert_array_equal(found["values"][10:20, 60:], VALUES[10:20, 60:])
    np.testing.assert_array_equal(found["below/few"][:], [0, 1, 2])


def test_chunks_that_are_missing_have_the_fill_value(url: str, bucket: Bucket, costs: Costs) -> None:
    array = zarr.create_array(f"{url}/sparse", shape=(64, 64), chunks=(16, 16), dtype="i4", fill_value=7)
    array[:16, :16] = 1
    assert names(bucket) == ["sparse/c/0/0", "sparse/zarr.json"]
    expected = np.full((64, 64), 7)
    expected[:16, :16] = 1
    found = zarr.open_array(f"{url}/sparse", mode="r")
    costs.begin()
    np.testing.assert_array_equal(found[:], expected)
    requests, _, listings = costs.take()
    assert (requests, listings) == (16, 0)


def test_shards_are_read_by_ranges(url: str, bucket: Bucket, costs: Costs) -> None:
    array = zarr.create_array(
        f"{url}/shards", shape=VALUES.shape, chunks=(8, 8), shards=(32, 32), dtype="i4", compressors=None
    )
    array[:] = VALUES
    assert len([name for name in names(bucket) if "/c/" in name]) == 4
    found = zarr.open_array(f"{url}/shards", mode="r")
    costs.begin()
    np.testing.assert_array_equal(found[:8, :8], VALUES[:8, :8])
    requests, fetched, listings = costs.take()
    assert (requests, listings) == (2, 0)
    assert fetched == 8 * 8 * 4 + 16 * 16 + 4  # a chunk; and the index of 16, with its checksum
    np.testing.assert_array_equal(found[:], VALUES)
    array[5, 5] = -1
    assert found[5, 5] == -1
    assert found[5, 6] == VALUES[5, 6]


@pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
def test_consolidated_metadata_saves_requests(url: str, costs: Costs) -> None:
    group = zarr.open_group(f"{url}/store", mode="w")
    for number in range(5):
        group.create_array(f"array-{number}", data=np.arange(number + 1))
    zarr.consolidate_metadata(f"{url}/store")
    costs.begin()
    found = zarr.open_consolidated(f"{url}/store", zarr_format=3)  # which it would find out by three more requests
    assert sorted(found.keys()) == [f"array-{number}" for number in range(5)]
    assert [found[f"array-{number}"].shape for number in range(5)] == [(number + 1,) for number in range(5)]
    requests, _, listings = costs.take()
    assert (requests, listings) == (1, 0)


def test_what_is_deleted_or_overwritten_is_gone(url: str, bucket: Bucket) -> None:
    group = zarr.open_group(f"{url}/store", mode="w")
    group.create_array("one", data=VALUES, chunks=(32, 32))
    group.create_array("two", data=np.arange(3))
    del group["one"]
    assert names(bucket) == ["store/two/c/0", "store/two/zarr.json", "store/zarr.json"]
    with pytest.raises(KeyError):
        group["one"]
    zarr.open_group(f"{url}/store", mode="w")
    assert names(bucket) == ["store/zarr.json"]
    with pytest.raises(FileNotFoundError):
        zarr.open_array(f"{url}/none", mode="r")


def test_a_filesystem_is_a_store(fs: Any, root: str) -> None:
    store = zarr.storage.FsspecStore(fsspec.filesystem("b2", asynchronous=True), path=f"{root}/store")
    zarr.create_array(store, data=VALUES, chunks=(16, 16))
    with pytest.warns(zarr.errors.ZarrUserWarning, match="asynchronous=True"):
        store = zarr.storage.FsspecStore(fs, path=f"{root}/store")
    np.testing.assert_array_equal(zarr.open_array(store)[:], VALUES)
