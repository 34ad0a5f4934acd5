"""URLs with which programs and browsers without a key download and upload files.

``arguments`` checks what a link is made of, ``overrides`` the response headers that it sets, ``presigned`` makes URLs
with a download authorization, ``s3`` and ``signature_v4`` those of the S3-compatible API, ``browser`` requests of web
pages, which ``cors`` allows; and ``verbs`` are those of a bucket.
"""

from b2sdk.links.browser import BrowserUpload as BrowserUpload
from b2sdk.links.cors import BrowserOperation as BrowserOperation
from b2sdk.links.overrides import (
    ActiveContentRefused as ActiveContentRefused,
    ResponseOverrides as ResponseOverrides,
)
from b2sdk.links.presigned import PresignedUrls as PresignedUrls
from b2sdk.links.s3 import MasterKeyRefused as MasterKeyRefused

__all__ = [
    "ActiveContentRefused",
    "BrowserOperation",
    "BrowserUpload",
    "MasterKeyRefused",
    "PresignedUrls",
    "ResponseOverrides",
]
