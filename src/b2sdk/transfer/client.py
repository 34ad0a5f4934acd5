"""What transfers need of the client that they belong to, so that they need not know it."""

from __future__ import annotations

from typing import Protocol

from b2sdk.file_version import DownloadVersionFactory, FileVersion, FileVersionFactory
from b2sdk.session import B2Session


class TransferApi(Protocol):
    """The account that the files are in."""

    session: B2Session
    file_version_factory: FileVersionFactory
    download_version_factory: DownloadVersionFactory

    def get_file_info(self, file_id: str) -> FileVersion: ...


class TransferClient(Protocol):
    """What the transfers of one account share."""

    api: TransferApi
    session: B2Session
