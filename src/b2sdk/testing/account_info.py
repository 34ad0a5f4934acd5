"""The contract of account infos, as tests for your own ones. Needs pytest.

Inherit from the class that fits, this one or one of :mod:`b2sdk.testing.shared_account_info`, and give it the fixture
``make_account_info``::

    class TestMine(AccountInfoContract):
        @pytest.fixture
        def make_account_info(self, tmp_path):
            return lambda: MyAccountInfo(tmp_path / "state")

Each call must return another object, and all that are made in one test must use the same storage, which is empty when
the test begins (an account info that shares nothing returns what it likes). The tests use nothing but the interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.testing.account_state import (
    GETTERS,
    PAIRS,
    PROCESSES,
    THREADS,
    VERSIONS,
    NamedBucket,
    Pair,
    StoredAccount,
    missing,
    read,
    repeating,
    take_all,
)
from b2sdk.testing.children import Child, results
from b2sdk.threads import ThreadPool


class AccountInfoContract(StoredAccount):
    """What every account info promises."""

    # --- the authorization ---

    def test_data_is_missing_before_it_is_stored(self, account_info: AbstractAccountInfo) -> None:
        assert missing(account_info) == set(GETTERS.values())

    def test_every_getter_returns_what_was_stored(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        assert read(account_info) == self.auth()

    def test_values_come_back_as_they_were(self, account_info: AbstractAccountInfo) -> None:
        odd = 'it\'s "quoted", \\ 100% :name {0} \u00fc\u4e16\U0001f600 ' + "x" * 2000
        texts: dict[str, Any] = {name: f"{name} {odd}" for name, value in self.auth().items() if isinstance(value, str)}
        account_info.set_auth_data(**self.auth(**texts))
        assert read(account_info) == self.auth(**texts)

    def test_another_authorization_replaces_every_value(self, account_info: AbstractAccountInfo) -> None:
        for version in (1, 2):
            account_info.set_auth_data(**self.auth(version))
        assert read(account_info) == self.auth(2)

    def test_an_authorization_may_be_stored_twice(self, account_info: AbstractAccountInfo) -> None:
        for _ in range(2):
            account_info.set_auth_data(**self.auth())
        assert read(account_info) == self.auth()

    def test_without_restrictions_the_default_is_stored(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth(allowed=None))
        assert account_info.get_allowed() == account_info.DEFAULT_ALLOWED

    def test_restrictions_of_another_form_are_refused_and_nothing_changes(
        self, account_info: AbstractAccountInfo
    ) -> None:
        account_info.set_auth_data(**self.auth(1))
        with pytest.raises(AssertionError):
            account_info.set_auth_data(**self.auth(2, allowed={"capabilities": []}))
        assert read(account_info) == self.auth(1)

    def test_what_a_getter_returned_can_be_changed_without_harm(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        returned = account_info.get_allowed()
        returned["capabilities"].append("everything")
        returned["namePrefix"] = None
        assert account_info.get_allowed() == self.auth()["allowed"]

    @pytest.mark.parametrize(
        ("key_id", "realm", "is_same"),
        [
            ("001key0", "http://localhost:0", True),
            ("001key0", "production", False),
            ("002", "http://localhost:0", False),
        ],
    )
    def test_the_same_key_in_the_same_realm(
        self, account_info: AbstractAccountInfo, key_id: str, realm: str, is_same: bool
    ) -> None:
        assert account_info.is_same_key(key_id, realm) is False
        account_info.set_auth_data(**self.auth())
        assert account_info.is_same_key(key_id, realm) is is_same

    @pytest.mark.parametrize(
        ("account_id", "realm", "is_same"),
        [
            ("account-0", "http://localhost:0", True),
            ("account-0", "production", False),
            ("other", "http://localhost:0", False),
        ],
    )
    def test_the_same_account_in_the_same_realm(
        self, account_info: AbstractAccountInfo, account_id: str, realm: str, is_same: bool
    ) -> None:
        assert account_info.is_same_account(account_id, realm) is False
        account_info.set_auth_data(**self.auth())
        assert account_info.is_same_account(account_id, realm) is is_same

    @pytest.mark.parametrize(
        ("key_id", "is_master"), [("aabbcc", True), ("001aabbcc0000000000", True), ("001aabbcc0000000001", False)]
    )
    def test_the_master_key(self, account_info: AbstractAccountInfo, key_id: str, is_master: bool) -> None:
        account_info.set_auth_data(**self.auth(account_id="aabbcc", application_key_id=key_id))
        assert account_info.is_master_key() is is_master

    # --- forgetting ---

    def test_clearing_forgets_everything(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        account_info.save_bucket(NamedBucket("photos", "1"))
        account_info.put_bucket_upload_url("1", "url", "token")
        account_info.put_large_file_upload_url("file", "url", "token")
        for _ in range(2):
            account_info.clear()
            assert missing(account_info) == set(GETTERS.values())
            assert account_info.list_bucket_names_ids() == []
            assert account_info.get_bucket_id_or_none_from_bucket_name("photos") is None
            assert account_info.take_bucket_upload_url("1") == (None, None)
            assert account_info.take_large_file_upload_url("file") == (None, None)

    def test_after_clearing_it_is_used_as_before(self, account_info: AbstractAccountInfo) -> None:
        account_info.clear()
        account_info.set_auth_data(**self.auth())
        account_info.put_bucket_upload_url("1", "url", "token")
        assert read(account_info) == self.auth()
        assert account_info.take_bucket_upload_url("1") == ("url", "token")

    # --- names of buckets ---

    def test_unknown_buckets_are_no_error(self, account_info: AbstractAccountInfo) -> None:
        account_info.remove_bucket_name("unknown")
        assert account_info.list_bucket_names_ids() == []
        assert account_info.get_bucket_id_or_none_from_bucket_name("unknown") is None
        assert account_info.get_bucket_name_or_none_from_bucket_id("unknown") is None

    def test_a_saved_bucket_is_found_by_name_and_by_id(self, account_info: AbstractAccountInfo) -> None:
        account_info.save_bucket(NamedBucket("photos", "1"))
        account_info.save_bucket(NamedBucket("Photos", "a"))
        account_info.save_bucket(NamedBucket("videos", "A"))
        assert sorted(account_info.list_bucket_names_ids()) == [("Photos", "a"), ("photos", "1"), ("videos", "A")]
        assert account_info.get_bucket_id_or_none_from_bucket_name("photos") == "1"
        assert account_info.get_bucket_name_or_none_from_bucket_id("A") == "videos"

    def test_a_bucket_may_be_saved_twice(self, account_info: AbstractAccountInfo) -> None:
        for _ in range(2):
            account_info.save_bucket(NamedBucket("photos", "1"))
        assert account_info.list_bucket_names_ids() == [("photos", "1")]

    def test_a_removed_bucket_is_unknown(self, account_info: AbstractAccountInfo) -> None:
        account_info.refresh_entire_bucket_name_cache([("photos", "1"), ("videos", "2")])
        account_info.remove_bucket_name("photos")
        assert account_info.list_bucket_names_ids() == [("videos", "2")]
        assert account_info.get_bucket_name_or_none_from_bucket_id("1") is None

    def test_all_buckets_are_replaced_by_those_of_a_generator(self, account_info: AbstractAccountInfo) -> None:
        account_info.save_bucket(NamedBucket("old", "0"))
        pairs = [(f"bucket-{number}", str(number)) for number in range(1, 200)]
        account_info.refresh_entire_bucket_name_cache(pair for pair in pairs)
        assert sorted(account_info.list_bucket_names_ids()) == sorted(pairs)
        account_info.refresh_entire_bucket_name_cache(())
        assert account_info.list_bucket_names_ids() == []

    def test_a_generator_that_fails_changes_nothing(self, account_info: AbstractAccountInfo) -> None:
        def failing() -> Iterator[Pair]:
            yield "new", "1"
            raise ZeroDivisionError

        account_info.save_bucket(NamedBucket("old", "0"))
        with pytest.raises(ZeroDivisionError):
            account_info.refresh_entire_bucket_name_cache(failing())
        assert account_info.list_bucket_names_ids() == [("old", "0")]

    # --- upload URLs ---

    def test_an_upload_url_is_handed_out_once(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        assert account_info.take_bucket_upload_url("1") == (None, None)
        account_info.put_bucket_upload_url("1", "url", "token")
        assert account_info.take_bucket_upload_url("1") == ("url", "token")
        assert account_info.take_bucket_upload_url("1") == (None, None)
        account_info.put_bucket_upload_url("1", "url", "token")
        assert account_info.take_bucket_upload_url("1") == ("url", "token")

    def test_an_upload_url_of_parts_is_handed_out_once(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        assert account_info.take_large_file_upload_url("file") == (None, None)
        account_info.put_large_file_upload_url("file", "url", "token")
        assert account_info.take_large_file_upload_url("file") == ("url", "token")
        assert account_info.take_large_file_upload_url("file") == (None, None)

    def test_upload_urls_are_told_apart_by_what_they_are_for(self, account_info: AbstractAccountInfo) -> None:
        for target in ("a", "A", "b"):
            account_info.put_bucket_upload_url(target, f"bucket {target}", "token")
            account_info.put_large_file_upload_url(target, f"file {target}", "token")
        account_info.clear_bucket_upload_data("a")
        account_info.clear_large_file_upload_urls("b")
        account_info.clear_large_file_upload_urls("unknown")
        account_info.clear_bucket_upload_data("unknown")
        bucket_urls = [account_info.take_bucket_upload_url(target)[0] for target in ("a", "A", "b")]
        file_urls = [account_info.take_large_file_upload_url(target)[0] for target in ("a", "A", "b")]
        assert (bucket_urls, file_urls) == ([None, "bucket A", "bucket b"], ["file a", "file A", None])

    # --- several threads ---

    def test_another_thread_sees_the_same(self, account_info: AbstractAccountInfo) -> None:
        with ThreadPool(1) as threads:
            threads.submit(account_info.set_auth_data, **self.auth()).result()
            assert read(account_info) == self.auth()
            account_info.clear()
            assert threads.submit(missing, account_info).result() == set(GETTERS.values())

    def test_readers_never_see_an_authorization_in_part(self, account_info: AbstractAccountInfo) -> None:
        def write() -> None:
            for version in range(1, VERSIONS):
                account_info.set_auth_data(**self.auth(version))

        account_info.set_auth_data(**self.auth(0))
        with ThreadPool(1) as threads:
            self.watch(account_info, threads.submit(write).done)
        assert read(account_info) == self.auth(VERSIONS - 1)

    def test_threads_never_get_the_same_upload_url(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        pairs = [(f"url-{number}", f"token-{number}") for number in range(PAIRS)]

        def put_and_take(worker: int) -> list[Pair]:
            for url, token in pairs[worker::THREADS]:
                account_info.put_bucket_upload_url("1", url, token)
            return take_all(lambda: account_info.take_bucket_upload_url("1"))

        with ThreadPool(THREADS) as threads:
            taken = [pair for result in threads.map(put_and_take, range(THREADS)) for pair in result]
        taken += take_all(lambda: account_info.take_bucket_upload_url("1"))
        assert sorted(taken) == sorted(pairs)

    # --- several processes ---

    def test_a_forked_process_never_gets_the_same_upload_url(self, account_info: AbstractAccountInfo) -> None:
        account_info.set_auth_data(**self.auth())
        for number in range(PAIRS):
            account_info.put_bucket_upload_url("1", f"url-{number}", f"token-{number}")

        def take() -> list[Pair]:
            return take_all(lambda: account_info.take_bucket_upload_url("1"))

        children = [Child(take) for _ in range(PROCESSES)]
        taken = [*take(), *(tuple(pair) for result in results(children) for pair in result)]
        assert len(set(taken)) == len(taken) == PAIRS

    def test_a_process_forked_from_a_busy_one_continues(self, account_info: AbstractAccountInfo) -> None:
        def use() -> str:
            account_info.put_bucket_upload_url("1", "url", "token")
            account_info.take_bucket_upload_url("1")
            return account_info.get_account_auth_token()

        account_info.set_auth_data(**self.auth())
        with repeating(use):
            for _ in range(PROCESSES):
                assert Child(use).result() == "token-0"
                assert use() == "token-0"
