"""The contract of account infos notices those that do not keep it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from b2sdk.account_info.auth_data import AuthData
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.exception import MissingAccountData
from b2sdk.testing.account_info import AccountInfoContract
from b2sdk.testing.children import Child
from b2sdk.testing.shared_account_info import SharedRenewalContract, SharedUploadUrlsContract

A_MOMENT = 0.002
"""What a round trip to a database takes, so that others have their turn."""


class StoresFieldByField(InMemoryAccountInfo):
    """As those did that kept each value under a key of its own."""

    def _store_auth_data(self, auth_data: AuthData) -> None:
        for name, value in auth_data._asdict().items():
            self._auth_data = (self._auth_data or auth_data)._replace(**{name: value})
            time.sleep(A_MOMENT)


class StoresInTheOtherOrder(InMemoryAccountInfo):
    def _store_auth_data(self, auth_data: AuthData) -> None:
        for name, value in reversed(auth_data._asdict().items()):
            self._auth_data = (self._auth_data or auth_data)._replace(**{name: value})
            time.sleep(A_MOMENT)


class DeletesThenInserts(InMemoryAccountInfo):
    def _store_auth_data(self, auth_data: AuthData) -> None:
        self._auth_data = None
        time.sleep(A_MOMENT)
        self._auth_data = auth_data


class LooksThenTakes(InMemoryAccountInfo):
    """Reads what is there, and deletes it afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self._urls: list[tuple[str, str]] = []

    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._urls.append((upload_url, upload_auth_token))

    def take_bucket_upload_url(self, bucket_id: str) -> tuple[str, str] | tuple[None, None]:
        if not self._urls:
            return None, None
        pair = self._urls[-1]
        time.sleep(A_MOMENT)
        if pair in self._urls:
            self._urls.remove(pair)
        return pair


class MixesTargets(InMemoryAccountInfo):
    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        return self.take_bucket_upload_url(file_id)

    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        self.put_bucket_upload_url(file_id, upload_url, upload_auth_token)


class IgnoresCase(InMemoryAccountInfo):
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return super().get_bucket_name_or_none_from_bucket_id(bucket_id.lower())


class RaisesKeyError(InMemoryAccountInfo):
    def get_realm(self) -> str:
        try:
            return super().get_realm()
        except MissingAccountData as error:
            raise KeyError("realm") from error


class HandsOutItsOwn(InMemoryAccountInfo):
    def get_allowed(self) -> dict[str, Any]:
        return self._load_stored("allowed").allowed


class ForgetsUrlsOnly(InMemoryAccountInfo):
    def clear(self) -> None:
        self._drop_upload_urls()


class RefreshesInPlace(InMemoryAccountInfo):
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Any) -> None:
        self._ids_by_name.clear()
        self._ids_by_name.update(name_id_iterable)


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (StoresFieldByField, "test_readers_never_see_an_authorization_in_part"),
        (StoresInTheOtherOrder, "test_readers_never_see_an_authorization_in_part"),
        (DeletesThenInserts, "test_readers_never_see_an_authorization_in_part"),
        (LooksThenTakes, "test_threads_never_get_the_same_upload_url"),
        (LooksThenTakes, "test_a_forked_process_never_gets_the_same_upload_url"),
        (LooksThenTakes, "test_clearing_forgets_everything"),
        (MixesTargets, "test_upload_urls_are_told_apart_by_what_they_are_for"),
        (IgnoresCase, "test_a_saved_bucket_is_found_by_name_and_by_id"),
        (RaisesKeyError, "test_data_is_missing_before_it_is_stored"),
        (HandsOutItsOwn, "test_what_a_getter_returned_can_be_changed_without_harm"),
        (ForgetsUrlsOnly, "test_clearing_forgets_everything"),
        (RefreshesInPlace, "test_a_generator_that_fails_changes_nothing"),
    ],
)
def test_a_broken_account_info_is_found_out(broken: type[InMemoryAccountInfo], test: str) -> None:
    getattr(AccountInfoContract(), test)(InMemoryAccountInfo())
    with pytest.raises((AssertionError, MissingAccountData, KeyError)):
        getattr(AccountInfoContract(), test)(broken())


@pytest.mark.parametrize(
    "test",
    [
        "test_another_object_sees_the_same",
        "test_another_process_sees_the_same",
        "test_names_of_buckets_that_several_processes_save_are_all_there",
        "test_another_process_takes_what_this_one_has_put",
    ],
)
def test_an_account_info_that_shares_nothing_is_found_out(test: str) -> None:
    with pytest.raises((AssertionError, MissingAccountData)):
        getattr(SharedUploadUrlsContract(), test)(InMemoryAccountInfo)


def test_upload_urls_that_outlive_their_authorization_are_found_out() -> None:
    info = InMemoryAccountInfo()
    with pytest.raises(AssertionError):
        SharedUploadUrlsContract().test_upload_urls_end_with_their_authorization(lambda: info)


def test_a_renewal_that_lets_everybody_in_is_found_out() -> None:
    class Open(InMemoryAccountInfo):
        @contextmanager
        def renewing(self, rejected_token: str | None = None) -> Iterator[None]:
            time.sleep(A_MOMENT)
            yield

    class Contract(SharedRenewalContract):
        def renewal(self, info: Any) -> Any:
            return info

    with pytest.raises(AssertionError):
        Contract().test_one_process_of_several_replaces_a_token(Open)


def test_what_fails_in_a_child_fails_the_test() -> None:
    assert Child(lambda: [1, "two"]).result() == [1, "two"]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        Child(lambda: 1 // 0).result()
