from __future__ import annotations

from typing import Any

import pytest

from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.part import CopyPart, Piece, UploadPart
from b2sdk.transfer.resume import finished_parts, info_sent, refusal
from b2sdk.transfer.source import CopySource, UploadSourceBytes
from b2sdk.values.encryption import SSE_B2_AES, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold, RetentionMode
from b2sdk.values.new_file import NewFile

GOVERNED = FileRetentionSetting(RetentionMode.GOVERNANCE, 5000)
WITH_CUSTOMER_KEY = {"mode": "SSE-C", "algorithm": "AES256"}
HELD = {"isClientAuthorizedToRead": True, "value": "on"}
RETAINED = {"isClientAuthorizedToRead": True, "value": {"mode": "governance", "retainUntilTimestamp": 5000}}
WIRE: dict[str, Any] = {
    "fileId": "id",
    "fileName": "name",
    "accountId": "account",
    "bucketId": "bucket",
    "contentType": "text/plain",
    "fileInfo": {"a": "b"},
    "uploadTimestamp": 1234,
    "serverSideEncryption": {"algorithm": "AES256", "mode": "SSE-B2"},
    "fileRetention": {"isClientAuthorizedToRead": True, "value": None},
    "legalHold": {"isClientAuthorizedToRead": True, "value": None},
}
NEW = NewFile("bucket", "name", "text/plain", {"a": "b"})
SSE_C_WIRE = {"mode": "SSE-C", "algorithm": "AES256"}


def candidate(**changes: Any) -> UnfinishedLargeFile:
    return UnfinishedLargeFile({**WIRE, **changes})


def sse_c(key_id: str | None) -> EncryptionSetting:
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, key_id))


# --- whose file it is ---


@pytest.mark.parametrize("by_plan_id", [False, True])
def test_the_same_file_is_gone_on_with(by_plan_id: bool) -> None:
    assert refusal(candidate(), NEW, by_plan_id) is None


@pytest.mark.parametrize(
    "new_file",
    [
        NEW._replace(content_type=None),
        NEW._replace(content_type="b2/x-auto"),
        NEW._replace(encryption=SSE_B2_AES),
        NEW._replace(custom_upload_timestamp=1234),
    ],
)
def test_what_is_left_to_the_service_or_said_the_same_fits(new_file: NewFile) -> None:
    assert refusal(candidate(), new_file, by_plan_id=False) is None


@pytest.mark.parametrize(
    ("changes", "new_file", "reason"),
    [
        ({}, NEW._replace(file_info={"a": "c"}), "its file info differs"),
        ({}, NEW._replace(file_info=None), "its file info differs"),
        ({"fileInfo": None}, NEW._replace(file_info=None), "its file info differs"),
        ({}, NEW._replace(file_info={"a": "b", "b2-cache-control": "private"}), "its file info differs"),
        ({}, NEW._replace(content_type="image/png"), "its content type differs"),
        ({}, NEW._replace(encryption=EncryptionSetting(EncryptionMode.NONE)), "its encryption differs"),
        ({}, NEW._replace(legal_hold=LegalHold.ON), "its legal hold differs"),
        ({"legalHold": HELD}, NEW, "its legal hold differs"),
        ({}, NEW._replace(file_retention=GOVERNED), "its retention differs"),
        ({"fileRetention": RETAINED}, NEW, "its retention differs"),
        ({}, NEW._replace(custom_upload_timestamp=4321), "its timestamp differs"),
        ({"serverSideEncryption": WITH_CUSTOMER_KEY}, NEW, "it is encrypted with a customer key"),
    ],
)
@pytest.mark.parametrize("by_plan_id", [False, True])
def test_another_file_is_refused_with_the_reason(
    changes: dict[str, Any], new_file: NewFile, reason: str, by_plan_id: bool
) -> None:
    assert refusal(candidate(**changes), new_file, by_plan_id) == reason


def test_names_in_the_file_info_are_the_same_in_capitals() -> None:
    for theirs, ours in (("color", "Color"), ("Color", "color")):
        assert refusal(candidate(fileInfo={theirs: "b"}), NEW._replace(file_info={ours: "b"}), by_plan_id=False) is None


