"""The options of a storage, checked when it is made: a wrong one is an ``ImproperlyConfigured`` before any request."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypedDict
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation

from b2sdk.exception import BadFileInfo
from b2sdk.http import RetryPolicy, Timeouts
from b2sdk.integrations.django.names import relative_name
from b2sdk.protocol_constants import LONGEST_AUTHORIZATION
from b2sdk.v3 import SSE_B2_AES, SSE_NONE, AbstractAccountInfo, B2Api, EncryptionMode, EncryptionSetting
from b2sdk.values.file_info import CACHE_CONTROL, check_file_info

SMALLEST_PART = 5_000_000
"""Bytes that a part of a large file must have, except the last one."""
ENCRYPTIONS: Mapping[str, EncryptionSetting] = {"none": SSE_NONE, "SSE-B2": SSE_B2_AES}


class StorageOptions(TypedDict, total=False):
    """The options of a :class:`~b2sdk.integrations.django.B2Storage`."""

    bucket_name: str
    """The bucket; the only option that is always needed."""
    key_id: str | None
    """The id of the application key; without, that of the environment (``B2_APPLICATION_KEY_ID``)."""
    key: str | None
    """Its secret; without, that of the environment (``B2_APPLICATION_KEY``)."""
    realm: str | None
    """A name, such as ``production``, which is the default, or a URL; that of a key in the environment may be there,
    too (``B2_ENVIRONMENT``)."""
    account_info: str | AbstractAccountInfo | Callable[[], AbstractAccountInfo] | None
    """Where the account state is, or what makes that, or the dotted path of either; by default, in memory. Used with
    its own account if there is no key."""
    api: str | B2Api | Callable[[], B2Api] | None
    """A client that is authorized, to be used instead, or what makes it, or the dotted path of either."""
    location: str
    """The folder in the bucket that all names are below; by default, none."""
    file_overwrite: bool
    """Whether a file that is saved becomes the newest version of one with its name, instead of getting another name; by
    default, it does not."""
    delete: Literal["hide", "all_versions"]
    """What :meth:`delete` does: ``hide``, the default, adds a hide marker, and ``all_versions`` deletes all versions of
    the file, for ever."""
    content_type: str | None
    """Of all files; ``None``, the default, is what the ending of the name means."""
    cache_control: str | None
    """With which header files are downloaded, such as ``max-age=3600``."""
    file_info: Mapping[str, str] | None
    """Of all files."""
    encryption: Literal["none", "SSE-B2"] | EncryptionSetting | None
    """How files are encrypted; ``None``, the default, is as the bucket says."""
    signed_urls: bool | None
    """Whether URLs carry an authorization; ``None``, the default, is if the bucket is not public and there is no custom
    domain."""
    url_expiry: int
    """For how many seconds such an authorization is good, up to a week; by default, an hour."""
    shared_signature: bool
    """Whether one authorization is good for all files below the location, instead of one file. It saves a request per
    file, but who has the URL of one file can download all others whose names he knows."""
    custom_domain: str | None
    """A host, or a URL, that files are downloaded from: ``cdn.example.com``, ``https://example.com/file/bucket``."""
    part_size: int | None
    """Bytes of a part of a large file; ``None`` is what the service recommends, or 16 MiB for what has no known size
    or is written to an opened file, as up to four parts of it are in memory."""
    parallel_uploads: int
    """Files, or parts of one, that are uploaded at a time; by default, 16."""
    retry_policy: RetryPolicy | None
    """When to retry; ``None`` is the default of the SDK."""
    timeouts: Timeouts | None
    """How long to wait; ``None`` is the default of the SDK."""


DEFAULTS: StorageOptions = {
    "bucket_name": "",
    "key_id": None,
    "key": None,
    "realm": None,
    "account_info": None,
    "api": None,
    "location": "",
    "file_overwrite": False,
    "delete": "hide",
    "content_type": None,
    "cache_control": None,
    "file_info": None,
    "encryption": None,
    "signed_urls": None,
    "url_expiry": 3600,
    "shared_signature": False,
    "custom_domain": None,
    "part_size": None,
    "parallel_uploads": 16,
    "retry_policy": None,
    "timeouts": None,
}
_TEXTS = ("bucket_name", "key_id", "key", "realm", "location", "content_type", "cache_control", "custom_domain")
_TEXTS_THAT_MAY_BE_NONE = frozenset(_TEXTS) - {"bucket_name", "location"}


