"""What tests of several rooms share: a running service, and accounts on it, on both front ends and surfaces."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import hypothesis
import pytest
from tests.aio.loops import watched
from tests.aio.surface import asyncio_surface
from tests.hostile.leaks import Leaks

import b2sdk.v2
import b2sdk.v3
from b2sdk.simulator import Policy, SimulatorServer
from b2sdk.testing.children import Child

# Timing decides no test, and what a fixture gives is kept for all examples of one.
hypothesis.settings.register_profile(
    "b2sdk", deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
hypothesis.settings.register_profile("long", parent=hypothesis.settings.get_profile("b2sdk"), max_examples=10_000)
hypothesis.settings.load_profile("long" if os.environ.get("B2SDK_LONG_TESTS") else "b2sdk")

LEAKS = Leaks()
NOBODY = 65534
COUNT_WHAT_A_LOG_WOULD_PRINT = ("tests/test_tracing.py", "tests/sync/test_synchronizer.py")
"""Where tests notice that the log is read at DEBUG."""


@pytest.fixture(scope="session", autouse=True)
def _watched_for_secrets() -> Iterator[None]:
    with LEAKS.watching():
        yield


@pytest.fixture(autouse=True)
def _no_secret_is_told(request: pytest.FixtureRequest) -> Iterator[None]:
    LEAKS.take()
    LEAKS.are_logs_watched = not request.node.nodeid.startswith(COUNT_WHAT_A_LOG_WOULD_PRINT)
    LEAKS.are_names_secret = not getattr(request.node.obj, "is_hypothesis_test", False)
    yield
    assert LEAKS.take() == []


@contextmanager
def garbage_collected_after(allocations: int, garbage: Callable[[], object]) -> Iterator[None]:
    """Have Python collect what ``garbage`` makes and nobody holds when so many objects have been made inside."""
    thresholds = gc.get_threshold()
    gc.disable()
    gc.freeze()  # what the tests hold by now would be looked at in each collection
    try:
        garbage()
        gc.set_threshold(allocations)
        gc.enable()
        yield
    finally:
        gc.unfreeze()
        gc.enable()
        gc.set_threshold(*thresholds)


def fork_in_c() -> int:
    """Fork as uWSGI does: no hook of ``os.register_at_fork`` runs."""
    gc.collect()  # in the child, Python would let go of threads in garbage that it does not know to be gone, and crash
    _wait_until_other_threads_rest()
    pid: int = ctypes.PyDLL(None).fork()
    return pid


def _wait_until_other_threads_rest() -> None:
    """Wait until no other thread runs, or waits for the interpreter.

    Python would not know that the child has no such thread: asked to give way to it, it would wait for that for ever,
    or wake it instead of one that exists.
    """
    before: dict[str, list[str]] | None = None
    for _ in range(1_000):
        now = _other_threads()
        if now == before and all(state.strip()[0] == "S" for state, *_ in now.values()):
            return
        before = now
        time.sleep(0.01)
    pytest.fail(f"the other threads never rest: {before}")


def _other_threads() -> dict[str, list[str]]:
    """Return the state of each other thread, and how often it was woken and interrupted; nothing without /proc."""
    keys = ["State", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
    found = {}
    for thread in Path("/proc/self/task").glob("*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            status = dict(line.split(":", 1) for line in thread.joinpath("status").read_text().splitlines())
            found[thread.name] = [status[key] for key in keys]
    found.pop(str(threading.get_native_id()), None)
    return found


@pytest.fixture(params=["with hooks", "in C"])
def in_child(request: pytest.FixtureRequest) -> Callable[[Callable[[], Any]], Any]:
    """Run a function in a forked child, and return its result; a fork in C is one that runs none of Python's hooks."""
    return lambda function: Child(function, fork_in_c if request.param == "in C" else None).result()


