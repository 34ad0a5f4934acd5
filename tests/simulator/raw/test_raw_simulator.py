from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast

import pytest

from b2sdk.exception import (
    B2Error,
    BadUploadUrl,
    DuplicateBucketName,
    FileNotPresent,
    InvalidAuthToken,
    NonExistentBucket,
    ServiceError,
    SSECKeyError,
    UploadTokenUsedConcurrently,
)
from b2sdk.simulator import ApiFault, RawSimulator
from b2sdk.values.encryption import EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting


class Account:
    """A raw simulator with the arguments that every endpoint wants."""

    simulator: type[RawSimulator] = RawSimulator

    def __init__(self) -> None:
        self.raw = self.simulator()
        self.account_id, self.key = self.raw.create_account()
        answer = self.raw.authorize_account("http://realm", self.account_id, self.key)
        self.token: str = answer["authorizationToken"]
        self.api_url: str = answer["apiInfo"]["storageApi"]["apiUrl"]
        self.where = (self.api_url, self.token)

    def bucket(self, name: str = "my-bucket") -> str:
        return str(self.raw.create_bucket(*self.where, self.account_id, name, "allPrivate")["bucketId"])

    def upload(self, bucket_id: str, name: str = "name", body: bytes = b"hello", **settings: Any) -> Any:
        url = self.raw.get_upload_url(*self.where, bucket_id)
        return self.raw.upload_file(
            url["uploadUrl"],
            url["authorizationToken"],
            name,
            len(body),
            "text/plain",
            hashlib.sha1(body).hexdigest(),
            {},
            BytesIO(body),
            **settings,
        )


class CountedLock:
    """A lock for one thread, which counts how often it would have waited."""

    def __init__(self) -> None:
        self.taken = 0
        self._depth = 0

    def __enter__(self) -> None:
        self.taken += not self._depth
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1


def upload_arguments(url: Mapping[str, str]) -> tuple[str, str, str, int, str, str, dict[str, str]]:
    """Return what an upload of one byte takes before the stream."""
    return url["uploadUrl"], url["authorizationToken"], "name", 1, "a/b", hashlib.sha1(b"x").hexdigest(), {}


@pytest.fixture
def account() -> Account:
    return Account()


def test_ids_secrets_and_times_are_counted_from_fixed_beginnings(account: Account) -> None:
    assert (account.account_id, account.key, account.token) == ("account-0", "masterKey-0", "auth_token_0")
    assert account.raw.create_account() == ("account-1", "masterKey-1")
    buckets = [account.bucket(f"bucket-{number}") for number in range(2)]
    assert buckets == ["bucket_0", "bucket_1"]
    files = [account.upload(bucket_id) for bucket_id in (buckets[0], buckets[0], buckets[1])]
    assert [file["fileId"] for file in files] == ["9999", "9998", "9999"]
    assert [file["uploadTimestamp"] for file in files] == [5000, 5001, 5000]
    key = account.raw.create_key(*account.where, account.account_id, ["listFiles"], "key", None, None, None)
    assert (key["applicationKeyId"], key["applicationKey"]) == ("appKeyId0", "appKey0")


def test_an_upload_takes_the_lock_of_the_cloud_to_begin_to_add_to_end_and_to_show(account: Account) -> None:
    url = account.raw.get_upload_url(*account.where, account.bucket())
    account.raw.cloud.lock = lock = cast("Any", CountedLock())
    account.raw.upload_file(*upload_arguments(url), BytesIO(b"x"))
    assert lock.taken == 4


def test_urls_and_part_sizes_are_fixed(account: Account) -> None:
    storage = account.raw.authorize_account("x", account.account_id, account.key)["apiInfo"]["storageApi"]
    assert (storage["apiUrl"], storage["downloadUrl"]) == ("http://api.example.com", "http://download.example.com")
    assert storage["s3ApiUrl"] == "http://s3.api.example.com"
    assert storage["recommendedPartSize"] == storage["absoluteMinimumPartSize"] == account.raw.MIN_PART_SIZE == 200
    bucket_id = account.bucket()
    url = account.raw.get_upload_url(*account.where, bucket_id)
    assert url["uploadUrl"] == "https://upload.example.com/bucket_0/0/auth_token_0" == url["authorizationToken"]
    large_file = account.raw.start_large_file(*account.where, bucket_id, "large", "a/b", {})
    url = account.raw.get_upload_part_url(*account.where, large_file["fileId"])
    assert url["uploadUrl"].startswith("https://upload.example.com/part/9999/")
    assert url["uploadUrl"].endswith("/auth_token_0")
    granted = account.raw.get_download_authorization(*account.where, bucket_id, "a/b c", 60)
    assert granted["authorizationToken"] == "fake_download_auth_token_bucket_0_a/b%20c_60"


def test_the_newest_token_is_the_current_one(account: Account) -> None:
    assert RawSimulator().current_token is None
    account.raw.authorize_account("x", account.account_id, account.key)
    assert account.raw.current_token == "auth_token_1"


def test_a_file_goes_in_and_comes_out(account: Account) -> None:
    file = account.upload(account.bucket(), "a/b c", b"hello")
    by_name = account.raw.get_download_url_by_name(account.raw.DOWNLOAD_URL, "my-bucket", "a/b c")
    with account.raw.download_file_from_url(account.token, by_name) as response:
        assert (response.status_code, response.headers["X-BZ-FILE-ID"]) == (200, file["fileId"])
        assert list(response.iter_content(chunk_size=2)) == [b"he", b"ll", b"o"]
    by_id = account.raw.get_download_url_by_id(account.raw.DOWNLOAD_URL, file["fileId"])
    with account.raw.download_file_from_url(account.token, by_id, range_=(1, 3)) as response:
        assert response.headers["content-range"] == "bytes 1-3/5"
        assert (response.raw.read(2), response.raw.tell(), response.raw.read()) == (b"el", 2, b"l")
        assert response.request.headers["range"] == "1-3"


