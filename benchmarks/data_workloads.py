"""What is measured of a filesystem for fsspec: one workload in one process, with s3fs or with this package.

    python benchmarks/data_workloads.py PROTOCOL NAME URL DIRECTORY COUNT SIZE

PROTOCOL is ``b2`` or ``s3``; the programs are the same but for the options that say where the service is. ``make`` and
``make_tables`` make the files in DIRECTORY, once for both, and ``furnish`` uploads them. The rest is as in
``workloads.py``: a workload prepares, untimed, and returns its work. Besides, ``above`` is how far the peak of the
memory is above what is in use when the tools have been imported, before anything of the filesystem is; and ``began``
is when the work began.
"""

# ruff: noqa: PLC0415, PTH103, PTH123
# As in `workloads.py`.

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time

from workloads import Task, peak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Work = Callable[[], None]

BUCKET = "benchmark-of-data-tools"
COLUMNS = 10
ROW_GROUPS = 10
SIZE_OF_MEMBER = 40_000
CHUNKS = 20
SIZE_OF_CHUNK = 100_000
SMALL_SIZE = 10 * 1024
CREDENTIALS = "benchmark-key-id", "benchmark-key"


class DataTask(Task):
    """Where to work, and by which filesystem."""

    def __init__(self, protocol: str, url: str, directory: str, count: int, size: int) -> None:
        super().__init__(url, directory, count, size)
        self.protocol = protocol
        self.before = 0
        """Bytes of memory in use before anything of the filesystem was imported."""

    @property
    def options(self) -> dict[str, Any]:
        key_id, key = CREDENTIALS
        if self.protocol == "b2":
            return {"key_id": key_id, "key": key, "realm": self.url}
        return {"key": key_id, "secret": key, "endpoint_url": self.url}

    def url_of(self, name: str) -> str:
        return f"{self.protocol}://{BUCKET}/{name}"

    def filesystem(self) -> Any:
        """Return a filesystem that has been used once. What the workload imports has been imported before."""
        import fsspec

        self.before = in_use()
        fs = fsspec.filesystem(self.protocol, **self.options)
        assert fs.cat_file(self.url_of("warm")) == b"warm"
        return fs


# --- files ---


def make(task: DataTask) -> Work:
    """Make eight tenths of ``size`` bytes as a ZIP, and small files."""
    import zipfile

    def work() -> None:
        numbers = random.Random(1)
        with zipfile.ZipFile(task.path("members.zip"), "w") as file:
            for number in range(task.size * 8 // 10 // SIZE_OF_MEMBER):
                file.writestr(f"member-{number:05}", numbers.randbytes(SIZE_OF_MEMBER))
        os.makedirs(task.path("small"))
        for number in range(task.count):
            with open(task.path(f"small/file-{number:06}"), "wb") as small:
                small.write(numbers.randbytes(SMALL_SIZE))
        with open(task.path("warm"), "wb") as warm:
            warm.write(b"warm")

    return work


def make_tables(task: DataTask) -> Work:
    """Make ``size`` bytes of Parquet, three tenths of that as CSV, and an array."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    import zarr

    def work() -> None:
        numbers = np.random.default_rng(1)
        rows = task.size // COLUMNS // 8
        table = pa.table({f"column{number}": numbers.random(rows) for number in range(COLUMNS)})
        plain: dict[str, Any] = {"compression": "none", "use_dictionary": False}
        pq.write_table(table, task.path("table.parquet"), row_group_size=rows // ROW_GROUPS, **plain)
        lines = task.size * 3 // 10 // 19 // COLUMNS
        table.slice(0, lines).to_pandas().to_csv(task.path("table.csv"), index=False)
        length = SIZE_OF_CHUNK // 8
        array = zarr.create_array(
            task.path("array"), shape=(CHUNKS * length,), chunks=(length,), dtype="f8", compressors=None
        )
        array[:] = numbers.random(CHUNKS * length)

    return work


def furnish(task: DataTask) -> Work:
    """Upload what was made."""
    import fsspec

    def work() -> None:
        fs = fsspec.filesystem(task.protocol, **task.options)
        fs.mkdir(BUCKET)
        fs.put(f"{task.directory}/", BUCKET, recursive=True)

    return work


# --- what is measured ---


def parquet_column(task: DataTask) -> Work:
    """Read one column."""
    return _read_parquet(task, ["column3"])


def parquet_all(task: DataTask) -> Work:
    return _read_parquet(task, None)


def _read_parquet(task: DataTask, columns: list[str] | None) -> Work:
    import pandas as pd
    import pyarrow.parquet  # noqa: F401  # pandas would, in the middle of the work

    task.filesystem()

    def work() -> None:
        frame = pd.read_parquet(task.url_of("table.parquet"), columns=columns, storage_options=task.options)
        assert frame.shape == (task.size // COLUMNS // 8, len(columns or range(COLUMNS)))

    return work


def csv_head(task: DataTask) -> Work:
    """Read five lines."""
    import pandas as pd

    task.filesystem()

    def work() -> None:
        assert pd.read_csv(task.url_of("table.csv"), nrows=5, storage_options=task.options).shape == (5, COLUMNS)

    return work


def zip_members(task: DataTask) -> Work:
    """Read some members in the order in which they are in the file."""
    return _read_members(task, sorted)


def zip_at_random(task: DataTask) -> Work:
    """Read the same members in any order."""
    return _read_members(task, list)


def _read_members(task: DataTask, ordered: Callable[[list[str]], list[str]]) -> Work:
    import zipfile

    fs = task.filesystem()

    def work() -> None:
        with fs.open(task.url_of("members.zip")) as opened, zipfile.ZipFile(opened) as file:
            for name in ordered(random.Random(1).sample(file.namelist(), task.count)):  # the same ones each time
                assert len(file.read(name)) == SIZE_OF_MEMBER

    return work


def zarr_chunks(task: DataTask) -> Work:
    """Read chunks of an array that is open, one after the other."""
    import zarr

    task.filesystem()
    array: Any = zarr.open_array(task.url_of("array"), mode="r", storage_options=task.options)
    length = SIZE_OF_CHUNK // 8

    def work() -> None:
        for number in range(task.count):
            assert array[number * length : (number + 1) * length].shape == (length,)

    return work


def put_small(task: DataTask) -> Work:
    """Upload a folder."""
    fs = task.filesystem()

    def work() -> None:
        fs.put(task.path("small"), task.url_of(f"uploaded-{os.getpid()}"), recursive=True)

    return work


def get_small(task: DataTask) -> Work:
    """Download a folder."""
    fs = task.filesystem()

    def work() -> None:
        fs.get(task.url_of("small"), task.path("fetched"), recursive=True)
        assert len(os.listdir(task.path("fetched"))) == task.count  # noqa: PTH208

    return work


WORKLOADS: dict[str, Callable[[DataTask], Work]] = {
    work.__name__: work
    for work in (
        make, make_tables, furnish, parquet_column, parquet_all, csv_head, zip_members, zip_at_random,
        zarr_chunks, put_small, get_small,
    )
}  # fmt: skip


def in_use() -> int:
    """Return how much memory is in use."""
    gc.collect()
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def main(protocol: str, name: str, url: str, directory: str, count: str, size: str) -> None:
    task = DataTask(protocol, url, directory, int(count), int(size))
    work = WORKLOADS[name](task)
    began, cpu, wall = time.time(), time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak(), "above": peak() - task.before, "began": began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
