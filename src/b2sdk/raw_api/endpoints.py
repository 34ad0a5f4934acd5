"""Every endpoint of the B2 Native API, spelled once.

Each method is one call of the service: the first two arguments say where and with which token, the others are the
call's own, and the answer comes back as the service gave it. What the methods raise is the service's refusal by the
table of :mod:`b2sdk.exception`, or the transport's failure.
"""

from __future__ import annotations

import enum
from abc import ABC
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from b2sdk.exception import (
    AccessDenied,
    FileOrBucketNotFound,
    InvalidMetadataDirective,
    ResourceNotFound,
    RetentionWriteError,
    SSECKeyError,
    UnexpectedCloudBehaviour,
    WrongEncryptionModeForBucketDefault,
)
from b2sdk.raw_api.wire import (
    Headers,
    JsonCall,
    Readable,
    Wire,
    file_url,
    upload_file_headers,
    upload_part_headers,
    writable,
)
from b2sdk.values.byte_range import range_header
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.file_name import check_b2_filename
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.notification import NotificationRule, NotificationRuleResponse
from b2sdk.values.replication import ReplicationConfiguration

Answer = dict[str, Any]


@enum.unique
class MetadataDirectiveMode(enum.Enum):
    """Whether a copy keeps content type and file info of its source, or gets new ones."""

    COPY = 401
    REPLACE = 402


