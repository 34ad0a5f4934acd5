"""Setting up replication in an event loop; what is done in which order is in :mod:`b2sdk.replication.setup_flow`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from b2sdk.aio.bucket import Bucket
from b2sdk.replication.setup_flow import Key, KeyApi, ReplicationSetup
from b2sdk.values.replication import ReplicationConfiguration


class ReplicationSetupHelper(ReplicationSetup[Bucket]):
    """Sets up replication from one bucket to another, which may be of another account.

    Keys and rules that are there already stay. The destination accepts the key of the source before a rule uses it.
    """

    async def setup_both(
        self,
        source_bucket: Bucket,
        destination_bucket: Bucket,
        name: str | None = None,
        priority: int | None = None,
        prefix: str | None = None,
        include_existing_files: bool = False,
    ) -> tuple[Bucket, Bucket]:
        """Set up both buckets; return the source and the destination as they are then.

        Who is cancelled may leave a key, or a destination that accepts one, which the next set-up uses again. See
        :meth:`b2sdk.v3.ReplicationSetupHelper.setup_both`, which tells parameters and errors.

        :raises TypeError: a bucket is not one of this client.
        """
        _check(source_bucket, destination_bucket)
        return await self._set_up_both(
            source_bucket, destination_bucket, name, priority, prefix, include_existing_files
        )

    async def setup_destination(self, source_key_id: str, destination_bucket: Bucket) -> Bucket:
        """Let the bucket accept what is read with the key ``source_key_id``; return it as it is then.

        See :meth:`b2sdk.v3.ReplicationSetupHelper.setup_destination`, which tells the errors.
        """
        _check(destination_bucket)
        return await self._set_up_destination(source_key_id, destination_bucket)

    async def setup_source(
        self,
        source_bucket: Bucket,
        source_key: Key,
        destination_bucket: Bucket,
        prefix: str | None = None,
        name: str | None = None,
        priority: int | None = None,
        include_existing_files: bool = False,
    ) -> Bucket:
        """Add a rule to the bucket, and let all its rules read with ``source_key``; return the bucket as it is then.

        See :meth:`b2sdk.v3.ReplicationSetupHelper.setup_source`, which tells parameters and errors.
        """
        _check(source_bucket, destination_bucket)
        return await self._set_up_source(
            source_bucket, source_key, destination_bucket, prefix, name, priority, include_existing_files
        )

    @staticmethod
    async def _perform(call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return await call(*args, **kwargs)

    @classmethod
    async def _get_source_key(
        cls,
        source_bucket: Bucket,
        prefix: str,  # noqa: ARG003  # as in the client that blocks
        current_replication_configuration: ReplicationConfiguration,
    ) -> Key:
        return await cls._find_source_key(source_bucket, current_replication_configuration)

    @classmethod
    async def _get_destination_key(cls, api: KeyApi, destination_bucket: Bucket) -> Key:
        return await cls._find_destination_key(api, destination_bucket)


def _check(*buckets: object) -> None:
    for bucket in buckets:
        if not isinstance(bucket, Bucket):
            kind = f"{type(bucket).__module__}.{type(bucket).__qualname__}"
            raise TypeError(f"replication is set up here between buckets of b2sdk.aio, not {kind}")
