from __future__ import annotations

import contextlib
import inspect
import io
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import Folder, Report, hidden, local, stored

from b2sdk.costs import Costs
from b2sdk.exception import DestFileNewer, EmptyDirectory, IncompleteSync, InvalidArgument, UnsupportedFilename
from b2sdk.scan.events import EntrySkipped, SkipReason
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.sync.events import (
    ActionDone,
    ActionDropped,
    ActionFailed,
    ActionPlanned,
    ComparisonEnded,
    FileUpToDate,
    Reason,
    SyncEnded,
)
from b2sdk.sync.modes import CompareVersionMode, KeepOrDeleteMode, NewerFileSyncMode
from b2sdk.sync.policy import UpPolicy
from b2sdk.sync.policy_manager import SyncPolicyManager
from b2sdk.sync.report import SyncReport
from b2sdk.sync.synchronizer import Synchronizer
from b2sdk.values.name_range import NameRange

NOW = 10**12
DELETE = KeepOrDeleteMode.DELETE


def sync(source: Any, dest: Any, reporter: Any = None, workers: int = 1, **options: Any) -> None:
    Synchronizer(workers, **options).sync_folders(source, dest, NOW, reporter)


def plan(source: Any, dest: Any, reporter: Any = None, **options: Any) -> list[str]:
    actions = Synchronizer(1, **options)._make_folder_sync_actions(source, dest, NOW, reporter)
    return [str(action) for action in actions]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


