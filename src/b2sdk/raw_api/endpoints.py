"""Every endpoint of the B2 Native API, spelled once; those about no file are in ``account_endpoints``.

Each method is one call of the service: the first two arguments say where and with which token, the others are the
call's own, and the response is returned as the service sent it. The methods raise the error of the service according
to the table of :mod:`b2sdk.error_table`, or that of the transport.
"""

from __future__ import annotations

import enum
from abc import ABC
from collections.abc import Mapping
from functools import partial

from b2sdk.exception import InvalidMetadataDirective
from b2sdk.interfaces import Readable
from b2sdk.raw_api.account_endpoints import AccountEndpoints
from b2sdk.raw_api.explanations import explain_file_by_name, explain_read, explain_retention_write
from b2sdk.raw_api.primitives import (
    Download,
    Headers,
    file_url,
    given,
    new_file_params,
    serialize,
    upload_file_headers,
    upload_part_headers,
    writable,
)
from b2sdk.values.byte_range import range_header
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.file_name import check_b2_filename
from b2sdk.values.json import JsonObject


@enum.unique
class MetadataDirectiveMode(enum.Enum):
    """Whether a copy keeps content type and file info of its source, or gets new ones."""

    COPY = 401
    REPLACE = 402


class AbstractRawApi(AccountEndpoints, ABC):
    """The endpoints over a transport that a subclass provides (:class:`~b2sdk.raw_api.primitives.Primitives`)."""

    # --- listings ---

    def list_file_names(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_name: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        """Return a page of the newest versions of files that are not hidden, in the order of the UTF-8 bytes of names.

        :param start_file_name: the first name of the page, ``nextFileName`` of the page before.
        :param max_file_count: entries of the page, at most 10,000; by default 100.
        """
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
    ) -> JsonObject:
        """Return a page of all versions, in the order of names, and the newest version of a name first.

        :param start_file_name: the first name of the page, ``nextFileName`` of the page before.
        :param start_file_id: the first version of that name, ``nextFileId`` of the page before.
        :param max_file_count: entries of the page, at most 10,000; by default 100.
        """
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
    ) -> JsonObject:
        """Return a page of the parts of an unfinished large file that were sent, in the order of their numbers.

        :param start_part_number: the first number of the page, ``nextPartNumber`` of the page before.
        :param max_part_count: entries of the page, at most 1,000; by default 100.
        """
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
    ) -> JsonObject:
        """Return a page of the unfinished large files of a bucket.

        :param start_file_id: the first id of the page, ``nextFileId`` of the page before.
        :param max_file_count: entries of the page, at most 100, which is the default.
        """
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

    def get_file_info_by_id(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        """Return the properties of a file version.

        :raises FileNotPresent: there is no such version.
        """
        return self._api(api_url, "b2_get_file_info", account_auth_token, {"fileId": file_id})

    def get_file_info_by_name(
        self, download_url: str, account_auth_token: str, bucket_name: str, file_name: str
    ) -> Mapping[str, str]:
        """Return the headers of a download of the newest version.

        :raises FileOrBucketNotFound: either does not exist, or the newest version is a hide marker.
        :raises SSECKeyError: the file is encrypted with a customer key.
        """
        url = self.get_download_url_by_name(download_url, bucket_name, file_name)
        return self._head(
            url,
            {"Authorization": account_auth_token},
            download=partial(self.download_file_from_url, account_auth_token, url),
            explain=partial(explain_file_by_name, bucket_name, file_name),
        )

    def hide_file(self, api_url: str, account_auth_token: str, bucket_id: str, file_name: str) -> JsonObject:
        """Add a hide marker as the newest version of a file and return it."""
        params = {"bucketId": bucket_id, "fileName": file_name}
        return self._api(api_url, "b2_hide_file", account_auth_token, params)

    def delete_file_version(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        bypass_governance: bool = False,
    ) -> JsonObject:
        """Delete one version of a file.

        :param bypass_governance: delete it although it has a retention in governance mode; needs ``bypassGovernance``.
        """
        params = {"fileId": file_id, "fileName": file_name, "bypassGovernance": bool(bypass_governance)}
        return self._api(api_url, "b2_delete_file_version", account_auth_token, params)

    def update_file_retention(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        file_retention: FileRetentionSetting,
        bypass_governance: bool = False,
    ) -> JsonObject:
        """Change the retention of a file version.

        :raises RetentionWriteError: the token, or the retention that is in force, does not allow it.
        """
        params = {
            "fileId": file_id,
            "fileName": file_name,
            "bypassGovernance": bool(bypass_governance),
            "fileRetention": file_retention.serialize_to_json_for_request(),
        }
        return self._api(
            api_url, "b2_update_file_retention", account_auth_token, params, explain=explain_retention_write
        )

    def update_file_legal_hold(
        self, api_url: str, account_auth_token: str, file_id: str, file_name: str, legal_hold: LegalHold
    ) -> JsonObject:
        """Set or lift the legal hold of a file version.

        :raises RetentionWriteError: the token does not allow it.
        """
        params = {"fileId": file_id, "fileName": file_name, "legalHold": legal_hold.to_server()}
        return self._api(
            api_url, "b2_update_file_legal_hold", account_auth_token, params, explain=explain_retention_write
        )

    # --- downloads ---

    def get_download_url_by_id(self, download_url: str, file_id: str) -> str:
        """Return the URL of a file version; no request is sent."""
        return download_url_by_id(download_url, self.API_VERSION, file_id)

    def get_download_url_by_name(self, download_url: str, bucket_name: str, file_name: str) -> str:
        """Return the URL of the newest version of a file; no request is sent."""
        return file_url(download_url, bucket_name, file_name)

    def get_download_authorization(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        file_name_prefix: str,
        valid_duration_in_seconds: int,
        *,
        overrides: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """Return a token that downloads files whose names start with a prefix.

        :param valid_duration_in_seconds: 1 to 604,800, which is a week.
        :param overrides: response headers by the names of their query parameters, ``b2ContentDisposition`` say; each
            download has to repeat them.
        """
        params = {
            **(overrides or {}),
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
    ) -> Download:
        """Request a file; the context manager yields the response, whose body has not been read.

        :param range_: the first and the last byte, both included.
        :raises AssertionError: the range is not one.
        :raises SSECKeyError: the file is encrypted with a customer key, which is another one or was not given.
        """
        headers: Headers = {}
        if range_ is not None:
            headers["Range"] = range_header(range_)
        if account_auth_token_or_none is not None:
            headers["Authorization"] = account_auth_token_or_none
        if encryption is not None:
            encryption.add_to_download_headers(headers)
        return self._open_download(url, headers, explain=explain_read)

    # --- uploads ---

    def get_upload_url(self, api_url: str, account_auth_token: str, bucket_id: str) -> JsonObject:
        """Return an upload URL of a bucket with its token; both are valid for 24 hours, for one upload at a time."""
        return self._api(api_url, "b2_get_upload_url", account_auth_token, {"bucketId": bucket_id})

    def get_upload_part_url(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        """Return an upload URL for parts of a large file with its token, as :meth:`get_upload_url` does."""
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
        """Return the headers of an upload; arguments as in :meth:`upload_file`."""
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
    ) -> JsonObject:
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
        return self._post_body(upload_url, headers, data_stream)

    def upload_part(
        self,
        upload_url: str,
        upload_auth_token: str,
        part_number: int,
        content_length: int,
        sha1_sum: str,
        input_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
    ) -> JsonObject:
        """Send a part to an upload URL of its large file, once. Arguments as in :meth:`upload_file`."""
        headers = upload_part_headers(
            upload_auth_token, part_number, content_length, sha1_sum, writable(server_side_encryption)
        )
        return self._post_body(upload_url, headers, input_stream)

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
    ) -> JsonObject:
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
                "contentType": None,
                "fileInfo": None,
                **new_file_params(
                    content_type,
                    file_info,
                    file_retention,
                    legal_hold,
                    custom_upload_timestamp,
                    serverSideEncryption=setting,
                ),
            },
        )

    def finish_large_file(
        self, api_url: str, account_auth_token: str, file_id: str, part_sha1_array: list[str]
    ) -> JsonObject:
        """Make a file version of the parts that were sent.

        :param part_sha1_array: the SHA-1 of each part as hex digits, in the order of their numbers.
        """
        params = {"fileId": file_id, "partSha1Array": part_sha1_array}
        return self._api(api_url, "b2_finish_large_file", account_auth_token, params)

    def cancel_large_file(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        """Cancel an unfinished large file; its parts are deleted."""
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
    ) -> JsonObject:
        """Copy a file, or a range of it, within the service.

        :raises InvalidMetadataDirective: content type and file info do not go with the directive.
        :raises WrongEncryptionSettingForFileWrite: the copy cannot be written with this setting.
        :raises SSECKeyError: the source is encrypted with a customer key, which is another one or was not given.
        """
        check_metadata_directive(metadata_directive, content_type, file_info)
        params = {
            "sourceFileId": source_file_id,
            "fileName": new_file_name,
            **given(
                range=None if bytes_range is None else range_header(bytes_range),
                metadataDirective=None if metadata_directive is None else metadata_directive.name,
                destinationBucketId=destination_bucket_id,
            ),
            **new_file_params(
                content_type,
                file_info,
                file_retention,
                legal_hold,
                destinationServerSideEncryption=writable(destination_server_side_encryption),
                sourceServerSideEncryption=source_server_side_encryption,
            ),
        }
        return self._api(api_url, "b2_copy_file", account_auth_token, params, explain=explain_read)

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
    ) -> JsonObject:
        """Copy a file, or a range of it, into a part of a large file.

        :raises WrongEncryptionSettingForFileWrite: the part cannot be written with this setting.
        :raises SSECKeyError: the source is encrypted with a customer key, which is another one or was not given.
        """
        params = {
            "sourceFileId": source_file_id,
            "largeFileId": large_file_id,
            "partNumber": part_number,
            **given(
                range=None if bytes_range is None else range_header(bytes_range),
                destinationServerSideEncryption=serialize(writable(destination_server_side_encryption)),
                sourceServerSideEncryption=serialize(source_server_side_encryption),
            ),
        }
        return self._api(api_url, "b2_copy_part", account_auth_token, params, explain=explain_read)


def download_url_by_id(download_url: str, api_version: str, file_id: str) -> str:
    """Return the URL by which a version of the API downloads a file."""
    return f"{download_url}/b2api/{api_version}/b2_download_file_by_id?fileId={file_id}"


def check_metadata_directive(
    directive: MetadataDirectiveMode | None, content_type: str | None, file_info: Mapping[str, str] | None
) -> None:
    """Refuse content type and file info that do not go with the directive.

    :raises InvalidMetadataDirective: says why.
    """
    if directive is MetadataDirectiveMode.COPY and (content_type is not None or file_info is not None):
        raise InvalidMetadataDirective("content_type and file_info should be None when metadata_directive is COPY")
    if directive is MetadataDirectiveMode.REPLACE and content_type is None:
        raise InvalidMetadataDirective("content_type cannot be None when metadata_directive is REPLACE")
