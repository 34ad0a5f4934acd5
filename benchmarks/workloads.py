"""What is measured: one workload in one process, by whichever b2sdk its interpreter has.

    python benchmarks/workloads.py NAME URL DIRECTORY COUNT SIZE

Nothing is used but the public surface ``b2sdk.v2``, which both have. URL is that of the service, DIRECTORY where to
work; COUNT and SIZE are what the workload speaks of. A workload prepares, untimed, and returns its work, which returns
how many times as much there was to do as it did, if not all; what is printed, as JSON, is CPU and elapsed seconds of
the work, times that, and the peak memory of the process in bytes.
"""

# ruff: noqa: PLC0415, PTH102, PTH116, PTH123
# What b2sdk imports is a part of what is measured, so nothing is imported here that it would import anyway.

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Work = Callable[[], "float | None"]

WORKERS = 32
"""Threads of the workloads that have any of their own."""
WORKERS_OF_A_LISTING = 8
FILES_IN_A_DIRECTORY = 100
PAGE = 10_000
"""Entries in the longest page of a listing."""


class Task:
    """Where to work, and how much."""

    def __init__(self, url: str, directory: str, count: int, size: int) -> None:
        self.url = url
        self.directory = directory
        self.count = count
        self.size = size

    def path(self, name: str) -> str:
        return f"{self.directory}/{name}"

    def api(self, workers: int | None = None) -> Any:
        from b2sdk.v2 import B2Api, InMemoryAccountInfo

        sizes: dict[str, Any] = (
            {} if workers is None else {"max_upload_workers": workers, "max_download_workers": workers}
        )
        api = B2Api(InMemoryAccountInfo(), **sizes)
        api.authorize_account(self.url, "key-id", "key")
        return api

    def bucket(self, name: str = "work", workers: int | None = None) -> Any:
        return self.api(workers=workers).get_bucket_by_name(name)

    def names(self) -> list[str]:
        return [f"file-{number:06}" for number in range(self.count)]


class Silence:
    """Where lines of a report go, so that they take no memory."""

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass


def cold_start(task: Task) -> Work:
    """Import, log in from the cache, one upload, one page of a listing."""

    def work() -> None:
        from b2sdk.v2 import B2Api, SqliteAccountInfo

        bucket = B2Api(SqliteAccountInfo(task.path("account.sqlite"))).get_bucket_by_name("work")
        bucket.upload_bytes(bytes(task.size), "cold")
        assert [version.file_name for version, _ in bucket.ls()]

    return work


def log_in(task: Task) -> Work:
    """Fill the cache that :func:`cold_start` logs in from."""

    def work() -> None:
        from b2sdk.v2 import B2Api, SqliteAccountInfo

        B2Api(SqliteAccountInfo(task.path("account.sqlite"))).authorize_account(task.url, "key-id", "key")

    return work


def small_uploads(task: Task) -> Work:
    bucket, content = task.bucket(), bytes(task.size)
    bucket.upload_bytes(content, "warm")

    def work() -> None:
        for name in task.names():
            bucket.upload_bytes(content, name)

    return work


def small_downloads(task: Task) -> Work:
    import io

    bucket = task.bucket()
    bucket.download_file_by_name("file-000000").save(io.BytesIO())

    def work() -> None:
        for name in task.names():
            content = io.BytesIO()
            bucket.download_file_by_name(name).save(content)
            assert content.tell() == task.size

    return work


def small_copies(task: Task) -> Work:
    bucket = task.bucket()
    source = bucket.upload_bytes(bytes(task.size), "source").id_

    def work() -> None:
        for name in task.names():
            bucket.copy(source, name)

    return work


def file_infos(task: Task) -> Work:
    bucket = task.bucket()
    file_id = bucket.upload_bytes(bytes(task.size), "source").id_

    def work() -> None:
        for _ in task.names():
            assert bucket.get_file_info_by_id(file_id).size == task.size

    return work


def upload_large(task: Task) -> Work:
    bucket = task.bucket()

    def work() -> None:
        assert bucket.upload_local_file(task.path("large"), "large").size == task.size

    return work


def upload_stream(task: Task) -> Work:
    bucket = task.bucket()

    def work() -> None:
        with open(task.path("large"), "rb") as source:
            assert bucket.upload_unbound_stream(source, "stream").size == task.size

    return work


