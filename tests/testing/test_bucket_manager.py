from __future__ import annotations

import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.testing import bucket_manager
from b2sdk.testing.bucket_manager import BucketManager
from b2sdk.testing.environment import NODE_DESCRIPTION
from b2sdk.v3 import FileRetentionSetting, LegalHold, RetentionMode
from b2sdk.v3.exception import BadRequest, NonExistentBucket, TooManyRequests, Unauthorized

RUN = "sdktst-this-run"
HOUR = 60 * 60 * 1000
CALLS = ("b2_delete_bucket", "b2_delete_file_version", "b2_cancel_large_file", "b2_update_file_legal_hold")


@pytest.fixture
def manager(api: Any) -> BucketManager:
    return BucketManager(dont_cleanup_old_buckets=False, b2_api=api, current_run_prefix=RUN)


@pytest.fixture
def http_api(service: SimulatorServer) -> Iterator[b2sdk.v3.B2Api]:
    """Yield an API object of a service that refuses what the one in process takes."""
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3, api_config=b2sdk.v3.B2HttpApiConfig()) as api:
        authorize(api, front_end)
        yield api


@pytest.fixture
def http_manager(http_api: Any) -> BucketManager:
    return BucketManager(dont_cleanup_old_buckets=False, b2_api=http_api, current_run_prefix=RUN)


def until(hours: float, mode: RetentionMode) -> FileRetentionSetting:
    return FileRetentionSetting(mode, int(time.time() * 1000 + hours * HOUR))


def names(api: Any) -> set[str]:
    return {bucket.name for bucket in api.list_buckets()}


def left_in(bucket: Any) -> list[tuple[str, str]]:
    return [(version.file_name, version.action) for version, _ in bucket.ls("", latest_only=False, recursive=True)]


def calls(service: SimulatorServer) -> list[tuple[str, int | None]]:
    return [(entry.endpoint, entry.status) for entry in service.journal.entries if entry.endpoint in CALLS]


# --- making ---


def test_a_bucket_has_a_name_of_its_own_and_reports_who_made_it(
    manager: BucketManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = time.time()
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "the test")
    first = manager.create_bucket()
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    second = manager.create_bucket("allPrivate", name="sdktst-given", bucket_info={"color": "blue"})
    assert first.name is not None
    assert (len(first.name), first.name[: len(RUN)], first.type_) == (63, RUN, "allPublic")
    assert (second.name, second.type_) == ("sdktst-given", "allPrivate")
    assert manager.bucket_name_mapping == {first.name: "the test", "sdktst-given": "unknown test"}
    assert second.bucket_info["color"] == "blue"
    for bucket in (first, second):
        assert before - 1 < int(bucket.bucket_info["created_at_millis"]) / 1000 < time.time() + 1
        assert bucket.bucket_info["created_by"] == NODE_DESCRIPTION


def test_a_name_in_use_is_not_given_again(monkeypatch: pytest.MonkeyPatch, manager: BucketManager) -> None:
    drawn = iter(["a", "a", "b", *"aabab"])
    monkeypatch.setattr(bucket_manager, "random_token", lambda _length: next(drawn))
    for expected in (RUN + "a", RUN + "b"):
        assert manager.new_bucket_name() == expected
        manager.bucket_name_mapping[expected] = "a test"
    with pytest.raises(RuntimeError, match="all of 5 names were in use"):
        manager.new_bucket_name()


def test_a_prefix_without_room_behind_it_is_refused(manager: BucketManager) -> None:
    manager.current_run_prefix = "x" * 62
    assert len(manager.new_bucket_name()) == 63
    manager.current_run_prefix = "x" * 63
    with pytest.raises(ValueError, match="leaves no room"):
        manager.new_bucket_name()


# --- removing one bucket ---


def fill(api: Any, bucket: Any) -> None:
    bucket.upload_bytes(b"old", "plain")
    bucket.upload_bytes(b"new", "plain")
    bucket.hide_file("plain")
    bucket.upload_bytes(b"", "folder/governed", file_retention=until(1, RetentionMode.GOVERNANCE))
    bucket.upload_bytes(b"", "folder/held", legal_hold=LegalHold.ON)
    both = {"legal_hold": LegalHold.ON, "file_retention": until(1, RetentionMode.GOVERNANCE)}
    bucket.upload_bytes(b"", "governed and held", **both)
    api.services.large_file.start_large_file(bucket.id_, "unfinished", "text/plain", {})


