"""What is found about a file that is to be replicated, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import Self, override

from b2sdk.file_version import FileVersion
from b2sdk.scan.path import B2Path
from b2sdk.scan.result import AbstractScanResult, CountAndSampleScanReport
from b2sdk.values.encryption import EncryptionMode
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING
from b2sdk.values.replication import ReplicationStatus


@dataclass(frozen=True)
class ReplicationScanResult(AbstractScanResult):
    """A file of the source and its replica, of each the version that counts.

    What is not known, as one of the files is missing, is ``None``.
    """

    LARGE_METADATA_SIZE: ClassVar[int] = FileVersion.ADVANCED_HEADERS_LIMIT
    """How many bytes of names, file info and settings are large."""

    source_replication_status: ReplicationStatus | None = None
    """Also ``None`` for a version that no rule concerned when it came."""
    source_has_hide_marker: bool | None = None
    source_encryption_mode: EncryptionMode | None = None
    source_has_large_metadata: bool | None = None
    source_has_file_retention: bool | None = None
    """Also ``True`` where the application key may not see it."""
    source_has_legal_hold: bool | None = None
    """``False`` where the application key may not see it."""
    destination_replication_status: ReplicationStatus | None = None
    metadata_differs: bool | None = None
    """Whether the file info does."""
    hash_differs: bool | None = None
    """Whether SHA-1 or MD5 do; a large file has neither unless its uploader recorded them."""

    @classmethod
    @override
    def from_files(  # type: ignore[override]  # one file of each side, not any number
        cls, source_file: B2Path | None = None, destination_file: B2Path | None = None
    ) -> Self:
        found: dict[str, Any] = {}
        if source_file is not None:
            found |= _of_source(source_file)
        if destination_file is not None:
            found["destination_replication_status"] = destination_file.selected_version.replication_status
        if source_file is not None and destination_file is not None:
            found |= _of_both(source_file.selected_version, destination_file.selected_version)
        return cls(**found)


def _of_source(file: B2Path) -> dict[str, Any]:
    version = file.selected_version
    return {
        "source_replication_status": version.replication_status,
        "source_has_hide_marker": not file.is_visible(),
        "source_encryption_mode": version.server_side_encryption.mode,
        "source_has_large_metadata": version.has_large_header,
        "source_has_file_retention": version.file_retention != NO_RETENTION_FILE_SETTING,
        "source_has_legal_hold": version.legal_hold.is_on(),
    }


def _of_both(source: FileVersion, destination: FileVersion) -> dict[str, Any]:
    return {
        "metadata_differs": source.file_info != destination.file_info,
        "hash_differs": (source.content_md5, source.content_sha1)
        != (destination.content_md5, destination.content_sha1),
    }


class ReplicationReport(CountAndSampleScanReport):
    """Counts the results, and keeps the first and the last files with each."""

    SCAN_RESULT_CLASS: ClassVar[type[AbstractScanResult]] = ReplicationScanResult
