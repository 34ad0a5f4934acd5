"""CPU time and peak memory of scanning folders: a local tree, and a bucket whose listing is made up page by page.

    python benchmarks/scan.py [--files N] [--listed N] [--against PYTHON]

Each scan has a process of its own. Memory is how far its peak lies above what it was before the scan; the made-up
pages are part of it, and what it takes to make them is taken off the CPU time. With ``--against`` the same is done by
the b2sdk of another interpreter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FILES_IN_A_DIRECTORY = 100

# Run by either interpreter, so it uses nothing but the public surface that both have.
WORK = """
import json, resource, sys, time
from b2sdk.v2 import B2Api, B2Folder, B2HttpApiConfig, InMemoryAccountInfo, LocalFolder, RawSimulator

kind, where, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
ENTRY = {
    "accountId": "account", "action": "upload", "bucketId": "bucket", "contentLength": 1000, "size": 1000,
    "contentMd5": None, "contentSha1": "0" * 40, "contentType": "text/plain",
    "fileRetention": {"isClientAuthorizedToRead": True, "value": {"mode": None, "retainUntilTimestamp": None}},
    "legalHold": {"isClientAuthorizedToRead": True, "value": None},
    "replicationStatus": None,
    "serverSideEncryption": {"algorithm": "AES256", "mode": "SSE-B2"},
    "uploadTimestamp": 1500000000000,
}

def page_from(start, size):
    end = min(start + size, count)
    files = [
        dict(ENTRY, fileName=f"directory-{n // 100:06}/file-{n:08}.txt", fileId=f"4_z{n:080}_f",
             fileInfo={"src_last_modified_millis": str(1400000000000 + n)})
        for n in range(start, end)
    ]
    more = end < count
    return {"files": files, "nextFileName": str(end) if more else None, "nextFileId": "id" if more else None}

class Listing(RawSimulator):
    def list_file_versions(self, api_url, account_auth_token, bucket_id, start_file_name=None, start_file_id=None,
                           max_file_count=None, prefix=None):
        return page_from(int(start_file_name or 0), max_file_count or 100)

def bucket():
    raw_api = Listing()
    api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=lambda _http: raw_api))
    api.authorize_account("production", *raw_api.create_account())
    api.create_bucket("bucket", "allPrivate")
    return B2Folder("bucket", "", api)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

folder = LocalFolder(where) if kind == "local" else bucket()
before, start = peak(), time.process_time()
found = sum(1 for _path in folder.all_files(None))
seconds, megabytes = time.process_time() - start, (peak() - before) / 1e6
assert found == count, (found, count)
if kind == "bucket":
    start = time.process_time()
    for first in range(0, count, 10000):
        page_from(first, 10000)
    seconds -= time.process_time() - start
print(json.dumps([megabytes, seconds]))
"""


def make_tree(root: Path, count: int) -> None:
    for first in range(0, count, FILES_IN_A_DIRECTORY):
        directory = root / f"directory-{first // FILES_IN_A_DIRECTORY:06}"
        directory.mkdir()
        for number in range(first, min(first + FILES_IN_A_DIRECTORY, count)):
            (directory / f"file-{number:08}.txt").touch()


def measure(python: str, kind: str, where: Path, count: int) -> tuple[float, float]:
    command = [python, "-c", WORK, kind, str(where), str(count)]
    megabytes, seconds = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return megabytes, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--files", type=int, default=100_000, help="in the local tree")
    parser.add_argument("--listed", type=int, default=1_000_000, help="in the bucket")
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with another b2sdk")
    arguments = parser.parse_args()
    pythons = [sys.executable, *([arguments.against] if arguments.against else [])]
    print(f"{'':20}{'above start':>14}{'CPU':>9}" + (f"{'other':>14}{'CPU':>9}" if arguments.against else ""))
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        make_tree(tree, arguments.files)
        for kind, count in (
            ("local", arguments.files),
            ("bucket", arguments.listed // 10),
            ("bucket", arguments.listed),
        ):
            figures = [measure(python, kind, tree, count) for python in pythons]
            numbers = "".join(f"{megabytes:11.1f} MB{seconds:7.2f} s" for megabytes, seconds in figures)
            print(f"{kind:8}{count:12}{numbers}", flush=True)


if __name__ == "__main__":
    main()
