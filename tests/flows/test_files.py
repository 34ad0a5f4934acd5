from __future__ import annotations

import contextlib
import gc
import io
import math
import os
import threading
import weakref
from array import array
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import STRICT_FRONT_ENDS, FrontEnd, HttpFrontEnd, authorize
from tests.flows.conftest import Calls

import b2sdk.v3
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.v3 import (
    SSE_B2_AES,
    AbstractUploadSource,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    FileRetentionSetting,
    LegalHold,
    ProgressListenerForTest,
    RetentionMode,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceLocalFileRange,
    UploadSourceStream,
    UploadSourceStreamRange,
    hex_sha1_of_bytes,
)
from b2sdk.v3.exception import (
    BadFileInfo,
    DestinationDirectoryDoesntExist,
    DestinationIsADirectory,
    FileAlreadyHidden,
    FileNotPresent,
    InvalidRange,
    InvalidUploadSource,
    SSECKeyError,
    TransactionCapExceeded,
    UnsatisfiableRange,
)

CONTENT = bytes(range(256))
"""Less than is sent in parts through either front end."""


def downloaded(file: Any) -> bytes:
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "one byte", "longer"])
def test_bytes_come_back(bucket: Any, content: bytes) -> None:
    version = bucket.upload_bytes(content, "dir/file.bin")
    assert (version.size, version.content_sha1, version.action) == (len(content), hex_sha1_of_bytes(content), "upload")
    assert downloaded(bucket.download_file_by_name("dir/file.bin")) == content
    assert downloaded(bucket.download_file_by_id(version.id_)) == content


