"""A bucket, and what can be done with the files in it.

The methods that make a file take everything about it as keywords and turn them, once, into a
:class:`~b2sdk.values.new_file.NewFile`; below here that value travels.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, overload

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.exception import (
    BadRequest,
    BucketIdNotFound,
    FileDeleted,
    FileNotHidden,
    FileNotPresent,
    FileOrBucketNotFound,
    SSECKeyError,
    UnexpectedCloudBehaviour,
    UnexpectedFileVersionAction,
    UnrecognizedBucketType,
    check_text,
    reading,
)
from b2sdk.file_version import (
    DownloadVersion,
    DownloadVersionFactory,
    FileIdAndName,
    FileVersion,
    FileVersionFactory,
)
from b2sdk.listing import Lister, folder_prefix, matcher, wildcard_prefix
from b2sdk.misnomer import Misnamed
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.session import B2Session
from b2sdk.transfer.copy import metadata_directive
from b2sdk.transfer.download import DownloadedFile
from b2sdk.transfer.engine import Background
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.limits import PartLimits, choose_part_limits
from b2sdk.transfer.reader import BUFFER_SIZE, StoredFileReader
from b2sdk.transfer.services import Services
from b2sdk.transfer.source import (
    AbstractUploadSource,
    CopySource,
    OutboundTransferSource,
    UploadMode,
    UploadSourceBytes,
    UploadSourceLocalFile,
)
from b2sdk.transfer.unbound import DEFAULT_READ_SIZE, buffers_of
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.transfer.writer import StoredFileWriter
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting, EncryptionSettingFactory
from b2sdk.values.file_info import HeaderEntries, check_file_info, with_header_entries
from b2sdk.values.file_lock import (
    UNKNOWN_BUCKET_RETENTION,
    BucketRetentionSetting,
    FileLockConfiguration,
    FileRetentionSetting,
    LegalHold,
)
from b2sdk.values.file_name import b2_url_encode, validate_b2_file_name
from b2sdk.values.filter import Filter
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.new_file import AUTO_CONTENT_TYPE, NewFile
from b2sdk.values.notification import NotificationRule, NotificationRuleResponse
from b2sdk.values.replication import ReplicationConfiguration, ReplicationConfigurationFactory
from b2sdk.vocabulary import LIST_FILE_NAMES_MAX_LIMIT


class BucketApi(Protocol):
    """What a bucket needs of the API that it came from."""

    session: B2Session
    services: Services
    file_version_factory: FileVersionFactory
    download_version_factory: DownloadVersionFactory
    BUCKET_FACTORY_CLASS: type[BucketFactory]

    @property
    def account_info(self) -> AbstractAccountInfo: ...
    def list_buckets(self, bucket_name: str | None = ..., bucket_id: str | None = ...) -> list[Bucket]: ...
    def get_file_info(self, file_id: str) -> FileVersion: ...
    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = ...) -> FileIdAndName: ...
    def cancel_large_file(self, file_id: str) -> FileIdAndName: ...
    def download_file_by_id(
        self,
        file_id: str,
        progress_listener: AbstractProgressListener | None = ...,
        range_: tuple[int, int] | None = ...,
        encryption: EncryptionSetting | None = ...,
    ) -> DownloadedFile: ...


class Bucket(Misnamed):
    """A bucket as it was when the service described it; :meth:`get_fresh_state` asks again.

    One that was found by name or id in a cache has only these two.
    """

    DEFAULT_CONTENT_TYPE: ClassVar[str] = AUTO_CONTENT_TYPE
    MEANT: ClassVar[Mapping[str, str]] = {
        "bucket_id": "id_",
        "bucket_name": "name",
        "copy_file": "copy",
        "delete": "api.delete_bucket(bucket)",
        "delete_file": "delete_file_version",
        "download": "download_file_by_name",
        "download_file": "download_file_by_name",
        "get_file_info": "get_file_info_by_name",
        "id": "id_",
        "list_file_names": "ls",
        "list_files": "ls",
        "list_objects": "ls",
        "type": "type_",
        "upload_data": "upload_bytes",
        "upload_file": "upload_local_file",
        "upload_stream": "upload_unbound_stream",
    }

    def __init__(
        self,
        api: BucketApi,
        id_: str,
        name: str | None = None,
        type_: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: Any = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        revision: int | None = None,
        bucket_dict: dict[str, Any] | None = None,
        options_set: set[str] | None = None,
        default_server_side_encryption: EncryptionSetting = EncryptionSetting(EncryptionMode.UNKNOWN),  # noqa: B008  # never changed
        default_retention: BucketRetentionSetting = UNKNOWN_BUCKET_RETENTION,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> None:
        self.api = api
        self.id_ = id_
        self.name = name
        self.type_ = type_
        self.bucket_info: dict[str, str] = bucket_info or {}
        self.cors_rules: Any = cors_rules or []
        self.lifecycle_rules: list[LifecycleRule] = lifecycle_rules or []
        self.revision = revision
        self.bucket_dict: dict[str, Any] = bucket_dict or {}
        self.options_set: set[str] = options_set or set()
        self.default_server_side_encryption = default_server_side_encryption
        self.default_retention = default_retention
        self.is_file_lock_enabled = is_file_lock_enabled
        self.replication = replication

    def __repr__(self) -> str:
        return f"Bucket<{self.id_},{self.name},{self.type_}>"

    def get_id(self) -> str:
        return self.id_

    def as_dict(self) -> dict[str, Any]:
        """Return a description with the service's names; ``options`` is a set."""
        result: dict[str, Any] = {"accountId": self.api.account_info.get_account_id(), "bucketId": self.id_}
        if self.name is not None:
            result["bucketName"] = self.name
        if self.type_ is not None:
            result["bucketType"] = self.type_
        result["bucketInfo"] = self.bucket_info
        result["corsRules"] = self.cors_rules
        result["lifecycleRules"] = self.lifecycle_rules
        result["revision"] = self.revision
        result["options"] = self.options_set
        result["defaultServerSideEncryption"] = self.default_server_side_encryption.as_dict()
        result["isFileLockEnabled"] = self.is_file_lock_enabled
        result["defaultRetention"] = self.default_retention.as_dict()
        result["replication"] = self.replication and self.replication.as_dict()
        return result

    # --- the bucket itself ---

    def get_fresh_state(self) -> Bucket:
        """Ask the service for the bucket again; this object stays as it is.

        :raises BucketIdNotFound: it was deleted, or the key may no longer see it.
        """
        for bucket in self.api.list_buckets(bucket_id=self.id_):
            return bucket
        raise BucketIdNotFound(self.id_)

    def set_info(self, new_bucket_info: dict[str, str], if_revision_is: int | None = None) -> Bucket:
        return self.update(bucket_info=new_bucket_info, if_revision_is=if_revision_is)

    def set_type(self, bucket_type: str) -> Bucket:
        return self.update(bucket_type=bucket_type)

    def update(
        self,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: Any = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        replication: ReplicationConfiguration | None = None,
        is_file_lock_enabled: bool | None = None,
    ) -> Bucket:
        """Replace what is given and leave what is ``None``; return the bucket as the service describes it then.

        An empty value, ``bucket_info={}`` say, clears. With ``if_revision_is`` nothing happens if somebody else has
        changed the bucket since that revision.

        :raises AssertionError: there is nothing to update.
        :raises Conflict: the revision is another one.
        :raises DisablingFileLockNotSupported: file lock, once on, stays on.
        :raises SourceReplicationConflict: the source of a replication cannot get file lock.
        """
        answer = self.api.session.update_bucket(
            self.api.account_info.get_account_id(),
            self.id_,
            bucket_type=bucket_type,
            bucket_info=bucket_info,
            cors_rules=cors_rules,
            lifecycle_rules=lifecycle_rules,
            if_revision_is=if_revision_is,
            default_server_side_encryption=default_server_side_encryption,
            default_retention=default_retention,
            replication=replication,
            is_file_lock_enabled=is_file_lock_enabled,
        )
        return self.api.BUCKET_FACTORY_CLASS.from_api_bucket_dict(self.api, answer)

    def get_notification_rules(self) -> list[NotificationRuleResponse]:
        return self.api.session.get_bucket_notification_rules(self.id_)

    def set_notification_rules(self, rules: Iterable[NotificationRule]) -> list[NotificationRuleResponse]:
        """Replace all rules; return them as the service describes them then."""
        return self.api.session.set_bucket_notification_rules(self.id_, rules)

    def get_download_authorization(self, file_name_prefix: str, valid_duration_in_seconds: int) -> str:
        """Return a token that downloads files whose names start with the prefix, for 1 to 604800 seconds."""
        answer = self.api.session.get_download_authorization(self.id_, file_name_prefix, valid_duration_in_seconds)
        with reading("a download authorization"):
            token: str = answer["authorizationToken"]
        return token

    def get_download_url(self, filename: str) -> str:
        return (
            f"{self.api.account_info.get_download_url()}/file/{b2_url_encode(self._name())}/{b2_url_encode(filename)}"
        )

    def _name(self) -> str:
        if self.name is None:
            raise ValueError(f"the name of bucket {self.id_} is not known")
        return self.name

    # --- downloads ---

    def download_file_by_id(
        self,
        file_id: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request a version of a file; see :meth:`download_file_by_name`."""
        return self.api.download_file_by_id(
            file_id, progress_listener=progress_listener, range_=range_, encryption=encryption
        )

    def download_file_by_name(
        self,
        file_name: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request the newest version of a file; its content is read when the result is saved.

        :param range_: the first and the last byte, both included.
        :raises FileNotPresent: there is no such file, or it is hidden.
        :raises InvalidRange: the file ends inside the range.
        :raises UnsatisfiableRange: the file ends before the range.
        :raises SSECKeyError: the file is encrypted with another customer key.
        """
        url = self.api.session.get_download_url_by_name(self._name(), file_name)
        try:
            return self.api.services.download_manager.download_file_from_url(url, progress_listener, range_, encryption)
        except FileNotPresent as error:
            error.bucket_name, error.file_id_or_name = self.name, file_name
            raise

    # --- looking at files ---

    def get_file_info_by_id(self, file_id: str) -> FileVersion:
        return self.api.get_file_info(file_id)

    def get_file_info_by_name(self, file_name: str) -> DownloadVersion:
        """Describe the newest version of a file, without its content.

        :raises FileNotPresent: there is no such file, or it is hidden.
        """
        try:
            headers = self.api.session.get_file_info_by_name(self._name(), file_name)
        except FileOrBucketNotFound as error:
            raise FileNotPresent(self.name, file_name).in_place_of(error) from error
        return self.api.download_version_factory.from_response_headers(headers)

    def list_file_versions(
        self, file_name: str, fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT
    ) -> Iterator[FileVersion]:
        """Yield all versions of one file, newest first, hide markers included.

        :param fetch_count: how many are asked for at a time.
        :raises ValueError: ``fetch_count`` is not positive.
        """
        _check_fetch_count(fetch_count)
        yield from self._lister().versions_of(file_name, fetch_count)

    def ls(
        self,
        path: str = "",
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        *,
        prefetch: bool = False,
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Yield ``(version, None)`` for the files of a folder and ``(first version inside, folder)`` for its folders.

        A ``path`` without trailing slash that is the name of a file gives that file alone, whatever the filters;
        if its newest version is hidden and only the latest is asked for, that is nothing.

        :param path: a folder, a file, or with ``with_wildcard`` a shell pattern whose ``*`` matches ``/`` too.
        :param latest_only: the newest visible version of each file, instead of all versions and hide markers.
        :param recursive: the files in all folders below, instead of the folders.
        :param fetch_count: how many entries are asked for at a time.
        :param prefetch: with ``recursive``, fetch each page in a thread while the one before is worked on. Who stops
            early has asked for one page more, and waits for it.
        :raises ValueError: ``with_wildcard`` without ``recursive``, or ``fetch_count`` is not positive.
        """
        _check_fetch_count(fetch_count)
        if with_wildcard and not recursive:
            raise ValueError("with_wildcard requires recursive to be turned on as well")
        if path and not with_wildcard and not path.endswith("/"):
            found = False
            for version in self._lister().versions_of(path, 1 if latest_only else fetch_count):
                found = True
                if not latest_only:
                    yield version, None
                    continue
                if version.action == "upload":
                    yield version, None
                break
            if found:
                return
        yield from self._lister().files_and_folders(
            wildcard_prefix(path) if with_wildcard else folder_prefix(path),
            matcher(path if with_wildcard else None, filters),
            latest_only,
            recursive,
            fetch_count,
            ahead=Background if prefetch else None,
        )

    def _lister(self) -> Lister:
        return Lister(self.api.session, self.id_, self.api.file_version_factory)

    # --- making files ---

    def upload_bytes(
        self,
        data_bytes: bytes | bytearray,
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
        """Upload bytes as a file; see :meth:`create_file`."""
        return self.upload(
            UploadSourceBytes(data_bytes),
            file_name,
            content_type=content_type,
            file_info=file_info,
            progress_listener=progress_listener,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            cache_control=cache_control,
            expires=expires,
            content_disposition=content_disposition,
            content_encoding=content_encoding,
            content_language=content_language,
        )

    def upload_local_file(
        self,
        local_file: str | os.PathLike[str],
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
        """Upload a regular file; see :meth:`create_file`. Its modification time is not recorded by itself.

        :param sha1_sum: the SHA-1 of the content, if it is known already.
        :param upload_mode: ``INCREMENTAL`` copies what the newest version in the bucket already has of the content,
            if that is a beginning of it with a known SHA-1, and sends the rest.
        :raises InvalidUploadSource: the path is not that of a regular file.
        """
        source = UploadSourceLocalFile(local_file, content_sha1=sha1_sum)
        sources: list[OutboundTransferSource] = [source]
        if upload_mode is UploadMode.INCREMENTAL:
            sources = self._incremental_sources(source, file_name)
            if len(sources) > 1 and sha1_sum is None:
                sha1_sum = source.get_content_sha1()
        return self.concatenate(
            sources,
            file_name,
            content_type=content_type,
            file_info=file_info,
            min_part_size=min_part_size,
            progress_listener=progress_listener,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=sha1_sum,
            custom_upload_timestamp=custom_upload_timestamp,
            cache_control=cache_control,
            expires=expires,
            content_disposition=content_disposition,
            content_encoding=content_encoding,
            content_language=content_language,
        )

    def _incremental_sources(self, source: UploadSourceLocalFile, file_name: str) -> list[OutboundTransferSource]:
        existing = None
        # What is encrypted with a customer key is not used; the service may refuse to describe it without the key.
        with contextlib.suppress(FileNotPresent, BadRequest, SSECKeyError):
            found = self.get_file_info_by_name(file_name)
            existing = None if found.server_side_encryption.mode is EncryptionMode.SSE_C else found
        return source.get_incremental_sources(existing, self.api.account_info.get_absolute_minimum_part_size())

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
        """Upload one source; see :meth:`create_file`.

        :param min_part_size: the size that parts are to have (not the least: the name is what callers know).
        """
        return self.create_file(
            [WriteIntent(upload_source)],
            file_name,
            content_type=content_type,
            file_info=file_info,
            progress_listener=progress_listener,
            recommended_upload_part_size=min_part_size,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            cache_control=cache_control,
            expires=expires,
            content_disposition=content_disposition,
            content_encoding=content_encoding,
            content_language=content_language,
        )

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
        :param buffer_size: bytes of a buffer, and so of a part; ``None`` is ``recommended_upload_part_size``, or what
            the service recommends to the account.
        :param read_size: how many bytes are asked for at a time; where it is not given, as many as are good.
        :param unused_buffer_timeout_seconds: accepted; a buffer is free again when its part has been sent or given up.
        :raises ValueError: one of the numbers makes no sense.
        """
        if buffers_count <= 1:
            raise ValueError("buffers_count has to be at least 2")
        if read_size <= 0:
            raise ValueError("read_size has to be a positive integer")
        if unused_buffer_timeout_seconds <= 0.0:
            raise ValueError("unused_buffer_timeout_seconds has to be a positive float")
        new_file = self._new_file(
            file_name,
            file_info,
            content_type=content_type,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            header_entries=HeaderEntries(
                cache_control, expires, content_disposition, content_encoding, content_language
            ),
        )
        limits = self._part_limits(recommended_upload_part_size, min_part_size, max_part_size)
        return self.api.services.emerger.make_of_buffers(
            new_file,
            buffers_of(read_only_object, buffer_size or recommended_upload_part_size or limits.recommended, read_size),
            progress_listener or DoNothingProgressListener(),
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

        What fits in one request is made in one. Anything else becomes a large file, whose parts are on their way at
        the same time; an unfinished large file that was begun in the same way is gone on with. After a failure the
        unfinished file stays, to be continued by the same call, or cancelled.

        :param write_intents: which source goes where. Where they overlap, a copy wins over an upload.
        :param content_type: ``None`` lets the service tell it from the extension of the name.
        :param file_info: names and values that travel with the file; it is not changed.
        :param recommended_upload_part_size: bytes of a part; ``None`` is what the service recommends to the account.
            Parts are larger where a file would need more than 10,000 of them.
        :param continue_large_file_id: the unfinished large file to go on with, instead of looking for one.
        :param min_part_size: the least that a part may have, except the last one.
        :param max_part_size: the most that is copied within the service at once.
        :param large_file_sha1: SHA-1 of the whole content, to be noted with a large file.
        :param custom_upload_timestamp: milliseconds since the epoch, in place of the time of the upload.
        :param expires: an HTTP date, or a time; like the four others around it, it is kept in the file info and comes
            back as a header of downloads.
        :raises ValueError: the name cannot be that of a file, or the intents leave a gap.
        :raises BadFileInfo: the file info cannot travel as headers.
        :raises InvalidUserInput: the sizes of parts contradict each other.
        :raises MaxFileSizeExceeded: no file may be so large.
        :raises MaxRetriesExceeded: the service could not take a part, however often it was asked.
        """
        new_file = self._new_file(
            file_name,
            file_info,
            content_type=content_type,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            header_entries=HeaderEntries(
                cache_control, expires, content_disposition, content_encoding, content_language
            ),
        )
        return self.api.services.emerger.make(
            new_file,
            write_intents,
            self._part_limits(recommended_upload_part_size, min_part_size, max_part_size),
            progress_listener or DoNothingProgressListener(),
            continue_large_file_id,
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
        """Make a file of intents that come one by one, sorted by their offsets; see :meth:`create_file`.

        Its length is not known at the beginning, so no unfinished file is looked for.
        """
        new_file = self._new_file(
            file_name,
            file_info,
            content_type=content_type,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            header_entries=HeaderEntries(
                cache_control, expires, content_disposition, content_encoding, content_language
            ),
        )
        return self.api.services.emerger.make_of_stream(
            new_file,
            write_intents_iterator,
            self._part_limits(recommended_upload_part_size, min_part_size, max_part_size),
            progress_listener or DoNothingProgressListener(),
            continue_large_file_id,
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
        """Make a file of sources one behind the other; see :meth:`create_file`."""
        return self.create_file(
            list(WriteIntent.wrap_sources_iterator(outbound_sources)),
            file_name,
            content_type=content_type,
            file_info=file_info,
            progress_listener=progress_listener,
            recommended_upload_part_size=recommended_upload_part_size,
            continue_large_file_id=continue_large_file_id,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            min_part_size=min_part_size,
            max_part_size=max_part_size,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            cache_control=cache_control,
            expires=expires,
            content_disposition=content_disposition,
            content_encoding=content_encoding,
            content_language=content_language,
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
        """Make a file of sources that come one by one; see :meth:`create_file_stream`."""
        return self.create_file_stream(
            WriteIntent.wrap_sources_iterator(outbound_sources_iterator),
            file_name,
            content_type=content_type,
            file_info=file_info,
            progress_listener=progress_listener,
            recommended_upload_part_size=recommended_upload_part_size,
            continue_large_file_id=continue_large_file_id,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            large_file_sha1=large_file_sha1,
            custom_upload_timestamp=custom_upload_timestamp,
            cache_control=cache_control,
            expires=expires,
            content_disposition=content_disposition,
            content_encoding=content_encoding,
            content_language=content_language,
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

        :param length: bytes from ``offset`` on; ``None`` or 0 is the whole file.
        :param source_file_info: together with ``source_content_type`` saves a look-up where the copy has to repeat
            the metadata of the source.
        :raises CopyArgumentsMismatch: only one of content type and file info is given; the arguments that become file
            info count.
        :raises SSECKeyIdMismatchInCopy: the customer keys differ, and the metadata of the source are not given.
        :raises SSECKeyError: the source is encrypted with another customer key.
        """
        new_file = self._new_file(
            new_file_name,
            file_info,
            content_type=content_type,
            encryption=destination_encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            header_entries=HeaderEntries(
                cache_control, expires, content_disposition, content_encoding, content_language
            ),
        )
        metadata_directive(new_file)
        source = CopySource(
            file_id,
            offset=offset,
            length=length,
            encryption=source_encryption,
            source_file_info=source_file_info,
            source_content_type=source_content_type,
        )
        limits = self._part_limits(None, min_part_size, max_part_size)
        return self.api.services.emerger.copy(
            new_file, source, limits, progress_listener or DoNothingProgressListener()
        )

    def _new_file(
        self, file_name: str, file_info: dict[str, str] | None, header_entries: HeaderEntries, **about: Any
    ) -> NewFile:
        validate_b2_file_name(file_name)
        new_file = NewFile(self.id_, file_name, file_info=with_header_entries(file_info, header_entries), **about)
        check_file_info(new_file.file_info)
        return new_file

    def _part_limits(self, recommended: int | None, minimum: int | None, maximum: int | None) -> PartLimits:
        account_recommended = self.api.account_info.get_recommended_part_size()
        return choose_part_limits(account_recommended, minimum=minimum, recommended=recommended, maximum=maximum)

    # --- files as file objects ---

    @overload
    def open(
        self, file_name: str, mode: Literal["rb"] = "rb", *, encryption: EncryptionSetting | None = None
    ) -> io.BufferedReader: ...
    @overload
    def open(
        self,
        file_name: str,
        mode: Literal["wb"],
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> StoredFileWriter: ...
    def open(
        self,
        file_name: str,
        mode: str = "rb",
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> io.BufferedReader | StoredFileWriter:
        """Open a file for reading or for writing; for text, wrap it in an ``io.TextIOWrapper``.

        ``rb`` reads the version that is the newest now, from any place, in requests of 256 KiB to 8 MiB. Its SHA-1 is
        not compared.

        ``wb`` makes a new version when it is closed, and none if the ``with`` block is left by an exception. Up to four
        parts of ``part_size`` bytes (what the service recommends to the account) are in memory.

        :raises FileNotPresent: there is no such file to read.
        :raises io.UnsupportedOperation: it is encoded, and the client was configured to decode.
        :raises ValueError: the mode is neither, or the name cannot be that of a file.
        """
        if mode == "rb":
            version = self._described(file_name, encryption)
            downloader = self.api.services.download_manager.in_order
            reader = StoredFileReader(self.api.session, version, downloader, encryption)
            return io.BufferedReader(reader, BUFFER_SIZE)
        if mode != "wb":
            raise ValueError(f"a file is opened with the mode 'rb' or 'wb', not {mode!r}")
        new_file = self._new_file(
            file_name,
            file_info,
            HeaderEntries(),
            content_type=content_type,
            encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            custom_upload_timestamp=custom_upload_timestamp,
        )
        make = functools.partial(
            self.api.services.emerger.make_of_buffers,
            new_file,
            progress_listener=DoNothingProgressListener(),
            max_queue_size=1,
            is_kept=False,
        )
        return StoredFileWriter(make, part_size or self._part_limits(None, None, None).recommended)

    def _described(self, file_name: str, encryption: EncryptionSetting | None) -> DownloadVersion:
        """Describe the newest version; one with a customer key only tells of itself when the key is given."""
        if encryption is None:
            return self.get_file_info_by_name(file_name)
        file = self.download_file_by_name(file_name, encryption=encryption)
        file.response.close()
        return file.download_version

    # --- large files that are not finished ---

    def list_parts(
        self, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
    ) -> Iterator[Part]:
        """Yield the parts that the service has of an unfinished large file."""
        return self.api.services.large_file.list_parts(file_id, start_part_number, batch_size)

    def list_unfinished_large_files(
        self, start_file_id: str | None = None, batch_size: int | None = None, prefix: str | None = None
    ) -> Iterator[UnfinishedLargeFile]:
        """Yield the large files of this bucket that were started and neither finished nor cancelled."""
        return self.api.services.large_file.list_unfinished_large_files(self.id_, start_file_id, batch_size, prefix)

    def cancel_large_file(self, file_id: str) -> FileIdAndName:
        """Drop an unfinished large file and its parts."""
        return self.api.cancel_large_file(file_id)

    # --- hiding and deleting ---

    def hide_file(self, file_name: str) -> FileVersion:
        """Add a hide marker, so that the file is found only among its versions; return the marker.

        :raises FileNotPresent: there is no such file.
        :raises FileAlreadyHidden: it is hidden already.
        """
        answer = self.api.session.hide_file(self.id_, file_name)
        return self.api.file_version_factory.from_api_response(answer)

    def unhide_file(self, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        """Delete the hide marker that is the newest version of the file.

        :raises FileNotPresent: there is no such file.
        :raises FileNotHidden: the newest version is not a hide marker.
        """
        newest = next(self.list_file_versions(file_name, fetch_count=1), None)
        if newest is None:
            raise FileNotPresent(bucket_name=self.name, file_id_or_name=file_name)
        if newest.action == "upload":
            raise FileNotHidden(file_name)
        if newest.action == "delete":
            raise FileDeleted(file_name)
        if newest.action != "hide":
            raise UnexpectedFileVersionAction(newest.action)
        return self.delete_file_version(newest.id_, file_name, bypass_governance)

    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        """Delete one version of a file; with ``bypass_governance`` also under governance retention.

        :raises FileNotPresent: there is no such version of that name.
        :raises AccessDenied: the version is locked.
        """
        return self.api.delete_file_version(file_id, file_name, bypass_governance)


class BucketFactory:
    """Makes buckets of the service's JSON."""

    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket

    @classmethod
    def from_api_response(cls, api: BucketApi, response: Mapping[str, Any]) -> list[Bucket]:
        """Read the answer of ``b2_list_buckets``.

        :raises UnexpectedCloudBehaviour: a field that the protocol promises is missing.
        """
        with reading("a listing of buckets"):
            return [cls.from_api_bucket_dict(api, bucket_dict) for bucket_dict in response["buckets"]]

    @classmethod
    def from_api_bucket_dict(cls, api: BucketApi, bucket_dict: Mapping[str, Any]) -> Bucket:
        """Read one bucket.

        :raises UnrecognizedBucketType: the type is ``null``.
        :raises UnexpectedCloudBehaviour: a field that the protocol promises is missing.
        """
        with reading("a bucket"):
            return cls.BUCKET_CLASS(api, **cls._fields(bucket_dict))

    @classmethod
    def _fields(cls, wire: Mapping[str, Any]) -> dict[str, Any]:
        if wire["bucketType"] is None:
            raise UnrecognizedBucketType(wire["bucketType"])
        if "defaultServerSideEncryption" not in wire:
            raise UnexpectedCloudBehaviour("server did not provide `defaultServerSideEncryption`")
        check_text(wire["bucketId"], wire["bucketName"])
        file_lock = FileLockConfiguration.from_bucket_dict(wire)
        return {
            "id_": wire["bucketId"],
            "name": wire["bucketName"],
            "type_": wire["bucketType"],
            "bucket_info": wire["bucketInfo"],
            "cors_rules": wire["corsRules"],
            "lifecycle_rules": wire["lifecycleRules"],
            "revision": wire["revision"],
            "bucket_dict": wire,
            "options_set": set(wire["options"]),
            "default_server_side_encryption": EncryptionSettingFactory.from_bucket_dict(wire),
            "default_retention": file_lock.default_retention,
            "is_file_lock_enabled": file_lock.is_file_lock_enabled,
            "replication": ReplicationConfigurationFactory.from_bucket_dict(wire).value,
        }


def _check_fetch_count(fetch_count: int | None) -> None:
    if fetch_count is not None and fetch_count <= 0:
        raise ValueError("unsupported fetch_count value")
