"""What is done with a range, without a cluster."""

from __future__ import annotations

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from tests.flows.synced import make, stored, tree

from b2sdk.exception import DestFileNewer, EmptyDirectory, InvalidArgument
from b2sdk.exception.bulk import OverlappingPrefixes
from b2sdk.integrations.dask.jobs import CopyJob, DeleteJob, Job, SyncJob, VerifyJob
from b2sdk.integrations.dask.limit import RangeLimit
from b2sdk.integrations.dask.report import FleetReport
from b2sdk.name_ranges.division import SAMPLE_SIZE, PartSize, Sample
from b2sdk.sync.transfer_action import B2UploadAction
from b2sdk.v3 import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    B2Api,
    Bucket,
    KeepOrDeleteMode,
    Synchronizer,
)
from b2sdk.values.name_range import ALL_NAMES, NameRange

BUCKET = "b2://test-bucket"
NOW = 1_600_000_000_000


def sync_job(source: object, destination: object, **choices: Any) -> SyncJob:
    synchronizer = Synchronizer(2, **choices)
    provider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
    return SyncJob(str(source), str(destination), synchronizer, NOW, provider)


def verify_job(source: object, destination: object, read_content: Any = "unknown", workers: int = 2) -> VerifyJob:
    return VerifyJob(str(source), str(destination), read_content, workers)


def delete_job(folder: str, *, dry_run: bool = False, unfinished: bool = False, workers: int = 2) -> DeleteJob:
    return DeleteJob(folder, workers, dry_run, bypass_governance=False, unfinished=unfinished)


def done(api: B2Api, job: Job, entries: int = 2) -> FleetReport:
    """Do a job as a worker does it that got it in a pickle, part by part."""
    job = pickle.loads(pickle.dumps(job))  # noqa: S301  # just written
    job.check()
    names: NameRange | None = ALL_NAMES
    report = FleetReport()
    while names is not None:
        limit = RangeLimit(PartSize(entries, 10**9))
        report += job.perform(api, names, limit)
        names = limit.rest(names)
    return report


def test_syncs_part_by_part_make_the_same_trees_and_count_each_file_once(
    api: B2Api, bucket: Bucket, tmp_path: Path
) -> None:
    source = make(tmp_path / "source", {"a": b"1", "b/c": b"22", "b/d": b"333", "e": b"", "f": b"x"})
    up = done(api, sync_job(source, f"{BUCKET}/in"))
    assert (up.counts, up.size) == ({("upload", "done"): 5}, 7)
    assert up.ranges == 3
    stored(bucket, "out/gone")
    delete = KeepOrDeleteMode.DELETE
    across = done(api, sync_job(f"{BUCKET}/in", f"{BUCKET}/out", keep_days_or_delete=delete))
    assert across.counts == {("copy", "done"): 5, ("delete", "done"): 1}
    down = done(api, sync_job(f"{BUCKET}/out", tmp_path / "down"))
    assert down.counts == {("download", "done"): 5}
    assert tree(tmp_path / "down") == tree(source)
    assert done(api, sync_job(source, f"{BUCKET}/in")).counts == {("file", "up to date"): 5}
    assert done(api, sync_job(source, f"{BUCKET}/new", dry_run=True)).counts == {("upload", "would be done"): 5}


def test_what_fails_in_a_sync_is_in_the_report_and_the_others_continue(
    api: B2Api, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path, ["a", "b", "c"])
    upload = B2UploadAction.perform

    async def fail(self: Any, *args: Any) -> None:
        if self.relative_name == "b":
            raise OSError("not this one")
        await upload(self, *args)

    monkeypatch.setattr(B2UploadAction, "perform", fail)
    report = done(api, sync_job(source, BUCKET))
    assert report.counts == {("upload", "done"): 2, ("upload", "failed"): 1}
    assert [str(failure) for failure in report.failures] == ["upload b: OSError: not this one"]


def test_what_ends_a_sync_ends_the_range(api: B2Api, bucket: Bucket, tmp_path: Path) -> None:
    stored(bucket, "a", mod_time=NOW)
    with pytest.raises(DestFileNewer):
        done(api, sync_job(make(tmp_path, ["a"]), BUCKET))
    with pytest.raises(EmptyDirectory):
        done(api, sync_job(f"{BUCKET}/none", BUCKET, keep_days_or_delete=KeepOrDeleteMode.DELETE))


def test_each_file_is_verified_against_its_source(api: B2Api, bucket: Bucket, tmp_path: Path) -> None:
    source = make(tmp_path, {"changed": b"123", "longer": b"12", "missing": b"1", "same": b"content", "hidden": b""})
    for name, content in (("changed", b"321"), ("longer", b"123"), ("same", b"content"), ("there only", b"x")):
        stored(bucket, f"in/{name}", content)
    stored(bucket, "in/hidden", b"")
    bucket.hide_file("in/hidden")
    report = done(api, verify_job(source, f"{BUCKET}/in"))
    assert report.counts == {("file", "verified"): 1, ("file", "only at the destination"): 1, ("verify", "failed"): 4}
    assert report.size == len(b"content")
    sha1s = [hashlib.sha1(content).hexdigest() for content in (b"321", b"123")]
    assert [str(failure) for failure in report.failures] == [
        f"verify changed: Unverified: its SHA-1 is {sha1s[0]} instead of {sha1s[1]}",
        "verify hidden: Unverified: it is missing at the destination",
        "verify longer: Unverified: it has 3 bytes instead of 2",
        "verify missing: Unverified: it is missing at the destination",
    ]