def test_a_local_file_comes_back(bucket: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    version = bucket.upload_local_file(source, "copy", file_info={"src_last_modified_millis": "1600000000123"})
    target = tmp_path / "target"
    bucket.download_file_by_name("copy").save_to(target)
    assert target.read_bytes() == CONTENT
    assert version.content_sha1 == hex_sha1_of_bytes(CONTENT), "hashed while sending"
    assert int(target.stat().st_mtime * 1000) == version.mod_time_millis == 1600000000123


def test_a_known_sha1_is_sent_and_a_wrong_one_is_refused(bucket: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    right = hex_sha1_of_bytes(CONTENT)
    assert bucket.upload_local_file(str(source), "right", sha1_sum=right).content_sha1 == right
    with pytest.raises(Exception, match=r"(?i)sha1"):
        bucket.upload_local_file(source, "wrong", sha1_sum="0" * 40)
    assert [version.file_name for version, _ in bucket.ls()] == ["right"]


def sources_of_nothing(empty: Path, sha1: str | None) -> Iterator[AbstractUploadSource]:
    yield UploadSourceBytes(b"", content_sha1=sha1)
    yield UploadSourceLocalFile(empty, content_sha1=sha1)
    yield UploadSourceLocalFileRange(empty, content_sha1=sha1, offset=0, length=0)
    yield UploadSourceStream(io.BytesIO, 0, stream_sha1=sha1)
    yield UploadSourceStreamRange(io.BytesIO, 0, 0, stream_sha1=sha1)


@pytest.mark.parametrize("sha1", [None, hex_sha1_of_bytes(b"")], ids=["SHA-1 follows", "SHA-1 given"])
@pytest.mark.parametrize("has_cookies", [False, True])
def test_an_empty_file_of_any_kind_comes_back(
    bucket: Any, api: Any, tmp_path: Path, sha1: str | None, has_cookies: bool
) -> None:
    client = getattr(api.session.raw_api, "b2_http", None)
    if has_cookies and client is not None:
        client.session.cookies.set("a", "b")  # then requests itself prepares what is sent
    empty = tmp_path / "empty"
    empty.touch()
    for source in sources_of_nothing(empty, sha1):
        version = bucket.upload(source, "empty")
        assert (version.size, version.content_sha1) == (0, hex_sha1_of_bytes(b""))


@pytest.mark.parametrize(
    "data", [array("i", [1, 2]), memoryview(array("d", [1.5])), memoryview(b"abcdef")[::2], array("i"), memoryview(b"")]
)
def test_a_buffer_of_any_items_comes_back_byte_by_byte(bucket: Any, data: Any) -> None:
    expected = memoryview(data).tobytes()
    assert bucket.upload_bytes(data, "buffer").size == len(expected)
    assert downloaded(bucket.download_file_by_name("buffer")) == expected


@pytest.mark.parametrize("data", ["text", [1, 2], None, 5])
def test_what_has_no_bytes_is_refused(bucket: Any, data: Any) -> None:
    with pytest.raises(TypeError, match=f"data_bytes must be a bytes-like object, not {type(data).__name__}"):
        bucket.upload_bytes(data, "none")


def test_everything_said_of_a_file_comes_back(bucket: Any, api: Any) -> None:
    info = {"color": "blå", "b2-cache-control": "old"}
    version = bucket.upload_bytes(
        b"x",
        "described ü %41+.txt",
        content_type="text/x-test",
        file_info=info,
        cache_control="max-age=60",
        expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        content_disposition='attachment; filename="x"',
        content_encoding="identity",
        content_language="pl",
        encryption=SSE_B2_AES,
    )
    assert info == {"color": "blå", "b2-cache-control": "old"}, "the caller's dict stays as it is"
    assert version.file_info == {
        "color": "blå",
        "b2-cache-control": "max-age=60",
        "b2-expires": "Wed, 02 Jan 2030 03:04:05 GMT",
        "b2-content-disposition": 'attachment; filename="x"',
        "b2-content-encoding": "identity",
        "b2-content-language": "pl",
    }
    assert version == api.get_file_info(version.id_)
    head = bucket.get_file_info_by_name("described ü %41+.txt")
    assert (head.file_name, head.content_type) == ("described ü %41+.txt", "text/x-test")
    assert (head.cache_control, head.content_language) == ("max-age=60", "pl")
    assert head.expires_parsed() == datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert head.file_info == {"color": "blå"}
    assert (head.id_, head.size, head.upload_timestamp) == (version.id_, 1, version.upload_timestamp)


@pytest.mark.parametrize(
    "name",
    ["plain", "with space", "a%2Fb", "100%", "q?x=1", "frag#ment", "plus+plus", "日本語/ファイル", "a'\"b", "~-._"],
)
def test_any_name_round_trips(bucket: Any, name: str) -> None:
    bucket.upload_bytes(name.encode(), name)
    assert downloaded(bucket.download_file_by_name(name)) == name.encode()
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == [name]


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "a\\b", "a\x7f", "x" * 1001, "s" * 251, b"bytes", "\ud800"])
def test_a_name_that_cannot_be_is_refused_before_any_call(bucket: Any, api: Any, name: Any) -> None:
    api.session.raw_api = None  # any call would fail on it
    with pytest.raises((TypeError, ValueError), match=r"file.name"):
        bucket.upload_bytes(b"x", name)


@pytest.mark.parametrize("info", [{"bad name": "x"}, {"a\r\nX-Injected": "x"}, {"number": 1}, {"": "x"}])
def test_file_info_that_cannot_be_a_header_is_refused_before_any_call(bucket: Any, api: Any, info: Any) -> None:
    api.session.raw_api = None  # any call would fail on it
    with pytest.raises(BadFileInfo):
        bucket.upload_bytes(b"x", "file", file_info=info)


def test_what_is_not_a_regular_file_is_refused_before_any_call(bucket: Any, api: Any, tmp_path: Path) -> None:
    api.session.raw_api = None  # any call would fail on it
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "fifo", tmp_path / "dangling"):
        with pytest.raises(InvalidUploadSource):
            bucket.upload_local_file(path, "file")


def test_progress_is_reported_up_to_the_last_byte(bucket: Any) -> None:
    listener = ProgressListenerForTest()
    bucket.upload_bytes(CONTENT, "file", progress_listener=listener)
    assert listener.calls[0] == f"set_total_bytes({len(CONTENT)})"
    assert listener.calls[-1] == f"bytes_completed({len(CONTENT)})"
    listener = ProgressListenerForTest()
    bucket.download_file_by_name("file", progress_listener=listener).save(io.BytesIO())
    assert listener.calls[0] == f"set_total_bytes({len(CONTENT)})"
    assert listener.calls[-1] == f"bytes_completed({len(CONTENT)})"
    assert "close()" not in listener.calls, "closing is up to the caller"


