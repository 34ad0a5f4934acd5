"""What programs that test against the raw simulator count on: its classes, their names, attributes and hooks."""

from __future__ import annotations

import hashlib
import time
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest

import b2sdk.v2
import b2sdk.v3
from b2sdk.exception import (
    AccessDenied,
    BadJson,
    ChecksumMismatch,
    CopySourceTooBig,
    DisablingFileLockNotSupported,
    FileNotPresent,
    FileSha1Mismatch,
    InvalidAuthToken,
    MissingPart,
    NonExistentBucket,
    PartSha1Mismatch,
    ResourceNotFound,
    SourceReplicationConflict,
    SSECKeyError,
    Unauthorized,
    UnsatisfiableRange,
)
from b2sdk.v3 import (
    NO_RETENTION_FILE_SETTING,
    SSE_B2_AES,
    BucketSimulator,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    FakeResponse,
    FileRetentionSetting,
    FileSimulator,
    KeySimulator,
    LegalHold,
    MetadataDirectiveMode,
    PartSimulator,
    RawSimulator,
    ReplicationConfiguration,
    ReplicationRule,
    RetentionMode,
)

HELLO_SHA1 = hashlib.sha1(b"hello").hexdigest()


def customer_key(secret: bytes, key_id: str | None = "key id") -> EncryptionSetting:
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(secret, key_id))


RIGHT, WRONG = customer_key(b"r" * 32), customer_key(b"w" * 32)


class Simulator:
    """A raw simulator with a bucket, and short ways to call it."""

    def __init__(self, raw: Any, **bucket_settings: Any) -> None:
        self.raw = raw
        self.account_id, self.key = raw.create_account()
        raw.authorize_account("realm", self.account_id, self.key)
        self.token: str = raw.current_token
        self.where = (raw.API_URL, self.token)
        self.bucket_id: str = raw.create_bucket(
            *self.where, self.account_id, "bucket", "allPrivate", **bucket_settings
        )["bucketId"]
        self.bucket = raw.bucket_id_to_bucket[self.bucket_id]

    def upload(self, name: str = "file", body: bytes = b"hello", sha1: str | None = None, **settings: Any) -> Any:
        url = self.raw.get_upload_url(*self.where, self.bucket_id)["uploadUrl"]
        info = settings.pop("file_info", {})
        length = settings.pop("length", len(body))
        sha1 = sha1 or hashlib.sha1(body).hexdigest()
        return self.raw.upload_file(url, url, name, length, "a/b", sha1, info, BytesIO(body), **settings)

    def download(self, name: str = "file", **settings: Any) -> Any:
        url = self.raw.get_download_url_by_name(self.raw.DOWNLOAD_URL, "bucket", name)
        return self.raw.download_file_from_url(self.token, url, **settings)

    def start(self, name: str = "large", content_type: str | None = "a/b", **settings: Any) -> str:
        return str(self.raw.start_large_file(*self.where, self.bucket_id, name, content_type, {}, **settings)["fileId"])

    def part(self, file_id: str, number: int, body: bytes, sha1: str | None = None) -> Any:
        url = self.raw.get_upload_part_url(*self.where, file_id)["uploadUrl"]
        sha1 = sha1 or hashlib.sha1(body).hexdigest()
        return self.raw.upload_part(url, url, number, len(body), sha1, BytesIO(body))

    def restricted(self, *capabilities: str, **restriction: Any) -> str:
        key = self.raw.create_key(
            *self.where, self.account_id, list(capabilities), "key", None, None, restriction.get("name_prefix")
        )
        self.raw.authorize_account("realm", key["applicationKeyId"], key["applicationKey"])
        return str(self.raw.current_token)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(RawSimulator())


# --- classes and hooks ---


