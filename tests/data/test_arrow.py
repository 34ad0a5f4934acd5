"""Arrow's data sets, and files of its formats, through the filesystem."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.fs
import pyarrow.parquet
import pytest

from b2sdk.v3 import Bucket


@pytest.fixture
def table() -> Any:
    return pa.table(
        {
            "year": [2020 + number % 3 for number in range(3000)],
            "number": list(range(3000)),
            "name": [f"name {number}" for number in range(3000)],
        }
    )


HIVE = pa.dataset.partitioning(pa.schema([("year", pa.int64())]), flavor="hive")


def names(bucket: Bucket) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


def test_a_partitioned_data_set_is_written_and_read(fs: Any, root: str, table: Any, bucket: Bucket) -> None:
    pa.dataset.write_dataset(table, f"{root}/set", filesystem=fs, format="parquet", partitioning=HIVE)
    assert names(bucket) == [f"set/year={year}/part-0.parquet" for year in (2020, 2021, 2022)]
    found = pa.dataset.dataset(f"{root}/set", filesystem=fs, format="parquet", partitioning=HIVE)
    assert found.count_rows() == 3000
    some = found.to_table(columns=["number", "year"], filter=pa.dataset.field("year") == 2021).sort_by("number")
    assert some["number"].to_pylist() == list(range(1, 3000, 3))
    assert set(some["year"].to_pylist()) == {2021}


def test_a_data_set_is_replaced(fs: Any, root: str, table: Any, bucket: Bucket) -> None:
    def write(rows: Any, behaviour: str) -> None:
        pa.dataset.write_dataset(
            rows,
            f"{root}/set",
            filesystem=fs,
            format="parquet",
            partitioning=HIVE,
            existing_data_behavior=behaviour,
            basename_template=f"{rows.num_rows}-{{i}}.parquet",
        )

    write(table, "error")
    with pytest.raises(pa.ArrowInvalid, match="not empty"):
        write(table, "error")
    write(table.slice(0, 1), "delete_matching")
    assert names(bucket) == [
        "set/year=2020/1-0.parquet",
        "set/year=2021/3000-0.parquet",
        "set/year=2022/3000-0.parquet",
    ]
    write(table.slice(1, 1), "overwrite_or_ignore")
    assert len(names(bucket)) == 4
    rows = pa.dataset.dataset(f"{root}/set", filesystem=fs, partitioning=HIVE).count_rows()
    assert rows == 1 + 1000 + 1 + 1000


def test_files_of_each_format_are_written_and_read(fs: Any, root: str, table: Any) -> None:
    handler = pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs))
    pa.parquet.write_table(table, f"{root}/a.parquet", filesystem=handler)
    assert pa.parquet.read_table(f"{root}/a.parquet", filesystem=fs).equals(table)
    with fs.open(f"{root}/a.arrow", "wb") as target, pa.ipc.new_file(target, table.schema) as writer:
        writer.write_table(table)
    with fs.open(f"{root}/a.arrow") as source:
        assert pa.ipc.open_file(source).read_all().equals(table)
    with handler.open_output_stream(f"{root}/a.csv") as stream:
        pa.csv.write_csv(table, stream)
    with handler.open_input_stream(f"{root}/a.csv") as stream:
        assert pa.csv.read_csv(stream).equals(table)


def test_arrow_knows_files_and_folders(fs: Any, root: str, bucket: Bucket) -> None:
    version = bucket.upload_bytes(b"content", "folder/file")
    handler = pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs))
    file, folder, missing = handler.get_file_info([f"{root}/folder/file", f"{root}/folder", f"{root}/none"])
    assert (file.type, file.size) == (pa.fs.FileType.File, 7)
    assert round(file.mtime.timestamp() * 1000) == version.upload_timestamp
    assert (folder.type, missing.type) == (pa.fs.FileType.Directory, pa.fs.FileType.NotFound)
    found = handler.get_file_info(pa.fs.FileSelector(root, recursive=True))
    assert [info.path for info in found] == [f"{root}/folder", f"{root}/folder/file"]
    handler.copy_file(f"{root}/folder/file", f"{root}/copy")
    handler.move(f"{root}/copy", f"{root}/moved")
    handler.delete_dir(f"{root}/folder")
    assert names(bucket) == ["moved"]
    handler.create_dir(f"{root}/new")
    assert handler.get_file_info(f"{root}/new").type == pa.fs.FileType.Directory
