"""Syncs between real directories and buckets, through both front ends and both surfaces."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.conftest import HttpFrontEnd, InProcessFrontEnd, authorize
from tests.flows.synced import DAY, DELETE, KEEP, Synced, all_versions, content, make, stored, tree, versions

import b2sdk.v3
from b2sdk.exception import EmptyDirectory, UnsupportedFilename
from b2sdk.scan.events import EntrySkipped
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.simulator import SimulatorServer
from b2sdk.sync.encryption_provider import BasicSyncEncryptionSettingsProvider
from b2sdk.sync.events import ActionDone, ActionFailed, FileUpToDate, Reason
from b2sdk.sync.modes import NewerFileSyncMode
from b2sdk.transfer.partial_file import is_partial_download
from b2sdk.v3 import EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting, UploadMode
from b2sdk.values.name_range import ALL_NAMES, NameRange


@pytest.fixture
def other(api: Any) -> Any:
    return api.create_bucket("other-bucket", "allPrivate")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make(tmp_path / "source", {"a": b"1", "b c/d": b"22", "b c/é/f": b"", "z": b"4444"})


# --- there and back ---


def test_up_down_and_across_give_the_same_trees(
    api: Any, bucket: Any, other: Any, source: Path, tmp_path: Path
) -> None:
    up = Synced(api, source, "b2://test-bucket/in it")
    assert up.lines == ["upload 'b c/d'", "upload 'b c/é/f'", "upload a", "upload z"]
    across = Synced(api, "b2://test-bucket/in it", "b2://other-bucket")
    assert across.lines == ["copy 'b c/d'", "copy 'b c/é/f'", "copy a", "copy z"]
    down = Synced(api, "b2://other-bucket", tmp_path / "dest")
    assert down.lines == ["dnload 'b c/d'", "dnload 'b c/é/f'", "dnload a", "dnload z"]
    assert tree(tmp_path / "dest") == tree(source)
    for synced in (up, across, down):
        assert not synced.report.has_errors_or_warnings()
    assert (up.report.total_count, up.report.compare_count, up.report.transfer_files) == (4, 4, 4)
    assert (up.report.transfer_bytes, up.report.total_transfer_bytes) == (7, 7)


def test_a_second_sync_transfers_nothing(api: Any, bucket: Any, other: Any, source: Path, tmp_path: Path) -> None:
    bucket.upload_bytes(b"without a time", "d")
    ways = [
        (source, "b2://test-bucket"),
        ("b2://test-bucket", "b2://other-bucket"),
        ("b2://other-bucket", tmp_path / "dest"),
    ]
    for way in ways:
        assert len(Synced(api, *way).done) == (4 if way is ways[0] else 5)
    for way in ways:
        synced = Synced(api, *way)
        assert (synced.lines, synced.done, synced.failure) == ([], [], None)
        reasons = {event.reason for event in synced.events if isinstance(event, FileUpToDate)}
        assert reasons <= {Reason.SAME_TIME, Reason.SAME_CONTENT}


# --- ranges of names ---


def test_syncs_of_all_ranges_are_a_sync_of_the_whole(
    api: Any, bucket: Any, other: Any, source: Path, tmp_path: Path
) -> None:
    for name in ("a", "b c/gone", "b c/é/gone", "gone", "z"):
        stored(bucket, f"in it/{name}", b"too long")
    dest = make(tmp_path / "dest", ["aa", "b c/gone", "zz"])
    parts = ALL_NAMES.divide("b", "b c/e", "b c/é", "c")
    ways = [
        (source, "b2://test-bucket/in it"),
        ("b2://test-bucket/in it", "b2://other-bucket"),
        ("b2://other-bucket", dest),
    ]
    for way in ways:
        synced = [Synced(api, *way, names=names, keep_days_or_delete=DELETE) for names in parts]
        assert [one.failure for one in synced] == [None] * 5
        done = [line for one in synced for line in one.done if not line.startswith(("delete", "local delete"))]
        assert [line.split()[-1] for line in done] == ["a", "c/d", "c/é/f", "z"]
        assert Synced(api, *way, keep_days_or_delete=DELETE).done == []
    assert tree(dest) == tree(source)


def test_a_range_without_files_is_synced_unless_the_source_has_none_at_all(
    api: Any, bucket: Any, tmp_path: Path
) -> None:
    stored(bucket, "a")
    dest, behind = make(tmp_path, ["a", "b"]), NameRange("b")
    assert Synced(api, "b2://test-bucket", dest, names=behind, keep_days_or_delete=DELETE).done == ["local delete b"]
    with pytest.raises(EmptyDirectory):
        Synced(api, "b2://test-bucket/none", dest, names=NameRange("a"), keep_days_or_delete=DELETE)
    assert [*tree(dest)] == ["a"]


BEFORE_1970_AND_AFTER_2106 = (-152_000_000, -152_000_000.5, -1, -86_400.123, 0, 0.001, 1_490_735_828.202, 2**33)


def test_times_before_1970_and_after_2106_come_back_as_they_were(api: Any, bucket: Any, tmp_path: Path) -> None:
    old, new, there = tmp_path / "old", tmp_path / "new", "b2://test-bucket"
    old.mkdir()
    for number, seconds in enumerate(BEFORE_1970_AND_AFTER_2106):
        path = old / f"photo-{number}"
        path.write_bytes(b"x")
        os.utime(path, (seconds, seconds))
    ways = [(old, there), (old, there), (there, new), (there, new), (new, there)]
    assert [len(Synced(api, *way).done) for way in ways] == [8, 0, 8, 0, 0]
    for path in new.iterdir():
        assert int(path.stat().st_mtime * 1000) == int((old / path.name).stat().st_mtime * 1000)


@pytest.mark.parametrize("noted", ["9" * 23, "-" + "9" * 23, "253402300799999", "-62135596800000", "soon", ""])
def test_whatever_time_is_stored_a_file_comes_once(api: Any, bucket: Any, tmp_path: Path, noted: str) -> None:
    bucket.upload_bytes(b"content", "file", file_info={"src_last_modified_millis": noted})
    ways = [("b2://test-bucket", tmp_path), ("b2://test-bucket", tmp_path), (tmp_path, "b2://test-bucket")]
    for number, way in enumerate(ways):
        synced = Synced(api, *way)
        assert (len(synced.done), synced.failure) == (1 if number == 0 else 0, None)
    bucket.download_file_by_name("file").save_to(tmp_path / "saved")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"content"] * 2


def test_a_changed_file_is_replaced_on_each_way(
    api: Any, bucket: Any, other: Any, source: Path, tmp_path: Path
) -> None:
    ways = [
        (source, "b2://test-bucket"),
        ("b2://test-bucket", "b2://other-bucket"),
        ("b2://other-bucket", tmp_path / "d"),
    ]
    for way in ways:
        Synced(api, *way)
    make(source, {"b c/d": b"newer"}, 1_600_000_000_456)
    assert [Synced(api, *way).done for way in ways] == [["upload b c/d"], ["copy b c/d"], ["download b c/d"]]
    assert tree(tmp_path / "d") == tree(source)
    make(source, {"b c/d": b"older"}, 1_400_000_000_000)
    skipped = Synced(api, *ways[0], newer_file_mode=NewerFileSyncMode.SKIP)
    assert FileUpToDate("b c/d", Reason.KEPT_AS_NEWER) in skipped.events
    replaced = Synced(api, *ways[0], newer_file_mode=NewerFileSyncMode.REPLACE)
    assert [event.reason for event in replaced.events if isinstance(event, ActionDone)] == [
        Reason.REPLACED_THOUGH_OLDER
    ]
    assert content(bucket, "b c/d") == b"older"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses such names")
def test_names_that_no_upload_may_have_are_reported_and_left_out(api: Any, bucket: Any, tmp_path: Path) -> None:
    source = make(tmp_path / "source", ["a\nb", "c\td", "e\r/f", "fine"])
    stored(bucket, "gone")
    for _ in range(2):
        synced = Synced(api, source, "b2://test-bucket", keep_days_or_delete=DELETE)
        assert synced.failure is None
        warnings = [line for line in synced.lines if line.startswith("WARNING: ")]
        assert len(warnings) == 3
        assert all("path contains invalid name (Filename " in line for line in warnings)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["fine"]


@pytest.mark.parametrize("kind", ["up", "across"])
def test_a_name_that_the_folder_makes_too_long_is_reported_and_left_out(
    api: Any, bucket: Any, tmp_path: Path, kind: str
) -> None:
    long = "/".join(["x" * 200] * 4 + ["x" * 100])
    if kind == "up":
        source: object = make(tmp_path / "source", [long, "fine"])
    else:
        source = "b2://test-bucket/source"
        for name in (long, "fine"):
            stored(bucket, f"source/{name}")
    dest = f"b2://test-bucket/{'y' * 100}"
    for _ in range(2):
        synced = Synced(api, source, dest, keep_days_or_delete=DELETE)
        assert synced.failure is None
        (warning,) = [line for line in synced.lines if line.startswith("WARNING: ")]
        assert "file name too long (more than 1000 utf-8 bytes)" in warning
        assert [event.reason.name for event in synced.events if isinstance(event, EntrySkipped)] == ["INVALID_NAME"]
    assert [file.file_name for file, _ in bucket.ls("y" * 100, recursive=True)] == [f"{'y' * 100}/fine"]


UNRULY = ["a\nupload everything else", "b\rOVER", "c\u2028d", "e\x85f", "g\u202eh"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_names_write_no_lines_of_a_report_or_a_log(
    api: Any, bucket: Any, tmp_path: Path, dry_run: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    source = make(tmp_path / "source", ["fine"])
    for name in UNRULY:
        (source / name).write_bytes(b"x")
    (source / "\\refused\nforged").write_bytes(b"x")
    options = {"dry_run": dry_run, "keep_days_or_delete": DELETE}
    up = Synced(api, source, "b2://test-bucket", **options)
    down = Synced(api, "b2://test-bucket", tmp_path / "dest", allow_empty_source=True, **options)
    begun = ("upload ", "dnload ", "delete ", "b2_upload(", "WARNING: ")
    assert up.lines
    for line in up.lines + down.lines:
        assert line.startswith(begun)
        assert len(line.splitlines()) == 1
    assert len(up.lines) == len(UNRULY) + 2
    told = [line for record in caplog.records for line in caplog.handler.format(record).splitlines()]
    assert not [line for line in told if line.startswith(("upload ", "OVER", "forged", "d", "f"))]


def test_a_dry_run_changes_nothing(api: Any, bucket: Any, source: Path, tmp_path: Path) -> None:
    stored(bucket, "gone")
    before = versions(bucket)
    up = Synced(api, source, "b2://test-bucket", keep_days_or_delete=DELETE, dry_run=True)
    assert up.lines == ["delete gone ", "upload 'b c/d'", "upload 'b c/é/f'", "upload a", "upload z"]
    assert Synced(api, "b2://test-bucket", tmp_path / "new", dry_run=True).lines == ["dnload gone"]
    assert versions(bucket) == before
    assert not (tmp_path / "new").exists()


# --- what is not at the source ---


@pytest.fixture
def apart(other: Any, front_end: Any) -> Any:
    """Return the other bucket, whose files have ids of their own."""
    if front_end.is_forgiving:
        pytest.skip("each bucket counts the ids of its files from the same number on")
    return other


def test_deleting_leaves_what_is_at_the_source(api: Any, bucket: Any, source: Path, tmp_path: Path) -> None:
    stored(bucket, "a", b"old", 500)
    stored(bucket, "a", b"older than the source")
    stored(bucket, "gone")
    stored(bucket, "hidden")
    bucket.hide_file("hidden")
    up = Synced(api, source, "b2://test-bucket", keep_days_or_delete=DELETE)
    assert [line for line in up.lines if line.startswith("delete")] == [
        "delete a (old version)",
        "delete a (old version)",
        "delete gone ",
        "delete hidden (hide marker)",
        "delete hidden (old version)",
    ]
    assert versions(bucket) == [(name, "upload") for name in ("a", "b c/d", "b c/é/f", "z")]
    make(tmp_path / "dest", ["gone", "sub/gone"])
    down = Synced(api, "b2://test-bucket", tmp_path / "dest", keep_days_or_delete=DELETE)
    assert tree(tmp_path / "dest") == tree(source)
    assert {"delete gone", "delete sub/gone"} <= set(down.lines)
    assert down.report.transfer_files == down.report.total_transfer_files == 6


def test_deleting_across_leaves_what_is_at_the_source(api: Any, bucket: Any, apart: Any) -> None:
    stored(bucket, "a", b"new", 2000)
    stored(bucket, "b")
    stored(apart, "a", b"old", 500)
    stored(apart, "a", b"older")
    stored(apart, "gone")
    across = Synced(api, "b2://test-bucket", "b2://other-bucket", keep_days_or_delete=DELETE)
    assert across.lines == ["copy a", "copy b", "delete a (old version)", "delete a (old version)", "delete gone "]
    assert versions(apart) == versions(bucket) == [("a", "upload"), ("b", "upload")]
    assert content(apart, "a") == b"new"


def test_hidden_at_the_source_is_not_there(api: Any, bucket: Any, tmp_path: Path) -> None:
    stored(bucket, "a")
    stored(bucket, "kept")
    bucket.hide_file("a")
    make(tmp_path / "dest", ["a"], 1000)
    assert Synced(api, "b2://test-bucket", tmp_path / "new").done == ["download kept"]
    down = Synced(api, "b2://test-bucket", tmp_path / "dest", keep_days_or_delete=DELETE)
    assert down.done == ["download kept", "local delete a"]


def test_hidden_at_the_source_is_not_there_across(api: Any, bucket: Any, apart: Any) -> None:
    for target in (bucket, apart):
        stored(target, "a")
        stored(target, "kept")
    bucket.hide_file("a")
    across = Synced(api, "b2://test-bucket", "b2://other-bucket", keep_days_or_delete=DELETE)
    assert [event.reason for event in across.events if isinstance(event, ActionDone)] == [Reason.HIDDEN_AT_SOURCE]
    assert versions(apart) == [("kept", "upload")]


def test_hidden_at_the_destination_is_not_there(api: Any, bucket: Any, source: Path) -> None:
    Synced(api, source, "b2://test-bucket")
    bucket.hide_file("a")
    again = Synced(api, source, "b2://test-bucket")
    assert again.done == ["upload a"]
    assert content(bucket, "a") == b"1"
    assert versions(bucket)[:3] == [("a", "upload"), ("a", "hide"), ("a", "upload")]


def test_what_is_gone_is_hidden_and_deleted_some_days_later(api: Any, bucket: Any, source: Path) -> None:
    Synced(api, source, "b2://test-bucket")
    (source / "a").unlink()

    def synced(days_later: int) -> list[str]:
        now = max(version.upload_timestamp for version in all_versions(bucket))
        options = {"keep_days_or_delete": KEEP, "keep_days": 2, "now": now + days_later * DAY}
        return Synced(api, source, "b2://test-bucket", **options).lines

    assert synced(0) == ["hide   a"]
    assert versions(bucket)[:2] == [("a", "hide"), ("a", "upload")]
    assert synced(1) == []
    assert synced(3) == ["delete a (hide marker)", "delete a (old version)"]
    assert [name for name, _ in versions(bucket)] == ["b c/d", "b c/é/f", "z"]


# --- what is sent ---


def test_what_was_appended_is_all_that_is_sent(api: Any, bucket: Any, calls: Any, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {"log": b"a" * 200}, 1000)
    Synced(api, source, "b2://test-bucket")
    make(source, {"log": b"a" * 200 + b"b" * 300}, 2000)
    calls.done.clear()
    synced = Synced(api, source, "b2://test-bucket", upload_mode=UploadMode.INCREMENTAL, absolute_minimum_part_size=200)
    assert synced.done == ["incremental upload log"]
    assert content(bucket, "log") == b"a" * 200 + b"b" * 300
    assert "copy_part" in calls.done


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def test_a_large_file_is_sent_in_parts_and_comes_back(api: Any, bucket: Any, calls: Any, tmp_path: Path) -> None:
    source = make(tmp_path / "source", {"large": os.urandom(5000)})
    Synced(api, source, "b2://test-bucket")
    assert calls.done.count("upload_part") > 1
    Synced(api, "b2://test-bucket", tmp_path / "dest")
    assert tree(tmp_path / "dest") == tree(source)


def sse_c(letter: bytes) -> EncryptionSetting:
    key = EncryptionKey(letter * 32, f"key {letter.decode()}")
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)


def test_customer_keys_on_both_sides(api: Any, bucket: Any, other: Any, source: Path, tmp_path: Path) -> None:
    one, two = sse_c(b"1"), sse_c(b"2")
    up = BasicSyncEncryptionSettingsProvider({}, {"test-bucket": one})
    across = BasicSyncEncryptionSettingsProvider({"test-bucket": one}, {"other-bucket": two})
    down = BasicSyncEncryptionSettingsProvider({"other-bucket": two}, {})
    ways = [
        (source, "b2://test-bucket", up),
        ("b2://test-bucket", "b2://other-bucket", across),
        ("b2://other-bucket", tmp_path / "dest", down),
    ]
    for from_, to, provider in ways:
        assert Synced(api, from_, to, provider=provider).failure is None
    assert tree(tmp_path / "dest") == tree(source)
    assert content(bucket, "z", encryption=one) == content(other, "z", encryption=two) == b"4444"
    for from_, to, provider in ways:
        assert Synced(api, from_, to, provider=provider).done == [], "times are kept"
    wrong = Synced(api, "b2://other-bucket", tmp_path / "new", provider=across)
    assert wrong.failure is not None
    assert len([event for event in wrong.events if isinstance(event, ActionFailed)]) == 4
    assert "1111" not in wrong.out.getvalue()


def test_an_incremental_upload_reads_the_stored_version_with_its_key(api: Any, bucket: Any, tmp_path: Path) -> None:
    key = sse_c(b"1")
    provider = BasicSyncEncryptionSettingsProvider({"test-bucket": key}, {"test-bucket": key})
    source = make(tmp_path / "source", {"log": b"a" * 200}, 1000)
    options = {"upload_mode": UploadMode.INCREMENTAL, "absolute_minimum_part_size": 200, "provider": provider}
    Synced(api, source, "b2://test-bucket", **options)
    make(source, {"log": b"a" * 200 + b"b" * 300}, 2000)
    assert Synced(api, source, "b2://test-bucket", **options).failure is None
    assert content(bucket, "log", encryption=key) == b"a" * 200 + b"b" * 300


# --- what goes wrong ---


def test_old_versions_stay_when_the_new_one_did_not_arrive(api: Any, bucket: Any, calls: Any, source: Path) -> None:
    old = stored(bucket, "a", b"old")
    calls.refuse("upload_file", after=0)
    synced = Synced(api, source, "b2://test-bucket", keep_days_or_delete=DELETE, workers=1)
    assert synced.failure is not None
    assert [line for line in synced.lines if line.startswith("b2_upload(")] == [
        f"b2_upload({source / 'a'}, a, 1500000000123): BadRequest() no more (bad_request)"
    ]
    assert [version.id_ for version in bucket.list_file_versions("a")] == [old.id_]
    assert len(versions(bucket)) == 4, "the others arrived"
    assert synced.report.has_errors_or_warnings()
    assert synced.report.transfer_files == 3
    again = Synced(api, source, "b2://test-bucket", keep_days_or_delete=DELETE)
    assert again.done == ["delete a", "upload a"]


def test_what_is_in_the_way_is_reported_and_the_others_continue(api: Any, bucket: Any, tmp_path: Path) -> None:
    for name in ("d", "f/below", "z"):
        stored(bucket, name)
    make(tmp_path / "dest", ["d/inside", "f"])
    synced = Synced(api, "b2://test-bucket", tmp_path / "dest")
    assert synced.failure is not None
    assert synced.done == ["download z"]
    errors = {event.path: type(event.error).__name__ for event in synced.events if isinstance(event, ActionFailed)}
    assert errors == {"d": "DestinationIsADirectory", "f/below": "NotADirectory"}
    assert (tmp_path / "dest" / "f").read_bytes() == b"f"
    assert (tmp_path / "dest" / "d" / "inside").read_bytes() == b"d/inside"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_sync_replaces_regular_files_only(
    api: Any, bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("directory", "fifo", "link-to-fifo", "link-to-zero", "socket", "z"):
        stored(bucket, name, mod_time=2_000_000_000_000)
    dest = make(tmp_path / "dest", ["z"])
    (dest / "directory").mkdir()
    os.mkfifo(dest / "fifo")
    os.utime(dest / "fifo", (1, 1))
    (dest / "link-to-fifo").symlink_to("fifo")
    (dest / "link-to-zero").symlink_to("/dev/zero")
    monkeypatch.chdir(dest)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    synced = Synced(api, "b2://test-bucket", dest, keep_days_or_delete=DELETE)
    assert synced.done == ["download link-to-fifo", "download link-to-zero", "download z"], "links are replaced"
    errors = {event.path: str(event.error) for event in synced.events if isinstance(event, ActionFailed)}
    assert errors == {
        "directory": f"is a directory: {dest / 'directory'}",
        "fifo": f"'{dest / 'fifo'}' is a FIFO, not a file",
        "socket": f"'{dest / 'socket'}' is a socket, not a file",
    }
    assert (dest / "fifo").is_fifo()
    assert (dest / "socket").is_socket()
    assert (dest / "link-to-zero").read_bytes() == b"content"
    assert is_tidy(dest)


def is_tidy(root: Path) -> bool:
    return not any(is_partial_download(path.name) for path in root.rglob("*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("dry_run", [False, True])
def test_special_files_of_a_source_are_left_out_with_a_warning(
    api: Any, bucket: Any, source: Path, dry_run: bool
) -> None:
    os.mkfifo(source / "fifo")
    (source / "zero").symlink_to("/dev/zero")
    synced = Synced(api, source, "b2://test-bucket", dry_run=dry_run)
    assert (len(synced.done), synced.failure) == (4, None)
    assert [line for line in synced.lines if line.startswith("WARNING")] == [
        f"WARNING: {source / 'fifo'} is a FIFO, not a file. Skipping.",
        f"WARNING: {source / 'zero'} is a device, not a file. Skipping.",
    ]


def test_nothing_is_written_or_deleted_through_links_that_lead_out(api: Any, bucket: Any, tmp_path: Path) -> None:
    for name in ("out/new", "out/sub/new", "good", "file"):
        stored(bucket, name, mod_time=2_000_000_000_000)
    dest, outside = tmp_path / "dest", make(tmp_path / "outside", ["theirs", "file"])
    dest.mkdir()
    (dest / "out").symlink_to(outside)
    (dest / "file").symlink_to(outside / "file")
    before = tree(outside)
    synced = Synced(api, "b2://test-bucket", dest, keep_days_or_delete=DELETE)
    assert tree(outside) == before
    assert synced.failure is not None
    failed = {event.path: type(event.error) for event in synced.events if isinstance(event, ActionFailed)}
    assert failed == dict.fromkeys(["out/new", "out/sub/new", "out/theirs", "out/file"], UnsupportedFilename)
    assert (dest / "file").read_bytes() == b"content"
    assert not (dest / "file").is_symlink(), "a link to a file is replaced"
    assert len([line for line in synced.lines if "UnsupportedFilename" in line]) == 4


def test_a_link_to_a_directory_inside_is_followed(api: Any, bucket: Any, tmp_path: Path) -> None:
    stored(bucket, "in/new")
    (tmp_path / "dest" / "real").mkdir(parents=True)
    (tmp_path / "dest" / "in").symlink_to("real")
    assert Synced(api, "b2://test-bucket", tmp_path / "dest").done == ["download in/new"]
    assert (tmp_path / "dest" / "real" / "new").read_bytes() == b"content"


def test_what_is_left_out_of_the_source_is_not_sent(api: Any, bucket: Any, source: Path) -> None:
    policies = ScanPoliciesManager(exclude_dir_regexes=["b c"], exclude_file_regexes=["z"])
    assert Synced(api, source, "b2://test-bucket", policies_manager=policies).done == ["upload a"]


# --- any names ---


def _is_valid(component: str) -> bool:
    return component not in {".", ".."} and 0 < len(component.encode()) <= 120 and not is_partial_download(component)


components = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\\x7f"), min_size=1, max_size=20
).filter(_is_valid)
near = st.sampled_from(["a", "A", "b", "a b", "a-b", "a.b", "a0", ".a", "~", "é", "e\u0301", "ﬁ", "😀", "\uffff", " "])
names = st.lists(near | components, min_size=1, max_size=4).map("/".join)


def without_conflicts(candidates: set[str]) -> list[str]:
    """Return the names none of which is that of a directory too."""
    directories = {name[:end] for name in candidates for end, letter in enumerate(name) if letter == "/"}
    return sorted(candidates - directories)


@settings(max_examples=30)
@given(
    chosen=st.sets(names, max_size=12).map(without_conflicts),
    mod_time=st.integers(min_value=0, max_value=4_000_000_000_000),
)
@pytest.mark.parametrize("over_http", [False, True], ids=["in process", "over HTTP"])
def test_any_files_go_there_and_back(
    service: SimulatorServer, over_http: bool, chosen: list[str], mod_time: int
) -> None:
    service.reset()
    front_end = HttpFrontEnd(service.key_id, service.key, service.url) if over_http else InProcessFrontEnd(b2sdk.v3)
    with front_end.connect(b2sdk.v3) as api, tempfile.TemporaryDirectory() as directory:
        authorize(api, front_end)
        for name in ("one-bucket", "two-bucket"):
            api.create_bucket(name, "allPrivate")
        source, dest = make(Path(directory, "source"), chosen, mod_time), Path(directory, "dest")
        source.mkdir(exist_ok=True)
        ways = [(source, "b2://one-bucket"), ("b2://one-bucket", "b2://two-bucket"), ("b2://two-bucket", dest)]
        for count in (len(chosen), 0):
            for from_, to in ways:
                synced = Synced(api, from_, to, keep_days_or_delete=DELETE, allow_empty_source=True)
                assert (len(synced.done), synced.failure, synced.report.warnings) == (count, None, [])
        assert tree(dest) == tree(source)
        assert set(tree(source)) == set(chosen)