@pytest.mark.parametrize("surface", [b2sdk.v2, b2sdk.v3])
def test_the_classes_of_a_surface_are_made_as_subclasses_expect(surface: ModuleType) -> None:
    made: list[tuple[str, int, set[str]]] = []

    class File(surface.FileSimulator):  # type: ignore[misc, name-defined]  # of whichever surface
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.append(("file", len(args), set(kwargs)))
            super().__init__(*args, **kwargs)

    class Response(surface.FakeResponse):  # type: ignore[misc, name-defined]  # as above
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.append(("response", len(args), set(kwargs)))
            super().__init__(*args, **kwargs)

    class Bucket(surface.BucketSimulator):  # type: ignore[misc, name-defined]  # as above
        FILE_SIMULATOR_CLASS = File
        RESPONSE_CLASS = Response

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.append(("bucket", len(args), set(kwargs)))
            super().__init__(*args, **kwargs)

    class Raw(surface.RawSimulator):  # type: ignore[misc, name-defined]  # as above
        BUCKET_SIMULATOR_CLASS = Bucket

    simulator = Simulator(Raw())
    simulator.upload()
    simulator.download().close()
    simulator.raw.hide_file(*simulator.where, simulator.bucket_id, "file")
    assert made == [
        ("bucket", 8, {"default_server_side_encryption", "is_file_lock_enabled", "replication"}),
        ("file", 10, {"server_side_encryption", "file_retention", "legal_hold"}),
        ("response", 4, set()),
        ("file", 10, set()),
    ]