@pytest.mark.parametrize("of", [slice(None), slice(17, 200)], ids=["the whole", "a range"])
def test_streams_take_one_range_after_another(bucket: Any, tmp_path: Path, of: slice) -> None:
    bucket.upload_bytes(CONTENT, "file")
    first = bucket.api.services.download_manager.strategies[0]
    first.max_streams, first.min_part_size, first.LONGEST_RANGE = 3, 5, 10
    watched = bucket.api.session.raw_api
    asked, download = [], watched.download_file_from_url

    def observed(*args: Any, **kwargs: Any) -> Any:
        asked.append(args)
        return download(*args, **kwargs)

    watched.download_file_from_url = observed
    range_ = None if of == slice(None) else (of.start, of.stop - 1)
    bucket.download_file_by_name("file", range_=range_).save_to(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT[of]
    assert len(asked) == math.ceil(len(CONTENT[of]) / 30) * 3


def test_a_range_is_downloaded(bucket: Any) -> None:
    bucket.upload_bytes(CONTENT, "file")
    assert downloaded(bucket.download_file_by_name("file", range_=(10, 19))) == CONTENT[10:20]
    whole = bucket.download_file_by_name("file", range_=(0, len(CONTENT) - 1))
    assert downloaded(whole) == CONTENT


def test_a_range_beyond_the_end_is_refused(bucket: Any, front_end: FrontEnd) -> None:
    bucket.upload_bytes(b"12345", "file")
    with pytest.raises(InvalidRange, match=f"could only serve {5 if front_end.is_forgiving else 4} of that"):
        bucket.download_file_by_name("file", range_=(1, 30))
    if front_end.is_forgiving:
        return
    with pytest.raises(UnsatisfiableRange):
        bucket.download_file_by_name("file", range_=(5, 6))


def test_a_file_that_is_not_there_is_reported_by_name(bucket: Any, api: Any, front_end: FrontEnd) -> None:
    with pytest.raises(FileNotPresent, match="File not present: nothing"):
        bucket.download_file_by_name("nothing")
    with pytest.raises(FileNotPresent) as caught:
        bucket.get_file_info_by_name("nothing")
    assert (caught.value.bucket_name, caught.value.file_id_or_name) == (bucket.name, "nothing")
    if not front_end.is_forgiving:
        with pytest.raises(FileNotPresent):
            bucket.hide_file("nothing")
    with pytest.raises(FileNotPresent):
        bucket.unhide_file("nothing")
    assert api.get_file_info_by_name


def test_versions_are_kept_newest_first(bucket: Any) -> None:
    versions = [bucket.upload_bytes(content, "file") for content in (b"1", b"2", b"3")]
    bucket.upload_bytes(b"other", "file2")
    listed = list(bucket.list_file_versions("file", fetch_count=1))
    assert [version.id_ for version in listed] == [version.id_ for version in reversed(versions)]
    assert downloaded(bucket.download_file_by_name("file")) == b"3"
    assert downloaded(bucket.download_file_by_id(versions[0].id_)) == b"1"
    with pytest.raises(ValueError, match="unsupported fetch_count value"):
        next(bucket.list_file_versions("file", fetch_count=0))


def test_deleting_the_newest_version_shows_the_one_before(bucket: Any) -> None:
    bucket.upload_bytes(b"1", "file")
    newest = bucket.upload_bytes(b"2", "file")
    deleted = bucket.delete_file_version(newest.id_, "file")
    assert deleted.as_dict() == {"action": "delete", "fileId": newest.id_, "fileName": "file"}
    assert downloaded(bucket.download_file_by_name("file")) == b"1"
    with pytest.raises(FileNotPresent):
        bucket.delete_file_version(newest.id_, "file")


def test_a_hidden_file_is_found_only_among_its_versions(bucket: Any, exception: ModuleType) -> None:
    version = bucket.upload_bytes(b"1", "file")
    marker = bucket.hide_file("file")
    assert (marker.action, marker.size) == ("hide", 0)
    with pytest.raises(FileNotPresent):
        bucket.download_file_by_name("file")
    assert list(bucket.ls()) == []
    assert [one.action for one in bucket.list_file_versions("file")] == ["hide", "upload"]
    assert downloaded(bucket.download_file_by_id(version.id_)) == b"1"
    assert bucket.unhide_file("file").file_id == marker.id_
    assert downloaded(bucket.download_file_by_name("file")) == b"1"
    with pytest.raises(Exception, match="File not hidden: file"):
        bucket.unhide_file("file")


@STRICT_FRONT_ENDS
def test_a_hidden_file_exists_only_for_those_who_ask_for_it(bucket: Any, api: Any) -> None:
    bucket.upload_bytes(b"x", "seen/é")
    bucket.upload_bytes(b"x", "hidden")
    bucket.hide_file("hidden")
    names = ["seen/é", "hidden", "seen", "hidde"]
    calls = Calls(api.session.raw_api)
    assert [bucket.exists(name) for name in names] == [True, False, False, False]
    assert (calls.done, len(calls.failed)) == (["get_file_info_by_name"], 3)
    assert [bucket.exists(name, or_hidden=True) for name in names] == [True, True, False, False]
    assert (calls.done[1:], len(calls.failed)) == (["list_file_versions"] * 4, 3)


def test_a_file_exists_whose_key_is_the_customers(bucket: Any) -> None:
    setting = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey.generate())
    bucket.upload_bytes(b"secret", "file", encryption=setting)
    assert bucket.exists("file")


