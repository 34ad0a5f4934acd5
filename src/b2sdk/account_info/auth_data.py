"""What an authorization leaves behind, as one value.

The value travels and is replaced whole: a reader never sees the token of one authorization with the URL of another.
Nothing here stores anything.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from b2sdk.protocol_constants import ALL_CAPABILITIES

Allowed: TypeAlias = dict[str, Any]
"""What a key may do, in the form of the native API v4::

    {
        "buckets": None or [{"id": str, "name": str or None}, ...],
        "capabilities": [str, ...],
        "namePrefix": None or str,
    }

``buckets`` is ``None`` for an unrestricted key; a ``name`` is ``None`` when the bucket has been deleted. A plain dict,
because ``b2sdk.v2`` and the account infos of programs use another shape under the same name.
"""

UNRESTRICTED: Allowed = {"buckets": None, "capabilities": ALL_CAPABILITIES, "namePrefix": None}
"""What a key may do when the service, or an old file, does not say."""


class AuthData(NamedTuple):
    """The result of one authorization, in the order of ``AbstractAccountInfo._set_auth_data``."""

    account_id: str
    auth_token: str
    api_url: str
    download_url: str
    recommended_part_size: int
    """Bytes."""
    absolute_minimum_part_size: int
    """Bytes."""
    application_key: str
    realm: str
    """As it was given to the authorization: a name or a URL."""
    s3_api_url: str | None
    allowed: Allowed
    application_key_id: str

    def __repr__(self) -> str:
        return f"AuthData(account_id={self.account_id!r}, realm={self.realm!r}, api_url={self.api_url!r})"
