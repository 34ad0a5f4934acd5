"""Peak memory and CPU time of large transfers, against a service in another process.

    python benchmarks/memory.py [--size BYTES] [--rounds N] [--against PYTHON]

Each transfer has a process of its own; what is printed is how far its peak lies above the memory before it, and its
CPU time, as medians. Linux only. With ``--against`` the same is done by the b2sdk of another interpreter. The content
is zeros, which the service keeps without memory; the file is sparse, and what is downloaded takes its size on the disk.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

KINDS = ("upload", "unbound", "download")

# Run by either interpreter, so it uses nothing but the public surface that both have.
WORK = """
import io, json, sys, time
from b2sdk.v2 import B2Api, InMemoryAccountInfo

url, key_id, key, kind, path = sys.argv[1:]
api = B2Api(InMemoryAccountInfo(), max_upload_workers=10)
api.authorize_account(url, key_id, key)
bucket = api.get_bucket_by_name("benchmark")

def peak():
    # Not ru_maxrss, which begins with what the parent had.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

def upload():
    bucket.upload_local_file(path, "large")

def unbound():
    with open(path, "rb") as source:
        bucket.upload_unbound_stream(source, "large")

def download():
    bucket.download_file_by_name("large").save_to(path + ".copy")

bucket.upload_bytes(b"warm", "small")
bucket.download_file_by_name("small").save(io.BytesIO())
before, start = peak(), time.process_time()
{"upload": upload, "unbound": unbound, "download": download}[kind]()
print(json.dumps([(peak() - before) / 1e6, time.process_time() - start]))
"""


def measure(python: str, service: SimulatorServer, kind: str, path: Path) -> tuple[float, float]:
    path.with_name(path.name + ".copy").unlink(missing_ok=True)
    command = [python, "-c", WORK, service.url, service.key_id, service.key, kind, str(path)]
    megabytes, seconds = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return megabytes, seconds


def medians(figures: list[tuple[float, float]]) -> str:
    megabytes, seconds = (statistics.median(column) for column in zip(*figures, strict=True))
    return f"{megabytes:11.1f} MB{seconds:7.2f} s"


def create_bucket(service: SimulatorServer) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, service.url)
        api.create_bucket("benchmark", "allPrivate")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--size", type=int, default=1_000_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with another b2sdk")
    arguments = parser.parse_args()
    pythons = [sys.executable, *([arguments.against] if arguments.against else [])]
    print(f"{'':10}{'above start':>14}{'CPU':>9}" + (f"{'other':>14}{'CPU':>9}" if arguments.against else ""))
    with tempfile.TemporaryDirectory() as directory, SimulatorServer() as service:
        path = Path(directory, "large")
        with path.open("wb") as file:
            file.truncate(arguments.size)
        create_bucket(service)
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass  # the first one to read it would pay for the pages
        for kind in KINDS:
            rounds = [[measure(python, service, kind, path) for python in pythons] for _ in range(arguments.rounds)]
            print(f"{kind:10}" + "".join(medians(list(figures)) for figures in zip(*rounds, strict=True)), flush=True)


if __name__ == "__main__":
    main()
