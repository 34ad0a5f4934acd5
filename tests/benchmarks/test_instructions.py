from __future__ import annotations

import os
import sys
from pathlib import Path

import instructions
import pytest
from cases import Case
from subjects import PythonSubject

VALGRIND = """#!{python}
import subprocess, sys
command = sys.argv[3:]
subprocess.run(command, check=True)
print("==1== Collected :", 5_000_000 + 1_500 * int(command[-2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="valgrind does not run there")
def test_what_is_printed_is_the_difference_for_one_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    valgrind = tmp_path / "valgrind"
    valgrind.write_text(VALGRIND.format(python=sys.executable))
    valgrind.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    instructions.main(["url_pool", "small_uploads", "--python", sys.executable, sys.executable])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["url_pool", "1.5", "k", "1.5", "k"],
        ["small_uploads", "1.5", "k", "1.5", "k"],
    ]


def test_what_compiles_the_modules_is_run_before_and_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    happened = []

    def count(_stand: object, case: Case, _python: str) -> int:
        happened.append("counted")
        return case.count

    monkeypatch.setattr(PythonSubject, "measure", lambda *_: happened.append("run"))
    monkeypatch.setattr(instructions, "instructions", count)
    instructions.main(["url_pool"])
    assert happened == ["run", "counted", "counted"]
