"""Sending content: a file or a part in one request, again with a new upload URL when the service could not take it.

The content is read once. A SHA-1 that is not known beforehand is computed while the content is sent and follows it.
"""

from __future__ import annotations

import contextlib
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, ClassVar, Final, TypeVar

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.exception import (
    AlreadyFailed,
    B2Error,
    ChecksumMismatch,
    MaxRetriesExceeded,
    TooManyRequests,
    Unauthorized,
    check_text,
    reading,
)
from b2sdk.file_version import FileVersion
from b2sdk.progress import AbstractProgressListener
from b2sdk.stream.hashing import StreamWithHash
from b2sdk.stream.progress import ReadingStreamWithProgress
from b2sdk.transfer.client import TransferClient
from b2sdk.transfer.engine import ThreadPoolMixin
from b2sdk.transfer.large_file import Part
from b2sdk.transfer.source import AbstractUploadSource
from b2sdk.transfer.state import LargeFileUploadState, PartProgressReporter
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import AUTO_CONTENT_TYPE, NewFile
from b2sdk.vocabulary import HEX_DIGITS_AT_END

logger: logging.Logger = logging.getLogger(__name__)

R = TypeVar("R")


class UploadManager(ThreadPoolMixin):
    """Sends files and parts for one session."""

    MAX_UPLOAD_ATTEMPTS: ClassVar[int] = 5

    def __init__(self, services: TransferClient, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.services = services

    @property
    def account_info(self) -> AbstractAccountInfo:
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
        """Send a file in the background; see :meth:`send_file`."""
        new_file = NewFile(
            bucket_id,
            file_name,
            content_type=content_type,
            file_info=file_info,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            custom_upload_timestamp=custom_upload_timestamp,
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
        """Send a part in the background; see :meth:`send_part`. A part that is finished already is not sent."""
        if finished_parts is not None and part_number in finished_parts:
            part = finished_parts[part_number]
            large_file_upload_state.update_part_bytes(part.content_length)
            finished: Future[dict[str, Any]] = Future()
            finished.set_result({"contentSha1": part.content_sha1})
            return finished

        def send() -> dict[str, Any]:
            try:
                return self.send_part(
                    bucket_id, file_id, part_upload_source, part_number, large_file_upload_state, encryption
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
        """Send the whole source in one request and return the new version.

        :raises MaxRetriesExceeded: every attempt failed in a way that another upload URL might have helped.
        :raises B2Error: the service refused the file.
        """
        session = self.services.session
        progress_listener.set_total_bytes(source.get_content_length() or 0)
        with _body(source, progress_listener) as body:

            def attempt() -> dict[str, Any]:
                return session.upload_file(
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

            answer = self._repeated("b2_upload_file", attempt, body, new_file.bucket_id, lambda: None)
            body.check(answer)
        return self.services.api.file_version_factory.from_api_response(answer)

    def send_part(
        self,
        bucket_id: str,
        file_id: str,
        source: AbstractUploadSource,
        part_number: int,
        state: LargeFileUploadState,
        encryption: EncryptionSetting | None = None,
    ) -> dict[str, Any]:
        """Send the whole source as one part and return the service's description of it.

        ``encryption`` is that of the large file; the service wants it again only where the key is the customer's.

        :raises AlreadyFailed: another part of the file has failed, so this one is not sent.
        :raises MaxRetriesExceeded: every attempt failed in a way that another upload URL might have helped.
        :raises B2Error: the service refused the part.
        """
        session = self.services.session
        key_setting = encryption if encryption is not None and encryption.mode is EncryptionMode.SSE_C else None
        with _body(source, _Stoppable(state)) as body:

            def attempt() -> dict[str, Any]:
                return session.upload_part(
                    file_id,
                    part_number,
                    body.length,
                    body.sha1,
                    body.stream,
                    server_side_encryption=key_setting,
                )

            answer = self._repeated("b2_upload_part", attempt, body, bucket_id, lambda: _check(state))
            body.check(answer)
        return answer

    def _repeated(
        self, call: str, attempt: Callable[[], R], body: _Body, bucket_id: str, before_each: Callable[[], None]
    ) -> R:
        failures: list[B2Error] = []
        start = time.monotonic()
        try:
            while len(failures) < self.MAX_UPLOAD_ATTEMPTS:
                before_each()
                try:
                    return attempt()
                except B2Error as error:
                    body.raise_own_failure()
                    if isinstance(error, TooManyRequests):
                        if not self.services.session.wait_to_repeat_upload(
                            call, len(failures) + 1, self.MAX_UPLOAD_ATTEMPTS, error, start
                        ):
                            raise
                    elif not error.should_retry_upload() or _is_final(error):
                        raise
                    else:
                        logger.debug("upload failed, trying another upload URL: %s", error)
                        # Whatever is in the pool may lead to the same busy server.
                        self.account_info.clear_bucket_upload_data(bucket_id)
                    _empty_frames(error)
                    failures.append(error)
            raise MaxRetriesExceeded(self.MAX_UPLOAD_ATTEMPTS, failures)
        finally:
            # Each failure leads to this frame, which the one that is running cannot empty.
            del failures


def _check(state: LargeFileUploadState) -> None:
    # Only what every such state has: callers bring their own.
    if state.has_error():
        raise AlreadyFailed(state.get_error_message())


def _empty_frames(error: BaseException) -> None:
    """Let go of the content, which the frames where an error came by hold, often in a circle with the error."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__


_NOT_ABOUT_THE_TOKEN: Final = ("unauthorized", "email_not_verified", "no_payment_history")


def _is_final(error: B2Error) -> bool:
    # The token is good and does not allow this, or the account is not in order; another token would say the same.
    # Usually it is the call for an upload URL that is refused so.
    return isinstance(error, Unauthorized) and error.code in _NOT_ABOUT_THE_TOKEN


class _Stoppable(PartProgressReporter):
    """Stops the sending of a part between two blocks when another part has failed."""

    def bytes_completed(self, byte_count: int) -> None:
        _check(self.large_file_upload_state)
        super().bytes_completed(byte_count)


class _Watched(ReadingStreamWithProgress):
    """Gives the announced bytes and no more, also of a file that grows, and keeps what goes wrong on this side.

    A transport takes that for a broken connection.
    """

    failure: Exception | None = None

    def tell(self) -> int:
        return self.bytes_completed  # the file need not be asked, which takes its time where there are many threads

    def read(self, size: int | None = None) -> bytes:
        left = len(self) - self.bytes_completed
        try:
            return super().read(left if size is None or size < 0 else min(size, left))
        except Exception as error:
            self.failure = error
            raise


class _Body:
    """The stream that is sent, its length, and the SHA-1 as the request announces it."""

    def __init__(self, stream: _Watched, length: int, known_sha1: str | None) -> None:
        self._watched = stream
        hashing = StreamWithHash(stream, length) if known_sha1 is None else None
        self.stream = stream if hashing is None else hashing
        self.length = len(self.stream)
        self.sha1 = known_sha1 or HEX_DIGITS_AT_END
        self._hashing = hashing

    def raise_own_failure(self) -> None:
        """Raise what the source or the listener raised, if they did; errors of the service in there are retried."""
        failure = self._watched.failure
        if failure is not None and not isinstance(failure, B2Error):
            raise failure from None

    def check(self, answer: dict[str, Any]) -> None:
        """Compare what was sent with what the service says it has."""
        sent = self.sha1 if self._hashing is None else self._hashing.hash
        stored = answer.get("contentSha1")
        if stored is None:
            return
        with reading("what was uploaded"):
            check_text(stored)
        if sent is not None and len(sent) == len(stored) and sent != stored:
            raise ChecksumMismatch("sha1", sent, stored)


@contextlib.contextmanager
def _body(source: AbstractUploadSource, listener: AbstractProgressListener) -> Iterator[_Body]:
    """Open the source once, for all attempts; each begins with a ``seek(0)``."""
    length = source.get_content_length() or 0
    with contextlib.closing(source.open()) as stream:
        known_sha1 = source.get_content_sha1() if source.is_sha1_known() else None
        yield _Body(_Watched(stream, listener, length=length), length, known_sha1)
