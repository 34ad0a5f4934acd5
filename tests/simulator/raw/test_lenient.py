"""What the simulator in the process takes, since that of b2sdk 2.13 does, and a strict one refuses as the service."""

from __future__ import annotations

import hashlib
from collections import UserDict
from collections.abc import Callable
from io import BytesIO
from typing import Any
from unittest import mock

import pytest
from tests.simulator.raw.test_raw_simulator import Account

from b2sdk.exception import (
    B2Error,
    BadRequest,
    FileNotPresent,
    InvalidAuthToken,
    NonExistentBucket,
    PartSha1Mismatch,
    ServiceError,
    Unauthorized,
    WrongEncryptionSettingForFileWrite,
)
from b2sdk.progress import AbstractProgressListener
from b2sdk.raw_api.endpoints import MetadataDirectiveMode
from b2sdk.simulator import Policy, RawSimulator
from b2sdk.v2 import raw_simulator as of_v2
from b2sdk.v3 import B2Api, B2HttpApiConfig, InMemoryAccountInfo
from b2sdk.values.encryption import (
    SSE_B2_AES,
    SSE_NONE,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)
from b2sdk.values.file_lock import (
    NO_RETENTION_FILE_SETTING,
    BucketRetentionSetting,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
    RetentionPeriod,
)

SHORT_KEY = EncryptionSetting(
    EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(secret=b"some_key", key_id="some-id")
)


class StrictSimulator(RawSimulator):
    POLICY = Policy()


class StrictAccount(Account):
    simulator = StrictSimulator


def sha1(body: bytes) -> str:
    return hashlib.sha1(body).hexdigest()


def upload(account: Account, name: str = "name", body: bytes = b"hello", **settings: Any) -> Any:
    return account.upload(bucket_of(account), name, body, **settings)


def upload_with(account: Account, content_type: Any = "text/plain", info: Any = None, name: str = "name") -> Any:
    url = account.raw.get_upload_url(*account.where, bucket_of(account))
    return account.raw.upload_file(
        url["uploadUrl"], url["authorizationToken"], name, 1, content_type, sha1(b"x"), info or {}, BytesIO(b"x")
    )


def bucket_of(account: Account) -> str:
    known = account.raw.bucket_name_to_bucket.get("my-bucket")
    return account.bucket() if known is None else known.bucket_id


def start(account: Account) -> str:
    return str(account.raw.start_large_file(*account.where, bucket_of(account), "large", "a/b", {})["fileId"])


def upload_part(account: Account, file_id: str, number: int, body: bytes, announced: str | None = None) -> Any:
    url = account.raw.get_upload_part_url(*account.where, file_id)
    return account.raw.upload_part(
        url["uploadUrl"], url["authorizationToken"], number, len(body), announced or sha1(body), BytesIO(body)
    )


def finish_empty(account: Account) -> Any:
    file_id = start(account)
    upload_part(account, file_id, 1, b"x" * 200)
    upload_part(account, file_id, 2, b"")
    return account.raw.finish_large_file(*account.where, file_id, [sha1(b"x" * 200), sha1(b"")])


def update(account: Account, **changes: Any) -> Any:
    return account.raw.update_bucket(*account.where, account.account_id, bucket_of(account), **changes)


def create(account: Account, name: str, **settings: Any) -> Any:
    return account.raw.create_bucket(*account.where, account.account_id, name, "allPrivate", **settings)


def create_key(account: Account, capabilities: list[str], seconds: float | None = None) -> Any:
    lifetime: Any = seconds  # whose annotation is `int`
    return account.raw.create_key(*account.where, account.account_id, capabilities, "key", lifetime, None, None)


def copy(account: Account, **settings: Any) -> Any:
    file_id = upload(account)["fileId"]
    return account.raw.copy_file(*account.where, file_id, "copy", **settings)


def hidden(account: Account) -> Any:
    upload(account)
    account.raw.hide_file(*account.where, bucket_of(account), "name")
    return account.raw.get_file_info_by_name(account.raw.DOWNLOAD_URL, account.token, "my-bucket", "name")


def download(account: Account, token: str | None) -> bytes:
    url = account.raw.get_download_url_by_id(account.raw.DOWNLOAD_URL, upload(account)["fileId"])
    with account.raw.download_file_from_url(token, url) as response:
        return b"".join(response.iter_content(10))


def download_with_a_weak_key(account: Account) -> bytes:
    key = create_key(account, ["listBuckets"])
    weak = account.raw.authorize_account("x", key["applicationKeyId"], key["applicationKey"])
    return download(account, weak["authorizationToken"])


