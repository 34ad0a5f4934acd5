from __future__ import annotations

import threading

import pytest

from b2sdk.exception import AlreadyFailed
from b2sdk.progress import ProgressListenerForTest
from b2sdk.transfer.large_file_progress import LargeFileUploadState, PartProgressReporter, check_no_part_failed


@pytest.fixture
def listener() -> ProgressListenerForTest:
    return ProgressListenerForTest()


@pytest.fixture
def state(listener: ProgressListenerForTest) -> LargeFileUploadState:
    return LargeFileUploadState(listener)


def test_parts_add_up_to_one_total(state: LargeFileUploadState, listener: ProgressListenerForTest) -> None:
    first, second = PartProgressReporter(state), PartProgressReporter(state)
    first.bytes_completed(10)
    second.bytes_completed(5)
    first.bytes_completed(30)
    assert listener.get_calls() == ["bytes_completed(10)", "bytes_completed(15)", "bytes_completed(35)"]
    assert state.bytes_completed == 35


def test_a_part_that_starts_again_takes_back_what_it_reported(state: LargeFileUploadState) -> None:
    part = PartProgressReporter(state)
    state.update_part_bytes(100)
    for count in (40, 0, 20):
        part.bytes_completed(count)
    assert state.bytes_completed == 120


def test_a_part_neither_closes_the_listener_nor_sets_its_total(
    state: LargeFileUploadState, listener: ProgressListenerForTest
) -> None:
    with PartProgressReporter(state) as part:
        part.set_total_bytes(1000)
    assert listener.get_calls() == []


def test_a_failure_is_seen_by_the_others(state: LargeFileUploadState) -> None:
    check_no_part_failed(state)
    assert not state.has_error()
    with pytest.raises(AssertionError):
        state.get_error_message()
    state.set_error("the disk is full")
    assert (state.has_error(), state.get_error_message()) == (True, "the disk is full")
    with pytest.raises(AlreadyFailed, match="the disk is full"):
        check_no_part_failed(state)


def test_a_failure_without_a_text_is_one_too(state: LargeFileUploadState) -> None:
    state.set_error("")
    with pytest.raises(AlreadyFailed):
        check_no_part_failed(state)


def test_many_threads_lose_no_byte(state: LargeFileUploadState, listener: ProgressListenerForTest) -> None:
    def count() -> None:
        for _ in range(500):
            state.update_part_bytes(1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listener.get_calls() == [f"bytes_completed({count})" for count in range(1, 4001)], "never backwards"
