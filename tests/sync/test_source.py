"""A sync removes nothing of which it is not certain that it is missing at the source."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import NOW, Folder, Report, stored

from b2sdk.exception import DirectoryNotFound, EmptyDirectory, UnsupportedFilename
from b2sdk.scan.events import ScanListener
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.sync.events import ActionPlanned, RemovalsWithheld
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.sync.report import SyncReport
from b2sdk.sync.synchronizer import Synchronizer

DELETE, KEEP = KeepOrDeleteMode.DELETE, KeepOrDeleteMode.KEEP_BEFORE_DELETE
REMOVING: list[dict[str, Any]] = [
    {"keep_days_or_delete": DELETE},
    {"keep_days_or_delete": KEEP, "keep_days": 1},
    {"keep_days": 1},
]
removing = pytest.mark.parametrize("options", REMOVING, ids=["delete", "keep", "keep days only"])
Broken = AbstractContextManager[object]


def planned(source: AbstractFolder, dest: AbstractFolder, reporter: Any = None, **options: Any) -> list[str]:
    heard: list[Any] = []
    options = {"dry_run": True, "on_event": heard.append, **options}
    Synchronizer(1, **options).sync_folders(source, dest, NOW, reporter)
    return [f"{event.kind} {event.path}" for event in heard if isinstance(event, ActionPlanned)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("a", "m/1", "m/2", "z"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0.1, 0.1))
    return tmp_path


def backup() -> Folder:
    """Return what an earlier sync made, when there was more."""
    return Folder(
        "b2", [stored(name, 100) for name in ("a", "b-gone", "m/1", "m/2", "m/gone", "n-gone", "z", "z-gone")]
    )


# --- ways in which a scan is not complete ---


def failing(function: str, path: Path, number: int) -> Broken:
    """Let a function of `os` fail for one path."""
    real = getattr(os, function)

    def fail(asked: Any, *args: Any, **kwargs: Any) -> Any:
        if os.fspath(asked) == str(path):
            raise OSError(number, os.strerror(number), str(path))
        return real(asked, *args, **kwargs)

    return mock.patch(f"os.{function}", fail)


def breaking_off(path: Path) -> Broken:
    """Let the listing of a directory fail when half of it has been read."""
    real = os.scandir

    def scandir(asked: str) -> Any:
        if asked != str(path):
            return real(asked)

        def entries() -> Iterator[os.DirEntry[str]]:
            with real(asked) as found:
                yield next(found)
            raise OSError(errno.EIO, "Input/output error", asked)

        listing = mock.MagicMock()
        listing.__enter__.return_value = entries()
        return listing

    return mock.patch("os.scandir", scandir)


WAYS: dict[str, Callable[[Path], Broken]] = {
    "a directory that may not be read": lambda root: failing("scandir", root / "m", errno.EACCES),
    "a directory that has vanished": lambda root: failing("scandir", root / "m", errno.ENOENT),
    "a directory that is a file by now": lambda root: failing("scandir", root / "m", errno.ENOTDIR),
    "a disk that fails": lambda root: failing("scandir", root / "m", errno.EIO),
    "a mount that is stale": lambda root: failing("scandir", root / "m", errno.ESTALE),
    "too many open files": lambda root: failing("scandir", root / "m", errno.EMFILE),
    "a listing that breaks off": lambda root: breaking_off(root / "m"),
}


@removing
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_removed_once_a_directory_was_not_seen(source: Path, way: str, options: dict[str, Any]) -> None:
    kind = "delete" if options.get("keep_days_or_delete") is DELETE else "hide"
    assert planned(LocalFolder(source), backup(), **options) == [
        f"{kind} {name}" for name in ("b-gone", "m/gone", "n-gone", "z-gone")
    ]
    out = io.StringIO()
    with WAYS[way](source), SyncReport(out, True) as report:
        removed = planned(LocalFolder(source), backup(), report, **options)
    assert removed == [], "m came before b-gone was decided about"
    assert f"WARNING: nothing is hidden or deleted any more, as {source / 'm'} was not seen\n" in out.getvalue()
    assert out.getvalue().count("nothing is hidden") == 1
    assert report.has_errors_or_warnings()


@removing
def test_nor_once_a_file_was_not_seen(source: Path, options: dict[str, Any]) -> None:
    (source / "m" / "1").unlink()
    (source / "m" / "1").symlink_to(source / "unmounted" / "volume")
    assert planned(LocalFolder(source), backup(), **options) == []


@removing
def test_nor_once_a_file_may_not_be_read(source: Path, options: dict[str, Any]) -> None:
    real = os.access
    with mock.patch("os.access", lambda path, mode: not path.endswith("m/1") and real(path, mode)):
        assert planned(LocalFolder(source), backup(), **options) == []


@removing
def test_a_root_that_may_not_be_read_is_not_empty(source: Path, options: dict[str, Any]) -> None:
    with failing("scandir", source, errno.EACCES):
        assert planned(LocalFolder(source), backup(), allow_empty_source=True, **options) == []


def test_a_root_that_is_gone_ends_the_sync(source: Path) -> None:
    folder, dest = LocalFolder(source / "missing"), backup()
    with pytest.raises(FileNotFoundError):
        planned(folder, dest, dry_run=False, allow_empty_source=True, keep_days_or_delete=DELETE)
    with pytest.raises(DirectoryNotFound, match=r"^Directory not found: "):
        planned(folder, dest, dry_run=False, keep_days_or_delete=DELETE)
    assert dest.bucket.mock_calls == []


@pytest.mark.parametrize(
    "reporter", [None, Report(), mock.MagicMock(), ScanListener()], ids=lambda one: type(one).__name__
)
@pytest.mark.parametrize("on_event", [None, lambda _: None], ids=["nobody hears", "somebody hears"])
def test_it_does_not_matter_who_listens(source: Path, reporter: Any, on_event: Any) -> None:
    (source / "0").symlink_to("nowhere")
    dest = backup()
    if isinstance(reporter, ScanListener):
        reporter = mock.MagicMock(wraps=SyncReport(io.StringIO(), True))
    Synchronizer(1, keep_days_or_delete=DELETE, on_event=on_event).sync_folders(
        LocalFolder(source), dest, NOW, reporter
    )
    assert dest.bucket.mock_calls == []


def test_old_versions_of_what_was_seen_go_all_the_same(source: Path) -> None:
    (source / "0").symlink_to("nowhere")
    dest = Folder("b2", [stored("a", 100, 50), stored("gone", 100)])
    Synchronizer(1, keep_days_or_delete=DELETE).sync_folders(LocalFolder(source), dest, NOW, None)
    deleted = [call.args for call in dest.bucket.api.delete_file_version.mock_calls]
    assert deleted == [("id_a_50", "folder/a")]


def test_what_was_left_out_by_choice_is_missing(source: Path) -> None:
    os.mkfifo(source / "c")
    (source / "m" / ".name.0123456789abcdef.b2part").touch()
    assert planned(LocalFolder(source), backup(), keep_days_or_delete=DELETE) == [
        f"delete {name}" for name in ("b-gone", "m/gone", "n-gone", "z-gone")
    ]


def test_what_was_not_seen_is_an_event(source: Path) -> None:
    heard: list[Any] = []
    (source / "m" / "3").symlink_to("nowhere")
    planned(LocalFolder(source), backup(), keep_days_or_delete=DELETE, on_event=heard.append)
    assert [event for event in heard if isinstance(event, RemovalsWithheld)] == [
        RemovalsWithheld(str(source / "m" / "3"))
    ]


def test_what_has_a_name_that_cannot_be_uploaded_stays_where_others_uploaded_it(source: Path) -> None:
    (source / "n\\o").mkdir()
    dest = Folder("b2", [stored(name) for name in ("n\\o", "n\\o/1", "n\\o2", "o")])
    removed = [one for one in planned(LocalFolder(source), dest, keep_days_or_delete=DELETE) if "delete" in one]
    assert removed == ["delete n\\o2", "delete o"]


def test_a_scan_that_fails_ends_the_sync(tmp_path: Path) -> None:
    class Failing(Folder):
        def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[AbstractPath]:
            yield stored("a")
            raise ConnectionError("the second page")

    (tmp_path / "b").write_bytes(b"precious")
    with pytest.raises(ConnectionError):
        Synchronizer(1, keep_days_or_delete=DELETE).sync_folders(Failing("b2"), LocalFolder(tmp_path), NOW, None)
    assert (tmp_path / "b").read_bytes() == b"precious"


# --- a bucket that is empty, or a prefix that is mistyped ---


@pytest.mark.parametrize("dry_run", [False, True])
@removing
def test_nothing_in_the_bucket_is_no_reason_to_remove_everything(options: dict[str, Any], dry_run: bool) -> None:
    source, dest = Folder("b2"), backup()
    source.bucket.name = "the-bucket"
    with pytest.raises(EmptyDirectory, match=r"^Empty directory: b2://the-bucket/folder/$"):
        planned(source, dest, dry_run=dry_run, **options)
    assert dest.bucket.mock_calls == []
    assert len(planned(source, dest, allow_empty_source=True, **options)) == 8


def test_nor_to_remove_everything_here(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"x")
    with pytest.raises(EmptyDirectory):
        planned(Folder("b2"), LocalFolder(tmp_path), dry_run=False, keep_days_or_delete=DELETE)
    assert (tmp_path / "precious").exists()
    planned(Folder("b2"), LocalFolder(tmp_path), dry_run=False, keep_days_or_delete=DELETE, allow_empty_source=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_bucket_is_synced_where_nothing_is_removed(tmp_path: Path) -> None:
    assert planned(Folder("b2"), LocalFolder(tmp_path), keep_days_or_delete=DELETE) == []
    (tmp_path / "mine").touch()
    assert planned(Folder("b2"), LocalFolder(tmp_path)) == []
    assert planned(Folder("b2"), Folder("b2"), keep_days_or_delete=DELETE) == []


def test_what_is_hidden_in_the_bucket_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    hidden = stored("a", -100)
    assert planned(Folder("b2", [hidden]), LocalFolder(tmp_path), keep_days_or_delete=DELETE) == ["local delete a"]


# --- the listener between ---


def test_who_cannot_be_told_of_all_names_is_reported_by_the_error_as_ever() -> None:
    class Told(Folder):
        def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[AbstractPath]:
            if not reporter.hears_of_all:
                raise UnsupportedFilename("it cannot be reported", "x")
            reporter.update_total(1)  # as a program's own folder may
            yield stored("a")

    for reporter in (None, Report()):
        with pytest.raises(UnsupportedFilename):
            Synchronizer(1, keep_days_or_delete=DELETE).sync_folders(Told("b2"), Folder("b2"), NOW, reporter)  # type: ignore[arg-type]
    with SyncReport(io.StringIO(), True) as report:
        Synchronizer(1, keep_days_or_delete=DELETE, dry_run=True).sync_folders(Told("b2"), Folder("b2"), NOW, report)
    assert report.total_count == 2