def test_hiding_twice_is_refused(bucket: Any, front_end: FrontEnd) -> None:
    bucket.upload_bytes(b"1", "file")
    bucket.hide_file("file")
    if front_end.is_forgiving:
        assert bucket.hide_file("file").file_name == "file"
        return
    with pytest.raises(FileAlreadyHidden, match="File already hidden: file"):
        bucket.hide_file("file")


def test_a_customer_key_is_needed_to_read_and_is_stored_nowhere(bucket: Any, api: Any) -> None:
    key = EncryptionKey(b"k" * 32, key_id="my key")
    setting = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    version = bucket.upload_bytes(b"secret", "file", encryption=setting)
    assert version.file_info["sse_c_key_id"] == "my key"
    assert version.server_side_encryption.mode is EncryptionMode.SSE_C
    assert downloaded(bucket.download_file_by_name("file", encryption=setting)) == b"secret"
    metadata = {"source_file_info": {}, "source_content_type": "text/plain"}
    wrong = EncryptionSetting(
        EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"w" * 32, key_id="my key")
    )
    for given in (wrong, None):
        with pytest.raises(SSECKeyError):
            bucket.download_file_by_name("file", encryption=given)
        with pytest.raises(SSECKeyError):
            api.download_file_by_id(version.id_, encryption=given)
        with pytest.raises(SSECKeyError):
            bucket.copy(version.id_, "copy", source_encryption=given, **metadata)
    seen = api.get_file_info(version.id_).server_side_encryption
    assert seen.key is not None
    assert (seen.key.secret, seen.key.key_id) == (None, "my key")


def test_what_has_a_customer_key_is_described_in_process_only(bucket: Any, front_end: FrontEnd) -> None:
    key = EncryptionKey(b"k" * 32, key_id="my key")
    setting = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    bucket.upload_bytes(b"secret", "file", encryption=setting)
    if front_end.is_forgiving:
        assert bucket.get_file_info_by_name("file").server_side_encryption.mode is EncryptionMode.SSE_C
        return
    with pytest.raises(SSECKeyError, match="Wrong or no SSE-C key"):
        bucket.get_file_info_by_name("file")


def test_why_a_file_is_not_described_is_asked_for_as_a_head_does_not_tell(service: SimulatorServer) -> None:
    with HttpFrontEnd(service.key_id, service.key, service.url).connect(b2sdk.v3) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("test-bucket", "allPrivate")
        bucket.upload_bytes(b"1", "file")
        endpoint, code = "b2_download_file_by_name", "transaction_cap_exceeded"
        service.faults.add(ApiFault(endpoint=endpoint, status=403, code=code, count=2))
        with pytest.raises(TransactionCapExceeded):
            bucket.get_file_info_by_name("file")
        service.faults.add(ApiFault(endpoint=endpoint, status=403, code=code))
        assert bucket.get_file_info_by_name("file").size == 1


