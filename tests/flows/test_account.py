from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock
from urllib.parse import unquote_plus

import pytest
from tests.conftest import STRICT_FRONT_ENDS, FrontEnd, HttpFrontEnd, authorize, restricted_to

import b2sdk.v2
import b2sdk.v3
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.v3.exception import (
    B2Error,
    BadRequest,
    BucketIdNotFound,
    InvalidArgument,
    InvalidAuthToken,
    MissingAccountData,
    NonExistentBucket,
    TransactionCapExceeded,
    Unauthorized,
)


def test_the_master_key_is_reported_by_the_account_id(api: Any, front_end: FrontEnd) -> None:
    assert api.get_account_id()
    assert api.account_info.get_application_key_id() == front_end.key_id
    assert api.account_info.get_application_key() == front_end.key
    assert api.account_info.get_realm() == front_end.realm


def test_key_and_realm_may_be_in_the_environment(
    api: Any, front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B2_APPLICATION_KEY_ID", front_end.key_id)
    monkeypatch.setenv("B2_APPLICATION_KEY", front_end.key)
    monkeypatch.setenv("B2_ENVIRONMENT", front_end.realm)
    token = api.account_info.get_account_auth_token()
    api.authorize_from_environment()
    assert api.account_info.get_account_auth_token() != token
    assert api.account_info.get_realm() == front_end.realm
    monkeypatch.delenv("B2_APPLICATION_KEY")
    with pytest.raises(MissingAccountData, match="B2_APPLICATION_KEY must be set"):
        api.authorize_from_environment()


def test_what_the_authorization_says_is_stored(api: Any) -> None:
    info = api.account_info
    assert info.get_api_url().startswith("http://")
    assert info.get_download_url().startswith("http://")
    assert info.get_s3_api_url().startswith("http")
    assert info.get_absolute_minimum_part_size() <= info.get_recommended_part_size()
    assert "listKeys" in info.get_allowed()["capabilities"]
    assert info.get_allowed()["namePrefix"] is None


def test_the_whole_response_is_available_after_an_authorization(api: Any) -> None:
    authorization = api.session.authorization
    assert authorization.account_id == api.get_account_id()
    assert authorization.application_key_expiration_timestamp is None
    assert authorization.auth_token not in repr(authorization)


def test_nothing_works_before_the_authorization(front_end: FrontEnd, surface: ModuleType) -> None:
    with front_end.connect(surface) as api, pytest.raises(MissingAccountData):
        api.list_buckets()


@pytest.mark.parametrize("code", ["email_not_verified", "no_payment_history", "unauthorized"])
@pytest.mark.parametrize("endpoint", ["b2_get_upload_url", "b2_upload_file"])
def test_what_another_token_would_not_change_is_not_sent_again(
    service: SimulatorServer, surface: ModuleType, code: str, endpoint: str
) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("test-bucket", "allPrivate")
        service.faults.add(ApiFault(endpoint=endpoint, status=401, code=code, message="not yet", count=9))
        with pytest.raises(Unauthorized, match="not yet") as caught:
            bucket.upload_bytes(b"", "file")
    assert caught.value.code == code
    assert [entry.endpoint for entry in service.journal.entries].count(endpoint) == 1


def test_without_a_stored_key_there_is_no_automatic_authorization(front_end: FrontEnd, surface: ModuleType) -> None:
    with front_end.connect(surface) as api:
        assert api.authorize_automatically() is False


def test_a_stored_key_authorizes_again(api: Any) -> None:
    before = api.account_info.get_account_auth_token()
    assert api.authorize_automatically() is True
    assert api.account_info.get_account_auth_token() != before


@pytest.mark.parametrize("wrong", ["id", "key"])
def test_wrong_credentials_are_refused(front_end: FrontEnd, surface: ModuleType, wrong: str) -> None:
    key_id = "nobody" if wrong == "id" else front_end.key_id
    key = "wrong-secret" if wrong == "key" else front_end.key
    with front_end.connect(surface) as api:
        with pytest.raises(Unauthorized) as caught:
            authorize(api, front_end, key_id, key)
        assert caught.value.server_status == 401
        assert "wrong-secret" not in str(caught.value)
        with pytest.raises(MissingAccountData):
            api.account_info.get_account_id()


def test_a_realm_that_is_neither_a_name_nor_a_url_is_refused_without_being_repeated(surface: ModuleType) -> None:
    api = surface.B2Api(surface.InMemoryAccountInfo())
    arguments = ("the-secret", "key-id", "x") if surface is b2sdk.v2 else ("key-id", "x", "the-secret")
    with pytest.raises(InvalidArgument) as caught:
        api.authorize_account(*arguments)
    assert "the-secret" not in str(caught.value)


def test_a_refused_call_says_what_the_key_may_do(api: Any, front_end: FrontEnd, surface: ModuleType) -> None:
    key = api.create_key(["listFiles", "readFiles"], "reader")
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        with pytest.raises(Unauthorized) as caught:
            restricted.create_bucket("some-bucket", "allPrivate")
    assert "for application key with capabilities 'listFiles,readFiles'" in str(caught.value)
    assert type(caught.value) is Unauthorized
    assert caught.value.code == "unauthorized"


def test_a_key_for_one_bucket_finds_it_without_asking(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    key = api.create_key(["readFiles"], "reader", **restricted_to(surface, bucket))
    with front_end.connect(surface, cache=surface.InMemoryCache()) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        found = restricted.get_bucket_by_name(bucket.name)
        assert (found.id_, found.name) == (bucket.id_, bucket.name)


def test_a_key_for_one_bucket_lists_it_by_name_and_by_id(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType, exception: ModuleType
) -> None:
    other = api.create_bucket("another-bucket", "allPrivate")
    key = api.create_key(["listBuckets", "readFiles"], "reader", **restricted_to(surface, bucket))
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        for wanted in ({"bucket_id": bucket.id_}, {"bucket_name": bucket.name}):
            assert [found.id_ for found in restricted.list_buckets(**wanted)] == [bucket.id_]
        for refused in ({"bucket_id": other.id_}, {"bucket_name": other.name}):
            with pytest.raises(exception.RestrictedBucket):
                restricted.list_buckets(**refused)


@pytest.mark.parametrize("name", ["a b", "c#d?e", "/f//g", "100%", "blå"])
def test_the_url_of_a_file_is_quoted_and_that_of_downloads(api: Any, bucket: Any, name: str) -> None:
    start = f"{api.account_info.get_download_url()}/file/{bucket.name}/"
    for url in (api.get_download_url_for_file_name(bucket.name, name), bucket.get_download_url(name)):
        assert url.startswith(start)
        quoted = url.removeprefix(start)
        assert unquote_plus(quoted) == name
        assert not {"#", "?", " "} & set(quoted)


def test_keys_are_listed_in_pages_and_each_page_when_it_is_needed(api: Any) -> None:
    for number in range(3):
        api.create_key(["readFiles"], f"key-{number}")
    api.DEFAULT_LIST_KEY_COUNT = 2
    with mock.patch.object(api.session.raw_api, "list_keys", wraps=api.session.raw_api.list_keys) as asked:
        keys = api.list_keys()
        assert asked.call_count == 0
        first = next(keys)
        assert asked.call_count == 1
        assert {"key-0", "key-1", "key-2"} <= {key.key_name for key in (first, *keys)}
        assert asked.call_count > 1


def test_a_refusal_without_words_is_reported_in_ours(service: SimulatorServer, surface: ModuleType) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        service.faults.add(ApiFault(endpoint="b2_list_buckets", status=401, code="unauthorized", message=""))
        with pytest.raises(Unauthorized, match=r"^unauthorized for application key with no restrictions"):
            api.list_buckets()


def test_another_bucket_is_refused_before_any_call(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType, exception: ModuleType
) -> None:
    key = api.create_key(["listBuckets", "readFiles"], "reader", **restricted_to(surface, bucket))
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        restricted.session.raw_api = None  # any call would fail on it
        for refused in (
            lambda: restricted.get_bucket_by_name("another-bucket"),
            lambda: restricted.get_bucket_by_id("another-id"),
            restricted.list_buckets,
            lambda: restricted.get_download_url_for_file_name("another-bucket", "file"),
        ):
            with pytest.raises(exception.RestrictedBucket):
                refused()


def test_a_key_for_a_bucket_that_is_gone_authorizes_and_says_so(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType, exception: ModuleType
) -> None:
    key = api.create_key(["readFiles"], "reader", **restricted_to(surface, bucket))
    api.delete_bucket(bucket)
    with front_end.connect(surface) as restricted:
        with pytest.raises(exception.RestrictedBucketMissing):
            authorize(restricted, front_end, key.id_, key.application_key)
        assert restricted.get_account_id() == api.get_account_id()


@pytest.mark.parametrize("count", [1, 2])
def test_a_key_that_the_newer_dialect_made_for_buckets_needs_it(service: SimulatorServer, count: int) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        buckets = [api.create_bucket(f"bucket-{n}-of-{count}", "allPrivate") for n in range(count)]
        key = api.create_key(["listBuckets"], "two", bucket_ids=[bucket.id_ for bucket in buckets])
    with front_end.connect(b2sdk.v3) as newer:
        authorize(newer, front_end, key.id_, key.application_key)
        assert {newer.get_bucket_by_name(bucket.name).id_ for bucket in buckets} == {bucket.id_ for bucket in buckets}
    refused = pytest.raises(BadRequest, match="not currently supported on API version 3")
    with front_end.connect(b2sdk.v2) as older, refused:
        authorize(older, front_end, key.id_, key.application_key)


def test_keys_are_created_listed_found_and_deleted(api: Any) -> None:
    created = [api.create_key(["readFiles"], f"key-{n}", valid_duration_seconds=60) for n in range(3)]
    api.DEFAULT_LIST_KEY_COUNT = 2
    listed = list(api.list_keys())
    assert {key.id_ for key in listed} == {key.id_ for key in created}
    assert all(not hasattr(key, "application_key") for key in listed)
    found = api.get_key(created[1].id_)
    assert found is not None
    assert found.as_dict()["keyName"] == "key-1"
    assert found.expiration_timestamp_millis is not None
    assert api.delete_key(created[1]).id_ == created[1].id_
    assert api.get_key(created[1].id_) is None, "the next key in order is another one"


@pytest.mark.parametrize("collected", [set, tuple, frozenset, lambda names: dict.fromkeys(names).keys()])
def test_capabilities_may_be_any_collection(collected: Callable[[list[str]], Any], api: Any) -> None:
    names = ["listFiles", "readFiles"]
    key = api.create_key(collected(names), "collected")
    assert sorted(key.capabilities) == names
    found = api.get_key(key.id_)
    assert found is not None
    assert sorted(found.capabilities) == names


@STRICT_FRONT_ENDS
def test_the_token_of_a_deleted_key_is_rejected(api: Any, front_end: FrontEnd, surface: ModuleType) -> None:
    key = api.create_key(["listBuckets"], "short-lived")
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        api.delete_key_by_id(key.id_)
        with pytest.raises((InvalidAuthToken, Unauthorized)):
            restricted.list_buckets()


def test_the_cache_is_emptied_when_the_account_changes(service: SimulatorServer, surface: ModuleType) -> None:
    with service.cloud.lock:
        other = service.cloud.keys.create_account()
    info = surface.InMemoryAccountInfo()
    api = surface.B2Api(info, cache=surface.AuthInfoCache(info))
    authorize(api, HttpFrontEnd(service.key_id, service.key, service.url))
    bucket = api.create_bucket("only-of-the-first", "allPrivate")
    assert info.get_bucket_id_or_none_from_bucket_name(bucket.name) == bucket.id_
    authorize(api, HttpFrontEnd(other.account_id, other.master_key.secret, service.url))
    assert info.get_bucket_id_or_none_from_bucket_name(bucket.name) is None
    with pytest.raises(NonExistentBucket):
        api.get_bucket_by_name(bucket.name)
    api.close()


def test_the_account_id_stands_for_the_master_key(front_end: FrontEnd, surface: ModuleType) -> None:
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        account_id = api.get_account_id()
        authorize(api, front_end, key_id=account_id)
        assert api.account_info.is_master_key()
        assert api.account_info.get_application_key_id() == account_id


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "bad_bucket_id", BucketIdNotFound),
        (400, "bad_request", BadRequest),
        (401, "unauthorized", Unauthorized),
        (401, "unsupported", Unauthorized),
        (403, "transaction_cap_exceeded", TransactionCapExceeded),
    ],
)
def test_each_documented_refusal_of_an_authorization_has_its_class_and_the_words_of_the_service(
    service: SimulatorServer, surface: ModuleType, status: int, code: str, expected: type[B2Error]
) -> None:
    refusal = ApiFault(endpoint="b2_authorize_account", status=status, code=code, message=f"the words for {code}")
    service.faults.add(refusal)
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(surface) as api:
        with pytest.raises(expected) as caught:
            authorize(api, front_end)
        error = caught.value
        assert (error.server_status, error.server_code) == (status, code)
        assert error.server_message == f"the words for {code}"
        assert not error.should_retry_http()
        with pytest.raises(MissingAccountData):
            api.account_info.get_account_id()
