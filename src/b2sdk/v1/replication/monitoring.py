"""Looking how far a replication is, with folders of v1."""

from __future__ import annotations

from typing import ClassVar

from b2sdk.replication import monitor
from b2sdk.v1.sync.folder import B2Folder


class ReplicationMonitor(monitor.ReplicationMonitor):
    B2_FOLDER_CLASS: ClassVar[type[B2Folder]] = B2Folder
