"""Rates of a client, in a time of its own."""

from __future__ import annotations

import io
import threading

import pytest
from tests.flows.conftest import Connect, DownloadInRanges

from b2sdk.aio.http import AsyncHttp
from b2sdk.exception import B2Error, TooManyRequests
from b2sdk.http import B2HttpApiConfig, Rates, RetryPolicy
from b2sdk.http.client import B2Http
from b2sdk.http.rules import RequestRules
from b2sdk.simulator import ApiFault, SimulatorServer

CONTENT = bytes(range(256)) * 4000


class Time:
    """What the clients of a test go by. Who waits is let go on at once, and the time has passed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits = 0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.waits += 1


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> Time:
    virtual = Time()

    async def pause(_http: AsyncHttp, seconds: float) -> None:
        virtual.sleep(seconds)

    monkeypatch.setattr(RequestRules, "clock", staticmethod(virtual))
    monkeypatch.setattr(B2Http, "wait", lambda _http, seconds: virtual.sleep(seconds))
    monkeypatch.setattr(AsyncHttp, "pause", pause)
    return virtual


def limited(**rates: float) -> B2HttpApiConfig:
    return B2HttpApiConfig(rates=Rates(**rates))


@pytest.mark.parametrize("size", [1000, 100_000, len(CONTENT)])
def test_uploads_take_their_time_and_arrive_whole(virtual: Time, connect: Connect, size: int) -> None:
    with connect(api_config=limited(upload=100_000)) as api:
        bucket = api.create_bucket("rates-bucket", "allPrivate")
        content = CONTENT[:size]
        for name in "ab":
            bucket.upload_bytes(content, name)
        assert virtual.now == pytest.approx(max(0, 2 * size / 100_000 - 1), abs=0.15 + min(size, 64_000) / 100_000)
        received = io.BytesIO()
        before = virtual.now
        bucket.download_file_by_name("b").save(received)
        assert received.getvalue() == content
        assert virtual.now == before


def test_downloads_take_their_time_in_whichever_streams(
    virtual: Time, connect: Connect, download_in_ranges: DownloadInRanges
) -> None:
    with connect(api_config=limited(download=100_000)) as api:
        bucket = api.create_bucket("rates-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "file")
        assert virtual.now == 0
        received = io.BytesIO()
        download_in_ranges(api, 200_000, 64 * 1024)
        bucket.download_file_by_name("file").save(received)
        assert received.getvalue() == CONTENT
        assert api.costs.bytes_down == len(CONTENT)
        assert virtual.now == pytest.approx(len(CONTENT) / 100_000 - 1, abs=1.5)
        assert virtual.waits > 50


def test_requests_take_their_time(virtual: Time, connect: Connect) -> None:
    with connect(api_config=limited(requests_per_second=10)) as api:
        for _ in range(49):
            api.list_buckets()
        assert virtual.now == pytest.approx(3.9)


def test_without_rates_nothing_is_waited_for(virtual: Time, connect: Connect) -> None:
    with connect() as api:
        for _ in range(20):
            api.list_buckets()
        assert virtual.waits == 0
        assert not api.session.pacing.limits_requests


def reject_once(service: SimulatorServer) -> None:
    fault = ApiFault(endpoint="b2_list_buckets", status=429, code="too_many_requests", message="1000 per PT1M", count=1)
    service.faults.add(fault)


def test_a_rejection_slows_all_later_requests_of_the_client(
    virtual: Time, connect: Connect, service: SimulatorServer
) -> None:
    with connect() as api:
        for _ in range(400):
            api.list_buckets()
        reject_once(service)
        api.list_buckets()
        assert api.session.pacing.limits_requests
        waited = virtual.now
        assert waited >= 4  # the share of the window before the second attempt
        for _ in range(50):
            api.list_buckets()
        assert virtual.now - waited == pytest.approx(50 * 60 / 400, abs=1.1)


def test_a_rejection_slows_nobody_who_has_made_few_requests(
    virtual: Time, connect: Connect, service: SimulatorServer
) -> None:
    reject_once(service)
    with connect() as api:
        api.list_buckets()
        assert not api.session.pacing.limits_requests
        waited = virtual.now
        for _ in range(50):
            api.list_buckets()
        assert virtual.now == waited


def test_a_call_that_is_rejected_for_a_minute_succeeds_after_it(
    virtual: Time, connect: Connect, service: SimulatorServer
) -> None:
    service.faults.add(ApiFault(endpoint="b2_list_buckets", status=429, code="too_many_requests", count=4))
    with connect() as api:
        api.list_buckets()
        assert 60 <= virtual.now < 65


@pytest.mark.parametrize("refused", ["b2_get_upload_url", "b2_upload_file"])
def test_an_upload_that_is_rejected_is_tried_as_often_as_any_call(
    virtual: Time, connect: Connect, service: SimulatorServer, refused: str
) -> None:
    service.faults.add(ApiFault(endpoint=refused, status=429, code="too_many_requests", count=100))
    with connect() as api:
        bucket = api.create_bucket("rates-bucket", "allPrivate")
        with pytest.raises(TooManyRequests):
            bucket.upload_bytes(b"content", "file")
        assert 60 <= virtual.now < 65
    assert sum(entry.endpoint == refused for entry in service.journal.entries) == 5


def test_the_deadline_of_a_policy_ends_what_is_rejected(
    virtual: Time, connect: Connect, service: SimulatorServer
) -> None:
    service.faults.add(ApiFault(endpoint="b2_list_buckets", status=429, code="too_many_requests", count=100))
    with connect(api_config=B2HttpApiConfig(retry_policy=RetryPolicy(deadline=30.0))) as api:
        with pytest.raises(B2Error):
            api.list_buckets()
        assert virtual.now > 0
