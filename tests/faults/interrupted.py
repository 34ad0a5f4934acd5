"""A program that does one thing with the client, until it is interrupted.

``python -m tests.faults.interrupted OPERATION SIGNAL URL DIRECTORY``; what there has to be is made by
:mod:`tests.faults.interruptions`.
"""

from __future__ import annotations

import io
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from b2sdk.v3 import (
    B2Api,
    CopySource,
    InMemoryAccountInfo,
    KeepOrDeleteMode,
    Synchronizer,
    UploadSourceBytes,
    UploadSourceLocalFile,
    parse_folder,
)

EXIT_CODE = 7
"""That of a program whose handler of SIGTERM raises ``SystemExit``."""
PART = 100_000
WORKERS = 4

Operation = Callable[[B2Api, Any, Path], None]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    def add(run: Operation) -> Operation:
        OPERATIONS[name] = run
        return run

    return add


def go_on(seconds: float = 600) -> None:
    """Be the program, doing something of its own."""
    print("busy", flush=True)
    time.sleep(seconds)


def id_of(bucket: Any, name: str = "stored") -> str:
    id_: str = bucket.get_file_info_by_name(name).id_
    return id_


# --- uploads ---


@operation("small upload")
def upload_small(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.upload_bytes(b"x" * 1000, "small")


@operation("large upload")
def upload_large(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.upload_local_file(path / "large", "large")


@operation("upload of a stream")
def upload_stream(api: B2Api, bucket: Any, path: Path) -> None:
    with (path / "large").open("rb") as stream:
        bucket.upload_unbound_stream(stream, "streamed", recommended_upload_part_size=PART)


@operation("written file")
def write(api: B2Api, bucket: Any, path: Path) -> None:
    with bucket.open("written", "wb", part_size=PART) as file:
        for _ in range(20):
            file.write(b"x" * PART)


@operation("written file without a with statement")
def write_without_with(api: B2Api, bucket: Any, path: Path) -> None:
    file = bucket.open("written", "wb", part_size=PART)
    for _ in range(20):
        file.write(b"x" * PART)
    file.close()


@operation("file that is being written")
def write_and_think(api: B2Api, bucket: Any, path: Path) -> None:
    file = bucket.open("written", "wb", part_size=PART)
    for _ in range(3):
        file.write(b"x" * PART)
    go_on()


@operation("upload in the background")
def upload_in_background(api: B2Api, bucket: Any, path: Path) -> None:
    source = UploadSourceBytes(b"x" * 1000)
    listener: Any = _Silent()
    api.services.upload_manager.upload_file(bucket.id_, source, "small", "b2/x-auto", {}, listener).result()


@operation("end of a with statement")
def leave_with(api: B2Api, bucket: Any, path: Path) -> None:
    source = UploadSourceBytes(b"x" * 1000)
    listener: Any = _Silent()
    with api:
        api.services.upload_manager.upload_file(bucket.id_, source, "small", "b2/x-auto", {}, listener)


class _Silent:
    def set_total_bytes(self, total_byte_count: int) -> None: ...
    def bytes_completed(self, byte_count: int) -> None: ...


# --- downloads ---


@operation("download")
def download(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.download_file_by_name("stored").save_to(path / "target")


@operation("download in several streams")
def download_in_streams(api: B2Api, bucket: Any, path: Path) -> None:
    api.services.download_manager.strategies[0].min_part_size = PART  # type: ignore[attr-defined]
    bucket.download_file_by_name("stored").save_to(path / "target")


@operation("download that is kept")
def download_resumably(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.download_file_by_name("stored").save_to(path / "target", resume=True)


@operation("download to a file object")
def download_to_file(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.download_file_by_name("stored").save(io.BytesIO())


@operation("read file")
def read(api: B2Api, bucket: Any, path: Path) -> None:
    with bucket.open("stored", "rb") as file:
        file.read()


# --- copies ---


@operation("copy")
def copy(api: B2Api, bucket: Any, path: Path) -> None:
    bucket.copy(id_of(bucket), "copied")


@operation("copy in parts")
def copy_in_parts(api: B2Api, bucket: Any, path: Path) -> None:
    length = bucket.get_file_info_by_name("stored").size
    bucket.copy(id_of(bucket), "copied", length=length, max_part_size=PART)


@operation("composition")
def compose(api: B2Api, bucket: Any, path: Path) -> None:
    sources = [UploadSourceLocalFile(path / "large"), CopySource(id_of(bucket), length=5 * PART)]
    bucket.concatenate(sources, "composed", max_part_size=PART)


# --- listings ---


@operation("listing")
def list_files(api: B2Api, bucket: Any, path: Path) -> None:
    for _ in bucket.ls(recursive=True, fetch_count=2):
        pass


@operation("listing with prefetch")
def list_ahead(api: B2Api, bucket: Any, path: Path) -> None:
    for _ in bucket.ls(recursive=True, fetch_count=2, prefetch=True):
        pass


@operation("listing with workers")
def list_in_ranges(api: B2Api, bucket: Any, path: Path) -> None:
    for _ in bucket.ls(recursive=True, fetch_count=2, workers=3):
        pass


@operation("listing that is worked on")
def list_and_work(api: B2Api, bucket: Any, path: Path) -> None:
    for _ in bucket.ls(recursive=True, fetch_count=2, prefetch=True):
        go_on()


@operation("scan of a replication")
def monitor(api: B2Api, bucket: Any, path: Path) -> None:
    from b2sdk.v3 import ReplicationMonitor  # noqa: PLC0415  # only this one needs it

    source = api.get_bucket_by_name("replicated")
    ReplicationMonitor(source, source.replication.rules[0], report=None).scan()  # type: ignore[union-attr]


# --- syncs ---


def sync(api: B2Api, source: str, target: str, **options: Any) -> None:
    synchronizer = Synchronizer(WORKERS, **options)
    folders = parse_folder(source, api), parse_folder(target, api)
    synchronizer.sync_folders(*folders, now_millis=int(time.time() * 1000), reporter=None)


@operation("sync up")
def sync_up(api: B2Api, bucket: Any, path: Path) -> None:
    sync(api, str(path / "tree"), "b2://interrupted/up")


@operation("sync down")
def sync_down(api: B2Api, bucket: Any, path: Path) -> None:
    sync(api, "b2://interrupted/tree", str(path / "down"))


@operation("sync across")
def sync_across(api: B2Api, bucket: Any, path: Path) -> None:
    sync(api, "b2://interrupted/tree", "b2://interrupted/across")


@operation("sync that deletes")
def sync_deleting(api: B2Api, bucket: Any, path: Path) -> None:
    mode = KeepOrDeleteMode.DELETE
    (path / "nothing").mkdir()
    sync(api, str(path / "nothing"), "b2://interrupted/tree", keep_days_or_delete=mode, allow_empty_source=True)


# --- the account ---


@operation("authorization")
def authorize(api: B2Api, bucket: Any, path: Path) -> None:
    api.authorize_automatically()


@operation("renewal by another process")
def renew(api: B2Api, bucket: Any, path: Path) -> None:
    _shared(path, api).get_bucket_by_name("interrupted").upload_bytes(b"", "never")


@operation("sync during the renewal by another process")
def renew_in_sync(api: B2Api, bucket: Any, path: Path) -> None:
    sync(_shared(path, api), str(path / "tree"), "b2://interrupted/up")


def _shared(path: Path, api: B2Api) -> B2Api:
    """Return an account that has to renew its token, for which another process has the lock."""
    from sqlalchemy import create_engine  # noqa: PLC0415  # only these need it

    from b2sdk.integrations.sql import SqlAccountInfo  # noqa: PLC0415
    from b2sdk.integrations.sql_tables import create_account_tables  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{path}/account.db")
    create_account_tables(engine)
    info = SqlAccountInfo(engine)
    shared = B2Api(info)
    known = api.account_info
    shared.authorize_account("test-key-id", "test-key", realm=known.get_realm())
    shared.get_bucket_by_name("interrupted")
    assert info._store.try_lock("another process", 600)
    data = known.get_allowed()
    info.set_auth_data(
        account_id=known.get_account_id(),
        auth_token="a token that has expired",
        api_url=known.get_api_url(),
        download_url=known.get_download_url(),
        recommended_part_size=PART,
        absolute_minimum_part_size=PART,
        application_key="test-key",
        realm=known.get_realm(),
        s3_api_url=known.get_s3_api_url(),
        allowed=data,
        application_key_id="test-key-id",
    )
    print("busy", flush=True)
    return shared


def main(name: str, signal_name: str, url: str, directory: str) -> None:
    if signal_name == "SIGTERM":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_CODE))
    else:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored by who started this
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account("test-key-id", "test-key", realm=url)
    bucket = api.get_bucket_by_name("interrupted")
    print("ready", flush=True)
    sys.stdin.readline()
    OPERATIONS[name](api, bucket, Path(directory))
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