def _download(task: Task, name: str) -> Work:
    bucket = task.bucket()

    def work() -> None:
        bucket.download_file_by_name(name).save_to(task.path("fetched"))
        assert os.stat(task.path("fetched")).st_size == task.size

    return work


def download_large(task: Task) -> Work:
    return _download(task, "verified")


def download_unverified(task: Task) -> Work:
    return _download(task, "unverified")


def listing(task: Task) -> Work:
    bucket = task.bucket(f"made-up-{task.count}")

    def work() -> None:
        assert sum(1 for _ in bucket.ls(recursive=True)) == task.count

    return work


def _in_ranges() -> dict[str, Any]:
    """Return the option by which listings and folders are read in several ranges of names, where there is one."""
    import inspect

    from b2sdk.v2 import parse_folder

    can = "workers" in inspect.signature(parse_folder).parameters
    return {"workers": WORKERS_OF_A_LISTING} if can else {}


def _listing_in_ranges(task: Task, kind: str) -> Work:
    bucket, options = task.bucket(f"made-up-{kind}-{task.count}"), _in_ranges()

    def work() -> None:
        assert sum(1 for _ in bucket.ls(recursive=True, fetch_count=PAGE, **options)) == task.count

    return work


def ranges_of_numbers(task: Task) -> Work:
    return _listing_in_ranges(task, "numbers")


def ranges_of_hashes(task: Task) -> Work:
    return _listing_in_ranges(task, "hashes")


def ranges_of_dates(task: Task) -> Work:
    return _listing_in_ranges(task, "dates")


def _sync(task: Task, source: str, dest: str, threads: int, **options: Any) -> Work:
    from b2sdk.v2 import Synchronizer, SyncReport, parse_folder

    api = task.api(workers=threads)
    folders = parse_folder(source, api, **options), parse_folder(dest, api, **options)
    report, synchronizer = SyncReport(Silence(), no_progress=True), Synchronizer(threads)

    def work() -> None:
        synchronizer.sync_folders(*folders, now_millis=round(time.time() * 1000), reporter=report)

    return work


def sync_nothing(task: Task) -> Work:
    return _sync(task, task.path("tree"), f"b2://made-up-{task.count}", 10)


def sync_nothing_in_ranges(task: Task) -> Work:
    return _sync(task, task.path("tree"), f"b2://made-up-{task.count}", 10, **_in_ranges())


def sync_up(task: Task) -> Work:
    return _sync(task, task.path("small"), "b2://small", WORKERS)


def sync_down(task: Task) -> Work:
    os.mkdir(task.path("fetched"))
    return _sync(task, f"b2://made-up-{task.count}", task.path("fetched"), WORKERS)


def _in_threads(task: Task, do: Callable[[str], Any]) -> Work:
    from concurrent.futures import ThreadPoolExecutor

    def work() -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            assert len(list(pool.map(do, task.names()))) == task.count

    return work


def threads_up(task: Task) -> Work:
    bucket, content = task.bucket(workers=WORKERS), bytes(task.size)
    return _in_threads(task, lambda name: bucket.upload_bytes(content, name))


def threads_down(task: Task) -> Work:
    import io

    bucket = task.bucket(workers=WORKERS)
    return _in_threads(task, lambda name: bucket.download_file_by_name(name).save(io.BytesIO()))


