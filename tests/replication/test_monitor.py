from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, ClassVar

import pytest
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.exception import BadRequest
from b2sdk.replication.monitor import ReplicationMonitor
from b2sdk.replication.report import ReplicationReport, ReplicationScanResult
from b2sdk.replication.setup import ReplicationSetupHelper
from b2sdk.scan.b2_folder import B2Folder
from b2sdk.scan.path import B2Path
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.scan.report import ProgressReport
from b2sdk.simulator import SimulatorServer
from b2sdk.values.encryption import SSE_B2_AES, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold, RetentionMode
from b2sdk.values.replication import ReplicationConfiguration, ReplicationRule, ReplicationStatus

PREFIX = "folder/"


@pytest.fixture
def locked(api: Any) -> Any:
    return api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)


def configured(bucket: Any, destination: Any, prefix: str = PREFIX) -> Any:
    """Return the bucket with a rule whose keys nobody has, so nothing is replicated behind the test's back."""
    rule = ReplicationRule(destination.id_, "rule", prefix)
    return bucket.update(replication=ReplicationConfiguration([rule], "a key that is no more"))


def monitor_of(bucket: Any, **options: Any) -> ReplicationMonitor:
    return ReplicationMonitor(bucket, bucket.replication.rules[0], **{"report": None, **options})


def counts(report: Any) -> dict[ReplicationScanResult, int]:
    return dict(report.counter_by_status)


# --- what is compared ---


def test_each_file_is_beside_that_of_the_same_name(source: Any, destination: Any) -> None:
    for bucket, names in ((source, "abx"), (destination, "bcx")):
        for name in names:
            bucket.upload_bytes(b"", PREFIX + name)
        bucket.upload_bytes(b"", "elsewhere")
        bucket.upload_bytes(b"", "folders/of-another-name")
    source.hide_file(PREFIX + "x")
    pairs = list(monitor_of(configured(source, destination)).iter_pairs())
    assert [(a and a.relative_path, b and b.relative_path) for a, b in pairs] == [
        ("a", None),
        ("b", "b"),
        (None, "c"),
        ("x", "x"),
    ]
    assert all(isinstance(path, B2Path) for pair in pairs for path in pair if path is not None)
    hidden = pairs[-1][0]
    assert hidden is not None
    assert not hidden.is_visible()


def test_the_folders_are_those_of_the_rule(api: Any, source: Any, destination: Any) -> None:
    monitor = monitor_of(configured(source, destination))
    assert monitor.source_api is api
    assert monitor.destination_bucket.id_ == destination.id_
    assert str(monitor.source_folder) == f"B2Folder(source-bucket, {PREFIX})"
    assert str(monitor.destination_folder) == f"B2Folder(destination-bucket, {PREFIX})"


@pytest.mark.parametrize("is_configured", [True, False])
def test_a_rule_of_another_bucket_is_refused(source: Any, destination: Any, is_configured: bool) -> None:
    rule = ReplicationRule(destination.id_, "another-rule")
    if is_configured:
        source = configured(source, destination)
    with pytest.raises(ValueError, match=r"another-rule.* is not a rule from Bucket<.*,source-bucket,allPrivate>"):
        ReplicationMonitor(source, rule, report=None)


def test_a_bucket_of_which_no_replication_is_known_is_refused(api: Any, source: Any) -> None:
    known = type(source)(api, source.id_, name=source.name)
    with pytest.raises(ValueError, match=r"Bucket Bucket<.*> has no replication configuration"):
        ReplicationMonitor(known, ReplicationRule("id", "rule"), report=None)


def test_policies_hold_for_the_source(source: Any, destination: Any) -> None:
    for bucket in (source, destination):
        for name in ("keep", "skip"):
            bucket.upload_bytes(b"", PREFIX + name)
    policies = ScanPoliciesManager(exclude_file_regexes=["skip"])
    monitor = monitor_of(configured(source, destination), scan_policies_manager=policies)
    assert [(a and a.relative_path, b and b.relative_path) for a, b in monitor.iter_pairs()] == [
        ("keep", "keep"),
        (None, "skip"),
    ]