# --- its arguments ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"compare_threshold": -1}, "compare_threshold must be a positive integer"),
        (
            {"newer_file_mode": "skip"},
            (
                "newer_file_mode must be one of :{'SKIP': <NewerFileSyncMode.SKIP: 101>, "
                "'REPLACE': <NewerFileSyncMode.REPLACE: 102>, 'RAISE_ERROR': <NewerFileSyncMode.RAISE_ERROR: 103>}"
            ),
        ),
        (
            {"keep_days_or_delete": None},
            (
                "keep_days_or_delete must be one of :{'DELETE': <KeepOrDeleteMode.DELETE: 301>, 'KEEP_BEFORE_DELETE': "
                "<KeepOrDeleteMode.KEEP_BEFORE_DELETE: 302>, 'NO_DELETE': <KeepOrDeleteMode.NO_DELETE: 303>}"
            ),
        ),
        (
            {"compare_version_mode": 201},
            (
                "compare_version_mode must be one of :{'MODTIME': <CompareVersionMode.MODTIME: 201>, "
                "'SIZE': <CompareVersionMode.SIZE: 202>, 'NONE': <CompareVersionMode.NONE: 203>}"
            ),
        ),
        (
            {"keep_days_or_delete": KeepOrDeleteMode.KEEP_BEFORE_DELETE},
            "keep_days is required when keep_days_or_delete is KeepOrDeleteMode.KEEP_BEFORE_DELETE",
        ),
        ({"max_workers": 0}, "max_workers must be a positive integer"),
    ],
)
def test_what_makes_no_sense_is_reported(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        Synchronizer(**{"max_workers": 1, **options})
    assert str(raised.value) == message


def test_options_can_be_read() -> None:
    synchronizer = Synchronizer(3)
    assert synchronizer.max_workers == 3
    assert synchronizer.policies_manager is DEFAULT_SCAN_MANAGER
    assert synchronizer.compare_threshold == 0
    assert synchronizer.newer_file_mode is NewerFileSyncMode.RAISE_ERROR
    assert synchronizer.keep_days_or_delete is KeepOrDeleteMode.NO_DELETE
    assert synchronizer.compare_version_mode is CompareVersionMode.MODTIME
    assert (synchronizer.dry_run, synchronizer.allow_empty_source, synchronizer.keep_days) == (False, False, None)


# --- which folders ---


def test_folders_with_different_ranges_of_names_are_refused(tmp_path: Path) -> None:
    dest = Folder("b2")
    with pytest.raises(ValueError, match="both folders must have the same range of names"):
        sync(LocalFolder(tmp_path, names=NameRange("b")), dest, keep_days_or_delete=DELETE)
    assert dest.walks == 0


def test_two_local_folders_are_refused() -> None:
    with pytest.raises(ValueError, match="Sync between two local folders is not supported!"):
        sync(Folder("local"), Folder("local"))


@pytest.mark.parametrize("wrong", ["b2://bucket/folder", Path("folder"), None])
def test_a_path_is_no_folder(wrong: Any) -> None:
    told = f"must be a folder, such as parse_folder returns, not {type(wrong).__name__}"
    with pytest.raises(TypeError, match=f"source_folder {told}"):
        sync(wrong, Folder("local"))
    with pytest.raises(TypeError, match=f"dest_folder {told}"):
        sync(Folder("b2"), wrong)


def test_local_files_are_not_kept_some_days(tmp_path: Path) -> None:
    options: dict[str, Any] = {"keep_days_or_delete": KeepOrDeleteMode.KEEP_BEFORE_DELETE, "keep_days": 2}
    message = "^keep_days_or_delete cannot be used for local files$"
    with pytest.raises(InvalidArgument, match=message):
        sync(Folder("b2"), LocalFolder(tmp_path / "new"), **options)
    assert not (tmp_path / "new").exists(), "told before anything is done"
    with pytest.raises(InvalidArgument, match=message):
        plan(Folder("b2"), Folder("local"), **options)


def test_a_time_in_seconds_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    source, dest = Folder("b2", [stored("a")]), LocalFolder(tmp_path / "new")
    with pytest.raises(InvalidArgument, match="now_millis must be milliseconds since the epoch"):
        Synchronizer(1).sync_folders(source, dest, 1_795_000_000, None)
    assert (source.bucket.mock_calls, list(tmp_path.iterdir())) == ([], [])
    with pytest.raises(InvalidArgument, match="now_millis"):
        list(Synchronizer(1)._make_folder_sync_actions(source, dest, 1_795_000_000, None))


def test_an_empty_source_is_refused_unless_it_is_meant_so(tmp_path: Path) -> None:
    dest = Folder("b2", [stored("a")])
    with pytest.raises(EmptyDirectory):
        sync(LocalFolder(tmp_path), dest, keep_days_or_delete=DELETE)
    sync(LocalFolder(tmp_path), dest, keep_days_or_delete=DELETE, allow_empty_source=True)
    assert dest.bucket.mock_calls == [mock.call.api.delete_file_version("id_a_100", "folder/a")]


def test_a_missing_destination_is_made_but_not_by_a_dry_run(tmp_path: Path) -> None:
    source, dest, out = Folder("b2", [stored("a")]), LocalFolder(tmp_path / "new"), io.StringIO()
    sync(source, dest, SyncReport(out, True), dry_run=True)
    assert out.getvalue() == "dnload a\n"
    assert not (tmp_path / "new").exists()
    sync(Folder("b2"), dest)
    assert (tmp_path / "new").is_dir()


@pytest.mark.parametrize(
    ("source", "dest", "used"),
    [
        (Folder("local", [local("a")]), Folder("b2"), "dest"),
        (Folder("b2", [stored("a")]), Folder("b2"), "dest"),
        (Folder("b2", [stored("a")]), Folder("local"), "source"),
    ],
)
def test_actions_work_on_the_destination_or_else_the_source(source: Folder, dest: Folder, used: str) -> None:
    manager = mock.Mock()
    action = manager.get_policy.return_value.get_all_actions.return_value = [mock.MagicMock()]
    reporter = mock.MagicMock()
    sync(source, dest, reporter, sync_policy_manager=manager)
    expected = dest if used == "dest" else source
    assert action[0].run.mock_calls == [mock.call(expected.bucket, reporter, False)]


# --- what is planned ---


def test_files_are_decided_about_in_the_order_of_their_names() -> None:
    source = Folder("local", [local("a"), local("b"), local("d", 200)])
    dest = Folder("b2", [stored("b"), stored("c"), stored("d", 100, 50)])
    assert plan(source, dest, keep_days_or_delete=DELETE) == [
        "b2_upload(/dir/a, folder/a, 100)",
        "b2_delete(folder/c, id_c_100, )",
        "b2_upload(/dir/d, folder/d, 200)",
        "b2_delete(folder/d, id_d_100, (old version))",
        "b2_delete(folder/d, id_d_50, (old version))",
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"keep_days_or_delete": KeepOrDeleteMode.KEEP_BEFORE_DELETE, "keep_days": 2}, ["b2_hide(folder/a)"]),
        ({"keep_days_or_delete": KeepOrDeleteMode.KEEP_BEFORE_DELETE, "keep_days": 0}, []),
        ({"keep_days": 2}, ["b2_hide(folder/a)"]),
        ({"keep_days_or_delete": DELETE, "keep_days": 2}, ["b2_delete(folder/a, id_a_100, )"]),
        ({}, []),
    ],
)
def test_the_modes_choose_what_becomes_of_the_rest(options: dict[str, Any], expected: list[str]) -> None:
    assert plan(Folder("local"), Folder("b2", [stored("a")]), **options) == expected


