"""What docs/switching.md says about installing, done with the tools themselves and with what is on PyPI."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.test_docs import ROOT, fences_of

from b2sdk.version import VERSION

TOOLS = os.environ.get("B2SDK_RECIPES")

pytestmark = pytest.mark.skipif(
    TOOLS is None, reason="B2SDK_RECIPES does not name a directory of tools: nox -s recipes"
)

PIPS = ["23.0.1", "26.3"]
REFERENCE = "b2sdk==2.13.1"
USERS = ["b2==4.7.1", "django-backblaze-b2==7.0.0"]
LOOK = """
import importlib.metadata, json, warnings
versions = {d.name.lower(): d.version for d in importlib.metadata.distributions()}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        from b2sdk.v3 import B2Api
        error = None
    except ImportError as e:
        error = str(e)
    import sys
    package = sys.modules.get("b2sdk")
print(json.dumps({
    "b2sdk": versions.get("b2sdk"),
    "b2sdk-ng": versions.get("b2sdk-ng"),
    "runs": getattr(package, "__distribution__", "another"),
    "warned": [str(w.message) for w in caught if w.category is RuntimeWarning],
    "error": error,
}))
"""


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command as on a machine that is set up for nothing, and return what it printed."""
    # A project of uv would be installed into the environment that nox names there: its own.
    foreign = ("PYTHON", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "B2_", "NOX")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**kept, "PATH": f"{TOOLS}{os.pathsep}{kept['PATH']}", **variables}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


class Seen(NamedTuple):
    """What a program finds: versions of distributions, whose package runs, and what went wrong."""

    b2sdk: str | None
    b2sdk_ng: str | None
    runs: str
    warned: list[str]
    error: str | None


