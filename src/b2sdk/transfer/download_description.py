"""Which file a response to a download is about, also where what stands between has taken the length out of its headers.

What belongs here reads headers, and asks the service for what they do not say. It reads no body.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion, FileVersion, check_identity
from b2sdk.interfaces import DownloadResponse
from b2sdk.lazy import LazyModule
from b2sdk.transfer.protocols import TransferApi
from b2sdk.transfer.range_stream import OK, StoredFile, check_whole, encoding_of
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.file_info import CONTENT_ENCODING

if TYPE_CHECKING:
    from requests import structures
else:
    structures = LazyModule("requests.structures")

logger: logging.Logger = logging.getLogger(__name__)


def get_stored_version(api: TransferApi, file_id: str) -> FileVersion:
    """Ask the service for a version of a file.

    :raises FileNotPresent: there is no such version.
    :raises UnexpectedCloudBehaviour: another one came.
    """
    version = api.file_version_factory.from_api_response(api.session.get_file_info_by_id(file_id))
    check_identity(version, id_=file_id)
    return version


def describe_download(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion:
    """Describe a file by the headers of a download; its size is looked up if they do not have it.

    Where that is refused, ``size`` is ``None``, and ``content_length`` is 0.

    :raises UnexpectedCloudBehaviour: a header that the protocol promises is missing or malformed.
    """
    return _describe(api, headers) or _describe_without_length(api, headers)


def describe_content(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion:
    """Describe a file whose content is to be read: if that is encoded, it is known whether it is stored so.

    A SHA-1 shows that in the end. Without one, the file is looked up.
    """
    version = describe_download(api, headers)
    if version.size is not None and encoding_of(headers) and version.get_content_sha1() is None:
        _look_up(api, version)
    return version


def describe_whole(api: TransferApi, response: DownloadResponse) -> DownloadVersion:
    """Describe a file by the response to a request for all of it, which is compared with the description.

    :raises InvalidRange: it is a part of the file.
    :raises UnexpectedCloudBehaviour: as above, or what is stored cannot be had from what came.
    """
    if response.status_code == OK:
        version = _describe(api, response.headers)
        is_all = version is not None and version.size == version.content_length == version.range_.size()
        if version is not None and is_all and not version.content_encoding:
            return version  # as nearly all are, no header is looked at again
    version = describe_content(api, response.headers)
    check_whole(response, StoredFile.of(version))
    return version


def _describe(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion | None:
    """Return the description, or ``None`` if all that is missing may be the length."""
    try:
        return api.download_version_factory.from_response_headers(headers)
    except UnexpectedCloudBehaviour:
        if "Content-Length" in headers or "Content-Range" in headers:
            raise
    return None


def _describe_without_length(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion:
    without_body = structures.CaseInsensitiveDict({**headers, "Content-Length": "0"})
    version = api.download_version_factory.from_response_headers(without_body)
    version.size = None
    _look_up(api, version)
    return version


def _look_up(api: TransferApi, version: DownloadVersion) -> None:
    try:
        stored = get_stored_version(api, version.id_)
        check_identity(stored, file_name=version.file_name)
    except B2Error as error:
        logger.info("the size of the file %s is not known, and cannot be looked up: %s", version.id_, error)
        return
    if stored.size is not None:
        version.size = version.content_length = stored.size
        version.range_ = Range(0, stored.size - 1) if stored.size else EMPTY_RANGE
        version.content_encoding = stored.file_info.get(CONTENT_ENCODING)
