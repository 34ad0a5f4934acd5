"""A file that is to be made: everything about it but its content, as one value.

The public methods take this as many keywords; below them it travels whole, so no part of it can get lost on the way,
and whether an unfinished large file is the beginning of this one is a comparison of two values.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold

AUTO_CONTENT_TYPE: Final = "b2/x-auto"
"""Asks the service to tell the content type from the extension of the name."""


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