def test_what_a_bucket_returns_in_its_own_words_is_passed_on() -> None:
    calls: list[tuple[Any, ...]] = []

    class Bucket(BucketSimulator):
        def list_file_names(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            calls.append(args)
            return {"files": [], "nextFileName": "own"}

        def upload_part(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            calls.append(args[:4])
            return super().upload_part(*args, **kwargs)

    class Raw(RawSimulator):
        BUCKET_SIMULATOR_CLASS = Bucket

    simulator = Simulator(Raw())
    answer = simulator.raw.list_file_names(*simulator.where, simulator.bucket_id, None, 7, "p")
    assert answer == {"files": [], "nextFileName": "own"}
    source, large_file = simulator.upload()["fileId"], simulator.start()
    simulator.raw.copy_part(*simulator.where, source, large_file, 1)
    assert calls == [(simulator.token, None, 7, "p"), (large_file, 1, 5, HELLO_SHA1)]


def test_a_bucket_works_on_its_own() -> None:
    bucket = BucketSimulator(None, "account", "id", "name", "allPrivate")
    assert bucket.get_upload_url("token")["uploadUrl"] == "https://upload.example.com/id/0/token"
    assert bucket.list_file_names("token") == {"files": [], "nextFileName": None}
    url = bucket.get_upload_url("token")["uploadUrl"]
    bucket.upload_file("1", url, "file", 5, "a/b", HELLO_SHA1, {}, BytesIO(b"hello"))
    assert list(bucket.file_name_and_id_to_file) == [("file", BucketSimulator.FIRST_FILE_ID)]
    assert bucket.get_file_info_by_name("token", "file")["X-BZ-CONTENT-SHA1"] == HELLO_SHA1
    assert BucketSimulator(bucket.api, "account", "id", "name", "allPrivate").file_id_to_file == {}


def test_a_file_works_on_its_own() -> None:
    file = FileSimulator("account", None, "1", "upload", "a b", "a/b", "a" * 40, {"k": "v w"}, b"data", 77)
    assert file.as_download_headers(None, (1, 2)) == {
        "Content-Length": "2",
        "content-type": "a/b",
        "x-bz-content-sha1": "a" * 40,
        "x-bz-upload-timestamp": "77",
        "x-bz-file-id": "1",
        "x-bz-file-name": "a%20b",
        "X-Bz-Info-k": "v%20w",
        "Content-Range": "bytes 1-2/4",
    }
    assert (file.content_length, file.sort_key(), file.is_visible()) == (4, ("a b", "1"), True)
    with pytest.raises(ValueError, match="zz"):
        FileSimulator("account", None, "1", "upload", "a b", "a/b", "zz", {}, b"data", 77)


def test_parts_and_keys_are_their_arguments() -> None:
    part = PartSimulator("1", 2, 3, "sha1", b"abc")
    assert part.as_list_parts_dict() == {"fileId": "1", "partNumber": 2, "contentLength": 3, "contentSha1": "sha1"}
    key = KeySimulator("account", "name", "id", "key", ["listFiles"], None, [{"id": "b", "name": "c"}], "p")
    assert (key.account_id, key.application_key_id, key.key, key.name_prefix_or_none) == ("account", "id", "key", "p")
    assert key.as_created_key() == {**key.as_key(), "applicationKey": "key"}
    assert key.as_key()["bucketIds"] == ["b"]
    old = b2sdk.v2.KeySimulator("account", "name", "id", "key", ["listFiles"], None, "b", "c", "p")
    assert old.get_allowed() == {
        "bucketId": "b", "bucketName": "c", "capabilities": ["listFiles"], "namePrefix": "p"
    }  # fmt: skip
    assert (old.as_key()["bucketId"], "bucketIds" in old.as_key()) == ("b", False)


def test_the_dictionaries_keep_the_order_of_creation(simulator: Simulator) -> None:
    simulator.raw.create_bucket(*simulator.where, simulator.account_id, "another", "allPublic")
    assert list(simulator.raw.bucket_name_to_bucket) == ["bucket", "another"]
    for name in "ba":
        simulator.upload(name)
    assert [file.name for file in simulator.bucket.file_id_to_file.values()] == ["b", "a"]
    assert simulator.raw.file_id_to_bucket_id == {"9999": "bucket_0", "9998": "bucket_0"}


# --- attributes are consulted when they are used ---


def test_what_is_changed_on_a_bucket_holds_from_then_on(simulator: Simulator) -> None:
    simulator.bucket.default_server_side_encryption = EncryptionSetting(EncryptionMode.NONE)
    assert simulator.upload()["serverSideEncryption"] == {"mode": "none"}
    assert "X-Bz-Server-Side-Encryption" not in simulator.download().headers
    simulator.bucket.is_file_lock_enabled = True
    simulator.raw.update_file_legal_hold(*simulator.where, "9999", "file", LegalHold.ON)
    assert simulator.download().headers["X-Bz-File-Legal-Hold"] == "on"
    simulator.bucket.upload_timestamp_counter = iter([8000])
    assert simulator.upload()["uploadTimestamp"] == 8000


def test_ids_are_counted_on_from_where_a_test_puts_them(simulator: Simulator) -> None:
    raw = simulator.raw
    assert (raw.account_counter, raw.auth_token_counter, raw.app_key_counter) == (1, 1, 0)
    raw.account_counter = raw.app_key_counter = 40
    raw.auth_token_counter = 70
    assert raw.create_account() == ("account-40", "masterKey-40")
    assert simulator.restricted("listFiles") == "auth_token_70"
    assert list(raw.key_id_to_key)[-1] == "appKeyId40"
    raw.bucket_id_counter = iter([9])
    assert raw.create_bucket(*simulator.where, simulator.account_id, "next", "allPrivate")["bucketId"] == "bucket_9"


def test_what_is_changed_on_a_key_holds_from_then_on(simulator: Simulator) -> None:
    master = simulator.raw.key_id_to_key[simulator.account_id]
    master.name_prefix_or_none = "mine/"
    with pytest.raises(Unauthorized):
        simulator.raw.list_file_names(*simulator.where, simulator.bucket_id)
    assert simulator.raw.list_file_names(*simulator.where, simulator.bucket_id, None, None, "mine/")["files"] == []
    master.capabilities = ["listFiles"]
    with pytest.raises(Unauthorized):
        simulator.raw.get_upload_url(*simulator.where, simulator.bucket_id)


def test_what_is_changed_on_a_file_is_what_the_cloud_has(simulator: Simulator) -> None:
    simulator.upload()
    file = simulator.bucket.file_id_to_file["9999"]
    file.content_sha1 = "unverified:" + HELLO_SHA1
    file.data_bytes = b"other"
    (listed,) = simulator.raw.list_file_names(*simulator.where, simulator.bucket_id)["files"]
    assert listed["contentSha1"] == "unverified:" + HELLO_SHA1
    copy = simulator.raw.copy_file(*simulator.where, "9999", "copy", (0, 1))
    assert copy["contentSha1"] == hashlib.sha1(b"ot").hexdigest()


# --- errors ---


def test_wrong_credentials_are_told_apart(simulator: Simulator) -> None:
    with pytest.raises(InvalidAuthToken, match="secret key is wrong"):
        simulator.raw.authorize_account("realm", simulator.account_id, "wrong")
    with pytest.raises(InvalidAuthToken, match="application key ID not valid"):
        simulator.raw.authorize_account("realm", "unknown", "wrong")


def test_what_does_not_exist_is_told_by_its_class(simulator: Simulator) -> None:
    raw, where = simulator.raw, simulator.where
    with pytest.raises(NonExistentBucket):
        raw.hide_file(*where, "bucket_9", "name")
    for call in (raw.get_file_info_by_id, raw.cancel_large_file, raw.get_upload_part_url):
        with pytest.raises(KeyError):
            call(*where, "77")
    with pytest.raises(AssertionError):
        raw.download_file_from_url(simulator.token, "http://elsewhere.example.com/file/bucket/name")
    with pytest.raises(FileNotPresent):
        simulator.download("nothing")
    with pytest.raises(BadJson, match="illegal bucket name: a_b"):
        raw.create_bucket(*where, simulator.account_id, "a_b", "allPrivate")


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (FileSha1Mismatch, {"sha1": "0" * 40}),
        (ValueError, {"sha1": "do_not_verify"}),
        (AssertionError, {"length": 4}),
        (AssertionError, {"length": 6}),
    ],
)
def test_an_upload_that_contradicts_itself_is_refused(
    simulator: Simulator, error: type[Exception], change: dict[str, Any]
) -> None:
    with pytest.raises(error):
        simulator.upload(**change)
    assert simulator.bucket.file_id_to_file == {}


