"""Ctrl-C, and what a handler of SIGTERM raises, end each operation at once, whatever it waits for."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import Signals as Signal

import pytest
from tests.faults.interrupted import EXIT_CODE, OPERATIONS, PART
from tests.faults.interruptions import (
    LIMIT_SECONDS,
    MEETINGS,
    STALL_SECONDS,
    Meeting,
    client_of,
    furnish,
    interrupt,
    service_with_files,
)

from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import WireFault
from b2sdk.v3 import B2Api

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process alone")

ONCE = list({meeting.operation: meeting for meeting in reversed(MEETINGS)}.values())
PARTS = 20
STALLED = Meeting("large upload", "b2_upload_part", "stall", skip=5)


@pytest.fixture
def service() -> Iterator[SimulatorServer]:
    with service_with_files() as service:
        yield service


@pytest.fixture
def api(service: SimulatorServer) -> Iterator[B2Api]:
    with client_of(service) as api:
        yield api


def calls_of(service: SimulatorServer) -> Counter[str]:
    return Counter(entry.endpoint for entry in service.journal.entries)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_is_interrupted_somewhere(operation: str) -> None:
    assert operation in {meeting.operation for meeting in MEETINGS}


@pytest.mark.parametrize("meeting", MEETINGS, ids=str)
def test_ctrl_c_ends_the_program_with_its_own_message_only(
    meeting: Meeting, service: SimulatorServer, tmp_path: Path
) -> None:
    furnish(service, meeting.operation, tmp_path)
    outcome = interrupt(meeting, Signal.SIGINT, service, tmp_path)
    assert outcome.seconds < LIMIT_SECONDS < STALL_SECONDS
    assert (outcome.returncode, "done" in outcome.stdout) == (-signal.SIGINT, False)
    assert outcome.stderr.endswith("\nKeyboardInterrupt\n")
    assert "Exception in thread" not in outcome.stderr
    assert "Exception ignored" not in outcome.stderr
    assert outcome.stderr.count("KeyboardInterrupt\n") == 1


@pytest.mark.parametrize("meeting", ONCE, ids=str)
def test_what_a_handler_of_a_signal_raises_ends_the_program(
    meeting: Meeting, service: SimulatorServer, tmp_path: Path
) -> None:
    furnish(service, meeting.operation, tmp_path)
    outcome = interrupt(meeting, Signal.SIGTERM, service, tmp_path)
    assert outcome.seconds < LIMIT_SECONDS
    assert (outcome.returncode, outcome.stdout.endswith("done\n"), outcome.stderr) == (EXIT_CODE, False, "")


# --- what is left ---


@pytest.mark.parametrize("signal_", [Signal.SIGINT, Signal.SIGTERM, Signal.SIGKILL])
def test_a_large_upload_continues_without_the_parts_that_were_sent(
    signal_: Signal, service: SimulatorServer, api: B2Api, tmp_path: Path
) -> None:
    furnish(service, STALLED.operation, tmp_path)
    interrupt(STALLED, signal_, service, tmp_path)
    bucket = api.get_bucket_by_name("interrupted")
    [unfinished] = bucket.list_unfinished_large_files()
    sent = len(list(api.list_parts(unfinished.file_id)))
    assert sent >= STALLED.skip, "those that were answered, and perhaps those whose answers were waited for"
    service.journal.clear()
    OPERATIONS[STALLED.operation](api, bucket, tmp_path)
    calls = calls_of(service)
    assert (calls["b2_start_large_file"], calls["b2_upload_part"]) == (0, PARTS - sent)
    assert bucket.get_file_info_by_name("large").size == PARTS * PART


def test_a_sync_continues_without_what_was_sent(service: SimulatorServer, api: B2Api, tmp_path: Path) -> None:
    meeting = Meeting("sync up", "b2_upload_part", "stall", skip=2)
    furnish(service, meeting.operation, tmp_path)
    interrupt(meeting, Signal.SIGINT, service, tmp_path)
    bucket = api.get_bucket_by_name("interrupted")
    there = sum(1 for _ in bucket.ls("up", recursive=True))
    [unfinished] = bucket.list_unfinished_large_files()
    sent = len(list(api.list_parts(unfinished.file_id)))
    assert sent >= meeting.skip
    service.journal.clear()
    OPERATIONS[meeting.operation](api, bucket, tmp_path)
    calls = calls_of(service)
    assert (calls["b2_start_large_file"], calls["b2_upload_part"], calls["b2_upload_file"]) == (0, 5 - sent, 6 - there)


@pytest.mark.parametrize("operation", ["download", "download in several streams"])
def test_an_interrupted_download_leaves_the_target_as_it_was(
    operation: str, service: SimulatorServer, tmp_path: Path
) -> None:
    furnish(service, operation, tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    interrupt(Meeting(operation, "b2_download_file_by_name", "slow"), Signal.SIGINT, service, tmp_path)
    assert (tmp_path / "target").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_interrupted_download_that_is_kept_continues(service: SimulatorServer, api: B2Api, tmp_path: Path) -> None:
    meeting = Meeting("download that is kept", "b2_download_file_by_name", "stall")
    furnish(service, meeting.operation, tmp_path)
    service.faults.add(WireFault(kind="truncate", endpoint=meeting.endpoint, after_bytes=10 * PART))
    interrupt(meeting, Signal.SIGINT, service, tmp_path)
    assert (tmp_path / "target").read_bytes() == b"old"
    [note] = tmp_path.glob(".target.*.b2part.json")
    assert 0 < json.loads(note.read_text())["length"] <= 10 * PART
    OPERATIONS[meeting.operation](api, api.get_bucket_by_name("interrupted"), tmp_path)
    assert (tmp_path / "target").stat().st_size == 25 * PART
    assert not list(tmp_path.glob(".target.*"))


def test_a_file_that_was_being_written_is_not_made_and_nothing_of_it_stays(
    service: SimulatorServer, api: B2Api, tmp_path: Path
) -> None:
    meeting = Meeting("file that is being written", "", "program")
    service.journal.clear()
    interrupt(meeting, Signal.SIGINT, service, tmp_path)
    bucket = api.get_bucket_by_name("interrupted")
    assert calls_of(service)["b2_start_large_file"] == 1
    assert not list(bucket.list_unfinished_large_files())
    assert "written" not in {version.file_name for version, _ in bucket.ls()}