TRANSPORTS = ("direct", "plain")


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How clients that the test makes send below requests: in the ways of this package, or as requests does it."""
    monkeypatch.setenv("B2SDK_PLAIN_TRANSPORT", "1" if request.param == "plain" else "")
    way: str = request.param
    return way


@pytest.fixture
def as_user(tmp_path: Path) -> Iterator[Path]:
    """A folder, and rights that count in it: root is nobody for the time of the test."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    folder = tmp_path / "of-nobody"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    for parent in list(tmp_path.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    os.seteuid(NOBODY)
    yield folder
    os.seteuid(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    LEAKS.look(report.capstdout + report.capstderr, "output")
    return report


@pytest.fixture(scope="session")
def _shared_service() -> Iterator[SimulatorServer]:
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def service(_shared_service: SimulatorServer) -> SimulatorServer:
    """Return a service over HTTP, empty at the beginning of the test."""
    _shared_service.reset()
    return _shared_service


class Clock:
    """What ``time.time`` says, until the test says otherwise."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


class FrontEnd(Protocol):
    """A way into a fresh cloud."""

    key_id: str
    key: str
    realm: str
    is_forgiving: bool
    """Whether it takes what the service refuses, as the simulator of b2sdk 2.13 did: programs test against that."""

    def connect(self, surface: ModuleType, **options: Any) -> Any:
        """Return an API object of the surface that is not authorized yet."""


@dataclass
class HttpFrontEnd:
    key_id: str
    key: str
    realm: str
    is_forgiving = False

    def connect(self, surface: ModuleType, **options: Any) -> Any:
        return surface.B2Api(surface.InMemoryAccountInfo(), **options)


class InProcessFrontEnd:
    realm = "http://api.example.com"

    def __init__(self, surface: ModuleType, *, is_forgiving: bool = True) -> None:
        self.is_forgiving = is_forgiving
        kind = surface.RawSimulator
        if not is_forgiving:
            kind = type("StrictSimulator", (kind,), {"POLICY": Policy()})
        self._simulator = kind()
        self.key_id, self.key = self._simulator.create_account()

    def connect(self, surface: ModuleType, **options: Any) -> Any:
        config = surface.B2HttpApiConfig(_raw_api_class=lambda _b2_http: self._simulator)
        return surface.B2Api(surface.InMemoryAccountInfo(), api_config=config, **options)


SURFACES = ("v2", "v3")
ASYNCIO = "asyncio"
"""The surface whose verbs are those of the asyncio client; flows/conftest.py says what runs on it."""


@contextmanager
def surface_of(name: str) -> Iterator[ModuleType]:
    """Yield the names of a surface. In an event loop nothing may block, and nothing be left running."""
    if name != ASYNCIO:
        yield b2sdk.v2 if name == "v2" else b2sdk.v3
        return
    with watched() as blocked, asyncio_surface() as of_aio:
        yield of_aio
    assert blocked == []


@pytest.fixture(params=SURFACES)
def surface(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    with surface_of(request.param) as surface:
        yield surface


STRICT_FRONT_ENDS = pytest.mark.parametrize("front_end", ["in process, strict", "over HTTP"], indirect=True)
"""For tests of what the service refuses, but not b2sdk's simulator."""


@pytest.fixture(params=["in process", "over HTTP"])
def front_end(request: pytest.FixtureRequest, surface: ModuleType) -> FrontEnd:
    if request.param.startswith("in process"):
        return InProcessFrontEnd(surface, is_forgiving=request.param == "in process")
    service: SimulatorServer = request.getfixturevalue("service")
    return HttpFrontEnd(service.key_id, service.key, service.url)


def authorize(api: Any, front_end: FrontEnd, key_id: str | None = None, key: str | None = None) -> None:
    """Authorize in the argument order of the surface that the API belongs to."""
    credentials = (key_id or front_end.key_id, key or front_end.key)
    if isinstance(api, b2sdk.v2.B2Api):
        api.authorize_account(front_end.realm, *credentials)
    else:
        api.authorize_account(*credentials, realm=front_end.realm)


@pytest.fixture
def exception(surface: ModuleType) -> ModuleType:
    """Return the surface's exception module."""
    return importlib.import_module(f"{surface.__name__}.exception")


def restricted_to(surface: ModuleType, bucket: Any) -> dict[str, Any]:
    """Return the arguments of ``create_key`` that restrict a key to the bucket."""
    return {"bucket_id": bucket.id_} if surface is b2sdk.v2 else {"bucket_ids": [bucket.id_]}


@pytest.fixture
def api(front_end: FrontEnd, surface: ModuleType) -> Iterator[Any]:
    """Yield an API object that is authorized with the master key."""
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        yield api


@pytest.fixture
def bucket(api: Any) -> Any:
    return api.create_bucket("test-bucket", "allPrivate")
