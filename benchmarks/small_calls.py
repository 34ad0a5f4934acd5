"""CPU time of small uploads, downloads and listings, against a service in another process.

    python benchmarks/small_calls.py [--count N] [--rounds N] [--against PYTHON]

With ``--against`` the same work is done by the b2sdk of another interpreter, in turn with this one, and the ratio of
the medians is printed: below 1 means that this one needs less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

from b2sdk.simulator import SimulatorServer

# Run by either interpreter, so it uses nothing but the public surface that both have.
WORK = """
import io, json, sys, time
from b2sdk.v2 import B2Api, InMemoryAccountInfo

url, key_id, key, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
api = B2Api(InMemoryAccountInfo())
api.authorize_account(url, key_id, key)
bucket = api.create_bucket(f"bench-{time.time_ns()}", "allPrivate")

def upload():
    for number in range(count):
        bucket.upload_bytes(b"x" * 1000, f"file-{number}")

def download():
    for number in range(count):
        bucket.download_file_by_name(f"file-{number}").save(io.BytesIO())

def listing():
    for _ in range(count // 10):
        for _ in bucket.ls(recursive=True):
            pass

seconds = {}
for work in (upload, download, listing):
    start = time.process_time()
    work()
    seconds[work.__name__] = time.process_time() - start
print(json.dumps(seconds))
"""


def measure(python: str, service: SimulatorServer, count: int) -> dict[str, float]:
    command = [python, "-c", WORK, service.url, service.key_id, service.key, str(count)]
    seconds: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=200, help="files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with another b2sdk")
    arguments = parser.parse_args()
    pythons = [sys.executable, *filter(None, [arguments.against])]
    runs: dict[str, list[dict[str, float]]] = {python: [] for python in pythons}
    with SimulatorServer() as service:
        for _ in range(arguments.rounds):
            for python in pythons:
                runs[python].append(measure(python, service, arguments.count))
    for work in runs[sys.executable][0]:
        medians = [statistics.median(run[work] for run in runs[python]) for python in pythons]
        ratio = f"   ratio {medians[0] / medians[1]:.2f}" if arguments.against else ""
        print(f"{work:<10}" + "".join(f"{1000 * median:>10.1f} ms" for median in medians) + ratio)


if __name__ == "__main__":
    main()
