"""How far a replication is: v3's own monitor, whose buckets and versions are, for type checkers, of this surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from b2sdk.replication import monitor
    from b2sdk.v2.api import B2Api
    from b2sdk.v2.bucket import Bucket
    from b2sdk.v2.scan import B2Folder, B2Path

    class ReplicationMonitor(monitor.ReplicationMonitor):
        bucket: Bucket

        @property
        def source_api(self) -> B2Api: ...
        @property
        def source_folder(self) -> B2Folder: ...
        @property
        def destination_bucket(self) -> Bucket: ...
        @property
        def destination_folder(self) -> B2Folder: ...
        def iter_pairs(self) -> Iterator[tuple[B2Path | None, B2Path | None]]: ...

else:
    from b2sdk.replication.monitor import ReplicationMonitor

__all__ = ["ReplicationMonitor"]
