from __future__ import annotations

from typing import Any

import pytest

from b2sdk.exception import (
    B2Error,
    Cancelled,
    ChecksumMismatch,
    InvalidUploadSource,
    UnexpectedCloudBehaviour,
)
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.part import CopyPart, Piece, UploadPart
from b2sdk.transfer.resume import (
    SECONDS_TO_TIDY_UP,
    Cleanup,
    ResumeSearch,
    choose_cleanup,
    file_info_to_send,
    is_finished,
    is_overtaken,
    match_finished_parts,
    sha1_of_made,
    why_not_resumable,
)
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
def test_the_same_file_is_resumed(by_plan_id: bool) -> None:
    assert why_not_resumable(candidate(), NEW, by_plan_id) is None


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
    assert why_not_resumable(candidate(), new_file, by_plan_id=False) is None


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
    assert why_not_resumable(candidate(**changes), new_file, by_plan_id) == reason


def test_names_in_the_file_info_are_the_same_in_capitals() -> None:
    for theirs, ours in (("color", "Color"), ("Color", "color")):
        assert (
            why_not_resumable(candidate(fileInfo={theirs: "b"}), NEW._replace(file_info={ours: "b"}), by_plan_id=False)
            is None
        )


def test_the_same_locks_fit() -> None:
    locked = NEW._replace(legal_hold=LegalHold.ON, file_retention=GOVERNED)
    assert why_not_resumable(candidate(legalHold=HELD, fileRetention=RETAINED), locked, by_plan_id=False) is None


def test_a_sha1_of_the_whole_that_is_stored_must_be_that_of_the_new_file() -> None:
    lower_case_names = candidate(fileInfo={"a": "b", "large_file_sha1": "1" * 40})
    same, other = (NEW._replace(file_info={"a": "b", "large_file_sha1": digit * 40}) for digit in "12")
    for by_plan_id in (False, True):
        assert why_not_resumable(lower_case_names, same, by_plan_id) is None
        assert why_not_resumable(lower_case_names, other, by_plan_id) == "its file info differs", (
            "downloads would be compared with it"
        )
        assert why_not_resumable(lower_case_names, NEW, by_plan_id) == "its file info differs"
    assert why_not_resumable(candidate(fileInfo={"a": "b"}), same, by_plan_id=False) is None, "the parts decide"
    assert why_not_resumable(candidate(fileInfo={"a": "b"}), same, by_plan_id=True) == "its file info differs"


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
    assert why_not_resumable(theirs, NEW._replace(encryption=sse_c(given)), by_plan_id=False) == reason


def test_a_customer_key_does_not_fit_a_key_of_the_service() -> None:
    theirs = candidate(fileInfo={"a": "b", "sse_c_key_id": "one"})
    assert (
        why_not_resumable(theirs, NEW._replace(encryption=sse_c("one")), by_plan_id=False) == "its encryption differs"
    )


def test_the_key_id_is_sent_with_the_info_and_the_value_stays() -> None:
    new_file = NEW._replace(encryption=sse_c("one"))
    assert file_info_to_send(new_file) == {"a": "b", "sse_c_key_id": "one"}
    assert new_file.file_info == {"a": "b"}
    assert file_info_to_send(NewFile("bucket", "name")) == {}


# --- parts ---

LOCAL = UploadPart.whole(UploadSourceBytes(b"0123456789"))
REMOTE = CopyPart(Piece(CopySource("source", length=10), 0, 10))
MIXED = UploadPart((*LOCAL.pieces, REMOTE.piece))
PLANNED = (LOCAL, REMOTE, MIXED, LOCAL)


def sha1_of(pieces: tuple[Piece, ...]) -> str:
    (piece,) = pieces
    assert isinstance(piece.source, UploadSourceBytes)
    return hex_sha1_of_bytes(piece.source.data_bytes)


def part(number: int, length: int, sha1: str | None = "unknown") -> Part:
    return Part("id", number, length, sha1)


GOOD = [part(1, 10, hex_sha1_of_bytes(b"0123456789")), part(2, 10), part(3, 20)]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_the_parts_that_are_there_are_found_but_for_mixtures(count: int) -> None:
    listed = {good.part_number: good for good in GOOD[:count]}
    listed.pop(3, None)
    assert match_finished_parts({good.part_number: good for good in GOOD[:count]}, PLANNED, sha1_of) == listed


@pytest.mark.parametrize(
    ("made", "sha1", "found"),
    [
        (part(1, 10, "a"), "a", "a"),
        (part(1, 10, "a"), None, "a"),
        (part(1, 10, "a"), "b", None),
        (part(1, 10, None), None, None),
        (part(1, 11, "a"), "a", None),
        (None, None, None),
    ],
)
def test_a_part_is_made_that_has_the_length_and_the_sha1_if_that_is_known(
    made: Part | None, sha1: str | None, found: str | None
) -> None:
    assert sha1_of_made(made, PLANNED[0], sha1) == found


