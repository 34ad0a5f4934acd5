"""Setting up replication by a client that blocks: the keys it is done with, and the configuration of both buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from b2sdk.blocking import run
from b2sdk.bucket import Bucket
from b2sdk.replication.setup_flow import Key, KeyApi, ReplicationSetup
from b2sdk.values.replication import ReplicationConfiguration


class ReplicationSetupHelper(ReplicationSetup[Bucket]):
    """Sets up replication from one bucket to another, which may be of another account.

    Keys and rules that are there already stay. The destination accepts the key of the source before a rule uses it.
    """

    def setup_both(
        self,
        source_bucket: Bucket,
        destination_bucket: Bucket,
        name: str | None = None,
        priority: int | None = None,
        prefix: str | None = None,
        include_existing_files: bool = False,
    ) -> tuple[Bucket, Bucket]:
        """Set up both buckets; return the source and the destination as they are then.

        :param source_bucket: whose files are replicated.
        :param destination_bucket: where they are replicated to.
        :param name: name of the rule; ``None`` takes the name of the destination bucket, with a number if it is taken.
        :param priority: of the rule, where several concern a file; ``None`` is a little above the highest so far, or
            128.
        :param prefix: what the names of the files to replicate start with; ``None`` stands for all files.
        :param include_existing_files: whether files that are there already are replicated too.
        :raises ValueError: name or priority are out of bounds, or the name is taken. Nothing has been changed then.
        :raises CapabilityNotAllowed: the key may not read what is configured already. Nothing has been changed then.
        :raises Conflict: a bucket was changed after it was described.
        """
        return run(self._set_up_both(source_bucket, destination_bucket, name, priority, prefix, include_existing_files))

    def setup_destination(self, source_key_id: str, destination_bucket: Bucket) -> Bucket:
        """Let the bucket accept what is read with the key ``source_key_id``; return it as it is then.

        A key that it accepts something with already is used again; otherwise one is made.

        :raises CapabilityNotAllowed, Conflict: see :meth:`setup_both`.
        """
        return run(self._set_up_destination(source_key_id, destination_bucket))

    def setup_source(
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

        ``destination_bucket``, ``prefix``, ``name``, ``priority``, ``include_existing_files`` and the errors are as in
        :meth:`setup_both`.

        :param source_bucket: whose files are replicated.
        :param source_key: an application key that may read them.
        """
        return run(
            self._set_up_source(
                source_bucket, source_key, destination_bucket, prefix, name, priority, include_existing_files
            )
        )

    @staticmethod
    async def _perform(call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    @classmethod
    def _get_source_key(
        cls,
        source_bucket: Bucket,
        prefix: str,  # noqa: ARG003  # for those who override this
        current_replication_configuration: ReplicationConfiguration,
    ) -> Key:
        return run(cls._find_source_key(source_bucket, current_replication_configuration))

    @classmethod
    def _get_destination_key(cls, api: KeyApi, destination_bucket: Bucket) -> Key:
        return run(cls._find_destination_key(api, destination_bucket))
