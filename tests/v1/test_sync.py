"""Folders, rules, encryption settings and errors of syncs of v1, through both front ends."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import b2sdk.v0
import b2sdk.v1
import b2sdk.v2
import b2sdk.v3
from b2sdk.v1 import B2File, File, FileVersion, NewerFileSyncMode, ScanPoliciesManager, SyncReport
from b2sdk.v1.exception import CommandError, DestFileNewer, IncompleteSync, NotADirectory
from b2sdk.v1.sync import B2FileVersion
from b2sdk.v1.sync.scan_policies import wrap_if_necessary

NOW = 5_000_000_000_000
NEWEST = 4_000_000_000_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.txt", "b.txt", "sub/c.txt")):
        path = folder / name
        path.write_bytes(name.encode())
        os.utime(path, (1000 + number, 1000 + number))
    return folder


@pytest.fixture
def report() -> Iterator[SyncReport]:
    with SyncReport(io.StringIO(), no_progress=True) as report:
        yield report


def names(bucket: Any) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


def test_a_folder_goes_up_and_comes_down(
    api: Any, bucket: Any, surface: ModuleType, source: Path, tmp_path: Path, report: SyncReport
) -> None:
    remote = surface.parse_sync_folder(f"b2://{bucket.name}/there", api, workers=2)
    surface.Synchronizer(2).sync_folders(surface.LocalFolder(str(source)), remote, NOW, report)
    assert names(bucket) == ["there/a.txt", "there/b.txt", "there/sub/c.txt"]
    assert (report.local_file_count, report.local_done) == (3, True)
    back = surface.parse_sync_folder(str(tmp_path / "back"), api)
    surface.Synchronizer(2).sync_folders(remote, back, NOW, report)
    assert (tmp_path / "back" / "sub" / "c.txt").stat().st_mtime_ns // 1_000_000 == 1_002_000


def test_rules_of_v1_are_asked_about_files(api: Any, bucket: Any, surface: ModuleType, source: Path) -> None:
    asked: list[Any] = []

    class Rules(surface.ScanPoliciesManager):  # type: ignore[misc, name-defined]  # of whichever surface
        def should_exclude_file(self, file_path: str) -> bool:
            return file_path == "a.txt"

        def should_exclude_directory(self, dir_path: str) -> bool:
            return dir_path == "sub"

        def should_exclude_file_version(self, file_version: FileVersion) -> bool:
            asked.append(file_version)
            return False

    local, remote = surface.LocalFolder(str(source)), surface.B2Folder(bucket.name, "", api)
    surface.Synchronizer(1, policies_manager=Rules()).sync_folders(local, remote, NOW, None)
    assert names(bucket) == ["b.txt"]
    assert [path.relative_path for path in remote.all_files(None, Rules())] == ["b.txt"]
    here, there = asked
    assert (type(here), here.id_, here.name, here.mod_time, here.size) == (
        FileVersion, str(source / "b.txt"), "b.txt", 1_001_000, 5,
    )  # fmt: skip
    assert (type(there), there.name, there.file_version_info.size) == (B2FileVersion, "b.txt", 5)


def test_rules_that_are_no_class_of_ours_are_asked_too(surface: ModuleType, source: Path) -> None:
    class Rules:
        exclude_all_symlinks = False

        def should_exclude_file(self, file_path: str) -> bool:
            return file_path.startswith("a")

        def should_exclude_directory(self, dir_path: str) -> bool:
            return False

        def should_exclude_file_version(self, file_version: FileVersion) -> bool:
            return file_version.mod_time == 1_001_000

    found = surface.LocalFolder(str(source)).all_files(None, Rules())
    assert [path.relative_path for path in found] == ["sub/c.txt"]
    assert "Rules" in repr(wrap_if_necessary(Rules()))


def test_rules_of_later_surfaces_are_asked_as_they_are() -> None:
    for rules in (b2sdk.v3.ScanPoliciesManager(), b2sdk.v3.DEFAULT_SCAN_MANAGER, ScanPoliciesManager()):
        assert wrap_if_necessary(rules) is rules


def test_upload_times_count_in_rules_of_v1(api: Any, bucket: Any, surface: ModuleType) -> None:
    version = bucket.upload_bytes(b"content", "file")
    before, after = ({f"exclude_uploaded_{side}": version.upload_timestamp} for side in ("before", "after"))
    for limits, is_left_out in ((before, False), (after, False), ({"exclude_uploaded_after": 1}, True)):
        rules = surface.ScanPoliciesManager(**limits)
        assert rules.should_exclude_file_version(B2FileVersion(version)) is is_left_out
        found = list(surface.B2Folder(bucket.name, "", api).all_files(None, rules))
        assert (found == []) is is_left_out


@pytest.mark.parametrize("is_by_class", [True, False])
def test_a_provider_of_v1_is_asked_under_the_older_names(
    api: Any, bucket: Any, surface: ModuleType, source: Path, tmp_path: Path, is_by_class: bool
) -> None:
    asked: list[Any] = []
    base: Any = surface.AbstractSyncEncryptionSettingsProvider if is_by_class else object

    class Provider(base):  # type: ignore[misc]  # one or the other
        def get_setting_for_upload(self, bucket: Any, b2_file_name: str, file_info: Any, length: int) -> Any:
            asked.append(b2_file_name)
            return surface.SSE_B2_AES

        def get_source_setting_for_copy(self, bucket: Any, source_file_version_info: Any) -> Any:
            asked.append(type(source_file_version_info))

        def get_destination_setting_for_copy(
            self, bucket: Any, dest_b2_file_name: str, source_file_version_info: Any, target_file_info: Any = None
        ) -> Any:
            asked.append((dest_b2_file_name, type(source_file_version_info)))

        def get_setting_for_download(self, bucket: Any, file_version_info: Any) -> Any:
            asked.append(type(file_version_info))

    (source / "a.txt").unlink()
    (source / "b.txt").unlink()
    remote, copy = surface.B2Folder(bucket.name, "x", api), surface.B2Folder(bucket.name, "y", api)
    back = surface.LocalFolder(str(tmp_path / "back"))
    for here, there in ((surface.LocalFolder(str(source)), remote), (remote, copy), (remote, back)):
        surface.Synchronizer(1).sync_folders(here, there, NOW, None, Provider())
    info = surface.FileVersionInfo
    assert asked[0] == "x/sub/c.txt"
    assert {info, ("y/sub/c.txt", info)} == set(asked[1:])


def test_a_file_that_is_newer_is_reported_with_its_versions(
    api: Any, bucket: Any, surface: ModuleType, source: Path
) -> None:
    bucket.upload_bytes(b"newer", "a.txt", file_info={"src_last_modified_millis": str(NEWEST)})
    local, remote = surface.LocalFolder(str(source)), surface.B2Folder(bucket.name, "", api)
    with pytest.raises(DestFileNewer) as caught:
        surface.Synchronizer(1).sync_folders(local, remote, NOW, None)
    error: Any = pickle.loads(pickle.dumps(caught.value.source_file)), caught.value  # noqa: S301  # our own bytes
    assert error[0].latest_version().id_ == str(source / "a.txt")
    assert (type(caught.value.source_file), type(caught.value.dest_file)) == (File, B2File)
    assert caught.value.dest_file.latest_version().mod_time == NEWEST
    assert isinstance(caught.value, b2sdk.v3.exception.DestFileNewer)
    expected = "--skipNewer or --replaceNewer" if surface is b2sdk.v0 else "a valid newer_file_mode"
    assert str(caught.value) == (
        "source file is older than destination: local://a.txt with a time of 1000000 cannot be synced to"
        f" b2://a.txt with a time of {NEWEST}, unless {expected} is provided"
    )
    surface.Synchronizer(1, newer_file_mode=NewerFileSyncMode.SKIP).sync_folders(local, remote, NOW, None)


@pytest.mark.parametrize("kind", ["empty", "missing", "bucket"])
def test_an_empty_source_is_a_command_error(
    api: Any, bucket: Any, surface: ModuleType, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "empty").mkdir()
    bucket.upload_bytes(b"content", "there/file")
    source: Any = surface.LocalFolder(str(tmp_path / kind))
    if kind == "bucket":
        source = surface.B2Folder(bucket.name, "nothing", api)
    delete = surface.KeepOrDeleteMode.DELETE
    with pytest.raises(CommandError, match=r"is empty\.  Use --allowEmptySource"):
        surface.Synchronizer(1, keep_days_or_delete=delete).sync_folders(
            source, surface.B2Folder(bucket.name, "there", api), NOW, None
        )
    assert names(bucket) == ["there/file"]


def test_what_is_no_directory_is_an_error_of_its_own(surface: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for check in ("ensure_present", "ensure_non_empty"):
        with pytest.raises(NotADirectory):
            getattr(surface.LocalFolder(str(tmp_path / "file")), check)()


@pytest.mark.parametrize("text", ["b2:", "b2://", "b2://bucket//x"])
def test_a_folder_that_cannot_be_is_a_command_error(api: Any, surface: ModuleType, text: str) -> None:
    with pytest.raises(CommandError):
        surface.parse_sync_folder(text, api)


def test_a_plan_is_made_of_files_or_of_folders(api: Any, bucket: Any, surface: ModuleType, source: Path) -> None:
    old = bucket.upload_bytes(b"old", "x/a.txt", file_info={"src_last_modified_millis": "1"})
    local, remote = surface.LocalFolder(str(source)), surface.B2Folder(bucket.name, "x", api)
    synchronizer = surface.Synchronizer(1, keep_days_or_delete=surface.KeepOrDeleteMode.DELETE)
    here = File("a.txt", [FileVersion(str(source / "a.txt"), "a.txt", 1_000_000, "upload", 5)])
    there = B2File("a.txt", [B2FileVersion(old)])
    of_folders = [str(one) for one in synchronizer.make_folder_sync_actions(local, remote, NOW, None)]
    of_file = [str(one) for one in synchronizer.make_file_sync_actions("local-to-b2", here, there, local, remote, NOW)]
    assert of_file == of_folders[:2]
    assert len(of_folders) == 4
    new = synchronizer.make_file_sync_actions("local-to-b2", here, None, local, remote, NOW)
    assert [str(one) for one in new] == of_file[:1]
    gone = synchronizer.make_file_sync_actions("local-to-b2", None, there, local, remote, NOW)
    assert [str(one) for one in gone] == [f"b2_delete(x/a.txt, {old.id_}, )"]


def test_a_sync_that_fails_is_incomplete(api: Any, bucket: Any, surface: ModuleType, source: Path) -> None:
    class Provider(surface.AbstractSyncEncryptionSettingsProvider):  # type: ignore[misc, name-defined]  # as above
        def get_setting_for_upload(self, bucket: Any, b2_file_name: str, file_info: Any, length: int) -> Any:
            raise b2sdk.v1.exception.BadRequest("no", "code")

        def get_source_setting_for_copy(self, *_: Any, **__: Any) -> None: ...
        def get_destination_setting_for_copy(self, *_: Any, **__: Any) -> None: ...
        def get_setting_for_download(self, *_: Any, **__: Any) -> None: ...

    expected = CommandError if surface is b2sdk.v0 else IncompleteSync
    with pytest.raises(expected, match="Incomplete sync: sync is incomplete"):
        surface.Synchronizer(1).sync_folders(
            surface.LocalFolder(str(source)), surface.B2Folder(bucket.name, "", api), NOW, None, Provider()
        )


def test_a_monitor_has_folders_of_v1(api: Any, surface: ModuleType) -> None:
    rule = surface.ReplicationRule("an-id", "my-rule")
    replication = surface.ReplicationConfiguration(rules=[rule], source_key_id="a-key")
    bucket = surface.Bucket(api, "id", "my-bucket", replication=replication)
    api.cache.save_bucket(bucket)
    assert surface.ReplicationMonitor.B2_FOLDER_CLASS is surface.B2Folder
    assert surface.ReplicationMonitor(bucket, rule, report=None).source_api is api
