from __future__ import annotations

import gc
import io
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.exception import (
    AccessDenied,
    AlreadyFailed,
    B2ConnectionError,
    B2Error,
    B2RequestTimeoutDuringUpload,
    ChecksumMismatch,
    MaxRetriesExceeded,
    ServiceError,
    TooManyRequests,
    TruncatedOutput,
    Unauthorized,
    UnknownError,
)
from b2sdk.progress import DoNothingProgressListener, ProgressListenerForTest
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.threads import InlinePool
from b2sdk.transfer.large_file import Part
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.source import UploadSourceBytes, UploadSourceLocalFile, UploadSourceStream
from b2sdk.transfer.upload import UploadManager
from b2sdk.values.encryption import SSE_B2_AES, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting
from b2sdk.values.new_file import NewFile

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"some content"
SHA1 = hex_sha1_of_bytes(CONTENT)
SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, "id"))


@dataclass
class Session:
    """Takes uploads; the first ones fail with ``failures``, having read ``read_before_failing`` bytes."""

    failures: list[BaseException] = field(default_factory=list)
    read_before_failing: int = -1
    stored_sha1: str | None = SHA1
    bodies: list[bytes] = field(default_factory=list)
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    patience: int = 10
    waits: list[tuple[str, int, int]] = field(default_factory=list)

    async def ask(self, call: Callable[..., Any], *args: Any) -> Any:
        return call(*args)

    async def pause_before_retry(
        self, _method: str, call: str, attempt: int, attempts: int, error: B2Error, start: float
    ) -> bool:
        self.waits.append((call, attempt, attempts))
        return len(self.waits) <= self.patience

    @property
    def account_info(self) -> Any:
        return SimpleNamespace(clear_bucket_upload_data=self.cleared.append)

    def upload_file(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._take(args[6], args, kwargs)

    def upload_part(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return self._take(args[4], args, kwargs)

    def _take(self, stream: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((args, kwargs))
        stream.seek(0)
        try:
            self.bodies.append(stream.read(self.read_before_failing if self.failures else -1))
        except B2Error:
            raise
        except Exception as error:
            raise UnknownError(repr(error)) from error
        if self.failures:
            failure = self.failures.pop(0)  # a name for it makes a circle of the error and this frame, as in HTTP
            raise failure
        return {"contentSha1": self.stored_sha1}


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def manager(session: Session) -> UploadManager:
    factory = SimpleNamespace(from_api_response=lambda answer: answer)
    services: Any = SimpleNamespace(session=session, api=SimpleNamespace(file_version_factory=factory))
    return UploadManager(services, thread_pool=InlinePool())


def send(manager: UploadManager, source: Any = None, **about: Any) -> Any:
    new_file = NewFile("bucket", "name", **about)
    return manager.send_file(new_file, source or UploadSourceBytes(CONTENT), DoNothingProgressListener())


# --- what the request says ---


def test_a_sha1_that_is_not_known_follows_the_content(manager: UploadManager, session: Session) -> None:
    send(manager)
    args, _ = session.calls[0]
    assert (args[2], args[4]) == (len(CONTENT) + 40, "hex_digits_at_end")
    assert session.bodies == [CONTENT + SHA1.encode()]


def test_a_known_sha1_is_announced_and_not_computed(manager: UploadManager, session: Session) -> None:
    send(manager, UploadSourceBytes(CONTENT, content_sha1=SHA1))
    args, _ = session.calls[0]
    assert (args[2], args[4], session.bodies) == (len(CONTENT), SHA1, [CONTENT])


@pytest.mark.parametrize("sha1", [None, SHA1])
def test_what_a_file_has_grown_by_is_not_sent(
    manager: UploadManager, session: Session, tmp_path: Path, sha1: str | None
) -> None:
    path = tmp_path / "growing"
    path.write_bytes(CONTENT)
    source = UploadSourceLocalFile(path, content_sha1=sha1)
    path.write_bytes(CONTENT + b" and more")
    send(manager, source)
    assert session.bodies == [CONTENT + (b"" if sha1 else SHA1.encode())]


def test_a_stream_that_is_sent_knows_where_it_is(
    manager: UploadManager, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sealed(io.BytesIO):
        def tell(self) -> int:
            raise AssertionError("asked, though it is known")

    positions: list[int] = []

    def upload_file(*args: Any, **_kwargs: Any) -> dict[str, Any]:
        stream = args[6]
        positions.extend(
            [stream.seek(0), stream.tell(), len(stream.read(5)), stream.tell(), stream.seek(0), stream.tell()]
        )
        return {}

    monkeypatch.setattr(session, "upload_file", upload_file)
    send(manager, UploadSourceStream(lambda: Sealed(CONTENT), stream_length=len(CONTENT)))
    assert positions == [0, 0, 5, 5, 0, 0]


@pytest.mark.parametrize("sha1", ["do_not_verify", "unverified:" + SHA1])
def test_what_is_no_sha1_is_not_compared(manager: UploadManager, session: Session, sha1: str) -> None:
    send(manager, UploadSourceBytes(CONTENT, content_sha1=sha1))
    assert session.calls[0][0][4] == sha1


def test_another_sha1_in_the_response_is_an_error_and_not_retried(manager: UploadManager, session: Session) -> None:
    session.stored_sha1 = "0" * 40
    with pytest.raises(ChecksumMismatch, match="checksum mismatch"):
        send(manager)
    assert len(session.calls) == 1


def test_what_is_not_said_is_left_to_the_service(manager: UploadManager, session: Session) -> None:
    send(manager)
    args, keywords = session.calls[0]
    assert (args[0], args[1], args[3], args[5]) == ("bucket", "name", "b2/x-auto", {})
    assert set(keywords.values()) == {None}


# --- attempts ---


def test_each_attempt_sends_all_of_a_stream_that_is_opened_and_closed_once(
    manager: UploadManager, session: Session
) -> None:
    class Counted(io.BytesIO):
        closings = 0

        def close(self) -> None:
            self.closings += 1
            super().close()

    opened: list[Counted] = []

    def opener() -> Counted:
        opened.append(Counted(CONTENT))
        return opened[-1]

    session.failures = [B2ConnectionError(), ServiceError("busy"), B2RequestTimeoutDuringUpload()]
    session.read_before_failing = 3
    send(manager, UploadSourceStream(opener, stream_length=len(CONTENT)))
    assert session.bodies == [CONTENT[:3]] * 3 + [CONTENT + SHA1.encode()]
    assert [stream.closings for stream in opened] == [1]


def test_the_urls_of_the_bucket_are_dropped_after_each_failure(manager: UploadManager, session: Session) -> None:
    session.failures = [B2ConnectionError(), ServiceError("busy")]
    send(manager)
    assert session.cleared == ["bucket", "bucket"]


def test_after_five_attempts_all_failures_are_reported(manager: UploadManager, session: Session) -> None:
    failures: list[BaseException] = [ServiceError(f"busy {number}") for number in range(5)]
    session.failures = list(failures)
    with pytest.raises(MaxRetriesExceeded, match="after 5 tries") as raised:
        send(manager)
    assert list(raised.value.exception_info_list) == failures
    assert all(f"busy {number}" in str(raised.value) for number in range(5))


def test_after_too_many_requests_it_waits_and_keeps_the_urls(manager: UploadManager, session: Session) -> None:
    session.failures = [TooManyRequests(7), TooManyRequests()]
    send(manager)
    assert session.bodies[-1] == CONTENT + SHA1.encode()
    assert session.waits == [("b2_upload_file", 1, 5), ("b2_upload_file", 2, 5)]
    assert session.cleared == []


def test_too_many_requests_are_reported_when_patience_ends(manager: UploadManager, session: Session) -> None:
    session.failures, session.patience = [TooManyRequests(1) for _ in range(5)], 2
    with pytest.raises(TooManyRequests):
        send(manager)
    assert len(session.calls) == 3


def test_the_number_of_attempts_is_looked_up_late(manager: UploadManager, session: Session) -> None:
    manager.MAX_UPLOAD_ATTEMPTS = 2  # type: ignore[misc]  # programs do that
    session.failures = [ServiceError("busy")] * 2
    with pytest.raises(MaxRetriesExceeded):
        send(manager)
    assert len(session.calls) == 2


@pytest.mark.parametrize(
    "failure", [AccessDenied(), Unauthorized("no", "unauthorized"), KeyboardInterrupt(), ZeroDivisionError()]
)
def test_other_failures_are_final(manager: UploadManager, session: Session, failure: BaseException) -> None:
    session.failures = [failure]
    with pytest.raises(type(failure)) as raised:
        send(manager)
    assert raised.value is failure
    assert len(session.calls) == 1


def test_the_content_is_free_as_soon_as_an_upload_with_failures_has_ended(
    manager: UploadManager, session: Session
) -> None:
    class Content(bytearray):
        pass

    content = Content(CONTENT)
    gone = weakref.ref(content)
    session.failures = [ServiceError("busy")]
    gc.disable()
    try:
        send(manager, UploadSourceBytes(content))
        session.calls.clear()
        del content
        assert gone() is None
    finally:
        gc.enable()


# --- this side ---


def test_an_error_of_the_source_is_reported_as_it_is(manager: UploadManager, session: Session) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is broken")

    with pytest.raises(OSError, match="the disk is broken"):
        send(manager, UploadSourceStream(lambda: Broken(CONTENT), stream_length=len(CONTENT)))
    assert len(session.calls) == 1


@pytest.mark.parametrize("error", [ConnectionError("no screen"), B2ConnectionError("no screen")])
def test_an_error_of_the_listener_is_reported_as_it_is(
    manager: UploadManager, session: Session, error: Exception
) -> None:
    class Broken(DoNothingProgressListener):
        def bytes_completed(self, byte_count: int) -> None:
            raise error

    with pytest.raises(type(error), match="no screen"):
        manager.send_file(NewFile("bucket", "name"), UploadSourceBytes(CONTENT), Broken())
    assert len(session.calls) == 1


def test_an_error_of_a_source_that_is_downloaded_is_reported_as_it_is(manager: UploadManager, session: Session) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise TruncatedOutput(1, 2)

    with pytest.raises(TruncatedOutput):
        send(manager, UploadSourceStream(lambda: Interrupted(CONTENT), stream_length=len(CONTENT)))
    assert len(session.calls) == 1


def test_progress_of_a_file(manager: UploadManager, session: Session) -> None:
    session.failures = [B2ConnectionError()]
    session.read_before_failing = 5
    listener = ProgressListenerForTest()
    manager.send_file(NewFile("bucket", "name"), UploadSourceBytes(CONTENT), listener)
    calls = listener.get_calls()
    assert calls[:3] == ["set_total_bytes(12)", "bytes_completed(5)", "bytes_completed(12)"]
    assert set(calls[3:]) <= {"bytes_completed(12)"}, "and it is not closed"


# --- parts ---


@pytest.mark.parametrize(("encryption", "sent"), [(None, None), (SSE_B2_AES, None), (SSE_C, SSE_C)])
def test_only_a_customer_key_is_sent_with_a_part(
    manager: UploadManager, session: Session, encryption: EncryptionSetting | None, sent: EncryptionSetting | None
) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    manager._upload_part("bucket", "file", UploadSourceBytes(CONTENT), 7, state, None, encryption)
    args, keywords = session.calls[0]
    assert (args[:4], keywords) == (
        ("file", 7, len(CONTENT) + 40, "hex_digits_at_end"),
        {"server_side_encryption": sent},
    )


def test_a_part_is_not_started_when_another_has_failed(manager: UploadManager, session: Session) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    state.set_error("part 2 failed")
    with pytest.raises(AlreadyFailed, match="part 2 failed"):
        manager._upload_part("bucket", "file", UploadSourceBytes(CONTENT), 1, state, None, None)
    assert session.calls == []


def test_a_part_stops_on_its_way_when_another_has_failed(manager: UploadManager, session: Session) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            state.set_error("part 2 failed")
            return super().read(1)

    source = UploadSourceStream(lambda: Failing(CONTENT), stream_length=len(CONTENT))
    with pytest.raises(AlreadyFailed, match="part 2 failed"):
        manager._upload_part("bucket", "file", source, 1, state, None, None)
    assert session.bodies == []


def test_a_part_in_the_background_reports_the_state_of_its_failure(manager: UploadManager, session: Session) -> None:
    session.failures = [ServiceError(f"busy {number}") for number in range(5)]
    state = LargeFileUploadState(DoNothingProgressListener())
    future = manager.upload_part("bucket", "file", UploadSourceBytes(CONTENT), 1, state)
    assert isinstance(future.exception(), MaxRetriesExceeded)
    assert "busy 4" in state.get_error_message()


def test_a_part_that_is_finished_is_credited_and_not_sent(manager: UploadManager, session: Session) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    finished = {3: Part("file", 3, 12, "sha1 of it")}
    future = manager.upload_part("bucket", "file", UploadSourceBytes(CONTENT), 3, state, finished)
    assert (future.result(), state.bytes_completed, session.calls) == ({"contentSha1": "sha1 of it"}, 12, [])


def test_a_finished_part_whose_sha1_is_not_told_is_sent_again(manager: UploadManager, session: Session) -> None:
    state = LargeFileUploadState(DoNothingProgressListener())
    finished = {3: Part("file", 3, 12, None)}
    future = manager.upload_part("bucket", "file", UploadSourceBytes(CONTENT), 3, state, finished)
    assert (future.result(), len(session.calls)) == ({"contentSha1": SHA1}, 1)


def test_a_state_of_another_kind_needs_little(manager: UploadManager, session: Session) -> None:
    progress: list[int] = []
    state: Any = SimpleNamespace(has_error=lambda: False, update_part_bytes=progress.append)
    future = manager.upload_part("bucket", "file", UploadSourceBytes(CONTENT), 1, state)
    assert future.result() == {"contentSha1": SHA1}
    assert sum(progress) == len(CONTENT)


def test_a_file_in_the_background(manager: UploadManager, session: Session) -> None:
    future = manager.upload_file(
        "bucket", UploadSourceBytes(CONTENT), "name", "text/plain", {"a": "b"}, DoNothingProgressListener()
    )
    assert future.result() == {"contentSha1": SHA1}
    assert session.calls[0][0][:6] == ("bucket", "name", 52, "text/plain", "hex_digits_at_end", {"a": "b"})
