"""Tokens, upload URLs and renewal in an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.aio.conftest import Connect, Parts, blocks_of

from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.aio.session import AsyncSession
from b2sdk.exception import (
    B2Error,
    BucketIdNotFound,
    InvalidArgument,
    InvalidAuthToken,
    MissingAccountData,
    Unauthorized,
)
from b2sdk.http import HttpCallback
from b2sdk.integrations.sql import SqlAccountInfo
from b2sdk.integrations.sql_tables import create_account_tables
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session_state import BucketLease
from b2sdk.simulator import ApiFault, SimulatorServer


class Content:
    """A body of a few bytes."""

    async def blocks(self) -> AsyncIterator[bytes]:
        yield b"content"


SHA1_OF_CONTENT = "040f06fd774092478d450774f5ba30c5da78acc8"


async def upload(parts: Parts, name: str = "name") -> dict[str, Any]:
    lease, endpoint = BucketLease(parts.bucket_id), AbstractRawApi.upload_file
    sha1: Any = SHA1_OF_CONTENT
    body: Any = Content()
    return await parts.session.upload(lease, endpoint, name, 7, "text/plain", sha1, {}, body)


async def names(parts: Parts) -> list[str]:
    page = await parts.session.call(AbstractRawApi.list_file_names, parts.bucket_id, None, 100)
    return [file["fileName"] for file in page["files"]]


async def download(parts: Parts, name: str = "name") -> bytes:
    session = parts.session
    base = await session.ask(session.account_info.get_download_url)
    response = await session.download(session.raw_api.get_download_url_by_name(base, "in-an-event-loop", name))
    try:
        return b"".join(await blocks_of(response, 1000))
    finally:
        response.close()


def calls(service: SimulatorServer, endpoint: str) -> int:
    return [entry.endpoint for entry in service.journal.entries].count(endpoint)


class Watched(InMemoryAccountInfo):
    """What a program has derived of an account info, so that it may block: the threads that it is called in."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        super().__init__()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith(("get_", "take_", "put_", "set_")):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.threads.add(threading.current_thread().name)
            return found(*args, **kwargs)

        return call


def sql(url: str) -> SqlAccountInfo:
    create_account_tables(url)
    return SqlAccountInfo(url)


def expire_tokens(service: SimulatorServer) -> None:
    service.clock.advance(25 * 3600 * 1000)


def account_infos(folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "in memory": InMemoryAccountInfo,
        "sqlite": lambda: SqliteAccountInfo(str(folder / "account.db")),
        "sql": lambda: sql(f"sqlite:///{folder / 'shared.db'}"),
        "of the program": Watched,
    }


@pytest.mark.parametrize("kind", ["in memory", "sqlite", "sql", "of the program"])
def test_every_account_info_serves_calls_uploads_and_downloads(connect: Connect, tmp_path: Path, kind: str) -> None:
    info = account_infos(tmp_path)[kind]()

    async def run() -> None:
        async with connect(account_info=info) as parts:
            await asyncio.gather(*(upload(parts, f"{number:02}") for number in range(20)))
            assert await names(parts) == [f"{number:02}" for number in range(20)]
            assert await download(parts, "07") == b"content"
            url, token = await parts.session.ask(info.take_bucket_upload_url, parts.bucket_id)
            assert url
            assert token

    asyncio.run(run())


def test_an_account_info_that_may_block_is_called_in_threads_only(connect: Connect) -> None:
    info = Watched()

    async def run() -> None:
        async with connect(account_info=info) as parts:
            info.threads.clear()
            await upload(parts)
            await names(parts)
            await download(parts)

    asyncio.run(run())
    assert info.threads
    assert threading.main_thread().name not in info.threads


def test_what_is_in_memory_is_asked_without_a_thread(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_args: object) -> None:
        raise AssertionError("a thread")

    async def run() -> None:
        async with connect() as parts:
            monkeypatch.setattr(parts.session.threads, "call", refuse)
            await upload(parts)
            assert await names(parts) == ["name"]

    asyncio.run(run())


