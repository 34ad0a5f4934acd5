"""What the parts of an asynchronous client need of it, so that they need not know more."""

from __future__ import annotations

from typing import Protocol

from b2sdk.aio.file_version import DownloadVersionFactory, FileVersionFactory
from b2sdk.aio.session import AsyncSession
from b2sdk.http.config import B2HttpApiConfig


class Client(Protocol):
    """The account that the files are in, in an event loop."""

    session: AsyncSession
    api_config: B2HttpApiConfig
    check_download_hash: bool
    max_download_streams_per_file: int | None

    @property
    def file_version_factory(self) -> FileVersionFactory: ...
    @property
    def download_version_factory(self) -> DownloadVersionFactory: ...
