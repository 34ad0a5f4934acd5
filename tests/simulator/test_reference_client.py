"""b2sdk 2.13, a client that others wrote, does its work on the service over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from b2sdk.simulator import ApiFault, SimulatorServer, WireFault

PYTHON = os.environ.get("B2SDK_REFERENCE_PYTHON")
FLOWS = Path(__file__).parent / "clients" / "flows.py"

pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="B2SDK_REFERENCE_PYTHON does not name an interpreter that has b2sdk 2.13: nox -s reference"
)

Run = Callable[[str], Any]


@pytest.fixture(params=["v2", "v3"])
def run(request: pytest.FixtureRequest, server: SimulatorServer, tmp_path: Path) -> Run:
    """Run a flow through a surface, each of which speaks another version of the service's API."""

    def run_flow(name: str) -> Any:
        # Isolated, so that the interpreter does not find the b2sdk of the one that runs the tests.
        command = [PYTHON or "", "-I", FLOWS, request.param, name, server.url, server.key_id, server.key, tmp_path]
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_flow


def called(server: SimulatorServer) -> Counter[str]:
    """Return how often what was called, and refuse responses that blame the server."""
    entries = server.journal.entries
    assert all(entry.status is not None and entry.status < 500 for entry in entries)
    return Counter(entry.endpoint for entry in entries)


def test_files_come_and_go(run: Run, server: SimulatorServer) -> None:
    found = run("files")
    assert found == {
        "info": {"key": "a value/+%"},
        "cache": "max-age=1",
        "folders": ["dir/"],
        "content": "hello",
        "timestamp": 1_000_000,
        "range": "ell",
        "versions": ["hide", "upload", "upload"],
        "unhidden": ["dir/ü+%41 #?.txt", "top"],
        "buckets": 0,
    }
    assert server.cloud.state.files == {}


def test_a_large_file_is_sent_in_parts(run: Run, server: SimulatorServer) -> None:
    assert run("large") == {"size": 1000, "same": True}
    assert called(server)["b2_upload_part"] == 5


def test_an_unfinished_file_is_continued(run: Run, server: SimulatorServer) -> None:
    assert run("resume") == {"continued": True, "same": True}
    assert called(server)["b2_upload_part"] == 5


def test_copies_are_made_by_the_service(run: Run, server: SimulatorServer) -> None:
    found = run("copies")
    assert found.pop("whole") == [{"a": "1", "large_file_sha1": ANY}, True]
    assert found == {"piece": [{"b": "2"}, True], "mixed": True}
    assert called(server)["b2_copy_file"] == 2
    assert called(server)["b2_copy_part"] == 1


def test_a_key_opens_what_it_is_for(run: Run) -> None:
    assert run("keys") == {
        "listed": [True],
        "names": ["in/side"],
        "outside": "Unauthorized",
        "deleting": "Unauthorized",
        "other bucket": "RestrictedBucket",
        "left": 0,
    }


def test_files_are_encrypted_with_a_key_of_the_customer(run: Run) -> None:
    for found in run("encryption").values():
        assert found == {"right key": True, "wrong key": "SSECKeyError", "no key": "BadRequest", "copy": True}


def test_locked_files_stay(run: Run) -> None:
    assert run("locks") == {
        "held": "Unauthorized",
        "hold": "on",
        "mode": "governance",
        "retained": "Unauthorized",
        "left": [],
    }


def test_directories_are_synchronized_up_across_and_down(run: Run, server: SimulatorServer) -> None:
    assert run("sync") == {
        "up": ["x/a", "x/dir/large"],
        "across": ["a", "dir/large"],
        "down": ["a", "dir", "dir/large"],
        "same": True,
    }
    assert called(server)["b2_copy_file"] > 0


def test_streams_of_unknown_length_arrive(run: Run) -> None:
    assert run("streams") == {"0": True, "50": True, "200": True, "1000": True}


def test_notification_rules_are_set(run: Run) -> None:
    assert run("notifications") == [{"name": "my-rule", "eventTypes": ["b2:ObjectCreated:*"], "isSuspended": False}]


def test_a_replication_is_set_up_and_works(run: Run) -> None:
    assert run("replication") == {"there": ["in/side"], "content": "hello", "status": "completed"}


@pytest.mark.parametrize(
    "fault",
    [
        ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable"),
        ApiFault(endpoint="b2_get_upload_url", status=401, code="expired_auth_token"),
        WireFault(endpoint="b2_upload_file", kind="reset-mid-request"),
        WireFault(endpoint="b2_create_bucket", kind="stall", seconds=0.1),
    ],
    ids=["busy", "expired", "reset", "stalled"],
)
def test_what_goes_wrong_is_tried_again(run: Run, server: SimulatorServer, fault: ApiFault | WireFault) -> None:
    server.faults.add(fault)
    assert run("patience") == "hello"
    assert [entry.fault for entry in server.journal.entries if entry.fault is not None] != []