class AbstractRawApi(Wire, ABC):
    """The endpoints over a transport that a subclass provides (:class:`~b2sdk.raw_api.wire.Wire`)."""

    API_VERSION: str = "v4"

    # --- account and keys ---

    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> Answer:
        credentials = b64encode(f"{application_key_id}:{application_key}".encode()).decode("ascii")
        return self._api(realm_url, "b2_authorize_account", f"Basic {credentials}", {})

    def create_key(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_ids: list[str] | None,
        name_prefix: str | None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_create_key",
            account_auth_token,
            {
                "accountId": account_id,
                "capabilities": capabilities,
                "keyName": key_name,
                "validDurationInSeconds": valid_duration_seconds,
                "bucketIds": bucket_ids,
                "namePrefix": name_prefix,
            },
        )

    def delete_key(self, api_url: str, account_auth_token: str, application_key_id: str) -> Answer:
        return self._api(api_url, "b2_delete_key", account_auth_token, {"applicationKeyId": application_key_id})

    def list_keys(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        max_key_count: int | None = None,
        start_application_key_id: str | None = None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_list_keys",
            account_auth_token,
            {
                "accountId": account_id,
                "maxKeyCount": max_key_count,
                "startApplicationKeyId": start_application_key_id,
            },
        )

    # --- buckets ---

    def create_bucket(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_name: str,
        bucket_type: str,
        bucket_info: dict[str, str] | None = None,
        cors_rules: Any = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> Answer:
        """Create a bucket.

        :raises WrongEncryptionModeForBucketDefault: the default encryption is not SSE-B2.
        """
        return self._api(
            api_url,
            "b2_create_bucket",
            account_auth_token,
            {
                "accountId": account_id,
                "bucketName": bucket_name,
                "bucketType": bucket_type,
                **_given(
                    bucketInfo=bucket_info,
                    corsRules=cors_rules,
                    lifecycleRules=lifecycle_rules,
                    defaultServerSideEncryption=_bucket_default(default_server_side_encryption),
                    fileLockEnabled=is_file_lock_enabled,
                    replicationConfiguration=_serialized(replication),
                ),
            },
        )

    def update_bucket(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_id: str,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: Any = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        replication: ReplicationConfiguration | None = None,
        is_file_lock_enabled: bool | None = None,
    ) -> Answer:
        """Replace what is given, leave the rest; with ``if_revision_is`` only if nobody else has updated since.

        :raises AssertionError: there is nothing to update.
        :raises WrongEncryptionModeForBucketDefault: the default encryption is not SSE-B2.
        """
        changes = _given(
            bucketInfo=bucket_info,
            bucketType=bucket_type,
            corsRules=cors_rules,
            lifecycleRules=lifecycle_rules,
            defaultServerSideEncryption=_bucket_default(default_server_side_encryption),
            defaultRetention=_serialized(default_retention),
            replicationConfiguration=_serialized(replication),
            fileLockEnabled=is_file_lock_enabled,
        )
        if not changes:
            raise AssertionError("update_bucket needs something to update")
        condition = _given(ifRevisionIs=if_revision_is)
        params = {"accountId": account_id, "bucketId": bucket_id, **condition, **changes}
        return self._api(api_url, "b2_update_bucket", account_auth_token, params)

    def delete_bucket(self, api_url: str, account_auth_token: str, account_id: str, bucket_id: str) -> Answer:
        params = {"accountId": account_id, "bucketId": bucket_id}
        return self._api(api_url, "b2_delete_bucket", account_auth_token, params)

    def list_buckets(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_id: str | None = None,
        bucket_name: str | None = None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_list_buckets",
            account_auth_token,
            {
                "accountId": account_id,
                "bucketTypes": ["all"],
                "bucketId": bucket_id,
                "bucketName": bucket_name,
            },
        )

    def get_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str
    ) -> list[NotificationRuleResponse]:
        call = JsonCall(
            api_url,
            "b2_get_bucket_notification_rules",
            account_auth_token,
            {"bucketId": bucket_id},
            version="v4",  # the rules have no older dialect
            method="GET",
        )
        return _notification_rules(self._call_json(call))

    def set_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str, rules: Iterable[NotificationRule]
    ) -> list[NotificationRuleResponse]:
        params = {"bucketId": bucket_id, "eventNotificationRules": list(rules)}
        return _notification_rules(self._api(api_url, "b2_set_bucket_notification_rules", account_auth_token, params))

    # --- listings ---

    def list_file_names(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_name: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_list_file_names",
            account_auth_token,
            {
                "bucketId": bucket_id,
                "startFileName": start_file_name,
                "maxFileCount": max_file_count,
                "prefix": prefix,
            },
        )

    def list_file_versions(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_name: str | None = None,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_list_file_versions",
            account_auth_token,
            {
                "bucketId": bucket_id,
                "startFileName": start_file_name,
                "startFileId": start_file_id,
                "maxFileCount": max_file_count,
                "prefix": prefix,
            },
        )

    def list_parts(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        start_part_number: int | None,
        max_part_count: int | None,
    ) -> Answer:
        params = {"fileId": file_id, "startPartNumber": start_part_number, "maxPartCount": max_part_count}
        return self._api(api_url, "b2_list_parts", account_auth_token, params)

    def list_unfinished_large_files(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_list_unfinished_large_files",
            account_auth_token,
            {
                "bucketId": bucket_id,
                "startFileId": start_file_id,
                "maxFileCount": max_file_count,
                "namePrefix": prefix,
            },
        )

    # --- files ---

    def get_file_info_by_id(self, api_url: str, account_auth_token: str, file_id: str) -> Answer:
        return self._api(api_url, "b2_get_file_info", account_auth_token, {"fileId": file_id})

    def get_file_info_by_name(
        self, download_url: str, account_auth_token: str, bucket_name: str, file_name: str
    ) -> Mapping[str, Any]:
        """Return the headers of a download of the newest version.

        :raises FileOrBucketNotFound: either does not exist, or the newest version is a hide marker.
        """
        try:
            url = self.get_download_url_by_name(download_url, bucket_name, file_name)
            return self._head(url, {"Authorization": account_auth_token})
        except ResourceNotFound as error:
            raise FileOrBucketNotFound(bucket_name, file_name).in_place_of(error) from error

    def hide_file(self, api_url: str, account_auth_token: str, bucket_id: str, file_name: str) -> Answer:
        params = {"bucketId": bucket_id, "fileName": file_name}
        return self._api(api_url, "b2_hide_file", account_auth_token, params)

    def delete_file_version(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        bypass_governance: bool = False,
    ) -> Answer:
        params = {"fileId": file_id, "fileName": file_name, "bypassGovernance": bypass_governance}
        return self._api(api_url, "b2_delete_file_version", account_auth_token, params)

    def update_file_retention(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        file_retention: FileRetentionSetting,
        bypass_governance: bool = False,
    ) -> Answer:
        """Change the retention of a file version.

        :raises RetentionWriteError: the token, or the retention that is in force, does not allow it.
        """
        params = {
            "fileId": file_id,
            "fileName": file_name,
            "bypassGovernance": bypass_governance,
            "fileRetention": file_retention.serialize_to_json_for_request(),
        }
        with _denied_as(RetentionWriteError):
            return self._api(api_url, "b2_update_file_retention", account_auth_token, params)

    def update_file_legal_hold(
        self, api_url: str, account_auth_token: str, file_id: str, file_name: str, legal_hold: LegalHold
    ) -> Answer:
        """Set or lift the legal hold of a file version.

        :raises RetentionWriteError: the token does not allow it.
        """
        params = {"fileId": file_id, "fileName": file_name, "legalHold": legal_hold.to_server()}
        with _denied_as(RetentionWriteError):
            return self._api(api_url, "b2_update_file_legal_hold", account_auth_token, params)

    # --- downloads ---

    def get_download_url_by_id(self, download_url: str, file_id: str) -> str:
        return f"{download_url}/b2api/{self.API_VERSION}/b2_download_file_by_id?fileId={file_id}"

    def get_download_url_by_name(self, download_url: str, bucket_name: str, file_name: str) -> str:
        return file_url(download_url, bucket_name, file_name)

    def get_download_authorization(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        file_name_prefix: str,
        valid_duration_in_seconds: int,
    ) -> Answer:
        params = {
            "bucketId": bucket_id,
            "fileNamePrefix": file_name_prefix,
            "validDurationInSeconds": valid_duration_in_seconds,
        }
        return self._api(api_url, "b2_get_download_authorization", account_auth_token, params)

    def download_file_from_url(
        self,
        account_auth_token_or_none: str | None,
        url: str,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> AbstractContextManager[Any]:
        """Request a file; the context manager yields the response, whose body has not been read.

        :param range_: the first and the last byte, both included.
        :raises AssertionError: the range is not one.
        :raises SSECKeyError: the file is encrypted with another customer key.
        """
        headers: Headers = {}
        if range_ is not None:
            headers["Range"] = range_header(range_)
        if account_auth_token_or_none is not None:
            headers["Authorization"] = account_auth_token_or_none
        if encryption is not None:
            encryption.add_to_download_headers(headers)
        with _denied_as(SSECKeyError):
            return self._open_download(url, headers)

    # --- uploads ---

    def get_upload_url(self, api_url: str, account_auth_token: str, bucket_id: str) -> Answer:
        return self._api(api_url, "b2_get_upload_url", account_auth_token, {"bucketId": bucket_id})

    def get_upload_part_url(self, api_url: str, account_auth_token: str, file_id: str) -> Answer:
        return self._api(api_url, "b2_get_upload_part_url", account_auth_token, {"fileId": file_id})

    def check_b2_filename(self, filename: str) -> None:
        """Refuse a name that the service would refuse.

        :raises UnusableFileName: says what is wrong with the name.
        """
        check_b2_filename(filename)

    @classmethod
    def get_upload_file_headers(
        cls,
        upload_auth_token: str,
        file_name: str,
        content_length: int,
        content_type: str,
        content_sha1: str,
        file_info: dict[str, str] | None,
        server_side_encryption: EncryptionSetting | None,
        file_retention: FileRetentionSetting | None,
        legal_hold: LegalHold | None,
        custom_upload_timestamp: int | None = None,
    ) -> Headers:
        return upload_file_headers(
            upload_auth_token,
            file_name,
            content_length,
            content_type,
            content_sha1,
            file_info or {},
            server_side_encryption,
            file_retention,
            legal_hold,
            custom_upload_timestamp,
        )

    def upload_file(
        self,
        upload_url: str,
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
    ) -> Answer:
        """Send a file to an upload URL, once: after a failure the URL must not be used again.

        :param content_length: bytes of the body, with the 40 of a trailing SHA-1.
        :param content_sha1: 40 hex digits, or ``hex_digits_at_end``.
        :raises UnusableFileName: the service would refuse the name.
        :raises WrongEncryptionSettingForFileWrite: a file cannot be written with this setting.
        """
        self.check_b2_filename(file_name)
        headers = self.get_upload_file_headers(
            upload_auth_token,
            file_name,
            content_length,
            content_type,
            content_sha1,
            file_info,
            writable(server_side_encryption),
            file_retention,
            legal_hold,
            custom_upload_timestamp,
        )
        answer: Answer = self._post_body(upload_url, headers, data_stream)
        return answer

    def upload_part(
        self,
        upload_url: str,
        upload_auth_token: str,
        part_number: int,
        content_length: int,
        sha1_sum: str,
        input_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
    ) -> Answer:
        """Send a part to an upload URL of its large file, once. Arguments as in :meth:`upload_file`."""
        headers = upload_part_headers(
            upload_auth_token, part_number, content_length, sha1_sum, writable(server_side_encryption)
        )
        answer: Answer = self._post_body(upload_url, headers, input_stream)
        return answer

    # --- large files ---

    def start_large_file(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        file_name: str,
        content_type: str | None,
        file_info: dict[str, str] | None,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> Answer:
        """Start a large file; the id of a customer key is added to the file info.

        :raises WrongEncryptionSettingForFileWrite: a file cannot be written with this setting.
        """
        setting = writable(server_side_encryption)
        if setting is not None:
            file_info = setting.add_key_id_to_file_info(file_info)
        return self._api(
            api_url,
            "b2_start_large_file",
            account_auth_token,
            {
                "bucketId": bucket_id,
                "fileName": file_name,
                "fileInfo": file_info,
                "contentType": content_type,
                **_given(
                    serverSideEncryption=_serialized(setting),
                    legalHold=_legal_hold(legal_hold),
                    fileRetention=_serialized(file_retention),
                    customUploadTimestamp=custom_upload_timestamp,
                ),
            },
        )

    def finish_large_file(
        self, api_url: str, account_auth_token: str, file_id: str, part_sha1_array: list[str]
    ) -> Answer:
        params = {"fileId": file_id, "partSha1Array": part_sha1_array}
        return self._api(api_url, "b2_finish_large_file", account_auth_token, params)

    def cancel_large_file(self, api_url: str, account_auth_token: str, file_id: str) -> Answer:
        return self._api(api_url, "b2_cancel_large_file", account_auth_token, {"fileId": file_id})

    # --- copies ---

    def copy_file(
        self,
        api_url: str,
        account_auth_token: str,
        source_file_id: str,
        new_file_name: str,
        bytes_range: tuple[int, int] | None = None,
        metadata_directive: MetadataDirectiveMode | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        destination_bucket_id: str | None = None,
        destination_server_side_encryption: EncryptionSetting | None = None,
        source_server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
    ) -> Answer:
        """Copy a file, or a range of it, within the service.

        :raises InvalidMetadataDirective: content type and file info do not go with the directive.
        :raises WrongEncryptionSettingForFileWrite: the copy cannot be written with this setting.
        :raises SSECKeyError: the source is encrypted with another customer key.
        """
        _check_metadata_directive(metadata_directive, content_type, file_info)
        params = {
            "sourceFileId": source_file_id,
            "fileName": new_file_name,
            **_given(
                range=None if bytes_range is None else range_header(bytes_range),
                metadataDirective=None if metadata_directive is None else metadata_directive.name,
                contentType=content_type,
                fileInfo=file_info,
                destinationBucketId=destination_bucket_id,
                destinationServerSideEncryption=_serialized(writable(destination_server_side_encryption)),
                sourceServerSideEncryption=_serialized(source_server_side_encryption),
                legalHold=_legal_hold(legal_hold),
                fileRetention=_serialized(file_retention),
            ),
        }
        with _denied_as(SSECKeyError):
            return self._api(api_url, "b2_copy_file", account_auth_token, params)

    def copy_part(
        self,
        api_url: str,
        account_auth_token: str,
        source_file_id: str,
        large_file_id: str,
        part_number: int,
        bytes_range: tuple[int, int] | None = None,
        destination_server_side_encryption: EncryptionSetting | None = None,
        source_server_side_encryption: EncryptionSetting | None = None,
    ) -> Answer:
        """Copy a file, or a range of it, into a part of a large file.

        :raises WrongEncryptionSettingForFileWrite: the part cannot be written with this setting.
        :raises SSECKeyError: the source is encrypted with another customer key.
        """
        params = {
            "sourceFileId": source_file_id,
            "largeFileId": large_file_id,
            "partNumber": part_number,
            **_given(
                range=None if bytes_range is None else range_header(bytes_range),
                destinationServerSideEncryption=_serialized(writable(destination_server_side_encryption)),
                sourceServerSideEncryption=_serialized(source_server_side_encryption),
            ),
        }
        with _denied_as(SSECKeyError):
            return self._api(api_url, "b2_copy_part", account_auth_token, params)

    def _api(self, base_url: str, endpoint: str, authorization: str, params: Mapping[str, Any]) -> Answer:
        answer: Answer = self._call_json(JsonCall(base_url, endpoint, authorization, params, self.API_VERSION))
        return answer


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _serialized(
    value: EncryptionSetting | FileRetentionSetting | BucketRetentionSetting | ReplicationConfiguration | None,
) -> dict[str, Any] | None:
    return None if value is None else value.serialize_to_json_for_request()


def _legal_hold(value: LegalHold | None) -> str | None:
    return None if value is None else value.to_server()


def _bucket_default(setting: EncryptionSetting | None) -> dict[str, Any] | None:
    if setting is not None and not setting.mode.can_be_set_as_bucket_default():
        raise WrongEncryptionModeForBucketDefault(setting.mode)
    return _serialized(setting)


def _notification_rules(answer: Answer) -> list[NotificationRuleResponse]:
    try:
        rules: list[NotificationRuleResponse] = answer["eventNotificationRules"]
    except KeyError as error:
        raise UnexpectedCloudBehaviour("the answer has no eventNotificationRules") from error
    return rules


def _check_metadata_directive(
    directive: MetadataDirectiveMode | None, content_type: str | None, file_info: Mapping[str, str] | None
) -> None:
    if directive is MetadataDirectiveMode.COPY and (content_type is not None or file_info is not None):
        raise InvalidMetadataDirective("content_type and file_info should be None when metadata_directive is COPY")
    if directive is MetadataDirectiveMode.REPLACE and content_type is None:
        raise InvalidMetadataDirective("content_type cannot be None when metadata_directive is REPLACE")


@contextmanager
def _denied_as(error_class: type[AccessDenied]) -> Iterator[None]:
    """Say what a bare 403 means for the call at hand."""
    try:
        yield
    except AccessDenied as error:
        raise error_class().in_place_of(error) from error