def page(account: Account) -> Any:
    return account.raw.list_unfinished_large_files(*account.where, bucket_of(account), None, 1000)


def list_with(account: Account, seconds: int | None, end: Callable[[Account, str], Any]) -> Any:
    """List the files with a key that has come to its end by then."""
    key = create_key(account, ["listFiles"], seconds)
    token = account.raw.authorize_account("x", key["applicationKeyId"], key["applicationKey"])["authorizationToken"]
    end(account, key["applicationKeyId"])
    return account.raw.list_file_names(account.raw.API_URL, token, bucket_of(account))


def delete_key(account: Account, token: str) -> Any:
    key_id = create_key(account, ["listFiles"])["applicationKeyId"]
    return account.raw.delete_key(account.raw.API_URL, token, key_id)


def lock_a_hide_marker(account: Account) -> Any:
    bucket_id = create(account, "my-bucket", is_file_lock_enabled=True)["bucketId"]
    upload(account)
    marker = account.raw.hide_file(*account.where, bucket_id, "name")
    return account.raw.update_file_legal_hold(*account.where, marker["fileId"], "name", LegalHold.ON)


YEARS = BucketRetentionSetting(RetentionMode.COMPLIANCE, RetentionPeriod(years=70))
DAYS = BucketRetentionSetting(RetentionMode.GOVERNANCE, RetentionPeriod(days=2))
CALLS: dict[str, Callable[[Account], Any]] = {
    "a short customer key": lambda account: upload(account, server_side_encryption=SHORT_KEY),
    "file info longer than headers": lambda account: upload_with(account, info={"key": "v" * 7_500}),
    "file info of a reserved name": lambda account: upload_with(account, info={"b2-unknown": "x"}),
    "file info of a bad name": lambda account: upload_with(account, info={"a b": "x"}),
    "a long file name": lambda account: upload_with(account, name="é" * 600),
    "a control character": lambda account: upload_with(account, name="a\x01"),
    "no file name": lambda account: upload_with(account, name=""),
    "an empty content type": lambda account: upload_with(account, ""),
    "a time to come": lambda account: upload(account, custom_upload_timestamp=9_999_999_999_999),
    "no retention, spelled out": lambda account: upload(account, file_retention=NO_RETENTION_FILE_SETTING),
    "a retention without file lock": lambda account: upload(
        account, file_retention=FileRetentionSetting(RetentionMode.GOVERNANCE, 5)
    ),
    "a default retention without file lock": lambda account: update(account, default_retention=DAYS),
    "a default retention of 70 years": lambda account: (
        create(account, "my-bucket", is_file_lock_enabled=True),
        update(account, default_retention=YEARS),
    ),
    "bucket info of a bad name": lambda account: create(account, "my-bucket", bucket_info={"a b": "x"}),
    "much bucket info": lambda account: update(account, bucket_info={f"key{number}": "x" for number in range(11)}),
    "names that differ in case": lambda account: (create(account, "my-bucket"), create(account, "MY-bucket")),
    "a long bucket name": lambda account: create(account, "b" * 64),
    "a reserved bucket name": lambda account: create(account, "b2-bucket"),
    "a key that lives 1000 days": lambda account: create_key(account, ["listFiles"], 86_400_000),
    "a long download authorization": lambda account: account.raw.get_download_authorization(
        *account.where, bucket_of(account), "", 604_801
    ),
    "a life of a key computed of a duration": lambda account: create_key(account, ["listFiles"], 3600.0),
    "a part of a second": lambda account: account.raw.get_download_authorization(
        *account.where,
        bucket_of(account),
        "",
        3599.9,  # type: ignore[arg-type]
    ),
    "a duration of a float": lambda account: update(
        account,
        default_retention=BucketRetentionSetting(RetentionMode.GOVERNANCE, RetentionPeriod(days=2.0)),  # type: ignore[arg-type]
    ),
    "an empty part": finish_empty,
    "a large page": page,
    "file info without a directive": lambda account: copy(account, file_info={"a": "b"}),
    "a copy to where a name is bad": lambda account: account.raw.copy_file(
        *account.where, upload(account)["fileId"], "a\x01"
    ),
    "a finished file to cancel": lambda account: account.raw.cancel_large_file(
        *account.where, upload(account)["fileId"]
    ),
    "the headers of a hidden file": hidden,
    "a token that nobody gave out": lambda account: download(account, "anything"),
    "no token": lambda account: download(account, None),
    "a token for something else": download_with_a_weak_key,
    "a token of a key that was deleted": lambda account: list_with(
        account, None, lambda _, key_id: account.raw.delete_key(*account.where, key_id)
    ),
    "a token of a key that has expired": lambda account: list_with(
        account, 1, lambda *_: account.raw.cloud.clock.advance(2000)
    ),
    "a key deleted with any token": lambda account: delete_key(account, "anything"),
    "a hide marker to lock": lock_a_hide_marker,
}


