"""Where it is measured: the service in a process of its own, and a directory with what is sent and compared."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from cases import Case
from certifi import where
from made_up import SMALL_SHA1, SMALL_SIZE, made_up_millis, made_up_name
from sink import BLOCK
from subjects import Place
from typing_extensions import Self
from workloads import FILES_IN_A_DIRECTORY

SINK: Final = Path(__file__).resolve().with_name("sink.py")
MEMORY: Final = Path("/dev/shm")  # noqa: S108  # content in memory, so that no disk is measured
DELAY: Final = 0.05


@dataclass
class Tally:
    """What the service saw."""

    connections: int
    calls: dict[str, int] = field(default_factory=dict)
    listed: int = 0
    """Transactions of listings: one for each started thousand of the entries of a page."""


class Service:
    """The sink, as a context manager."""

    def __init__(self, directory: Path, delay: float = DELAY) -> None:
        self._command = [sys.executable, str(SINK), str(directory), str(delay)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.doors: dict[str, str] = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._process:
            self._process.terminate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _order(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def tally(self) -> Tally:
        """Return what was called since it was asked last."""
        return Tally(**self._order(tally=True))

    def forget(self, bucket: str) -> None:
        """Empty a bucket."""
        self._order(forget=bucket)

    def keep(self, bucket: str, name: str, size: int, sha1: str | None) -> None:
        """Put zeros into a bucket."""
        self._order(keep=[bucket, name, size, sha1])

    def make_up(self, bucket: str) -> None:
        """Make the pages of a bucket, so that no client pays for that."""
        self._order(make_up=bucket)


class Stand:
    """A service and a directory; what a run wrote is removed before the next."""

    def __init__(self, service: Service, directory: Path) -> None:
        self._service = service
        self._directory = directory
        # As long as what programs trust: reading it for each connection, as requests does, takes time.
        self._bundle = directory / "bundle.pem"
        self._bundle.write_bytes(Path(where()).read_bytes() + Path(service.doors["ca"]).read_bytes())
        self._digests: dict[int, str] = {}
        self._trees: dict[str, int] = {}

    @contextmanager
    def prepared(self, case: Case) -> Iterator[Place]:
        """Give a place in which a case can be run, as often as it is asked for, each time as it was at first."""
        self._furnish(case)
        place = Place(self._service.doors[case.door], str(self._bundle), self._directory)
        try:
            yield place
        finally:
            self._clean(case)

    def tally(self) -> Tally:
        return self._service.tally()

    def _furnish(self, case: Case) -> None:
        if case.made_up is not None:
            self._service.make_up(case.made_up)
        if case.workload in ("sync_nothing", "sync_nothing_in_ranges"):
            self._make_tree("tree", case.count)
        if case.workload in ("sync_up", "up_in_1_process", "up_in_2_processes"):
            self._make_tree("small", case.count)
        if case.workload in ("small_downloads", "threads_down"):
            for number in range(case.count):
                self._service.keep("work", f"file-{number:06}", SMALL_SIZE, SMALL_SHA1)
        if case.workload in ("upload_large", "upload_stream"):
            self._make_large(case.size)
        if case.workload == "download_large":
            self._service.keep("work", "verified", case.size, self._digest(case.size))
        if case.workload == "download_unverified":
            self._service.keep("work", "unverified", case.size, None)

    def _clean(self, case: Case) -> None:
        for bucket in ("work", "small"):
            self._service.forget(bucket)
        fetched = self._directory / "fetched"
        shutil.rmtree(fetched) if fetched.is_dir() else fetched.unlink(missing_ok=True)
        (self._directory / "account.sqlite").unlink(missing_ok=True)

    def _make_tree(self, name: str, count: int) -> None:
        if self._trees.get(name) == count:
            return
        self._trees[name], tree = count, self._directory / name
        shutil.rmtree(tree, ignore_errors=True)
        for number in range(count):
            path = f"{tree}/{made_up_name(number)}"
            if number % FILES_IN_A_DIRECTORY == 0:
                Path(path).parent.mkdir(parents=True)
            file = os.open(path, os.O_CREAT | os.O_WRONLY)
            os.truncate(file, SMALL_SIZE)  # zeros that take no memory
            os.utime(file, (made_up_millis(number) / 1000,) * 2)
            os.close(file)

    def _make_large(self, size: int) -> None:
        path = self._directory / "large"
        if path.exists() and path.stat().st_size == size:
            return
        with path.open("wb") as file:
            for start in range(0, size, len(BLOCK)):
                file.write(BLOCK[: size - start])

    def _digest(self, size: int) -> str:
        if size not in self._digests:
            digest = hashlib.sha1()
            for start in range(0, size, len(BLOCK)):
                digest.update(BLOCK[: size - start])
            self._digests[size] = digest.hexdigest()
        return self._digests[size]


@contextmanager
def stand() -> Iterator[Stand]:
    """Set one up, in memory if there is a file system for that, and remove it."""
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="b2-benchmark-", dir=where) as name, Service(Path(name)) as service:
        yield Stand(service, Path(name))
