"""What every way of reaching the service must be able to do, and the headers that uploads and downloads carry.

A transport is a subclass of :class:`Primitives`; endpoints are written on top of them. It knows no endpoint, no account
state and no retry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from b2sdk.exception import B2Error, WrongEncryptionSettingForFileWrite
from b2sdk.interfaces import Readable
from b2sdk.protocol_constants import FILE_INFO_HEADER_PREFIX
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.file_name import b2_url_encode
from b2sdk.values.json import JsonObject, encode_params

_T = TypeVar("_T")

Headers = dict[str, str]
Explanation: TypeAlias = Callable[[B2Error], B2Error | None]
Download: TypeAlias = AbstractContextManager[Any]
"""Yields a :class:`~b2sdk.interfaces.DownloadResponse`. Over HTTP it is a ``requests.Response``, as programs know."""


class Manner:
    """How the calls of an API other than that of storage differ from those."""

    # Not a named tuple: to define one takes 0.2 ms, and all clients import this.
    def __init__(
        self, api: str = "b2api", *, once: bool = False, request_in_list: bool = False, response_in_list: bool = False
    ) -> None:
        self.api = api
        """What paths begin with."""
        self.once = once
        """Whether the call is sent once only, whatever becomes of it."""
        self.request_in_list = request_in_list
        """Whether the JSON of the request is a list of one object."""
        self.response_in_list = response_in_list
        """Whether the JSON of the response may be a list of one object instead of that object."""

    def body_of(self, params: Mapping[str, object]) -> bytes:
        """Return the body of a request."""
        return encode_params([params] if self.request_in_list else params)

    def object_in(self, value: Any) -> Any:
        """Return the object of a response."""
        is_wrapped = self.response_in_list and isinstance(value, list) and len(value) == 1
        return value[0] if is_wrapped else value


STORAGE = Manner()


class Primitives:
    """The four primitives. A subclass either provides them or overrides the endpoints that are called.

    An endpoint returns what its primitive does, untouched, and leaves the rest to it as callables, so a subclass whose
    primitives return awaitables has endpoints that do.

    ``explain`` is called with an error of the service: what it returns is raised instead, with that error as its cause;
    ``None`` lets the error pass.
    """

    API_VERSION: str = "v4"

    def _api(
        self,
        base_url: str,
        endpoint: str,
        authorization: str,
        params: Mapping[str, object],
        *,
        method: Literal["POST", "GET"] = "POST",
        version: str | None = None,
        read: Callable[[JsonObject], _T] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> _T:
        """Make a call whose response is a JSON object, and return that.

        :param endpoint: ``b2_create_bucket``, say.
        :param authorization: the value of the ``Authorization`` header.
        :param params: the JSON body, or the query of a GET. The text of an error uses the names found here.
        :param version: the dialect, ``v4`` say; ``None`` is :attr:`API_VERSION`.
        :param read: called with the object; what it returns is returned instead.
        :param manner: how the call differs from those of storage.
        """
        raise NotImplementedError

    def _path_of(self, endpoint: str, version: str | None, manner: Manner = STORAGE) -> str:
        return f"/{manner.api}/{version or self.API_VERSION}/{endpoint}"

    def _post_body(self, url: str, headers: Headers, body: Readable) -> JsonObject:
        """Send the body of a file or part to an upload URL, once, and return the JSON object of the response."""
        raise NotImplementedError

    def _open_download(self, url: str, headers: Headers, *, explain: Explanation) -> Download:
        """Request a file; the context manager yields the response, whose body has not been read."""
        raise NotImplementedError

    def _head(
        self, url: str, headers: Headers, *, download: Callable[[], Download], explain: Explanation
    ) -> Mapping[str, str]:
        """Return the headers (looked up in any case) that a download would have.

        :param download: makes the request for the file itself, which is done when the HEAD request is rejected without
            words (:func:`~b2sdk.raw_api.explanations.is_without_words`). The body is not read.
        """
        raise NotImplementedError


def file_url(base_url: str, bucket_name: str, file_name: str) -> str:
    return f"{base_url}/file/{b2_url_encode(bucket_name)}/{b2_url_encode(file_name)}"


class _Serializable(Protocol):
    def serialize_to_json_for_request(self) -> dict[str, Any]: ...


def given(**params: object) -> JsonObject:
    """Return the parameters that are not ``None``."""
    return {name: value for name, value in params.items() if value is not None}


def serialize(value: _Serializable | None) -> dict[str, Any] | None:
    return None if value is None else value.serialize_to_json_for_request()


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


def new_file_params(
    content_type: str | None,
    file_info: Mapping[str, str] | None,
    file_retention: FileRetentionSetting | None,
    legal_hold: LegalHold | None,
    custom_upload_timestamp: int | None = None,
    **encryption: EncryptionSetting | None,
) -> JsonObject:
    """Return the same as :func:`upload_file_headers` for a call with a JSON body; what is not given is left out.

    :param encryption: the settings, by the names that the call has for them.
    """
    return given(
        contentType=content_type,
        fileInfo=file_info,
        fileRetention=serialize(file_retention),
        legalHold=None if legal_hold is None else legal_hold.to_server(),
        customUploadTimestamp=custom_upload_timestamp,
        **{name: serialize(setting) for name, setting in encryption.items()},
    )


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
