"""What a JSON call is, before it is known which.

What belongs here is what every call has: who makes it, with which parameters, in which dialect. The calls themselves
are in ``account_calls``, ``file_calls`` and ``partner_calls``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.content import Content
from b2sdk.simulator.cloud.model import Bucket, Dialect, Key, Token
from b2sdk.simulator.protocol.fields import Fields
from b2sdk.simulator.protocol.shapes import Addresses
from b2sdk.values.json import JsonObject

_PAGE: Final = 100


class Call(NamedTuple):
    """One JSON call, by a key that may make it."""

    cloud: Cloud
    token: Token
    fields: Fields
    dialect: Dialect
    addresses: Addresses
    endpoint_path: str
    """``/b2api/v4/`` in its dialect."""

    @property
    def key(self) -> Key:
        """Whose call it is."""
        return self.token.key

    def bucket(self) -> Bucket:
        """Return the bucket that ``bucketId`` names, if the key is not kept away from it."""
        return self.cloud.buckets.find(self.key, self.fields.text("bucketId"))

    def page_size(self, field: str, largest: int) -> int:
        """Return how many entries a page may have; refuse more than ``largest``, if that is the policy."""
        limits = (0, largest, "out_of_range") if self.cloud.policy.limits_pages else ()
        return self.fields.optional_integer(field, *limits) or _PAGE

    def check_account(self) -> None:
        """Refuse the ``accountId`` of another account."""
        permissions.require_account(self.key, self.fields.text("accountId"))


class DeferredResponse(NamedTuple):
    """A response that needs content first: ``read`` without the lock of the cloud, then ``respond`` with it."""

    read: Callable[[], Content]
    respond: Callable[[Content], JsonObject]


Answer = JsonObject | list[JsonObject]
Handler = Callable[[Call], "Answer | DeferredResponse"]
