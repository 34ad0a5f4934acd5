"""Downloads: who may read what, by id or by name, and which bytes of it.

What belongs here is the choice of version and range. How the response is spelled is the protocol's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from b2sdk.simulator.cloud import encryption, permissions
from b2sdk.simulator.cloud.files import visible_version
from b2sdk.simulator.cloud.keys import Keys
from b2sdk.simulator.cloud.model import Bucket, DownloadAuthorization, Encryption, FileVersion, Key
from b2sdk.simulator.cloud.refusals import Refusal, unauthorized
from b2sdk.simulator.cloud.state import State


@dataclass(frozen=True)
class Download:
    """What is to be sent: the bytes from ``start`` up to, not including, ``end``."""

    bucket: Bucket
    version: FileVersion
    start: int
    end: int
    reader: Key | None
    """Who asked; ``None`` without any token."""

    @property
    def is_partial(self) -> bool:
        """Whether less than the whole is sent."""
        return self.end - self.start < self.version.content.size


class RequestedRange(NamedTuple):
    """Which bytes are asked for: without ``first`` the ``last`` ones of the content, without ``last`` all that follow.

    One of the two is a number, and ``last`` is not before ``first``.
    """

    first: int | None
    last: int | None


def resolve_range(requested: RequestedRange | None, size: int) -> tuple[int, int]:
    """Return start and end of what is asked for of ``size`` bytes, which is all of them without a range.

    416 ``range_not_satisfiable`` for a range that does not touch the content.
    """
    if requested is None:
        return 0, size
    first, last = requested
    if first is None:
        start, end = max(size - (last or 0), 0), size
    else:
        start, end = first, size if last is None else min(last + 1, size)
    if start >= size:
        raise Refusal(
            "range_not_satisfiable",
            "The requested range is not satisfiable",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end


class Downloads:
    """The ways to read content."""

    def __init__(self, state: State, keys: Keys) -> None:
        self._state = state
        self._keys = keys

    def authorize(
        self, caller: Key, bucket: Bucket, name_prefix: str, seconds: int, overrides: Mapping[str, str]
    ) -> DownloadAuthorization:
        """Give out a token for the names in ``bucket`` that begin with ``name_prefix``."""
        permissions.require_bucket(caller, bucket.bucket_id)
        permissions.require_name(caller, name_prefix)
        authorization = DownloadAuthorization(
            text=self._state.ids.download_token(bucket.bucket_id, name_prefix, seconds),
            key=caller,
            bucket_id=bucket.bucket_id,
            name_prefix=name_prefix,
            expires_at=self._state.clock.now() + seconds * 1000,
            overrides=overrides,
        )
        self._state.download_authorizations[authorization.text] = authorization
        self._state.report_change(authorization)
        return authorization

    def by_id(
        self,
        token: str | None,
        file_id: str,
        given: Encryption | None,
        range_: RequestedRange | None,
        overrides: Mapping[str, str],
    ) -> Download:
        """Return what a download by id sends; an account token is needed unless the bucket is public."""
        reader = None if token is None else self._keys.authenticate(token).key
        version = self._state.file(file_id)
        bucket = self._state.buckets[version.bucket_id]
        self._check_reader(reader, bucket, version.name, overrides)
        if version.action != "upload":
            raise Refusal("not_found", f"file_state_none: {file_id}")
        return self._download(bucket, version, given, range_, reader)

    def by_name(
        self,
        token: str | None,
        bucket_name: str,
        name: str,
        given: Encryption | None,
        range_: RequestedRange | None,
        overrides: Mapping[str, str],
    ) -> Download:
        """Return what a download by name sends; a download authorization for the name serves as well."""
        authorization = self._state.download_authorizations.get(token) if token is not None else None
        bucket = self._state.find_bucket_named(bucket_name)
        if authorization is not None:
            reader: Key | None = authorization.key
            self._check_authorization(authorization, bucket, name, overrides)
        else:
            reader = None if token is None else self._keys.authenticate(token).key
            if bucket is not None:
                self._check_reader(reader, bucket, name, overrides)
        version = None if bucket is None else visible_version(bucket, name)
        if bucket is None or version is None or version.action != "upload":
            missing = f"Bucket {bucket_name}" if bucket is None else f"File with name {name}"
            raise Refusal("not_found", f"{missing} does not exist.")
        return self._download(bucket, version, given, range_, reader)

    def _check_authorization(
        self, authorization: DownloadAuthorization, bucket: Bucket | None, name: str, overrides: Mapping[str, str]
    ) -> None:
        if authorization.expires_at <= self._state.clock.now():
            raise Refusal("expired_auth_token", "Authorization token has expired")
        if authorization.key.deleted:
            raise Refusal("bad_auth_token", "Invalid authorization token")
        in_scope = bucket is not None and bucket.bucket_id == authorization.bucket_id
        if not in_scope or not name.startswith(authorization.name_prefix) or overrides != authorization.overrides:
            raise unauthorized()

    def _check_reader(self, reader: Key | None, bucket: Bucket, name: str, overrides: Mapping[str, str]) -> None:
        is_public = bucket.bucket_type == "allPublic"
        if reader is None and (not is_public or overrides):
            raise unauthorized()
        if reader is None or is_public:
            return
        permissions.require_account(reader, bucket.account_id)
        permissions.require_readable(reader, bucket)
        permissions.require_name(reader, name)

    def _download(
        self,
        bucket: Bucket,
        version: FileVersion,
        given: Encryption | None,
        range_: RequestedRange | None,
        reader: Key | None,
    ) -> Download:
        encryption.check_readable(version.encryption, given if given and given.key_md5 else None)
        start, end = resolve_range(range_, version.content.size)
        return Download(bucket, version, start, end, reader)
