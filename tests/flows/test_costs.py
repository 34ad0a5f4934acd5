"""What verbs cost, on every client and front end; over HTTP it is compared with what the service received."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conftest import FrontEnd, authorize
from tests.flows.conftest import Connect
from tests.flows.synced import Synced, make

from b2sdk.costs import Costs
from b2sdk.exception import FileNotPresent
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.sync.events import SyncEnded
from b2sdk.transfer.source import CopySource
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold

GUIDE = Path(__file__).parents[2] / "docs" / "costs.md"

_VERBS: dict[str, Callable[[Any], object]] = {
    "authorize_account": lambda it: authorize(it.api, it.front_end),
    "create_bucket": lambda it: it.api.create_bucket("another-bucket", "allPrivate"),
    "list_buckets": lambda it: it.api.list_buckets(),
    "Bucket.update": lambda it: it.bucket.update(bucket_info={"a": "b"}),
    "delete_bucket": lambda it: it.api.delete_bucket(it.empty),
    "create_key": lambda it: it.api.create_key(["listFiles"], "key"),
    "list_keys": lambda it: list(it.api.list_keys()),
    "delete_key": lambda it: it.api.delete_key_by_id(it.key.id_),
    "first upload of a small file": lambda it: it.bucket.upload_bytes(b"content", "new"),
    "further uploads of small files": lambda it: it.bucket.upload_bytes(b"content", "new"),
    "download_file_by_name": lambda it: it.bucket.download_file_by_name("file").save(io.BytesIO()),
    "download_file_by_id": lambda it: it.api.download_file_by_id(it.version.id_).save(io.BytesIO()),
    "get_file_info": lambda it: it.api.get_file_info(it.version.id_),
    "get_file_info_by_name": lambda it: it.bucket.get_file_info_by_name("file"),
    "ls": lambda it: list(it.bucket.ls()),
    "copy": lambda it: it.bucket.copy(it.version.id_, "copy"),
    "hide_file": lambda it: it.bucket.hide_file("file"),
    "delete_file_version": lambda it: it.api.delete_file_version(it.version.id_, "file"),
    "update_file_legal_hold": lambda it: it.locked.update_legal_hold(LegalHold.ON),
    "update_file_retention": lambda it: it.locked.update_retention(NO_RETENTION_FILE_SETTING),
    "get_download_authorization": lambda it: it.bucket.get_download_authorization("", 60),
    "get_notification_rules": lambda it: it.bucket.get_notification_rules(),
    "set_notification_rules": lambda it: it.bucket.set_notification_rules([]),
}


def table_of_the_guide() -> dict[str, tuple[int, ...]]:
    """Return the transactions of each class by the verbs of the guide, which are named one or more in a cell."""
    rows = [line.strip("|").split("|") for line in GUIDE.read_text().partition("| class C |")[2].splitlines()]
    return {
        re.sub(r",.*| of a small file", "", name) if cell.startswith(" `") else name: tuple(
            int(count.strip() or 0) for count in counts
        )
        for cell, *counts in rows
        if len(counts) == 3 and "-" not in cell
        for name in (re.findall(r"`([\w.]+)`", cell) or [cell.strip()])
    }


@pytest.mark.parametrize("front_end", ["over HTTP"], indirect=True)
def test_verbs_cost_what_the_guide_says(api: Any, front_end: FrontEnd) -> None:
    locks = api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)
    bucket = api.create_bucket("test-bucket", "allPrivate")
    it = SimpleNamespace(
        api=api,
        front_end=front_end,
        bucket=bucket,
        empty=api.create_bucket("empty-bucket", "allPrivate"),
        key=api.create_key(["listFiles"], "to-be-deleted"),
        locked=locks.upload_bytes(b"content", "locked"),
    )
    costs = {}
    for name, perform in _VERBS.items():
        with api.counting() as counted:
            perform(it)
        costs[name] = (counted.costs.class_a, counted.costs.class_b, counted.costs.class_c)
        if name.startswith("further"):
            it.version = bucket.upload_bytes(b"content", "file")
    assert costs == table_of_the_guide()


def counted_by(service: SimulatorServer) -> dict[str, int]:
    return dict(Counter(entry.endpoint for entry in service.journal.entries if entry.status is not None))


def test_a_small_upload_and_download(api: Any, bucket: Any) -> None:
    with api.counting() as counted:
        version = bucket.upload_bytes(b"content", "file")
        assert counted.costs == Costs({"b2_get_upload_url": 1, "b2_upload_file": 1}, bytes_up=7)
        before = counted.costs
        bucket.download_file_by_name("file").save(io.BytesIO())
        api.get_file_info(version.id_)
        bucket.get_file_info_by_name("file")
    since = counted.costs.since(before)
    assert (since.class_a, since.class_b, since.class_c) == (0, 3, 0)
    assert since.bytes_down == 7
    assert (counted.costs.failed, counted.costs.bytes_copied) == (0, 0)
    assert api.costs.class_a == 2
    assert api.costs.class_c == 2  # to authorize, and to create the bucket


def test_copies_listings_and_deletions(api: Any, bucket: Any) -> None:
    version = bucket.upload_bytes(b"content", "file")
    with api.counting() as counted:
        copy = bucket.copy(version.id_, "copy")
        assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["copy", "file"]
        api.delete_file_version(copy.id_, "copy")
        bucket.hide_file("file")
    assert counted.costs == Costs(
        {"b2_copy_file": 1, "b2_delete_file_version": 1, "b2_hide_file": 1, "b2_list_file_names": 1}, bytes_copied=7
    )
    assert (counted.costs.class_a, counted.costs.class_c) == (2, 2)


def test_what_is_rejected_is_counted_too(api: Any, bucket: Any) -> None:
    with api.counting() as counted, pytest.raises(FileNotPresent):
        bucket.get_file_info_by_name("missing")
    assert counted.costs.failed == counted.costs.class_b > 0
    assert counted.costs.class_c == 0


def test_a_large_file_counts_in_the_threads_and_tasks_of_its_parts(
    connect: Connect, small_parts_service: SimulatorServer
) -> None:
    service = small_parts_service
    with connect(service.url) as api:
        bucket = api.create_bucket("bucket", "allPrivate")
        with api.counting() as counted:
            bucket.upload_bytes(bytes(1000), "large")
        costs = counted.costs
        assert costs.transactions["b2_upload_part"] == 5
        assert costs.bytes_up == 1000
        assert api.costs.transactions == counted_by(service)
        with api.counting() as counted:
            bucket.concatenate([CopySource(next(iter(bucket.ls()))[0].id_, offset=0, length=200)] * 3, "copy")
        assert counted.costs.transactions["b2_copy_part"] == 3
        assert counted.costs.bytes_copied == 600


def test_retries_are_counted_as_what_they_are(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("bucket", "allPrivate")
        service.faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable", message="busy"))
        with api.counting() as counted:
            bucket.upload_bytes(bytes(100_000), "file")
        assert counted.costs == Costs({"b2_get_upload_url": 2, "b2_upload_file": 2}, 1, bytes_up=200_000)
        assert api.costs.transactions == counted_by(service)


def test_a_body_that_breaks_is_received_in_part_and_requested_again(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("bucket", "allPrivate")
        bucket.upload_bytes(bytes(300_000), "file")
        service.faults.add(
            WireFault(endpoint="b2_download_file_by_name", kind="truncate", after_bytes=200_000, count=1)
        )
        with api.counting() as counted:
            bucket.download_file_by_name("file").save(io.BytesIO())
        assert counted.costs.class_b == 2
        assert counted.costs.bytes_down == 300_000
        assert api.costs.transactions == counted_by(service)


def test_a_sync_ends_with_its_costs(api: Any, bucket: Any, tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys("abc", b"content"))
    before = api.costs
    synced = Synced(api, tmp_path, f"b2://{bucket.name}")
    ended = synced.events[-1]
    assert isinstance(ended, SyncEnded)
    assert ended.costs.transactions["b2_upload_file"] == 3
    assert ended.costs.bytes_up == 21
    assert ended.costs.class_c == 1
    # To look the bucket up, where v2 does not find it in its cache, is no part of the sync.
    others = {"b2_list_buckets": api.costs.transactions.get("b2_list_buckets", 0)}
    assert ended.costs + before + Costs({name: count for name, count in others.items() if count}) == api.costs
    down = Synced(api, f"b2://{bucket.name}", tmp_path / "down").events[-1].costs
    assert (down.class_a, down.class_b, down.class_c) == (0, 3, 1)
    assert down.bytes_down == 21
