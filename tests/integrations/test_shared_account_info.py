"""What happens to shared account state when time passes, processes die, keys change, or the store goes away."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet, MultiFernet
from tests.integrations.stores import Make

from b2sdk.exception import B2Error, MissingAccountData
from b2sdk.integrations import shared_account_info
from b2sdk.integrations.account_store import (
    NEVER_STORED,
    AccountStore,
    AccountStoreUnavailable,
    AccountStoreUnreadable,
    StoredState,
    StoredUrl,
)
from b2sdk.integrations.shared_account_info import SharedAccountInfo
from b2sdk.testing.children import Child

NOTHING = (None, None)

# --- upload URLs belong to an authorization, and have an end ---


def test_a_url_that_was_asked_for_with_an_older_token_is_not_handed_out(
    make_account_info: Make, auth: dict[str, Any]
) -> None:
    info, other = make_account_info(), make_account_info()
    info.set_auth_data(**auth)
    info.get_account_auth_token()
    other.set_auth_data(**{**auth, "auth_token": "newer"})
    info.put_bucket_upload_url("1", "url", "token")
    assert other.take_bucket_upload_url("1") == NOTHING
    info.get_account_auth_token()
    info.put_bucket_upload_url("1", "newer url", "token")
    assert other.take_bucket_upload_url("1") == ("newer url", "token")


def test_a_url_that_is_in_use_when_the_token_is_replaced_does_not_come_back(
    make_account_info: Make, auth: dict[str, Any]
) -> None:
    info, other = make_account_info(), make_account_info()
    info.set_auth_data(**auth)
    info.put_large_file_upload_url("file", "url", "token")
    assert info.take_large_file_upload_url("file") == ("url", "token")
    other.set_auth_data(**{**auth, "auth_token": "newer"})
    info.put_large_file_upload_url("file", "url", "token")
    assert other.take_large_file_upload_url("file") == NOTHING


def test_a_url_ends_24_hours_after_it_was_asked_for_not_after_its_last_use(
    make_account_info: Make, auth: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shared_account_info.URL_LIFETIME_SECONDS == 24 * 3600
    info = make_account_info()
    info.set_auth_data(**auth)
    info.get_account_auth_token()
    info.put_bucket_upload_url("1", "url", "token")
    monkeypatch.setattr(shared_account_info, "URL_LIFETIME_SECONDS", -1)
    assert info.take_bucket_upload_url("1") == ("url", "token")
    info.put_bucket_upload_url("1", "url", "token")
    assert info.take_bucket_upload_url("1") == ("url", "token"), "its end was noted when it was asked for"
    info.get_account_auth_token()
    info.put_bucket_upload_url("1", "another url", "token")
    assert info.take_bucket_upload_url("1") == NOTHING, "this one had ended before it was offered"


def test_the_clock_of_this_machine_does_not_matter(
    make_account_info: Make, auth: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = make_account_info()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    info.set_auth_data(**auth)
    info.put_bucket_upload_url("1", "url", "token")
    monkeypatch.setattr(time, "time", lambda: 9e9)
    assert info.take_bucket_upload_url("1") == ("url", "token")


def test_what_was_put_before_anything_was_stored_ends_with_the_first_authorization(
    make_account_info: Make, auth: dict[str, Any]
) -> None:
    info = make_account_info()
    info.put_bucket_upload_url("1", "url", "token")
    info.set_auth_data(**auth)
    assert info.take_bucket_upload_url("1") == NOTHING


def test_buckets_survive_a_renewal_and_have_the_id_they_got_last(make_account_info: Make, auth: dict[str, Any]) -> None:
    info = make_account_info()
    for id_ in ("1", "2"):
        info.save_bucket(SimpleNamespace(name="photos", id_=id_))
    info.set_auth_data(**auth)
    assert info.list_bucket_names_ids() == [("photos", "2")]


# --- processes that die ---


def test_the_url_of_a_process_that_died_is_never_used_again(
    make_account_info: Make, auth: dict[str, Any], tmp_path: Path
) -> None:
    info = make_account_info()
    info.set_auth_data(**auth)
    for number in range(2):
        info.put_bucket_upload_url("1", f"url-{number}", "token")

    def take_and_hang() -> None:
        url, _ = make_account_info().take_bucket_upload_url("1")
        (tmp_path / "writing").write_text(str(url))
        (tmp_path / "writing").rename(tmp_path / "taken")
        time.sleep(60)

    child = Child(take_and_hang)
    wait_for(tmp_path / "taken")
    child.kill()
    left = info.take_bucket_upload_url("1")[0]
    assert {left, (tmp_path / "taken").read_text()} == {"url-0", "url-1"}
    assert info.take_bucket_upload_url("1") == NOTHING


def test_a_process_that_dies_while_it_authorizes_is_waited_for_by_the_clock_of_the_store(
    make_account_info: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_account_info, "LOCK_SECONDS", 2)
    info = make_account_info()

    def enter_and_hang() -> None:
        with make_account_info().renewing():
            (tmp_path / "inside").touch()
            time.sleep(60)

    child = Child(enter_and_hang)
    wait_for(tmp_path / "inside")
    child.kill()
    with info.renewing():
        pass


def test_leaving_late_does_not_let_a_third_one_in(make_account_info: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    late, second, third = (make_account_info() for _ in range(3))
    monkeypatch.setattr(shared_account_info, "LOCK_SECONDS", 1)
    with late.renewing():
        inside = second.renewing()
        monkeypatch.setattr(shared_account_info, "LOCK_SECONDS", 30)
        inside.__enter__()
    assert not third._store.try_lock("third", 1)
    inside.__exit__(None, None, None)
    assert third._store.try_lock("third", 1)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.01)


def test_whoever_waits_for_another_token_enters_when_it_is_there(make_account_info: Make, auth: dict[str, Any]) -> None:
    info, other = make_account_info(), make_account_info()
    info.set_auth_data(**auth)

    def wait() -> str:
        with other.renewing("secret-token"):
            return other.get_account_auth_token()

    with info.renewing("secret-token"), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(wait)
        info.set_auth_data(**{**auth, "auth_token": "newer"})
        assert waiting.result() == "newer"


# --- encryption ---


def everything_in(info: SharedAccountInfo) -> str:
    """Return what the store shows about authorizations and upload URLs."""
    store = info._store
    taken = store.take_url("files:1")
    assert taken is not None
    return f"{store.load().payload} {taken.payload}"


def test_secrets_are_encrypted_if_the_application_has_a_key(make_account_info: Make, auth: dict[str, Any]) -> None:
    secrets = ("secret-token", "secret-key", "upload-token", "aabbcc")
    plain = make_account_info()
    encrypted = make_account_info(cipher=Fernet(Fernet.generate_key()))
    for info, is_readable in ((plain, True), (encrypted, False)):
        info.set_auth_data(**auth)
        info.put_bucket_upload_url("1", "url", "upload-token")
        told = everything_in(info)
        assert [secret in told for secret in secrets] == [is_readable] * len(secrets)


def test_with_another_key_nothing_is_read_and_nothing_is_reported(
    make_account_info: Make, auth: dict[str, Any]
) -> None:
    info = make_account_info(cipher=Fernet(Fernet.generate_key()))
    info.set_auth_data(**auth)
    for other in (make_account_info(cipher=Fernet(Fernet.generate_key())), make_account_info()):
        with pytest.raises(AccountStoreUnreadable) as caught:
            other.get_account_auth_token()
        assert caught.value.__cause__ is None
        assert "secret" not in str(caught.value)
        info.put_bucket_upload_url("1", "url", "token")
        assert other.take_bucket_upload_url("1") == NOTHING
    other.clear()
    assert not other.is_same_key(auth["application_key_id"], auth["realm"])


def test_a_payload_of_another_program_is_not_read(make_account_info: Make) -> None:
    info = make_account_info()
    for payload in ("{}", "[]", "7", "nonsense"):
        info._store.replace("generation", payload)
        with pytest.raises(AccountStoreUnreadable):
            info.get_realm()


def test_keys_are_changed_by_a_cipher_that_knows_both(make_account_info: Make, auth: dict[str, Any]) -> None:
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    make_account_info(cipher=old).set_auth_data(**auth)
    between = make_account_info(cipher=MultiFernet([new, old]))
    assert between.get_account_auth_token() == "secret-token"
    between.set_auth_data(**{**auth, "auth_token": "newer"})
    assert make_account_info(cipher=new).get_account_auth_token() == "newer"


# --- a store that goes away ---


class OwnStore(AccountStore):
    """In the memory of the test, which can take it away. One could be written like this for any database."""

    unavailable = (ConnectionError,)

    def __init__(self) -> None:
        self.is_away = False
        self.fails_after_putting = False
        self.asked = 0
        self.lose_everything()

    def lose_everything(self) -> None:
        self.generation: str = NEVER_STORED
        self.payload: str | None = None
        self.names: dict[str, str] = {}
        self.urls: dict[str, list[StoredUrl]] = {}
        self.holder: str | None = None

    def _reach(self) -> None:
        self.asked += 1
        if self.is_away:
            raise ConnectionError("away")

    def load(self) -> StoredState:
        self._reach()
        return StoredState(self.generation, self.payload, 1_000)

    def replace(self, generation: str, payload: str) -> None:
        self._reach()
        self.generation, self.payload = generation, payload

    def clear(self, generation: str) -> None:
        self._reach()
        self.generation, self.payload, self.names = generation, None, {}

    def buckets(self) -> list[tuple[str, str]]:
        self._reach()
        return list(self.names.items())

    def replace_buckets(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._reach()
        self.names = dict(pairs)

    def save_bucket(self, name: str, id_: str) -> None:
        self._reach()
        self.names[name] = id_

    def remove_bucket(self, name: str) -> None:
        self._reach()
        self.names.pop(name, None)

    def bucket_id(self, name: str) -> str | None:
        self._reach()
        return self.names.get(name)

    def bucket_name(self, id_: str) -> str | None:
        self._reach()
        return next((name for name, found in self.names.items() if found == id_), None)

    def take_url(self, target: str) -> StoredUrl | None:
        self._reach()
        present = [url for url in self.urls.pop(target, []) if url.generation == self.generation]
        taken = present.pop() if present else None
        self.urls[target] = present
        return taken

    def put_url(self, target: str, url: StoredUrl) -> None:
        self._reach()
        self.urls.setdefault(target, []).append(url)
        if self.fails_after_putting:
            raise ConnectionError("no response")

    def drop_urls(self, target: str) -> None:
        self._reach()
        self.urls.pop(target, None)

    def try_lock(self, holder: str, seconds: int) -> bool:
        self._reach()
        if self.holder is None:
            self.holder = holder
        return self.holder == holder

    def unlock(self, holder: str) -> None:
        self._reach()
        if self.holder == holder:
            self.holder = None


@pytest.fixture
def own_store() -> OwnStore:
    return OwnStore()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time as a list of one number, which tests change."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_by_default_everything_that_reads_raises_while_the_store_is_away(
    own_store: OwnStore, auth: dict[str, Any]
) -> None:
    info = SharedAccountInfo(own_store)
    info.set_auth_data(**auth)
    own_store.is_away = True
    calls: list[Any] = [
        info.get_account_auth_token,
        info.get_allowed,
        lambda: info.is_same_key("", ""),
        lambda: info.set_auth_data(**auth),
        info.clear,
        info.list_bucket_names_ids,
        lambda: info.take_bucket_upload_url("1"),
        lambda: info.renewing("token").__enter__(),
    ]
    for call in calls:
        with pytest.raises(AccountStoreUnavailable, match="ConnectionError") as caught:
            call()
        assert isinstance(caught.value.__cause__, ConnectionError)
    own_store.is_away = False
    assert info.get_account_auth_token() == "secret-token"


def test_offering_or_dropping_an_upload_url_never_fails_an_upload(own_store: OwnStore) -> None:
    info = SharedAccountInfo(own_store)
    own_store.is_away = True
    info.put_bucket_upload_url("1", "url", "token")
    info.put_large_file_upload_url("1", "url", "token")
    info.clear_bucket_upload_data("1")
    info.clear_large_file_upload_urls("1")
    own_store.is_away = False
    assert info.take_bucket_upload_url("1") == NOTHING


def test_with_memory_the_last_authorization_is_resumed(
    own_store: OwnStore, auth: dict[str, Any], now: list[float]
) -> None:
    info = SharedAccountInfo(own_store, on_outage="memory")
    info.set_auth_data(**auth)
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    own_store.is_away = True
    assert info.get_account_auth_token() == "secret-token"
    assert info.get_bucket_id_or_none_from_bucket_name("photos") is None
    info.put_bucket_upload_url("1", "url", "token")
    assert info.take_bucket_upload_url("1") == ("url", "token")
    with info.renewing("secret-token"):
        info.set_auth_data(**{**auth, "auth_token": "made meanwhile"})
    assert info.get_account_auth_token() == "made meanwhile"
    with pytest.raises(AccountStoreUnavailable):
        info.clear()
    own_store.is_away = False
    now[0] += shared_account_info.ASK_AGAIN_SECONDS
    assert info.get_account_auth_token() == "secret-token", "what the store holds counts"


def test_with_memory_a_store_that_is_away_is_left_alone_for_a_while(
    own_store: OwnStore, auth: dict[str, Any], now: list[float]
) -> None:
    info = SharedAccountInfo(own_store, on_outage="memory")
    own_store.is_away = True
    for expected in (1, 1, 1):
        with pytest.raises(MissingAccountData):
            info.get_account_auth_token()
        assert own_store.asked == expected
    now[0] += shared_account_info.ASK_AGAIN_SECONDS
    with pytest.raises(MissingAccountData):
        info.get_account_auth_token()
    assert own_store.asked == 2


def test_upload_urls_of_an_outage_stay_out_of_the_store_and_end_with_it(
    own_store: OwnStore, auth: dict[str, Any], now: list[float]
) -> None:
    info = SharedAccountInfo(own_store, on_outage="memory")
    info.set_auth_data(**auth)
    own_store.is_away = True
    info.get_account_auth_token()
    info.put_bucket_upload_url("1", "kept in memory", "token")
    info.get_account_auth_token()
    own_store.is_away = False
    now[0] += shared_account_info.ASK_AGAIN_SECONDS
    info.put_bucket_upload_url("1", "in use when the store came back", "token")
    assert info.take_bucket_upload_url("1") == NOTHING
    own_store.is_away = True
    now[0] += shared_account_info.ASK_AGAIN_SECONDS
    assert info.take_bucket_upload_url("1") == NOTHING


def test_a_url_that_the_store_may_have_is_not_kept_in_memory_as_well(own_store: OwnStore, auth: dict[str, Any]) -> None:
    info = SharedAccountInfo(own_store, on_outage="memory")
    info.set_auth_data(**auth)
    own_store.fails_after_putting = True
    info.put_bucket_upload_url("1", "url", "token")
    assert info.take_bucket_upload_url("1") == NOTHING, "the store is taken to be away"
    assert [url for urls in own_store.urls.values() for url in urls] != []


def test_a_store_that_lost_everything_gets_it_back_from_who_remembers(
    own_store: OwnStore, auth: dict[str, Any]
) -> None:
    info, forgetful = SharedAccountInfo(own_store, on_outage="memory"), SharedAccountInfo(own_store)
    for each in (info, forgetful):
        each.set_auth_data(**auth)
    own_store.lose_everything()
    with pytest.raises(MissingAccountData):
        forgetful.get_account_auth_token()
    assert info.get_account_auth_token() == "secret-token"
    assert forgetful.get_account_auth_token() == "secret-token"


def test_what_another_process_has_cleared_is_not_brought_back(own_store: OwnStore, auth: dict[str, Any]) -> None:
    info, other = SharedAccountInfo(own_store, on_outage="memory"), SharedAccountInfo(own_store)
    info.set_auth_data(**auth)
    other.clear()
    with pytest.raises(MissingAccountData):
        info.get_account_auth_token()


def test_an_outage_is_logged_without_what_was_to_be_stored(
    own_store: OwnStore, auth: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    own_store.is_away = True
    with caplog.at_level(logging.DEBUG), pytest.raises(B2Error):
        SharedAccountInfo(own_store).set_auth_data(**auth)
    assert "unavailable (ConnectionError)" in caplog.text
    assert "secret" not in caplog.text


def test_a_forked_process_reports_the_store() -> None:
    class Forking(OwnStore):
        begun_in = 0

        def begin_in_child(self) -> None:
            self.begun_in = os.getpid()

    store = Forking()
    info = SharedAccountInfo(store)
    child = Child(lambda: store.begun_in)
    assert child.result() == child.pid
    assert info._store is store


def test_an_outage_is_met_in_one_of_two_ways() -> None:
    with pytest.raises(ValueError, match="on_outage"):
        SharedAccountInfo(OwnStore(), on_outage="retry")  # type: ignore[arg-type]  # that is what is tested