@pytest.mark.parametrize("by_name", [True, False])
def test_a_bucket_is_removed_with_all_that_is_in_it(api: Any, manager: BucketManager, by_name: bool) -> None:
    bucket = manager.create_bucket(is_file_lock_enabled=True)
    fill(api, bucket)
    assert bucket.name is not None
    manager.clean_bucket(bucket.name if by_name else bucket)
    assert names(api) == set()


def test_an_empty_bucket_is_removed_with_one_call(http_manager: BucketManager, service: SimulatorServer) -> None:
    http_manager.clean_bucket(http_manager.create_bucket())
    assert calls(service) == [("b2_delete_bucket", 200)]


def test_nothing_is_tried_in_vain(http_api: Any, http_manager: BucketManager, service: SimulatorServer) -> None:
    bucket = http_manager.create_bucket(is_file_lock_enabled=True)
    fill(http_api, bucket)
    http_manager.clean_bucket(bucket)
    done = calls(service)
    assert done[0] == ("b2_delete_bucket", 400)
    assert {status for _, status in done[1:]} == {200}
    counts = {endpoint: [name for name, _ in done].count(endpoint) for endpoint in CALLS}
    assert counts == dict(zip(CALLS, (2, 6, 1, 2), strict=True))


def test_a_bucket_is_emptied_and_stays(api: Any, manager: BucketManager) -> None:
    bucket = manager.create_bucket(is_file_lock_enabled=True)
    fill(api, bucket)
    manager.clean_bucket(bucket, only_files=True)
    assert names(api) == {bucket.name}
    assert left_in(bucket) == []


def test_only_what_is_in_the_folders_is_removed(api: Any, manager: BucketManager) -> None:
    bucket = manager.create_bucket()
    for name in ("a", "a/x", "a/b/x", "ab/x", "c/x", "d"):
        bucket.upload_bytes(b"", name)
    manager.clean_bucket(bucket, only_files=True, only_folders=["a", "c/"])
    assert left_in(bucket) == [("a", "upload"), ("ab/x", "upload"), ("d", "upload")]
    manager.clean_bucket(bucket, only_files=True, only_folders=[])
    assert len(left_in(bucket)) == 3


