"""Sending content: a file or a part in one request, again with a new upload URL when the service could not take it.

The content is read once. A SHA-1 that is not known in advance is computed while the content is sent and follows it.
"""

from __future__ import annotations

import contextlib
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, Final, Protocol, TypeVar

from b2sdk import cancellation
from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.offering import offer
from b2sdk.attempts import Attempts
from b2sdk.error_text import summary_for_log
from b2sdk.exception import (
    B2Error,
    MaxRetriesExceeded,
    TooManyRequests,
    Unauthorized,
)
from b2sdk.file_version import FileVersion
from b2sdk.interfaces import Readable
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import AUTO_CONTENT_TYPE, HEX_DIGITS_AT_END
from b2sdk.session_state import SessionState
from b2sdk.stream.hashing import StreamWithHash
from b2sdk.stream.progress import ReadingStreamWithProgress
from b2sdk.transfer.acknowledgement import check_stored, check_stored_sha1
from b2sdk.transfer.content import check_end, read_exactly
from b2sdk.transfer.large_file import Part, encryption_to_repeat
from b2sdk.transfer.large_file_progress import LargeFileUploadState, PartProgressReporter, check_no_part_failed
from b2sdk.transfer.pool import ThreadPoolMixin
from b2sdk.transfer.protocols import TransferClient
from b2sdk.transfer.source import AbstractUploadSource, is_to_end
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFile, checked_upload_timestamp

logger: logging.Logger = logging.getLogger(__name__)

R = TypeVar("R")


