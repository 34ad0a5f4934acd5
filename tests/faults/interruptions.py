"""Interruptions of a program, in each operation and while each of its requests meets a service that stalls.

``python -m tests.faults.interruptions`` measures how long each takes, with another Python perhaps.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals as Signal
from typing import Any, Literal, NamedTuple

from tests.faults.interrupted import PART

from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.protocol.faults import ApiFault, WireFault
from b2sdk.v3 import B2Api, InMemoryAccountInfo, ReplicationConfiguration, ReplicationRule

ROOT = Path(__file__).parent.parent.parent
SIGNALS = (Signal.SIGINT, Signal.SIGTERM)
AT_WORK = ("file that is being written", "listing that is worked on")
"""Operations that are interrupted while the program does something of its own."""
STALL_SECONDS = 90
LIMIT_SECONDS = 20
"""What is promised is 3; a machine that is busy with other things gets more, and less than any stall."""
STARTING_SECONDS = 60
MANY = 10_000

How = Literal["answers", "stall", "stall-request", "slow", "refuses", "program"]


class Meeting(NamedTuple):
    """Where an operation is interrupted."""

    operation: str
    endpoint: str
    """At which request; the empty text where it is not in a request."""
    how: How
    """How the service meets the requests: ``answers`` after a moment, ``refuses`` asks to come back later."""
    skip: int = 0
    """How many requests go well before."""

    def __str__(self) -> str:
        return f"{self.operation}-{self.how}-{self.endpoint or 'nothing'}-{self.skip}"


def _at(operation: str, *endpoints: str, how: How = "stall", skip: int = 0) -> list[Meeting]:
    return [Meeting(operation, endpoint, how, skip) for endpoint in endpoints]


_LARGE = ("b2_list_unfinished_large_files", "b2_start_large_file", "b2_get_upload_part_url", "b2_upload_part")
_DOWNLOAD = "b2_download_file_by_name"
_BY_ID = "b2_download_file_by_id"

MEETINGS: list[Meeting] = [
    *_at("small upload", "b2_get_upload_url", "b2_upload_file"),
    *_at("small upload", "b2_upload_file", how="stall-request"),
    *_at("small upload", "b2_upload_file", how="refuses"),
    *_at("large upload", *_LARGE, "b2_finish_large_file"),
    *_at("large upload", "b2_upload_part", how="stall-request"),
    *_at("large upload", "b2_upload_part", how="answers"),
    *_at("large upload", "b2_upload_part", how="refuses", skip=3),
    *_at("upload of a stream", "b2_start_large_file", "b2_upload_part", "b2_finish_large_file"),
    *_at("upload of a stream", "b2_upload_part", how="answers"),
    *_at("written file", "b2_start_large_file", "b2_upload_part", "b2_finish_large_file"),
    *_at("written file", "b2_upload_part", how="answers"),
    *_at("written file without a with statement", "b2_upload_part"),
    *_at("file that is being written", "b2_upload_part"),
    *_at("upload in the background", "b2_upload_file"),
    *_at("end of a with statement", "b2_upload_file"),
    *_at("download", _DOWNLOAD),
    *_at("download", _DOWNLOAD, how="slow"),
    *_at("download", _DOWNLOAD, how="refuses"),
    *_at("download in several streams", _DOWNLOAD, skip=1),
    *_at("download in several streams", _DOWNLOAD, how="slow"),
    *_at("download in several streams", _DOWNLOAD, how="refuses", skip=1),
    *_at("download that is kept", _DOWNLOAD, how="slow"),
    *_at("download to a file object", _DOWNLOAD, how="slow"),
    *_at("read file", _BY_ID),
    *_at("copy", "b2_copy_file"),
    *_at("copy in parts", "b2_start_large_file", "b2_copy_part", "b2_finish_large_file"),
    *_at("copy in parts", "b2_copy_part", how="answers"),
    *_at("composition", "b2_copy_part", "b2_upload_part"),
    *_at("listing", "b2_list_file_names", skip=1),
    *_at("listing", "b2_list_file_names", how="answers"),
    *_at("listing with prefetch", "b2_list_file_names", skip=1),
    *_at("listing with workers", "b2_list_file_names", skip=1),
    *_at("listing with prefetch", "b2_list_file_names", how="slow", skip=1),
    *_at("listing that is worked on", "b2_list_file_names", skip=1),
    *_at("scan of a replication", "b2_list_file_versions"),
    *_at("sync up", "b2_list_file_versions", "b2_get_upload_url", "b2_upload_file", *_LARGE[1:]),
    *_at("sync up", "b2_upload_file", how="stall-request"),
    *_at("sync up", "b2_upload_file", how="answers"),
    *_at("sync up", "b2_upload_file", how="refuses"),
    *_at("sync down", "b2_list_file_versions", _BY_ID),
    *_at("sync down", _BY_ID, how="slow"),
    *_at("sync down", _BY_ID, how="refuses"),
    *_at("sync across", "b2_copy_file"),
    *_at("sync that deletes", "b2_delete_file_version"),
    *_at("authorization", "b2_authorize_account"),
    *_at("renewal by another process", "", how="program"),
    *_at("sync during the renewal by another process", "", how="program"),
]


@dataclass
class Outcome:
    """How a program ended that was interrupted."""

    seconds: float
    """After the signal."""
    returncode: int
    stdout: str
    stderr: str


@contextmanager
def service_with_files() -> Iterator[SimulatorServer]:
    """Give a service in which there is what the operations work on."""
    policy = Policy(minimum_part_size=PART, recommended_part_size=PART)
    with SimulatorServer(policy=policy) as service:
        bucket = client_of(service).create_bucket("interrupted", "allPrivate")
        bucket.upload_bytes(os.urandom(25 * PART), "stored")
        for number in range(6):
            bucket.upload_bytes(b"x" * 1000, f"tree/{number}")
        yield service


def client_of(service: SimulatorServer) -> B2Api:
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(service.key_id, service.key, realm=service.url)
    return api


def furnish(service: SimulatorServer, operation: str, directory: Path) -> None:
    (directory / "large").write_bytes(os.urandom(20 * PART))
    (directory / "tree").mkdir()
    for number in range(6):
        (directory / "tree" / str(number)).write_bytes(b"x" * 1000)
    (directory / "tree" / "large").write_bytes(os.urandom(5 * PART))
    (directory / "down").mkdir()
    (directory / "target").write_bytes(b"old")
    if operation == "scan of a replication":
        api = client_of(service)
        rule = ReplicationRule(api.get_bucket_by_name("interrupted").id_, "rule", "")
        configuration = ReplicationConfiguration([rule], "a key that is no more")
        api.create_bucket("replicated", "allPrivate").update(replication=configuration)


def interrupt(
    meeting: Meeting,
    signal_: Signal,
    service: SimulatorServer,
    directory: Path,
    python: str = sys.executable,
    stall: float = STALL_SECONDS,
) -> Outcome:
    """Interrupt the operation when its request has met the service, which then stalls for so many seconds."""
    command = [python, "-m", "tests.faults.interrupted", meeting.operation, signal_.name, service.url, str(directory)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        kill = threading.Timer(STARTING_SECONDS + 2 * stall, process.kill)
        kill.start()
        try:
            assert process.stdout is not None
            assert process.stdin is not None
            _expect("ready", process)
            fault = _fault(meeting, stall)
            if fault is not None:
                service.faults.add(fault)
            process.stdin.write("\n")
            process.stdin.flush()
            if meeting.how == "program" or meeting.operation in AT_WORK:
                _expect("busy", process)
            _wait_for(fault, process)
            start = time.monotonic()
            process.send_signal(signal_)
            stdout, stderr = process.communicate()
            return Outcome(time.monotonic() - start, process.returncode, stdout, stderr)
        finally:
            kill.cancel()
            process.kill()
            service.faults.clear()


def _expect(word: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == f"{word}\n", (said, process.communicate())


def _fault(meeting: Meeting, stall: float) -> ApiFault | WireFault | None:
    common: dict[str, Any] = {"endpoint": meeting.endpoint, "count": MANY, "skip": meeting.skip}
    if meeting.how == "program":
        return None
    if meeting.how == "refuses":
        return ApiFault(status=429, code="too_many_requests", retry_after=int(stall), **common)
    if meeting.how == "answers":
        return WireFault(kind="stall", seconds=0.2, **common)
    return WireFault(kind=meeting.how, seconds=stall, **common)


def _wait_for(fault: ApiFault | WireFault | None, process: subprocess.Popen[str]) -> None:
    """Wait until the fault is met, and a moment longer, for the other threads."""
    until = time.monotonic() + STARTING_SECONDS
    while fault is not None and fault.count == MANY:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "the request was never sent"
        time.sleep(0.01)
    time.sleep(0.3)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--stall", type=float, default=20, help="seconds")
    parser.add_argument("--only", default="", help="operations whose names begin so")
    arguments = parser.parse_args()
    print(f"| operation | met at | the service | {' | '.join(f'{signal_.name}, s' for signal_ in SIGNALS)} |")
    print("|---" * (3 + len(SIGNALS)) + "|")
    seconds: list[float] = []
    for meeting in (meeting for meeting in MEETINGS if meeting.operation.startswith(arguments.only)):
        row = []
        for signal_ in SIGNALS:
            with service_with_files() as service, tempfile.TemporaryDirectory() as directory:
                furnish(service, meeting.operation, Path(directory))
                outcome = interrupt(meeting, signal_, service, Path(directory), arguments.python, arguments.stall)
            seconds.append(outcome.seconds)
            row.append(f"{outcome.seconds:.2f}")
        print(f"| {meeting.operation} | {meeting.endpoint or '-'} | {meeting.how} | {' | '.join(row)} |", flush=True)
    print(f"\nmedian {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s, {len(seconds)} interruptions")


if __name__ == "__main__":
    main()
