"""What is run on this project, each in an environment of its own: ``nox -l`` lists it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nox

nox.needs_version = ">=2025.10.14"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_venv = "yes"
# Where uv is installed (`nox[uv]`), environments are made in a second, not in half a minute.
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
# A Python that is not installed is skipped, on CI machines too.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
NEWEST_PYTHON = PYTHONS[-1]
OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
if OWN_PYTHON not in PYTHONS:  # all of them may be missing, and tests that were not run must not count as passed
    PYTHONS.append(OWN_PYTHON)
# What does the same on each Python, and takes its time: random and systematic trials, and the servers of others.
PROOFS = [
    "account_info/test_processes.py",
    "aio/test_cancellations.py",
    "aio/test_cancelled_verbs.py",
    "aio/test_shared_renewals.py",
    "benchmarks",
    "faults",
    "flows/test_behind_a_cdn.py",
    "flows/test_wrong_arguments.py",
    "hostile",
    "integrations/dask/test_cluster.py",
    "integrations/test_conformance.py",
    "integrations/test_fleet.py",
    "outages",
    "processes",
    "soak",
    "surface/test_private_paths.py",
    "transfer/test_making.py",
]
# What looks at the source, and not at what it does.
READERS = ["test_architecture.py", "test_docs.py", "test_imports.py", "test_prose.py"]
# What takes longest otherwise, and which Python runs it, or that of nox where that one is missing: what differs between
# Pythons is seldom right at both ends.
AT_BOTH_ENDS = [
    "aio",
    "bulk",
    "computer_backup",
    "links",
    "name_ranges",
    "partner",
    "raw_api",
    "replication",
    "scan",
    "stored_files",
    "stream",
    "sync",
    "transfer",
    "v1",
    "v2",
    "values",
    "webhooks",
]
AT_THE_OLDEST = ["examples", "flows", "hostile", "integrations", "simulator", "testing"]
# Some tests wait, for other processes or for what is not to come.
WORKERS = str((os.cpu_count() or 1) + 1)
NODE_CLIENTS = [
    "backblaze-b2@1.7.1",
    "b2-cloud-storage@1.0.5",
    "@tweedegolf/storage-abstraction@3.0.3",
    "@tweedegolf/sab-adapter-backblaze-b2@1.0.5",
]
PYTHON_CLIENTS = ["aiob2==0.9.1", "duplicity==3.2.1"]
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str, extras: str = "full,redis,simulator,sql,testing") -> None:
    """Install the project in place, with groups of development dependencies."""
    requirements = [name for group in groups for name in nox.project.dependency_groups(PROJECT, group)]
    session.install("-e", f".[{extras}]", *requirements)


def metapackage(session: nox.Session, python: str) -> str:
    """Let the copy that a Python has build the wheel that stands in for b2sdk, and return its path."""
    command = [python, "-m", "b2sdk.metapackage", str(Path(session.create_tmp()).resolve())]
    return str(session.run(*command, silent=True, external=True)).strip()


def is_installed(python: str) -> bool:
    """Whether there is an interpreter of a version, and not only the command of a version manager that has none."""
    program = shutil.which(f"python{python}")
    if program is None:
        return False
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603  # as nox


def files_without_proofs(rooms: Iterable[str]) -> list[str]:
    """Return the files of tests in some folders that are not in ``PROOFS``."""
    files = (path.relative_to("tests") for room in rooms for path in Path("tests", room).rglob("test_*.py"))
    return [path.as_posix() for path in files if not any(path.is_relative_to(proof) for proof in PROOFS)]


def paths_to_leave_out(python: str) -> list[str]:
    """Return what another Python runs, of those that are here."""
    left_out = [] if python == OWN_PYTHON else [*PROOFS, *READERS]
    oldest, newest = PYTHONS[0], NEWEST_PYTHON
    if python != oldest and (python != OWN_PYTHON or is_installed(oldest)):
        left_out += files_without_proofs(AT_THE_OLDEST)
    if python not in (oldest, newest) and (python != OWN_PYTHON or (is_installed(oldest) and is_installed(newest))):
        left_out += files_without_proofs(AT_BOTH_ENDS)
    return left_out


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the test suite on every Python that is here; arguments go to pytest.

    What shows that the same code does the same under every fault is run on one Python only, that of nox; what takes
    longest otherwise, on the oldest and the newest only, or on the oldest. With arguments, the Python of nox leaves
    nothing out.
    """
    install(session, "test")
    is_whole = bool(session.posargs) and session.python == OWN_PYTHON
    left_out = [] if is_whole else paths_to_leave_out(str(session.python))
    session.run("pytest", "-n", WORKERS, *(f"--ignore=tests/{path}" for path in left_out), *session.posargs)


