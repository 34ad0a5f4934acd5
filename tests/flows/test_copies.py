"""Copies within the service, and files composed of them, through both front ends and both surfaces."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import Calls

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    SSE_B2_AES,
    CopySource,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    ProgressListenerForTest,
    UploadMode,
    UploadSourceBytes,
    WriteIntent,
    hex_sha1_of_bytes,
)
from b2sdk.v3.exception import ChecksumMismatch, CopyArgumentsMismatch, SSECKeyIdMismatchInCopy

CONTENT = bytes(range(240)) * 5  # 1200 bytes: six parts, as copies are divided evenly
SMALL = CONTENT[:150]
INFO = {"color": "red"}


def sse_c(letter: bytes) -> EncryptionSetting:
    key = EncryptionKey(letter * 32, f"key {letter.decode()}")
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def stored(bucket: Any, content: bytes, **about: Any) -> Any:
    return bucket.upload_bytes(content, "stored", content_type="text/plain", file_info=INFO, **about)


def downloaded(bucket: Any, name: str, encryption: Any = None) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name, encryption=encryption).save(target)
    return target.getvalue()


# --- in one request ---


def test_a_copy_has_the_content_and_the_metadata_of_its_source(bucket: Any, calls: Calls) -> None:
    version = bucket.copy(stored(bucket, SMALL).id_, "copy")
    assert (version.content_type, version.file_info, version.size) == ("text/plain", INFO, len(SMALL))
    assert downloaded(bucket, "copy") == SMALL
    assert calls.done == ["upload_file", "copy_file"]


def test_a_copy_may_have_metadata_of_its_own(bucket: Any) -> None:
    version = bucket.copy(
        stored(bucket, SMALL).id_, "copy", content_type="image/png", file_info={"a": "b"}, cache_control="private"
    )
    assert (version.content_type, version.file_info) == ("image/png", {"a": "b", "b2-cache-control": "private"})


@pytest.mark.parametrize(
    "half", [{"content_type": "image/png"}, {"file_info": {}}, {"cache_control": "private"}, {"expires": "x"}]
)
@pytest.mark.parametrize("length", [None, 100])
def test_half_of_the_metadata_is_refused(bucket: Any, half: dict[str, Any], length: int | None) -> None:
    with pytest.raises(CopyArgumentsMismatch):
        bucket.copy("some id", "copy", length=length, **half)


def test_a_range_is_copied(bucket: Any, calls: Calls) -> None:
    version = bucket.copy(stored(bucket, SMALL).id_, "copy", offset=10, length=20)
    assert downloaded(bucket, "copy") == SMALL[10:30]
    assert (version.content_type, version.file_info) == ("text/plain", INFO)
    assert "start_large_file" not in calls.done


@pytest.mark.parametrize("length", [None, len(SMALL)])
def test_a_copy_may_change_its_customer_key(bucket: Any, length: int | None) -> None:
    source = stored(bucket, SMALL, encryption=sse_c(b"a"))
    with pytest.raises(SSECKeyIdMismatchInCopy):
        bucket.copy(
            source.id_,
            "copy",
            length=length,
            source_encryption=sse_c(b"a"),
            destination_encryption=sse_c(b"b"),
        )
    version = bucket.copy(
        source.id_,
        "copy",
        length=length,
        source_encryption=sse_c(b"a"),
        destination_encryption=sse_c(b"b"),
        source_file_info=source.file_info,
        source_content_type=source.content_type,
    )
    assert (version.content_type, version.file_info) == ("text/plain", {**INFO, "sse_c_key_id": "key b"})
    assert downloaded(bucket, "copy", sse_c(b"b")) == SMALL


def test_progress_of_a_copy(bucket: Any) -> None:
    listener = ProgressListenerForTest()
    bucket.copy(stored(bucket, SMALL).id_, "copy", length=100, progress_listener=listener)
    assert listener.get_calls() == ["set_total_bytes(100)", "bytes_completed(100)"]


def test_copies_wait_for_their_turn_with_those_of_other_threads(bucket: Any) -> None:
    managers = bucket.api.services
    managers.copy_manager.set_thread_pool_size(1)
    source = stored(bucket, SMALL)
    with managers.copy_manager.slot():
        future = managers.copy_manager.submit(bucket.copy, source.id_, "never", content_type="x")
        assert not future.done()
    assert isinstance(future.exception(), CopyArgumentsMismatch)


# --- in parts ---


@pytest.mark.parametrize("length", [None, len(CONTENT)], ids=["whole", "range"])
def test_what_is_too_large_for_one_request_is_copied_in_parts_with_its_metadata(
    bucket: Any, calls: Calls, length: int | None
) -> None:
    source = stored(bucket, CONTENT)
    listener = ProgressListenerForTest()
    version = bucket.copy(source.id_, "copy", length=length, max_part_size=200, progress_listener=listener)
    assert downloaded(bucket, "copy") == CONTENT
    assert calls.done.count("copy_part") == 6
    assert version.content_type == "text/plain"
    assert {name: value for name, value in version.file_info.items() if name != "plan_id"} == {
        **INFO,
        "large_file_sha1": hex_sha1_of_bytes(CONTENT),
    }
    totals = [call for call in listener.get_calls() if call.startswith("set_total")]
    assert (len(totals), listener.get_calls()[-1]) == (1, f"bytes_completed({len(CONTENT)})")


@pytest.mark.parametrize("own", [{}, {"content_type": "image/png", "file_info": {"a": "b"}}], ids=["copied", "own"])
@pytest.mark.parametrize("length", [None, len(CONTENT)], ids=["whole", "range"])
@pytest.mark.parametrize("parts", ["one request", "parts"])
def test_a_copy_in_parts_notes_the_sha1_of_its_source_however_that_was_uploaded(
    bucket: Any, own: dict[str, Any], length: int | None, parts: str
) -> None:
    least = len(CONTENT) if parts == "one request" else None
    source = bucket.upload(UploadSourceBytes(CONTENT), "stored", file_info=INFO, min_part_size=least)
    assert ("large_file_sha1" in source.file_info) == (parts == "parts")
    version = bucket.copy(source.id_, "copy", length=length, max_part_size=200, **own)
    assert version.file_info["large_file_sha1"] == hex_sha1_of_bytes(CONTENT)
    part = bucket.copy(source.id_, "part", offset=1, length=800, max_part_size=200, **own)
    assert "large_file_sha1" not in part.file_info


def test_a_copy_whose_source_has_another_sha1_than_is_stated_is_not_started(bucket: Any, calls: Calls) -> None:
    source = stored(bucket, CONTENT)
    for own in ({"large_file_sha1": "0" * 40}, {"Large_File_SHA1": "0" * 40}):
        with pytest.raises(ChecksumMismatch):
            bucket.copy(
                source.id_, "copy", length=len(CONTENT), max_part_size=200, content_type="image/png", file_info=own
            )
    assert calls.done.count("start_large_file") == 1


def test_a_source_with_as_much_file_info_as_there_may_be_is_copied_without_its_sha1(bucket: Any) -> None:
    info = {f"key{number}": "value" for number in range(9)}
    source = bucket.upload(UploadSourceBytes(CONTENT), "stored", file_info=info, min_part_size=len(CONTENT))
    version = bucket.copy(source.id_, "copy", length=len(CONTENT), max_part_size=200)
    assert set(version.file_info) == {*info, "plan_id"}


def test_metadata_that_are_given_save_looking_them_up(bucket: Any, calls: Calls) -> None:
    source = stored(bucket, CONTENT)
    version = bucket.copy(
        source.id_,
        "copy",
        offset=100,
        length=600,
        max_part_size=200,
        source_file_info={"seen": "before"},
        source_content_type="image/png",
    )
    assert downloaded(bucket, "copy") == CONTENT[100:700]
    assert (version.content_type, version.file_info["seen"]) == ("image/png", "before")
    assert "get_file_info_by_id" not in calls.done


def test_a_copy_in_parts_may_change_its_encryption(bucket: Any) -> None:
    source = stored(bucket, CONTENT, encryption=sse_c(b"a"))
    version = bucket.copy(
        source.id_,
        "copy",
        length=len(CONTENT),
        max_part_size=200,
        source_encryption=sse_c(b"a"),
        destination_encryption=sse_c(b"b"),
    )
    assert version.file_info["sse_c_key_id"] == "key b"
    assert downloaded(bucket, "copy", sse_c(b"b")) == CONTENT


def test_a_copy_in_parts_that_fails_is_resumed(bucket: Any, calls: Calls) -> None:
    source = stored(bucket, CONTENT)
    bucket.api.services.copy_manager.set_thread_pool_size(1)
    calls.refuse("copy_part", after=3)
    with pytest.raises(Exception, match="no more"):
        bucket.copy(source.id_, "copy", length=len(CONTENT), max_part_size=200)
    bucket.copy(source.id_, "copy", length=len(CONTENT), max_part_size=200)
    assert calls.done.count("copy_part") == 6
    assert downloaded(bucket, "copy") == CONTENT


# --- composed ---


@pytest.mark.parametrize("make", ["create_file", "create_file_stream"])
def test_uploads_and_copies_are_put_one_behind_the_other(bucket: Any, calls: Calls, make: str) -> None:
    source = stored(bucket, CONTENT)
    sources = [
        UploadSourceBytes(b"a" * 250),
        CopySource(source.id_, offset=24, length=600),
        UploadSourceBytes(b"b" * 30),
        CopySource(source.id_, offset=3, length=40),
        UploadSourceBytes(b"c" * 200),
    ]
    listener = ProgressListenerForTest()
    intents = list(WriteIntent.wrap_sources_iterator(sources))
    getattr(bucket, make)(intents, "composed", progress_listener=listener, max_part_size=200)
    expected = b"a" * 250 + CONTENT[24:624] + b"b" * 30 + CONTENT[3:43] + b"c" * 200
    assert downloaded(bucket, "composed") == expected
    assert listener.get_calls()[-1] == f"bytes_completed({len(expected)})"
    assert "copy_part" in calls.done


def test_one_copy_is_no_large_file(bucket: Any, calls: Calls) -> None:
    source = stored(bucket, SMALL)
    version = bucket.concatenate([CopySource(source.id_, length=len(SMALL))], "copy")
    assert (version.content_type, downloaded(bucket, "copy")) == ("text/plain", SMALL)
    assert "start_large_file" not in calls.done


def test_a_copy_and_its_bytes_may_be_encrypted_in_two_ways(bucket: Any) -> None:
    source = stored(bucket, CONTENT, encryption=sse_c(b"a"))
    sources = [
        CopySource(source.id_, length=200, encryption=sse_c(b"a")),
        UploadSourceBytes(b"x" * 210),
        CopySource(source.id_, offset=200, length=20, encryption=sse_c(b"a")),
    ]
    bucket.concatenate(sources, "composed", encryption=sse_c(b"b"))
    assert downloaded(bucket, "composed", sse_c(b"b")) == CONTENT[:200] + b"x" * 210 + CONTENT[200:220]


# --- incremental ---


def test_only_what_was_added_to_a_file_is_sent(bucket: Any, calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(CONTENT[:200])
    bucket.upload_local_file(path, "growing")
    path.write_bytes(CONTENT)
    version = bucket.upload_local_file(path, "growing", upload_mode=UploadMode.INCREMENTAL, encryption=SSE_B2_AES)
    assert downloaded(bucket, "growing") == CONTENT
    assert version.file_info["large_file_sha1"] == hex_sha1_of_bytes(CONTENT)
    assert (calls.done.count("copy_part"), calls.done.count("upload_part")) == (1, 5)


def test_a_file_that_is_new_or_another_is_sent_in_full(bucket: Any, calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "changing"
    for content in (CONTENT, CONTENT[::-1]):
        path.write_bytes(content)
        bucket.upload_local_file(path, "changing", upload_mode=UploadMode.INCREMENTAL)
        assert downloaded(bucket, "changing") == content
    assert "copy_part" not in calls.done


def test_a_file_with_a_customer_key_is_sent_in_full_whatever_is_stored(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    bucket.upload_bytes(CONTENT[:800], "growing", encryption=sse_c(b"a"))
    bucket.upload_local_file(path, "growing", upload_mode=UploadMode.INCREMENTAL, encryption=sse_c(b"a"))
    assert downloaded(bucket, "growing", sse_c(b"a")) == CONTENT