def test_the_stream_of_an_upload_is_read_twice(simulator: Simulator) -> None:
    class Changing(BytesIO):
        def seek(self, *args: Any) -> int:
            position = super().seek(*args)
            self.write(bytes([self.getvalue()[0] + 1]))
            return super().seek(position)

    url = simulator.raw.get_upload_url(*simulator.where, simulator.bucket_id)["uploadUrl"]
    with pytest.raises(AssertionError, match="other content"):
        simulator.raw.upload_file(url, url, "file", 5, "a/b", HELLO_SHA1, {}, Changing(b"gello"))


def test_a_large_file_is_finished_with_its_parts_alone_be_they_small(simulator: Simulator) -> None:
    file_id = simulator.start()
    with pytest.raises(PartSha1Mismatch):
        simulator.part(file_id, 1, b"x", "0" * 40)
    simulator.part(file_id, 2, b"y")
    with pytest.raises(MissingPart, match="1"):
        simulator.raw.finish_large_file(*simulator.where, file_id, ["0" * 40, "0" * 40])
    part = simulator.part(file_id, 1, b"x")
    assert set(part) == {"fileId", "partNumber", "contentLength", "contentSha1"}
    with pytest.raises(ChecksumMismatch):
        simulator.raw.finish_large_file(*simulator.where, file_id, ["0" * 40, "0" * 40])
    digests = [hashlib.sha1(body).hexdigest() for body in (b"x", b"y")]
    finished = simulator.raw.finish_large_file(*simulator.where, file_id, digests)
    assert (finished["contentSha1"], finished["contentLength"], finished["action"]) == ("none", 2, "upload")
    assert b"".join(simulator.download("large").iter_content(1)) == b"xy"


