"""How many instructions a unit of work takes, which is the same on a busy machine as on an idle one.

    python benchmarks/instructions.py WORKLOAD ... [--python PYTHON ...]

Needs valgrind, whose callgrind counts. Each workload is run with two numbers of units; what is printed, for each
interpreter, is the difference for one unit, in thousands. What the kernel does is not counted. A run before these
compiles the modules: the first one would take 2 G for that, even with fewer units.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from cases import CASES, Case
from stand import Stand, stand
from subjects import WORKLOADS, PythonSubject, environment, run, task

FEW, MANY = 20, 120


def instructions(stand: Stand, case: Case, python: str) -> int:
    """Count those of the whole process."""
    with stand.prepared(case) as place:
        PythonSubject(python, python).prepare(case, place)
        count = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={place.directory}/callgrind.out"]
        command = [*count, python, str(WORKLOADS), case.workload, *task(case, place)]
        printed, _ = run(command, environment(place) | {"PYTHONHASHSEED": "0"})
    found = re.search(r"Collected : (\d+)", printed)
    assert found is not None, printed
    return int(found[1])


def of_a_unit(stand: Stand, case: Case, python: str) -> float:
    with stand.prepared(replace(case, count=FEW)) as place:
        subject = PythonSubject(python, python)
        subject.prepare(case, place)
        subject.measure(replace(case, count=FEW), place)
    few, many = (instructions(stand, replace(case, count=count), python) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    cases = {case.workload: case for case in reversed(CASES) if case.count > 1}
    parser.add_argument("workloads", nargs="+", metavar="WORKLOAD", choices=sorted(cases))
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    arguments = parser.parse_args(argv)
    with stand() as bench:
        for workload in arguments.workloads:
            counts = [of_a_unit(bench, cases[workload], python) / 1000 for python in arguments.python]
            print(f"{workload:20}", *(f"{count:9,.1f} k" for count in counts), flush=True)


if __name__ == "__main__":
    main()
