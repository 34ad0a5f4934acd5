"""What a session decides, without a session that performs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.cache import AuthInfoCache
from b2sdk.exception import (
    B2ConnectionError,
    BucketIdNotFound,
    InvalidAuthToken,
    ServiceError,
    Unauthorized,
    UnexpectedCloudBehaviour,
)
from b2sdk.session_state import BucketLease, LargeFileLease, Lease, SessionState, StoredKey, needs_another_token

EXPIRED = InvalidAuthToken("expired", "expired_auth_token")
MINTED = {"uploadUrl": "https://minted", "authorizationToken": "minted"}


class Undriven(SessionState):
    """A session that performs nothing."""

    async def ask(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    async def call(self, *_args: object, **_kwargs: object) -> Any:
        raise NotImplementedError

    async def renew_token(self, rejected: str) -> bool:
        raise NotImplementedError

    async def mint(self, lease: Lease) -> None:
        raise NotImplementedError

    async def pause_before_retry(self, *_args: object) -> bool:
        raise NotImplementedError


@pytest.fixture
def state() -> SessionState:
    state = Undriven()
    state.account_info = InMemoryAccountInfo()
    state.cache = AuthInfoCache(state.account_info)
    return state


def response(**changes: Any) -> dict[str, Any]:
    allowed = {"buckets": None, "capabilities": ["readFiles"], "namePrefix": "in/"}
    storage = {
        "apiUrl": "https://api",
        "downloadUrl": "https://f",
        "s3ApiUrl": "https://s3",
        "recommendedPartSize": 100,
        "absoluteMinimumPartSize": 5,
        "allowed": allowed,
    }
    return {"accountId": "a", "authorizationToken": "token", "apiInfo": {"storageApi": storage}, **changes}


@pytest.mark.parametrize(
    ("attempt", "failure", "is_of_use"),
    [
        (1, EXPIRED, True),
        (2, EXPIRED, False),
        (1, Unauthorized("", ""), True),
        (1, Unauthorized("no", "unauthorized"), False),
        (1, ServiceError("503"), False),
        (1, ValueError("a bug"), False),
    ],
)
def test_another_token_is_of_use_once_and_where_the_first_is_rejected(
    attempt: int, failure: Exception, is_of_use: bool
) -> None:
    assert needs_another_token(attempt, failure) is is_of_use


@pytest.mark.parametrize(
    ("lease_class", "put", "mint"),
    [
        (BucketLease, "put_bucket_upload_url", "get_upload_url"),
        (LargeFileLease, "put_large_file_upload_url", "get_upload_part_url"),
    ],
)
def test_a_lease_comes_from_the_pool_of_its_target_or_is_minted(
    lease_class: type[Lease], put: str, mint: str, state: SessionState
) -> None:
    lease = lease_class("target")
    assert not lease.take_pooled(state.account_info)
    assert mint == lease.MINT
    lease.accept(MINTED)
    assert (lease.url, lease.token, lease.is_pooled) == ("https://minted", "minted", False)
    lease.put(state.account_info)("target", lease.url, lease.token)
    getattr(state.account_info, put)("other", "https://other", "other")
    again = lease_class("target")
    assert again.take_pooled(state.account_info)
    assert (again.url, again.token, again.is_pooled) == ("https://minted", "minted", True)


def test_only_a_pooled_url_is_replaced_and_only_where_its_token_is_rejected() -> None:
    lease = BucketLease("target")
    lease.accept(MINTED)
    assert not lease.needs_another_url(EXPIRED)
    lease.is_pooled = True
    assert lease.needs_another_url(EXPIRED)
    assert not lease.needs_another_url(B2ConnectionError(""))


def test_a_minted_url_must_be_one() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="uploadUrl"):
        BucketLease("target").accept({})


def test_a_bucket_that_only_the_url_named_is_named() -> None:
    failure = BucketIdNotFound(None)
    explained = BucketLease("bucket").explain(failure)
    assert (type(explained), explained.__cause__) == (BucketIdNotFound, failure)
    assert isinstance(explained, BucketIdNotFound)
    assert explained.bucket_id == "bucket"
    assert LargeFileLease("file").explain(failure) is failure
    assert BucketLease("bucket").explain(EXPIRED) is EXPIRED


def test_what_an_authorization_says_is_stored_and_the_key_with_it(state: SessionState) -> None:
    assert state.stored_key() is None
    state.store_authorization(response(), StoredKey("production", "id", "secret"))
    assert state.stored_key() == ("production", "id", "secret")
    assert "secret" not in repr(state.stored_key())
    assert state.authorization is not None
    assert state.account_info.get_account_auth_token() == "token"


def test_a_rejection_names_what_the_key_may_do(state: SessionState) -> None:
    state.store_authorization(response(), StoredKey("production", "id", "secret"))
    rejection = Unauthorized("no", "unauthorized")
    explained = state.explain(rejection)
    assert str(explained).startswith("no for application key with capabilities 'readFiles', restricted to files that")
    assert explained.__cause__ is rejection
    assert state.explain(EXPIRED) is EXPIRED


class AwaitedUploads:
    """Performs what is decided in coroutines, as a session that blocks does in calls."""

    def __init__(self, state: SessionState, *outcomes: object) -> None:
        self.state, self.outcomes, self.used = state, list(outcomes), list[str]()

    async def respond(self, url: str) -> Any:
        await asyncio.sleep(0)
        self.used.append(url)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def upload(self, lease: Lease) -> Any:
        if not lease.take_pooled(self.state.account_info):
            lease.accept(await self.respond("mint"))
        while True:
            try:
                uploaded = await self.respond(lease.url)
            except Unauthorized as failure:
                if not lease.needs_another_url(failure):
                    raise self.state.explain(lease.explain(failure)) from None
                lease.accept(await self.respond("mint"))
            else:
                lease.put(self.state.account_info)(lease.target_id, lease.url, lease.token)
                return uploaded


def test_uploads_that_are_awaited_decide_by_the_same(state: SessionState) -> None:
    state.account_info.put_bucket_upload_url("bucket", "https://stale", "stale")
    uploads = AwaitedUploads(state, EXPIRED, MINTED, "a file", "another")
    assert asyncio.run(uploads.upload(BucketLease("bucket"))) == "a file"
    assert asyncio.run(uploads.upload(BucketLease("bucket"))) == "another"
    assert uploads.used == ["https://stale", "mint", "https://minted", "https://minted"]