class Environment(NamedTuple):
    """An environment, with the installer that is used in it: a version of pip, or uv."""

    home: Path
    installer: str

    @property
    def python(self) -> Path:
        return self.home / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def do(self, command: str, *arguments: str | Path, **variables: str) -> str:
        """Let the installer do something: ``install``, ``uninstall``, ``check``."""
        if self.installer == "uv":
            return run("uv", "pip", command, "--python", self.python, *arguments, cwd=self.home, **variables)
        given = [*(["--yes"] if command == "uninstall" else []), *arguments]
        return run(self.python, "-m", "pip", command, *given, cwd=self.home, **variables)

    def look(self) -> Seen:
        found: dict[str, Any] = json.loads(run(self.python, "-I", "-c", LOOK, cwd=self.home))
        return Seen(found["b2sdk"], found["b2sdk-ng"], found["runs"], found["warned"], found["error"])


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build this package, and return the wheel."""
    directory = tmp_path_factory.mktemp("built")
    run("uv", "build", "--wheel", "--quiet", "--out-dir", directory, ROOT, cwd=directory)
    (wheel,) = directory.glob("*.whl")
    return wheel


def made(tmp_path: Path, installer: str) -> Environment:
    environment = Environment(tmp_path, installer)
    run("uv", "venv", "--quiet", tmp_path / ".venv", cwd=tmp_path)
    if installer != "uv":
        run("uv", "pip", "install", "--quiet", "--python", environment.python, f"pip=={installer}", cwd=tmp_path)
    return environment


@pytest.fixture(params=[*PIPS, "uv"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Environment:
    return made(tmp_path, request.param)


def build(environment: Environment, *arguments: str) -> Path:
    """Let the copy that is installed build the wheel, into ``wheels``."""
    printed = run(environment.python, "-m", "b2sdk.metapackage", "wheels", *arguments, cwd=environment.home)
    return environment.home / printed.strip()


def whole(version: str = VERSION) -> Seen:
    return Seen(f"{version}+ng", VERSION, "b2sdk-ng", [], None)


def test_what_requires_b2sdk_leaves_it_away(environment: Environment, ours: Path) -> None:
    environment.do("install", ours)
    environment.do("install", build(environment))
    environment.do("install", *USERS)
    assert environment.look() == whole()
    environment.do("install", "--upgrade", *USERS)
    assert environment.look() == whole()
    environment.do("check")
    environment.do("uninstall", "b2sdk")
    assert environment.look() == Seen(None, VERSION, "b2sdk-ng", [], None)


def test_switching_and_going_back(environment: Environment, ours: Path) -> None:
    environment.do("install", REFERENCE, *USERS)
    environment.do("uninstall", "b2sdk")
    environment.do("install", ours)
    environment.do("install", build(environment))
    environment.do("check")
    assert environment.look() == whole()
    environment.do("uninstall", "b2sdk", "b2sdk-ng")
    environment.do("install", REFERENCE)
    environment.do("check")
    assert environment.look() == Seen("2.13.1", None, "another", [], None)


def test_of_two_for_an_exact_requirement_ours_is_taken(environment: Environment, ours: Path) -> None:
    environment.do("install", ours)
    build(environment, "--version", "2.10.1")
    # From PyPI, or from the folder.
    environment.do("install", "b2sdk==2.10.1", PIP_FIND_LINKS="wheels", UV_FIND_LINKS="wheels")
    environment.do("check")
    assert environment.look() == whole("2.10.1")


@contextlib.contextmanager
def index_of(directory: Path, wheels: Sequence[Path]) -> Iterator[str]:
    """Serve wheels as an index, which is a directory for each project, and yield its URL."""
    for wheel in wheels:
        project = directory / "simple" / wheel.name.split("-")[0].replace("_", "-")
        project.mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, project)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory=str(directory))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()


def test_a_private_index_has_it(environment: Environment, ours: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment.do("install", ours)
    wheels = [ours, build(environment), build(environment, "--version", "2.10.1")]
    environment.do("uninstall", "b2sdk-ng")
    with index_of(tmp_path_factory.mktemp("index"), wheels) as url:
        environment.do("install", "b2sdk==2.10.1", PIP_EXTRA_INDEX_URL=url, UV_INDEX=url)
        assert environment.look() == whole("2.10.1")
        environment.do("install", USERS[0], PIP_EXTRA_INDEX_URL=url, UV_INDEX=url)
        assert environment.look() == whole()
    environment.do("check")


def projects(section: str) -> list[str]:
    """Return the ``pyproject.toml`` files that the page has below a heading."""
    page = ROOT / "docs" / "switching.md"
    before, _, after = page.read_text("utf-8").partition(f"\n### {section}\n")
    begin = before.count("\n") + 1
    end = begin + re.split(r"^##", after, maxsplit=1, flags=re.MULTILINE)[0].count("\n")
    return [f.content for f in fences_of(page) if f.language == "toml" and begin < f.lines_before <= end]


def project(tmp_path: Path, ours: Path, text: str) -> Path:
    """Make a project of the page, with its wheels, and this package among them, as it is not on PyPI."""
    (tmp_path / "builder").mkdir()
    environment = made(tmp_path / "builder", "uv")
    environment.do("install", ours)
    home = tmp_path / "program"
    shutil.copytree(build(environment).parent, home / "wheels")
    shutil.copy(ours, home / "wheels")
    (home / "pyproject.toml").write_text(text)
    return home


def checked(home: Path) -> Seen:
    environment = Environment(home, "uv")
    assert f"(b2sdk version {VERSION})" in run(environment.python.parent / "b2", "version", cwd=home, HOME=str(home))
    environment.do("check")
    return environment.look()


def test_uv_in_a_project(tmp_path: Path, ours: Path) -> None:
    with_wheel, without = projects("uv")
    home = project(tmp_path, ours, with_wheel)
    run("uv", "sync", cwd=home)
    assert checked(home) == whole()
    run("uv", "sync", "--upgrade", cwd=home)
    assert checked(home) == whole()
    # Where that is not on PyPI.
    (home / "pyproject.toml").write_text(f'{without}\nfind-links = ["wheels"]\n')
    run("uv", "sync", "--upgrade", cwd=home)
    assert Environment(home, "uv").look() == Seen(None, VERSION, "b2sdk-ng", [], None)


def test_poetry_in_a_project(tmp_path: Path, ours: Path) -> None:
    (text,) = projects("Poetry")
    dependencies = "[tool.poetry.dependencies]\n"
    assert dependencies in text
    home = project(
        tmp_path, ours, text.replace(dependencies, f'{dependencies}b2sdk-ng = {{ path = "wheels/{ours.name}" }}\n')
    )
    poetry = functools.partial(run, "poetry", cwd=home, POETRY_VIRTUALENVS_IN_PROJECT="true")
    # Mirrors of PyPI often have its index, but not the other interface that Poetry asks by itself.
    poetry("source", "add", "--priority=primary", "index", "https://pypi.org/simple/")
    poetry("install", "--no-interaction")
    assert checked(home) == whole()
    poetry("update", "--no-interaction")
    assert checked(home) == whole()


def test_pdm_in_a_project(tmp_path: Path, ours: Path) -> None:
    (text,) = projects("PDM")
    home = project(tmp_path, ours, text)
    run("uv", "venv", "--quiet", home / ".venv", cwd=home)
    run("pdm", "use", "--quiet", "--first", home / ".venv", cwd=home)
    run("pdm", "install", cwd=home)
    assert checked(home) == whole()
    run("pdm", "update", cwd=home)
    assert checked(home) == whole()


def test_the_wheel_is_as_tools_want_it(tmp_path: Path, ours: Path) -> None:
    environment = made(tmp_path, "uv")
    environment.do("install", ours)
    wheel = build(environment)
    assert "PASSED" in run("twine", "check", "--strict", wheel, cwd=tmp_path)
    # That there is nothing in it is its purpose.
    run("check-wheel-contents", "--ignore", "W007,W008", wheel, cwd=tmp_path)


OVERWRITTEN = "b2sdk and b2sdk-ng are installed over each other"
MISSING = "files of b2sdk-ng are missing: uninstalling b2sdk has removed those that both have"
UNKNOWN = "cannot import name 'B2Api' from 'b2sdk.v3' (unknown location)"


@pytest.mark.parametrize("installer", [*PIPS, "uv"])
def test_b2sdk_over_ours(installer: str, tmp_path: Path, ours: Path) -> None:
    environment = made(tmp_path, installer)
    environment.do("install", ours)
    environment.do("install", REFERENCE)
    assert environment.look() == Seen("2.13.1", VERSION, "another", [], None)
    environment.do("check")
    test = tmp_path / "test_a.py"
    test.write_text("def test_that_asks_for_nothing():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # so that the one of this project does not count
    environment.do("install", "pytest")
    assert OVERWRITTEN in run(environment.python, "-m", "pytest", "-p", "no:cacheprovider", test, cwd=tmp_path)
    environment.do("uninstall", "b2sdk")
    assert re.match(MISSING, environment.look().error or "")
    remedy = ["--force-reinstall"] if installer != "uv" else ["--reinstall"]
    environment.do("install", *remedy, "--no-deps", ours)
    assert environment.look() == Seen(None, VERSION, "b2sdk-ng", [], None)


@pytest.mark.parametrize("installer", [*PIPS, "uv"])
def test_ours_over_b2sdk(installer: str, tmp_path: Path, ours: Path) -> None:
    environment = made(tmp_path, installer)
    environment.do("install", REFERENCE)
    environment.do("install", ours)
    found = environment.look()
    assert (found.runs, len(found.warned)) == ("b2sdk-ng", 1)
    assert found.warned[0].startswith(OVERWRITTEN)
    environment.do("check")
    environment.do("uninstall", "b2sdk-ng")
    assert environment.look() == Seen("2.13.1", None, "another", [], UNKNOWN)
    environment.do("uninstall", "b2sdk")
    environment.do("install", ours)
    assert environment.look() == Seen(None, VERSION, "b2sdk-ng", [], None)