def test_options_reach_the_policy() -> None:
    manager, source, dest, provider = mock.Mock(), Folder("local", [local("a")]), Folder("b2"), mock.Mock()
    manager.get_policy.return_value.get_all_actions.return_value = []
    synchronizer = Synchronizer(
        1,
        sync_policy_manager=manager,
        newer_file_mode=NewerFileSyncMode.SKIP,
        compare_threshold=3,
        compare_version_mode=CompareVersionMode.SIZE,
        keep_days=4,
        keep_days_or_delete=DELETE,
        absolute_minimum_part_size=5,
    )
    synchronizer.sync_folders(source, dest, NOW, None, provider)
    bound = inspect.signature(SyncPolicyManager().get_policy).bind(*manager.get_policy.call_args.args)
    assert {name: value for name, value in bound.arguments.items() if name != "upload_mode"} == {
        "sync_type": "local-to-b2",
        "source_path": source.paths[0],
        "source_folder": source,
        "dest_path": None,
        "dest_folder": dest,
        "now_millis": NOW,
        "delete": True,
        "keep_days": 4,
        "newer_file_mode": NewerFileSyncMode.SKIP,
        "compare_threshold": 3,
        "compare_version_mode": CompareVersionMode.SIZE,
        "encryption_settings_provider": provider,
        "absolute_minimum_part_size": 5,
    }


def test_a_program_chooses_its_policies() -> None:
    class Never(UpPolicy):
        def _should_transfer(self) -> bool:
            return False

    class Manager(SyncPolicyManager):
        def get_policy_class(self, sync_type: str, delete: bool, keep_days: float | None) -> Any:
            return Never

    assert plan(Folder("local", [local("a")]), Folder("b2"), sync_policy_manager=Manager()) == []


def test_no_policy_is_made_for_a_file_that_is_the_same_unless_a_program_makes_them() -> None:
    class Manager(SyncPolicyManager):
        pass

    source = Folder("local", [local("a"), local("b"), local("c", 200)])
    dest = Folder("b2", [stored("a"), stored("b", 100, 50), stored("c")])
    made = mock.Mock(wraps=SyncPolicyManager().get_policy)
    with mock.patch.object(SyncPolicyManager, "get_policy", made):
        for manager, count in ((SyncPolicyManager(), 2), (Manager(), 3)):
            made.reset_mock()
            planned = plan(source, dest, keep_days_or_delete=DELETE, sync_policy_manager=manager)
            assert [text.partition("(")[0] for text in planned] == ["b2_delete", "b2_upload", "b2_delete"]
            assert made.call_count == count


def test_policies_are_those_of_the_source() -> None:
    policies = ScanPoliciesManager()
    source, dest = mock.MagicMock(wraps=Folder("local")), mock.MagicMock(wraps=Folder("b2"))
    reporter = mock.Mock()
    sync(source, dest, reporter, policies_manager=policies)
    assert source.all_files.mock_calls == [mock.call(reporter, policies)]
    assert dest.all_files.mock_calls == [mock.call(reporter)]


# --- what is reported ---


@pytest.mark.parametrize(("kind", "path"), [("local", local), ("b2", stored)])
def test_each_tree_is_walked_once_and_counted_on_the_way(kind: str, path: Any) -> None:
    source = Folder(kind, [path("a"), path("b"), path("c", 200)])
    dest, report = Folder("b2", [stored("b"), stored("c"), stored("d")]), Report()
    sync(source, dest, report, keep_days_or_delete=DELETE, dry_run=True)
    assert (source.walks, dest.walks) == (1, 1)
    told = [call for call in report.calls if call[0] != "update_transfer"]
    assert told == [
        *[("update_total", 1), ("update_compare", 1)] * 3,
        ("close",),
        ("end_total",),
        ("end_compare", 4, 20),
    ]


def test_nobody_need_listen() -> None:
    source, dest = Folder("b2", [stored("a"), stored("b", 200)]), Folder("b2", [stored("b"), stored("c")])
    sync(source, dest, None, keep_days_or_delete=DELETE)
    assert len(dest.bucket.mock_calls) == 4


