"""What a file takes when there are more of them, and what a second process adds.

    python benchmarks/growth.py [--rounds N] [--scale FACTOR] [--only NAME ...] [--json FILE] [--chart FILE]

Each workload is done with ten times as many files, step by step, in a process of its own each time. What is printed are
medians: CPU microseconds for each file, and the peak memory of the process. Then files are synced by one
process, and by two that share a client, in turns. This package is that of ``--python``. Linux only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cases import MILLION, Case, Door
from compare import compare
from growth_chart import Curve, draw
from report import Results
from stand import Stand, stand
from subjects import PythonSubject

FEWEST: Final = MILLION // 100
BUCKET: Final = "made-up-COUNT"


@dataclass(frozen=True)
class Growth:
    """A workload, with how many files it is done at most."""

    title: str
    case: Case
    most: int = MILLION

    def cases(self, scale: float) -> Iterator[Case]:
        count = FEWEST
        while count <= self.most:
            yield replace(self.case, count=round(count * scale))
            count *= 10


GROWTHS: Final = (
    Growth("listing", Case("listing", "listing", bucket=BUCKET)),
    Growth("listing, 8 workers", Case("listing", "ranges_of_numbers", bucket="made-up-numbers-COUNT")),
    Growth("sync, nothing to do", Case("sync", "sync_nothing", bucket=BUCKET)),
    Growth("sync up", Case("up", "sync_up"), MILLION // 10),
    Growth("sync down", Case("down", "sync_down", bucket=BUCKET), MILLION // 10),
    Growth("deletion", Case("deletion", "deletion", bucket=BUCKET), MILLION // 10),
)

PAIRS: Final[tuple[tuple[str, str, Door], ...]] = (
    ("sync of 10,000 small files up", "up", "near"),
    ("sync of 10,000 small files down", "down", "near"),
    ("TLS, 50 ms: sync of 10,000 small files up", "up", "far"),
    ("TLS, 50 ms: sync of 10,000 small files down", "down", "far"),
)


def curve(bench: Stand, growth: Growth, subject: PythonSubject, rounds: int, scale: float) -> Curve:
    """Do a workload with more and more files."""
    points = []
    for case in growth.cases(scale):
        (result,) = compare(bench, case, [subject], rounds).results.values()
        points.append((case.count, 1e6 * result.median("cpu") / case.count, result.median("peak") / 1e6))
        print(f"{growth.title}: {points[-1]}", file=sys.stderr, flush=True)
    return Curve(growth.title, tuple(points))


def table(curves: Sequence[Curve]) -> Iterator[str]:
    counts = sorted({count for each in curves for count, _, _ in each.points})
    yield "| | " + " | ".join(f"{count:,} files: µs of CPU each | peak, MB" for count in counts) + " |"
    yield "|---|" + "--:|" * (2 * len(counts))
    for each in curves:
        points = {count: f"{cpu:.1f} | {peak:.1f}" for count, cpu, peak in each.points}
        yield f"| {each.title} | " + " | ".join(points.get(count, " | ") for count in counts) + " |"


def in_processes(bench: Stand, python: str, rounds: int, scale: float) -> Iterator[str]:
    """Sync with one process and with two, in turns, and yield a table of files per second."""
    yield "| files per second | one process | two processes | ratio |"
    yield "|---|--:|--:|--:|"
    subject = PythonSubject("b2sdk-ng", python)
    for title, direction, door in PAIRS:
        workloads = f"{direction}_in_1_process", f"{direction}_in_2_processes"
        case = Case(title, workloads[0], round(FEWEST * scale), door=door, bucket=BUCKET)
        results = [Results(), Results()]
        for _ in range(rounds):
            for workload, result in zip(workloads, results, strict=True):
                row = compare(bench, replace(case, workload=workload), [subject], 1)
                result.taken += row.results[subject.name].taken
        rates = [case.count / result.median("wall") for result in results]
        yield f"| {title} | {rates[0]:,.0f} | {rates[1]:,.0f} | {rates[1] / rates[0]:.2f} |"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="how much of the work to do")
    names = [growth.case.workload for growth in GROWTHS]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*names, "processes"])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the curves, as SVG")
    arguments = parser.parse_args(argv)
    wanted = set(arguments.only or [*names, "processes"])
    subject = PythonSubject("b2sdk-ng", arguments.python)
    with stand() as bench:
        chosen = [growth for growth in GROWTHS if growth.case.workload in wanted]
        curves = [curve(bench, growth, subject, arguments.rounds, arguments.scale) for growth in chosen]
        if curves:
            print("\n".join(table(curves)) + "\n")
        if "processes" in wanted:
            print("\n".join(in_processes(bench, arguments.python, arguments.rounds, arguments.scale)))
    if arguments.json:
        arguments.json.write_text(json.dumps({each.title: each.points for each in curves}, indent=1) + "\n")
    if arguments.chart:
        arguments.chart.write_text(draw(curves), encoding="utf-8")


if __name__ == "__main__":
    main()
