from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from tests.integrations.stores import url_of

from b2sdk.integrations import redis as b2_redis
from b2sdk.integrations.account_store import AccountStoreUnavailable, StoredUrl
from b2sdk.integrations.redis import RedisAccountInfo, RedisStore

FAR = 9_999_999_999


@pytest.fixture
def prefix() -> str:
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def client(prefix: str) -> Iterator[Redis]:
    with Redis.from_url(url_of("redis")) as client:
        yield client
        for key in client.scan_iter(f"{{{prefix}}}*"):
            client.delete(key)


def test_an_offer_that_the_client_repeats_does_not_bring_back_a_url_that_was_taken(
    client: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisStore(client, prefix)
    sent: list[Any] = []
    run = store._run

    def noting(*arguments: Any) -> Any:
        sent.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(store, "_run", noting)
    store.put_url("files:1", StoredUrl("payload", "", FAR))
    assert store.take_url("files:1") == StoredUrl("payload", "", FAR)
    run(*sent[0])
    assert store.take_url("files:1") is None


def test_an_attempt_at_the_lock_that_the_client_repeats_succeeds_again(client: Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    assert [store.try_lock(holder, 30) for holder in ("one", "one", "two")] == [True, True, False]
    store.unlock("two")
    assert not store.try_lock("two", 30)
    store.unlock("one")
    assert store.try_lock("two", 30)


def test_the_freshest_url_is_handed_out_first_and_those_of_the_past_are_removed(client: Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    for payload, generation, end in (("a", "", FAR), ("b", "old", FAR + 2), ("c", "", FAR + 1), ("d", "", 1)):
        store.put_url("files:1", StoredUrl(payload, generation, end))
    found = [store.take_url("files:1") for _ in range(3)]
    assert [url and url.payload for url in found] == ["c", "a", None]
    assert not client.exists(f"{{{prefix}}}:urls:files:1")


def test_what_is_kept_for_uploads_goes_away_by_itself(client: Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    store.put_url("files:1", StoredUrl("a", "", FAR))
    store.put_url("files:1", StoredUrl("b", "", FAR - 5))
    assert client.expiretime(f"{{{prefix}}}:urls:files:1") == FAR
    markers = list(client.scan_iter(f"{{{prefix}}}:put:*"))
    assert len(markers) == 2
    ends = [client.ttl(marker) for marker in markers]
    assert all(0 < int(end) <= b2_redis._REPEATED_FOR_SECONDS for end in ends)


@pytest.mark.parametrize("decode", [True, False])
def test_the_client_may_decode_or_not(client: Redis, prefix: str, auth: dict[str, Any], decode: bool) -> None:
    with Redis.from_url(url_of("redis"), decode_responses=decode) as other:
        info = RedisAccountInfo(other, key_prefix=prefix)
        info.set_auth_data(**{**auth, "realm": "http://localhost/\u00fc"})
        info.refresh_entire_bucket_name_cache([("photos", "1")])
        info.put_bucket_upload_url("1", "url", "token")
        assert info.get_realm() == "http://localhost/\u00fc"
        assert info.get_bucket_id_or_none_from_bucket_name("photos") == "1"
        assert info.get_bucket_name_or_none_from_bucket_id("1") == "photos"
        assert info.take_bucket_upload_url("1") == ("url", "token")


def test_a_server_that_is_not_there_is_told_as_such(auth: dict[str, Any]) -> None:
    client = Redis(port=1)
    with pytest.raises(AccountStoreUnavailable, match="ConnectionError"):
        RedisAccountInfo(client).get_account_auth_token()
    in_memory = RedisAccountInfo(client, on_outage="memory")
    in_memory.set_auth_data(**auth)
    assert in_memory.get_account_auth_token() == "secret-token"


@pytest.mark.parametrize("prefix", ["", "a{b", "}"])
def test_a_prefix_has_no_braces(prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        RedisAccountInfo(Redis(), key_prefix=prefix)