def test_an_upload_url_is_used_again(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            for number in range(5):
                await upload(parts, str(number))

    asyncio.run(run())
    assert calls(service, "b2_get_upload_url") == 1


def test_an_upload_url_that_failed_is_dropped(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            await upload(parts)
            service.faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable"))
            with pytest.raises(B2Error):
                await upload(parts)
            await upload(parts)

    asyncio.run(run())
    assert calls(service, "b2_get_upload_url") == 2


def test_an_old_upload_url_is_replaced_without_a_renewal(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            await upload(parts)
            service.faults.add(ApiFault(endpoint="b2_upload_file", status=401, code="expired_auth_token"))
            await upload(parts)

    asyncio.run(run())
    assert calls(service, "b2_authorize_account") == 1
    assert calls(service, "b2_get_upload_url") == 2


@pytest.mark.parametrize("kind", ["in memory", "sqlite", "sql"])
def test_one_task_renews_the_token_for_all(
    connect: Connect, service: SimulatorServer, tmp_path: Path, kind: str
) -> None:
    info = account_infos(tmp_path)[kind]()

    async def run() -> None:
        async with connect(account_info=info) as parts:
            expire_tokens(service)
            await asyncio.gather(*(names(parts) for _ in range(200)))

    asyncio.run(run())
    assert calls(service, "b2_authorize_account") == 2


class Renewal(HttpCallback):
    """Says when a token is being renewed."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        if "b2_authorize_account" in url:
            self.has_begun.set()


def test_a_cancelled_task_does_not_cancel_the_renewal_of_others(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            renewal = Renewal()
            parts.session.http.add_callback(renewal)
            expire_tokens(service)
            tasks = [asyncio.ensure_future(names(parts)) for _ in range(10)]
            await renewal.has_begun.wait()
            for task in tasks[:9]:
                task.cancel()
            assert await tasks[9] == []
            await asyncio.wait(tasks)
            assert [task.cancelled() for task in tasks] == [True] * 9 + [False]

    asyncio.run(run())


def test_a_key_that_does_not_work_any_more_is_reported(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            expire_tokens(service)
            service.faults.add(ApiFault(endpoint="b2_authorize_account", status=401, code="bad_auth_token", count=100))
            with pytest.raises(InvalidAuthToken):
                await names(parts)

    asyncio.run(run())


class Locked(InMemoryAccountInfo, SharedRenewal):
    """Renews behind a lock that belongs to the thread that has it, as some databases' do."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.renewals = 0
        self.is_waited_for = threading.Event()

    @contextmanager
    def renewing(self, rejected_token: str | None = None) -> Iterator[None]:
        self.is_waited_for.set()
        with self.lock:
            self.renewals += 1
            yield


def test_the_lock_of_a_shared_renewal_is_given_back_in_its_thread(connect: Connect, service: SimulatorServer) -> None:
    info = Locked()

    async def run() -> None:
        async with connect(account_info=info) as parts:
            for _ in range(2):
                expire_tokens(service)
                await names(parts)

    asyncio.run(run())
    assert info.renewals == 2
    assert info.lock.acquire(blocking=False)


def test_a_call_without_an_authorization_is_refused() -> None:
    async def run() -> None:
        session = AsyncSession()
        try:
            await session.call(AbstractRawApi.list_file_names, "bucket")
        finally:
            await session.close()

    with pytest.raises(MissingAccountData):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("realm", "key_id", "key", "error"),
    [
        ("nowhere", "id", "key", InvalidArgument),
        (5, "id", "key", TypeError),
    ],
)
def test_a_wrong_authorization_is_refused_before_anything_is_sent(
    realm: Any, key_id: str, key: str, error: type[Exception]
) -> None:
    async def run() -> None:
        session = AsyncSession()
        try:
            await session.authorize_account(realm, key_id, key)
        finally:
            await session.close()

    with pytest.raises(error):
        asyncio.run(run())


def test_a_wrong_key_is_told_from_a_key_that_may_not(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        session = AsyncSession()
        try:
            with pytest.raises(Unauthorized):
                await session.authorize_account(service.url, service.key_id, "wrong")
        finally:
            await session.close()
        async with connect() as parts:
            with pytest.raises(BucketIdNotFound):
                await parts.session.call(AbstractRawApi.list_file_names, "no-bucket")

    asyncio.run(run())


def test_arguments_are_checked_before_anything_is_sent(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            before = len(service.journal.entries)
            wrong: Any = 5
            with pytest.raises(TypeError, match="bucket_id must be str, not int"):
                await parts.session.call(AbstractRawApi.list_file_names, wrong)
            assert len(service.journal.entries) == before

    asyncio.run(run())


def test_a_client_belongs_to_one_loop(service: SimulatorServer) -> None:
    session = AsyncSession()

    async def authorize() -> None:
        await session.authorize_account(service.url, service.key_id, service.key)

    async def close() -> None:
        await session.close()

    first = asyncio.new_event_loop()
    try:
        first.run_until_complete(authorize())
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(authorize())
        first.run_until_complete(close())
        with pytest.raises(RuntimeError, match="closed"):
            first.run_until_complete(authorize())
    finally:
        first.close()