@pytest.mark.parametrize("name", CALLS)
def test_what_the_service_refuses_is_taken_in_the_process_unless_the_policy_is_strict(name: str) -> None:
    assert CALLS[name](Account())
    with pytest.raises(B2Error):
        CALLS[name](StrictAccount())


def test_fractions_of_durations_and_of_sizes_of_pages_are_dropped(account: Account) -> None:
    upload(account)
    update(account, default_retention=BucketRetentionSetting(RetentionMode.GOVERNANCE, RetentionPeriod(days=2.9)))  # type: ignore[arg-type]
    bucket = account.raw.bucket_name_to_bucket["my-bucket"]
    assert bucket.default_retention.period == RetentionPeriod(days=2)
    assert len(account.raw.list_file_names(*account.where, bucket.bucket_id, max_file_count=1.5)["files"]) == 1  # type: ignore[arg-type]


def test_any_mapping_is_the_info_of_a_bucket(account: Account) -> None:
    assert create(account, "my-bucket", bucket_info=UserDict(a="b"))["bucketInfo"] == {"a": "b"}
    update(account, bucket_info=UserDict(c="d"))
    listed = account.raw.list_buckets(*account.where, account.account_id)["buckets"]
    assert [bucket["bucketInfo"] for bucket in listed] == [{"c": "d"}]


def test_the_info_of_a_bucket_is_not_that_of_the_caller(account: Account) -> None:
    info = {"a": "b"}
    create(account, "my-bucket", bucket_info=info)
    info["c"] = "d"
    listed = account.raw.list_buckets(*account.where, account.account_id)["buckets"]
    assert [bucket["bucketInfo"] for bucket in listed] == [{"a": "b"}]


def test_part_sizes_are_small_in_a_strict_simulator_too() -> None:
    policy = StrictSimulator().cloud.policy
    assert (policy.minimum_part_size, policy.recommended_part_size, policy.minimum_parts) == (200, 200, 2)


# --- what comes of it ---


@pytest.fixture
def account() -> Account:
    return Account()


def test_what_is_encrypted_with_a_short_key_is_read_with_it(account: Account) -> None:
    file_id = upload(account, server_side_encryption=SHORT_KEY)["fileId"]
    url = account.raw.get_download_url_by_id(account.raw.DOWNLOAD_URL, file_id)
    with account.raw.download_file_from_url(account.token, url, encryption=SHORT_KEY) as response:
        assert b"".join(response.iter_content(10)) == b"hello"


def test_a_hide_marker_is_reported_of_by_its_name(account: Account) -> None:
    headers = hidden(account)
    assert headers == {
        "content-length": "0",
        "content-type": None,
        "x-bz-content-sha1": "none",
        "x-bz-file-id": "9998",
        "x-bz-file-name": "name",
        "x-bz-upload-timestamp": "5001",
    }


def test_an_unfinished_large_file_is_reported_of_before_the_file_below_it(account: Account) -> None:
    upload(account, "large")
    file_id = start(account)
    headers = account.raw.get_file_info_by_name(account.raw.DOWNLOAD_URL, account.token, "my-bucket", "large")
    assert (headers["x-bz-file-id"], headers["content-type"], headers["content-length"]) == (file_id, "a/b", "0")
    assert account.raw.list_file_names(*account.where, bucket_of(account))["files"][0]["contentLength"] == 5


def test_a_name_that_nobody_used_is_not_there(account: Account) -> None:
    bucket_of(account)
    with pytest.raises(FileNotPresent):
        account.raw.get_file_info_by_name(account.raw.DOWNLOAD_URL, account.token, "my-bucket", "name")


@pytest.mark.parametrize(
    ("hold", "told"), [(None, None), (LegalHold.UNSET, None), (LegalHold.OFF, "off"), (LegalHold.ON, "on")]
)
def test_a_legal_hold_is_reported_as_it_was_given(account: Account, hold: LegalHold | None, told: str | None) -> None:
    assert upload(account, legal_hold=hold)["legalHold"]["value"] == told


