"""The response to ``b2_authorize_account``, as one value.

The shapes are those of v4, which groups the restrictions of the key under ``allowed``, and of v3, which spreads them
over ``storageApi`` (B2 Native API documentation, ``b2_authorize_account``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.json import JsonObject
from b2sdk.values.responses import AUTHORIZATION, STORAGE_API, STORAGE_API_OF_V3

Allowed: TypeAlias = JsonObject


class Authorization(NamedTuple):
    """An account authorization: who, where, what is allowed, and the token, which is good for at most 24 hours."""

    account_id: str
    auth_token: str
    api_url: str
    download_url: str
    s3_api_url: str
    recommended_part_size: int
    """Bytes; what the service says, or the minimum where that is more, as it would refuse parts of what it says."""
    absolute_minimum_part_size: int
    allowed: Allowed
    """``buckets`` (a list of ``{"id", "name"}`` or ``None``; a deleted bucket has the name ``None``), ``capabilities``
    and ``namePrefix``; in the v3 shape ``bucketId`` and ``bucketName`` instead of ``buckets``."""
    application_key_expiration_timestamp: int | None = None
    """Milliseconds since the epoch; ``None`` for a key that does not expire."""
    groups_api: JsonObject | None = None
    """What the key may do with the Partner API; ``None`` where that is not enabled."""

    def __repr__(self) -> str:
        return f"Authorization(account_id={self.account_id!r}, api_url={self.api_url!r}, allowed={self.allowed!r})"

    @classmethod
    def from_response(cls, response: JsonObject, read_allowed: Callable[[JsonObject], Allowed]) -> Authorization:
        """Read the JSON of a response; ``read_allowed`` gets its ``storageApi`` part and knows the dialect.

        :raises UnexpectedCloudBehaviour: a field is missing or not of the kind that the protocol promises.
        """
        with AUTHORIZATION.reading(response):
            storage_api = response["apiInfo"]["storageApi"]
            return cls(
                account_id=response["accountId"],
                auth_token=response["authorizationToken"],
                allowed=read_allowed(storage_api),  # which checks all of it
                api_url=storage_api["apiUrl"],
                download_url=storage_api["downloadUrl"],
                s3_api_url=storage_api["s3ApiUrl"],
                recommended_part_size=max(storage_api["recommendedPartSize"], storage_api["absoluteMinimumPartSize"]),
                absolute_minimum_part_size=storage_api["absoluteMinimumPartSize"],
                application_key_expiration_timestamp=response.get("applicationKeyExpirationTimestamp"),
                groups_api=response["apiInfo"].get("groupsApi"),
            )


def allowed_from_v4(storage_api: JsonObject) -> Allowed:
    STORAGE_API.check(storage_api)
    allowed = storage_api["allowed"]
    return {
        **allowed,
        "buckets": allowed["buckets"],
        "capabilities": allowed["capabilities"],
        "namePrefix": allowed["namePrefix"],
    }


def allowed_from_v3(storage_api: JsonObject) -> Allowed:
    STORAGE_API_OF_V3.check(storage_api)
    if storage_api["bucketId"] is None and storage_api["bucketName"] is not None:
        raise UnexpectedCloudBehaviour(f"{STORAGE_API_OF_V3.name} came with the name of a bucket that has no id")
    return {name: storage_api[name] for name in ("bucketId", "bucketName", "capabilities", "namePrefix")}
