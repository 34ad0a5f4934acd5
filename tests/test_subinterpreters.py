"""Isolated subinterpreters: they have no daemon threads, and end only when all threads have."""

from __future__ import annotations

import subprocess
import sys

import pytest

PATIENCE = 120
"""Seconds that only a test that fails waits."""

RUN = """
import os, sys
code = "import sys; sys.path[:] = %r\\n" % (sys.path,) + sys.argv[1]
try:
    import _interpreters
except ImportError:
    import _xxsubinterpreters
    interpreter = _xxsubinterpreters.create(isolated=True)
    _xxsubinterpreters.run_string(interpreter, code)
    _xxsubinterpreters.destroy(interpreter)
else:
    interpreter = _interpreters.create("isolated")
    failure = _interpreters.exec(interpreter, code)
    assert failure is None, failure.formatted
    _interpreters.destroy(interpreter)
print("ended", flush=True)
os._exit(0)  # Python 3.12.1 crashes at its end when a subinterpreter had `ssl`
"""

SERVICE = """
import warnings
warnings.simplefilter("ignore")
from b2sdk import threads
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.v3 import B2Api, InMemoryAccountInfo, UploadSourceBytes
from b2sdk.v3 import WriterThread
assert not threads.HAS_DAEMONS
service = SimulatorServer(policy=Policy(minimum_part_size=100, recommended_part_size=1000))
service.start()
api = B2Api(InMemoryAccountInfo())
api.authorize_account(service.key_id, service.key, realm=service.url)
bucket = api.create_bucket("the-bucket", "allPrivate")
"""

WORK = """
with bucket.open("written", "wb") as file:
    for _ in range(5):
        file.write(b"x" * 1000)
bucket.upload_bytes(b"x" * 5000, "large")
assert [version.file_name for version, _ in bucket.ls(recursive=True, fetch_count=1, prefetch=True)] == [
    "large",
    "written",
]
import io
target = io.BytesIO()
with WriterThread(target, 1) as writer:
    writer.queue_write(0, b"abc")
assert target.getvalue() == b"abc"
api.close()
service.stop()
print("worked", flush=True)
"""

ABANDONED = """
for name in "abc":
    bucket.upload_bytes(b"", name)
file = bucket.open("written", "wb")
for _ in range(5):
    file.write(b"x" * 1000)
listing = bucket.ls(recursive=True, fetch_count=1, prefetch=True)
next(listing)
WriterThread(None, 1).start()
print("left", flush=True)
"""


def has_isolated_interpreters() -> bool:
    probe = "import threading\ntry: threading.Thread(daemon=True)\nexcept RuntimeError: print('isolated', flush=True)"
    return sys.version_info >= (3, 12) and "isolated" in run(probe)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, code], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _isolated() -> None:
    if not has_isolated_interpreters():
        pytest.skip("this Python has no isolated subinterpreters")


def test_transfers_and_the_service_work_without_daemon_threads() -> None:
    assert run(SERVICE + WORK).split() == ["worked", "ended"]


def test_what_was_left_open_does_not_keep_the_interpreter_from_ending() -> None:
    assert run(SERVICE + ABANDONED).split() == ["left", "ended"]
