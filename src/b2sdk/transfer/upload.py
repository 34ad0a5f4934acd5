"""Sending content: one file in one request, again with a new upload URL when the service could not take it."""

from __future__ import annotations

import contextlib
import logging
from typing import Any, ClassVar, Protocol

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.exception import B2Error, ChecksumMismatch, MaxRetriesExceeded
from b2sdk.progress import AbstractProgressListener
from b2sdk.session import B2Session
from b2sdk.stream.hashing import StreamWithHash
from b2sdk.stream.progress import ReadingStreamWithProgress
from b2sdk.transfer.source import AbstractUploadSource
from b2sdk.values.new_file import AUTO_CONTENT_TYPE, NewFile
from b2sdk.vocabulary import HEX_DIGITS_AT_END

logger = logging.getLogger(__name__)


class _Services(Protocol):
    session: B2Session


class UploadManager:
    """Sends files for one session."""

    MAX_UPLOAD_ATTEMPTS: ClassVar[int] = 5

    def __init__(self, services: _Services, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.services = services

    @property
    def account_info(self) -> AbstractAccountInfo:
        return self.services.session.account_info

    def send(
        self, new_file: NewFile, source: AbstractUploadSource, progress_listener: AbstractProgressListener
    ) -> dict[str, Any]:
        """Send the whole source in one request and return the service's description of the new version.

        The source is read once: a SHA-1 that is not known yet is computed while sending and follows the content.

        :raises MaxRetriesExceeded: every attempt failed in a way that another upload URL might have helped.
        :raises B2Error: the service refused the file.
        """
        length = source.get_content_length()
        progress_listener.set_total_bytes(length or 0)
        with contextlib.ExitStack() as open_streams:
            stream: Any = open_streams.enter_context(source.open())
            stream = ReadingStreamWithProgress(stream, progress_listener, length=length)
            sha1 = source.get_content_sha1() if source.is_sha1_known() else None
            if sha1 is None:
                stream = StreamWithHash(stream, length)
            answer = self._attempt_repeatedly(new_file, stream, sha1 or HEX_DIGITS_AT_END)
        _check_sha1(answer, sha1 or stream.hash)
        return answer

    def _attempt_repeatedly(self, new_file: NewFile, stream: Any, sha1: str) -> dict[str, Any]:
        failures: list[B2Error] = []
        while len(failures) < self.MAX_UPLOAD_ATTEMPTS:
            try:
                return self.services.session.upload_file(
                    new_file.bucket_id,
                    new_file.name,
                    len(stream),
                    new_file.content_type or AUTO_CONTENT_TYPE,
                    sha1,
                    new_file.file_info or {},
                    stream,
                    server_side_encryption=new_file.encryption,
                    file_retention=new_file.file_retention,
                    legal_hold=new_file.legal_hold,
                    custom_upload_timestamp=new_file.custom_upload_timestamp,
                )
            except B2Error as error:
                if not error.should_retry_upload():
                    raise
                logger.debug("upload of %s failed, trying another upload URL: %s", new_file.name, error)
                failures.append(error)
                # Whatever is in the pool may lead to the same busy server.
                self.account_info.clear_bucket_upload_data(new_file.bucket_id)
        raise MaxRetriesExceeded(self.MAX_UPLOAD_ATTEMPTS, failures)


def _check_sha1(answer: dict[str, Any], sent: str) -> None:
    stored = answer.get("contentSha1")
    if stored is not None and stored != sent:
        raise ChecksumMismatch("sha1", sent, stored)
