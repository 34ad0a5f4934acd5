from __future__ import annotations

import io
import logging
import threading
from typing import Any

import pytest
from tests.conftest import Clock

from b2sdk.scan.events import EntrySkipped, SkipReason
from b2sdk.scan.report import ProgressReport


def written_by(report: ProgressReport) -> str:
    """Return what has been written since this was asked last."""
    text: str = report.stdout.getvalue()
    report.stdout.seek(0)
    report.stdout.truncate()
    return text


# --- the progress line ---


def test_the_progress_is_drawn_at_once_and_then_now_and_again(clock: Clock) -> None:
    report = ProgressReport(io.StringIO(), no_progress=False)
    assert written_by(report) == " count: 0/0   0 /s\r"
    clock.now += 0.05
    report.update_count(3)
    report.update_total(4)
    assert written_by(report) == ""
    clock.now += 0.95
    report.update_total(1)
    assert written_by(report) == " count: 3/5   3 /s\r"
    report.end_total()
    assert written_by(report) == ""
    assert (report.count, report.total_count, report.total_done) == (3, 5, True)


def test_a_line_covers_what_was_there_before_and_the_progress_follows(clock: Clock) -> None:
    report = ProgressReport(io.StringIO(), no_progress=False)
    written_by(report)
    report.print_completion("done")
    assert written_by(report) == "done              \n count: 0/0   0 /s\r"
    report.close()
    assert written_by(report) == "                  \r"
    report.update_count(1)
    assert written_by(report) == ""


def test_without_progress_there_are_whole_lines_only() -> None:
    with ProgressReport(io.StringIO(), no_progress=True) as report:
        report.update_count(1)
        report.print_completion("done")
        report.end_total()
    assert written_by(report) == "done\n"
    assert report.closed


def test_what_is_counted_in_threads_is_counted_once() -> None:
    report = ProgressReport(io.StringIO(), no_progress=False)

    def count() -> None:
        for _ in range(1000):
            report.update_count(1)
            report.update_total(2)
            report.skipped(EntrySkipped("a", SkipReason.SYMLINK))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (report.count, report.total_count, report.skip_counts[SkipReason.SYMLINK]) == (4000, 8000, 4000)


# --- warnings and errors ---


@pytest.mark.parametrize(
    ("reason", "warning"),
    [
        (SkipReason.NOT_ACCESSIBLE, "WARNING: /a could not be accessed (broken symlink?)"),
        (SkipReason.NO_PERMISSION, "WARNING: /a could not be accessed (no permissions to read?)"),
        (SkipReason.CIRCULAR_SYMLINK, "WARNING: /a is a circular symlink, which was already visited. Skipping."),
        (SkipReason.INVALID_NAME, "WARNING: /a path contains invalid name (why). Skipping."),
        (SkipReason.UNSUPPORTED_NAME, "WARNING: /a cannot be used as a path (why). Skipping."),
    ],
)
def test_there_is_a_warning_for_what_nobody_wanted_to_be_left_out(reason: SkipReason, warning: str) -> None:
    report = ProgressReport(io.StringIO(), no_progress=True)
    report.skipped(EntrySkipped("/a", reason, "why"))
    assert report.has_errors_or_warnings()
    assert report.skip_counts == {reason: 1}
    assert written_by(report) == ""
    report.close()
    assert written_by(report) == warning + "\n"


@pytest.mark.parametrize(
    "reason",
    [
        SkipReason.EXCLUDED_NAME,
        SkipReason.EXCLUDED_DIRECTORY,
        SkipReason.EXCLUDED_MODIFICATION_TIME,
        SkipReason.EXCLUDED_UPLOAD_TIME,
        SkipReason.SYMLINK,
        SkipReason.PARTIAL_DOWNLOAD,
    ],
)
def test_there_is_no_warning_for_what_was_to_be_left_out(reason: SkipReason) -> None:
    report = ProgressReport(io.StringIO(), no_progress=True)
    report.skipped(EntrySkipped("/a", reason))
    report.close()
    assert not report.has_errors_or_warnings()
    assert (written_by(report), report.skip_counts) == ("", {reason: 1})


def test_the_methods_of_reporters_give_the_same_warnings() -> None:
    report = ProgressReport(io.StringIO(), no_progress=True)
    report.local_access_error("/a b")
    report.local_permission_error("/p")
    report.symlink_skipped("/s")
    report.circular_symlink_skipped("\\\\?\\C:\\c")
    report.invalid_name("/x\x07", "why")
    assert report.warnings == [
        "WARNING: '/a b' could not be accessed (broken symlink?)",
        "WARNING: /p could not be accessed (no permissions to read?)",
        "WARNING: 'C:\\c' is a circular symlink, which was already visited. Skipping.",
        "WARNING: '/x\\x07' path contains invalid name (why). Skipping.",
    ]


def test_each_warning_is_printed_once_however_often_the_report_is_closed() -> None:
    with ProgressReport(io.StringIO(), no_progress=False) as report:
        report.local_permission_error("/a")
        report.close()
        report.close()
        report.local_permission_error("/late")
    text = written_by(report)
    assert text.count("/a could not") == text.count("/late could not") == 1


def test_an_error_is_printed_and_remembered() -> None:
    report = ProgressReport(io.StringIO(), no_progress=True)
    assert not report.has_errors_or_warnings()
    report.error("it failed")
    assert written_by(report) == "it failed\n"
    assert report.errors_encountered
    assert report.has_errors_or_warnings()


# --- terminals ---


class Terminal:
    """A terminal that cannot show everything; its encoding need not be a text."""

    def __init__(self, encoding: Any) -> None:
        self.encoding = encoding
        self.text = ""
        self.flushes = 0

    def write(self, text: str) -> None:
        text.encode("ascii")
        self.text += text

    def flush(self) -> None:
        self.flushes += 1


@pytest.mark.parametrize("encoding", ["ascii", 7, None])
def test_what_a_terminal_cannot_show_is_escaped_and_that_is_said_once(
    encoding: Any, caplog: pytest.LogCaptureFixture
) -> None:
    terminal = Terminal(encoding)
    report = ProgressReport(terminal, no_progress=True)
    with caplog.at_level(logging.WARNING):
        report.print_completion("\u017c\u00f3")
        report.print_completion("\U0001f600")
    assert terminal.text == (
        f"!WARNING! this terminal cannot properly handle progress reporting.  encoding is {encoding}.\n"
        "\\u017c\\xf3\n\\U0001f600\n"
    )
    assert terminal.flushes == 2
    assert len(caplog.records) == 2


def test_a_name_that_is_no_unicode_can_be_shown() -> None:
    terminal = Terminal("utf-8")
    with ProgressReport(terminal, no_progress=True) as report:
        report.invalid_name("/\udcff", "why")
    assert terminal.text.endswith("WARNING: '/\\udcff' path contains invalid name (why). Skipping.\n")


def test_reports_are_compared_and_shown_by_what_they_are_made_of() -> None:
    report = ProgressReport(None, True)
    assert report == ProgressReport(stdout=None, no_progress=True)
    assert repr(report) == "ProgressReport(stdout=None, no_progress=True)"
