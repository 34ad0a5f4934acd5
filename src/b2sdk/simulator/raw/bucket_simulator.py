"""The calls about one bucket, which tests of other programs override and make.

What belongs here is how each call is made of the endpoint over the cloud, and what it returns of the views of what
the cloud then has. Rules are the cloud's; here is only what this way in does otherwise, for the sake of programs that
count on it: how pages are continued, which errors mean what, and that uploads are read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from b2sdk.exception import (
    BadRequest,
    CopySourceTooBig,
    FileNotPresent,
    FileSha1Mismatch,
    PartSha1Mismatch,
    ResourceNotFound,
    UnsatisfiableRange,
)
from b2sdk.interfaces import Readable
from b2sdk.protocol_constants import COPY_SOURCE_TOO_BIG, HEX_DIGITS_AT_END
from b2sdk.raw_api.endpoints import MetadataDirectiveMode, check_metadata_directive
from b2sdk.raw_api.primitives import writable
from b2sdk.simulator.cloud.files import AUTOMATIC_CONTENT_TYPE, visible_version
from b2sdk.simulator.cloud.model import Part
from b2sdk.simulator.protocol.file_headers import SHA1_DIGITS, is_sha1
from b2sdk.simulator.protocol.transfers import SHA1_MISMATCH
from b2sdk.simulator.raw.bucket_view import BucketView
from b2sdk.simulator.raw.file_simulator import FileSimulator
from b2sdk.simulator.raw.part_sender import Send, current_sender
from b2sdk.simulator.raw.rereading_stream import RereadingStream
from b2sdk.simulator.raw.response import CaseInsensitive, FakeResponse
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.json import JsonObject
from b2sdk.values.replication import ReplicationConfiguration

_PAGE = 100
Range = tuple[int, int]


class BucketSimulator(BucketView):
    """A bucket with its calls; those without a token are made in the owner's name."""

    def _update_bucket(
        self,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: list[Any] | None = None,
        lifecycle_rules: list[Any] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        replication: ReplicationConfiguration | None = None,
        is_file_lock_enabled: bool | None = None,
    ) -> JsonObject:
        """Change the bucket; an empty value alone is nothing to update.

        :raises AssertionError: there is nothing to update.
        """
        settings = (default_server_side_encryption, default_retention, replication, is_file_lock_enabled)
        if not any((bucket_type, bucket_info, cors_rules, lifecycle_rules)) and all(
            value is None for value in settings
        ):
            raise AssertionError("update_bucket needs something to update")
        self._service.update_bucket(
            *self._as_owner,
            self.account_id,
            self.bucket_id,
            bucket_type,
            bucket_info,
            cors_rules,
            lifecycle_rules,
            if_revision_is,
            default_server_side_encryption,
            default_retention,
            replication,
            is_file_lock_enabled,
        )
        if replication is not None:
            self.replication = replication
        if is_file_lock_enabled is not None:
            self.is_file_lock_enabled = is_file_lock_enabled
        return self.bucket_dict(self.owner_token)

    def get_notification_rules(self) -> list[Any]:
        """Return the event notification rules."""
        return list(self._service.get_bucket_notification_rules(*self._as_owner, self.bucket_id))

    def set_notification_rules(self, rules: Iterable[Any]) -> list[Any]:
        """Replace the event notification rules by whatever these are; a name sent again keeps its suspension."""
        return list(self._service.set_bucket_notification_rules(*self._as_owner, self.bucket_id, rules))

    def simulate_notification_rule_suspension(
        self, rule_name: str, reason: str, is_suspended: bool | None = None
    ) -> None:
        """Suspend a rule, or lift its suspension with an empty reason; ``is_suspended`` overrules the reason.

        :raises ResourceNotFound: no rule has this name.
        """
        for rule in self.model.notification_rules:
            if rule["name"] == rule_name:
                rule["isSuspended"] = bool(reason) if is_suspended is None else is_suspended
                rule["suspensionReason"] = reason
                return
        raise ResourceNotFound(f"Rule {rule_name} not found")

    # --- listings ---

    def list_file_names(
        self,
        account_auth_token: str,
        start_file_name: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        """Return a page of names; a full page is followed by another, perhaps empty."""
        where = self._where(account_auth_token)
        answer = self._service.list_file_names(*where, self.bucket_id, start_file_name, max_file_count, prefix)
        files = self._list_entries(answer, account_auth_token)
        is_full = len(files) == (max_file_count or _PAGE)
        return {"files": files, "nextFileName": files[-1]["fileName"] + " " if is_full else None}

    def list_file_versions(
        self,
        account_auth_token: str,
        start_file_name: str | None = None,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        """Return a page of versions; a full page is followed by another, perhaps empty."""
        where = self._where(account_auth_token)
        start = (start_file_name, start_file_id)
        if start_file_name is not None and start_file_id is not None:
            start = self._start_of_versions(start_file_name, start_file_id)
        answer = self._service.list_file_versions(*where, self.bucket_id, *start, max_file_count, prefix)
        files = self._list_entries(answer, account_auth_token)
        if len(files) < (max_file_count or _PAGE):
            return {"files": files, "nextFileName": None, "nextFileId": None}
        last = files[-1]
        return {"files": files, "nextFileName": last["fileName"], "nextFileId": str(int(last["fileId"]) + 1)}

    def _start_of_versions(self, name: str, file_id: str) -> tuple[str, str | None]:
        """Return where a page begins that was announced with the last id before it, plus one."""
        ids = [version.file_id for version in self.model.versions.of(name)]
        before = str(int(file_id) - 1)
        rest = ids[ids.index(before) + 1 :] if before in ids else [other for other in ids if int(other) >= int(file_id)]
        return (name, rest[0]) if rest else (name + "\0", None)

    def _list_entries(self, answer: JsonObject, token: str) -> list[JsonObject]:
        return [self._view_of_entry(entry).as_list_files_dict(token) for entry in answer["files"]]

    def list_unfinished_large_files(
        self,
        account_auth_token: str,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        """Return a page of large files that are not finished, oldest first, which is by descending id."""
        where = self._where(account_auth_token)
        if start_file_id is not None:
            self._service.check_allowed(where[1], "b2_list_unfinished_large_files")
            later = [file_id for file_id in self.model.unfinished if int(file_id) <= int(start_file_id)]
            if not later:
                return {"files": [], "nextFileId": None}
            start_file_id = max(later, key=int)
        answer = self._service.list_unfinished_large_files(
            *where, self.bucket_id, start_file_id, max_file_count, prefix
        )
        files = [self._view_of_entry(entry).as_start_large_file_result(account_auth_token) for entry in answer["files"]]
        is_full = len(files) == (max_file_count or _PAGE)
        return {"files": files, "nextFileId": str(int(files[-1]["fileId"]) - 1) if is_full else None}

    # --- versions ---

    def get_file_info_by_id(self, account_auth_token: str, file_id: str) -> JsonObject:
        """Return a version.

        :raises KeyError: there is none with this id.
        """
        file = self.file_id_to_file[file_id]
        self._service.get_file_info_by_id(*self._where_read(account_auth_token), file_id)
        return file.as_upload_result(account_auth_token)

    def get_file_info_by_name(self, account_auth_token: str, file_name: str) -> CaseInsensitive:
        """Return the headers of a download, or what they would be of a hide marker or of an unfinished large file.

        :raises FileNotPresent: there is no file of this name, and the policy is not to show the newest version.
        """
        newest = next(iter(self.model.versions.of(file_name)), None)
        if self._service.cloud.policy.heads_hidden_files and newest is not None and newest.action != "upload":
            return self._view_of(newest).as_download_headers(account_auth_token)
        file = self._downloadable(file_name)
        self._check_download(account_auth_token, file, "")
        return file.as_download_headers(account_auth_token)

    def hide_file(self, account_auth_token: str, file_name: str) -> JsonObject:
        """Hide a name, even if it is unknown or hidden already."""
        answer = self._service.hide_file(*self._where(account_auth_token), self.bucket_id, file_name)
        marker = self.FILE_SIMULATOR_CLASS(
            self.account_id,
            self,
            answer["fileId"],
            "hide",
            file_name,
            None,
            "none",
            {},
            b"",
            answer["uploadTimestamp"],
        )
        return self._view(marker).as_list_files_dict(account_auth_token)

    def delete_file_version(
        self, account_auth_token: str, file_id: str, file_name: str, bypass_governance: bool = False
    ) -> JsonObject:
        """Delete a version, unless its retention, whose end counts seconds, is still running."""
        file = self.get_file(file_id, file_name)
        self._service.delete_file_version(*self._where(account_auth_token), file_id, file_name, bypass_governance)
        self._forget(file)
        return {"fileId": file_id, "fileName": file_name, "uploadTimestamp": file.upload_timestamp}

    def update_file_retention(
        self,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        file_retention: FileRetentionSetting,
        bypass_governance: bool = False,
    ) -> JsonObject:
        """Replace the retention of a version, also by a weaker one."""
        self._check_lockable(file_id, file_name)
        where = self._where_read(account_auth_token)
        return self._service.update_file_retention(*where, file_id, file_name, file_retention, bypass_governance)

    def update_file_legal_hold(
        self, account_auth_token: str, file_id: str, file_name: str, legal_hold: LegalHold
    ) -> JsonObject:
        """Set or lift the legal hold of a version."""
        self._check_lockable(file_id, file_name)
        where = self._where_read(account_auth_token)
        return self._service.update_file_legal_hold(*where, file_id, file_name, legal_hold)

    def _check_lockable(self, file_id: str, file_name: str) -> None:
        if not self.is_file_lock_enabled or self.file_id_to_file[file_id].name != file_name:
            raise AssertionError("the bucket must have file lock, and the name must be that of the version")

    # --- downloads ---

    def download_file_by_id(
        self,
        account_auth_token_or_none: str | None,
        file_id: str,
        url: str,
        range_: Range | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> FakeResponse:
        """Return the response to a download.

        :raises KeyError: there is no version with this id.
        """
        return self._download(account_auth_token_or_none, self.file_id_to_file[file_id], url, range_, encryption)

    def download_file_by_name(
        self,
        account_auth_token_or_none: str | None,
        file_name: str,
        url: str,
        range_: Range | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> FakeResponse:
        """Return the response to a download of the newest version."""
        return self._download(account_auth_token_or_none, self._downloadable(file_name), url, range_, encryption)

    def _downloadable(self, file_name: str) -> FileSimulator:
        version = visible_version(self.model, file_name)
        if version is None or version.action != "upload":
            raise FileNotPresent(file_id_or_name=file_name)
        return self._view_of(version)

    def _download(
        self,
        token: str | None,
        file: FileSimulator,
        url: str,
        range_: Range | None,
        encryption: EncryptionSetting | None,
    ) -> FakeResponse:
        file.check_encryption(encryption)
        self._check_download(token, file, url)
        return self._download_file_sim(token, file, url, range_)

    def _download_file_sim(  # tests that break downloads off, or change their bytes, override it
        self,
        account_auth_token_or_none: str | None,
        file_sim: FileSimulator,
        url: str,
        range_: Range | None = None,
    ) -> FakeResponse:
        return self.RESPONSE_CLASS(account_auth_token_or_none, file_sim, url, range_)

    def _check_download(self, token: str | None, file: FileSimulator, url: str) -> None:
        if token is not None or not self._service.cloud.policy.checks_readers:
            token = self._where_read(token or "")[1]
        named = self._service.get_download_url_by_name(self._service.DOWNLOAD_URL, self.bucket_name, file.name)
        checked = "".join((named, *url.partition("?")[1:]))  # with the authorization of a presigned URL
        if not file.name or self.model.versions.of(file.name)[0] is not file.model:
            checked = self._service.get_download_url_by_id(self._service.DOWNLOAD_URL, file.file_id)
        self._service.check_download(token, checked, self.encryption_of(file.file_id))

    # --- uploads ---

    def get_upload_url(self, account_auth_token: str) -> JsonObject:
        """Return an upload URL, which is its own token."""
        return self._service.get_upload_url(*self._where(account_auth_token), self.bucket_id)

    def upload_file(
        self,
        upload_id: str,
        upload_auth_token: str,
        file_name: str,
        content_length: int,
        content_type: str,
        content_sha1: str,
        file_info: dict[str, str] | None,
        data_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> JsonObject:
        """Add a file, also without a content type; its stream is read twice, as by a transport that retries.

        :raises FileSha1Mismatch: the content has another SHA-1.
        :raises ValueError: ``content_sha1`` is neither one nor ``hex_digits_at_end``.
        :raises AssertionError: the stream has another length, or other content when it is read again.
        """
        _check_declared(content_sha1, FileSha1Mismatch(file_name))
        info = {} if file_info is None else file_info
        if server_side_encryption is not None:
            server_side_encryption.add_key_id_to_file_info(info)
        with _mismatch_as(FileSha1Mismatch(file_name)):
            answer = self._service.upload_file(
                upload_auth_token,
                upload_auth_token,
                file_name,
                content_length,
                _sent_type(content_type),
                content_sha1,
                info,
                RereadingStream(data_stream, content_length, times=2, trailer_size=_trailer_size(content_sha1)),
                server_side_encryption,
                file_retention,
                legal_hold,
                custom_upload_timestamp,
            )
        with self._service.cloud.lock:  # once: waiting for it can double the CPU time of threads that upload
            version = self._find_version(answer)
            file = self._new_file(
                version, content_type, version.sha1, info, server_side_encryption, file_retention, legal_hold
            )
            return file.as_upload_result(upload_auth_token.rpartition("/")[2])

    # --- large files ---

    def start_large_file(
        self,
        account_auth_token: str,
        file_name: str,
        content_type: str | None,
        file_info: dict[str, str] | None,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> JsonObject:
        """Start a large file, also without a content type."""
        info = {} if file_info is None else file_info
        answer = self._service.start_large_file(
            *self._where(account_auth_token),
            self.bucket_id,
            file_name,
            _sent_type(content_type),
            info,
            server_side_encryption,
            file_retention,
            legal_hold,
            custom_upload_timestamp,
        )
        file = self._new_file(
            self._find_version(answer), content_type, "none", info, server_side_encryption, file_retention, legal_hold
        )
        return file.as_start_large_file_result(account_auth_token)

    def get_upload_part_url(self, account_auth_token: str, file_id: str) -> JsonObject:
        """Return an upload URL for parts, which is its own token."""
        answer = self._service.get_upload_part_url(*self._where(account_auth_token), file_id)
        url = answer["uploadUrl"]
        return {"bucketId": self.bucket_id, "uploadUrl": url, "authorizationToken": url}

    def upload_part(
        self,
        file_id: str,
        part_number: int,
        content_length: int,
        sha1_sum: str,
        input_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
    ) -> JsonObject:
        """Add a part, in place of an earlier one with the same number.

        :raises KeyError: there is no version with this id.
        :raises PartSha1Mismatch: the content has another SHA-1, or this is none.
        :raises WrongEncryptionSettingForFileWrite: a part cannot be written with this setting.
        :raises AssertionError: the stream has another length.
        """
        writable(server_side_encryption)
        mismatch = PartSha1Mismatch(file_id)
        try:
            _check_declared(sha1_sum, mismatch)
        except ValueError as error:
            raise mismatch from error
        send = current_sender() or self._sender(file_id)
        stream = RereadingStream(input_stream, content_length, times=1, trailer_size=_trailer_size(sha1_sum))
        encryption = self.encryption_of(file_id)
        with _mismatch_as(mismatch):
            send(part_number, content_length, sha1_sum, stream, encryption)
        answer = _part_dict(self.model.unfinished[file_id].parts[part_number])
        if server_side_encryption is not None:
            answer["serverSideEncryption"] = server_side_encryption.as_dict()
        return answer

    def _sender(self, file_id: str) -> Send:
        url = self.get_upload_part_url(self.owner_token, file_id)["uploadUrl"]
        return partial(self._service.upload_part, url, url)

    def list_parts(self, file_id: str, start_part_number: int | None, max_part_count: int | None) -> JsonObject:
        """Return a page of the parts of a large file.

        :raises KeyError: there is no version with this id.
        """
        file = self.file_id_to_file[file_id]
        if file.finished_parts:
            return _page_of_finished_parts(file, start_part_number or 1, max_part_count or _PAGE)
        answer = self._service.list_parts(*self._as_owner, file_id, start_part_number, max_part_count)
        parts = [_part_dict(file.model.parts[part["partNumber"]]) for part in answer["parts"]]
        return {"parts": parts, "nextPartNumber": answer["nextPartNumber"]}

    def finish_large_file(self, account_auth_token: str, file_id: str, part_sha1_array: list[str]) -> JsonObject:
        """Turn the parts of a large file, which may be small, into its content."""
        file = self.file_id_to_file[file_id]
        file.check_parts(part_sha1_array)
        parts = dict(file.model.parts)
        self._service.finish_large_file(*self._where(account_auth_token), file_id, part_sha1_array)
        file.finished_parts = parts
        file.content_length = file.model.content.size
        return file.as_upload_result(account_auth_token)

    def cancel_large_file(self, file_id: str) -> JsonObject:
        """Forget a large file and its parts.

        :raises KeyError: there is no version with this id.
        """
        file = self.file_id_to_file[file_id]
        self._service.cancel_large_file(*self._as_owner, file_id)
        self._forget(file)
        return {
            "accountId": self.account_id,
            "bucketId": self.bucket_id,
            "fileId": file_id,
            "fileName": file.name,
        }

    # --- copies ---

    def copy_file(
        self,
        account_auth_token: str,
        file_id: str,
        new_file_name: str,
        bytes_range: Range | None = None,
        metadata_directive: MetadataDirectiveMode | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        destination_bucket_id: str | None = None,
        destination_server_side_encryption: EncryptionSetting | None = None,
        source_server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
    ) -> JsonObject:
        """Copy a version of this bucket, or a range of it, to this bucket or another.

        :raises KeyError: there is no version, or no bucket, with this id.
        :raises UnsatisfiableRange: the range reaches beyond the end.
        :raises CopySourceTooBig: there are more bytes than ``MAX_SIMPLE_COPY_SIZE``.
        """
        check_metadata_directive(metadata_directive, content_type, file_info)
        source = self.file_id_to_file[file_id]
        into = self if destination_bucket_id is None else self.api.bucket_id_to_bucket[destination_bucket_id]
        content, bytes_range = self.excerpt(file_id, bytes_range, source_server_side_encryption)
        size = len(content)
        if size > self.MAX_SIMPLE_COPY_SIZE:
            raise CopySourceTooBig(f"{COPY_SOURCE_TOO_BIG} {size}", "bad_request", size)
        with self._service.cloud.lock, self._service.ids.lease(self.bucket_id, to=into.bucket_id):
            answer = self._service.copy_file(
                *self._where(account_auth_token),
                file_id,
                new_file_name,
                bytes_range,
                metadata_directive,
                content_type,
                file_info,
                into.bucket_id,
                destination_server_side_encryption,
                self.encryption_of(file_id),
                file_retention,
                legal_hold,
            )
        replaces = metadata_directive is MetadataDirectiveMode.REPLACE
        keeps_info = not replaces or (not file_info and not self._service.cloud.policy.checks_files)
        copy = into.view_copy(
            answer,
            content_type if replaces else source.content_type,
            dict(source.file_info if keeps_info else file_info or {}),
            destination_server_side_encryption,
            file_retention,
            legal_hold,
        )
        return {**copy.as_upload_result(account_auth_token), "action": "copy"}

    def view_copy(
        self,
        answer: JsonObject,
        content_type: str | None,
        file_info: dict[str, str],
        encryption: EncryptionSetting | None,
        retention: FileRetentionSetting | None,
        legal_hold: LegalHold | None,
    ) -> FileSimulator:
        """Return the view of a copy that was made in this bucket."""
        version = self._find_version(answer)
        return self._new_file(version, content_type, version.sha1, file_info, encryption, retention, legal_hold)

    def encryption_of(self, file_id: str) -> EncryptionSetting | None:
        """Return the setting with which a version is read or written; ``None`` if it needs none."""
        setting = self.file_id_to_file[file_id].server_side_encryption
        return None if setting is None or not setting.can_be_used_for_file_write() else setting

    def excerpt(
        self, file_id: str, bytes_range: Range | None, encryption: EncryptionSetting | None
    ) -> tuple[bytes, Range | None]:
        """Return the bytes that a copy takes, and the range to ask for, which may end one byte beyond the end.

        :raises UnsatisfiableRange: it reaches further.
        """
        source = self.file_id_to_file[file_id]
        source.check_encryption(encryption)
        content = source.data_bytes or b""
        if bytes_range is None or bytes_range == (0, len(content)) == (0, 0):
            return content, None
        first, last = bytes_range[0], min(bytes_range[1], len(content) - 1)
        if not 0 <= first <= last or bytes_range[1] > len(content):
            raise UnsatisfiableRange
        return content[first : last + 1], (first, last)


def _part_dict(part: Part) -> JsonObject:
    return {
        "fileId": part.file_id,
        "partNumber": part.number,
        "contentLength": part.content.size,
        "contentSha1": part.sha1,
    }


def _page_of_finished_parts(file: FileSimulator, start: int, limit: int) -> JsonObject:
    # The service has forgotten them; tests look there for how a file was cut.
    parts = [part for number, part in sorted(file.finished_parts.items()) if number >= start]
    following = parts[limit].number if len(parts) > limit else None
    return {"parts": [_part_dict(part) for part in parts[:limit]], "nextPartNumber": following}


def _sent_type(content_type: str | None) -> str:
    return AUTOMATIC_CONTENT_TYPE if content_type is None else content_type


def _trailer_size(content_sha1: str) -> int:
    return SHA1_DIGITS if content_sha1 == HEX_DIGITS_AT_END else 0


def _check_declared(content_sha1: str, mismatch: Exception) -> None:
    if content_sha1 == HEX_DIGITS_AT_END:
        return
    if len(content_sha1) != SHA1_DIGITS:
        raise ValueError(content_sha1)
    if not is_sha1(content_sha1):
        raise mismatch


@contextmanager
def _mismatch_as(mismatch: Exception) -> Iterator[None]:
    try:
        yield
    except BadRequest as error:
        if error.message == SHA1_MISMATCH:
            raise mismatch from error
        raise
