"""The comparison of what is read by data tools, with this package on both sides, and without these tools."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import data_tools
import pytest
from cases import Case
from data_workloads import SIZE_OF_MEMBER
from subjects import PythonSubject, Seconds

SIDE = data_tools.Side(PythonSubject("ours", sys.executable, (data_tools.SCRIPT, "b2")), data_tools.SIMULATOR)


def test_it_prints_and_writes_what_each_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    arguments = ["--rounds", "1", "--scale", "0.02", "--only", "zip_at_random", "--json", str(figures)]
    data_tools.main(arguments, [SIDE, SIDE])
    (row,) = json.loads(figures.read_text())["rows"]
    for result in row["results"].values():
        (taken,), (seen,) = [Seconds(**one) for one in result["taken"]], result["seen"]
        # One request for each member, and one for the directory at the end.
        assert 20 < seen["requests"] <= 20 + 2
        assert seen["received"] > 20 * SIZE_OF_MEMBER
        assert taken.wall > 20 * data_tools.DELAY  # no request takes less
        assert 0 < taken.above < taken.peak
    printed = capsys.readouterr().out
    assert [line.partition(" | ")[0] for line in printed.splitlines()[2:]] == [f"| {row['title']}"]


def test_a_figure_that_misses_its_goal_is_bold() -> None:
    case = data_tools.DataCase(Case("a row", "work"), {"wall": 0.5}, needed=1000, most_of_needed=1.1, most_requests=1)
    ours, theirs = (
        data_tools.Results([Seconds(cpu, cpu, 60, 40)], [data_tools.Seen(requests, received, 1)])
        for cpu, requests, received in ((0.6, 2, 1101), (1.0, 9, 9000))
    )
    row = data_tools.Row(case, ours, theirs)
    assert row.missed == ["requests 0.22", "received 0.12", "wall 0.60"]
    *_, line = data_tools.table([row])
    assert line.count("**") == 2 * 3
    assert "| 600 / 1,000 | **0.60** | 600 / 1,000 | 0.60 |" in line
