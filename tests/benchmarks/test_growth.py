"""What a file takes when there are more of them, with few of them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import growth
import pytest
from growth_chart import Curve, draw


def test_it_prints_writes_and_draws_what_a_file_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, chart = tmp_path / "figures.json", tmp_path / "chart.svg"
    options = ["--rounds", "1", "--scale", "0.001", "--only", "listing", "deletion"]
    growth.main([*options, "--json", str(figures), "--chart", str(chart)])
    written = json.loads(figures.read_text())
    assert {title: [count for count, _, _ in points] for title, points in written.items()} == {
        "listing": [10, 100, 1000],
        "deletion": [10, 100],
    }
    assert all(cpu > 0 and peak > 1 for points in written.values() for _, cpu, peak in points)
    assert capsys.readouterr().out.startswith("| | 10 files: \u00b5s of CPU each |")
    texts = "".join(ET.parse(chart).getroot().itertext())  # noqa: S314
    assert "deletion" in texts
    assert "1,000" in texts


def test_one_process_is_compared_with_two(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "PAIRS", growth.PAIRS[:2])
    growth.main(["--rounds", "1", "--scale", "0.02", "--only", "processes"])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == ["| sync of 10,000 small files up", "| sync of 10,000 small files down"]
    assert all(int(row[1].replace(",", "")) > 0 and float(row[3].rstrip(" |")) > 0 for row in rows)


def test_the_curves_are_relative_to_the_fewest_files() -> None:
    curve = Curve("grows & grows", ((10, 4.0, 30.0), (100, 2.0, 33.0)))
    assert curve.relative() == [(10, 1), (100, 0.5)]
    drawn = ET.fromstring(draw([curve, curve]))  # noqa: S314
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 2 * 2 * 2
