from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.transfer.large_file import LargeFileServices, Part, UnfinishedLargeFile
from b2sdk.values.encryption import EncryptionMode
from b2sdk.values.file_lock import LegalHold, RetentionMode

WIRE: dict[str, Any] = {
    "fileId": "id-1",
    "fileName": "name",
    "accountId": "account",
    "bucketId": "bucket",
    "contentType": "text/plain",
    "fileInfo": {"b2-expires": "Sun, 06 Nov 1994 08:49:37 GMT", "b2-cache-control": "private"},
    "uploadTimestamp": 1234,
    "serverSideEncryption": {"algorithm": "AES256", "mode": "SSE-B2"},
    "fileRetention": {
        "isClientAuthorizedToRead": True,
        "value": {"mode": "governance", "retainUntilTimestamp": 5000},
    },
    "legalHold": {"isClientAuthorizedToRead": True, "value": "on"},
}


def unfinished(**changes: Any) -> UnfinishedLargeFile:
    return UnfinishedLargeFile({**WIRE, **changes})


class Session:
    """Gives lists in pages of what was asked for at a time."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.names = ["id-1", "id-2", "id-3"]

    def list_parts(self, file_id: str, start: int | None, count: int) -> Any:
        self.calls.append((file_id, start, count))
        numbers = range(start or 1, 6)
        page = [
            {"fileId": file_id, "partNumber": number, "contentLength": 10, "contentSha1": f"sha1 {number}"}
            for number in numbers[:count]
        ]
        return {"parts": page, "nextPartNumber": numbers[count] if len(numbers) > count else None}

    def list_unfinished_large_files(self, bucket_id: str, start: str | None, count: int, prefix: str | None) -> Any:
        self.calls.append((bucket_id, start, count, prefix))
        names = [name for name in self.names if start is None or name >= start]
        following = names[count] if len(names) > count else None
        return {"files": [{**WIRE, "fileId": name} for name in names[:count]], "nextFileId": following}

    def cancel_large_file(self, file_id: str) -> Any:
        return {"fileId": file_id, "fileName": "name", "bucketId": "bucket", "accountId": "account"}


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def large_files(session: Session) -> LargeFileServices:
    services: Any = SimpleNamespace(session=session)
    return LargeFileServices(services)


# --- values ---


def test_an_unfinished_file_says_what_it_was_started_with() -> None:
    file = unfinished()
    assert (file.file_id, file.file_name, file.bucket_id, file.upload_timestamp) == ("id-1", "name", "bucket", 1234)
    assert (file.encryption.mode, file.legal_hold) == (EncryptionMode.SSE_B2, LegalHold.ON)
    assert (file.file_retention.mode, file.file_retention.retain_until) == (RetentionMode.GOVERNANCE, 5000)
    assert repr(file) == "<UnfinishedLargeFile bucket name>"


def test_header_entries_are_found_in_the_file_info() -> None:
    file = unfinished()
    assert (file.cache_control, file.expires) == ("private", "Sun, 06 Nov 1994 08:49:37 GMT")
    assert file.expires_parsed() == datetime(1994, 11, 6, 8, 49, 37, tzinfo=timezone.utc)
    assert (file.content_disposition, file.content_encoding, file.content_language) == (None, None, None)
    bare = unfinished(fileInfo=None)
    assert (bare.cache_control, bare.expires_parsed()) == (None, None)


def test_files_are_equal_when_all_they_say_is() -> None:
    assert unfinished() == unfinished()
    assert unfinished() != unfinished(fileId="id-2")
    assert unfinished() != WIRE


def test_a_description_that_lacks_a_field_is_no_key_error() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="bucketId"):
        UnfinishedLargeFile({name: value for name, value in WIRE.items() if name != "bucketId"})


def test_parts_are_equal_by_their_fields() -> None:
    part = Part("id-1", 2, 10, "sha1")
    assert repr(part) == "<Part id-1 2 10 sha1>"
    assert part == Part("id-1", 2, 10, "sha1")
    assert part != Part("id-1", 3, 10, "sha1")


# --- lists ---


@pytest.mark.parametrize("batch", [1, 2, 5, None])
def test_parts_are_listed_over_all_pages(large_files: LargeFileServices, session: Session, batch: int | None) -> None:
    parts = list(large_files.list_parts("id-1", batch_size=batch))
    assert [part.part_number for part in parts] == [1, 2, 3, 4, 5]
    assert parts[4] == Part("id-1", 5, 10, "sha1 5")
    assert {call[2] for call in session.calls} == {batch or 100}


def test_parts_are_listed_from_a_number_on_and_no_page_too_early(
    large_files: LargeFileServices, session: Session
) -> None:
    parts = large_files.list_parts("id-1", start_part_number=3, batch_size=2)
    assert session.calls == []
    assert next(parts).part_number == 3
    assert session.calls == [("id-1", 3, 2)]


@pytest.mark.parametrize("batch", [1, 2, None])
def test_unfinished_files_are_listed_over_all_pages(
    large_files: LargeFileServices, session: Session, batch: int | None
) -> None:
    files = list(large_files.list_unfinished_large_files("bucket", batch_size=batch, prefix="na"))
    assert [file.file_id for file in files] == session.names
    assert session.calls[0] == ("bucket", None, batch or 100, "na")


def test_one_unfinished_file_is_looked_up_in_one_call(large_files: LargeFileServices, session: Session) -> None:
    found = large_files.get_unfinished_large_file("bucket", "id-2", prefix="name")
    assert found is not None
    assert found.file_id == "id-2"
    assert session.calls == [("bucket", "id-2", 1, "name")]


@pytest.mark.parametrize("absent", ["id-0", "id-9"])
def test_another_one_that_follows_it_is_not_taken_for_it(large_files: LargeFileServices, absent: str) -> None:
    assert large_files.get_unfinished_large_file("bucket", absent) is None


def test_cancelling_reports_what_was_cancelled(large_files: LargeFileServices) -> None:
    cancelled = large_files.cancel_large_file("id-1")
    assert (cancelled.file_id, cancelled.file_name) == ("id-1", "name")