def test_the_destination_may_be_in_another_account(service: SimulatorServer) -> None:
    other = service.create_account()
    front_ends = [
        HttpFrontEnd(service.key_id, service.key, service.url),
        HttpFrontEnd(other.key_id, other.key, service.url),
    ]
    with front_ends[0].connect(b2sdk.v3) as here, front_ends[1].connect(b2sdk.v3) as there:
        for api, front_end in zip((here, there), front_ends, strict=True):
            authorize(api, front_end)
        source, destination = here.create_bucket("source", "allPrivate"), there.create_bucket("target", "allPrivate")
        source, destination = ReplicationSetupHelper().setup_both(source, destination)
        source.upload_bytes(b"content", "name")
        monitor = monitor_of(source, destination_api=there)
        assert monitor.destination_bucket.api is there
        (result,) = counts(monitor.scan())
        assert result.destination_replication_status is ReplicationStatus.REPLICA


# --- what is reported of a file ---

HERE = ReplicationScanResult(
    source_has_hide_marker=False,
    source_encryption_mode=EncryptionMode.NONE,
    source_has_large_metadata=False,
    source_has_file_retention=False,
    source_has_legal_hold=False,
)
SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, "id"))


def expected(**changes: Any) -> ReplicationScanResult:
    return ReplicationScanResult(**{**vars(HERE), **changes})


@pytest.mark.parametrize(
    ("upload", "changes"),
    [
        ({}, {}),
        ({"encryption": SSE_B2_AES}, {"source_encryption_mode": EncryptionMode.SSE_B2}),
        ({"encryption": SSE_C}, {"source_encryption_mode": EncryptionMode.SSE_C}),
        ({"legal_hold": LegalHold.ON}, {"source_has_legal_hold": True}),
        ({"legal_hold": LegalHold.OFF}, {}),
        ({"file_info": {"large": "x" * 2000}}, {"source_has_large_metadata": True}),
    ],
)
def test_what_the_source_has_is_reported(
    locked: Any, destination: Any, upload: dict[str, Any], changes: dict[str, Any], front_end: Any
) -> None:
    bucket = configured(locked, destination)
    bucket.upload_bytes(b"content", PREFIX + "name", **upload)
    # In process nothing is replicated, nor is content encrypted with a customer key; elsewhere it is tried.
    changes = dict(changes)
    if not front_end.is_forgiving and changes.get("source_encryption_mode") is not EncryptionMode.SSE_C:
        changes["source_replication_status"] = ReplicationStatus.FAILED
    default = {} if "source_encryption_mode" in changes else {"source_encryption_mode": default_of(locked)}
    for scan_destination in (True, False):
        assert counts(monitor_of(bucket).scan(scan_destination)) == {expected(**changes, **default): 1}


def default_of(bucket: Any) -> EncryptionMode:
    """Return how the service encrypts what came without a word about it."""
    mode: EncryptionMode = bucket.upload_bytes(b"", "elsewhere").server_side_encryption.mode
    return mode


def test_retention_is_reported(locked: Any, destination: Any) -> None:
    bucket = configured(locked, destination)
    until = FileRetentionSetting(RetentionMode.GOVERNANCE, int(time.time() * 1000) + 3_600_000)
    bucket.upload_bytes(b"", PREFIX + "a", file_retention=until)
    bucket.upload_bytes(b"", PREFIX + "b")
    told = [result.source_has_file_retention for result in counts(monitor_of(bucket).scan())]
    assert told == [True, False]


def test_a_hide_marker_is_reported(source: Any, destination: Any) -> None:
    bucket = configured(source, destination)
    bucket.upload_bytes(b"", PREFIX + "name")
    bucket.hide_file(PREFIX + "name")
    (result,) = counts(monitor_of(bucket).scan())
    assert result == expected(source_has_hide_marker=True)


@pytest.mark.parametrize(
    ("content", "file_info", "metadata_differs", "hash_differs"),
    [
        (b"content", {"color": "blue"}, False, False),
        (b"another", {"color": "blue"}, False, True),
        (b"content", {"color": "red"}, True, False),
        (b"", {}, True, True),
    ],
)
def test_a_replica_that_differs_is_reported(
    source: Any,
    destination: Any,
    content: bytes,
    file_info: dict[str, str],
    metadata_differs: bool,
    hash_differs: bool,
) -> None:
    bucket = configured(source, destination)
    source.upload_bytes(b"content", PREFIX + "name", file_info={"color": "blue"})
    destination.upload_bytes(content, PREFIX + "name", file_info=file_info)
    (result,) = counts(monitor_of(bucket).scan())
    assert (result.metadata_differs, result.hash_differs) == (metadata_differs, hash_differs)
    (result,) = counts(monitor_of(bucket).scan(scan_destination=False))
    assert (result.metadata_differs, result.hash_differs) == (None, None)


