"""Setting up replication with keys of this surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from b2sdk.replication import setup
from b2sdk.replication.setup_flow import ReplicatedBucket as _AnyBucket

if TYPE_CHECKING:
    from b2sdk.v2.bucket import Bucket
    from b2sdk.v2.inherited import parameters_of


class ReplicationSetupHelper(setup.ReplicationSetupHelper):
    if TYPE_CHECKING:  # what is inherited returns the classes of this surface

        @parameters_of(setup.ReplicationSetupHelper.setup_both)
        def setup_both(self) -> tuple[Bucket, Bucket]: ...
        @parameters_of(setup.ReplicationSetupHelper.setup_destination)
        def setup_destination(self) -> Bucket: ...
        @parameters_of(setup.ReplicationSetupHelper.setup_source)
        def setup_source(self) -> Bucket: ...

    @classmethod
    @override
    def _restriction_to(cls, bucket: _AnyBucket) -> dict[str, Any]:
        return {"bucket_id": bucket.id_}