def test_a_report_prints_a_line_for_each_action() -> None:
    source = Folder("b2", [stored("a"), stored("b", 200), hidden("e")])
    dest, out = Folder("b2", [stored("b", 100, 50), stored("c d"), stored("e")]), io.StringIO()
    sync(source, dest, SyncReport(out, True), keep_days_or_delete=DELETE)
    lines = ["copy a", "copy b", "delete b (old version)", "delete b (old version)", "delete 'c d' ", "delete e "]
    assert out.getvalue() == "".join(f"{line}\n" for line in lines)
    explained = io.StringIO()
    for dry_run in (True, False):
        sync(
            source,
            dest,
            SyncReport(explained, True, explain=True),
            keep_days_or_delete=DELETE,
            dry_run=dry_run,
        )
    lines = [
        "copy a (not at the destination)",
        "copy b (source newer)",
        "delete b (old version)",
        "delete b (old version)",
        "delete 'c d' (not at the source)",
        "delete e (hidden at the source)",
    ]
    assert explained.getvalue() == "".join(f"{line}\n" for line in lines * 2)


def test_events_say_what_is_decided_and_what_becomes_of_it() -> None:
    source = Folder("b2", [stored("a"), stored("b"), stored("c", 200), hidden("d"), stored("e")])
    dest = Folder("b2", [stored("b"), stored("c"), stored("e", 300)])
    dest.bucket.copy.side_effect = [None, failure := ValueError("refused")]
    heard: list[Any] = []
    with pytest.raises(IncompleteSync):
        sync(
            source,
            dest,
            None,
            keep_days_or_delete=DELETE,
            newer_file_mode=NewerFileSyncMode.SKIP,
            on_event=heard.append,
        )
    decided = [event for event in heard if isinstance(event, (FileUpToDate, ActionPlanned, ComparisonEnded))]
    assert decided == [
        ActionPlanned("copy", "a", 10, Reason.NOT_AT_DESTINATION),
        FileUpToDate("b", Reason.SAME_TIME),
        ActionPlanned("copy", "c", 10, Reason.SOURCE_NEWER),
        ActionPlanned("delete", "c", 0, Reason.OLD_VERSION),
        FileUpToDate("e", Reason.KEPT_AS_NEWER),
        ComparisonEnded(3, 20),
    ]
    assert [event for event in heard if event not in decided] == [
        ActionDone("copy", "a", 10, Reason.NOT_AT_DESTINATION, dry_run=False),
        ActionFailed("copy", "c", 10, Reason.SOURCE_NEWER, error=failure),
        ActionDropped("delete", "c", 0, Reason.OLD_VERSION),
        SyncEnded(Costs()),
    ]


def test_a_dry_run_reports_the_same_and_does_nothing() -> None:
    source, dest = Folder("b2", [stored("a")]), Folder("b2", [stored("c")])
    heard: list[Any] = []
    sync(source, dest, None, keep_days_or_delete=DELETE, dry_run=True, on_event=heard.append)
    assert [event for event in heard if isinstance(event, ActionDone)] == [
        ActionDone("copy", "a", 10, Reason.NOT_AT_DESTINATION, dry_run=True),
        ActionDone("delete", "c", 0, Reason.NOT_AT_SOURCE, dry_run=True),
    ]
    assert dest.bucket.mock_calls == []


def test_what_a_scan_skips_is_an_event_and_reaches_the_reporter_in_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "excluded").write_bytes(b"")
    heard: list[Any] = []
    report = Report()
    sync(
        LocalFolder(tmp_path),
        Folder("b2"),
        report,
        policies_manager=ScanPoliciesManager(exclude_file_regexes=["excl"]),
        on_event=heard.append,
    )
    assert [event for event in heard if isinstance(event, EntrySkipped)] == [
        EntrySkipped(str(tmp_path / "broken"), SkipReason.NOT_ACCESSIBLE),
        EntrySkipped(str(tmp_path / "excluded"), SkipReason.EXCLUDED_NAME),
    ]
    assert ("local_access_error", str(tmp_path / "broken")) in report.calls
    assert ("close",) in report.calls


