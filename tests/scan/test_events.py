from __future__ import annotations

from unittest.mock import Mock

import pytest

from b2sdk.scan.events import EntrySkipped, ScanListener, SkipReason, report_skipped

METHODS = {
    SkipReason.NOT_ACCESSIBLE: "local_access_error",
    SkipReason.NO_PERMISSION: "local_permission_error",
    SkipReason.SYMLINK: "symlink_skipped",
    SkipReason.CIRCULAR_SYMLINK: "circular_symlink_skipped",
}


class Listener(ScanListener):
    def __init__(self) -> None:
        self.events: list[EntrySkipped] = []

    def skipped(self, event: EntrySkipped) -> None:
        self.events.append(event)


@pytest.mark.parametrize("reason", SkipReason)
def test_a_listener_gets_every_reason_once(reason: SkipReason) -> None:
    listener = Listener()
    detail = "why" if reason is SkipReason.INVALID_NAME else ""
    report_skipped(listener, "a path", reason, detail)
    assert listener.events == [EntrySkipped("a path", reason, detail)]


@pytest.mark.parametrize(("reason", "method"), METHODS.items())
def test_a_reporter_of_another_kind_gets_by_its_own_methods(reason: SkipReason, method: str) -> None:
    reporter = Mock()
    report_skipped(reporter, "a path", reason)
    getattr(reporter, method).assert_called_once_with("a path")
    assert len(reporter.method_calls) == 1


def test_a_reporter_of_another_kind_gets_what_is_wrong_with_a_name() -> None:
    reporter = Mock()
    report_skipped(reporter, "a path", SkipReason.INVALID_NAME, "why")
    reporter.invalid_name.assert_called_once_with("a path", "why")


@pytest.mark.parametrize(
    "reason",
    [reason for reason in SkipReason if reason not in {*METHODS, SkipReason.INVALID_NAME, SkipReason.SPECIAL_FILE}],
)
def test_a_reporter_of_another_kind_gets_nothing_that_it_has_no_method_for(reason: SkipReason) -> None:
    reporter = Mock()
    report_skipped(reporter, "a path", reason)
    assert reporter.method_calls == []


def test_it_gets_a_special_file_as_of_one_that_could_not_be_accessed() -> None:
    reporter, listener = Mock(), Listener()
    for one in (reporter, listener):
        report_skipped(one, "a path", SkipReason.SPECIAL_FILE, "a FIFO")
    reporter.local_access_error.assert_called_once_with("a path")
    assert listener.events == [EntrySkipped("a path", SkipReason.SPECIAL_FILE, "a FIFO")]


@pytest.mark.parametrize("reason", SkipReason)
def test_there_need_not_be_anybody_to_hear(reason: SkipReason) -> None:
    report_skipped(None, "a path", reason)


def test_a_method_that_was_overridden_is_the_one_that_is_called() -> None:
    class Counting(Listener):
        unreadable = 0

        def local_permission_error(self, path: str) -> None:
            self.unreadable += 1

    listener = Counting()
    report_skipped(listener, "a path", SkipReason.NO_PERMISSION)
    assert (listener.unreadable, listener.events) == (1, [])