def test_a_file_without_a_content_type_has_none(account: Account) -> None:
    assert upload_with(account, None)["contentType"] is None


@pytest.mark.parametrize(("given", "kept"), [(None, {"a": "b"}), ({}, {"a": "b"}), ({"c": "d"}, {"c": "d"})])
def test_a_copy_that_gives_no_file_info_keeps_it(account: Account, given: Any, kept: dict[str, str]) -> None:
    file_id = upload_with(account, info={"a": "b"})["fileId"]
    replace = MetadataDirectiveMode.REPLACE
    answer = account.raw.copy_file(*account.where, file_id, "copy", None, replace, "x/y", given)
    assert answer["fileInfo"] == kept == account.raw.cloud.state.files[answer["fileId"]].info


def test_a_strict_copy_that_gives_no_file_info_has_none() -> None:
    account = StrictAccount()
    file_id = upload_with(account, info={"a": "b"})["fileId"]
    replace = MetadataDirectiveMode.REPLACE
    assert account.raw.copy_file(*account.where, file_id, "copy", None, replace, "x/y")["fileInfo"] == {}


@pytest.mark.parametrize("setting", [SSE_NONE, SHORT_KEY])
def test_a_part_needs_an_encryption_that_can_be_written(account: Account, setting: EncryptionSetting) -> None:
    file_id = start(account)
    url = account.raw.get_upload_part_url(*account.where, file_id)["uploadUrl"]
    sent = (url, url, 1, 1, sha1(b"x"), BytesIO(b"x"), setting)
    if setting is SSE_NONE:
        with pytest.raises(WrongEncryptionSettingForFileWrite):
            account.raw.upload_part(*sent)
    else:
        assert account.raw.upload_part(*sent)["partNumber"] == 1


def test_a_copy_to_another_bucket_leaves_ids_of_files_there(account: Account) -> None:
    bucket_of(account)
    other = account.bucket("other-bucket")
    for name in ("one", "two"):
        account.upload(other, name)
    file_id = upload(account)["fileId"]
    copied = account.raw.copy_file(*account.where, file_id, "copy", destination_bucket_id=other)
    assert (copied["fileId"], account.raw.file_id_to_bucket_id) == ("9998", {"9999": "bucket_0", "9998": other})
    own = account.raw.copy_file(*account.where, file_id, "copy")
    assert account.raw.get_file_info_by_id(*account.where, own["fileId"])["fileName"] == "copy"


def test_a_copy_with_the_id_of_a_file_in_its_bucket_is_listed_beside_it(account: Account) -> None:
    bucket_of(account)
    other = account.bucket("other-bucket")
    for name in ("one", "two"):
        account.upload(other, name)
    account.raw.copy_file(*account.where, upload(account)["fileId"], "copy", destination_bucket_id=other)
    listed = account.raw.list_file_versions(*account.where, other)["files"]
    found = [(file["fileName"], file["fileId"]) for file in listed]
    assert found == [("copy", "9998"), ("one", "9999"), ("two", "9998")]
    bucket = account.raw.bucket_id_to_bucket[other]
    account.raw.delete_file_version(*account.where, "9998", "copy")
    assert sorted(bucket.file_name_and_id_to_file) == [("one", "9999"), ("two", "9998")]


def test_metadata_without_a_directive_is_ignored(account: Account) -> None:
    assert copy(account, file_info={"a": "b"}, content_type="x/y")["fileInfo"] == {}


@pytest.mark.parametrize(("range_", "size"), [((0, 5), 5), ((4, 5), 1), ((0, 4), 5)])
def test_the_range_of_a_copy_may_end_one_byte_beyond_the_end(
    account: Account, range_: tuple[int, int], size: int
) -> None:
    assert copy(account, bytes_range=range_)["contentLength"] == size
    large_file = start(account)
    part = account.raw.copy_part(*account.where, "9999", large_file, 1, range_)
    assert part["contentLength"] == size


def test_an_empty_file_is_copied_by_the_range_of_its_first_byte(account: Account) -> None:
    file_id = upload(account, body=b"")["fileId"]
    assert account.raw.copy_file(*account.where, file_id, "copy", (0, 0))["contentLength"] == 0