def test_the_same_locks_fit() -> None:
    locked = NEW._replace(legal_hold=LegalHold.ON, file_retention=GOVERNED)
    assert refusal(candidate(legalHold=HELD, fileRetention=RETAINED), locked, by_plan_id=False) is None


def test_a_sha1_of_the_whole_that_is_noted_must_be_that_of_the_new_file() -> None:
    noted = candidate(fileInfo={"a": "b", "large_file_sha1": "1" * 40})
    same, other = (NEW._replace(file_info={"a": "b", "large_file_sha1": digit * 40}) for digit in "12")
    for by_plan_id in (False, True):
        assert refusal(noted, same, by_plan_id) is None
        assert refusal(noted, other, by_plan_id) == "its file info differs", "downloads would be compared with it"
        assert refusal(noted, NEW, by_plan_id) == "its file info differs"
    assert refusal(candidate(fileInfo={"a": "b"}), same, by_plan_id=False) is None, "the parts decide"
    assert refusal(candidate(fileInfo={"a": "b"}), same, by_plan_id=True) == "its file info differs"


# --- customer keys ---


@pytest.mark.parametrize(
    ("stored", "given", "reason"),
    [
        ("one", "one", None),
        ("one", "two", "its file info differs"),
        (None, None, "its encryption differs"),
    ],
)
def test_a_customer_key_is_known_by_its_id(stored: str | None, given: str | None, reason: str | None) -> None:
    info = {"a": "b"} if stored is None else {"a": "b", "sse_c_key_id": stored}
    theirs = candidate(fileInfo=info, serverSideEncryption=SSE_C_WIRE)
    assert refusal(theirs, NEW._replace(encryption=sse_c(given)), by_plan_id=False) == reason


def test_a_customer_key_does_not_fit_a_key_of_the_service() -> None:
    theirs = candidate(fileInfo={"a": "b", "sse_c_key_id": "one"})
    assert refusal(theirs, NEW._replace(encryption=sse_c("one")), by_plan_id=False) == "its encryption differs"


def test_the_key_id_is_sent_with_the_info_and_the_value_stays() -> None:
    new_file = NEW._replace(encryption=sse_c("one"))
    assert info_sent(new_file) == {"a": "b", "sse_c_key_id": "one"}
    assert new_file.file_info == {"a": "b"}
    assert info_sent(NewFile("bucket", "name")) == {}


# --- parts ---

LOCAL = UploadPart.whole(UploadSourceBytes(b"0123456789"))
REMOTE = CopyPart(Piece(CopySource("source", length=10), 0, 10))
MIXED = UploadPart((*LOCAL.pieces, REMOTE.piece))
PLANNED = (LOCAL, REMOTE, MIXED, LOCAL)


def sha1_of(pieces: tuple[Piece, ...]) -> str:
    (piece,) = pieces
    assert isinstance(piece.source, UploadSourceBytes)
    return hex_sha1_of_bytes(piece.source.data_bytes)


def part(number: int, length: int, sha1: str = "unknown") -> Part:
    return Part("id", number, length, sha1)


GOOD = [part(1, 10, hex_sha1_of_bytes(b"0123456789")), part(2, 10), part(3, 20)]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_parts_that_are_there_are_found(count: int) -> None:
    listed = {good.part_number: good for good in GOOD[:count]}
    assert finished_parts(listed, PLANNED, sha1_of) == listed


@pytest.mark.parametrize(
    "wrong",
    [part(1, 10), part(1, 11), part(2, 9), part(3, 10), part(5, 10), part(4, 10, "0" * 40)],
    ids=["sha1", "length", "length of a copy", "length of a mixture", "not planned", "sha1 of the last"],
)
def test_one_part_that_is_not_planned_so_refuses_all(wrong: Part) -> None:
    listed = {good.part_number: good for good in GOOD} | {wrong.part_number: wrong}
    assert finished_parts(listed, PLANNED, sha1_of) is None