def test_an_unfinished_file_of_no_type_is_listed_so(simulator: Simulator) -> None:
    file_id = simulator.start("large", None)
    (file,) = simulator.raw.list_unfinished_large_files(*simulator.where, simulator.bucket_id)["files"]
    assert (file["fileId"], file["contentType"], file["fileInfo"]) == (file_id, None, {})
    assert not {"action", "contentLength", "contentSha1"} & set(file)


@pytest.mark.parametrize("bytes_range", [(1, 6), (5, 6)])
def test_a_copy_of_what_is_not_there_leaves_nothing(simulator: Simulator, bytes_range: tuple[int, int]) -> None:
    simulator.upload()
    large_file = simulator.start()
    with pytest.raises(UnsatisfiableRange):
        simulator.raw.copy_file(*simulator.where, "9999", "copy", bytes_range)
    with pytest.raises(UnsatisfiableRange):
        simulator.raw.copy_part(*simulator.where, "9999", large_file, 1, bytes_range)
    assert ("copy" in {file.name for file in simulator.bucket.file_id_to_file.values()}) is False
    assert simulator.raw.list_parts(*simulator.where, large_file, None, None)["parts"] == []


def test_copies_are_of_two_hundred_bytes_at_most_and_of_no_managed_key(simulator: Simulator) -> None:
    simulator.upload(body=b"x" * 201)
    with pytest.raises(CopySourceTooBig, match="Copy source too big: 201") as caught:
        simulator.raw.copy_file(*simulator.where, "9999", "copy")
    assert caught.value.size == 201
    with pytest.raises(ValueError, match="unsupported sse mode"):
        simulator.raw.copy_part(*simulator.where, "9999", simulator.start(), 1, None, SSE_B2_AES)


def test_a_copy_says_so_once_and_is_counted_where_its_source_is(simulator: Simulator) -> None:
    simulator.upload(file_info={"Key": "value"})
    simulator.raw.create_bucket(*simulator.where, simulator.account_id, "another", "allPublic")
    copy = simulator.raw.copy_file(*simulator.where, "9999", "copy", destination_bucket_id="bucket_1")
    assert (copy["action"], copy["fileId"], copy["uploadTimestamp"]) == ("copy", "9998", 5001)
    assert copy["fileInfo"] == {"Key": "value"}
    assert simulator.raw.get_file_info_by_id(*simulator.where, "9998")["action"] == "upload"
    replaced = simulator.raw.copy_file(
        *simulator.where, "9999", "copy", None, MetadataDirectiveMode.REPLACE, "c/d", {"x": "y"}
    )
    assert (replaced["contentType"], replaced["fileInfo"]) == ("c/d", {"x": "y"})


# --- encryption ---


@pytest.mark.parametrize("given", [None, WRONG, SSE_B2_AES])
def test_a_customer_key_is_needed_to_read_and_to_copy(simulator: Simulator, given: EncryptionSetting | None) -> None:
    info: dict[str, str] = {}
    result = simulator.upload(server_side_encryption=RIGHT, file_info=info)
    assert info == result["fileInfo"] == {"sse_c_key_id": "key id"}
    assert set(result["serverSideEncryption"]) == {"mode", "algorithm", "customerKey", "customerKeyMd5"}
    with pytest.raises(SSECKeyError):
        simulator.download(encryption=given)
    with pytest.raises(SSECKeyError):
        simulator.raw.copy_file(*simulator.where, "9999", "copy", source_server_side_encryption=given)
    with FileSimulator.dont_check_encryption():
        assert simulator.download(encryption=given).data_bytes == b"hello"
    assert simulator.download(encryption=RIGHT).data_bytes == b"hello"


