"""What a sync is estimated to do and cost is what it then does and costs, on every client."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.aio.surface import Blocking, hidden
from tests.flows.conftest import Connect
from tests.flows.synced import DELETE, Synced, make, stored, tree, versions

import b2sdk.aio
from b2sdk.costs import Costs
from b2sdk.exception import EmptyDirectory
from b2sdk.scan.parse import parse_folder
from b2sdk.simulator import SimulatorServer
from b2sdk.sync.estimate import SyncEstimate
from b2sdk.sync.events import ActionDone, Reason
from b2sdk.sync.synchronizer import Synchronizer
from b2sdk.transfer.source import UploadMode

URLS = ("b2_get_upload_url", "b2_get_upload_part_url")


def estimated(api: Any, source: object, dest: object, **options: Any) -> SyncEstimate:
    now = round(time.time() * 1000)
    if not issubclass(type(api), Blocking):
        return Synchronizer(3, **options).estimate(parse_folder(str(source), api), parse_folder(str(dest), api), now)

    async def estimate() -> SyncEstimate:
        source_folder, dest_folder = [
            await b2sdk.aio.parse_folder(str(folder), hidden(api)) for folder in (source, dest)
        ]
        return await b2sdk.aio.Synchronizer(3, **options).estimate(source_folder, dest_folder, now)

    found: SyncEstimate = api.loop.run(estimate())
    return found


def without_urls(costs: Costs) -> Costs:
    return costs - Costs({name: costs.transactions[name] for name in URLS if name in costs.transactions})


def check(api: Any, source: object, dest: object, **options: Any) -> SyncEstimate:
    """Estimate, sync, and compare."""
    estimate = estimated(api, source, dest, **options)
    synced = Synced(api, source, dest, **options)
    done = [event.kind for event in synced.events if isinstance(event, ActionDone)]
    assert estimate.actions == {kind: done.count(kind) for kind in sorted(set(done))}
    assert estimate.costs == without_urls(synced.events[-1].costs)
    again = estimated(api, source, dest, **options)
    assert again.actions == {}
    return estimate


def test_small_files_up_down_and_across(api: Any, bucket: Any, tmp_path: Path) -> None:
    source = make(tmp_path / "up", {"a": b"aa", "b/c": b"", "d": b"dddd"})
    url = f"b2://{bucket.name}"
    up = check(api, source, url)
    assert (up.actions, up.costs.bytes_up, up.costs.class_a) == ({"upload": 3}, 6, 3)
    down = check(api, url, tmp_path / "down")
    assert (down.actions, down.costs.bytes_down, down.costs.class_b) == ({"download": 3}, 6, 3)
    other = api.create_bucket("other-bucket", "allPrivate")
    across = check(api, url, f"b2://{other.name}")
    assert (across.actions, across.costs.bytes_copied) == ({"copy": 3}, 6)


def test_what_would_be_removed_is_named(api: Any, bucket: Any, tmp_path: Path) -> None:
    stored(bucket, "gone")
    stored(bucket, "kept")
    source = make(tmp_path / "source", ["kept"])
    url = f"b2://{bucket.name}"
    before = versions(bucket)
    estimate = estimated(api, source, url, keep_days_or_delete=DELETE)
    assert versions(bucket) == before
    assert [(one.kind, one.path, one.reason) for one in estimate.removals] == [
        ("delete", "gone", Reason.NOT_AT_SOURCE),
        ("delete", "kept", Reason.OLD_VERSION),
    ]
    assert check(api, source, url, keep_days_or_delete=DELETE) == estimate


def test_a_local_destination_is_left_as_it_is(api: Any, bucket: Any, tmp_path: Path) -> None:
    stored(bucket, "new")
    dest = make(tmp_path / "dest", ["gone"])
    before = tree(dest)
    estimate = estimated(api, f"b2://{bucket.name}", dest, keep_days_or_delete=DELETE)
    assert estimate.actions == {"download": 1, "local delete": 1}
    assert tree(dest) == before
    estimated(api, f"b2://{bucket.name}", tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
    check(api, f"b2://{bucket.name}", dest, keep_days_or_delete=DELETE)


def test_an_empty_source_is_refused_as_by_the_sync(api: Any, bucket: Any, tmp_path: Path) -> None:
    with pytest.raises(EmptyDirectory):
        estimated(api, tmp_path, f"b2://{bucket.name}")


@pytest.mark.parametrize("size", [199, 200, 399, 400, 1000, 1399])
def test_large_files_are_estimated_in_parts(
    connect: Connect, small_parts_service: SimulatorServer, tmp_path: Path, size: int
) -> None:
    source = make(tmp_path / "up", {"large": bytes(size)})
    with connect(small_parts_service.url) as api:
        for name in ("one-bucket", "two-bucket"):
            api.create_bucket(name, "allPrivate")
        up = check(api, source, "b2://one-bucket")
        assert up.costs.bytes_up == size
        assert up.costs.class_a == (1 if size < 400 else 2 + size // 200)
        assert check(api, "b2://one-bucket", tmp_path / "down").costs.class_b == 1


def test_a_file_that_is_continued_is_a_copy_and_the_rest(
    connect: Connect, small_parts_service: SimulatorServer, tmp_path: Path
) -> None:
    source = make(tmp_path / "up", {"log": b"x" * 200})
    with connect(small_parts_service.url) as api:
        api.create_bucket("logs-bucket", "allPrivate")
        check(api, source, "b2://logs-bucket")
        make(source, {"log": b"x" * 200 + b"y" * 100}, mod_time=1_600_000_000_000)
        options = {"upload_mode": UploadMode.INCREMENTAL, "absolute_minimum_part_size": 200}
        estimate = check(api, source, "b2://logs-bucket", **options)
        assert estimate.actions == {"incremental upload": 1}
        assert (estimate.costs.bytes_copied, estimate.costs.bytes_up) == (200, 100)
