"""Copying within the service: files in one request, parts of large files, and what becomes of their metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from b2sdk.exception import CopyArgumentsMismatch, SSECKeyIdMismatchInCopy
from b2sdk.file_version import FileVersion
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import AUTO_CONTENT_TYPE
from b2sdk.raw_api.endpoints import MetadataDirectiveMode
from b2sdk.transfer.acknowledgement import check_stored, check_stored_sha1
from b2sdk.transfer.large_file import Part, encryption_to_repeat
from b2sdk.transfer.large_file_progress import LargeFileUploadState, check_no_part_failed
from b2sdk.transfer.pool import ThreadPoolMixin
from b2sdk.transfer.protocols import TransferClient
from b2sdk.transfer.source import CopySource, derive_copy_source
from b2sdk.values.encryption import UNKNOWN_KEY_ID, EncryptionSetting, KeyId, without_key_id
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFile
from b2sdk.values.responses import COPIED_PART

R = TypeVar("R")
Metadata = tuple[MetadataDirectiveMode, "dict[str, str] | None", "str | None"]


class CopyManager(ThreadPoolMixin):
    """Copies files and parts within the service, for one session."""

    MAX_LARGE_FILE_SIZE = 10**13

    def __init__(self, services: TransferClient, **kwargs: Any) -> None:
        """Take the services of a ``B2Api``; other keywords are those of :class:`ThreadPoolMixin`."""
        super().__init__(**kwargs)
        self.services = services

    def copy_file(
        self,
        copy_source: CopySource,
        file_name: str,
        content_type: str | None,
        file_info: dict[str, str] | None,
        destination_bucket_id: str,
        progress_listener: AbstractProgressListener,
        destination_encryption: EncryptionSetting | None = None,
        source_encryption: EncryptionSetting | None = None,
        legal_hold: LegalHold | None = None,
        file_retention: FileRetentionSetting | None = None,
    ) -> Future[FileVersion]:
        """Copy a file in a thread of the pool; for errors see :meth:`copy`.

        :param copy_source: the stored file, or a range of it.
        :param file_name: name of the copy.
        :param content_type: ``None``, with ``file_info``, keeps that of the source.
        :param file_info: ``None``, with ``content_type``, keeps that of the source.
        :param destination_bucket_id: id of the bucket of the copy.
        :param progress_listener: receives the bytes when the copy is made; it is not closed.
        :param destination_encryption: ``None`` is the default of the bucket.
        :param source_encryption: how the stored file is encrypted; ``None`` is what ``copy_source`` says.
        :param legal_hold: ``None`` is off.
        :param file_retention: ``None`` is the default of the bucket.
        :return: a future of the new version.
        """
        new_file = NewFile(
            destination_bucket_id,
            file_name,
            content_type=content_type,
            file_info=file_info,
            encryption=destination_encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
        )
        source = _with_encryption(copy_source, source_encryption)
        future: Future[FileVersion] = self._thread_pool.submit(self.copy, new_file, source, progress_listener)
        return future

    def copy_part(
        self,
        large_file_id: str,
        part_copy_source: CopySource,
        part_number: int,
        large_file_upload_state: LargeFileUploadState,
        finished_parts: dict[int, Part] | None = None,
        destination_encryption: EncryptionSetting | None = None,
        source_encryption: EncryptionSetting | None = None,
    ) -> Future[dict[str, Any]]:
        """Copy a part in a thread of the pool; for errors see :meth:`copy_into_part`.

        :param large_file_id: id of the large file.
        :param part_copy_source: the stored file, or a range of it, that becomes the part.
        :param part_number: from 1 to 10,000.
        :param large_file_upload_state: shared by all parts of the file.
        :param finished_parts: is not used.
        :param destination_encryption: that of the large file.
        :param source_encryption: how the stored file is encrypted; ``None`` is what ``part_copy_source`` says.
        :return: a future of the service's description of the part.
        """
        source = _with_encryption(part_copy_source, source_encryption)
        future: Future[dict[str, Any]] = self._thread_pool.submit(
            self.copy_into_part, large_file_id, source, part_number, large_file_upload_state, destination_encryption
        )
        return future

    def copy(self, new_file: NewFile, source: CopySource, progress_listener: AbstractProgressListener) -> FileVersion:
        """Copy the whole source in one request and return the new version.

        Without content type and file info the copy has those of the source.

        :raises CopyArgumentsMismatch: only one of content type and file info is given.
        :raises SSECKeyIdMismatchInCopy: source and copy have different customer keys, and the metadata of the source,
            which must be sent again, is not known.
        :raises CopySourceTooBig: one request cannot copy so much.
        :raises UnexpectedCloudBehaviour: the response is about another copy.
        :raises ChecksumMismatch: the copy has not the SHA-1 that is known of its source.
        """
        progress_listener.set_total_bytes(source.get_content_length() or 0)
        copy = bind_copy(self.services.session.copy_file, new_file, source, self.establish_sse_c_file_metadata)
        answer = copy()
        check_copy(answer, new_file, source)
        version = self.services.api.file_version_factory.from_api_response(answer)
        progress_listener.bytes_completed(version.size or 0)
        return version

    def copy_into_part(
        self,
        large_file_id: str,
        source: CopySource,
        part_number: int,
        state: LargeFileUploadState,
        encryption: EncryptionSetting | None = None,
    ) -> dict[str, Any]:
        """Copy the whole source into one part and return the service's description of it.

        :raises AlreadyFailed: another part of the file has failed, so this one is not copied.
        """
        check_no_part_failed(state)
        copy = bind_part_copy(self.services.session.copy_part, large_file_id, source, part_number, encryption)
        answer = copy()
        check_copied_part(answer, large_file_id, source, part_number)
        state.update_part_bytes(answer["contentLength"])
        return answer

    @classmethod
    def establish_sse_c_file_metadata(
        cls,
        metadata_directive: MetadataDirectiveMode,
        destination_file_info: dict[str, str] | None,
        destination_content_type: str | None,
        destination_server_side_encryption: EncryptionSetting | None,
        source_server_side_encryption: EncryptionSetting | None,
        source_file_info: dict[str, str] | None,
        source_content_type: str | None,
    ) -> Metadata:
        """Return directive, file info and content type with which the copy records the id of its own customer key.

        :raises SSECKeyIdMismatchInCopy: the metadata of the source is needed and not known.
        """
        if metadata_directive is MetadataDirectiveMode.REPLACE:
            info = None if destination_file_info is None else dict(destination_file_info)
            if destination_server_side_encryption is not None:
                info = destination_server_side_encryption.add_key_id_to_file_info(info)
            return metadata_directive, info, destination_content_type
        source_key_id = _key_id(source_server_side_encryption)
        destination_key_id = _key_id(destination_server_side_encryption)
        if source_key_id == destination_key_id:
            return metadata_directive, destination_file_info, destination_content_type
        if source_file_info is None or source_content_type is None:
            raise SSECKeyIdMismatchInCopy(
                "attempting to copy file using MetadataDirectiveMode.COPY without providing source_file_info and "
                "source_content_type for differing sse_c_key_ids: "
                f'source="{_format_key_id(source_key_id)}", destination="{_format_key_id(destination_key_id)}"'
            )
        info = without_key_id(source_file_info)
        if destination_server_side_encryption is not None:
            destination_server_side_encryption.add_key_id_to_file_info(info)
        return MetadataDirectiveMode.REPLACE, info, source_content_type


def bind_copy(
    copy_file: Callable[..., R],
    new_file: NewFile,
    source: CopySource,
    establish_metadata: Callable[..., Metadata] = CopyManager.establish_sse_c_file_metadata,
) -> Callable[[], R]:
    """Return the call of a session that copies the whole source, with all its arguments.

    :param establish_metadata: :meth:`CopyManager.establish_sse_c_file_metadata`, or what a program has in its place.
    :raises CopyArgumentsMismatch, SSECKeyIdMismatchInCopy: see :meth:`CopyManager.copy`.
    """
    directive, file_info, content_type = establish_metadata(
        metadata_directive=choose_metadata_directive(new_file),
        destination_file_info=new_file.file_info,
        destination_content_type=new_file.content_type,
        destination_server_side_encryption=new_file.encryption,
        source_server_side_encryption=source.encryption,
        source_file_info=None if source.source_file_info is None else dict(source.source_file_info),
        source_content_type=source.source_content_type,
    )
    return partial(
        copy_file,
        source.file_id,
        new_file.name,
        bytes_range=source.get_bytes_range(),
        metadata_directive=directive,
        content_type=content_type,
        file_info=file_info,
        destination_bucket_id=new_file.bucket_id,
        destination_server_side_encryption=new_file.encryption,
        source_server_side_encryption=source.encryption,
        legal_hold=new_file.legal_hold,
        file_retention=new_file.file_retention,
    )


def check_copy(answer: Mapping[str, Any], new_file: NewFile, source: CopySource) -> None:
    """Compare what the service says of a copy with what was to be copied.

    :raises UnexpectedCloudBehaviour, ChecksumMismatch: see :meth:`CopyManager.copy`.
    """
    check_stored(answer, fileName=new_file.name, contentLength=source.get_content_length() or None)
    check_stored_sha1(answer.get("contentSha1"), source.get_content_sha1())


def bind_part_copy(
    copy_part: Callable[..., R],
    large_file_id: str,
    source: CopySource,
    part_number: int,
    encryption: EncryptionSetting | None,
) -> Callable[[], R]:
    """Return the call of a session that copies the whole source into a part, with all its arguments.

    :param encryption: that of the large file.
    """
    return partial(
        copy_part,
        source.file_id,
        large_file_id,
        part_number,
        bytes_range=source.get_bytes_range(),
        destination_server_side_encryption=encryption_to_repeat(encryption),
        source_server_side_encryption=source.encryption,
    )


def check_copied_part(answer: Mapping[str, Any], large_file_id: str, source: CopySource, part_number: int) -> None:
    """Compare what the service says of a copied part with what was to be copied.

    :raises UnexpectedCloudBehaviour: it is about another part, or does not describe one.
    :raises ChecksumMismatch: it has not the SHA-1 that is known of its source.
    """
    COPIED_PART.check(answer)
    length = source.get_content_length()
    check_stored(answer, fileId=large_file_id, partNumber=part_number, contentLength=length)
    check_stored_sha1(answer["contentSha1"], source.get_content_sha1())


def choose_metadata_directive(new_file: NewFile) -> MetadataDirectiveMode:
    """Return whether the copy gets metadata of its own.

    :raises CopyArgumentsMismatch: only one of content type and file info is given.
    """
    if new_file.content_type is None:
        if new_file.file_info is not None:
            raise CopyArgumentsMismatch("File info can be set only when content type is set")
        return MetadataDirectiveMode.COPY
    if new_file.file_info is None:
        raise CopyArgumentsMismatch("File info can be not set only when content type is not set")
    return MetadataDirectiveMode.REPLACE


def complete_metadata(new_file: NewFile) -> NewFile:
    """Return the file so that content type and file info are both given or both missing, as a copy request wants."""
    if new_file.content_type is not None:
        return new_file._replace(file_info={}) if new_file.file_info is None else new_file
    return new_file._replace(**({"content_type": AUTO_CONTENT_TYPE} if new_file.file_info else {"file_info": None}))


def _with_encryption(source: CopySource, encryption: EncryptionSetting | None) -> CopySource:
    return source if encryption is None else derive_copy_source(source, encryption=encryption)


def _key_id(setting: EncryptionSetting | None) -> KeyId:
    return None if setting is None or setting.key is None else setting.key.key_id


def _format_key_id(key_id: KeyId) -> str | None:
    return "unknown" if key_id is UNKNOWN_KEY_ID else key_id
