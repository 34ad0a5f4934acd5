"""Compare ``b2sdk.aio`` with the other ways to use the service from an event loop, against the same service.

    python benchmarks/loops.py [--rounds N] [--scale FACTOR] [--only NAME ...] [--json FILE]

The others are ``asyncio.to_thread`` over b2sdk 2.13.1 and over this package's own blocking client, with 64 threads, and
aiob2 0.9.1 where it does the same. Everybody has a turn in each round; see ``compare.py``, which tells the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cases import LARGE, Case, Figure
from compare import compare
from report import machine, table
from stand import stand
from subjects import REFERENCE, ROOT, PythonSubject, environment_in, pip

SCRIPT: Final = str(Path(__file__).resolve().with_name("loop_workloads.py"))
AIOB2: Final = "aiob2 0.9.1"
IN_THREADS: Final = f"to_thread over b2sdk {REFERENCE}"
OWN_IN_THREADS: Final = "to_thread over b2sdk-ng"

_SMALL: Final[dict[str, dict[Figure, float]]] = {
    IN_THREADS: {"cpu": 0.35, "wall": 0.30},
    OWN_IN_THREADS: {"cpu": 0.80},
    AIOB2: {"cpu": 1.0, "wall": 1.0},
}
_WHOLE: Final[dict[str, dict[Figure, float]]] = {OWN_IN_THREADS: {"cpu": 1.10, "peak": 1.20}}
CASES: Final = (
    Case("TLS, 50 ms: 2,000 uploads, 256 at once", "small_uploads", 2000, door="far", goals_to=_SMALL),
    Case("TLS, 50 ms: 2,000 downloads, 256 at once", "small_downloads", 2000, door="far", goals_to=_SMALL),
    Case("TLS: upload of 512 MiB", "upload_large", size=LARGE, door="tls", goals_to=_WHOLE),
    Case("TLS: download of 512 MiB", "download_large", size=LARGE, door="tls", goals_to=_WHOLE),
    Case("TLS, 50 ms: 10,000 tasks that wait", "waiting", 10_000, door="far"),
)


def install(home: Path) -> list[PythonSubject]:
    """Make the environments in ``home``, or use existing ones; this package is installed again each time."""
    ours, theirs, aiob2 = (environment_in(home / name) for name in ("ours", "b2sdk", "aiob2"))
    pip(ours, "--force-reinstall", "--no-deps", str(ROOT))
    pip(ours, f"{ROOT}[aio]")
    pip(theirs, f"b2sdk=={REFERENCE}")
    pip(aiob2, AIOB2.replace(" ", "=="))
    return [
        PythonSubject("b2sdk.aio", str(ours / "python"), (SCRIPT, "aio")),
        PythonSubject(IN_THREADS, str(theirs / "python"), (SCRIPT, "threads")),
        PythonSubject(OWN_IN_THREADS, str(ours / "python"), (SCRIPT, "threads")),
        PythonSubject(AIOB2, str(aiob2 / "python"), (SCRIPT, "aiob2"), ("small_uploads", "small_downloads")),
    ]


def main(argv: Sequence[str] | None = None, subjects: Sequence[PythonSubject] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="how much of the work to do")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[case.workload for case in CASES])
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir(), "b2sdk-benchmarks-of-loops"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    arguments = parser.parse_args(argv)
    subjects, rows = subjects or install(arguments.home), []
    with stand() as place:
        for case in CASES:
            if not arguments.only or case.workload in arguments.only:
                rows.append(compare(place, case.scaled(arguments.scale), subjects, arguments.rounds))
                print(f"{case.title}: {'; '.join(rows[-1].missed) or 'reached'}", file=sys.stderr, flush=True)
    for other in subjects[1:]:
        print("\n".join(table(rows, other.name)) + "\n")
    if arguments.json:
        report = {"machine": machine(), "rounds": arguments.rounds, "rows": [row.as_json() for row in rows]}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
