"""A client in an event loop, on a service over HTTP. Tests here may be coroutines."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Protocol

import pytest
from tests.aio.loops import on_uvloop, watched
from tests.http import conftest

from b2sdk.aio.file_version import DownloadVersionFactory, FileVersionFactory
from b2sdk.aio.http import AsyncHttp
from b2sdk.aio.limits import Limits
from b2sdk.aio.session import AsyncSession
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.simulator import SimulatorServer

server = conftest.server


ON_EVERY_LOOP = ("test_http", "test_response", "test_session", "test_cancellations", "test_uploads", "test_downloads")
"""Files of tests that run on uvloop, too: those of what depends on the loop most."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in ON_EVERY_LOOP:
        metafunc.parametrize("loop", ["", "uvloop"], indirect=True)


@pytest.fixture(autouse=True)
def loop(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Watch all loops of the test, which may be run on those of uvloop, and yield what blocked there."""
    with watched() as blocked, on_uvloop() if getattr(request, "param", "") else nullcontext():
        yield blocked
    assert blocked == []


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits between attempts, which are recorded instead of waited."""
    recorded: list[float] = []

    async def record(_http: AsyncHttp, seconds: float) -> None:
        recorded.append(seconds)

    monkeypatch.setattr(AsyncHttp, "pause", record)
    return recorded


class Body(Protocol):
    """What is taken in blocks."""

    async def take(self, size: int, /) -> bytes: ...


@asynccontextmanager
async def http_client(limits: Limits | None = None, **choices: Any) -> AsyncIterator[AsyncHttp]:
    """Open a client that only sends, for a block."""
    http = AsyncHttp(B2HttpApiConfig(install_clock_skew_hook=False, **choices), limits or Limits())
    try:
        yield http
    finally:
        await http.close()


async def blocks_of(body: Body, size: int) -> list[bytes]:
    """Return the blocks that are taken of a body."""
    blocks = []
    while block := await body.take(size):
        blocks.append(block)
    return blocks


class Parts:
    """What the parts of a client get of it, and a bucket."""

    check_download_hash = True
    max_download_streams_per_file: int | None = None
    bucket_id: str

    def __init__(self, session: AsyncSession, api_config: B2HttpApiConfig) -> None:
        self.session = session
        self.api_config = api_config
        self.file_version_factory = FileVersionFactory(self)  # type: ignore[arg-type]  # it has what is used
        self.download_version_factory = DownloadVersionFactory(self)  # type: ignore[arg-type]  # as above


Connect = Callable[..., AbstractAsyncContextManager[Parts]]


@pytest.fixture
def connect(service: SimulatorServer) -> Connect:
    """Return what opens a client for a block, authorized and with a bucket."""

    @asynccontextmanager
    async def connect(*, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG, **choices: Any) -> AsyncIterator[Parts]:
        session = AsyncSession(api_config=api_config, **choices)
        try:
            await session.authorize_account(service.url, service.key_id, service.key)
            parts = Parts(session, api_config)
            account_id = await session.ask(session.account_info.get_account_id)
            bucket = await session.call(AbstractRawApi.create_bucket, account_id, "in-an-event-loop", "allPrivate")
            parts.bucket_id = bucket["bucketId"]
            yield parts
        finally:
            await session.close()
            close = getattr(session.account_info, "close", None)
            if close is not None:
                close()

    return connect
