from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from b2sdk import blocking
from b2sdk.exception import (
    AlreadyFailed,
    B2Error,
    ChecksumMismatch,
    CopyArgumentsMismatch,
    SSECKeyIdMismatchInCopy,
    UnexpectedCloudBehaviour,
)
from b2sdk.progress import DoNothingProgressListener, ProgressListenerForTest
from b2sdk.raw_api.endpoints import MetadataDirectiveMode
from b2sdk.threads import InlinePool
from b2sdk.transfer.copy import CopyManager, bind_copy, bind_part_copy, choose_metadata_directive, complete_metadata
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.source import CopySource
from b2sdk.values.encryption import (
    SSE_B2_AES,
    UNKNOWN_KEY_ID,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    KeyId,
)
from b2sdk.values.new_file import NewFile

SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d"
COPY, REPLACE = MetadataDirectiveMode.COPY, MetadataDirectiveMode.REPLACE


def sse_c(key_id: KeyId) -> EncryptionSetting:
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, key_id))


class Session:
    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.told: dict[str, Any] = {}

    def copy_file(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((args, kwargs))
        return {"contentLength": 10, **self.told}

    def copy_part(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((args, kwargs))
        return {"contentLength": 50, "contentSha1": "sha1 of it", **self.told}


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def manager(session: Session) -> CopyManager:
    factory = SimpleNamespace(from_api_response=lambda answer: SimpleNamespace(size=answer["contentLength"]))
    services: Any = SimpleNamespace(session=session, api=SimpleNamespace(file_version_factory=factory))
    return CopyManager(services, thread_pool=InlinePool())


# --- whole files ---


@pytest.mark.parametrize(
    ("content_type", "file_info", "directive"),
    [(None, None, COPY), ("text/plain", {}, REPLACE), ("text/plain", {"a": "b"}, REPLACE)],
)
def test_metadata_are_replaced_together_or_not_at_all(
    content_type: str | None, file_info: dict[str, str] | None, directive: MetadataDirectiveMode
) -> None:
    assert choose_metadata_directive(NewFile("bucket", "name", content_type, file_info)) is directive


@pytest.mark.parametrize(("content_type", "file_info"), [(None, {}), (None, {"a": "b"}), ("text/plain", None)])
def test_half_of_the_metadata_is_refused(content_type: str | None, file_info: dict[str, str] | None) -> None:
    with pytest.raises(CopyArgumentsMismatch):
        choose_metadata_directive(NewFile("bucket", "name", content_type, file_info))


def test_a_copy_is_one_call(manager: CopyManager, session: Session) -> None:
    listener = ProgressListenerForTest()
    source = CopySource("source", offset=5, length=10, encryption=SSE_B2_AES)
    version: Any = manager.copy(NewFile("bucket", "name", encryption=SSE_B2_AES), source, listener)
    assert version.size == 10
    assert listener.get_calls() == ["set_total_bytes(10)", "bytes_completed(10)"]
    ((args, keywords),) = session.calls
    assert args == ("source", "name")
    said = {name: value for name, value in keywords.items() if value is not None}
    assert said == {
        "bytes_range": (5, 14),
        "metadata_directive": COPY,
        "destination_bucket_id": "bucket",
        "destination_server_side_encryption": SSE_B2_AES,
        "source_server_side_encryption": SSE_B2_AES,
    }


def test_a_copy_in_the_background_reads_with_the_encryption_that_is_given(
    manager: CopyManager, session: Session
) -> None:
    source = CopySource("source", length=10, source_file_info={"a": "b"}, source_content_type="text/plain")
    future = manager.copy_file(
        source, "name", None, None, "bucket", DoNothingProgressListener(), source_encryption=sse_c("id")
    )
    assert future.exception() is None
    keywords = session.calls[0][1]
    assert (keywords["source_server_side_encryption"], keywords["bytes_range"]) == (sse_c("id"), (0, 9))
    assert (keywords["metadata_directive"], keywords["file_info"]) == (REPLACE, {"a": "b"})


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"contentLength": 11}, UnexpectedCloudBehaviour),
        ({"fileName": "other"}, UnexpectedCloudBehaviour),
        ({"contentSha1": SHA1.replace("a", "b")}, None),
    ],
)
def test_a_copy_of_something_else_is_noticed(
    manager: CopyManager, session: Session, told: dict[str, Any], error: type[B2Error] | None
) -> None:
    session.told = told
    source = CopySource("source", offset=5, length=10, source_file_info={"large_file_sha1": SHA1})
    with nullcontext() if error is None else pytest.raises(error):
        manager.copy(NewFile("bucket", "name"), source, DoNothingProgressListener())