def test_content_is_read_where_its_sha1_is_not_known_or_always_or_never(
    api: B2Api, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"1" * 5_000_050
    make(tmp_path, {"large": content, "small": b"s"})
    stored(bucket, "small", b"s")
    # What is not known before is not recorded with a large file.
    bucket.upload_unbound_stream(io.BytesIO(content), "large", recommended_upload_part_size=5_000_000)
    reads: list[str] = []
    download = api.download_file_by_id

    def watched(file_id: str) -> Any:
        reads.append(file_id)
        return download(file_id)

    monkeypatch.setattr(api, "download_file_by_id", watched)
    both, one = {("file", "verified"): 2}, {("file", "verified"): 1, ("file", "without a SHA-1"): 1}
    for read_content, counts, read in (("never", one, 0), ("unknown", both, 1), ("always", both, 2)):
        reads.clear()
        assert done(api, verify_job(tmp_path, BUCKET, read_content)).counts == counts
        assert len(reads) == read


def test_a_folder_is_deleted_with_all_versions(api: B2Api, bucket: Bucket) -> None:
    for name in ("in/a", "in/a", "in/a", "in/b", "out"):
        stored(bucket, name, b"xx")
    bucket.hide_file("in/b")
    api.services.large_file.start_large_file(bucket.id_, "in/c")
    folder = f"{BUCKET}/in"
    report = done(api, delete_job(folder, dry_run=True))
    assert (report.counts, report.size) == ({("delete", "would be done"): 5}, 8)
    assert done(api, delete_job(folder)).counts == {("delete", "done"): 5}
    assert done(api, delete_job(folder)).counts == {}
    assert done(api, delete_job(folder, unfinished=True)).counts == {("delete", "done"): 1}
    assert [version.file_name for version, _ in bucket.ls(latest_only=False, recursive=True)] == ["out"]


def test_the_newest_versions_are_copied_whatever_their_names_are_unless_they_are_there(
    api: B2Api, bucket: Bucket
) -> None:
    contents = [
        ("a", b"old"),
        ("a", b"new"),
        ("b", b"b"),
        ("c", b"c"),
        ("hidden", b"h"),
        ("../up", b""),
    ]
    for name, content in contents:
        stored(bucket, f"in/{name}", content)
    bucket.hide_file("in/hidden")
    stored(bucket, "out/b", b"b")
    stored(bucket, "out/c", b"other")
    job = CopyJob(f"{BUCKET}/in", f"{BUCKET}/out", 2, dry_run=False)
    report = done(api, job)
    assert (report.counts, report.size) == ({("copy", "done"): 3, ("copy", "already done"): 1}, 4)
    assert done(api, job).counts == {("copy", "already done"): 4}
    found = {version.file_name for version, _ in bucket.ls("out", recursive=True)}
    assert found == {"out/../up", "out/a", "out/b", "out/c"}
    with pytest.raises(OverlappingPrefixes):
        done(api, CopyJob(f"{BUCKET}/in", f"{BUCKET}/in/it", 2, dry_run=True))


def test_a_sample_is_the_beginning_of_each_folder(api: B2Api, bucket: Bucket, tmp_path: Path) -> None:
    for name in ("a", "in/b", "in/b", "in/c"):
        stored(bucket, name, b"xx")
    make(tmp_path / "source", {"c": b"123"})
    job = sync_job(tmp_path / "source", f"{BUCKET}/in")
    assert job.samples(api, ALL_NAMES) == [
        Sample([("c", 3)], is_all=True),  # type: ignore[list-item]  # a named tuple is a tuple
        Sample([("b", 2), ("b", 2), ("c", 2)], is_all=True),  # type: ignore[list-item]  # as above
    ]
    assert [len(sample.entries) for sample in job.samples(api, NameRange("c"))] == [1, 1]
    assert sync_job(tmp_path / "gone", BUCKET).samples(api, ALL_NAMES)[0] == Sample((), is_all=True)


def test_a_sample_does_not_go_on(api: B2Api, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, map(str, range(SAMPLE_SIZE + 1)))
    (sample, _) = sync_job(tmp_path, BUCKET).samples(api, ALL_NAMES)
    assert (len(sample.entries), sample.is_all) == (SAMPLE_SIZE, False)
    monkeypatch.setattr("b2sdk.integrations.dask.limit.SAMPLE_SIZE", 2)
    for name in "abc":
        stored(bucket, name)
    (_, sample) = sync_job(tmp_path, BUCKET).samples(api, ALL_NAMES)
    assert (len(sample.entries), sample.is_all) == (2, False)


@pytest.mark.parametrize(
    ("job", "error", "text"),
    [
        (sync_job("relative/path", BUCKET), ValueError, "must be absolute: 'relative/path'"),
        (sync_job("/a", "/b"), ValueError, "Sync between two local folders is not supported!"),
        (sync_job("b2://", BUCKET), InvalidArgument, "the name of the bucket is missing"),
        (verify_job("", BUCKET), InvalidArgument, "is empty"),
        (verify_job("/a", "/b", "perhaps"), ValueError, "read_content must be never, unknown or always: 'perhaps'"),
        (verify_job("/a", "/b", workers=0), ValueError, "workers must be positive"),
        (CopyJob("/a", BUCKET, 1, dry_run=False), ValueError, "what is copied stays in buckets: '/a'"),
        (CopyJob(BUCKET, BUCKET, 0, dry_run=False), ValueError, "workers must be positive"),
        (delete_job("/a"), ValueError, "what is deleted must be in a bucket: '/a'"),
        (delete_job(BUCKET, workers=0), ValueError, "workers must be positive"),
    ],
)
def test_what_no_worker_can_do_is_refused(job: Job, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        job.check()
    assert text in str(caught.value)
