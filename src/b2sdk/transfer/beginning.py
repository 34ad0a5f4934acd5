"""The newest version of a file and the beginning of its content, in one request.

What belongs here is taken only where a response is what the service itself sends. Whatever else comes, from what stands
between, is not looked into: the caller asks in another way.
"""

from __future__ import annotations

import io
from contextlib import closing

from b2sdk.exception import UnexpectedCloudBehaviour, UnsatisfiableRange
from b2sdk.file_version import DownloadVersion
from b2sdk.interfaces import DownloadResponse
from b2sdk.transfer.download_description import described_at_once
from b2sdk.transfer.protocols import Describing, TransferApi
from b2sdk.transfer.range_stream import OK, RangeStream, StoredFile, encoding_of
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting


def request_beginning(
    api: TransferApi, url: str, asked: Range, encryption: EncryptionSetting | None
) -> tuple[DownloadVersion, bytes] | None:
    """Return a version and what there is of a range at the beginning of its content.

    ``None`` where the file is empty, of which no range can be requested, or comes encoded, or not as requested.

    :param url: where the newest version is, by its name.
    :raises FileOrBucketNotFound: there is none.
    """
    session = api.session
    try:
        with session.download_file_from_url(url, range_=asked.as_tuple(), encryption=encryption) as response:
            version = _describe(api, response, asked)
            if version is None or not version.size:
                return None
            stream = RangeStream(
                session,
                session.get_download_url_by_id(version.id_),
                Range(0, min(version.size, asked.size()) - 1),
                StoredFile.of(version),
                encryption,
                response,
                first_goes_on=version.size > asked.size() and response.status_code == OK,
            )
            content = io.BytesIO()
            with closing(stream.blocks()) as blocks:
                content.writelines(blocks)
    except UnsatisfiableRange:
        return None
    return version, content.getvalue()


def _describe(api: Describing, response: DownloadResponse, asked: Range) -> DownloadVersion | None:
    """Describe the whole file, if that is what the response allows."""
    version: DownloadVersion | None
    try:
        if response.status_code == OK:
            version = described_at_once(api, response)
            # A body that is as long as the range may be only that, although its status says that it is all.
            return None if version is None or version.size == asked.size() else version
        version = api.download_version_factory.from_response_headers(response.headers)
    except UnexpectedCloudBehaviour:
        return None
    size, headers = version.size or 0, response.headers
    is_all_of_it = version.range_.as_tuple() == (0, min(size, asked.size()) - 1)
    if "Content-Range" not in headers or not is_all_of_it or version.content_length != version.range_.size():
        return None
    version.range_, version.content_length = Range(0, size - 1), size
    return None if encoding_of(headers) else version