def test_a_listener_that_raises_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def listener(_event: Any) -> None:
        raise ValueError("not now")

    source, dest = Folder("b2", [stored("a"), stored("b")]), Folder("b2", [stored("c")])
    sync(source, dest, None, keep_days_or_delete=DELETE, on_event=listener)
    assert len(dest.bucket.mock_calls) == 3
    assert {record.message for record in caplog.records} == {
        "a listener failed at ActionPlanned",
        "a listener failed at ActionDone",
        "a listener failed at ComparisonEnded",
        "a listener failed at SyncEnded",
    }


def test_the_root_logger_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dest = Folder("b2", bucket=mock.MagicMock(__str__=lambda _: "the bucket"))
    sync(Folder("local"), dest, None)
    sync(Folder("b2", [stored("a")]), dest, None)
    assert [(record.name, record.levelno, record.message) for record in caplog.records] == [
        (
            "b2sdk.sync.synchronizer",
            logging.DEBUG,
            "scheduling action b2_copy(folder/a, id_a_100, folder/a, 100) on bucket the bucket",
        )
    ]


# --- what goes wrong ---


def test_a_failure_does_not_stop_the_others_and_the_sync_is_incomplete(caplog: pytest.LogCaptureFixture) -> None:
    source, dest, out = Folder("b2", [stored("a"), stored("b"), stored("c")]), Folder("b2"), io.StringIO()
    dest.bucket.copy.side_effect = [None, ValueError("refused"), None]
    with (
        pytest.raises(IncompleteSync, match="Incomplete sync: sync is incomplete"),
        SyncReport(out, True) as report,
    ):
        sync(source, dest, report)
    assert out.getvalue() == (
        "copy a\nb2_copy(folder/b, id_b_100, folder/b, 100): ValueError('refused') refused\ncopy c\n"
    )
    assert report.has_errors_or_warnings()
    assert "an exception occurred in a sync action" in caplog.text


def test_what_was_decided_before_an_error_is_done() -> None:
    source = Folder("b2", [stored("a"), stored("b"), stored("c")])
    dest = Folder("b2", [stored("b", 200)])
    with pytest.raises(DestFileNewer):
        sync(source, dest, mock.MagicMock(), workers=3)
    assert [call.args for call in dest.bucket.copy.mock_calls] == [("id_a_100", "folder/a")]


def test_a_name_that_cannot_be_a_path_is_left_out_if_the_report_can_be_told() -> None:
    source, dest, out = Folder("b2", [stored("a"), stored("illegal"), stored("z")]), Folder("local"), io.StringIO()
    heard: list[Any] = []
    with SyncReport(out, True) as report:
        sync(source, dest, report, dry_run=True, on_event=heard.append)
    assert out.getvalue() == (
        "dnload a\ndnload z\nWARNING: illegal cannot be used as a path (illegal file name). Skipping.\n"
    )
    assert report.has_errors_or_warnings()
    assert EntrySkipped("illegal", SkipReason.UNSUPPORTED_NAME, "illegal file name") in heard
    for reporter in (None, Report()):
        with pytest.raises(UnsupportedFilename):
            sync(source, dest, reporter, dry_run=True)


def test_an_interruption_ends_the_walk_and_drops_what_waits() -> None:
    class Interrupted(Folder):
        def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[Any]:
            try:
                yield stored("a")
                yield stored("b")
                assert begun.wait(60)
                raise KeyboardInterrupt
            finally:
                may_end.set()

    def copy(*_args: Any, **_kwargs: Any) -> None:
        begun.set()
        assert may_end.wait(60)

    begun, may_end = threading.Event(), threading.Event()
    dest, heard = Folder("b2"), list[Any]()
    dest.bucket.copy.side_effect = copy
    with pytest.raises(KeyboardInterrupt):
        sync(Interrupted("b2"), dest, None, on_event=heard.append)
    assert dest.bucket.copy.call_count in {1, 2}, "what runs is waited for"
    ended = [event.path for event in heard if isinstance(event, (ActionDone, ActionDropped))]
    assert ended == ["a", "b"]


def test_a_walk_that_is_left_early_is_closed() -> None:
    closed: list[str] = []

    class Closing(Folder):
        def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[Any]:
            try:
                yield from self.paths
            finally:
                closed.append(self.kind)

    source = Closing("b2", [stored("a"), stored("b"), stored("c")])
    with contextlib.suppress(DestFileNewer):
        sync(source, Closing("b2", [stored("b", 200)]))
    assert closed == ["b2", "b2"]
    actions = Synchronizer(1)._make_folder_sync_actions(source, Folder("b2"), NOW, None)
    next(actions)
    del actions
    assert len(closed) == 3