def test_what_is_only_at_the_destination_has_no_source(source: Any, destination: Any) -> None:
    destination.upload_bytes(b"", PREFIX + "name")
    bucket = configured(source, destination)
    assert counts(monitor_of(bucket).scan()) == {ReplicationScanResult(): 1}
    assert counts(monitor_of(bucket).scan(scan_destination=False)) == {}


def test_equal_findings_are_counted_with_the_first_and_the_last_of_them(source: Any, destination: Any) -> None:
    bucket = configured(source, destination, "")
    for name in "abc":
        source.upload_bytes(b"", name)
    destination.upload_bytes(b"", "d")
    report = monitor_of(bucket).scan()
    assert isinstance(report, ReplicationReport)
    here = next(result for result in report.counter_by_status if result != ReplicationScanResult())
    assert counts(report) == {here: 3, ReplicationScanResult(): 1}
    samples = [report.samples_by_status_first, report.samples_by_status_last]
    assert [[version and version.file_name for version in sample[here]] for sample in samples] == [
        ["a", None],
        ["c", None],
    ]
    assert [version and version.file_name for version in samples[0][ReplicationScanResult()]] == [None, "d"]


def test_replication_that_works_is_distinguished_from_one_that_does_not(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        source, destination = (api.create_bucket(name, "allPrivate") for name in ("source-bucket", "destination"))
        source.upload_bytes(b"", "before")
        source, destination = ReplicationSetupHelper().setup_both(source, destination)
        source.upload_bytes(b"", "replicated")
        source.upload_bytes(b"", "secret", encryption=SSE_C)
        api.delete_bucket(api.create_bucket("an-end-of-the-call-before", "allPrivate"))
        assert source.replication is not None
        api.delete_key_by_id(source.replication.source_key_id or "")
        source.upload_bytes(b"", "without a key")
        found = {
            sample[0].file_name: result
            for result, sample in monitor_of(source).scan().samples_by_status_first.items()  # type: ignore[attr-defined]
        }
    statuses = {
        name: (result.source_replication_status, result.destination_replication_status)
        for name, result in found.items()
    }
    assert statuses == {
        "before": (None, None),
        "replicated": (ReplicationStatus.COMPLETED, ReplicationStatus.REPLICA),
        "secret": (None, None),
        "without a key": (ReplicationStatus.FAILED, None),
    }
    assert found["replicated"].hash_differs is False
    assert found["replicated"].metadata_differs is False


# --- how it goes on ---


class SmallPages(B2Folder):
    """Lists two versions at a time."""

    ended: ClassVar[list[str]] = []
    """Of which buckets the listing was ended, well or not."""

    def get_file_versions(self) -> Iterator[Any]:
        options: dict[str, Any] = {"latest_only": False, "recursive": True, "fetch_count": 2, "prefetch": True}
        try:
            for version, _ in self.bucket.ls(self.prefix, **options):
                yield version
        finally:
            self.ended.append(self.bucket_name)


class Monitor(ReplicationMonitor):
    B2_FOLDER_CLASS = SmallPages


@pytest.fixture
def pages(api: Any) -> list[str]:
    """Return the buckets of which pages have been asked for from now on."""
    asked: list[str] = []
    list_versions: Callable[..., Any] = api.session.raw_api.list_file_versions

    def noted(api_url: str, token: str, bucket_id: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(bucket_id)
        return list_versions(api_url, token, bucket_id, *args, **kwargs)

    api.session.raw_api.list_file_versions = noted
    return asked


@pytest.fixture
def full(source: Any, destination: Any) -> Any:
    """Return a bucket with six pages, whose destination has six too."""
    for bucket in (source, destination):
        for number in range(12):
            bucket.upload_bytes(b"", f"{PREFIX}{number:02}")
    return configured(source, destination)


def in_background() -> int:
    """Return how many threads go on; one whose work is done is given the time to end."""
    threads = [thread for thread in threading.enumerate() if thread.name == "b2sdk-background"]
    for thread in threads:
        thread.join(10)
    return sum(thread.is_alive() for thread in threads)


def test_listings_do_not_run_away_from_what_is_looked_at(full: Any, pages: list[str]) -> None:
    ahead: list[int] = []

    class Slow(ReplicationReport):
        def add(self, *files: Any) -> None:
            super().add(*files)
            ahead.append(len(pages) - 2 * ((self.counter_by_status.total() + 1) // 2))

    class SlowMonitor(Monitor):
        REPORT_CLASS = Slow

    SlowMonitor(full, full.replication.rules[0], report=None).scan()
    assert len(ahead) == 12
    assert max(ahead) <= 4, "two pages of each side: the one that the next name may be on, and the one behind it"


def test_both_sides_may_be_listed_by_several_workers(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    ls = type(full).ls

    def watched(self: Any, *args: Any, workers: int = 1, **kwargs: Any) -> Any:
        asked.append((self.name, workers))
        return ls(self, *args, workers=workers, fetch_count=2, **kwargs)

    rule = full.replication.rules[0]
    expected = ReplicationMonitor(full, rule, report=None).scan()
    monkeypatch.setattr(type(full), "ls", watched)
    assert ReplicationMonitor(full, rule, report=None, workers=3).scan() == expected
    assert sorted(asked) == [("destination-bucket", 3), ("source-bucket", 3)]
    assert in_background() == 0


def test_who_fails_to_look_at_a_file_stops_the_listings(full: Any, pages: list[str]) -> None:
    class Failing(ReplicationReport):
        def add(self, *files: Any) -> None:
            super().add(*files)
            if self.counter_by_status.total() == 3:
                raise ZeroDivisionError

    class FailingMonitor(Monitor):
        REPORT_CLASS = Failing

    SmallPages.ended.clear()
    with pytest.raises(ZeroDivisionError) as raised:
        FailingMonitor(full, full.replication.rules[0], report=None).scan()
    assert sorted(SmallPages.ended) == ["destination-bucket", "source-bucket"], f"while somebody holds {raised.tb}"
    assert len(pages) <= 6
    assert in_background() == 0


@pytest.mark.parametrize("scan_destination", [True, False])
@pytest.mark.parametrize("good", [0, 3])
def test_a_listing_that_fails_ends_the_scan(
    api: Any, full: Any, pages: list[str], scan_destination: bool, good: int
) -> None:
    noted = api.session.raw_api.list_file_versions

    def failing(*args: Any, **kwargs: Any) -> Any:
        if len(pages) >= good:
            raise BadRequest("no more", "bad_request")
        return noted(*args, **kwargs)

    api.session.raw_api.list_file_versions = failing
    stdout = io.StringIO()
    report = ProgressReport(stdout, no_progress=False)
    with pytest.raises(BadRequest):
        Monitor(full, full.replication.rules[0], report=report).scan(scan_destination)
    assert len(pages) == good
    assert in_background() == 0
    assert report.closed, "no half of a line is left on the terminal"


# --- reports ---


@pytest.mark.parametrize(("scan_destination", "count"), [(True, 3), (False, 2)])
def test_progress_is_shown(source: Any, destination: Any, scan_destination: bool, count: int) -> None:
    for bucket, names in ((source, "ab"), (destination, "bc")):
        for name in names:
            bucket.upload_bytes(b"", PREFIX + name)
    stdout = io.StringIO()
    report = ProgressReport(stdout, no_progress=False)
    monitor_of(configured(source, destination), report=report).scan(scan_destination)
    assert report.count == count
    assert report.closed
    assert stdout.getvalue().startswith(" count: 0/0 ")


def test_progress_goes_to_stdout_unless_requested(
    source: Any, destination: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = configured(source, destination)
    monitor = ReplicationMonitor(bucket, bucket.replication.rules[0])
    assert capsys.readouterr().out.startswith(" count: 0/0 ")
    monitor.scan()
    assert capsys.readouterr().out.endswith("\r")


def test_another_listener_needs_no_progress(source: Any, destination: Any) -> None:
    class Listener:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    source.upload_bytes(b"", PREFIX + "name")
    listener = Listener()
    bucket = configured(source, destination)
    assert sum(counts(monitor_of(bucket, report=listener).scan()).values()) == 1
    assert listener.closed == 1


def test_a_key_that_may_not_see_the_locks_scans_as_well(
    locked: Any, destination: Any, api: Any, front_end: Any, surface: ModuleType
) -> None:
    configured(locked, destination).upload_bytes(b"", PREFIX + "a")
    seen = ["listBuckets", "listFiles", "readFiles", "readBucketReplications"]
    key = api.create_key(seen, "of-the-monitor")
    with front_end.connect(surface) as blind:
        authorize(blind, front_end, key.id_, key.application_key)
        (result,) = counts(monitor_of(blind.get_bucket_by_name("locked-bucket")).scan(scan_destination=False))
    assert (result.source_has_file_retention, result.source_has_legal_hold) == (True, False)