def test_a_bucket_with_other_files_than_those_of_the_folders_stays(
    http_api: Any, http_manager: BucketManager, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = http_manager.create_bucket()
    for name in ("a/x", "d/x"):
        bucket.upload_bytes(b"", name)
    http_manager.clean_bucket(bucket, only_folders=["a"])
    assert left_in(bucket) == [("d/x", "upload")]
    assert "Unable to remove bucket because other files remain" in capsys.readouterr().out
    http_manager.clean_bucket(bucket, only_folders=["d"])
    assert names(http_api) == set()


def test_what_is_locked_for_good_stays_until_the_lock_ends(
    http_api: Any,
    http_manager: BucketManager,
    service: SimulatorServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = http_manager.create_bucket(is_file_lock_enabled=True)
    bucket.upload_bytes(b"", "governed", file_retention=until(1, RetentionMode.GOVERNANCE))
    locked = bucket.upload_bytes(b"", "locked", file_retention=until(1, RetentionMode.COMPLIANCE))
    http_api.services.large_file.start_large_file(
        bucket.id_, "unfinished", "a/b", {}, file_retention=until(1, RetentionMode.COMPLIANCE)
    )
    http_manager.clean_bucket(bucket)
    assert left_in(bucket) == [("locked", "upload")]
    said = capsys.readouterr().out
    assert f"File version: {locked.id_} cannot be removed due to compliance mode retention" in said
    assert "Unable to remove bucket because some retained files remain" in said
    assert all(status == 200 for _, status in calls(service)[1:])

    service.clock.advance(2 * HOUR)
    monkeypatch.setattr(bucket_manager, "current_time_millis", service.clock.now)
    authorize(http_api, HttpFrontEnd(service.key_id, service.key, service.url))
    http_manager.clean_bucket(bucket)
    assert names(http_api) == set()


def test_retention_may_be_left_to_the_service(http_api: Any, http_manager: BucketManager) -> None:
    bucket = http_manager.create_bucket(is_file_lock_enabled=True)
    bucket.upload_bytes(b"", "held", legal_hold=LegalHold.ON)
    http_manager.clean_bucket(bucket, only_files=True, ignore_retentions=True)
    assert left_in(bucket) == []
    bucket.upload_bytes(b"", "governed", file_retention=until(1, RetentionMode.GOVERNANCE))
    with pytest.raises(Unauthorized):
        http_manager.clean_bucket(bucket, ignore_retentions=True)
    assert left_in(bucket) == [("governed", "upload")]


def test_a_bucket_that_is_gone_is_clean(api: Any, manager: BucketManager) -> None:
    bucket = manager.create_bucket()
    api.delete_bucket(bucket)
    manager.clean_bucket(bucket)
    with pytest.raises(NonExistentBucket):
        manager.clean_bucket("no-such-bucket")


def test_another_refusal_is_reported(http_api: Any, http_manager: BucketManager, service: SimulatorServer) -> None:
    bucket = http_manager.create_bucket()
    service.faults.add(ApiFault(endpoint="b2_delete_bucket", status=400, code="bad_request"))
    with pytest.raises(BadRequest):
        http_manager.clean_bucket(bucket)
    assert names(http_api) == {bucket.name}


def test_a_file_that_another_program_removes_is_no_error(
    http_api: Any, http_manager: BucketManager, service: SimulatorServer
) -> None:
    bucket = http_manager.create_bucket()
    bucket.upload_bytes(b"", "name")
    delete_one = http_api.session.raw_api.delete_file_version

    def deleted_twice(*args: Any, **kwargs: Any) -> Any:
        delete_one(*args, **kwargs)
        return delete_one(*args, **kwargs)

    http_api.session.raw_api.delete_file_version = deleted_twice
    http_manager.clean_bucket(bucket)
    assert ("b2_delete_file_version", 400) in calls(service)
    assert names(http_api) == set()


# --- too many requests ---


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits of the manager, which are not waited."""
    waits: list[float] = []
    methods: tuple[Any, ...] = (BucketManager.create_bucket, BucketManager.clean_bucket)
    for method in methods:
        monkeypatch.setattr(method.retry, "sleep", waits.append)
    return waits


@pytest.fixture
def impatient_manager(service: SimulatorServer) -> Iterator[BucketManager]:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    config = b2sdk.v3.B2HttpApiConfig(retry_policy=b2sdk.http.RetryPolicy(attempts=1))
    with front_end.connect(b2sdk.v3, api_config=config) as api:
        authorize(api, front_end)
        yield BucketManager(dont_cleanup_old_buckets=False, b2_api=api, current_run_prefix=RUN)


def busy(endpoint: str, count: int) -> ApiFault:
    return ApiFault(endpoint=endpoint, status=429, code="too_many_requests", count=count)


def test_a_busy_service_is_asked_again_and_again(
    impatient_manager: BucketManager, service: SimulatorServer, waits: list[float]
) -> None:
    service.faults.add(busy("b2_create_bucket", 7))
    bucket = impatient_manager.create_bucket(name="sdktst-name", bucket_info={"color": "blue"})
    assert waits == [1, 2, 4, 8, 16, 32, 64]
    assert (bucket.name, bucket.bucket_info["color"]) == ("sdktst-name", "blue")
    bucket.upload_bytes(b"", "one")
    service.faults.add(busy("b2_delete_file_version", 1))
    impatient_manager.clean_bucket(bucket)
    assert len(waits) == 8
    assert names(impatient_manager.b2_api) == set()


def test_a_service_that_stays_busy_is_reported(
    impatient_manager: BucketManager, service: SimulatorServer, waits: list[float]
) -> None:
    service.faults.add(busy("b2_create_bucket", 100))
    with pytest.raises(TooManyRequests):
        impatient_manager.create_bucket()
    assert len(waits) == 7


# --- removing what is left over ---

OTHERS: dict[str, dict[str, Any]] = {
    "sdktst-unknown": {},
    "sdktst-nonsense": {"created_at_millis": "yesterday"},
    "sdktst-old": {"created_at_millis": -4 * HOUR},
    "sdktst-young": {"created_at_millis": -2 * HOUR},
    "another-bucket": {"created_at_millis": -4 * HOUR},
    f"{RUN}-young": {"created_at_millis": 0},
}


@pytest.fixture
def others(api: Any) -> None:
    """Make buckets as other runs would leave them, with a file in each."""
    for name, info in OTHERS.items():
        told = {
            key: str(int(time.time() * 1000) + value) if isinstance(value, int) else value
            for key, value in info.items()
        }
        api.create_bucket(name, "allPrivate", bucket_info=told).upload_bytes(b"", "name")


@pytest.mark.usefixtures("others")
def test_what_is_left_over_is_removed(api: Any, manager: BucketManager, capsys: pytest.CaptureFixture[str]) -> None:
    manager.clean_buckets()
    assert names(api) == {"sdktst-young", "another-bucket"}
    said = capsys.readouterr().out
    assert "Skipping bucket removal 'another-bucket' because does not start with 'sdktst'" in said
    assert "Trying to remove bucket: sdktst-unknown because undefined created_at_millis" in said
    assert f"Trying to remove bucket: {RUN}-young because it is a bucket for this very run" in said
    assert "Total bucket count after cleanup: 2\nBucket<" in said


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(("prefix", "removed"), [(RUN, {f"{RUN}-young"}), ("", set())])
def test_others_may_be_left_alone(api: Any, prefix: str, removed: set[str]) -> None:
    BucketManager(dont_cleanup_old_buckets=True, b2_api=api, current_run_prefix=prefix).clean_buckets()
    assert names(api) == set(OTHERS) - removed


@pytest.mark.usefixtures("others")
def test_another_prefix_means_other_buckets(api: Any) -> None:
    manager = BucketManager(dont_cleanup_old_buckets=False, b2_api=api, general_prefix="another")
    manager.clean_buckets()
    assert names(api) == set(OTHERS) - {"another-bucket"}


@pytest.mark.usefixtures("others")
def test_a_quick_look_removes_nothing_of_others(api: Any, surface: ModuleType, manager: BucketManager) -> None:
    manager.clean_buckets(quick=True)
    if surface is b2sdk.v3:
        assert names(api) == set(OTHERS) - {f"{RUN}-young"}, "the cache does not tell how old they are"
    else:
        assert names(api) == {"sdktst-young", "another-bucket"}, "there is no cache"


def test_a_bucket_that_another_run_removes_meanwhile_is_no_error(
    http_api: Any, http_manager: BucketManager, service: SimulatorServer
) -> None:
    bucket = http_manager.create_bucket()
    version = bucket.upload_bytes(b"", "name")
    list_versions = http_api.session.raw_api.list_file_versions

    def listed_too_late(*args: Any, **kwargs: Any) -> Any:
        http_api.delete_file_version(version.id_, version.file_name)
        http_api.delete_bucket(bucket)
        return list_versions(*args, **kwargs)

    http_api.session.raw_api.list_file_versions = listed_too_late
    http_manager.clean_buckets()
    assert calls(service) == [("b2_delete_bucket", 400), ("b2_delete_file_version", 200), ("b2_delete_bucket", 200)]


def test_buckets_are_counted_and_printed(api: Any, manager: BucketManager, capsys: pytest.CaptureFixture[str]) -> None:
    buckets = [api.create_bucket(name, "allPrivate") for name in ("first-bucket", "second-bucket")]
    assert manager.count_and_print_buckets() == 2
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("Total bucket count at ")
    assert head.endswith(": 2")
    assert lines == [f"- {number}\t{bucket.name} [{bucket.id_}]" for number, bucket in enumerate(buckets, 1)]


# --- forgotten values ---


@pytest.mark.parametrize("prefix", ["", None])
def test_without_a_prefix_not_every_bucket_is_a_test_s(api: Any, prefix: Any) -> None:
    with pytest.raises(ValueError, match="general_prefix is empty"):
        BucketManager(dont_cleanup_old_buckets=False, b2_api=api, general_prefix=prefix)


def test_a_folder_without_a_name_is_not_the_whole_bucket(manager: BucketManager) -> None:
    bucket = manager.create_bucket()
    bucket.upload_bytes(b"content", "file")
    with pytest.raises(ValueError, match="only_folders has an empty name"):
        manager.clean_bucket(bucket, only_folders=["a", ""])
    assert left_in(bucket) == [("file", "upload")]