def run_resolved(session: nox.Session, *resolution: str) -> None:
    """Run the test suite with the versions that a resolution of what is declared gives."""
    session.install("uv")
    versions = f"{session.create_tmp()}/versions.txt"
    extras = [f"--extra={extra}" for extra in ("full", "redis", "simulator", "sql", "testing")]
    # Wheels only: an old version that has none for this Python is one that nobody gets there.
    resolved = ["--group=test", *extras, "--only-binary=:all:", "--python", session.bin + "/python", *resolution]
    session.run("uv", "pip", "compile", "--quiet", "--upgrade", "pyproject.toml", *resolved, "--output-file", versions)
    session.run("uv", "pip", "install", "--quiet", "-r", versions)
    session.run("uv", "pip", "install", "--quiet", "--no-deps", "-e", ".")
    session.run("pytest", "-n", "auto", *[f"--ignore=tests/{proof}" for proof in PROOFS], *session.posargs)


@nox.session(python=["3.10", "3.13"])
def lowest(session: nox.Session) -> None:
    """Run the test suite with the lowest versions of what this project names itself."""
    run_resolved(session, "--resolution=lowest-direct")


@nox.session(python=[NEWEST_PYTHON])
def newest(session: nox.Session) -> None:
    """Run the test suite with the newest versions of everything, pre-releases too."""
    run_resolved(session, "--prerelease=allow")