@pytest.mark.parametrize("told", [SHA1, SHA1.upper(), f"unverified:{SHA1}", "none", None, "0" * 40])
def test_the_sha1_of_a_whole_copy_is_that_of_its_source_if_both_are_known(
    manager: CopyManager, session: Session, told: str | None
) -> None:
    session.told = {"contentSha1": told}
    source = CopySource("source", source_file_info={"large_file_sha1": SHA1}, source_content_type="text/plain")
    with pytest.raises(ChecksumMismatch) if told == "0" * 40 else nullcontext():
        manager.copy(NewFile("bucket", "name"), source, DoNothingProgressListener())


def test_a_copy_is_the_same_call_where_calls_are_awaited(manager: CopyManager, session: Session) -> None:
    awaited: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    async def call(*args: Any, **kwargs: Any) -> str:
        awaited.append((args, kwargs))
        return "answer"

    new_file = NewFile("bucket", "name", encryption=sse_c("two"))
    source = CopySource("source", length=50, source_file_info={"a": "b"}, source_content_type="text/plain")
    copied = blocking.run(bind_copy(call, new_file, source)())
    copied_part = blocking.run(bind_part_copy(call, "large", source, 2, sse_c("two"))())
    session.told = {"contentLength": 50}
    manager.copy(new_file, source, DoNothingProgressListener())
    manager.copy_into_part("large", source, 2, LargeFileUploadState(DoNothingProgressListener()), sse_c("two"))
    assert (copied, copied_part) == ("answer", "answer")
    assert awaited == session.calls


def whole_source() -> CopySource:
    source = CopySource("source", length=50)
    source.is_whole, source.stored_sha1 = True, SHA1
    return source


def test_a_copied_part_whose_sha1_is_not_told_is_refused(manager: CopyManager, session: Session) -> None:
    session.told = {"contentSha1": None}
    state = LargeFileUploadState(DoNothingProgressListener())
    with pytest.raises(UnexpectedCloudBehaviour, match="contentSha1"):
        manager.copy_into_part("large", CopySource("id", length=50), 1, state)


@pytest.mark.parametrize("told", [SHA1, "0" * 40])
def test_a_whole_file_that_is_copied_into_a_part_has_its_sha1(
    manager: CopyManager, session: Session, told: str
) -> None:
    session.told = {"contentSha1": told}
    state = LargeFileUploadState(DoNothingProgressListener())
    source = whole_source().get_copy_source_range(0, 50)
    with pytest.raises(ChecksumMismatch) if told != SHA1 else nullcontext():
        manager.copy_into_part("large", source, 2, state)


def test_a_range_has_not_the_sha1_of_the_whole() -> None:
    assert whole_source().get_copy_source_range(1, 49).get_content_sha1() is None
    assert whole_source().get_content_sha1() == SHA1


# --- the id of a customer key ---


def established(
    directive: MetadataDirectiveMode,
    destination: EncryptionSetting | None,
    source: EncryptionSetting | None,
    *,
    info: dict[str, str] | None = None,
    source_info: dict[str, str] | None = None,
    source_type: str | None = None,
) -> Any:
    return CopyManager.establish_sse_c_file_metadata(
        directive, info, "new/type" if directive is REPLACE else None, destination, source, source_info, source_type
    )