def deletion(task: Task) -> Work:
    """Delete all versions of a bucket; who does that in a loop deletes a hundredth of them."""
    from itertools import islice

    bucket, options = task.bucket(f"made-up-{task.count}"), _in_ranges()

    def work() -> float:
        versions = (version for version, _ in bucket.ls(latest_only=False, recursive=True, **options))
        if hasattr(bucket, "delete_many"):
            assert sum(1 for _ in bucket.delete_many(versions, workers=WORKERS)) == task.count
            return 1
        some = list(islice(versions, max(1, task.count // 100)))
        for version in some:
            bucket.delete_file_version(version.id_, version.file_name)
        return task.count / len(some)

    return work


def _sync_in_processes(task: Task, processes: int, *, up: bool) -> Work:
    """Each process syncs a range of the names. They share the client, which is made and logged in before they are."""
    from b2sdk.v2 import B2Api, SqliteAccountInfo, Synchronizer, SyncReport
    from b2sdk.v3 import B2Folder, LocalFolder
    from b2sdk.values.name_range import NameRange

    info = SqliteAccountInfo(task.path("account.sqlite"))
    api = B2Api(info, max_upload_workers=WORKERS, max_download_workers=WORKERS)
    api.authorize_account(task.url, "key-id", "key")
    bucket = "small" if up else f"made-up-{task.count}"
    if not up:
        os.mkdir(task.path("fetched"))
    directories = task.count // FILES_IN_A_DIRECTORY
    borders: list[str | None] = [f"directory-{directories * n // processes:06}/" for n in range(1, processes)]
    ranges = [NameRange(start or "", end) for start, end in zip([None, *borders], [*borders, None], strict=True)]

    local, stored = LocalFolder(task.path("small" if up else "fetched")), B2Folder(bucket, "", api)
    source, dest = (local, stored) if up else (stored, local)

    def sync(names: Any) -> None:
        folders = source.with_names(names), dest.with_names(names)
        report = SyncReport(Silence(), no_progress=True)
        Synchronizer(WORKERS).sync_folders(*folders, round(time.time() * 1000), report)

    def work() -> None:
        children = []
        for names in ranges:
            child = os.fork()
            if not child:
                sync(names)
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * processes

    return work


def up_in_1_process(task: Task) -> Work:
    return _sync_in_processes(task, 1, up=True)


def up_in_2_processes(task: Task) -> Work:
    return _sync_in_processes(task, 2, up=True)


def down_in_1_process(task: Task) -> Work:
    return _sync_in_processes(task, 1, up=False)


def down_in_2_processes(task: Task) -> Work:
    return _sync_in_processes(task, 2, up=False)


def plan(task: Task) -> Work:
    """Make a file of sources that overlap by half; it is so small that hardly more than its plan takes time."""
    from b2sdk.v2 import UploadSourceBytes, WriteIntent

    bucket, step = task.bucket(), 10
    intents = [WriteIntent(UploadSourceBytes(bytes(2 * step)), number * step) for number in range(task.count)]

    def work() -> None:
        assert bucket.create_file(intents, "planned").size == (task.count + 1) * step

    return work


def url_pool(task: Task) -> Work:
    from b2sdk.v2 import InMemoryAccountInfo

    info = InMemoryAccountInfo()

    def work() -> None:
        for number in range(task.count):
            info.put_bucket_upload_url("bucket", f"https://service/{number}", "token")
        for _ in range(task.count):
            assert info.take_bucket_upload_url("bucket")[1] == "token"

    return work


def account_reads(task: Task) -> Work:
    from b2sdk.v2 import SqliteAccountInfo

    info = SqliteAccountInfo(task.path("account.sqlite"))

    def work() -> None:
        for _ in range(task.count):
            assert info.get_account_auth_token()
            assert info.get_api_url() == task.url

    return work


def everything(_: Task) -> Work:
    """Import all that most programs name."""

    def work() -> None:
        from b2sdk.v2 import B2Api, InMemoryAccountInfo, SqliteAccountInfo, Synchronizer  # noqa: F401

    return work


def bare_import(_: Task) -> Work:
    def work() -> None:
        import b2sdk.v2  # noqa: F401

    return work


def import_of_v1(_: Task) -> Work:
    def work() -> None:
        import b2sdk.v1  # noqa: F401

    return work


WORKLOADS: dict[str, Callable[[Task], Work]] = {
    work.__name__: work
    for work in (
        bare_import, import_of_v1, everything, cold_start, log_in, small_uploads, small_downloads, small_copies,
        file_infos, upload_large, upload_stream, download_large, download_unverified, listing, ranges_of_numbers,
        ranges_of_hashes, ranges_of_dates, sync_nothing, sync_nothing_in_ranges, sync_up, sync_down, deletion,
        up_in_1_process, up_in_2_processes, down_in_1_process, down_in_2_processes, threads_up, threads_down, plan,
        url_pool, account_reads,
    )
}  # fmt: skip


def peak() -> int:
    # Not ru_maxrss, which begins with what the parent had.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def main(name: str, url: str, directory: str, count: str, size: str) -> None:
    work = WORKLOADS[name](Task(url, directory, int(count), int(size)))
    cpu, wall = time.process_time(), time.perf_counter()
    times = work() or 1
    cpu, wall = times * (time.process_time() - cpu), times * (time.perf_counter() - wall)
    print(f'{{"cpu": {cpu!r}, "wall": {wall!r}, "peak": {peak()}}}')


if __name__ == "__main__":
    main(*sys.argv[1:])