def test_the_parts_of_a_finished_file_are_still_there(account: Account) -> None:
    file_id = start(account)
    for number, body in enumerate((b"x" * 200, b"yz"), 1):
        upload_part(account, file_id, number, body)
    account.raw.finish_large_file(*account.where, file_id, [sha1(b"x" * 200), sha1(b"yz")])
    first = account.raw.list_parts(*account.where, file_id, None, 1)
    assert ([part["contentLength"] for part in first["parts"]], first["nextPartNumber"]) == ([200], 2)
    rest = account.raw.list_parts(*account.where, file_id, 2, None)
    assert ([part["contentSha1"] for part in rest["parts"]], rest["nextPartNumber"]) == ([sha1(b"yz")], None)
    parts = account.raw.bucket_name_to_bucket["my-bucket"].file_id_to_file[file_id].parts
    assert [part and part.part_data for part in parts] == [None, b"x" * 200, b"yz"]


@pytest.mark.parametrize("announced", ["abc", "none", "A" * 40, "g" * 40])
def test_a_part_of_another_sha1_is_refused_as_that(account: Account, announced: str) -> None:
    with pytest.raises(PartSha1Mismatch):
        upload_part(account, start(account), 1, b"x", announced)


def test_a_page_of_unfinished_files_begins_in_its_bucket(account: Account) -> None:
    first = start(account)
    other = account.bucket("other-bucket")
    account.raw.start_large_file(*account.where, other, "large", "a/b", {}, custom_upload_timestamp=9_999)
    listed = account.raw.list_unfinished_large_files(*account.where, bucket_of(account), first, 10)
    assert [file["fileId"] for file in listed["files"]] == [first]


def test_what_cannot_be_written_raises_no_error_that_was_set(account: Account) -> None:
    account.raw.set_upload_errors([ServiceError("set")])
    with pytest.raises(WrongEncryptionSettingForFileWrite):
        upload(account, server_side_encryption=SSE_NONE)
    with pytest.raises(ServiceError, match="set"):
        upload(account)


@pytest.mark.parametrize("start_id", [None, "9999"])
def test_an_expired_token_lists_no_unfinished_files_where_there_are_none(
    account: Account, start_id: str | None
) -> None:
    bucket_id = account.bucket()
    account.raw.expire_auth_token(account.token)
    with pytest.raises(InvalidAuthToken):
        account.raw.list_unfinished_large_files(*account.where, bucket_id, start_id)


def test_where_a_deleted_file_was_is_still_known(account: Account) -> None:
    file_id = upload(account)["fileId"]
    account.raw.delete_file_version(*account.where, file_id, "name")
    assert account.raw.file_id_to_bucket_id == {file_id: "bucket_0"}
    with pytest.raises(FileNotPresent):
        account.raw.delete_file_version(*account.where, file_id, "name")


def test_a_file_whose_bucket_is_gone_names_the_bucket(account: Account) -> None:
    file_id = upload(account)["fileId"]
    account.raw.delete_bucket(*account.where, account.account_id, "bucket_0")
    with pytest.raises(NonExistentBucket, match="bucket_0"):
        account.raw.get_file_info_by_id(*account.where, file_id)


class Counting(AbstractProgressListener):
    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []

    def set_total_bytes(self, total_byte_count: int) -> None:
        """Nothing to be shown."""

    def bytes_completed(self, byte_count: int) -> None:
        self.counts.append(byte_count)


def test_the_progress_of_a_small_upload_is_reported_in_steps() -> None:
    api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator))
    raw: Any = api.session.raw_api
    account_id, key = raw.create_account()
    api.authorize_account(application_key_id=account_id, application_key=key, realm="production")
    listener = Counting()
    api.create_bucket("my-bucket", "allPrivate").upload_bytes(b"hello world", "name", progress_listener=listener)
    assert listener.counts[:6] == [2, 4, 6, 8, 10, 11]


# --- names with an underscore, which tests of other programs call and patch ---


@pytest.mark.parametrize(
    ("name", "call"),
    [
        (
            "_get_bucket_by_name",
            lambda account: account.raw.get_file_info_by_name("", account.token, "my-bucket", "name"),
        ),
        ("_get_bucket_by_id", lambda account: account.raw.list_file_names(*account.where, "bucket_0")),
        ("_get_bucket_by_id", lambda account: account.raw.get_file_info_by_id(*account.where, "9999")),
    ],
)
def test_a_bucket_is_looked_for_by_a_method_that_can_be_patched(
    account: Account, name: str, call: Callable[[Account], Any]
) -> None:
    upload(account)
    error = NonExistentBucket("patched")
    with (
        mock.patch.object(RawSimulator, name, side_effect=error) as patched,
        pytest.raises(NonExistentBucket) as caught,
    ):
        call(account)
    assert caught.value is error
    assert patched.call_count == 1


