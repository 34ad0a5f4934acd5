"""What every way of reaching the service must be able to do, and the headers that uploads and downloads carry.

A transport is a class with the four methods of :class:`Wire`; endpoints are written on top of them. It knows no
endpoint, no account state and no retry.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple, Protocol

from b2sdk.exception import WrongEncryptionSettingForFileWrite
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.file_name import b2_url_encode
from b2sdk.vocabulary import FILE_INFO_HEADER_PREFIX

Headers = dict[str, str]


class Readable(Protocol):
    """The body of an upload: read from its start, perhaps more than once."""

    def read(self, size: int = ..., /) -> bytes: ...


class JsonCall(NamedTuple):
    """One call that is answered with a JSON object."""

    base_url: str
    endpoint: str
    """``b2_create_bucket``, say."""
    authorization: str
    """The value of the ``Authorization`` header."""
    params: Mapping[str, Any]
    """The JSON body, or the query of a GET. An error of the service is told with the names it finds here."""
    version: str
    """``v4``, say."""
    method: Literal["POST", "GET"] = "POST"

    def __repr__(self) -> str:
        return f"JsonCall({self.method} {self.url})"

    @property
    def url(self) -> str:
        return f"{self.base_url}/b2api/{self.version}/{self.endpoint}"


class Wire:
    """The four primitives. A subclass either provides them or overrides the endpoints that are called."""

    def _call_json(self, call: JsonCall) -> Any:
        """Make the call and return the parsed answer."""
        raise NotImplementedError

    def _post_body(self, url: str, headers: Headers, body: Readable) -> Any:
        """Send the body of a file or part to an upload URL, once, and return the parsed answer."""
        raise NotImplementedError

    def _open_download(self, url: str, headers: Headers) -> AbstractContextManager[Any]:
        """Request a file; the context manager yields the response, whose body has not been read."""
        raise NotImplementedError

    def _head(self, url: str, headers: Headers) -> Mapping[str, Any]:
        """Return the headers (looked up in any case) that a download would have."""
        raise NotImplementedError


def file_url(base_url: str, bucket_name: str, file_name: str) -> str:
    return f"{base_url}/file/{bucket_name}/{b2_url_encode(file_name)}"


def upload_file_headers(
    upload_auth_token: str,
    file_name: str,
    content_length: int,
    content_type: str,
    content_sha1: str,
    file_info: Mapping[str, str],
    server_side_encryption: EncryptionSetting | None,
    file_retention: FileRetentionSetting | None,
    legal_hold: LegalHold | None,
    custom_upload_timestamp: int | None,
) -> Headers:
    """Return the headers of ``b2_upload_file``."""
    headers = {
        "Authorization": upload_auth_token,
        "Content-Length": str(content_length),
        "X-Bz-File-Name": b2_url_encode(file_name),
        "Content-Type": content_type,
        "X-Bz-Content-Sha1": content_sha1,
    }
    for name, value in file_info.items():
        headers[FILE_INFO_HEADER_PREFIX + name] = b2_url_encode(value)
    if server_side_encryption is not None:
        server_side_encryption.add_to_upload_headers(headers)
    if legal_hold is not None:
        legal_hold.add_to_upload_headers(headers)
    if file_retention is not None:
        file_retention.add_to_to_upload_headers(headers)
    if custom_upload_timestamp is not None:
        headers["X-Bz-Custom-Upload-Timestamp"] = str(custom_upload_timestamp)
    return headers


def upload_part_headers(
    upload_auth_token: str,
    part_number: int,
    content_length: int,
    content_sha1: str,
    server_side_encryption: EncryptionSetting | None,
) -> Headers:
    """Return the headers of ``b2_upload_part``."""
    headers = {
        "Authorization": upload_auth_token,
        "Content-Length": str(content_length),
        "X-Bz-Part-Number": str(part_number),
        "X-Bz-Content-Sha1": content_sha1,
    }
    if server_side_encryption is not None:
        server_side_encryption.add_to_upload_headers(headers)
    return headers


def writable(setting: EncryptionSetting | None) -> EncryptionSetting | None:
    """Pass on a setting that a file can be written with.

    :raises WrongEncryptionSettingForFileWrite: the service would refuse it, or the secret is not known.
    """
    if setting is not None and not setting.can_be_used_for_file_write():
        raise WrongEncryptionSettingForFileWrite(setting)
    return setting
