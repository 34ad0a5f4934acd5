from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import Report

from b2sdk.exception import UnsupportedFilename
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.removal_action import B2DeleteAction, B2HideAction, LocalDeleteAction


@pytest.mark.parametrize(
    ("action", "text", "line"),
    [
        (B2HideAction("a b", "f/a b"), "b2_hide(f/a b)", "hide   'a b'"),
        (B2DeleteAction("a", "f/a", "id", ""), "b2_delete(f/a, id, )", "delete a "),
        (
            B2DeleteAction("a\x07", "f/a", "id", "(old version)"),
            "b2_delete(f/a, id, (old version))",
            r"delete 'a\x07' (old version)",
        ),
        (LocalDeleteAction("a", "/dir/a"), "local_delete(/dir/a)", "delete a"),
    ],
)
def test_a_removal_is_reported(action: AbstractAction, text: str, line: str) -> None:
    report = Report()
    action.run(mock.Mock(), report, dry_run=True)  # type: ignore[arg-type]
    assert str(action) == text
    assert report.lines == [line]
    assert report.calls == [("update_transfer", 1, 0)]
    assert action.get_bytes() == 0
    assert not action.is_transfer
    action.do_report(mock.Mock(), None)


def test_a_file_is_hidden() -> None:
    bucket = mock.Mock()
    B2HideAction("a", "f/a").do_action(bucket, None)
    assert bucket.mock_calls == [mock.call.hide_file("f/a")]


def test_a_version_is_deleted() -> None:
    bucket = mock.Mock()
    B2DeleteAction("a", "f/a", "the id", "").do_action(bucket, None)
    assert bucket.mock_calls == [mock.call.api.delete_file_version("the id", "f/a")]


@pytest.fixture
def outside(tmp_path: Path) -> Any:
    """Return a file outside of the target, to which two links in the target lead: a directory and a file."""
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    target.mkdir()
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(b"precious")
    (target / "link").symlink_to(elsewhere)
    (target / "file").symlink_to(elsewhere / "file")
    return elsewhere / "file"


def test_a_local_file_is_deleted_and_of_a_link_the_link(tmp_path: Path, outside: Path) -> None:
    target = tmp_path / "target"
    (target / "plain").write_bytes(b"x")
    for name in ("plain", "file"):
        LocalDeleteAction(name, str(target / name), root=str(target)).do_action(mock.Mock(), None)
    assert [path.name for path in target.iterdir()] == ["link"]
    assert outside.read_bytes() == b"precious"


def test_nothing_is_deleted_through_a_link_that_leads_out(tmp_path: Path, outside: Path) -> None:
    target = tmp_path / "target"
    action = LocalDeleteAction("link/file", str(target / "link" / "file"), root=str(target))
    with pytest.raises(UnsupportedFilename, match="leads out of the target"):
        action.do_action(mock.Mock(), None)
    assert outside.read_bytes() == b"precious"
    LocalDeleteAction("link/file", str(target / "link" / "file")).do_action(mock.Mock(), None)
    assert not outside.exists(), "without a root it goes where it is told"
