from __future__ import annotations

import copy
import pickle
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import pytest
import redis.asyncio
from redis import Redis
from redis.exceptions import ConnectionError, RedisError, ResponseError  # noqa: A004
from tests.integrations.stores import url_of

from b2sdk.integrations import redis as b2_redis
from b2sdk.integrations.account_store import AccountStoreUnavailable, StoredUrl
from b2sdk.integrations.redis import RedisAccountInfo, RedisStore
from b2sdk.integrations.shared_account_info import SharedAccountInfo
from b2sdk.v3 import B2Api

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


def noted_commands(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that grows by what the store sends from now on."""
    sent: list[Any] = []
    run = store._run

    def noting(*arguments: Any) -> Any:
        sent.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(store, "_run", noting)
    return sent


def test_an_offer_that_the_client_repeats_does_not_bring_back_a_url_that_was_taken(
    client: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisStore(client, prefix)
    run = store._run
    sent = noted_commands(store, monkeypatch)
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
    (sender,) = client.scan_iter(f"{{{prefix}}}:put:*")
    assert 0 < int(client.ttl(sender)) <= b2_redis._REPEATED_FOR_SECONDS


def test_what_is_kept_does_not_grow_with_the_uploads(client: Redis, prefix: str) -> None:
    stores = [RedisStore(client, prefix) for _ in range(3)]

    def upload(number: int) -> None:
        store = stores[number % 3]
        url = store.take_url("files:1") or StoredUrl(f"{number}", "", FAR)
        store.put_url("files:1", url)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upload, range(200)))
    kept = sum(1 for _ in client.scan_iter(f"{{{prefix}}}:*"))
    assert kept <= 1 + len(stores) * 4, "the URLs, and a number for each that offered one at the same time"
    assert client.zcard(f"{{{prefix}}}:urls:files:1") <= 4


def test_what_is_repeated_late_is_known_by_its_number(
    client: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisStore(client, prefix)
    run = store._run
    sent = noted_commands(store, monkeypatch)
    for payload in ("a", "b"):
        store.put_url("files:1", StoredUrl(payload, "", FAR))
        store.take_url("files:1")
    for arguments in sent:
        if arguments[0] == b2_redis._PUT:
            run(*arguments)
    assert store.take_url("files:1") is None


def test_a_sender_that_failed_offers_what_is_next(client: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RedisStore(client, prefix)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_run", Mock(side_effect=ConnectionError))
        with pytest.raises(ConnectionError):
            store.put_url("files:1", StoredUrl("a", "", FAR))
    store.put_url("files:1", StoredUrl("b", "", FAR))
    assert store.take_url("files:1") == StoredUrl("b", "", FAR)


def test_a_forked_process_has_senders_of_its_own(client: Redis, prefix: str) -> None:
    store = RedisStore(client, prefix)
    for payload in ("a", "b"):
        store.put_url("files:1", StoredUrl(payload, "", FAR))
        store.begin_in_child()
    assert {store.take_url("files:1"), store.take_url("files:1")} == {StoredUrl(each, "", FAR) for each in "ab"}


def test_a_client_may_be_a_url(prefix: str, client: Redis, auth: dict[str, Any]) -> None:
    info = RedisAccountInfo(url_of("redis"), key_prefix=prefix)
    info.set_auth_data(**auth)
    for _ in range(2):
        assert info.get_account_auth_token() == "secret-token"
        info.close()
    given = RedisAccountInfo(client, key_prefix=prefix)
    given.close()
    assert given.get_account_auth_token() == "secret-token"


@pytest.mark.parametrize("url", ["", "localhost:6379", "https://user:secret@host", "redis://user:sec/ret@host:6379/0"])
def test_what_is_no_url_is_reported_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="not a URL of Redis") as caught:
        RedisAccountInfo(url)
    assert "sec" not in f"{caught.value} {caught.value.__context__}"


@pytest.mark.parametrize("client", [None, 7, object(), redis.asyncio.Redis()])
def test_what_is_no_client_is_reported(client: Any) -> None:
    with pytest.raises(TypeError, match="client of Redis"):
        RedisAccountInfo(client)


@pytest.mark.parametrize(
    "text",
    [
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "Error running script (call to f_0a1b): @user_script:2: @user_script: 2: -READONLY You can't write to it.",
        "Error running script (call to f_0a1b): @user_script:2: -OOM command not allowed when used memory > 'max'.",
    ],
)
def test_a_server_that_is_unable_at_the_moment_is_away(text: str) -> None:
    assert isinstance(RedisStore(Redis(), "p").translate(ResponseError(text)), AccountStoreUnavailable)


@pytest.mark.parametrize(
    "text", ["BUSYKEY Target key name already exists.", "NOPERM no rights", "unknown command 'EVAL'"]
)
def test_a_server_that_will_never_be_able_is_not_away(text: str) -> None:
    error = ResponseError(text)
    assert RedisStore(Redis(), "p").translate(error) is error


def test_the_commands_with_secrets_begin_with_what_is_none() -> None:
    """Servers and clients quote the beginning of a command in what they log and tell."""
    assert min(len(script) for script in (b2_redis._REPLACE, b2_redis._PUT)) > 128


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


def test_a_server_that_is_not_there_is_reported_as_such(auth: dict[str, Any]) -> None:
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


def test_the_older_name_of_a_translation_warns() -> None:
    error = ResponseError("something else")
    with pytest.warns(DeprecationWarning, match="called translate now"):
        assert RedisStore(Redis(), "p").told_as(error) is error


def test_a_store_may_override_the_older_name_of_a_translation() -> None:
    with pytest.warns(DeprecationWarning, match=r"Older\.told_as is called translate now"):

        class Older(RedisStore):
            def told_as(self, error: Exception) -> Exception:
                return KeyError("of the store") if isinstance(error, RedisError) else super().told_as(error)

    class Derived(Older):
        pass

    error = ValueError("another one")
    with pytest.raises(KeyError, match="of the store"):
        SharedAccountInfo(Derived(Redis(port=1), "p")).get_account_auth_token()
    with pytest.warns(DeprecationWarning, match=r"AccountStore\.told_as"):
        assert Derived(Redis(), "p").translate(error) is error


@pytest.mark.parametrize("twin", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_uses_connections_is_neither_pickled_nor_copied(twin: Callable[[object], object]) -> None:
    with (
        B2Api(RedisAccountInfo(Redis(port=1))) as api,
        pytest.raises(TypeError, match="RedisAccountInfo cannot be pickled or copied: create one in each process"),
    ):
        twin(api.account_info)
