"""CPU time, peak memory and number of calls of syncs, against a service in another process.

    python benchmarks/sync.py [--files N] [--unchanged N] [--workers N] [--against PYTHON]

Small files are planned, sent to a bucket and fetched from it; then a larger tree is compared with a bucket that has
all of it already, up and down. Each sync has a process of its own; memory is how far its peak lies above what it was
before. With ``--against`` the same is done by the b2sdk of another interpreter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

FILES_IN_A_DIRECTORY = 100

# Run by either interpreter, so it uses nothing but the public surface that both have.
WORK = """
import io, json, pathlib, re, resource, sys, time
from b2sdk.v3 import B2Api, InMemoryAccountInfo, SyncReport, Synchronizer, parse_folder

url, key_id, key, source, dest, workers, only_plan = sys.argv[1:]
api = B2Api(InMemoryAccountInfo())
api.authorize_account(key_id, key, realm=url)
folders = parse_folder(source, api), parse_folder(dest, api)
report = SyncReport(io.StringIO(), no_progress=True)
synchronizer = Synchronizer(int(workers))

def peak():
    # What getrusage tells begins with the size of the process that started this one.
    status = pathlib.Path("/proc/self/status")
    found = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.exists() else None
    return 1024 * (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

before, start, wall = peak(), time.process_time(), time.perf_counter()
if only_plan == "plan":
    for action in synchronizer._make_folder_sync_actions(*folders, round(time.time() * 1000), report):
        pass
else:
    synchronizer.sync_folders(*folders, round(time.time() * 1000), report)
print(json.dumps([time.process_time() - start, time.perf_counter() - wall, (peak() - before) / 1e6]))
"""


class Figures(NamedTuple):
    """What one sync took: seconds, megabytes, calls."""

    cpu: float
    elapsed: float
    megabytes: float
    calls: int

    def __str__(self) -> str:
        return f"{self.cpu:9.2f} s{self.elapsed:9.2f} s{self.megabytes:8.1f} MB{self.calls:8}"


class Bench:
    """A service, a directory, and the number of workers that the syncs have."""

    def __init__(self, service: SimulatorServer, root: Path, workers: int) -> None:
        self._service = service
        self._root = root
        self._workers = workers

    def tree(self, name: str, count: int) -> Path:
        """Make a tree of so many small files."""
        root = self._root / name
        for number in range(count):
            if number % FILES_IN_A_DIRECTORY == 0:
                directory = root / f"directory-{number // FILES_IN_A_DIRECTORY:06}"
                directory.mkdir(parents=True)
            (root / f"directory-{number // FILES_IN_A_DIRECTORY:06}" / f"file-{number:08}.txt").write_bytes(b"x" * 1000)
        return root

    def new_bucket(self, name: str) -> str:
        """Make a bucket; return it as a folder."""
        with B2Api(InMemoryAccountInfo()) as api:
            api.authorize_account(self._service.key_id, self._service.key, realm=self._service.url)
            api.create_bucket(name, "allPrivate")
        return f"b2://{name}"

    def sync(self, python: str, source: object, dest: object, *, only_plan: bool = False) -> Figures:
        """Sync, and return what it took."""
        self._service.journal.clear()
        kind = "plan" if only_plan else "sync"
        service = [self._service.url, self._service.key_id, self._service.key]
        command = [python, "-c", WORK, *service, str(source), str(dest), str(self._workers), kind]
        cpu, elapsed, megabytes = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        calls = [entry for entry in self._service.journal.entries if entry.endpoint != "b2_authorize_account"]
        return Figures(cpu, elapsed, megabytes, len(calls))


def show(kind: str, figures: list[Figures]) -> None:
    ratio = f"   CPU ratio {figures[0].cpu / figures[1].cpu:.2f}" if len(figures) > 1 else ""
    print(f"{kind:14}" + "".join(f"{one}" for one in figures) + ratio, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--files", type=int, default=1000, help="small files to plan, send and fetch")
    parser.add_argument("--unchanged", type=int, default=10_000, help="files that are the same on both sides")
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with another b2sdk")
    arguments = parser.parse_args()
    pythons = [sys.executable, *([arguments.against] if arguments.against else [])]
    heading = f"{'CPU':>11}{'elapsed':>11}{'memory':>11}{'calls':>8}"
    print(" " * 14 + heading * len(pythons))
    with tempfile.TemporaryDirectory() as directory, SimulatorServer() as service:
        bench = Bench(service, Path(directory), arguments.workers)
        small = bench.tree("small", arguments.files)
        empty = bench.new_bucket("bench-empty")
        show("plan", [bench.sync(python, small, empty, only_plan=True) for python in pythons])
        filled = [bench.new_bucket(f"bench-{number}") for number, _ in enumerate(pythons)]
        show("up", [bench.sync(python, small, bucket) for python, bucket in zip(pythons, filled, strict=True)])
        fetched = [Path(directory, f"fetched-{number}") for number, _ in enumerate(pythons)]
        both = list(zip(pythons, filled, fetched, strict=True))
        show("down", [bench.sync(python, bucket, target) for python, bucket, target in both])
        large, same = bench.tree("large", arguments.unchanged), bench.new_bucket("bench-same")
        bench.sync(sys.executable, large, same)
        show("nothing up", [bench.sync(python, large, same) for python in pythons])
        show("nothing down", [bench.sync(python, same, large) for python in pythons])


if __name__ == "__main__":
    main()