class Settings(NamedTuple):
    """Options that were checked: how files are stored, and where they are found."""

    bucket_name: str
    location: str
    """Empty, or with a slash at its end."""
    file_overwrite: bool
    deletes_all_versions: bool
    content_type: str | None
    file_info: dict[str, str]
    """With the cache control in it."""
    encryption: EncryptionSetting | None
    signed_urls: bool | None
    url_expiry: int
    shared_signature: bool
    url_base: str | None
    """Of the custom domain, with a slash at its end."""
    part_size: int | None
    parallel_uploads: int

    @property
    def customer_key(self) -> EncryptionSetting | None:
        """What reading needs: the encryption, if it is with a key that the service does not keep."""
        is_needed = self.encryption is not None and self.encryption.mode is EncryptionMode.SSE_C
        return self.encryption if is_needed else None


def wrong(option: str, problem: str) -> ImproperlyConfigured:
    """Return the error for an option; the problem must not quote a secret."""
    return ImproperlyConfigured(f"the option {option!r} of a B2 storage {problem}")


def complete(given: Mapping[str, Any], *defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options, those that are not given by the first default that there is.

    :raises ImproperlyConfigured: one has a name that no option has.
    """
    for option in given:
        if option not in DEFAULTS:
            similar = difflib.get_close_matches(option, DEFAULTS, n=1)
            raise wrong(option, "does not exist" + (f"; is it {similar[0]!r}?" if similar else ""))
    completed: dict[str, Any] = dict(DEFAULTS)
    for values in (*reversed(defaults), given):
        completed.update(values)
    return completed


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Check the options, which are complete.

    :raises ImproperlyConfigured: says which one is wrong.
    """
    for option in _TEXTS:
        _check_kind(option, options, str, is_optional=option in _TEXTS_THAT_MAY_BE_NONE)
    for option in ("file_overwrite", "shared_signature", "signed_urls"):
        _check_kind(option, options, bool, is_optional=option == "signed_urls")
    _check_number(options, "url_expiry", 1, LONGEST_AUTHORIZATION)
    _check_number(options, "parallel_uploads", 1, None)
    if options["part_size"] is not None:
        _check_number(options, "part_size", SMALLEST_PART, None)
    if not options["bucket_name"]:
        raise wrong("bucket_name", "is missing")
    if options["delete"] not in ("hide", "all_versions"):
        raise wrong("delete", f"is 'hide' or 'all_versions', not {options['delete']!r}")
    if bool(options["key_id"]) != bool(options["key"]):
        raise wrong("key" if options["key_id"] else "key_id", "is missing: an application key has two parts")
    return Settings(
        bucket_name=options["bucket_name"],
        location=_read_location(options["location"]),
        file_overwrite=options["file_overwrite"],
        deletes_all_versions=options["delete"] == "all_versions",
        content_type=options["content_type"],
        file_info=_read_file_info(options["file_info"], options["cache_control"]),
        encryption=_read_encryption(options["encryption"]),
        signed_urls=options["signed_urls"],
        url_expiry=options["url_expiry"],
        shared_signature=options["shared_signature"],
        url_base=_read_domain(options["custom_domain"]),
        part_size=options["part_size"],
        parallel_uploads=options["parallel_uploads"],
    )


def _check_kind(option: str, options: Mapping[str, Any], kind: type, *, is_optional: bool) -> None:
    value = options[option]
    if not isinstance(value, kind) and not (value is None and is_optional):
        raise wrong(option, f"is {kind.__name__}, not {type(value).__name__}")


def _check_number(options: Mapping[str, Any], option: str, least: int, most: int | None) -> None:
    value = options[option]
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(option, f"is a whole number, not {type(value).__name__}")
    if value < least or (most is not None and value > most):
        raise wrong(
            option, f"is {least} or more, not {value}" if most is None else f"is {least} to {most}, not {value}"
        )


def _read_location(location: str) -> str:
    try:
        folder = relative_name(location.strip("/"))
    except SuspiciousFileOperation as error:
        raise wrong("location", "is a folder of the bucket, without '..'") from error
    return f"{folder}/" if folder else ""


def _read_file_info(file_info: Mapping[str, str] | None, cache_control: str | None) -> dict[str, str]:
    try:
        check_file_info(file_info)
    except BadFileInfo as error:
        raise wrong("file_info", f"cannot be stored with a file: {error}") from error
    read = dict(file_info or {})
    if cache_control is not None:
        read[CACHE_CONTROL] = cache_control
    return read


def _read_encryption(encryption: Any) -> EncryptionSetting | None:
    if encryption is None or isinstance(encryption, EncryptionSetting):
        return encryption
    if isinstance(encryption, str) and encryption in ENCRYPTIONS:
        return ENCRYPTIONS[encryption]
    raise wrong("encryption", f"is an EncryptionSetting, {' or '.join(map(repr, ENCRYPTIONS))}")


def _read_domain(domain: str | None) -> str | None:
    if domain is None:
        return None
    base = domain if "//" in domain else f"https://{domain}"
    try:
        parts = urlsplit(base)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        is_usable = None
    if not is_usable:
        raise wrong("custom_domain", "is a host, or a URL with http:// or https://, without '?' and '#'")
    return base.rstrip("/") + "/"
