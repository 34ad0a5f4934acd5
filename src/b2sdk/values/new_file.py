"""A file that is to be made: everything about it but its content, as one value.

The public methods take this as many keywords, which are :class:`NewFileOptions` until they have been checked; below
them it travels whole, so no part of it can get lost on the way, and whether an unfinished large file is the beginning
of this one is a comparison of two values.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from b2sdk.values.argument import arguments_checked
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_info import InfoOptions, check_file_info
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.file_name import validate_b2_file_name
from b2sdk.values.millis import other_unit_of


class NewFile(NamedTuple):
    """What is known of a file before its content is sent; ``None`` leaves a matter to the service."""

    bucket_id: str
    name: str
    content_type: str | None = None
    file_info: dict[str, str] | None = None
    """With the entries for the HTTP headers already in it."""
    encryption: EncryptionSetting | None = None
    file_retention: FileRetentionSetting | None = None
    legal_hold: LegalHold | None = None
    custom_upload_timestamp: int | None = None
    """Milliseconds since the epoch."""
    large_file_sha1: str | None = None
    """SHA-1 of the whole content, recorded with a file that is sent in parts."""


class NewFileOptions(NamedTuple):
    """What the verbs that make files take about one, as they were given it."""

    content_type: str | None = None
    info: InfoOptions = InfoOptions()
    encryption: EncryptionSetting | None = None
    file_retention: FileRetentionSetting | None = None
    legal_hold: LegalHold | None = None
    large_file_sha1: str | None = None
    custom_upload_timestamp: int | None = None

    def new_file(self, bucket_id: str, file_name: str) -> NewFile:
        """Return the file that is to be made.

        :raises TypeError: an option is of another kind than it should be.
        :raises ValueError: the name cannot be that of a file, or the timestamp makes no sense.
        :raises BadFileInfo: the file info cannot travel as headers.
        """
        content_type, info, encryption, file_retention, legal_hold, large_file_sha1, timestamp = self
        _check_kinds(content_type, encryption, file_retention, legal_hold, large_file_sha1)
        validate_b2_file_name(file_name)
        check_file_info(info.file_info)
        merged = info.merge()
        new_file = NewFile(
            bucket_id,
            file_name,
            content_type,
            merged,
            encryption,
            file_retention,
            legal_hold,
            checked_upload_timestamp(timestamp),
            large_file_sha1,
        )
        if merged is not info.file_info:
            check_file_info(merged)
        return new_file

    def as_keywords(self) -> dict[str, Any]:
        """Return the keywords that a verb was called with, for another verb that takes them too."""
        return {name: value for name, value in self._asdict().items() if name != "info"} | self.info._asdict()


@arguments_checked
def _check_kinds(
    content_type: str | None,
    encryption: EncryptionSetting | None,
    file_retention: FileRetentionSetting | None,
    legal_hold: LegalHold | None,
    large_file_sha1: str | None,
) -> None:
    """Refuse options of another kind, by their names. The others have rules of their own."""


def checked_upload_timestamp(milliseconds: int | None) -> int | None:
    """Return a custom upload timestamp.

    :raises TypeError: it is not a whole number.
    :raises ValueError: it is negative, or seems to be in :func:`another unit <b2sdk.values.millis.other_unit_of>`.
    """
    if milliseconds is None:
        return None
    if isinstance(milliseconds, bool) or not hasattr(milliseconds, "__index__"):
        raise TypeError(f"custom_upload_timestamp has to be a whole number of milliseconds, not {milliseconds!r}")
    value = operator.index(milliseconds)
    if value < 0:
        raise ValueError(f"custom_upload_timestamp {value} is before 1970")
    if (unit := other_unit_of(value)) is not None:
        raise ValueError(f"custom_upload_timestamp is in milliseconds, and {value} looks like {unit}")
    return value
