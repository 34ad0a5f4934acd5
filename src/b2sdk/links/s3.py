"""Requests to the S3-compatible API that a URL allows: what they may be, and what of them is signed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.links.arguments import check_linked_name, checked_seconds
from b2sdk.links.signature_v4 import SigningKey, find_endpoint, path_of, presign
from b2sdk.session_state import SessionState
from b2sdk.values.file_info import check_file_info
from b2sdk.values.file_name import validate_b2_file_name

Method = Literal["GET", "PUT"]
_METHODS = get_args(Method)


def now() -> str:
    """Return the time in UTC, as it is signed."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


class MasterKeyRefused(ValueError):
    """The account is authorized with its master key, which the S3-compatible API does not take."""


class SignedRequest(NamedTuple):
    """A request that has been checked."""

    method: str
    file_name: str
    seconds: int
    parameters: dict[str, str]
    headers: dict[str, str]
    """What it has to be sent with, by names in small letters."""


def read_signing_key(account_info: AbstractAccountInfo) -> SigningKey:
    """Return the application key that the account was authorized with.

    :raises MasterKeyRefused: it is the master key.
    :raises MissingAccountData: it was not authorized.
    """
    if account_info.is_master_key():
        raise MasterKeyRefused("the S3-compatible API takes no master key; authorize with an application key")
    return SigningKey(account_info.get_application_key_id(), account_info.get_application_key())


def download(file_name: str, seconds: float, file_id: str | None, overrides: Mapping[str, str]) -> SignedRequest:
    """Return the request for a file, or for one version of it.

    :param overrides: headers of the response.
    :raises ValueError: no URL leads to the name, or the time makes no sense.
    """
    check_linked_name(file_name)
    parameters = {f"response-{name.lower()}": value for name, value in overrides.items()}
    if file_id is not None:
        parameters["versionId"] = file_id
    return SignedRequest("GET", file_name, checked_seconds(seconds), parameters, {})


def upload(
    file_name: str,
    seconds: float,
    content_length: int | None,
    file_info: Mapping[str, str] | None,
    described: Mapping[str, str],
) -> SignedRequest:
    """Return the request that stores a file.

    :param described: headers that the file is stored with.
    :raises ValueError: the name cannot be that of a file, or an argument makes no sense.
    :raises BadFileInfo: the file info cannot travel as headers.
    """
    check_linked_name(file_name)
    validate_b2_file_name(file_name)
    check_file_info(file_info)
    headers = {name.lower(): value for name, value in described.items()}
    headers |= {f"x-amz-meta-{name.lower()}": value for name, value in (file_info or {}).items()}
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the header {name} of a signed request consists of printable ASCII, not {value!r}")
    if content_length is not None:
        if content_length < 0 or content_length != int(content_length):
            raise ValueError(f"content_length is a number of bytes, not {content_length}")
        headers["content-length"] = str(int(content_length))
    return SignedRequest("PUT", file_name, checked_seconds(seconds), {}, headers)


def signed_request(
    method: str,
    file_name: str,
    seconds: float,
    file_id: str | None,
    content_length: int | None,
    file_info: Mapping[str, str] | None,
    headers: Mapping[str, str],
) -> SignedRequest:
    """Return the request of a method.

    :raises ValueError: there is no such method here, it does not take an argument, or that makes no sense.
    """
    if method not in _METHODS:
        raise ValueError(f"method is one of {', '.join(_METHODS)}, not {method!r}")
    if method == "GET":
        if content_length is not None or file_info is not None:
            raise ValueError("content_length and file_info are for PUT")
        return download(file_name, seconds, file_id, headers)
    if file_id is not None:
        raise ValueError("file_id is for GET: an upload makes a version of its own")
    return upload(file_name, seconds, content_length, file_info, headers)


async def presign_s3(
    session: SessionState, bucket_name: str, request: SignedRequest, region: str | None, endpoint: str | None
) -> str:
    """Return the URL of a request, signed with the key of the account."""
    key = await session.ask(read_signing_key, session.account_info)
    if endpoint is None:
        endpoint = await session.ask(session.account_info.get_s3_api_url)
    method, file_name, seconds, parameters, headers = request
    found = find_endpoint(endpoint, region)
    return presign(method, found, path_of(bucket_name, file_name), key, now(), seconds, parameters, headers)
