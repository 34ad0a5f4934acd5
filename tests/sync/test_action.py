from __future__ import annotations

import io
import logging
from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import Report

from b2sdk.sync.action import AbstractAction
from b2sdk.sync.events import Reason
from b2sdk.sync.report import SyncReport


class Action(AbstractAction):
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.done = 0

    def get_bytes(self) -> int:
        return 7

    def do_action(self, bucket: Any, reporter: Any) -> None:
        self.done += 1
        if self.failure is not None:
            raise self.failure

    def do_report(self, bucket: Any, reporter: Any) -> None:
        self._report_line(reporter, "did it")

    def __str__(self) -> str:
        return "act(\x1b[31mred)"


def test_an_action_is_done_and_told() -> None:
    action, report = Action(), Report()
    action.run(mock.Mock(), report)  # type: ignore[arg-type]
    assert (action.done, report.lines) == (1, ["did it"])


def test_a_dry_run_only_reports() -> None:
    action, report = Action(), Report()
    action.run(mock.Mock(), report, dry_run=True)  # type: ignore[arg-type]
    assert (action.done, report.lines) == (0, ["did it"])


def test_a_failure_is_logged_reported_and_raised(caplog: pytest.LogCaptureFixture) -> None:
    failure, report = ValueError("no good"), Report()
    with pytest.raises(ValueError, match="no good"):
        Action(failure).run(mock.Mock(), report)  # type: ignore[arg-type]
    assert report.lines == []
    assert report.errors == ["act(\\x1b[31mred): ValueError('no good') no good"], "without control characters"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("b2sdk.sync.action", logging.ERROR)
    assert record.exc_info is not None
    assert record.exc_info[1] is failure


def test_nobody_need_listen() -> None:
    action = Action()
    action.run(mock.Mock(), None)
    assert action.done == 1
    with pytest.raises(ValueError, match="no good"):
        Action(ValueError("no good")).run(mock.Mock(), None)


@pytest.mark.parametrize(
    ("line", "reason", "expected"),
    [
        ("upload a", Reason.SOURCE_NEWER, "upload a (source newer)"),
        ("upload a", None, "upload a"),
        ("delete a ", Reason.NOT_AT_SOURCE, "delete a (not at the source)"),
        ("delete a (old version)", Reason.OLD_VERSION, "delete a (old version)"),
        (
            "delete a (old version)",
            Reason.OLDER_THAN_KEEP_DAYS,
            "delete a (old version) (older than keep_days)",
        ),
    ],
)
def test_a_report_that_explains_gets_the_reason(line: str, reason: Reason | None, expected: str) -> None:
    action, plain, explaining = Action(), io.StringIO(), io.StringIO()
    action.reason = reason
    action._report_line(SyncReport(plain, True), line)
    action._report_line(SyncReport(explaining, True, explain=True), line)
    assert plain.getvalue() == line + "\n"
    assert explaining.getvalue() == expected + "\n"


def test_a_mock_does_not_explain() -> None:
    action, report = Action(), mock.MagicMock()
    action.reason = Reason.SOURCE_NEWER
    action._report_line(report, "line")
    report.print_completion.assert_called_once_with("line")


def test_an_action_describes_itself_to_events() -> None:
    action = Action()
    assert action.description() == ("action", "", 7, None)
