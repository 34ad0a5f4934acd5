"""What a large file that is copied in parts takes over from its source: content type, file info and SHA-1.

The service copies metadata only with whole files. What belongs here computes; what is not known of the source, the
caller looks up before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from b2sdk.protocol_constants import LARGE_FILE_SHA1
from b2sdk.transfer.acknowledgement import check_stored_sha1, sha1_to_compare
from b2sdk.transfer.resume import lower_case_names
from b2sdk.transfer.source import CopySource, derive_copy_source
from b2sdk.values.encryption import without_key_id
from b2sdk.values.new_file import NewFile

MAX_INFO_ENTRIES = 10
"""What the service takes with a file (B2 documentation, "File Information")."""


class StoredVersion(Protocol):
    """What is asked of the version that is copied."""

    @property
    def size(self) -> int | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def content_sha1(self) -> str | None: ...
    @property
    def file_info(self) -> Mapping[str, str]: ...


def add_source_metadata(new_file: NewFile, source: CopySource) -> NewFile:
    """Return the file with the content type and the file info of its source, if it has none of its own."""
    if new_file.content_type is not None or new_file.file_info or source.source_file_info is None:
        return new_file
    info = without_key_id(source.source_file_info)
    return new_file._replace(content_type=source.source_content_type, file_info=info)


def is_described(source: CopySource) -> bool:
    """Whether the metadata of the stored file is known."""
    return source.source_file_info is not None and source.source_content_type is not None


def describe_source(source: CopySource, version: StoredVersion) -> CopySource:
    """Return the source with the metadata and the SHA-1 of the stored version."""
    described = derive_copy_source(source, source_file_info=version.file_info, source_content_type=version.content_type)
    described.is_whole = source.offset == 0 and source.length == version.size
    described.stored_sha1 = sha1_to_compare(version.content_sha1, version.file_info.get(LARGE_FILE_SHA1))
    return described


def check_stated_sha1(new_file: NewFile, source: CopySource) -> None:
    """Compare the SHA-1 that the caller states with that of the source, where both are known.

    :raises ChecksumMismatch: it is another one.
    """
    stated = new_file.large_file_sha1 or lower_case_names(new_file.file_info or {}).get(LARGE_FILE_SHA1)
    check_stored_sha1(source.get_content_sha1(), stated)


def depends_on_stored_size(new_file: NewFile, source: CopySource) -> bool:
    """Whether :func:`take_over_metadata` has to know the size of the stored file."""
    if source.is_whole or source.offset:
        return False
    copied = add_source_metadata(new_file, source)
    return copied is not new_file and LARGE_FILE_SHA1 in (copied.file_info or {})


def take_over_metadata(new_file: NewFile, source: CopySource, stored_size: int | None) -> NewFile:
    """Return the file with the metadata of its source, and its SHA-1 if that is known and there is room for it.

    What the file info of the source says of the whole stored file is not true of a part of it.
    """
    copied = add_source_metadata(new_file, source)
    is_all = source.is_whole or (not source.offset and source.length == stored_size)
    if copied is not new_file and not is_all:
        info = {name: value for name, value in (copied.file_info or {}).items() if name != LARGE_FILE_SHA1}
        copied = copied._replace(file_info=info)
    if new_file.large_file_sha1 is not None:
        return add_info(copied, LARGE_FILE_SHA1, new_file.large_file_sha1)
    known = source.get_content_sha1()
    has_room = len(copied.file_info or {}) < MAX_INFO_ENTRIES - 1  # there will be a plan id
    return copied if known is None or not has_room else add_info(copied, LARGE_FILE_SHA1, known)


def add_info(new_file: NewFile, name: str, value: str) -> NewFile:
    """Return the file with one more entry of file info."""
    return new_file._replace(file_info={**(new_file.file_info or {}), name: value})
