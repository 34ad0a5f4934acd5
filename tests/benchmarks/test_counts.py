"""The guard against regressions: what each workload asks of the service and of the file system, to be counted on any
machine. Times are not asserted anywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import workloads
from cases import Case
from stand import Stand
from subjects import PythonSubject, environment, task

COUNT: Final = 50
SMALL: Final = 1000
LARGE: Final = 12_000_000
"""Carried by one request."""
SEVERAL_PARTS: Final = 250_000_000

LOGIN: Final = {"b2_authorize_account": 1, "b2_list_buckets": 1}
ONE_UPLOAD: Final = {"b2_get_upload_url": 1, "b2_upload_file": 1}

# Calls, and connections; the case of each has COUNT things to do, or one of LARGE bytes.
CALLS: Final[dict[str, tuple[dict[str, int], int]]] = {
    "bare_import": ({}, 0),
    "import_of_v1": ({}, 0),
    "everything": ({}, 0),
    "log_in": ({"b2_authorize_account": 1}, 1),
    "cold_start": ({"b2_list_buckets": 1, **ONE_UPLOAD, "b2_list_file_names": 1}, 1),
    "small_uploads": ({**LOGIN, "b2_get_upload_url": 1, "b2_upload_file": 1 + COUNT}, 1),
    "small_downloads": ({**LOGIN, "b2_download_file_by_name": 1 + COUNT}, 1),
    "small_copies": ({**LOGIN, **ONE_UPLOAD, "b2_copy_file": COUNT}, 1),
    "file_infos": ({**LOGIN, **ONE_UPLOAD, "b2_get_file_info": COUNT}, 1),
    "upload_large": ({**LOGIN, **ONE_UPLOAD}, 1),
    "upload_stream": ({**LOGIN, **ONE_UPLOAD}, 1),
    "download_large": ({**LOGIN, "b2_download_file_by_name": 1}, 1),
    "download_unverified": ({**LOGIN, "b2_download_file_by_name": 1}, 1),
    "listing": ({**LOGIN, "b2_list_file_names": 1}, 1),
    **{f"ranges_of_{kind}": ({**LOGIN, "b2_list_file_names": 1}, 1) for kind in ("numbers", "hashes", "dates")},
    "sync_nothing": ({**LOGIN, "b2_list_file_versions": 1}, 1),
    "sync_nothing_in_ranges": ({**LOGIN, "b2_list_file_versions": 1}, 1),
    "deletion": ({**LOGIN, "b2_list_file_versions": 1, "b2_delete_file_version": COUNT}, 1 + workloads.WORKERS),
    "down_in_1_process": (
        {**LOGIN, "b2_list_file_versions": 1, "b2_download_file_by_id": COUNT},
        1 + workloads.WORKERS,
    ),
    "down_in_2_processes": (
        {**LOGIN, "b2_list_file_versions": 2, "b2_download_file_by_id": COUNT},
        1 + 2 * workloads.WORKERS,
    ),
    "sync_down": ({**LOGIN, "b2_list_file_versions": 1, "b2_download_file_by_id": COUNT}, workloads.WORKERS),
    "threads_down": ({**LOGIN, "b2_download_file_by_name": COUNT}, workloads.WORKERS),
    "plan": ({**LOGIN, **ONE_UPLOAD}, 1),
    "url_pool": ({}, 0),
    "account_reads": ({}, 0),
}

# With several at once, an upload URL for each of them, and a connection; but never more than that.
SHARED_CALLS: Final = {
    "sync_up": {**LOGIN, "b2_list_file_versions": 1, "b2_upload_file": COUNT},
    "up_in_1_process": {**LOGIN, "b2_list_file_versions": 1, "b2_upload_file": COUNT},
    "up_in_2_processes": {**LOGIN, "b2_list_file_versions": 2, "b2_upload_file": COUNT},
    "threads_up": {**LOGIN, "b2_upload_file": COUNT},
}

# Files opened, files looked at, directories listed, at most: for all of them, and for each beyond that.
FILES: Final[dict[str, tuple[dict[str, int], dict[str, int]]]] = {
    "upload_large": ({"open": 1, "stat": 1}, {}),
    "upload_stream": ({"open": 1}, {}),
    # One `stat` checks that the new file still exists: another process may have removed it as a leftover.
    "download_large": ({"open": 2, "stat": 3}, {}),
    "sync_nothing": ({"stat": 1, "scandir": 3}, {"stat": 1}),
    "sync_up": ({"stat": 1, "scandir": 3}, {"open": 1, "stat": 2}),
    # Each worker may have seen that the directory was missing.
    "sync_down": ({"stat": 2 + workloads.WORKERS, "scandir": 1}, {"open": 1, "stat": 5}),
}


def case_of(workload: str) -> Case:
    is_large = workload.startswith(("upload", "download"))
    return Case(
        workload,
        workload,
        COUNT,
        LARGE if is_large else SMALL,
        "far" if workload.startswith("threads") else "near",
        logs_in_before=workload in ("cold_start", "account_reads"),
    )


def test_every_workload_is_counted() -> None:
    assert set(CALLS) | set(SHARED_CALLS) == set(workloads.WORKLOADS)


@pytest.mark.parametrize("workload", CALLS)
def test_calls_and_connections(workload: str, bench: Stand, ours: PythonSubject) -> None:
    case = case_of(workload)
    calls, most_connections = CALLS[workload]
    with bench.prepared(case) as place:
        ours.prepare(case, place)
        bench.tally()
        taken = ours.measure(case, place)
        tally = bench.tally()
    assert tally.calls == calls
    assert tally.connections <= most_connections
    assert taken is not None
    assert taken.work.peak > 1_000_000


@pytest.mark.parametrize("workload", SHARED_CALLS)
def test_calls_and_connections_of_several_at_once(workload: str, bench: Stand, ours: PythonSubject) -> None:
    case = case_of(workload)
    with bench.prepared(case) as place:
        bench.tally()
        ours.measure(case, place)
        tally = bench.tally()
    processes = 2 if workload == "up_in_2_processes" else 1
    assert 1 <= tally.calls.pop("b2_get_upload_url") <= processes * workloads.WORKERS
    assert tally.calls == SHARED_CALLS[workload]
    assert tally.connections <= processes * workloads.WORKERS + 1


def test_parts_share_connections(bench: Stand, ours: PythonSubject) -> None:
    case = Case("large", "upload_large", size=SEVERAL_PARTS)
    with bench.prepared(case) as place:
        bench.tally()
        ours.measure(case, place)
        tally = bench.tally()
    urls = tally.calls.pop("b2_get_upload_part_url")
    assert tally.calls == {
        **LOGIN,
        "b2_list_unfinished_large_files": 1,
        "b2_start_large_file": 1,
        "b2_upload_part": 3,
        "b2_finish_large_file": 1,
    }
    assert urls <= 3
    assert tally.connections <= 3


@pytest.mark.parametrize("workload", FILES)
def test_what_is_opened_and_looked_at(workload: str, bench: Stand) -> None:
    case = case_of(workload)
    at_all, each = FILES[workload]
    with bench.prepared(case) as place:
        command = [sys.executable, str(Path(__file__).with_name("counted.py")), workload, *task(case, place)]
        scripts = {"PYTHONPATH": os.fspath(Path(workloads.__file__).parent)}
        done = subprocess.run(command, env=environment(place) | scripts, check=True, stdout=subprocess.PIPE)
    counts: dict[str, int] = json.loads(done.stdout)
    assert counts.get("open", 0) > 0 or workload == "sync_nothing"
    for what, count in counts.items():
        assert count <= at_all.get(what, 0) + each.get(what, 0) * COUNT, what