@pytest.mark.parametrize(
    ("destination", "source"),
    [
        (None, None),
        (SSE_B2_AES, None),
        (sse_c("one"), sse_c("one")),
        (sse_c(None), None),
        (sse_c(UNKNOWN_KEY_ID), sse_c(UNKNOWN_KEY_ID)),
    ],
)
def test_with_the_same_key_id_on_both_sides_nothing_changes(
    destination: EncryptionSetting | None, source: EncryptionSetting | None
) -> None:
    assert established(COPY, destination, source) == (COPY, None, None)


@pytest.mark.parametrize("source_type", [None, "text/plain"])
def test_another_key_id_needs_the_metadata_of_the_source(source_type: str | None) -> None:
    with pytest.raises(SSECKeyIdMismatchInCopy, match='source="one", destination="two"'):
        established(COPY, sse_c("two"), sse_c("one"), source_type=source_type)
    with pytest.raises(SSECKeyIdMismatchInCopy, match='source="None", destination="unknown"'):
        established(COPY, sse_c(UNKNOWN_KEY_ID), None, source_info={})


def test_another_key_id_takes_the_place_of_the_old_one() -> None:
    old = {"a": "b", "sse_c_key_id": "one"}
    replaced = established(COPY, sse_c("two"), sse_c("one"), source_info=old, source_type="text/plain")
    assert replaced == (REPLACE, {"a": "b", "sse_c_key_id": "two"}, "text/plain")
    removed = established(COPY, SSE_B2_AES, sse_c("one"), source_info=old, source_type="text/plain")
    assert removed == (REPLACE, {"a": "b"}, "text/plain")
    assert old == {"a": "b", "sse_c_key_id": "one"}


def test_new_metadata_get_the_key_id() -> None:
    given = {"a": "b"}
    assert established(REPLACE, sse_c("two"), None, info=given) == (
        REPLACE,
        {"a": "b", "sse_c_key_id": "two"},
        "new/type",
    )
    assert given == {"a": "b"}
    assert established(REPLACE, None, sse_c("one"), info={"a": "b"}) == (REPLACE, {"a": "b"}, "new/type")


# --- parts ---


@pytest.mark.parametrize(("encryption", "sent"), [(None, None), (SSE_B2_AES, None), (sse_c("id"), sse_c("id"))])
def test_a_part_says_how_the_file_is_encrypted_only_with_a_customer_key(
    manager: CopyManager, session: Session, encryption: EncryptionSetting | None, sent: EncryptionSetting | None
) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    source = CopySource("source", offset=100, length=50, encryption=SSE_B2_AES)
    future = manager.copy_part("large", source, 2, state, destination_encryption=encryption)
    assert future.result()["contentSha1"] == "sha1 of it"
    assert session.calls == [
        (
            ("source", "large", 2),
            {
                "bytes_range": (100, 149),
                "destination_server_side_encryption": sent,
                "source_server_side_encryption": SSE_B2_AES,
            },
        )
    ]
    assert state.bytes_completed == 50


def test_a_part_is_not_copied_when_another_has_failed(manager: CopyManager, session: Session) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    state.set_error("part 1 failed")
    with pytest.raises(AlreadyFailed, match="part 1 failed"):
        manager.copy_into_part("large", CopySource("source", length=50), 2, state)
    assert session.calls == []


# --- metadata of copies in parts ---


@pytest.mark.parametrize(
    ("content_type", "file_info", "completed"),
    [
        (None, None, (None, None)),
        (None, {}, (None, None)),
        (None, {"a": "b"}, ("b2/x-auto", {"a": "b"})),
        ("text/plain", None, ("text/plain", {})),
        ("text/plain", {"a": "b"}, ("text/plain", {"a": "b"})),
    ],
)
def test_content_type_and_file_info_are_completed_to_both_or_none(
    content_type: str | None, file_info: dict[str, str] | None, completed: tuple[str | None, dict[str, str] | None]
) -> None:
    new_file = complete_metadata(NewFile("bucket", "name", content_type, file_info))
    assert (new_file.content_type, new_file.file_info) == completed