def test_a_customer_key_that_does_not_belong_is_refused(simulator: Simulator) -> None:
    simulator.upload()
    with pytest.raises(AssertionError):
        simulator.download(encryption=RIGHT)
    assert simulator.download(encryption=SSE_B2_AES).headers["x-bz-server-side-encryption"] == "AES256"


# --- responses ---


def test_the_headers_of_a_response_do_not_follow_its_bytes(simulator: Simulator) -> None:
    simulator.upload()
    with simulator.download(range_=(1, 30)) as response:
        assert isinstance(response, FakeResponse)
        assert (response.headers["Content-Length"], response.data_bytes) == ("5", b"ello")
        response.data_bytes = b"el"
        assert response.headers["content-length"] == "5"
        assert list(response.iter_content(chunk_size=1)) == [b"e", b"l"]
    assert response.request.headers == {"Range": "1-30"}
    assert simulator.download(range_=(7, 8)).data_bytes == b""


@pytest.mark.parametrize("name", ["a%20b", "a?b", "a+b", "a b/ü"])
def test_names_are_decoded_once(simulator: Simulator, name: str) -> None:
    simulator.upload(name)
    assert simulator.download(name).data_bytes == b"hello"
    headers = simulator.raw.get_file_info_by_name(simulator.raw.API_URL, simulator.token, "bucket", name)
    assert headers["x-bz-file-id"] == "9999"


@pytest.mark.parametrize("first", [10_003, 1002])
def test_ids_are_in_the_order_of_their_numbers_also_where_they_become_shorter(simulator: Simulator, first: int) -> None:
    simulator.bucket.file_id_counter = iter(range(first, 0, -1))
    ids = [str(simulator.upload()["fileId"]) for _ in range(6)]
    found: list[str] = []
    name: str | None = None
    following: str | None = None
    while not found or following:
        page = simulator.raw.list_file_versions(*simulator.where, simulator.bucket_id, name, following, 2)
        found += [version["fileId"] for version in page["files"]]
        name, following = page["nextFileName"], page["nextFileId"]
    assert found == ids[::-1]


@pytest.mark.parametrize("first", [10_003, 1002])
def test_unfinished_files_are_found_in_pages_also_where_ids_become_shorter(simulator: Simulator, first: int) -> None:
    simulator.bucket.file_id_counter = iter(range(first, 0, -1))
    ids = [simulator.start() for _ in range(6)]
    found: list[str] = []
    following: str | None = None
    while not found or following:
        page = simulator.raw.list_unfinished_large_files(*simulator.where, simulator.bucket_id, following, 2)
        found += [file["fileId"] for file in page["files"]]
        following = page["nextFileId"]
    assert sorted(found) == sorted(ids)


def test_headers_are_text() -> None:
    simulator = Simulator(RawSimulator(), is_file_lock_enabled=True)
    until = FileRetentionSetting(RetentionMode.GOVERNANCE, 9_999_999_999_999)
    simulator.upload(file_retention=until, legal_hold=LegalHold.ON)
    headers = simulator.raw.get_file_info_by_name(simulator.raw.API_URL, simulator.token, "bucket", "file")
    assert headers["X-Bz-File-Retention-Retain-Until-Timestamp"] == "9999999999999"
    assert {type(value) for value in headers.values()} == {str}


# --- retention, lock, update ---


def test_retention_ends_at_a_second_and_needs_no_file_lock(simulator: Simulator) -> None:
    governed = FileRetentionSetting(RetentionMode.GOVERNANCE, int(time.time() * 1000) - 5000)
    result = simulator.upload("long", file_retention=governed, legal_hold=LegalHold.ON)
    assert result["legalHold"] == {"isClientAuthorizedToRead": True, "value": "on"}
    assert result["fileRetention"]["value"] == governed.as_dict()
    with pytest.raises(AccessDenied):
        simulator.raw.delete_file_version(*simulator.where, "9999", "long")
    deleted = simulator.raw.delete_file_version(*simulator.where, "9999", "long", True)
    assert deleted == {"fileId": "9999", "fileName": "long", "uploadTimestamp": 5000}
    simulator.upload("over", file_retention=FileRetentionSetting(RetentionMode.COMPLIANCE, 5))
    simulator.raw.delete_file_version(*simulator.where, "9998", "over")
    assert simulator.bucket.file_id_to_file == {}