def test_a_large_file_is_put_together(account: Account) -> None:
    raw, bucket_id, bodies = account.raw, account.bucket(), [b"x" * 200, b"y"]
    file_id = raw.start_large_file(*account.where, bucket_id, "large", "a/b", {})["fileId"]
    for number, body in enumerate(bodies, 1):
        url = raw.get_upload_part_url(*account.where, file_id)
        digest = hashlib.sha1(body).hexdigest()
        raw.upload_part(url["uploadUrl"], url["authorizationToken"], number, len(body), digest, BytesIO(body))
    raw.finish_large_file(*account.where, file_id, [hashlib.sha1(body).hexdigest() for body in bodies])
    headers = raw.get_file_info_by_name(raw.DOWNLOAD_URL, account.token, "my-bucket", "large")
    assert headers["Content-Length"] == "201"


def test_notification_rules_travel_in_the_query(account: Account) -> None:
    assert account.raw.get_bucket_notification_rules(*account.where, account.bucket()) == []


@pytest.mark.parametrize(
    ("error_class", "call"),
    [
        (InvalidAuthToken, lambda account: account.raw.authorize_account("x", account.account_id, "wrong")),
        (InvalidAuthToken, lambda account: account.raw.list_keys(account.api_url, "wrong", account.account_id)),
        (NonExistentBucket, lambda account: account.raw.list_file_names(*account.where, "bucket_9")),
        (FileNotPresent, lambda account: account.raw.delete_file_version(*account.where, "9999", "nothing")),
        (
            NonExistentBucket,
            lambda account: account.raw.get_file_info_by_name(
                account.raw.DOWNLOAD_URL, account.token, "my-bucket", "nothing"
            ),
        ),
        (
            BadUploadUrl,
            lambda account: account.raw.upload_file(
                "https://upload.example.com/x", "x", "name", 0, "a/b", "0" * 40, {}, BytesIO()
            ),
        ),
    ],
)
def test_a_refusal_is_the_error_that_it_would_be_over_http(
    account: Account, error_class: type[B2Error], call: Any
) -> None:
    with pytest.raises(error_class) as caught:
        call(account)
    assert type(caught.value) is error_class


def test_an_error_names_what_the_call_was_about(account: Account) -> None:
    bucket_id = account.bucket()
    with pytest.raises(DuplicateBucketName, match="my-bucket"):
        account.bucket()
    with pytest.raises(FileNotPresent, match="name"):
        account.raw.get_file_info_by_name(account.raw.DOWNLOAD_URL, account.token, "my-bucket", "name")
    with pytest.raises(FileNotPresent, match="77"):
        account.raw.delete_file_version(*account.where, "77", "name")
    assert bucket_id == "bucket_0"


def test_a_wrong_customer_key_is_reported_as_such(account: Account) -> None:
    def setting(secret: bytes) -> EncryptionSetting:
        return EncryptionSetting(
            EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(secret=secret, key_id=None)
        )

    account.upload(account.bucket(), server_side_encryption=setting(b"k" * 32))
    url = account.raw.get_download_url_by_name(account.raw.DOWNLOAD_URL, "my-bucket", "name")
    with pytest.raises(SSECKeyError):
        account.raw.download_file_from_url(account.token, url, encryption=setting(b"w" * 32))


def test_an_expired_token_is_invalid_and_an_unknown_one_cannot_expire(account: Account) -> None:
    account.raw.expire_auth_token(account.token)
    with pytest.raises(InvalidAuthToken):
        account.raw.list_buckets(*account.where, account.account_id)
    with pytest.raises(KeyError):
        account.raw.expire_auth_token("never seen")


def test_upload_errors_are_raised_one_each_and_must_be_used_up(account: Account) -> None:
    bucket_id = account.bucket()
    account.raw.set_upload_errors([ServiceError("first"), ServiceError("second")])
    with pytest.raises(AssertionError):
        account.raw.set_upload_errors([])
    for text in ("first", "second"):
        with pytest.raises(ServiceError, match=text):
            account.upload(bucket_id)
    assert account.upload(bucket_id)["fileId"] == "9999"


def test_a_stream_that_breaks_ends_its_url(account: Account) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("disk on fire")

    raw, bucket_id = account.raw, account.bucket()
    url = raw.get_upload_url(*account.where, bucket_id)
    arguments = upload_arguments(url)
    with pytest.raises(OSError, match="disk on fire"):
        raw.upload_file(*arguments, Broken())
    with pytest.raises(InvalidAuthToken):
        raw.upload_file(*arguments, BytesIO(b"x"))


def test_a_token_used_twice_at_a_time_is_reported_as_such(account: Account) -> None:
    raw, bucket_id = account.raw, account.bucket()
    caught: list[object] = []
    url = raw.get_upload_url(*account.where, bucket_id)
    arguments = upload_arguments(url)

    class Nested(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if not caught:
                with pytest.raises(UploadTokenUsedConcurrently) as error:
                    raw.upload_file(*arguments, BytesIO(b"x"))
                caught.append(error)
            return super().read(size)

    assert raw.upload_file(*arguments, Nested(b"x"))["fileId"] == "9999"
    assert len(caught) == 1


def test_faults_and_the_journal_are_those_of_the_wire(account: Account) -> None:
    account.raw.faults.add(ApiFault(endpoint="b2_list_buckets", status=503, code="busy", retry_after=3))
    with pytest.raises(ServiceError) as caught:
        account.raw.list_buckets(*account.where, account.account_id)
    assert caught.value.retry_after_seconds == 3
    assert account.raw.journal.entries[-1].fault == "injected"
