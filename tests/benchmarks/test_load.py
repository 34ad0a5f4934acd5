"""The two commands beside the comparison: how fast the simulator is, and where the time of a case goes."""

from __future__ import annotations

import sys

import hot
import load
import pytest


def test_the_simulator_serves_calls_of_each_kind() -> None:
    rates = load.measure(500)
    assert list(rates) == ["b2_get_file_info", "b2_list_file_names", "upload of 1,000 bytes", "download of 1,000 bytes"]
    assert all(rate > 0 for rate in rates.values())


@pytest.mark.parametrize("arguments", [["file_infos"], ["account_reads", "--sort", "cumtime"]])
def test_a_profile_shows_the_functions_of_the_work(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hot.py", *arguments, "--scale", "0.01", "--lines", "1000"])
    hot.main()
    printed = capsys.readouterr().out
    assert "function calls" in printed
    assert {"file_infos": "get_file_info_by_id", "account_reads": "get_api_url"}[arguments[0]] in printed