def test_locks_change_in_a_bucket_with_file_lock_alone_be_it_to_less() -> None:
    simulator = Simulator(RawSimulator(), is_file_lock_enabled=True)
    simulator.upload(file_retention=FileRetentionSetting(RetentionMode.COMPLIANCE, 9_999_999_999_999))
    answer = simulator.raw.update_file_retention(*simulator.where, "9999", "file", NO_RETENTION_FILE_SETTING)
    assert answer["fileRetention"] == {"mode": None, "retainUntilTimestamp": None}
    simulator.bucket.is_file_lock_enabled = None
    with pytest.raises(AssertionError):
        simulator.raw.update_file_legal_hold(*simulator.where, "9999", "file", LegalHold.ON)


def test_locks_that_a_key_may_not_see_are_named() -> None:
    simulator = Simulator(RawSimulator(), is_file_lock_enabled=True)
    simulator.upload()
    token = simulator.restricted("readFiles", "listFiles", "listBuckets")
    headers = simulator.raw.get_file_info_by_name(simulator.raw.API_URL, token, "bucket", "file")
    assert headers["X-Bz-Client-Unauthorized-To-Read"] == (
        "X-Bz-File-Retention-Mode,X-Bz-File-Retain-Until-Timestamp,X-Bz-File-Legal-Hold"
    )
    (shown,) = simulator.raw.list_buckets(simulator.raw.API_URL, token, simulator.account_id)["buckets"]
    assert shown["defaultServerSideEncryption"] == {"isClientAuthorizedToRead": False, "value": {"mode": None}}
    assert shown["fileLockConfiguration"] == {"isClientAuthorizedToRead": False, "value": None}


def test_file_lock_is_switched_on_for_good_but_not_for_a_replication_source(simulator: Simulator) -> None:
    def update(**change: Any) -> Any:
        return simulator.raw.update_bucket(*simulator.where, simulator.account_id, simulator.bucket_id, **change)

    rule = ReplicationRule(destination_bucket_id="bucket_0", name="rule-name", file_name_prefix="")
    update(replication=ReplicationConfiguration(rules=[rule], source_key_id="key"))
    with pytest.raises(SourceReplicationConflict):
        update(is_file_lock_enabled=True)
    update(replication=ReplicationConfiguration())
    assert update(is_file_lock_enabled=True)["revision"] == 4
    with pytest.raises(DisablingFileLockNotSupported):
        update(is_file_lock_enabled=False)
    with pytest.raises(AssertionError):
        update(lifecycle_rules=[])
    assert update(lifecycle_rules=[{"any": "thing"}])["lifecycleRules"] == [{"any": "thing"}]


def test_notification_rules_are_kept_as_they_come_with_their_suspension(simulator: Simulator) -> None:
    def set_rules(*rules: Any) -> Any:
        return simulator.raw.set_bucket_notification_rules(*simulator.where, simulator.bucket_id, rules)

    (stored,) = set_rules({"name": "r", "targetConfiguration": {"url": "u", "secret": "s"}})
    assert (stored["isSuspended"], stored["suspensionReason"]) == (False, "")
    simulator.bucket.simulate_notification_rule_suspension("r", "why")
    (stored,) = set_rules({"name": "r", "targetConfiguration": {"url": "v"}})
    assert (stored["isSuspended"], stored["suspensionReason"]) == (True, "why")
    assert stored["targetConfiguration"] == {"url": "v", "secret": "s"}
    with pytest.raises(ResourceNotFound, match="Rule other not found"):
        simulator.bucket.simulate_notification_rule_suspension("other", "why")
    assert set_rules() == []


