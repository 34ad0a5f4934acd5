"""What ``b2_authorize_account`` answers, as one value.

The shapes are those of v4, which groups the restrictions of the key under ``allowed``, and of v3, which spreads them
over ``storageApi`` (B2 Native API documentation, ``b2_authorize_account``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from b2sdk.exception import UnexpectedCloudBehaviour, check_text

Allowed = dict[str, Any]


class Authorization(NamedTuple):
    """An account authorization: who, where, what is allowed, and the token, which is good for at most 24 hours."""

    account_id: str
    auth_token: str
    api_url: str
    download_url: str
    s3_api_url: str
    recommended_part_size: int
    absolute_minimum_part_size: int
    allowed: Allowed
    """``buckets`` (a list of ``{"id", "name"}`` or ``None``; a deleted bucket has the name ``None``), ``capabilities``
    and ``namePrefix``; in the v3 shape ``bucketId`` and ``bucketName`` instead of ``buckets``."""
    application_key_expiration_timestamp: int | None = None
    """Milliseconds since the epoch; ``None`` for a key that does not expire."""
    groups_api: Mapping[str, Any] | None = None
    """What the key may do with the Partner API; ``None`` where that is not enabled."""

    def __repr__(self) -> str:
        return f"Authorization(account_id={self.account_id!r}, api_url={self.api_url!r}, allowed={self.allowed!r})"

    @classmethod
    def from_answer(
        cls, answer: Mapping[str, Any], read_allowed: Callable[[Mapping[str, Any]], Allowed]
    ) -> Authorization:
        """Read the JSON answer; ``read_allowed`` gets its ``storageApi`` part and knows the dialect.

        :raises UnexpectedCloudBehaviour: a field is missing or not of the kind that the protocol promises.
        """
        try:
            storage_api = answer["apiInfo"]["storageApi"]
            authorization = cls(
                account_id=answer["accountId"],
                auth_token=answer["authorizationToken"],
                api_url=storage_api["apiUrl"],
                download_url=storage_api["downloadUrl"],
                s3_api_url=storage_api["s3ApiUrl"],
                recommended_part_size=storage_api["recommendedPartSize"],
                absolute_minimum_part_size=storage_api["absoluteMinimumPartSize"],
                allowed=read_allowed(storage_api),
                application_key_expiration_timestamp=answer.get("applicationKeyExpirationTimestamp"),
                groups_api=answer["apiInfo"].get("groupsApi"),
            )
            authorization._check_types()
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise UnexpectedCloudBehaviour(f"b2_authorize_account answered without {error}") from error
        return authorization

    def _check_types(self) -> None:
        check_text(self.account_id, self.auth_token, self.api_url, self.download_url, self.s3_api_url)
        check_text(*self.allowed["capabilities"])
        if self.allowed.get("buckets") is not None:
            check_text(*(bucket["id"] for bucket in self.allowed["buckets"]))
        sizes: tuple[Any, Any] = self.recommended_part_size, self.absolute_minimum_part_size
        for size in sizes:
            if not isinstance(size, int) or size <= 0:
                raise ValueError("positive part sizes")


def allowed_from_v4(storage_api: Mapping[str, Any]) -> Allowed:
    allowed = storage_api["allowed"]
    return {
        **allowed,
        "buckets": allowed["buckets"],
        "capabilities": allowed["capabilities"],
        "namePrefix": allowed["namePrefix"],
    }


def allowed_from_v3(storage_api: Mapping[str, Any]) -> Allowed:
    return {name: storage_api[name] for name in ("bucketId", "bucketName", "capabilities", "namePrefix")}
