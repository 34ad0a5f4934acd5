"""Compare the filesystem ``b2://`` with s3fs, below the same data tools.

    python benchmarks/data_tools.py [--rounds N] [--scale FACTOR] [--only NAME ...] [--json FILE]

Ours is beside the simulator of this package, s3fs beside moto; each service runs in a process of its own, and both are
at the end of lines with a round trip of 30 ms, which count requests and bytes. The files are the same. Each measurement
has a process of its own, and both have a turn in each round. What is printed are medians; a ratio in bold misses its
goal. Memory is there twice: how far the peak is above what is in use when pandas, pyarrow, zarr and fsspec have been
imported, and the peak of the whole process. Linux only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import certifi
from cases import Case
from data_workloads import COLUMNS, CREDENTIALS
from report import machine
from stand import MEMORY
from subjects import ROOT, Place, PythonSubject, Seconds, environment_in, pip

SCRIPT: Final = str(Path(__file__).resolve().with_name("data_workloads.py"))
LINES: Final = str(Path(__file__).resolve().with_name("counted_line.py"))
DELAY: Final = 0.03
START_SECONDS: Final = 60
OURS: Final = "b2sdk-ng"
S3FS: Final = "s3fs 2026.9.0"
TOOLS: Final = ("fsspec==2026.9.0", "pandas==3.*", "pyarrow==26.*", "zarr==3.*")

Figure = Literal["requests", "received", "wall", "cpu", "above", "peak", "service"]
FIGURES: Final[tuple[Figure, ...]] = ("requests", "received", "wall", "cpu", "above", "peak", "service")
TITLES: Final = (
    "requests",
    "MB received",
    "elapsed, ms",
    "CPU, ms",
    "memory added, MB",
    "peak, MB",
    "CPU of service, ms",
)
SIZE: Final = 105_000_000
FILES: Final = 1000
MEMORY_GOAL: Final = 0.6


@dataclass(frozen=True)
class DataCase:
    """One row, and what it is to reach."""

    case: Case
    goals: dict[Figure, float] = field(default_factory=dict)
    """The largest ratios to s3fs."""
    needed: float = math.inf
    """Bytes that no reader of the file can do without."""
    most_of_needed: float = math.inf
    most_requests: float = math.inf

    @property
    def needs_tables(self) -> bool:
        """Whether its files are made by pyarrow, pandas or zarr."""
        return self.case.workload.startswith(("parquet", "csv", "zarr"))

    def scaled(self, scale: float) -> DataCase:
        case = self.case
        count = max(1, round(case.count * scale)) if case.count == FILES else case.count
        scaled_case = Case(case.title, case.workload, count, round(case.size * scale))
        return DataCase(scaled_case, self.goals, self.needed * scale, self.most_of_needed, self.most_requests)


def _goals(wall: float | None = None, **others: float) -> dict[Figure, float]:
    goals: dict[str, float | None] = {"wall": wall, "above": MEMORY_GOAL, "peak": MEMORY_GOAL, **others}
    return {figure: goals[figure] for figure in FIGURES if goals.get(figure) is not None}  # type: ignore[misc]


def _case(title: str, workload: str, count: int = 1) -> Case:
    return Case(title, workload, count, SIZE)


CASES: Final = (
    DataCase(
        _case("Parquet of 105 MB, one column of ten", "parquet_column"),
        _goals(0.25),
        SIZE / COLUMNS,
        most_of_needed=1.06,
    ),
    DataCase(_case("Parquet of 105 MB, all columns", "parquet_all"), _goals(0.8)),
    DataCase(_case("CSV of 31 MB, five lines", "csv_head"), _goals(received=0.02)),
    DataCase(_case("ZIP of 84 MB, 20 members in its order", "zip_members", 20), _goals(0.8)),
    DataCase(_case("ZIP of 84 MB, 20 members at random", "zip_at_random", 20), _goals(0.8)),
    DataCase(_case("Zarr, 20 chunks in turn", "zarr_chunks", 20), _goals(0.6), most_requests=20),
    DataCase(_case("`put` of 1,000 files of 10 KiB", "put_small", FILES), _goals(0.5)),
    DataCase(_case("`get` of 1,000 files of 10 KiB", "get_small", FILES), _goals(0.5)),
)


@dataclass(frozen=True)
class Seen:
    """What was seen of one measurement from the other side: bytes are with headers, and ``service`` is in seconds."""

    requests: int
    received: int
    service: float


@dataclass
class Results:
    """What one filesystem took for one case, in each round."""

    taken: list[Seconds] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def median(self, figure: Figure) -> float:
        measured: Sequence[object] = self.seen if hasattr(self.seen[0], figure) else self.taken
        return float(statistics.median(getattr(one, figure) for one in measured))


@dataclass
class Row:
    """One case, and what both took."""

    case: DataCase
    ours: Results
    theirs: Results

    def ratio(self, figure: Figure) -> float:
        return self.ours.median(figure) / self.theirs.median(figure)

    def misses(self, figure: Figure) -> bool:
        """Whether a goal is missed that this figure has."""
        ours = self.ours.median(figure)
        return (
            self.ratio(figure) > self.case.goals.get(figure, math.inf)
            or (figure == "requests" and ours > self.case.most_requests)
            or (figure == "received" and ours > self.case.needed * self.case.most_of_needed)
        )

    @property
    def missed(self) -> list[str]:
        return [f"{figure} {self.ratio(figure):.2f}" for figure in FIGURES if self.misses(figure)]

    def as_json(self) -> dict[str, Any]:
        results = {OURS: self.ours, S3FS: self.theirs}
        return {
            "title": self.case.case.title,
            "missed": self.missed,
            "ratios": {figure: round(self.ratio(figure), 3) for figure in FIGURES},
            "results": {name: asdict(result) for name, result in results.items()},
        }


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table in Markdown."""
    yield f"| {OURS} / {S3FS} | " + " | ".join(f"{title} | ratio" for title in TITLES) + " |"
    yield "|---|" + "--:|" * 2 * len(TITLES)
    for row in rows:
        yield f"| {' | '.join(_cells(row))} |"


