"""What account infos are here: their ``allowed`` has the shape of the native API v3, a key restricted to one bucket.

What is stored has the newer shape, so both surfaces read the same files; the conversion happens on the way in and out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import override

from b2sdk.account_info import abstract
from b2sdk.exception import MissingAccountData
from b2sdk.protocol_constants import ALL_CAPABILITIES

Allowed = dict[str, Any]


class SingleBucketAllowed(abstract.AbstractAccountInfo):
    """Mixed in before the class that stores."""

    DEFAULT_ALLOWED: Allowed = {  # noqa: RUF012  # never changed
        "bucketId": None,
        "bucketName": None,
        "capabilities": ALL_CAPABILITIES,
        "namePrefix": None,
    }

    @classmethod
    @override
    def allowed_is_valid(cls, allowed: Allowed) -> bool:
        if not {"bucketId", "bucketName", "capabilities", "namePrefix"} <= allowed.keys():
            return False
        return allowed["bucketId"] is not None or allowed["bucketName"] is None

    @override
    def get_allowed(self) -> Allowed:
        """Return ``bucketId``, ``bucketName``, ``capabilities`` and ``namePrefix`` of the key.

        :raises MissingAccountData: nothing is stored, or what is stored belongs to a key for several buckets.
        """
        return _single_bucket(super().get_allowed())  # type: ignore[safe-super]  # the class mixed in with provides it

    @override
    def _set_auth_data(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        recommended_part_size: int,
        absolute_minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: Allowed,
        application_key_id: str,
    ) -> None:
        super()._set_auth_data(  # type: ignore[safe-super]  # the class mixed in with provides it
            account_id,
            auth_token,
            api_url,
            download_url,
            recommended_part_size,
            absolute_minimum_part_size,
            application_key,
            realm,
            s3_api_url,
            _bucket_list(allowed),
            application_key_id,
        )


def _single_bucket(allowed: Allowed) -> Allowed:
    buckets = allowed["buckets"] or [{"id": None, "name": None}]
    if len(buckets) > 1:
        raise MissingAccountData("Multi-bucket keys cannot be used with the current sdk version")
    rest = {name: value for name, value in allowed.items() if name != "buckets"}
    return {"bucketId": buckets[0]["id"], "bucketName": buckets[0]["name"], **rest}


def _bucket_list(allowed: Allowed) -> Allowed:
    rest = {name: value for name, value in allowed.items() if name not in {"bucketId", "bucketName"}}
    bucket = {"id": allowed["bucketId"], "name": allowed["bucketName"]}
    return {**rest, "buckets": None if bucket["id"] is None else [bucket]}


class AbstractAccountInfo(SingleBucketAllowed):
    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return []  # it came later, and older subclasses do not have it


# Type checkers take each account info for one of them, as programs annotate what they pass around.
if TYPE_CHECKING:
    OfThisSurface: TypeAlias = AbstractAccountInfo
else:
    OfThisSurface = SingleBucketAllowed