def test_buckets_are_found_and_compared_by_name_and_id(account: Account) -> None:
    bucket_id = account.bucket()
    raw = account.raw
    bucket = raw._get_bucket_by_name("my-bucket")
    assert bucket is raw._get_bucket_by_id(bucket_id) is raw.bucket_id_to_bucket[bucket_id]
    names = ("my-bucket", "other")
    assert [raw._get_bucket_id_or_none_for_bucket_name(name) for name in names] == [bucket_id, None]
    asked = [(None, None), (bucket_id, None), (None, "my-bucket"), (bucket_id, "other"), ("other", "my-bucket")]
    assert [raw._bucket_matches(bucket, *one) for one in asked] == [True, True, True, False, False]
    for method in (raw._get_bucket_by_id, raw._get_bucket_by_name):
        with pytest.raises(NonExistentBucket, match="No such bucket: other"):
            method("other")


def test_a_token_is_asked_for_what_it_allows(account: Account) -> None:
    raw: Any = account.raw
    where, bucket_id = account.where, account.bucket()
    raw._assert_account_auth(*where, account.account_id, "listFiles")
    key = raw.create_key(*where, account.account_id, ["listFiles"], "key", None, [bucket_id], "a/")
    token = raw.authorize_account("x", key["applicationKeyId"], key["applicationKey"])["authorizationToken"]
    asked = (raw.API_URL, token, account.account_id, "listFiles")
    raw._assert_account_auth(*asked, bucket_id, "a/b")
    for refused in ((*asked[:3], "writeFiles", bucket_id), asked, (*asked, "other"), (*asked, bucket_id, "b")):
        with pytest.raises(Unauthorized):
            raw._assert_account_auth(*refused)
    for wrong in (("http://other", *asked[1:]), (*asked[:2], "account-9", "listFiles")):
        with pytest.raises(AssertionError):
            raw._assert_account_auth(*wrong)
    raw.expire_auth_token(token)
    with pytest.raises(InvalidAuthToken):
        raw._assert_account_auth(*asked, bucket_id)


def test_a_subclass_responds_to_downloads_in_its_own_way(account: Account) -> None:
    bucket = account.raw.bucket_id_to_bucket[bucket_of(account)]
    answer = object()
    with mock.patch.object(bucket, "_download_file_sim", return_value=answer) as patched:
        file = bucket.file_id_to_file[upload(account)["fileId"]]
        url = account.raw.get_download_url_by_id(account.raw.DOWNLOAD_URL, file.file_id)
        assert account.raw.download_file_from_url(account.token, url, (0, 1)) is answer
    assert patched.call_args == mock.call(account.token, file, url, (0, 1))


def test_ids_and_what_is_shown_of_locks_and_keys_are_asked_for(account: Account) -> None:
    file_id = upload(account)["fileId"]
    bucket = account.raw.bucket_id_to_bucket[bucket_of(account)]
    assert bucket._next_file_id() == "9998"
    assert [bucket._check_capability(account.token, name) for name in ("listFiles", "flyToTheMoon")] == [True, False]
    file = bucket.file_id_to_file[file_id]
    assert file._legal_hold_dict(account.token) == {"isClientAuthorizedToRead": True, "value": None}
    assert file._file_retention_dict("unknown") == {"isClientAuthorizedToRead": False, "value": None}
    create_key(account, ["listFiles"])
    assert account.raw.all_application_keys[0]._get_bucket_ids() is None


def test_buckets_of_both_surfaces_are_of_the_class_that_the_private_module_names() -> None:
    from b2sdk._internal.raw_simulator import BucketSimulator  # noqa: PLC0415  # as programs import it

    assert RawSimulator.BUCKET_SIMULATOR_CLASS is of_v2.RawSimulator.BUCKET_SIMULATOR_CLASS is BucketSimulator


def test_the_url_of_a_file_has_the_newest_version_of_the_api_on_both_surfaces() -> None:
    url = "http://download.example.com/b2api/v4/b2_download_file_by_id?fileId=9999"
    assert RawSimulator().get_download_url_by_id("http://download.example.com", "9999") == url
    assert of_v2.RawSimulator().get_download_url_by_id("http://download.example.com", "9999") == url


def test_a_bucket_is_encrypted_by_default_whatever_is_lenient(account: Account) -> None:
    with pytest.raises(BadRequest):
        update(account, bucket_type="nonsense")
    assert account.raw.bucket_id_to_bucket["bucket_0"].default_server_side_encryption == SSE_B2_AES
