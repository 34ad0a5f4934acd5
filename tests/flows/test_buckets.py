from __future__ import annotations

from collections import ChainMap, OrderedDict, UserDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import STRICT_FRONT_ENDS, FrontEnd, HttpFrontEnd, authorize

import b2sdk.v2.exception
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    SSE_B2_AES,
    SSE_NONE,
    BucketRetentionSetting,
    EncryptionMode,
    RetentionMode,
    RetentionPeriod,
)
from b2sdk.v3.exception import (
    BadJson,
    BadRequest,
    BucketIdNotFound,
    Conflict,
    DisablingFileLockNotSupported,
    DuplicateBucketName,
    NonExistentBucket,
    UnexpectedCloudBehaviour,
    WrongEncryptionModeForBucketDefault,
)


def test_a_new_bucket_is_described_whole(api: Any) -> None:
    bucket = api.create_bucket(
        "described-bucket",
        "allPrivate",
        bucket_info={"color": "blue"},
        lifecycle_rules=[{"fileNamePrefix": "tmp/", "daysFromHidingToDeleting": 1}],
        is_file_lock_enabled=True,
    )
    described = bucket.as_dict()
    assert described.keys() == {
        "accountId",
        "bucketId",
        "bucketName",
        "bucketType",
        "bucketInfo",
        "corsRules",
        "lifecycleRules",
        "revision",
        "options",
        "defaultServerSideEncryption",
        "isFileLockEnabled",
        "defaultRetention",
        "replication",
    }
    assert described["lifecycleRules"] == bucket.lifecycle_rules
    assert described["corsRules"] == bucket.cors_rules
    assert (described["revision"], described["options"]) == (bucket.revision, bucket.options_set)
    assert described["defaultRetention"] == {"mode": None}
    assert described["bucketName"] == "described-bucket"
    assert described["bucketType"] == "allPrivate"
    assert described["bucketInfo"] == {"color": "blue"}
    assert described["accountId"] == api.get_account_id()
    assert described["isFileLockEnabled"] is True
    assert described["defaultServerSideEncryption"] == {"mode": "SSE-B2", "algorithm": "AES256"}
    assert bucket.lifecycle_rules[0]["fileNamePrefix"] == "tmp/"
    assert repr(bucket) == f"Bucket<{bucket.id_},described-bucket,allPrivate>"


def test_buckets_are_listed_by_name(api: Any) -> None:
    for name in ("bucket-b", "bucket-a", "bucket-c"):
        api.create_bucket(name, "allPrivate")
    assert [bucket.name for bucket in api.list_buckets()] == ["bucket-a", "bucket-b", "bucket-c"]
    assert [bucket.name for bucket in api.list_buckets(bucket_name="bucket-b")] == ["bucket-b"]
    assert api.list_buckets(bucket_name="bucket-x") == []


