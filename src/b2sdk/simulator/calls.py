"""What a JSON call is, before it is known which.

What belongs here is what every call has: who makes it, with which parameters, in which dialect. The calls themselves
are in ``account_calls`` and ``file_calls``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from b2sdk.simulator import permissions
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.content import Content
from b2sdk.simulator.fields import Fields
from b2sdk.simulator.model import Bucket, Dialect, Key, Token
from b2sdk.simulator.shapes import Addresses, Json


@dataclass(frozen=True)
class Call:
    """One JSON call by somebody who may make it."""

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

    def check_account(self) -> None:
        """Refuse the ``accountId`` of somebody else."""
        permissions.require_account(self.key, self.fields.text("accountId"))


@dataclass(frozen=True)
class Later:
    """An answer that needs bytes to be read first: ``read`` without the cloud's lock, then ``answer`` with it."""

    read: Callable[[], Content]
    answer: Callable[[Content], Json]


Handler = Callable[[Call], "Json | Later"]
