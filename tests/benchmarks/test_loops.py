"""The comparison of what is done in event loops, with this package in both of its ways."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import loops
import pytest
from stand import Tally
from subjects import PythonSubject

SUBJECTS = [
    PythonSubject("awaited", sys.executable, (loops.SCRIPT, "aio")),
    PythonSubject("in threads", sys.executable, (loops.SCRIPT, "threads"), ("small_uploads", "upload_large")),
]


def test_it_prints_and_writes_what_each_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    loops.main(["--rounds", "1", "--scale", "0.005", "--json", str(figures)], SUBJECTS)
    rows = {row["case"]["workload"]: row["results"] for row in json.loads(figures.read_text())["rows"]}
    calls = {name: [set(Tally(**result["tallies"][0]).calls) for result in rows[name].values()] for name in rows}
    assert list(rows) == [case.workload for case in loops.CASES]
    assert [len(results) for results in rows.values()] == [2, 1, 2, 1, 1]
    assert calls["small_uploads"][0] == calls["small_uploads"][1] > {"b2_get_upload_url", "b2_upload_file"}
    assert calls["upload_large"][0] == calls["upload_large"][1]
    printed = capsys.readouterr().out
    assert printed.count("| awaited / in threads |") == 1
    assert printed.count("\n| TLS") == 2


def test_a_goal_to_one_is_no_goal_to_others() -> None:
    goals = [case.goals_to for case in loops.CASES]
    assert {name for each in goals for name in each} == {loops.IN_THREADS, loops.OWN_IN_THREADS, loops.AIOB2}
    assert all(case.goals == {} for case in loops.CASES)