def _cells(row: Row) -> Iterator[str]:
    yield row.case.case.title
    for figure in FIGURES:
        yield " / ".join(_shown(results.median(figure), figure) for results in (row.ours, row.theirs))
        mark = "**" if row.misses(figure) else ""
        yield f"{mark}{row.ratio(figure):.2f}{mark}"


def _shown(value: float, figure: Figure) -> str:
    if figure == "requests":
        return f"{value:,.0f}"
    return f"{1000 * value:,.0f}" if figure in {"wall", "cpu", "service"} else f"{value / 1e6:,.1f}"


# --- services and lines ---


SIMULATOR: Final = (
    *(sys.executable, "-m", "b2sdk.simulator"),
    *("--key-id", CREDENTIALS[0], "--key", CREDENTIALS[1], "--port"),
)
"""A command to which the port is added."""


class Lines:
    """The lines to some services, in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.urls: list[str] = [f"http://127.0.0.1:{port}" for port in self._read()]

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def tally(self) -> list[list[tuple[float, int, int]]]:
        """Return the requests through each since this was called last; see ``counted_line.py``."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        passed: list[list[tuple[float, int, int]]] = self._read()
        return passed


@dataclass(frozen=True)
class Service:
    """A service that is running."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Return the CPU seconds that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def service(command: Sequence[str]) -> Iterator[Service]:
    """Run a service at a free port, which is added to its command."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    with subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield Service(process.pid, port)
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def lines(ports: Sequence[int]) -> Iterator[Lines]:
    """Provide lines to these ports."""
    command = [sys.executable, LINES, str(DELAY), *map(str, ports)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Lines(process)
        finally:
            process.terminate()


# --- measuring ---


@dataclass(frozen=True)
class Side:
    """A filesystem, and the command of its service."""

    subject: PythonSubject
    service: tuple[str, ...]


def install(home: Path) -> list[Side]:
    """Make the environments in ``home``, or use existing ones; this package is installed again each time."""
    ours, s3fs, moto = (environment_in(home / name) for name in ("ours", "s3fs", "moto"))
    pip(ours, "--force-reinstall", "--no-deps", str(ROOT))
    pip(ours, f"{ROOT}[fsspec]", *TOOLS)
    pip(s3fs, S3FS.replace(" ", "=="), *TOOLS)
    pip(moto, "moto[server]")
    return [
        Side(PythonSubject(OURS, str(ours / "python"), (SCRIPT, "b2")), SIMULATOR),
        Side(
            PythonSubject(S3FS, str(s3fs / "python"), (SCRIPT, "s3")),
            (str(moto / "moto_server"), "--host", "127.0.0.1", "--port"),
        ),
    ]


@dataclass(frozen=True)
class Stand:
    """Where it is measured."""

    services: list[Service]
    lines: Lines
    directory: Path


def compare(case: DataCase, sides: Sequence[Side], place: Stand, rounds: int) -> Row:
    """Run one case, in turns."""
    results = [Results() for _ in sides]
    for _ in range(rounds):
        for side, result, at, url in zip(sides, results, place.services, place.lines.urls, strict=True):
            shutil.rmtree(place.directory / "fetched", ignore_errors=True)
            place.lines.tally()
            before = at.cpu()
            taken = side.subject.measure(case.case, Place(url, certifi.where(), place.directory))
            assert taken is not None  # every side does every workload
            passed = [one for line in place.lines.tally() for one in line if one[0] >= taken.work.began]
            result.taken.append(taken.work)
            result.seen.append(Seen(len(passed), sum(received for _, _, received in passed), at.cpu() - before))
    ours, theirs = results
    return Row(case, ours, theirs)


def prepare(cases: Sequence[DataCase], sides: Sequence[Side], place: Stand) -> None:
    """Make the files, and upload them past the lines."""
    size, count = cases[0].case.size, max(case.case.count for case in cases)
    first, *_ = sides
    makers = ["make", *(["make_tables"] if any(case.needs_tables for case in cases) else [])]
    steps = [(first, place.services[0], maker) for maker in makers]
    steps += [(side, at, "furnish") for side, at in zip(sides, place.services, strict=True)]
    for side, at, workload in steps:
        url = f"http://127.0.0.1:{at.port}"
        side.subject.measure(Case(workload, workload, count, size), Place(url, certifi.where(), place.directory))


def main(argv: Sequence[str] | None = None, sides: Sequence[Side] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="how much of the work to do")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[case.case.workload for case in CASES])
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir(), "b2sdk-benchmarks-of-data"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    arguments = parser.parse_args(argv)
    sides, rows = sides or install(arguments.home), []
    chosen = [case for case in CASES if not arguments.only or case.case.workload in arguments.only]
    cases = [case.scaled(arguments.scale) for case in chosen]
    temporary = partial(tempfile.TemporaryDirectory, prefix="b2-benchmark-")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(temporary(dir=MEMORY if MEMORY.is_dir() else None)))
        services = [stack.enter_context(service(side.service)) for side in sides]
        between = stack.enter_context(lines([at.port for at in services]))
        place = Stand(services, between, directory)
        prepare(cases, sides, place)
        for case in cases:
            rows.append(compare(case, sides, place, arguments.rounds))
            print(f"{case.case.title}: {'; '.join(rows[-1].missed) or 'reached'}", file=sys.stderr, flush=True)
    print("\n".join(table(rows)))
    if arguments.json:
        report = {"machine": machine(), "rounds": arguments.rounds, "rows": [row.as_json() for row in rows]}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
