"""What the headers of a download say of a file, as the dictionary that downloads of v1 return."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import Self

from b2sdk.file_version import DownloadVersion
from b2sdk.protocol_constants import UNVERIFIED_SHA1_PREFIX


class FileMetadata:
    """What a download is known by.

    ``content_length`` is in bytes, that of the range if one was asked for. ``content_sha1`` is as the uploader gave it,
    and ``content_sha1_verified`` tells whether the service compared it with the content.
    """

    UNVERIFIED_CHECKSUM_PREFIX: ClassVar[str] = UNVERIFIED_SHA1_PREFIX

    def __init__(
        self,
        file_id: str,
        file_name: str,
        content_type: str | None,
        content_length: int,
        content_sha1: str | None,
        file_info: dict[str, str],
    ) -> None:
        self.file_id = file_id
        self.file_name = file_name
        self.content_type = content_type
        self.content_length = content_length
        self.content_sha1_verified: bool = content_sha1 is None or not content_sha1.startswith(UNVERIFIED_SHA1_PREFIX)
        self.content_sha1: str | None = (
            content_sha1
            if content_sha1 is None or self.content_sha1_verified
            else content_sha1[len(UNVERIFIED_SHA1_PREFIX) :]
        )
        self.file_info = file_info

    @classmethod
    def from_download_version(cls, download_version: DownloadVersion) -> Self:
        metadata = cls(
            download_version.id_,
            download_version.file_name,
            download_version.content_type,
            download_version.content_length,
            download_version.content_sha1,
            download_version.file_info,
        )
        metadata.content_sha1_verified = download_version.content_sha1_verified
        return metadata

    def as_info_dict(self) -> dict[str, Any]:
        """Return ``fileId``, ``fileName``, ``contentType``, ``contentLength``, ``contentSha1`` and ``fileInfo``."""
        sha1 = self.content_sha1
        return {
            "fileId": self.file_id,
            "fileName": self.file_name,
            "contentType": self.content_type,
            "contentLength": self.content_length,
            "contentSha1": sha1 if sha1 is None or self.content_sha1_verified else UNVERIFIED_SHA1_PREFIX + sha1,
            "fileInfo": self.file_info,
        }
