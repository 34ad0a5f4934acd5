"""Setting up replication with keys of this surface."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from b2sdk.bucket import Bucket
from b2sdk.replication import setup


class ReplicationSetupHelper(setup.ReplicationSetupHelper):
    @classmethod
    @override
    def _restriction_to(cls, bucket: Bucket) -> dict[str, Any]:
        return {"bucket_id": bucket.id_}
