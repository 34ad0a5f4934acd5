"""What is run on this project, each in an environment of its own: ``nox -l`` lists it."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_venv = "yes"
# A Python that is not installed is skipped, on CI machines too.
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
OWN_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
if OWN_PYTHON not in PYTHONS:  # all of them may be missing, and tests that were not run must not count as passed
    PYTHONS.append(OWN_PYTHON)
PROOFS = ["benchmarks", "faults", "soak"]
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str, extras: str = "full,redis,simulator,sql,testing") -> None:
    """Install the project in place, with groups of development dependencies."""
    requirements = [name for group in groups for name in nox.project.dependency_groups(PROJECT, group)]
    session.install("-e", f".[{extras}]", *requirements)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the test suite on every Python that is here; arguments go to pytest.

    What shows that the same code does the same under every fault is run on one Python only, that of nox.
    """
    install(session, "test")
    left_out = [] if session.python == OWN_PYTHON else [f"--ignore=tests/{room}" for room in PROOFS]
    session.run("pytest", "-n", "auto", *left_out, *session.posargs)


@nox.session
def reference(session: nox.Session) -> None:
    """Run the tests that need b2sdk 2.13, which is installed into an environment of its own beside this one."""
    install(session, "test")
    home = Path(session.create_tmp(), "b2sdk-2.13").resolve()
    session.run("python", "-m", "venv", str(home))
    python = str(home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    session.run(python, "-m", "pip", "install", "--quiet", "b2sdk==2.13.1", external=True)
    tests = sorted(str(path) for path in Path("tests").rglob("test_reference_*.py"))
    session.run("pytest", "-n", "auto", *tests, *session.posargs, env={"B2SDK_REFERENCE_PYTHON": python})


@nox.session
@nox.parametrize("version", [4, 5])
def cli(session: nox.Session, version: int) -> None:
    """Let the `b2` command line, which others wrote, do a day's work on top of this package."""
    install(session, "test", "cli")
    # Its own requirements would bring the b2sdk that this package stands in for.
    session.install("--no-deps", f"b2=={version}.*")
    session.run("pytest", "-n", "auto", "tests/cli", *session.posargs, env={"B2SDK_CLI": f"{session.bin}/b2"})


@nox.session
def soak(session: nox.Session) -> None:
    """Mix all operations under random faults for two minutes; ``--seconds`` and ``--seed`` choose others."""
    install(session, "test")
    session.run("python", "-m", "tests.soak", *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def long(session: nox.Session) -> None:
    """Run what is random in the tests with a hundred times as many examples; arguments go to pytest."""
    install(session, "test")
    session.run("pytest", "-n", "auto", *session.posargs, env={"B2SDK_LONG_TESTS": "1"})


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
    session.run("pyright", "tests/typing")
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
