"""Which file a response to a download is about, also where what stands between has taken the length out of its headers.

What belongs here reads headers, and asks the service for what they do not say. It reads no body. The flows are for
clients that block and for those that are awaited; what looks a version up is given to them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from b2sdk import blocking
from b2sdk.blocking import step
from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion, FileVersion, check_identity
from b2sdk.interfaces import DownloadResponse, ResponseHead
from b2sdk.lazy import LazyModule
from b2sdk.transfer.protocols import Describing, TransferApi
from b2sdk.transfer.range_stream import OK, StoredFile, check_range, check_whole, encoding_of, let_decode
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.file_info import CONTENT_ENCODING
from b2sdk.values.json import JsonObject

if TYPE_CHECKING:
    from requests import structures
else:
    structures = LazyModule("requests.structures")

logger: logging.Logger = logging.getLogger(__name__)

LookUp: TypeAlias = Callable[[str], Awaitable[FileVersion]]
"""Gets a version by its id; see :func:`get_stored_version`."""


def get_stored_version(api: TransferApi, file_id: str) -> FileVersion:
    """Ask the service for a version of a file.

    :raises FileNotPresent: there is no such version.
    :raises UnexpectedCloudBehaviour: another one came.
    """
    return stored_version(api, file_id, api.session.get_file_info_by_id(file_id))


def stored_version(api: Describing, file_id: str, response: JsonObject) -> FileVersion:
    """Make a version of what the service says about it.

    :raises UnexpectedCloudBehaviour: it is about another one.
    """
    version = api.file_version_factory.from_api_response(response)
    check_identity(version, id_=file_id)
    return version


def describe_download(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion:
    """Describe a file by the headers of a download; its size is looked up if they do not have it.

    Where that is refused, ``size`` is ``None``, and ``content_length`` is 0.

    :raises UnexpectedCloudBehaviour: a header that the protocol promises is missing or malformed.
    """
    return blocking.run(download_described(api, headers, _look_up_in(api)))


def describe_content(api: TransferApi, headers: Mapping[str, Any]) -> DownloadVersion:
    """Describe a file whose content is to be read: if that is encoded, it is known whether it is stored so.

    A SHA-1 shows that in the end. Without one, the file is looked up.
    """
    return blocking.run(content_described(api, headers, _look_up_in(api)))


def describe_whole(api: TransferApi, response: DownloadResponse) -> DownloadVersion:
    """Describe a file by the response to a request for all of it, which is compared with the description.

    :raises InvalidRange: it is a part of the file.
    :raises UnexpectedCloudBehaviour: as above, or what is stored cannot be had from what came.
    """
    version = described_at_once(api, response)
    if version is None:
        version = describe_content(api, response.headers)
        if check_whole(response, StoredFile.of(version)):
            let_decode(response)
    return version


def _look_up_in(api: TransferApi) -> LookUp:
    return step(partial(get_stored_version, api))


async def download_described(api: Describing, headers: Mapping[str, Any], look_up: LookUp) -> DownloadVersion:
    """Do as :func:`describe_download`."""
    return _describe(api, headers) or await _describe_without_length(api, headers, look_up)


async def content_described(api: Describing, headers: Mapping[str, Any], look_up: LookUp) -> DownloadVersion:
    """Do as :func:`describe_content`."""
    version = await download_described(api, headers, look_up)
    if version.size is not None and encoding_of(headers) and version.get_content_sha1() is None:
        await _look_up(look_up, version)
    return version


def described_at_once(api: Describing, response: ResponseHead) -> DownloadVersion | None:
    """Describe a file by the response to a request for all of it, if there is nothing to ask or to compare.

    That is so for nearly all; of these no header is looked at again.
    """
    if response.status_code == OK:
        version = _describe(api, response.headers)
        is_all = version is not None and version.size == version.content_length == version.range_.size()
        if version is not None and is_all and not version.content_encoding:
            return version
    return None


def describe_range(api: Describing, response: ResponseHead, range_: tuple[int, int]) -> DownloadVersion:
    """Describe a file by the response to a request for a range of it, which is compared with the request.

    :raises InvalidRange: it is another range.
    :raises UnexpectedCloudBehaviour: a header that the protocol promises is missing or malformed.
    """
    version = api.download_version_factory.from_response_headers(response.headers)
    asked = Range(*range_)
    check_range(response, asked, StoredFile(version.id_))
    version.range_ = asked  # what follows is requested from here, also where the response does not name it
    return version


def _describe(api: Describing, headers: Mapping[str, Any]) -> DownloadVersion | None:
    """Return the description, or ``None`` if all that is missing may be the length."""
    try:
        return api.download_version_factory.from_response_headers(headers)
    except UnexpectedCloudBehaviour:
        if "Content-Length" in headers or "Content-Range" in headers:
            raise
    return None


async def _describe_without_length(api: Describing, headers: Mapping[str, Any], look_up: LookUp) -> DownloadVersion:
    without_body = structures.CaseInsensitiveDict({**headers, "Content-Length": "0"})
    version = api.download_version_factory.from_response_headers(without_body)
    version.size = None
    await _look_up(look_up, version)
    return version


async def _look_up(look_up: LookUp, version: DownloadVersion) -> None:
    try:
        stored = await look_up(version.id_)
        check_identity(stored, file_name=version.file_name)
    except B2Error as error:
        logger.info("the size of the file %s is not known, and cannot be looked up: %s", version.id_, error)
        return
    if stored.size is not None:
        version.size = version.content_length = stored.size
        version.range_ = Range(0, stored.size - 1) if stored.size else EMPTY_RANGE
        version.content_encoding = stored.file_info.get(CONTENT_ENCODING)
