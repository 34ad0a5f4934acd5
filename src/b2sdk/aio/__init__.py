"""The client for asyncio: ``b2sdk.v3`` with verbs that are awaited, and listings that are asynchronous generators.

::

    async with B2Api() as api:
        await api.authorize_account(application_key_id, application_key)
        bucket = await api.get_bucket_by_name("photos")
        await bucket.upload_bytes(b"content", "name")

Values, errors, sources, progress listeners and account infos are those of ``b2sdk.v3``. It needs the extra ``aio``.
"""

from __future__ import annotations

try:
    import aiohttp  # noqa: F401
except ImportError as _error:
    raise ImportError("b2sdk.aio needs aiohttp: pip install 'b2sdk-ng[aio]'", name=_error.name) from _error

from b2sdk.aio.api import B2Api
from b2sdk.aio.bucket import Bucket, BucketFactory
from b2sdk.aio.downloads import DownloadedFile
from b2sdk.aio.file_version import DownloadVersion, DownloadVersionFactory, FileVersion, FileVersionFactory
from b2sdk.aio.folders import B2Folder, parse_folder
from b2sdk.aio.limits import Limits
from b2sdk.aio.reader import StoredFileReader
from b2sdk.aio.replication import ReplicationSetupHelper
from b2sdk.aio.sources import ContentOfLength
from b2sdk.aio.stored_files import Opening
from b2sdk.aio.sync import Synchronizer
from b2sdk.aio.writer import StoredFileWriter

__all__ = [
    "B2Api",
    "B2Folder",
    "Bucket",
    "BucketFactory",
    "ContentOfLength",
    "DownloadVersion",
    "DownloadVersionFactory",
    "DownloadedFile",
    "FileVersion",
    "FileVersionFactory",
    "Limits",
    "Opening",
    "ReplicationSetupHelper",
    "StoredFileReader",
    "StoredFileWriter",
    "Synchronizer",
    "parse_folder",
]