def test_known_buckets_are_found_by_name_and_by_id_without_asking(
    api: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    ids = {name: api.create_bucket(name, "allPrivate").id_ for name in ("bucket-a", "bucket-b")}
    with front_end.connect(surface, cache=surface.InMemoryCache()) as other:
        authorize(other, front_end)
        other.list_buckets()
        other.session.raw_api = None  # any call would fail on it
        for known, names in (
            (other.list_buckets(bucket_name="bucket-b", use_cache=True), ["bucket-b"]),
            (other.list_buckets(bucket_id=ids["bucket-a"], use_cache=True), ["bucket-a"]),
            (other.list_buckets(use_cache=True), ["bucket-a", "bucket-b"]),
        ):
            assert {bucket.name: bucket.id_ for bucket in known} == {name: ids[name] for name in names}


def test_name_and_id_together_are_refused(api: Any) -> None:
    with pytest.raises(ValueError, match="Provide either bucket_name or bucket_id, not both"):
        api.list_buckets(bucket_name="a", bucket_id="b")


def test_a_bucket_is_found_by_name_and_by_id(api: Any, bucket: Any) -> None:
    assert api.get_bucket_by_name(bucket.name).id_ == bucket.id_
    assert api.get_bucket_by_id(bucket.id_).name == bucket.name


def test_a_bucket_that_does_not_exist_is_reported_by_class(
    api: Any, surface: ModuleType, exception: ModuleType
) -> None:
    with pytest.raises(NonExistentBucket, match="No such bucket: nowhere-bucket"):
        api.get_bucket_by_name("nowhere-bucket")
    with pytest.raises(exception.BucketIdNotFound) as caught:
        api.get_bucket_by_id("0123456789abcdef01234567")
    assert caught.value.bucket_id == "0123456789abcdef01234567"
    assert isinstance(caught.value, BadRequest) == (exception is b2sdk.v2.exception)


def test_a_cached_bucket_costs_no_call(front_end: FrontEnd, surface: ModuleType) -> None:
    with front_end.connect(surface, cache=surface.InMemoryCache()) as api:
        authorize(api, front_end)
        made = api.create_bucket("cached-bucket", "allPrivate")
        api.session.raw_api = None  # any call would fail on it
        found = api.get_bucket_by_name("cached-bucket")
        assert (found.id_, found.name, found.type_) == (made.id_, "cached-bucket", None)
        assert [bucket.id_ for bucket in api.list_buckets(use_cache=True)] == [made.id_]


@pytest.mark.parametrize("wrong", [None, 1, b"test-bucket"])
def test_what_is_no_name_and_no_id_is_refused_before_a_request(api: Any, bucket: Any, wrong: Any) -> None:
    api.session.raw_api = None  # any call would fail on it
    with pytest.raises(TypeError, match="bucket_name must be str"):
        api.get_bucket_by_name(wrong)
    with pytest.raises(TypeError, match="bucket_id must be str"):
        api.get_bucket_by_id(wrong)
    with pytest.raises(TypeError, match="bucket_name must be str"):
        api.get_file_info_by_name(wrong, "file")


def test_an_empty_name_is_no_buckets_and_an_empty_id_neither(
    front_end: FrontEnd, surface: ModuleType, exception: ModuleType
) -> None:
    with front_end.connect(surface, cache=surface.InMemoryCache()) as api:
        authorize(api, front_end)
        api.create_bucket("some-bucket", "allPrivate")
        with pytest.raises((NonExistentBucket, BadRequest)):
            api.get_bucket_by_name("")
        with pytest.raises((exception.BucketIdNotFound, BadRequest)):
            api.get_bucket_by_id("")


def test_a_filter_that_the_service_ignores_gives_no_other_bucket(api: Any, bucket: Any, exception: ModuleType) -> None:
    raw = api.session.raw_api
    whole = raw.list_buckets
    raw.list_buckets = lambda api_url, token, account_id, **_filters: whole(api_url, token, account_id)
    api.cache.clear()
    with pytest.raises(NonExistentBucket):
        api.get_bucket_by_name("other-bucket")
    with pytest.raises(exception.BucketIdNotFound):
        api.get_bucket_by_id("other-id")
    assert api.get_bucket_by_name(bucket.name.upper()).id_ == bucket.id_  # case does not matter
    assert bucket.get_fresh_state().id_ == api.get_bucket_by_id(bucket.id_).id_ == bucket.id_


@pytest.mark.parametrize("id_", ["other-id", None])
def test_a_bucket_that_a_program_made_of_a_wrong_id_is_not_found(
    bucket: Any, id_: str | None, exception: ModuleType
) -> None:
    with pytest.raises(exception.BucketIdNotFound):
        type(bucket)(bucket.api, id_).get_fresh_state()


def test_another_file_version_than_was_asked_for_is_an_error(api: Any, bucket: Any) -> None:
    asked, other = (bucket.upload_bytes(b"content", name) for name in ("asked", "other"))
    raw = api.session.raw_api
    of_id = raw.get_file_info_by_id
    raw.get_file_info_by_id = lambda api_url, token, _file_id: of_id(api_url, token, other.id_)
    with pytest.raises(UnexpectedCloudBehaviour, match=f"'{asked.id_}' was asked for"):
        api.get_file_info(asked.id_)


USES: dict[str, Callable[[Any], object]] = {
    "upload": lambda bucket: bucket.upload_bytes(b"content", "file"),
    "listing": lambda bucket: list(bucket.ls()),
    "update": lambda bucket: bucket.update(bucket_info={"a": "b"}),
    "fresh state": lambda bucket: bucket.get_fresh_state(),
    "copy": lambda bucket: bucket.copy(bucket.api.source_id, "copy"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("has_upload_url", [False, True])
def test_a_bucket_that_was_created_again_elsewhere_is_found_again_by_its_name(
    service: SimulatorServer, surface: ModuleType, use: str, has_upload_url: bool
) -> None:
    # In process, as in that of b2sdk, the refusal takes the id for a name.
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(surface) as api, front_end.connect(surface) as here:
        authorize(api, front_end)
        old = api.create_bucket("renewed-bucket", "allPrivate")
        kept = api.create_bucket("other-bucket", "allPrivate")
        here.session.cache = surface.AuthInfoCache(here.account_info)
        authorize(here, front_end)
        bucket = here.get_bucket_by_name("renewed-bucket")
        here.get_bucket_by_name("other-bucket")
        here.source_id = kept.upload_bytes(b"content", "source").id_
        if has_upload_url:
            bucket.upload_bytes(b"content", "file").delete()
        api.delete_bucket(old)
        renewed = api.create_bucket("renewed-bucket", "allPrivate")
        stale = here.get_bucket_by_name("renewed-bucket")
        assert stale.id_ == old.id_
        with pytest.raises(BucketIdNotFound):
            USES[use](stale)
        assert here.cache.list_bucket_names_ids() == [("other-bucket", kept.id_)]
        found = here.get_bucket_by_name("renewed-bucket")
        assert found.id_ == renewed.id_
        USES[use](found)


def test_a_taken_name_is_refused(api: Any, bucket: Any) -> None:
    with pytest.raises(DuplicateBucketName, match=f"Bucket name is already in use: {bucket.name}"):
        api.create_bucket(bucket.name, "allPrivate")


def test_a_name_of_other_characters_is_refused(api: Any, front_end: FrontEnd) -> None:
    with pytest.raises(BadJson if front_end.is_forgiving else BadRequest):
        api.create_bucket("has_underscore", "allPrivate")


@STRICT_FRONT_ENDS
@pytest.mark.parametrize("name", ["has_underscore", "b2-reserved", "x" * 64, "short"])
def test_an_illegal_name_is_refused(api: Any, name: str) -> None:
    with pytest.raises(BadRequest, match=f"illegal bucket name: {name}"):
        api.create_bucket(name, "allPrivate")


def test_an_update_changes_what_is_given_and_nothing_else(bucket: Any) -> None:
    updated = bucket.update(bucket_type="allPublic", bucket_info={"a": "1"})
    assert (updated.type_, updated.bucket_info) == ("allPublic", {"a": "1"})
    assert updated.revision == bucket.revision + 1
    assert bucket.bucket_info == {}, "the object at hand stays as it is"
    again = updated.set_type("allPrivate")
    assert (again.type_, again.bucket_info) == ("allPrivate", {"a": "1"})


def test_an_empty_value_clears(bucket: Any, front_end: FrontEnd) -> None:
    changed = bucket.set_info({"a": "1"})
    if front_end.is_forgiving:
        with pytest.raises(AssertionError):
            changed.set_info({})
        cleared = changed.update(bucket_type="allPublic", bucket_info={})
    else:
        cleared = changed.set_info({})
    assert cleared.bucket_info == {}


@pytest.mark.parametrize("mapping", [UserDict, OrderedDict, ChainMap])
def test_a_rule_may_be_a_mapping_of_any_class(mapping: Any, api: Any, bucket: Any) -> None:
    rule = {"fileNamePrefix": "a/", "daysFromHidingToDeleting": 1, "daysFromUploadingToHiding": 2}
    created = api.create_bucket("lifecycle-of-rules", "allPrivate", lifecycle_rules=[mapping(rule)])
    bucket.update(lifecycle_rules=[mapping(rule)])
    for described in (created, bucket.get_fresh_state()):
        (known,) = described.lifecycle_rules
        assert dict(known).items() >= rule.items()


@pytest.mark.parametrize("flag", [1, 0])
def test_a_flag_may_be_a_number(flag: int, api: Any) -> None:
    bucket = api.create_bucket("flagged-bucket", "allPrivate", is_file_lock_enabled=flag)
    assert bucket.is_file_lock_enabled == bool(flag)
    version = bucket.upload_bytes(b"content", "file")
    assert api.delete_file_version(version.id_, "file", bypass_governance=flag).file_id == version.id_


def test_an_update_without_anything_to_update_is_refused(bucket: Any) -> None:
    with pytest.raises(AssertionError):
        bucket.update()


def test_an_update_on_an_old_revision_is_a_conflict(bucket: Any) -> None:
    bucket.set_info({"a": "1"}, if_revision_is=bucket.revision)
    with pytest.raises(Conflict):
        bucket.set_info({"a": "2"}, if_revision_is=bucket.revision)
    assert bucket.get_fresh_state().bucket_info == {"a": "1"}


@STRICT_FRONT_ENDS
def test_default_retention_needs_file_lock(bucket: Any) -> None:
    retention = BucketRetentionSetting(RetentionMode.GOVERNANCE, RetentionPeriod(days=2))
    with pytest.raises(BadRequest) as caught:
        bucket.update(default_retention=retention)
    assert caught.value.code == "bucket_missing_file_lock"
    locked = bucket.update(is_file_lock_enabled=True, default_retention=retention)
    assert (locked.is_file_lock_enabled, locked.default_retention) == (True, retention)
    with pytest.raises(DisablingFileLockNotSupported):
        locked.update(is_file_lock_enabled=False)


def test_only_sse_b2_can_be_the_default(api: Any, bucket: Any) -> None:
    with pytest.raises(WrongEncryptionModeForBucketDefault):
        api.create_bucket("unencrypted-bucket", "allPrivate", default_server_side_encryption=SSE_NONE)
    assert bucket.update(default_server_side_encryption=SSE_B2_AES).default_server_side_encryption == SSE_B2_AES


def test_a_key_that_may_not_see_settings_sees_that_they_are_unknown(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    key = api.create_key(["listBuckets"], "lister")
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        (seen,) = restricted.list_buckets()
    assert seen.id_ == bucket.id_
    assert seen.default_server_side_encryption.mode is EncryptionMode.UNKNOWN
    assert seen.is_file_lock_enabled is None


def test_a_bucket_with_files_cannot_be_deleted(api: Any, bucket: Any, front_end: FrontEnd) -> None:
    version = bucket.upload_bytes(b"x", "file")
    if not front_end.is_forgiving:
        with pytest.raises(BadRequest) as caught:
            api.delete_bucket(bucket)
        assert caught.value.code == "cannot_delete_non_empty_bucket"
        version.delete()
    api.delete_bucket(bucket)
    assert api.list_buckets() == []


def test_a_deleted_bucket_has_no_fresh_state(api: Any, bucket: Any, surface: ModuleType, exception: ModuleType) -> None:
    api.delete_bucket(bucket)
    with pytest.raises(exception.BucketIdNotFound):
        bucket.get_fresh_state()
