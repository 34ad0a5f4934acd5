"""An upload URL serves one upload at a time, whatever fails, with many threads and processes, over HTTP.

The simulator refuses a second upload with a URL that is in use, as the service does; that error is not retried, so it
would come out of here.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ASYNCIO, surface_of

import b2sdk.aio
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio.http import AsyncHttp
from b2sdk.http import HttpCallback, Retry
from b2sdk.http.client import B2Http
from b2sdk.session import B2Session
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import ApiFault, Entry, WireFault
from b2sdk.transfer.upload import UploadManager
from b2sdk.v3 import B2Api, ProgressListenerForTest, hex_sha1_of_bytes

THREADS = 64
PROCESSES = 4
UPLOADS = ("b2_upload_file", "b2_upload_part")
StaleUrls = Callable[[Callable[[], dict[str, Any]], Callable[[str, str], None]], None]


class ImpatientHttp(B2Http):
    TIMEOUT_FOR_UPLOAD = 0.5


class ImpatientSession(B2Session):
    B2HTTP_CLASS = ImpatientHttp


class ImpatientApi(B2Api):
    SESSION_CLASS = ImpatientSession


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


@contextmanager
def connected(surface: str) -> Iterator[Any]:
    if surface != ASYNCIO:
        with ImpatientApi(InMemoryAccountInfo(), max_upload_workers=THREADS) as api:
            yield api
        return
    with surface_of(ASYNCIO) as names, names.B2Api(InMemoryAccountInfo()) as api:
        yield api


@pytest.fixture(params=["v3", ASYNCIO])
def api(request: pytest.FixtureRequest, service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # Enough for a busy machine, which is late of itself.
    monkeypatch.setattr(UploadManager, "MAX_UPLOAD_ATTEMPTS", 50)
    monkeypatch.setattr(AsyncHttp, "TIMEOUT_FOR_UPLOAD", ImpatientHttp.TIMEOUT_FOR_UPLOAD)
    with connected(request.param) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        yield api


@pytest.fixture
def bucket(api: Any) -> Any:
    return api.create_bucket("bucket-of-leases", "allPrivate")


def fail_in_every_way(service: SimulatorServer) -> None:
    for endpoint in UPLOADS:
        for number in range(3):
            service.faults.add(
                WireFault(kind="reset-before-response", endpoint=endpoint, skip=5 + 20 * number, count=4)
            )
            service.faults.add(WireFault(kind="reset-mid-request", endpoint=endpoint, skip=9 + 20 * number, count=4))
            service.faults.add(ApiFault(endpoint=endpoint, status=503, code="busy", skip=13 + 20 * number, count=4))
        service.faults.add(WireFault(kind="stall", endpoint=endpoint, seconds=2, skip=15, count=4))
        service.faults.add(ApiFault(endpoint=endpoint, status=401, code="expired_auth_token", skip=30, count=4))


def upload_some(bucket: Any, worker: str) -> dict[str, str]:
    """Upload small files and one in parts; return the ids of the acknowledged ones with their SHA-1s."""
    acknowledged = {}
    for number, length in enumerate((7, 150, 450)):
        content = f"{worker} {number} ".encode() * length
        content = content[:length]
        version = bucket.upload_bytes(content, f"{worker}/{number}", file_info={"about": "leases"})
        acknowledged[version.id_] = hex_sha1_of_bytes(content)
    return acknowledged


def stored(bucket: Any) -> list[tuple[str, str]]:
    versions = (version for version, _ in bucket.ls(latest_only=False, recursive=True))
    return [(version.id_, version.get_content_sha1()) for version in versions]


def uploads(service: SimulatorServer) -> list[Entry]:
    return [entry for entry in service.journal.entries if entry.endpoint in UPLOADS]


def assert_no_url_was_shared_or_used_after_a_failure(service: SimulatorServer) -> None:
    entries = uploads(service)
    assert {entry.status for entry in entries if entry.fault is None} <= {200, None}
    failed: set[str | None] = set()
    for entry in entries:
        assert entry.upload_url_id not in failed, entry
        if entry.fault is not None:
            failed.add(entry.upload_url_id)


@pytest.fixture
def stale_urls(api: Any, service: SimulatorServer) -> StaleUrls:
    """Let upload URLs be older than they may be, while the token of the account is not."""

    def put(ask: Callable[[], dict[str, Any]], offer: Callable[[str, str], None]) -> None:
        for _ in range(40):
            answer = ask()
            offer(answer["uploadUrl"], answer["authorizationToken"])
        service.clock.advance(23 * 3600 * 1000)
        api.authorize_account(service.key_id, service.key, realm=service.url)
        service.clock.advance(2 * 3600 * 1000)

    return put


def assert_only_upload_urls_were_renewed(service: SimulatorServer, upload: str, mint: str) -> None:
    calls = Counter((entry.endpoint, entry.status) for entry in service.journal.entries)
    refused = calls[upload, 401]
    assert 1 <= refused <= 4  # a worker each: a new URL is taken before those that were there
    assert calls[mint, 200] == 40 + refused
    assert (calls[upload, 200], calls["b2_authorize_account", 200]) == (40, 2)


def test_upload_urls_that_are_too_old_leave_the_token_of_the_account_alone(
    api: Any, bucket: Any, service: SimulatorServer, stale_urls: StaleUrls
) -> None:
    session = api.session
    stale_urls(
        lambda: session.get_upload_url(bucket.id_), partial(session.account_info.put_bucket_upload_url, bucket.id_)
    )
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda number: bucket.upload_bytes(b"content", f"file {number}"), range(40)))
    assert_only_upload_urls_were_renewed(service, "b2_upload_file", "b2_get_upload_url")


def test_so_do_those_of_parts(api: Any, bucket: Any, service: SimulatorServer, stale_urls: StaleUrls) -> None:
    session = api.session
    file_id = session.start_large_file(bucket.id_, "file", "text/plain", {})["fileId"]
    stale_urls(
        lambda: session.get_upload_part_url(file_id), partial(session.account_info.put_large_file_upload_url, file_id)
    )
    content = b"x" * 200

    def send(number: int) -> None:
        session.upload_part(file_id, number, len(content), hex_sha1_of_bytes(content), io.BytesIO(content))

    with ThreadPoolExecutor(4) as callers:
        list(callers.map(send, range(1, 41)))
    assert_only_upload_urls_were_renewed(service, "b2_upload_part", "b2_get_upload_part_url")


def test_a_token_of_the_account_that_is_too_old_is_renewed_once_for_all_uploads(
    api: Any, bucket: Any, service: SimulatorServer, stale_urls: StaleUrls
) -> None:
    session = api.session
    stale_urls(
        lambda: session.get_upload_url(bucket.id_), partial(session.account_info.put_bucket_upload_url, bucket.id_)
    )
    service.clock.advance(24 * 3600 * 1000)
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda number: bucket.upload_bytes(b"content", f"file {number}"), range(40)))
    assert [entry.endpoint for entry in service.journal.entries].count("b2_authorize_account") == 3


def test_many_threads_never_share_an_upload_url(bucket: Any, service: SimulatorServer) -> None:
    fail_in_every_way(service)
    with ThreadPoolExecutor(THREADS) as callers:
        results = list(callers.map(lambda number: upload_some(bucket, f"thread {number}"), range(THREADS)))
    acknowledged = {id_: sha1 for result in results for id_, sha1 in result.items()}
    assert len(acknowledged) == 3 * THREADS
    everything = stored(bucket)
    assert len(dict(everything)) == len(everything)
    assert acknowledged.items() <= dict(everything).items()
    assert {"reset-before-response", "reset-mid-request", "stall"} <= {entry.fault for entry in uploads(service)}
    assert {200, 401, 503, None} == {entry.status for entry in uploads(service)}
    assert_no_url_was_shared_or_used_after_a_failure(service)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that threads are there at the fork is the point
def test_processes_forked_from_a_busy_one_never_share_an_upload_url(
    bucket: Any, service: SimulatorServer, tmp_path: Path
) -> None:
    upload_some(bucket, "parent before")
    fail_in_every_way(service)

    def work(name: str) -> None:
        with ThreadPoolExecutor(4) as callers:
            results = list(callers.map(lambda number: upload_some(bucket, f"{name} {number}"), range(4)))
        merged = {id_: sha1 for result in results for id_, sha1 in result.items()}
        (tmp_path / name).write_text(json.dumps(merged))

    context: Any = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(f"child-{number}",)) for number in range(PROCESSES)]
    for child in children:
        child.start()
    work("parent")
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * PROCESSES
    acknowledged = [item for path in tmp_path.iterdir() for item in json.loads(path.read_text()).items()]
    assert len(dict(acknowledged)) == len(acknowledged) == 3 * 4 * (PROCESSES + 1)
    assert set(acknowledged) <= set(stored(bucket))
    assert_no_url_was_shared_or_used_after_a_failure(service)


@pytest.mark.parametrize(
    "fault",
    [
        WireFault(kind="reset-before-response", endpoint="b2_upload_file"),
        WireFault(kind="reset-mid-request", endpoint="b2_upload_file", after_bytes=1),
        WireFault(kind="stall", endpoint="b2_upload_file", seconds=2),
        ApiFault(endpoint="b2_upload_file", status=503, code="busy"),
        ApiFault(endpoint="b2_upload_file", status=408, code="request_timeout"),
        ApiFault(endpoint="b2_upload_file", status=401, code="bad_auth_token"),
    ],
    ids=lambda fault: getattr(fault, "kind", None) or fault.code,
)
def test_after_a_lost_response_the_file_is_sent_again_with_a_new_url(
    bucket: Any, service: SimulatorServer, fault: Any
) -> None:
    bucket.upload_bytes(b"before", "file")
    service.faults.add(WireFault(**vars(fault)) if isinstance(fault, WireFault) else ApiFault(**vars(fault)))
    for number in range(3):
        bucket.upload_bytes(b"after %d" % number, "file")
    urls = [entry.upload_url_id for entry in uploads(service)]
    assert urls == ["lease-1"] * 2 + ["lease-2"] * 3


@pytest.mark.parametrize("length", [100, 450], ids=["one request", "parts"])
def test_a_service_that_asks_for_patience_gets_it(bucket: Any, service: SimulatorServer, length: int) -> None:
    told: list[Retry] = []

    class Listening(HttpCallback):
        def on_retry(self, retry: Retry) -> None:
            told.append(retry)

    session = bucket.api.session
    http = session.http if isinstance(bucket.api, b2sdk.aio.B2Api) else session.raw_api.b2_http
    http.add_callback(Listening())
    call = "b2_upload_file" if length == 100 else "b2_upload_part"
    service.faults.add(ApiFault(endpoint=call, status=429, code="too_many_requests", retry_after=0, count=2))
    bucket.upload_bytes(b"x" * length, "file")
    assert [(retry.method, retry.url, retry.seconds) for retry in told] == [("POST", call, 0)] * 2
    (stored,) = bucket.list_file_versions("file")
    assert stored.size == length


@pytest.mark.parametrize("length", [100, 450], ids=["one request", "parts"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ZeroDivisionError])
def test_an_upload_that_ended_in_the_middle_leaves_nothing_behind(
    bucket: Any, service: SimulatorServer, error: type[BaseException], length: int
) -> None:
    class Broken(ProgressListenerForTest):
        def bytes_completed(self, byte_count: int) -> None:
            raise error("by the listener")

    with pytest.raises(error):
        bucket.upload_bytes(b"x" * length, "file", progress_listener=Broken())
    bucket.upload_bytes(b"x" * length, "file")
    good = [entry.upload_url_id for entry in uploads(service) if entry.status == 200]
    broken = [entry.upload_url_id for entry in uploads(service) if entry.status is None]
    assert set(good).isdisjoint(broken)