class UploadManager(ThreadPoolMixin):
    """Uploads files and parts for one session. At most as many requests as its pool has workers run at a time."""

    MAX_UPLOAD_ATTEMPTS: ClassVar[int] = 5

    def __init__(self, services: TransferClient, **kwargs: Any) -> None:
        """Take the services of a ``B2Api``; other keywords are those of :class:`ThreadPoolMixin`."""
        super().__init__(**kwargs)
        self.services = services

    @property
    def account_info(self) -> AbstractAccountInfo:
        """The account info of the session."""
        return self.services.session.account_info

    # --- in a thread of the pool, for callers that have their own idea of a transfer ---

    def upload_file(
        self,
        bucket_id: str,
        upload_source: AbstractUploadSource,
        file_name: str,
        content_type: str | None,
        file_info: dict[str, str] | None,
        progress_listener: AbstractProgressListener,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> Future[FileVersion]:
        """Upload a file in a thread of the pool.

        :param bucket_id: id of the bucket.
        :param upload_source: the whole content.
        :param file_name: name of the file.
        :param content_type: ``None`` lets the service choose it by the extension of the name.
        :param file_info: up to 10 entries; ``None`` is none.
        :param progress_listener: receives the bytes; it is not closed.
        :param encryption: ``None`` is the default of the bucket.
        :param file_retention: ``None`` is the default of the bucket.
        :param legal_hold: ``None`` is off.
        :param custom_upload_timestamp: milliseconds since the epoch; ``None`` is now.
        :return: a future of the new version; for its errors see :meth:`send_file`.
        """
        new_file = NewFile(
            bucket_id,
            file_name,
            content_type=content_type,
            file_info=file_info,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            custom_upload_timestamp=checked_upload_timestamp(custom_upload_timestamp),
        )
        future: Future[FileVersion] = self._thread_pool.submit(
            self.send_file, new_file, upload_source, progress_listener
        )
        return future

    def upload_part(
        self,
        bucket_id: str,
        file_id: str,
        part_upload_source: AbstractUploadSource,
        part_number: int,
        large_file_upload_state: LargeFileUploadState,
        finished_parts: dict[int, Part] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> Future[dict[str, Any]]:
        """Upload a part in a thread of the pool; see :meth:`_upload_part`.

        :param bucket_id: id of the bucket.
        :param file_id: id of the large file.
        :param part_upload_source: the whole content of the part.
        :param part_number: from 1 to 10,000.
        :param large_file_upload_state: shared by all parts of the file.
        :param finished_parts: parts that the service has, by their numbers; such a part is not uploaded again.
        :param encryption: that of the large file.
        :return: a future of the service's description of the part.
        """

        def send() -> dict[str, Any]:
            try:
                return self._upload_part(
                    bucket_id,
                    file_id,
                    part_upload_source,
                    part_number,
                    large_file_upload_state,
                    finished_parts,
                    encryption,
                )
            except MaxRetriesExceeded as error:
                large_file_upload_state.set_error(str(error.exception_info_list[-1]))
                raise

        future: Future[dict[str, Any]] = self._thread_pool.submit(send)
        return future

    # --- in the caller's thread ---

    def send_file(
        self, new_file: NewFile, source: AbstractUploadSource, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        """Upload the whole source in one request and return the new version.

        :raises MaxRetriesExceeded: every attempt failed in a way that another upload URL might have helped.
        :raises InvalidUploadSource: the source has not as many bytes as it announced.
        :raises ChecksumMismatch: the service stored something else.
        :raises B2Error: the service rejected the file.
        """
        session = self.services.session
        progress_listener.set_total_bytes(source.get_content_length() or 0)
        with open_body(source, progress_listener) as body:
            attempts = UploadAttempts(session, self.MAX_UPLOAD_ATTEMPTS, "b2_upload_file", body, new_file.bucket_id)
            send = bind_upload(session.upload_file, new_file, body)
            while True:
                with attempts:
                    answer = send()
                    break
            body.check(answer, fileName=new_file.name)
        return self.services.api.file_version_factory.from_api_response(answer)

    def _upload_part(
        self,
        bucket_id: str,
        file_id: str,
        part_upload_source: AbstractUploadSource,
        part_number: int,
        large_file_upload_state: LargeFileUploadState,
        finished_parts: Mapping[int, Part] | None,
        encryption: EncryptionSetting | None,
    ) -> dict[str, Any]:
        """Upload the whole source as one part, unless it is finished, and return the service's description of it.

        Each part comes through here, for programs that override or patch this, such as to see them. ``encryption`` is
        that of the large file; the service wants it again only where the key is the customer's.

        :raises AlreadyFailed: another part of the file has failed, so this one is not uploaded.
        :raises MaxRetriesExceeded: every attempt failed in a way that another upload URL might have helped.
        :raises InvalidUploadSource: the source has not as many bytes as it announced.
        :raises B2Error: the service rejected the part.
        """
        state = large_file_upload_state
        part = None if finished_parts is None else finished_parts.get(part_number)
        if part is not None and part.content_sha1 is not None:
            state.update_part_bytes(part.content_length)
            return {"contentSha1": part.content_sha1}
        session = self.services.session
        with open_body(part_upload_source, StoppablePart(state)) as body:
            attempts = UploadAttempts(session, self.MAX_UPLOAD_ATTEMPTS, "b2_upload_part", body, bucket_id)
            send = bind_part_upload(session.upload_part, file_id, part_number, body, encryption)
            while True:
                with attempts:
                    check_no_part_failed(state)
                    answer = send()
                    break
            body.check(answer, fileId=file_id, partNumber=part_number)
        return answer


class UploadAttempts(Attempts):
    """Attempts at one upload, each with another upload URL."""

    def __init__(self, session: SessionState, most: int, call: str, body: Body, bucket_id: str) -> None:
        """``most`` is how many there are."""
        self._session = session
        self._most = most
        self._call = call
        self._body = body
        self._bucket_id = bucket_id
        self._failures: list[Exception] = []
        self._start = time.monotonic()

    async def recover(self, failure: Exception) -> Exception | None:
        error = await self._reason_to_give_up(failure)
        if error is None:
            _clear_frames(failure)
            self._failures.append(failure)
            if self.number == self._most:
                error = MaxRetriesExceeded(self.number, self._failures)
        if error is not None:
            self._forget()
        return error

    async def _reason_to_give_up(self, failure: Exception) -> Exception | None:
        """Return what is to be raised, or ``None`` where another upload URL may help, after a wait if need be."""
        session = self._session
        if self._body.failure is not None:
            return self._body.failure
        if not isinstance(failure, B2Error):
            return failure
        if isinstance(failure, TooManyRequests):
            # The call for an upload URL has been tried as often as any call, and more would be refused.
            is_worth_it = failure.attempts <= 1 and await session.pause_before_retry(
                "POST", self._call, self.number, self._most, failure, self._start
            )
            return None if is_worth_it else failure
        if not failure.should_retry_upload() or _is_final(failure):
            return failure
        summary = summary_for_log(failure)
        logger.info("%s at %s failed, trying another upload URL: %s", self._call, failure.host, summary)
        # Whatever is in the pool may lead to the same busy server.
        await session.ask(offer, session.account_info.clear_bucket_upload_data, self._bucket_id)
        return None

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        is_failure = super().__exit__(exc_type, exc_val, exc_tb)
        if not is_failure:
            self._forget()
        return is_failure

    def _forget(self) -> None:
        # Each failure leads to the frame that holds this, which cannot be emptied as long as it is running.
        self._failures = []


def _clear_frames(error: BaseException) -> None:
    """Release the content, which the frames of a traceback hold, often in a reference cycle with the error."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__


_NOT_ABOUT_THE_TOKEN: Final = ("unauthorized", "email_not_verified", "no_payment_history")


def _is_final(error: B2Error) -> bool:
    # The token is good and does not allow this, or the account is not in order; another token would say the same.
    # Usually it is the call for an upload URL that is refused so.
    return isinstance(error, Unauthorized) and error.code in _NOT_ABOUT_THE_TOKEN


class StoppablePart(PartProgressReporter):
    """Stops the upload of a part between two blocks when another part has failed."""

    def bytes_completed(self, byte_count: int) -> None:
        check_no_part_failed(self.large_file_upload_state)
        super().bytes_completed(byte_count)


class _SourceStream(ReadingStreamWithProgress):
    """Gives the announced bytes and no more, also of a file that grows, and keeps what goes wrong on this side.

    A transport takes that for a broken connection.
    """

    failure: Exception | None = None

    def __init__(
        self, stream: Readable, listener: AbstractProgressListener, length: int, source: AbstractUploadSource
    ) -> None:
        super().__init__(stream, listener, length=length)
        self._source = source
        self._is_to_end = is_to_end(source, stream)

    def tell(self) -> int:
        return self.bytes_completed  # the file need not be asked, which takes its time where there are many threads

    def read(self, size: int | None = None) -> bytes:
        left = len(self) - self.bytes_completed
        wanted = left if size is None or size < 0 else min(size, left)
        try:
            cancellation.check()  # the plain transport, or a session of the program, cannot be cancelled
            data = read_exactly(self.stream, wanted, self._source, self.bytes_completed)
            if self._is_to_end and wanted == left:
                check_end(self.stream, self._source)
            self._report(wanted)
        except Exception as error:
            self.failure = error
            raise
        return data


class Body:
    """The stream that is sent, its length, and the SHA-1 as the request announces it."""

    def __init__(self, stream: _SourceStream, length: int, known_sha1: str | None) -> None:
        self._watched = stream
        hashing = StreamWithHash(stream, length) if known_sha1 is None else None
        self.stream: _SourceStream | StreamWithHash = stream if hashing is None else hashing
        self.length: int = len(self.stream)
        self.sha1: str = known_sha1 or HEX_DIGITS_AT_END
        self._hashing = hashing

    @property
    def failure(self) -> Exception | None:
        """What the source or the listener raised, which is no failure of the service, whatever its class."""
        return self._watched.failure

    @failure.setter
    def failure(self, failure: Exception) -> None:
        self._watched.failure = failure

    def check(self, answer: dict[str, Any], **expected: object) -> None:
        """Compare what was sent with what the service says it has."""
        sent = self.sha1 if self._hashing is None else self._hashing.hash
        check_stored(answer, contentLength=len(self._watched), **expected)
        check_stored_sha1(answer.get("contentSha1"), sent)


@contextlib.contextmanager
def open_body(source: AbstractUploadSource, listener: AbstractProgressListener) -> Iterator[Body]:
    """Open the source once, for all attempts; each begins with a ``seek(0)``."""
    length = source.get_content_length() or 0
    with contextlib.closing(source.open()) as stream:
        known_sha1 = source.get_content_sha1() if source.is_sha1_known() else None
        yield Body(_SourceStream(stream, listener, length, source), length, known_sha1)


class AnnouncedBody(Protocol):
    """What a request says of a body, and what it sends."""

    @property
    def length(self) -> int: ...
    @property
    def sha1(self) -> str: ...
    @property
    def stream(self) -> object: ...


def bind_upload(upload_file: Callable[..., R], new_file: NewFile, body: AnnouncedBody) -> Callable[[], R]:
    """Return the call of a session that uploads a file, with all its arguments; each attempt calls it."""
    return partial(
        upload_file,
        new_file.bucket_id,
        new_file.name,
        body.length,
        new_file.content_type or AUTO_CONTENT_TYPE,
        body.sha1,
        dict(new_file.file_info or {}),  # a key id is added to it in place
        body.stream,
        server_side_encryption=new_file.encryption,
        file_retention=new_file.file_retention,
        legal_hold=new_file.legal_hold,
        custom_upload_timestamp=new_file.custom_upload_timestamp,
    )


def bind_part_upload(
    upload_part: Callable[..., R],
    file_id: str,
    part_number: int,
    body: AnnouncedBody,
    encryption: EncryptionSetting | None,
) -> Callable[[], R]:
    """Return the call of a session that uploads a part, with all its arguments; ``encryption`` is that of the file."""
    key_setting = encryption_to_repeat(encryption)
    return partial(
        upload_part, file_id, part_number, body.length, body.sha1, body.stream, server_side_encryption=key_setting
    )
