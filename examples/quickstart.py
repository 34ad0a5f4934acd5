"""Upload a directory to a bucket, list it, download it again and compare every byte.

    python examples/quickstart.py [DIR] [--bucket NAME] [--realm REALM]

Without credentials it runs against a B2 service of its own, on this machine and in memory. With B2_APPLICATION_KEY_ID
and B2_APPLICATION_KEY in the environment it runs against the real one. What it made, it deletes.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    SRC_LAST_MODIFIED_MILLIS,
    AbstractProgressListener,
    B2Api,
    Bucket,
    InMemoryAccountInfo,
    make_progress_listener,
)
from b2sdk.v3.exception import B2Error, DuplicateBucketName, NonExistentBucket, Unauthorized

OWN_SOURCE = Path(__file__).resolve().parent.parent / "src"
WORKERS = 8

T = TypeVar("T")


class Problem(Exception):
    """Something the user can mend."""


@dataclass(frozen=True)
class Item:
    """A file of the tree and its name in the bucket."""

    path: Path
    name: str
    size: int


class ShareOfProgress(AbstractProgressListener):
    """Adds the progress of one file to a bar that is shared by all."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        super().__init__()
        self._advance = advance
        self._done = 0

    def set_total_bytes(self, total_byte_count: int) -> None:
        """Do nothing: the bar knows the total of all files already."""

    def bytes_completed(self, byte_count: int) -> None:
        self._advance(byte_count - self._done)
        self._done = byte_count


@contextlib.contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[], ShareOfProgress]]:
    """Show one bar; yield what makes a listener for each file."""
    done = 0
    lock = threading.Lock()

    def advance(count: int) -> None:
        nonlocal done
        with lock:
            done += count
            bar.bytes_completed(done)

    with make_progress_listener(title, quiet=False) as bar:
        bar.set_total_bytes(total)
        yield lambda: ShareOfProgress(advance)


@contextlib.contextmanager
def connected_api(realm: str) -> Iterator[B2Api]:
    """Yield an authorized API: of the real service if there are credentials, else of one on this machine."""
    key_id, key = os.environ.get("B2_APPLICATION_KEY_ID"), os.environ.get("B2_APPLICATION_KEY")
    if bool(key_id) != bool(key):
        raise Problem("set both B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY, or neither")
    with contextlib.ExitStack() as stack:
        if not key_id or not key:
            service = stack.enter_context(SimulatorServer())
            key_id, key, realm = service.key_id, service.key, service.url
        api = stack.enter_context(B2Api(InMemoryAccountInfo()))
        try:
            api.authorize_account(key_id, key, realm)
        except Unauthorized as error:
            raise Problem(f"the application key was refused: {error.message or error.code}") from error
        print(f"Authorized at {realm}")
        yield api


@contextlib.contextmanager
def bucket_to_use(api: B2Api, name: str | None) -> Iterator[Bucket]:
    """Yield the bucket of that name, or a new one, which is deleted in the end."""
    if name is not None:
        existing = None
        with contextlib.suppress(NonExistentBucket):
            existing = api.get_bucket_by_name(name)
        if existing is not None:
            yield existing
            return
    name = name or f"b2sdk-quickstart-{secrets.token_hex(8)}"
    try:
        bucket = api.create_bucket(name, "allPrivate")
    except DuplicateBucketName as error:
        raise Problem(f"the bucket name {name} is taken by another account") from error
    try:
        yield bucket
    finally:
        api.delete_bucket(bucket)


@contextlib.contextmanager
def cleaned_up(bucket: Bucket, prefix: str) -> Iterator[None]:
    """Delete, in the end, every version of what was uploaded."""
    try:
        yield
    finally:
        versions = (version for version, _ in bucket.ls(prefix, latest_only=False, recursive=True))
        in_parallel(lambda version: version.delete(), versions)


def in_parallel(work: Callable[[T], object], items: Iterable[T]) -> None:
    """Do the work for every item; the first failure is raised."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()


def tree(directory: Path, prefix: str) -> list[Item]:
    """Find the regular files of the tree."""
    if not directory.is_dir():
        raise Problem(f"{directory} is not a directory")
    paths = sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    items = [Item(path, prefix + path.relative_to(directory).as_posix(), path.stat().st_size) for path in paths]
    if not items:
        raise Problem(f"there are no files in {directory}")
    return items


def upload(bucket: Bucket, items: list[Item]) -> None:
    with progress_bar("upload", sum(item.size for item in items)) as listener:

        def upload_one(item: Item) -> None:
            modified = {SRC_LAST_MODIFIED_MILLIS: str(item.path.stat().st_mtime_ns // 1_000_000)}
            bucket.upload_local_file(item.path, item.name, file_info=modified, progress_listener=listener())

        in_parallel(upload_one, items)


def download(bucket: Bucket, items: list[Item], target: Path) -> None:
    with progress_bar("download", sum(item.size for item in items)) as listener:

        def download_one(item: Item) -> None:
            destination = target / item.name
            destination.parent.mkdir(parents=True, exist_ok=True)
            bucket.download_file_by_name(item.name, progress_listener=listener()).save_to(destination)

        in_parallel(download_one, items)


def compare(items: list[Item], target: Path) -> None:
    different = [item.name for item in items if not filecmp.cmp(item.path, target / item.name, shallow=False)]
    if different:
        raise Problem(f"{len(different)} files came back different, the first is {different[0]}")


def run(directory: Path, bucket_name: str | None, realm: str) -> None:
    prefix = f"quickstart-{secrets.token_hex(4)}/"
    items = tree(directory, prefix)
    steps: list[tuple[str, int, float]] = []

    @contextlib.contextmanager
    def step(title: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        steps.append((title, len(items), time.perf_counter() - start))

    with connected_api(realm) as api, bucket_to_use(api, bucket_name) as bucket, cleaned_up(bucket, prefix):
        with step("uploaded"):
            upload(bucket, items)
        with step("listed"):
            listed = [version.file_name for version, _ in bucket.ls(prefix, recursive=True)]
        if sorted(listed) != sorted(item.name for item in items):
            raise Problem(f"the listing of {bucket.name} is not what was uploaded")
        with tempfile.TemporaryDirectory() as target:
            with step("downloaded"):
                download(bucket, items, Path(target))
            with step("compared"):
                compare(items, Path(target))
    print_summary(directory, sum(item.size for item in items), steps)


def print_summary(directory: Path, size: int, steps: list[tuple[str, int, float]]) -> None:
    print(f"\n{directory}: {size:,} bytes, all of them came back the same\n")
    print(f"{'step':<12}{'files':>8}{'seconds':>10}")
    for title, count, seconds in steps:
        print(f"{title:<12}{count:>8}{seconds:>10.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("directory", metavar="DIR", nargs="?", type=Path, default=OWN_SOURCE, help="what to upload")
    parser.add_argument("--bucket", metavar="NAME", help="use, or make, this bucket instead of one with a random name")
    parser.add_argument("--realm", default="production", help="where the credentials are good; a name or a URL")
    arguments = parser.parse_args()
    try:
        run(arguments.directory, arguments.bucket, arguments.realm)
    except (Problem, B2Error, ValueError, OSError) as error:
        print(f"quickstart: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("quickstart: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
