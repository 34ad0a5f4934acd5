"""How many small calls a second the simulator handles on one core.

    python benchmarks/load.py [--count N]

The simulator runs in a process of its own, on one core; what is printed is how many calls it handles in a second of CPU
time, by kind, so that the speed of the client does not matter. Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from b2sdk.simulator.server.server import DEFAULT_KEY, DEFAULT_KEY_ID

CONTENT = b"x" * 1000
DIGEST = hashlib.sha1(CONTENT).hexdigest()


class Caller:
    """A client that costs little: one connection, and headers that do not change."""

    def __init__(self, origin: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(origin).netloc)
        answer = self.ask("GET", "/b2api/v4/b2_authorize_account", auth=(DEFAULT_KEY_ID, DEFAULT_KEY))
        self.account_id, self.token = answer["accountId"], answer["authorizationToken"]
        bucket = self.call(
            "b2_create_bucket", accountId=self.account_id, bucketName="load-bucket", bucketType="allPrivate"
        )
        self.bucket_id = bucket["bucketId"]
        upload = self.call("b2_get_upload_url", bucketId=self.bucket_id)
        self._upload_path = urlsplit(upload["uploadUrl"]).path
        self._upload_headers = {
            "Authorization": upload["authorizationToken"],
            "Content-Type": "text/plain",
            "X-Bz-Content-Sha1": DIGEST,
            "X-Bz-File-Name": "file",
        }

    def close(self) -> None:
        self._connection.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Any:
        headers = dict(headers or {})
        if auth:
            headers["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        return json.loads(answer) if "json" in (response.getheader("Content-Type") or "") else answer

    def call(self, name: str, **fields: Any) -> Any:
        return self.ask("POST", f"/b2api/v4/{name}", json.dumps(fields).encode(), {"Authorization": self.token})

    def upload(self) -> Any:
        return self.ask("POST", self._upload_path, CONTENT, self._upload_headers)

    def download(self) -> None:
        self.ask("GET", "/file/load-bucket/file", headers={"Authorization": self.token})


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def simulator() -> Iterator[tuple[str, int]]:
    """Run one on one core; give its origin and its process."""
    command = [sys.executable, "-m", "b2sdk.simulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.terminate()


def measure(count: int) -> dict[str, float]:
    """Return how many calls are handled in a CPU second, by kind."""
    with ExitStack() as stack:
        origin, pid = stack.enter_context(simulator())
        caller = stack.enter_context(closing(Caller(origin)))
        file_id = caller.upload()["fileId"]
        kinds: dict[str, Callable[[], Any]] = {
            "b2_get_file_info": lambda: caller.call("b2_get_file_info", fileId=file_id),
            "b2_list_file_names": lambda: caller.call("b2_list_file_names", bucketId=caller.bucket_id, maxFileCount=1),
            "upload of 1,000 bytes": caller.upload,
            "download of 1,000 bytes": caller.download,
        }
        rates = {}
        for name, call in kinds.items():
            start = cpu_of(pid)
            for _ in range(count):
                call()
            rates[name] = count / (cpu_of(pid) - start)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=5000, help="calls of each kind")
    for name, rate in measure(parser.parse_args().count).items():
        print(f"{name:<26}{rate:8.0f} calls in a CPU second")


if __name__ == "__main__":
    main()
