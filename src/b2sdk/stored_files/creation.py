"""The verbs that make files: what each takes, and what becomes of it.

A verb turns its keywords, once, into a :class:`FileRequest`, which computes only, and hands that to what makes files
for the bucket. So whatever is done with requests (in threads, or in an event loop) has the same verbs.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from typing_extensions import Buffer

from b2sdk.docstrings import documented
from b2sdk.file_version import BaseFileVersion, FileVersion
from b2sdk.progress import AbstractProgressListener, listener_or_silence
from b2sdk.stored_files.checks import needs_customer_key
from b2sdk.transfer.copy import choose_metadata_directive
from b2sdk.transfer.emerger import Emerger
from b2sdk.transfer.limits import PartLimits, choose_part_limits
from b2sdk.transfer.source import (
    AbstractUploadSource,
    CopySource,
    LocalPath,
    OutboundTransferSource,
    UploadMode,
    UploadSourceBytes,
    UploadSourceLocalFile,
)
from b2sdk.transfer.stream_buffers import DEFAULT_READ_SIZE, BufferSizes
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.argument import arguments_checked
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_info import InfoOptions
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFile, NewFileOptions


class PartSizes(NamedTuple):
    """The sizes of parts that a caller asks for, in bytes; ``None`` leaves one to the account and the service."""

    recommended: int | None = None
    minimum: int | None = None
    maximum: int | None = None

    def limits(self, account_recommended: int) -> PartLimits:
        """Complete them; see :func:`~b2sdk.transfer.limits.choose_part_limits`.

        :raises InvalidUserInput: they contradict each other.
        """
        if self == _OF_THE_ACCOUNT:
            return _limits_of_the_account(account_recommended)
        return choose_part_limits(
            account_recommended, minimum=self.minimum, recommended=self.recommended, maximum=self.maximum
        )


_OF_THE_ACCOUNT: Final = PartSizes()
_limits_of_the_account: Final = functools.lru_cache(maxsize=8)(choose_part_limits)
"""Most files leave the sizes to the account, which has the same for all of them."""


class FileRequest(NamedTuple):
    """A file that is to be made, checked: the file, what goes where in it, and into which parts it may be divided."""

    new_file: NewFile
    write_intents: Iterable[WriteIntent]
    limits: PartLimits
    progress_listener: AbstractProgressListener
    continue_large_file_id: str | None = None
    """The unfinished large file that the caller wants to be resumed."""


@documented
class FileCreation:
    """The verbs that make files in a bucket; :class:`~b2sdk.v3.Bucket` has them.

    In b2sdk, verbs call each other: ``upload_bytes`` calls ``upload``, which calls ``create_file``. Programs override
    one of these to see, or to change, what comes through it. So a verb calls another one where a program has its own.
    """

    id_: str

    # What a subclass has of its own.

    @property
    def _maker(self) -> Emerger:
        raise NotImplementedError

    def _recommended_part_size(self) -> int:
        """Return the bytes that a part is to have where nobody says otherwise."""
        raise NotImplementedError

    def _absolute_minimum_part_size(self) -> int:
        """Return the bytes that a part must have, except the last one."""
        raise NotImplementedError

    def _upload_incrementally(
        self,
        source: UploadSourceLocalFile,
        file_name: str,
        options: NewFileOptions,
        progress_listener: AbstractProgressListener | None,
        min_part_size: int | None,
    ) -> FileVersion:
        """Look at the newest version, and :meth:`_add_to` it."""
        raise NotImplementedError

    def _add_to(
        self,
        existing: BaseFileVersion | None,
        source: UploadSourceLocalFile,
        file_name: str,
        options: NewFileOptions,
        progress_listener: AbstractProgressListener | None,
        min_part_size: int | None,
    ) -> FileVersion:
        """:meth:`concatenate` what an existing version has of the content with what it has not."""
        if existing is not None and needs_customer_key(existing):
            existing = None
        sources = source.get_incremental_sources(existing, self._absolute_minimum_part_size())
        if len(sources) > 1 and options.large_file_sha1 is None:
            options = options._replace(large_file_sha1=source.get_content_sha1())
        keywords = options.as_keywords()
        return self.concatenate(
            sources, file_name, min_part_size=min_part_size, progress_listener=progress_listener, **keywords
        )

    def _request(
        self,
        write_intents: Iterable[WriteIntent],
        file_name: str,
        options: NewFileOptions,
        progress_listener: AbstractProgressListener | None,
        sizes: PartSizes = _OF_THE_ACCOUNT,
        continue_large_file_id: str | None = None,
    ) -> FileRequest:
        """Check what a verb was given; nothing is opened or sent.

        :raises TypeError: something is of another kind than it should be.
        :raises ValueError: see :meth:`create_file`, which tells the other errors too.
        """
        return FileRequest(
            options.new_file(self.id_, file_name),
            write_intents,
            sizes.limits(self._recommended_part_size()),
            listener_or_silence(progress_listener),
            continue_large_file_id,
        )

    def _request_of_writer(
        self,
        file_name: str,
        encryption: EncryptionSetting | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> FileRequest:
        """Check what ``open`` was given for a file that is written."""
        options = NewFileOptions(
            content_type, InfoOptions(file_info), encryption, file_retention, legal_hold, None, custom_upload_timestamp
        )
        return self._request((), file_name, options, None)

    def _has_own(self, *verbs: str) -> bool:
        """Whether a program has replaced one of the verbs: in a subclass, in the class, or in this object."""
        for verb in verbs:  # noqa: SIM110  # a generator takes twice as long
            if getattr(getattr(self, verb), "__func__", None) is not _VERBS[verb]:
                return True
        return False

    def upload_bytes(
        self,
        data_bytes: Buffer,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Upload bytes as a file; like :meth:`upload` of a source of bytes.

        :param data_bytes: ``bytes``, or what has a buffer of them, such as a ``bytearray`` or an array.
        :raises MaxFileSizeExceeded, MaxRetriesExceeded, BadFileInfo, ValueError, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        source = UploadSourceBytes(data_bytes)
        if self._has_own("upload", "create_file"):
            return self.upload(source, file_name, progress_listener=progress_listener, **options.as_keywords())
        return self._maker.make(*self._request([WriteIntent(source)], file_name, options, progress_listener))

    def upload_local_file(
        self,
        local_file: LocalPath,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        sha1_sum: str | None = None,
        min_part_size: int | None = None,
        progress_listener: AbstractProgressListener | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        upload_mode: UploadMode = UploadMode.FULL,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Upload a regular file. Its modification time is not recorded by itself.

        :param local_file: its path, which links are followed in.
        :param sha1_sum: the SHA-1 of the content as hex digits, if it is known already; ``None`` computes it.
        :param min_part_size: the fewest bytes that a part of a large file may have, except the last one; ``None`` is
            5 MB.
        :param upload_mode: ``FULL`` sends everything. ``INCREMENTAL`` copies what the newest version in the bucket
            already has of the content, if that is a beginning of it with a known SHA-1, and sends the rest.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, ValueError, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, sha1_sum, custom_upload_timestamp
        )
        source = UploadSourceLocalFile(local_file, content_sha1=sha1_sum)
        if upload_mode is UploadMode.INCREMENTAL:
            return self._upload_incrementally(source, file_name, options, progress_listener, min_part_size)
        if self._has_own("concatenate", "create_file"):
            keywords = options.as_keywords()
            return self.concatenate(
                [source], file_name, min_part_size=min_part_size, progress_listener=progress_listener, **keywords
            )
        sizes = PartSizes(minimum=min_part_size)
        return self._maker.make(*self._request([WriteIntent(source)], file_name, options, progress_listener, sizes))

    def upload(
        self,
        upload_source: AbstractUploadSource,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        min_part_size: int | None = None,
        progress_listener: AbstractProgressListener | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Upload one source.

        :param upload_source: the content, whose length is known: an ``UploadSourceBytes``, an
            ``UploadSourceLocalFile``, or an ``AbstractUploadSource`` of the program.
        :param min_part_size: the bytes that a part of a large file has (not the fewest: the name is what callers
            know); ``None`` is what the service recommends to the account.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, ValueError, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        intents = [WriteIntent(upload_source)]
        if self._has_own("create_file"):
            keywords = {"recommended_upload_part_size": min_part_size, **options.as_keywords()}
            return self.create_file(intents, file_name, progress_listener=progress_listener, **keywords)
        sizes = PartSizes(recommended=min_part_size)
        return self._maker.make(*self._request(intents, file_name, options, progress_listener, sizes))

    @arguments_checked
    def upload_unbound_stream(
        self,
        read_only_object: Any,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        recommended_upload_part_size: int | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        min_part_size: int | None = None,
        max_part_size: int | None = None,
        large_file_sha1: str | None = None,
        buffers_count: int = 2,
        buffer_size: int | None = None,
        read_size: int = DEFAULT_READ_SIZE,
        unused_buffer_timeout_seconds: float = 3600.0,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Upload what can only be read, and only once: a pipe, a socket, standard input.

        While one buffer fills, the others are sent; memory is ``buffers_count`` times ``buffer_size``. What fits in
        one buffer is uploaded in one request.

        :param read_only_object: has ``read(n)``, which returns no bytes at the end. It is not closed.
        :param buffers_count: how many buffers there are, at least 2.
        :param buffer_size: bytes of a buffer, and so of a part; ``None`` is ``recommended_upload_part_size``, or what
            the service recommends to the account.
        :param read_size: how many bytes are asked for at a time; where it is not given, as many as are good.
        :param unused_buffer_timeout_seconds: accepted; a buffer is free again when its part has been sent or given up.
        :raises InvalidUserInput, MaxRetriesExceeded, BadFileInfo, ValueError, TypeError, B2Error:
        """
        if buffers_count <= 1:
            raise ValueError("buffers_count has to be at least 2")
        if read_size <= 0:
            raise ValueError("read_size has to be a positive integer")
        if unused_buffer_timeout_seconds <= 0.0:
            raise ValueError("unused_buffer_timeout_seconds has to be a positive float")
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        sizes = PartSizes(recommended_upload_part_size, min_part_size, max_part_size)
        request = self._request((), file_name, options, progress_listener, sizes)
        size = buffer_size or recommended_upload_part_size or request.limits.recommended
        return self._maker.make_of_content(
            request.new_file,
            read_only_object,
            BufferSizes(size, request.limits.minimum, read_size),
            request.progress_listener,
            max_queue_size=buffers_count - 1,
        )

    def create_file(
        self,
        write_intents: Iterable[WriteIntent],
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        recommended_upload_part_size: int | None = None,
        continue_large_file_id: str | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        min_part_size: int | None = None,
        max_part_size: int | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Make a file of sources that are uploaded from here or copied within the service, and return its new version.

        What fits in one request is made in one. Anything else becomes a large file, whose parts are sent at the same
        time; an unfinished large file that was started in the same way is resumed. After a failure the unfinished file
        stays, to be resumed by the same call, or cancelled.

        :param write_intents: which source goes where. Where they overlap, a copy wins over an upload.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, FileNotPresent, TypeError, B2Error:
        :raises ValueError: the name cannot be that of a file, the timestamp makes no sense, the intents leave a gap, or
            the file to continue is not the beginning of this one.
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        sizes = PartSizes(recommended_upload_part_size, min_part_size, max_part_size)
        return self._maker.make(
            *self._request(write_intents, file_name, options, progress_listener, sizes, continue_large_file_id)
        )

    def create_file_stream(
        self,
        write_intents_iterator: Iterable[WriteIntent],
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        recommended_upload_part_size: int | None = None,
        continue_large_file_id: str | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        min_part_size: int | None = None,
        max_part_size: int | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Make a file of intents that come one by one; see :meth:`create_file`.

        Its length is not known at the beginning, so no unfinished file is looked for.

        :param write_intents_iterator: which source goes where, sorted by their offsets.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, FileNotPresent, TypeError, B2Error:
        :raises ValueError: see :meth:`create_file`; or the intents are not sorted.
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        sizes = PartSizes(recommended_upload_part_size, min_part_size, max_part_size)
        return self._maker.make_of_stream(
            *self._request(write_intents_iterator, file_name, options, progress_listener, sizes, continue_large_file_id)
        )

    def concatenate(
        self,
        outbound_sources: Iterable[OutboundTransferSource],
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        recommended_upload_part_size: int | None = None,
        continue_large_file_id: str | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        min_part_size: int | None = None,
        max_part_size: int | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Make a file of sources, one after the other; see :meth:`create_file`.

        :param outbound_sources: upload sources and :class:`~b2sdk.v3.CopySource`, in their order.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, FileNotPresent, ValueError, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        intents = list(WriteIntent.wrap_sources_iterator(outbound_sources))
        if self._has_own("create_file"):
            return self.create_file(
                intents,
                file_name,
                progress_listener=progress_listener,
                recommended_upload_part_size=recommended_upload_part_size,
                continue_large_file_id=continue_large_file_id,
                min_part_size=min_part_size,
                max_part_size=max_part_size,
                **options.as_keywords(),
            )
        sizes = PartSizes(recommended_upload_part_size, min_part_size, max_part_size)
        return self._maker.make(
            *self._request(intents, file_name, options, progress_listener, sizes, continue_large_file_id)
        )

    def concatenate_stream(
        self,
        outbound_sources_iterator: Iterable[OutboundTransferSource],
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        progress_listener: AbstractProgressListener | None = None,
        recommended_upload_part_size: int | None = None,
        continue_large_file_id: str | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        large_file_sha1: str | None = None,
        custom_upload_timestamp: int | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Make a file of sources that come one by one, one after the other; see :meth:`create_file_stream`.

        :param outbound_sources_iterator: upload sources and :class:`~b2sdk.v3.CopySource`, in their order.
        :raises InvalidUploadSource, InvalidUserInput, MaxFileSizeExceeded, MaxRetriesExceeded:
        :raises BadFileInfo, FileNotPresent, ValueError, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, large_file_sha1, custom_upload_timestamp
        )
        intents = WriteIntent.wrap_sources_iterator(outbound_sources_iterator)
        if self._has_own("create_file_stream"):
            return self.create_file_stream(
                intents,
                file_name,
                progress_listener=progress_listener,
                recommended_upload_part_size=recommended_upload_part_size,
                continue_large_file_id=continue_large_file_id,
                **options.as_keywords(),
            )
        sizes = PartSizes(recommended_upload_part_size)
        return self._maker.make_of_stream(
            *self._request(intents, file_name, options, progress_listener, sizes, continue_large_file_id)
        )

    def copy(
        self,
        file_id: str,
        new_file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        offset: int = 0,
        length: int | None = None,
        progress_listener: AbstractProgressListener | None = None,
        destination_encryption: EncryptionSetting | None = None,
        source_encryption: EncryptionSetting | None = None,
        source_file_info: dict[str, str] | None = None,
        source_content_type: str | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        cache_control: str | None = None,
        min_part_size: int | None = None,
        max_part_size: int | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
    ) -> FileVersion:
        """Copy a file version, or a range of it, into this bucket, within the service; of any size.

        Without content type and file info the copy has those of the source.

        :param file_id: the version that is copied; it may be in another bucket of the account.
        :param content_type: of the copy; ``None`` keeps that of the source.
        :param file_info: of the copy; ``None`` keeps that of the source. It is not changed.
        :param offset: where in the source the copied range begins, in bytes.
        :param length: bytes from ``offset`` on; ``None`` or 0 is the whole file.
        :param source_encryption: the customer key that the source is encrypted with; ``None`` where there is none.
        :param source_file_info: together with ``source_content_type`` saves a request where the copy has to repeat
            the metadata of the source.
        :param source_content_type: see ``source_file_info``.
        :raises CopyArgumentsMismatch: only one of content type and file info is given; the arguments that become file
            info count.
        :raises SSECKeyIdMismatchInCopy: the customer keys differ, and the metadata of the source are not given.
        :raises SSECKeyError: the source is encrypted with a customer key, which is another one or was not given.
        :raises FileNotPresent: there is no such version.
        :raises ValueError: the name cannot be that of a file, or there is an offset, but no length.
        :raises InvalidUserInput, BadFileInfo, TypeError, B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        options = NewFileOptions(content_type, info, destination_encryption, file_retention, legal_hold)
        sizes = PartSizes(minimum=min_part_size, maximum=max_part_size)
        request = self._request((), new_file_name, options, progress_listener, sizes)
        choose_metadata_directive(request.new_file)
        source = CopySource(
            file_id,
            offset=offset,
            length=length,
            encryption=source_encryption,
            source_file_info=source_file_info,
            source_content_type=source_content_type,
        )
        return self._maker.copy(request.new_file, source, request.limits, request.progress_listener)


_VERBS: Final[dict[str, Any]] = {
    name: getattr(FileCreation, name) for name in ("upload", "concatenate", "create_file", "create_file_stream")
}
"""The verbs that others call where a program has its own, as they are without."""
