"""What is expected of an account info whose store goes away: here for every kind of outage, on every server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from tests.integrations.conftest import auth  # noqa: F401  # a fixture of both rooms
from tests.integrations.stores import Make
from tests.outages.servers import wait_until

from b2sdk.integrations.account_store import AccountStoreUnavailable
from b2sdk.integrations.shared_account_info import OnOutage, SharedAccountInfo
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, DoNothingProgressListener

CONTENT = b"x" * 100_000
DAY_MS = 24 * 60 * 60 * 1000
MEMBERS = 3
UPLOADS = 10
"""By each member, at least."""
BUCKET = "bucket-of-the-fleet"


class Amid(DoNothingProgressListener):
    """Does something once, when content is being sent: the upload URL is out of the store by then."""

    def __init__(self, begin: Callable[[], object]) -> None:
        self._begin = begin
        self.has_begun = False

    def bytes_completed(self, byte_count: int) -> None:
        if not self.has_begun:
            self.has_begun = True
            self._begin()


class Fleet:
    """Members of a fleet, and the service that they upload to."""

    def __init__(self, make: Make, service: SimulatorServer) -> None:
        self._make, self._service = make, service
        self._apis: list[B2Api] = []

    def member(self, on_outage: OnOutage = "raise") -> Bucket:
        """Return the bucket of the fleet, to another member, who has uploaded a file to it."""
        info = self._make(on_outage=on_outage)
        api = B2Api(info)
        self._apis.append(api)
        with info.renewing():
            if not info.is_same_key(self._service.key_id, self._service.url):
                api.authorize_account(self._service.key_id, self._service.key, realm=self._service.url)
        known = api.list_buckets(BUCKET)
        bucket = known[0] if known else api.create_bucket(BUCKET, "allPrivate")
        bucket.upload_bytes(CONTENT, f"before-{len(self._apis)}")
        return bucket

    def stored(self, name: str) -> int:
        return [version.name for version in self._service.cloud.state.files.values()].count(name)

    def let_token_expire(self) -> None:
        self._service.clock.advance(DAY_MS)

    def close(self) -> None:
        for api in self._apis:
            api.close()


@pytest.fixture
def fleet(make: Make, service: SimulatorServer) -> Any:
    fleet = Fleet(make, service)
    yield fleet
    fleet.close()


def info_of(bucket: Bucket) -> SharedAccountInfo:
    info = bucket.api.account_info
    assert isinstance(info, SharedAccountInfo)
    return info


def upload_amid(fleet: Fleet, bucket: Bucket, begin: Callable[[], object]) -> None:
    """Upload a file, during which something begins: the upload must succeed nevertheless."""
    amid = Amid(begin)
    bucket.upload_bytes(CONTENT, "file", progress_listener=amid)
    assert amid.has_begun
    assert fleet.stored("file") == 1


def recover(info: SharedAccountInfo) -> str:
    """Return the token in the store, when what an outage has left in the pool of connections is used up."""
    tokens: list[str] = []

    def is_back() -> bool:
        info._ask_again_at = 0.0
        with contextlib.suppress(AccountStoreUnavailable):
            token = info.get_account_auth_token()
            if info._ask_again_at == 0.0:
                tokens.append(token)
        return bool(tokens)

    wait_until(is_back, "the store is still away")
    return tokens[0]


def meet_outage(fleet: Fleet, on_outage: OnOutage, outage: AbstractContextManager[None], text: str) -> None:
    """Go through an outage that begins amid an upload and lasts.

    :param text: what the driver's error contains, so that it is the outage that is meant.
    """
    bucket = fleet.member(on_outage)
    info = info_of(bucket)
    token = info.get_account_auth_token()
    with ExitStack() as stack:

        def begin() -> None:
            outage.__enter__()
            stack.callback(outage.__exit__, None, None, None)  # it ends, too, when the test has failed

        upload_amid(fleet, bucket, begin)
        info._ask_again_at = 0.0
        if on_outage == "raise":
            expect_failure(info, text)
        else:
            assert info.get_account_auth_token() == token
            bucket.upload_bytes(CONTENT, "during")
            fleet.let_token_expire()
            bucket.upload_bytes(CONTENT, "during, with another token")
            assert fleet.stored("during") == fleet.stored("during, with another token") == 1
    assert recover(info) == token
    assert info.get_bucket_id_or_none_from_bucket_name(BUCKET) == bucket.id_
    bucket.upload_bytes(CONTENT, "after")
    assert fleet.stored("after") == 1


def expect_failure(info: SharedAccountInfo, text: str) -> None:
    """What the store cannot do is an error of this package; some can be read, but not written to."""
    errors = []
    for call in (
        info.get_account_auth_token,
        lambda: info.take_bucket_upload_url("1"),
        info.renewing("token").__enter__,
        lambda: info.remove_bucket_name("1"),
    ):
        try:
            call()
        except AccountStoreUnavailable as error:
            errors.append(f"{error.__cause__!r} {error.__cause__}")
            if text in errors[-1]:
                return
    pytest.fail(f"not raised: {errors}")


def upload_through(fleet: Fleet, disturb: Callable[[], object]) -> None:
    """Let members with memory upload while something happens: no upload fails, and each is done once."""
    buckets = [fleet.member("memory") for _ in range(MEMBERS)]
    is_over = threading.Event()

    def upload(member: int) -> list[str]:
        names: list[str] = []
        while not is_over.is_set() or len(names) < UPLOADS:
            info_of(buckets[member])._ask_again_at = 0.0  # all of them go to the store, however it is
            names.append(f"{member} {len(names)}")
            buckets[member].upload_bytes(b"content", names[-1])
        return names

    with ThreadPoolExecutor(MEMBERS) as threads:
        running = [threads.submit(upload, member) for member in range(MEMBERS)]
        try:
            disturb()
        finally:
            is_over.set()
        names = [name for each in running for name in each.result()]
    assert [name for name in names if fleet.stored(name) != 1] == []
