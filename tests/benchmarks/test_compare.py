"""The command itself, and what it makes of the figures."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import compare
import pytest
import workloads
from cases import CASES, CASES_OF_MANY, Case
from chart import draw
from report import Results, Row, table
from stand import Tally
from subjects import Seconds, Taken, run

CASE = Case("a case", "file_infos", goals={"cpu": 0.5})


def results(cpu: float, *, whole: float = 1, connections: int = 1) -> Results:
    work = Seconds(cpu, cpu, 10)
    return Results([Taken(work, replace(work, cpu=whole))], [Tally(connections, {"b2_get_file_info": 7})])


def row(case: Case = CASE, **others: Results) -> Row:
    return Row(case, {"ours": results(1), "b2sdk": results(4), **others})


def test_it_prints_writes_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, chart = tmp_path / "figures.json", tmp_path / "chart.svg"
    options = ["--rounds", "2", "--scale", "0.01", "--only", "file_infos", "plan"]
    files = ["--json", str(figures), "--chart", str(chart)]
    compare.main([*options, *files, "--python", sys.executable, sys.executable])
    written = json.loads(figures.read_text())
    assert [each["case"]["workload"] for each in written["rows"]] == ["file_infos", "plan"]
    for each in written["rows"]:
        assert [len(result["taken"]) for result in each["results"].values()] == [2, 2]
    assert capsys.readouterr().out.count("\n| 1,000 file infos |") == 1
    assert "".join(ET.parse(chart).getroot().itertext()).count("1,000 file infos") == 1  # noqa: S314


def test_a_ratio_is_that_of_the_medians() -> None:
    ours, theirs = results(1), results(2)
    ours.taken += [*results(3).taken, *results(100).taken]
    assert Row(CASE, {"ours": ours, "b2sdk": theirs}).ratio("b2sdk", "cpu") == 1.5


def test_a_goal_that_is_missed_is_reported_and_bold() -> None:
    missed = Row(CASE, {"ours": results(3), "b2sdk": results(4)})
    assert missed.missed == ["cpu 0.75 of b2sdk, not 0.50"]
    assert "**0.75**" in "\n".join(table([missed], "b2sdk"))
    assert row().missed == []
    assert "**" not in "\n".join(table([row()], "b2sdk"))


def test_too_many_connections_are_reported() -> None:
    limited = replace(CASE, most_connections=3)
    assert Row(limited, {"ours": results(1, connections=4), "b2sdk": results(4)}).missed == ["4 connections, not 3"]
    assert Row(limited, {"ours": results(1, connections=3), "b2sdk": results(4)}).missed == []


def test_too_much_memory_is_reported() -> None:
    compared = {"ours": results(1), "b2sdk": results(4)}
    assert Row(replace(CASE, most_memory=9), compared).missed == ["peak 0.0 MB, not 0.0"]
    assert Row(replace(CASE, most_memory=10), compared).missed == []


def test_a_case_may_have_goals_of_its_own_for_rclone() -> None:
    compared = {"ours": results(1), "rclone": results(1, whole=1.25)}
    assert Row(CASE, compared).missed == []
    assert Row(replace(CASE, goals_to={"rclone": {"cpu": 0.7}}), compared).missed == ["cpu 0.80 of rclone, not 0.70"]


def test_cases_with_very_many_files_are_chosen_by_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--many", "--rounds", "1", "--scale", "0.0002", "--only", "deletion"]
    compare.main([*options, "--python", sys.executable, sys.executable])
    assert capsys.readouterr().out.count("\n| TLS, 50 ms: deletion of 100,000 versions, 32 workers |") == 1


def test_rclone_is_compared_by_whole_processes() -> None:
    compared = row(rclone=results(1, whole=0.5))
    assert compared.ratio("rclone", "cpu", "process") == 2
    assert compared.missed == ["cpu 2.00 of rclone, not 1.00"]
    assert len(list(table([row(), compared], "rclone"))) == 3


def test_the_chart_has_a_bar_for_each_ratio() -> None:
    drawn = ET.fromstring(draw([row(), row(replace(CASE, title="<another> & more"))]))  # noqa: S314
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("0.25") == 2
    assert texts.count("1.00") == 2
    assert "<another> & more" in texts


def test_a_case_is_scaled_by_what_it_has_to_do() -> None:
    many = next(case for case in CASES if case.workload == "listing").scaled(0.01)
    large = next(case for case in CASES if case.workload == "upload_large").scaled(0.01)
    assert (many.count, many.size) == (1000, 1000)
    assert (large.count, large.size) == (1, 5368709)
    assert many.arguments_of_rclone == ["size", "--fast-list", ":b2:made-up-1000"]


def test_every_case_names_a_workload() -> None:
    cases = (*CASES, *CASES_OF_MANY)
    assert {case.workload for case in cases} <= set(workloads.WORKLOADS)
    assert len({case.title for case in cases}) == len(cases)


def test_a_failure_says_what_was_printed() -> None:
    with pytest.raises(RuntimeError, match="ended with 3: out of order"):
        run([sys.executable, "-c", "print('out of order'); raise SystemExit(3)"], {})