def test_retention_and_legal_hold_are_set_and_shown(api: Any) -> None:
    bucket = api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)
    until = 4_000_000_000_000
    retention = FileRetentionSetting(RetentionMode.GOVERNANCE, until)
    version = bucket.upload_bytes(b"x", "file", file_retention=retention, legal_hold=LegalHold.ON)
    assert (version.file_retention, version.legal_hold) == (retention, LegalHold.ON)
    head = bucket.get_file_info_by_name("file")
    assert (head.file_retention, head.legal_hold) == (retention, LegalHold.ON)
    free = version.update_legal_hold(LegalHold.OFF)
    assert (version.legal_hold, free.legal_hold) == (LegalHold.ON, LegalHold.OFF)
    later = FileRetentionSetting(RetentionMode.GOVERNANCE, until + 1000)
    assert version.update_retention(later).file_retention == later
    with pytest.raises(Exception, match=r"(?i)denied|not allowed"):
        version.delete()
    version.delete(bypass_governance=True)
    assert list(bucket.list_file_versions("file")) == []


def test_an_upload_gets_the_timestamp_that_was_asked_for(bucket: Any) -> None:
    assert bucket.upload_bytes(b"x", "file", custom_upload_timestamp=1_500_000_000_000).upload_timestamp == (
        1_500_000_000_000
    )


@STRICT_FRONT_ENDS
def test_a_download_token_opens_names_with_its_prefix(bucket: Any, api: Any) -> None:
    bucket.upload_bytes(b"shared", "shared/file")
    token = bucket.get_download_authorization("shared/", 60)
    raw = api.session.raw_api
    with raw.download_file_from_url(token, bucket.get_download_url("shared/file")) as response:
        assert b"".join(response.iter_content(1024)) == b"shared"
    bucket.upload_bytes(b"private", "private")
    with pytest.raises(Exception, match=r"(?i)unauthorized|authorization"):
        raw.download_file_from_url(token, bucket.get_download_url("private")).__enter__()


def test_the_destination_of_a_download_is_checked(bucket: Any, tmp_path: Path) -> None:
    bucket.upload_bytes(b"x", "file")
    with pytest.raises(DestinationDirectoryDoesntExist):
        bucket.download_file_by_name("file").save_to(tmp_path / "missing" / "file")
    with pytest.raises(DestinationIsADirectory):
        bucket.download_file_by_name("file").save_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("resume", [False, True])
def test_a_download_whose_destination_is_refused_is_let_go_at_once(bucket: Any, tmp_path: Path, resume: bool) -> None:
    """It has a connection, with a body that nobody will read."""

    def save(path: Path) -> weakref.ref[Any]:
        file = bucket.download_file_by_name("file")
        with contextlib.suppress(DestinationDirectoryDoesntExist, DestinationIsADirectory):
            file.save_to(path, resume=resume)
        return weakref.ref(file)

    bucket.upload_bytes(b"x", "file")
    gc.disable()
    try:
        refused = [save(tmp_path / "missing" / "file"), save(tmp_path)]
        assert [file() for file in refused] == [None, None]
    finally:
        gc.enable()


def test_a_fifo_is_written_to(bucket: Any, tmp_path: Path) -> None:
    bucket.upload_bytes(CONTENT, "file")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_bytes()))
    reader.start()
    bucket.download_file_by_name("file").save_to(fifo)
    reader.join()
    assert received == [CONTENT]


@STRICT_FRONT_ENDS
def test_a_key_for_a_prefix_sees_and_writes_only_there(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    bucket.upload_bytes(b"in", "in/file")
    bucket.upload_bytes(b"out", "out/file")
    capabilities = ["listBuckets", "listFiles", "readFiles", "writeFiles"]
    key = api.create_key(capabilities, "prefixed", name_prefix="in/")
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key.id_, key.application_key)
        its_bucket = restricted.get_bucket_by_name(bucket.name)
        assert [version.file_name for version, _ in its_bucket.ls("in/", recursive=True)] == ["in/file"]
        assert downloaded(its_bucket.download_file_by_name("in/file")) == b"in"
        its_bucket.upload_bytes(b"new", "in/new")
        for refused in (
            lambda: list(its_bucket.ls("out/", recursive=True)),
            lambda: its_bucket.download_file_by_name("out/file"),
            lambda: its_bucket.upload_bytes(b"x", "out/new"),
        ):
            with pytest.raises(Exception, match="restricted to files that start with 'in/'"):
                refused()
