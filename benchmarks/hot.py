"""Where the time of a case goes: its work under the profiler, the functions with the most time of their own first.

    python benchmarks/hot.py WORKLOAD [--python PYTHON] [--lines N] [--scale FACTOR]

The thread that does the work is seen, those that it starts are not.
"""

from __future__ import annotations

import argparse
import sys

from cases import CASES
from stand import stand
from subjects import WORKLOADS, PythonSubject, environment, run, task

PROFILE = """
import cProfile, pstats, sys
scripts, sort, lines, workload, url, directory, count, size = sys.argv[1:]
sys.path.insert(0, scripts)
import workloads
work = workloads.WORKLOADS[workload](workloads.Task(url, directory, int(count), int(size)))
profiler = cProfile.Profile()
profiler.runcall(work)
pstats.Stats(profiler).sort_stats(sort).print_stats(int(lines))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    cases = {case.workload: case for case in reversed(CASES)}
    parser.add_argument("workload", choices=sorted(cases))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--sort", default="tottime", help="as of pstats")
    parser.add_argument("--lines", type=int, default=25)
    parser.add_argument("--scale", type=float, default=1)
    arguments = parser.parse_args()
    case = cases[arguments.workload].scaled(arguments.scale)
    with stand() as bench, bench.prepared(case) as place:
        PythonSubject("profiled", arguments.python).prepare(case, place)
        how = [str(WORKLOADS.parent), arguments.sort, str(arguments.lines), case.workload]
        command = [arguments.python, "-c", PROFILE, *how, *task(case, place)]
        print(run(command, environment(place))[0])


if __name__ == "__main__":
    main()
