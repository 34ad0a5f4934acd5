"""Compare this package with b2sdk 2.13.1, and with rclone where it does the same, against the same service.

    python benchmarks/compare.py [--many] [--rounds N] [--scale FACTOR] [--only NAME ...] [--self] [--json FILE]
        [--chart FILE]

Everybody gets an environment of its own in ``--home``. Each measurement has a process of its own, and everybody has a
turn in each round, so that what else the machine does falls on all of them. What is printed are medians: CPU seconds of
the client, elapsed seconds, peak memory, calls and connections. A ratio in bold misses its goal. ``--self`` compares
this package with itself: that is how far ratios can be trusted. Linux only.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cases import CASES, CASES_OF_MANY, Case
from chart import draw
from report import Results, Row, machine, table
from stand import Stand, stand
from subjects import PythonSubject, Subject, install


def compare(stand: Stand, case: Case, subjects: Sequence[Subject], rounds: int) -> Row:
    """Run one case, in turns."""
    results = {subject.name: Results() for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            with stand.prepared(case) as place:
                subject.prepare(case, place)
                stand.tally()
                taken = subject.measure(case, place)
                if taken is not None:
                    results[subject.name].taken.append(taken)
                    results[subject.name].tallies.append(stand.tally())
    return Row(case, {name: result for name, result in results.items() if result.taken})


def _subjects(arguments: argparse.Namespace) -> list[Subject]:
    if arguments.python:
        names = [f"{number}: {python}" for number, python in enumerate(arguments.python)]
        return [PythonSubject(name, python) for name, python in zip(names, arguments.python, strict=True)]
    ours, *others = install(arguments.home)
    if arguments.self:
        assert isinstance(ours, PythonSubject)
        return [ours, PythonSubject("b2sdk-ng again", ours.python)]
    return [ours, *others]


def _cases(arguments: argparse.Namespace) -> list[Case]:
    cases = CASES_OF_MANY if arguments.many else CASES
    chosen = [case for case in cases if not arguments.only or case.workload in arguments.only]
    if arguments.self:
        chosen = [replace(case, goals={}) for case in chosen]
    return [case.scaled(arguments.scale) for case in chosen]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="how much of the work to do")
    names = sorted({case.workload for case in (*CASES, *CASES_OF_MANY)})
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names)
    parser.add_argument("--many", action="store_true", help="compare what is done with very many files")
    parser.add_argument("--self", action="store_true", help="compare this package with itself")
    parser.add_argument("--python", nargs=2, metavar="PYTHON", help="compare these interpreters, and install nothing")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir(), "b2sdk-benchmarks"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the ratios, as SVG")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    subjects, rows = _subjects(arguments), []
    with stand() as place:
        for case in _cases(arguments):
            rows.append(compare(place, case, subjects, arguments.rounds))
            print(f"{case.title}: {'; '.join(rows[-1].missed) or 'reached'}", file=sys.stderr, flush=True)
    for other in dict.fromkeys(name for row in rows for name in list(row.results)[1:]):
        print("\n".join(table(rows, other)) + "\n")
    report = {"machine": machine(), "rounds": arguments.rounds, "rows": [row.as_json() for row in rows]}
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if arguments.chart:
        arguments.chart.write_text(draw(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
