"""The contract of the interface, kept alike in memory and in a file."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from b2sdk.account_info.auth_data_keeper import AuthDataKeeper
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.exception import MissingAccountData

GETTERS = {
    "get_account_id": "account_id",
    "get_account_auth_token": "auth_token",
    "get_api_url": "api_url",
    "get_download_url": "download_url",
    "get_recommended_part_size": "recommended_part_size",
    "get_absolute_minimum_part_size": "absolute_minimum_part_size",
    "get_application_key": "application_key",
    "get_realm": "realm",
    "get_s3_api_url": "s3_api_url",
    "get_allowed": "allowed",
    "get_application_key_id": "application_key_id",
}

BUCKET = SimpleNamespace(name="photos", id_="1")


@pytest.fixture(params=["memory", "file"])
def info(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuthDataKeeper]:
    if request.param == "memory":
        yield InMemoryAccountInfo()
    else:
        kept = SqliteAccountInfo(tmp_path / "info")
        yield kept
        kept.close()


@pytest.mark.parametrize(("getter", "field"), GETTERS.items())
def test_each_getter_returns_what_was_stored(
    info: AuthDataKeeper, auth: dict[str, Any], getter: str, field: str
) -> None:
    info.set_auth_data(**auth)
    assert getattr(info, getter)() == auth[field]


@pytest.mark.parametrize("getter", GETTERS)
def test_each_getter_names_what_is_missing_and_logs_nothing(
    info: AuthDataKeeper, getter: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(MissingAccountData) as missing:
        getattr(info, getter)()
    assert missing.value.key == getter.removeprefix("get_")
    assert not caplog.records


def test_another_authorization_replaces_all_values(info: AuthDataKeeper, auth: dict[str, Any]) -> None:
    other = {field: value * 2 for field, value in auth.items() if field != "allowed"}
    info.set_auth_data(**auth)
    info.set_auth_data(**other, allowed=None)
    read = {field: getattr(info, getter)() for getter, field in GETTERS.items()}
    assert read == {**other, "allowed": info.DEFAULT_ALLOWED}


def test_changing_what_get_allowed_returned_changes_nothing(info: AuthDataKeeper, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    info.get_allowed()["buckets"].clear()
    assert info.get_allowed() == auth["allowed"]


def test_clear_forgets_everything(info: AuthDataKeeper, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    info.save_bucket(BUCKET)
    info.put_bucket_upload_url("1", "url", "token")
    info.put_large_file_upload_url("f", "url", "token")
    info.clear()
    with pytest.raises(MissingAccountData):
        info.get_account_id()
    assert info.list_bucket_names_ids() == []
    assert info.take_bucket_upload_url("1") == (None, None)
    assert info.take_large_file_upload_url("f") == (None, None)


def test_a_saved_bucket_is_found_by_name_and_by_id(info: AuthDataKeeper) -> None:
    info.save_bucket(BUCKET)
    assert info.get_bucket_id_or_none_from_bucket_name("photos") == "1"
    assert info.get_bucket_name_or_none_from_bucket_id("1") == "photos"
    assert info.list_bucket_names_ids() == [("photos", "1")]


def test_unknown_buckets_are_none(info: AuthDataKeeper) -> None:
    assert info.get_bucket_id_or_none_from_bucket_name("it's") is None
    assert info.get_bucket_name_or_none_from_bucket_id("it's") is None


def test_a_removed_bucket_is_gone_and_an_unknown_one_no_error(info: AuthDataKeeper) -> None:
    info.save_bucket(BUCKET)
    info.remove_bucket_name("videos")
    info.remove_bucket_name("photos")
    assert info.list_bucket_names_ids() == []


def test_refresh_replaces_all_buckets_and_takes_a_generator(info: AuthDataKeeper) -> None:
    info.save_bucket(BUCKET)
    info.refresh_entire_bucket_name_cache((name, name * 2) for name in "ba")
    assert info.list_bucket_names_ids() == [("b", "bb"), ("a", "aa")]


def test_a_bucket_may_be_any_object_even_a_class(info: AuthDataKeeper) -> None:
    class Videos:
        name = "videos"
        id_ = "2"

    info.save_bucket(Videos)
    assert info.list_bucket_names_ids() == [("videos", "2")]


def test_a_pickled_copy_has_the_data_but_no_upload_urls(info: AuthDataKeeper, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    info.put_bucket_upload_url("1", "url", "token")
    copied = pickle.loads(pickle.dumps(info))  # noqa: S301  # made here
    assert copied.get_account_auth_token() == "secret-token"
    assert copied.take_bucket_upload_url("1") == (None, None)
    assert info.take_bucket_upload_url("1") == ("url", "token")