@pytest.mark.parametrize(
    "wrong",
    [part(1, 10), part(1, 11), part(2, 9), part(3, 10), part(5, 10), part(4, 10, "0" * 40)],
    ids=["sha1", "length", "length of a copy", "length of a mixture", "not planned", "sha1 of the last"],
)
def test_one_part_that_is_not_planned_so_refuses_all(wrong: Part) -> None:
    listed = {good.part_number: good for good in GOOD} | {wrong.part_number: wrong}
    assert match_finished_parts(listed, PLANNED, sha1_of) is None


# --- the search among unfinished files ---


def content(number: int) -> UploadPart:
    return UploadPart.whole(UploadSourceBytes(bytes([number]) * 5))


def finished(part: UploadPart, number: int) -> Part:
    return Part("id", number, part.length, hex_sha1_of_bytes(part.pieces[0].source.data_bytes))  # type: ignore[attr-defined]  # of bytes


def search(parts: list[UploadPart], by_plan_id: bool) -> ResumeSearch:
    return ResumeSearch(NEW, parts, lambda pieces: pieces[0].source.get_content_sha1() or "", by_plan_id)


PARTS = [content(number) for number in range(3)]
FINISHED = {number: finished(part, number) for number, part in enumerate(PARTS, 1)}


def test_a_file_of_another_name_or_with_other_metadata_is_no_candidate() -> None:
    ours = search(PARTS, by_plan_id=False)
    assert ours.is_candidate(candidate())
    assert not ours.is_candidate(candidate(fileName="name2"))
    assert not ours.is_candidate(candidate(fileInfo={"a": "c"}))


def test_with_a_plan_id_the_file_with_the_most_parts_is_the_best() -> None:
    ours = search(PARTS, by_plan_id=True)
    for id_, numbers in (("one", [1]), ("two", [1, 2]), ("none", [])):
        ours.compare(candidate(fileId=id_), {number: FINISHED[number] for number in numbers})
        assert not ours.is_over
    assert ours.best is not None
    assert (ours.best.file.file_id, list(ours.best.parts)) == ("two", [1, 2])


def test_without_a_plan_id_the_first_that_fits_ends_the_search() -> None:
    ours = search(PARTS, by_plan_id=False)
    ours.compare(candidate(fileId="other"), {1: FINISHED[2]})
    assert (ours.best, ours.is_over) == (None, False)
    ours.compare(candidate(fileId="first"), {})
    assert ours.is_over
    assert ours.best is not None
    assert ours.best.file.file_id == "first"


# --- what came in between ---


def version(**changes: Any) -> dict[str, Any]:
    return {
        "fileId": "v", "fileName": "name", "action": "upload", "uploadTimestamp": 1235, "contentLength": 1,
        "contentSha1": "a" * 40, "contentType": "text/plain", "fileInfo": {}, "accountId": "a", "bucketId": "b",
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "overtaken"),
    [
        ([], False),
        ([version()], True),
        ([version(action="hide")], True),
        ([version(uploadTimestamp=1234)], False),
        ([version(action="start"), version(uploadTimestamp=1)], False),
        ([version(fileName="name2")], False),
        ([version(uploadTimestamp=1), version(uploadTimestamp=9999)], False),
    ],
)
def test_a_version_that_is_newer_than_the_beginning_overtakes_it(
    versions: list[dict[str, Any]], overtaken: bool
) -> None:
    assert is_overtaken(candidate(), versions) is overtaken


def test_a_version_without_a_name_is_no_version() -> None:
    with pytest.raises(UnexpectedCloudBehaviour):
        is_overtaken(candidate(), [{"action": "upload"}])


# --- what is missing, and what becomes of it ---


@pytest.mark.parametrize(
    ("error", "is_new", "is_kept", "cleanup"),
    [
        (B2Error(), True, True, None),
        (ChecksumMismatch("sha1", "a", "b"), True, True, Cleanup(None)),
        (ChecksumMismatch("sha1", "a", "b"), False, True, None),
        (InvalidUploadSource("it changed"), True, True, Cleanup(None)),
        (B2Error(), True, False, Cleanup(None)),
        (Cancelled("elsewhere"), True, False, Cleanup(SECONDS_TO_TIDY_UP)),
        (KeyboardInterrupt(), True, False, Cleanup(SECONDS_TO_TIDY_UP)),
        (KeyboardInterrupt(), True, True, None),
    ],
)
def test_an_unfinished_file_stays_unless_it_is_wrong_or_not_wanted(
    error: BaseException, is_new: bool, is_kept: bool, cleanup: Cleanup | None
) -> None:
    assert choose_cleanup(error, is_new=is_new, is_kept=is_kept) == cleanup


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"action": "upload", "fileId": "id"}, True),
        ({"action": "start", "fileId": "id"}, False),
        ({"action": "upload", "fileId": "other"}, False),
        ({}, False),
    ],
)
def test_only_a_version_with_the_id_of_the_large_file_is_it(found: dict[str, str], expected: bool) -> None:
    assert is_finished(found, "id") is expected
