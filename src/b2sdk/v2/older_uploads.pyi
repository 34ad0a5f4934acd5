# For type checkers only: the keywords of uploads that call the file info by its older name, which comes as a keyword.

from datetime import datetime
from typing import TypeAlias, TypedDict

from typing_extensions import Required

from b2sdk.interfaces import Readable
from b2sdk.progress import AbstractProgressListener
from b2sdk.transfer.source import UploadMode
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold

FileInfo: TypeAlias = dict[str, str] | None

class _Upload(TypedDict, total=False):
    file_infos: Required[FileInfo]
    file_retention: FileRetentionSetting | None
    legal_hold: LegalHold | None
    custom_upload_timestamp: int | None
    cache_control: str | None

class _UploadToBucket(_Upload, total=False):
    progress_listener: AbstractProgressListener | None
    encryption: EncryptionSetting | None
    expires: str | datetime | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None

class UploadOfBytes(_UploadToBucket, total=False):
    large_file_sha1: str | None

class UploadOfLocalFile(_UploadToBucket, total=False):
    sha1_sum: str | None
    min_part_size: int | None
    upload_mode: UploadMode

class UploadToUrl(_Upload, total=False):
    data_stream: Required[Readable]
    server_side_encryption: EncryptionSetting | None