@nox.session
def reference(session: nox.Session) -> None:
    """Run the tests that need b2sdk 2.13, which is installed into an environment of its own beside this one."""
    install(session, "test")
    home = Path(session.create_tmp(), "b2sdk-2.13").resolve()
    session.run("python", "-m", "venv", str(home))
    python = str(home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    # What else its `b2sdk.v2.testing` and the programs of tests/typing import.
    needed = ["pytest", "tenacity", "typing-extensions"]
    session.run(python, "-m", "pip", "install", "--quiet", "b2sdk==2.13.1", *needed, external=True)
    tests = sorted(str(path) for path in Path("tests").rglob("test_reference_*.py"))
    session.run("pytest", "-n", "auto", *tests, *session.posargs, env={"B2SDK_REFERENCE_PYTHON": python})


@nox.session
@nox.parametrize("version", [4, 5])
def cli(session: nox.Session, version: int) -> None:
    """Let the `b2` command line, which others wrote, do a day's work on top of this package."""
    install(session, "test")
    session.install(metapackage(session, "python"), f"b2[license]=={version}.*")
    session.run("pytest", "-n", "auto", "tests/cli", *session.posargs, env={"B2SDK_CLI": f"{session.bin}/b2"})


@nox.session
def recipes(session: nox.Session) -> None:
    """Switch from b2sdk, and back, with each of the tools that install packages, as docs/switching.md says."""
    install(session, "test")
    session.install("uv")
    home = Path(session.create_tmp()).resolve()
    places = {"UV_TOOL_DIR": f"{home}/tools", "UV_TOOL_BIN_DIR": f"{home}/bin"}
    # Without its lock, PDM takes a hishel with which it does not start.
    for tool in ("poetry", "pdm[locked]", "twine", "check-wheel-contents"):
        session.run("uv", "tool", "install", "--quiet", "--upgrade", tool, env=places)
    tools = os.pathsep.join([f"{home}/bin", session.bin])
    session.run("pytest", "-n", "auto", "tests/recipes", *session.posargs, env={"B2SDK_RECIPES": tools})


@nox.session
def servers(session: nox.Session) -> None:
    """Let uWSGI, gunicorn and Celery fork workers from a process that has a client."""
    install(session, "test", "servers")
    session.run("pytest", "-n", "auto", "tests/processes/test_servers.py", *session.posargs, env={"B2SDK_SERVERS": "1"})


@nox.session
def clients(session: nox.Session) -> None:
    """Let clients of others do their work on the local service: two in Go, three in Python, three for Node.js."""
    install(session, "test")
    home = Path(session.create_tmp()).resolve()
    for suite, packages in (("sid", ["restic", "rclone"]), ("bookworm", ["rclone"])):
        session.run(".ci/from-debian", suite, f"{home}/{suite}", *packages, external=True)
    session.run("npm", "install", "--silent", "--prefix", str(home), *NODE_CLIENTS, external=True)
    session.run("python", "-m", "venv", f"{home}/python")
    python = f"{home}/python/bin/python"
    session.run(python, "-m", "pip", "install", "--quiet", "--force-reinstall", ".", external=True)
    clients = [metapackage(session, python), *PYTHON_CLIENTS]
    session.run(python, "-m", "pip", "install", "--quiet", *clients, external=True)
    # It asks for b2sdk 1.0.2, in whose place this package is.
    session.run(python, "-m", "pip", "install", "--quiet", "--no-deps", "django-b2==0.7.0", external=True)
    session.run("pytest", "-n", "auto", "tests/clients", *session.posargs, env={"B2SDK_CLIENTS": str(home)})
    for suite in ("sid", "bookworm"):
        program = f"{home}/{suite}/bin/rclone"
        session.run("pytest", "-n", "auto", "tests/simulator/test_rclone.py", env={"B2SDK_RCLONE": program})


@nox.session
def data(session: nox.Session) -> None:
    """Let pandas, Arrow, DuckDB, dask, zarr, xarray, polars and others work on ``b2://``, in their newest versions."""
    install(session, "test", "data")
    # The workers of dask are started once.
    session.run("pytest", "-n", WORKERS, "--dist", "loadfile", "tests/data", *session.posargs, env={"B2SDK_DATA": "1"})


@nox.session
def browser(session: nox.Session) -> None:
    """Let pages in Chromium upload and download by links; the browser is Debian's, or that of ``B2SDK_CHROMIUM``."""
    chromium = os.environ.get("B2SDK_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        session.error("there is no chromium: apt-get install chromium, or name one in B2SDK_CHROMIUM")
    install(session, "test")
    session.install("playwright>=1.50")
    session.run("pytest", "tests/browser", *session.posargs, env={"B2SDK_CHROMIUM": chromium})


@nox.session
def soak(session: nox.Session) -> None:
    """Mix all operations under random faults for two minutes; ``--seconds`` and ``--seed`` choose others."""
    install(session, "test")
    session.run("python", "-m", "tests.soak", *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def long(session: nox.Session) -> None:
    """Run what is random in the tests with a hundred times as many examples; arguments go to pytest."""
    install(session, "test")
    session.run("pytest", "-n", "auto", "--timeout=0", *session.posargs, env={"B2SDK_LONG_TESTS": "1"})


@nox.session
def frozen(session: nox.Session) -> None:
    """Put a program that uses this package into one file with PyInstaller, and run that."""
    session.install("pyinstaller", ".[full]")
    home = session.create_tmp()
    places = ["--distpath", f"{home}/dist", "--workpath", f"{home}/work", "--specpath", home]
    session.run("pyinstaller", "--onefile", "--log-level", "ERROR", *places, "tests/frozen/program.py")
    session.run(str(Path(home, "dist", "program").resolve()), external=True)


@nox.session
def quickstart(session: nox.Session) -> None:
    """Upload, list, download and compare a directory (by default the project's own source) on a local service."""
    install(session)
    session.run("python", "examples/quickstart.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of everything, tests included; and that the public names leave nothing to be guessed."""
    install(session, "types")
    session.run("mypy")
    session.run("pytest", "tests/typing")
    # An editable installation is not found by what follows.
    session.install("--no-deps", "--force-reinstall", ".")
    try:
        session.run("pyright", "--verifytypes", "b2sdk", "--ignoreexternal")
    finally:
        session.install("--no-deps", "-e", ".")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build; warnings are errors."""
    install(session, "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build")
