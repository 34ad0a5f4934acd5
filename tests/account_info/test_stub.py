from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from b2sdk.account_info.stub import StubAccountInfo

BUCKET = SimpleNamespace(name="photos", id_="1")


@pytest.fixture
def info() -> StubAccountInfo:
    return StubAccountInfo()


def test_what_was_stored_is_in_the_attributes_and_the_getters(info: StubAccountInfo, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    assert {field: getattr(info, field) for field in auth} == auth
    assert info.get_account_auth_token() == "secret-token"
    read = [getattr(info, f"get_{field}")() for field in auth if field != "auth_token"]
    assert read == [value for field, value in auth.items() if field != "auth_token"]


def test_unset_values_are_none(info: StubAccountInfo) -> None:
    assert info.get_account_id() is None
    assert info.get_s3_api_url() is None


def test_clear_unsets_all_values(info: StubAccountInfo, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    info.save_bucket(BUCKET)
    info.put_large_file_upload_url("f", "url", "token")
    info.clear()
    assert all(getattr(info, field) is None for field in auth)
    assert info.buckets == {}
    assert info.take_large_file_upload_url("f") == (None, None)


def test_saved_buckets_are_shown_as_pairs_but_never_looked_up(info: StubAccountInfo) -> None:
    info.save_bucket(BUCKET)
    info.remove_bucket_name("photos")
    assert info.buckets == {"1": BUCKET}
    assert info.list_bucket_names_ids() == [("photos", "1")]
    assert info.get_bucket_id_or_none_from_bucket_name("photos") is None
    assert info.get_bucket_name_or_none_from_bucket_id("1") is None


def test_a_refresh_only_forgets(info: StubAccountInfo) -> None:
    info.save_bucket(BUCKET)
    info.refresh_entire_bucket_name_cache([("a", "b")])
    assert info.list_bucket_names_ids() == []


def test_bucket_upload_data_is_the_saved_bucket(info: StubAccountInfo) -> None:
    info.save_bucket(BUCKET)
    assert info.get_bucket_upload_data("1") is BUCKET
    info.clear_bucket_upload_data("1")
    info.clear_bucket_upload_data("1")
    assert info.get_bucket_upload_data("1") == (None, None)


def test_bucket_upload_urls_are_not_kept(info: StubAccountInfo) -> None:
    info.put_bucket_upload_url("1", "url", "token")
    assert info.take_bucket_upload_url("1") == (None, None)


def test_large_file_upload_urls_are_kept_until_cleared(info: StubAccountInfo) -> None:
    info.put_large_file_upload_url("f", "url", "token")
    assert info.take_large_file_upload_url("f") == ("url", "token")
    info.put_large_file_upload_url("f", "url", "token")
    info.clear_large_file_upload_urls("f")
    assert info.take_large_file_upload_url("f") == (None, None)