# --- lists ---


def test_a_full_page_of_names_is_followed_by_another(simulator: Simulator) -> None:
    for name in ("a", "b"):
        simulator.upload(name)
    page = simulator.raw.list_file_names(*simulator.where, simulator.bucket_id, None, 2)
    assert (len(page["files"]), page["nextFileName"]) == (2, "b ")
    rest = simulator.raw.list_file_names(*simulator.where, simulator.bucket_id, "b ", 2)
    assert rest == {"files": [], "nextFileName": None}


def test_pages_of_versions_reach_every_version_once(simulator: Simulator) -> None:
    for timestamp in (30, 10, 20):
        simulator.upload("a", custom_upload_timestamp=timestamp)
    simulator.upload("b")
    start: tuple[str | None, str | None] = (None, None)
    seen: list[str] = []
    while True:
        page = simulator.raw.list_file_versions(*simulator.where, simulator.bucket_id, *start, 1)
        seen += [file["fileId"] for file in page["files"]]
        start = (page["nextFileName"], page["nextFileId"])
        if start == (None, None):
            break
        assert start == (page["files"][-1]["fileName"], str(int(seen[-1]) + 1))
    assert sorted(seen) == ["9996", "9997", "9998", "9999"]
    assert seen[-1] == "9996"


def test_pages_of_unfinished_files_go_down(simulator: Simulator) -> None:
    started = [simulator.start(name) for name in ("c", "b", "a")]
    seen, start = [], None
    while page := simulator.raw.list_unfinished_large_files(*simulator.where, simulator.bucket_id, start, 1)["files"]:
        seen.append(page[0]["fileId"])
        start = str(int(seen[-1]) - 1)
    assert seen == started


def test_a_key_with_a_prefix_lists_unfinished_files_of_every_name(simulator: Simulator) -> None:
    started = simulator.start("not mine")
    token = simulator.restricted("listFiles", name_prefix="mine/")
    answer = simulator.raw.list_unfinished_large_files(simulator.raw.API_URL, token, simulator.bucket_id)
    assert [file["fileId"] for file in answer["files"]] == [started]
    with pytest.raises(Unauthorized):
        simulator.raw.list_file_names(simulator.raw.API_URL, token, simulator.bucket_id)


def test_a_key_of_a_bucket_that_is_gone_says_so(simulator: Simulator) -> None:
    key = simulator.raw.create_key(
        *simulator.where, simulator.account_id, ["listFiles", "anything"], "key", None, [simulator.bucket_id], None
    )
    credentials = (key["applicationKeyId"], key["applicationKey"])
    storage = simulator.raw.authorize_account("realm", *credentials)["apiInfo"]["storageApi"]
    assert storage["allowed"]["buckets"] == [{"id": "bucket_0", "name": "bucket"}]
    simulator.upload()
    simulator.raw.delete_bucket(*simulator.where, simulator.account_id, simulator.bucket_id)
    storage = simulator.raw.authorize_account("realm", *credentials)["apiInfo"]["storageApi"]
    assert storage["allowed"]["buckets"] == [{"id": "bucket_0", "name": None}]
    assert storage["capabilities"] == ["listFiles", "anything"]
    assert simulator.raw.delete_key(*simulator.where, credentials[0])["applicationKeyId"] == "appKeyId0"
    assert simulator.raw.all_application_keys == []


def test_cache_control_is_an_argument_of_the_older_surface() -> None:
    simulator = Simulator(b2sdk.v2.RawSimulator())
    simulator.upload(cache_control="no-store")
    assert simulator.download().headers["Cache-Control"] == "no-store"
    raw_api: Any = b2sdk.v2.RawSimulator  # type checkers do not see the older arguments
    headers = raw_api.get_upload_file_headers("token", "n", 1, "a/b", "none", {}, None, None, None, None, "no-store")
    assert headers["X-Bz-Info-b2-cache-control"] == "no-store"
