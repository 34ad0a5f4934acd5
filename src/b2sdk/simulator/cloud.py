"""The whole service on one's own machine, without any way to reach it.

What belongs here is only how the subjects are put together. The rules are in the subjects' modules; the ways in are
``raw`` and ``server``, which both go through ``wire``.

Operations do not lock by themselves, since an answer is made from several of them: whoever calls one while others
may do so too holds :attr:`Cloud.lock`. The wire does.
"""

from __future__ import annotations

import threading

from b2sdk.simulator.buckets import Buckets
from b2sdk.simulator.caps import Meter
from b2sdk.simulator.clock import Clock
from b2sdk.simulator.copies import Copies
from b2sdk.simulator.downloads import Downloads
from b2sdk.simulator.files import Files
from b2sdk.simulator.ids import IdSource, ServiceIds
from b2sdk.simulator.keys import Keys
from b2sdk.simulator.large_files import LargeFiles
from b2sdk.simulator.leases import Leases
from b2sdk.simulator.lifecycle import Lifecycle
from b2sdk.simulator.listing import Listing
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.replicas import Replicas
from b2sdk.simulator.state import State
from b2sdk.simulator.storage import Storage, TemporaryStorage


class Cloud:
    """Accounts with everything in them, by subject."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        policy: Policy | None = None,
        storage: Storage | None = None,
    ) -> None:
        self.state: State = State(
            clock=clock or Clock(),
            ids=ids or ServiceIds(),
            policy=policy or Policy(),
            storage=storage or TemporaryStorage(),
        )
        self.meter: Meter = Meter(self.state.clock)
        self.keys: Keys = Keys(self.state)
        self.buckets: Buckets = Buckets(self.state)
        self.leases: Leases = Leases(self.state)
        self.files: Files = Files(self.state)
        self.large_files: LargeFiles = LargeFiles(self.state, self.files)
        self.copies: Copies = Copies(self.state, self.files, self.large_files)
        self.downloads: Downloads = Downloads(self.state, self.keys)
        self.listing: Listing = Listing(self.state)
        self.lifecycle: Lifecycle = Lifecycle(self.state, self.files)
        self.replicas: Replicas = Replicas(self.state, self.files)

    @property
    def lock(self) -> threading.RLock:
        """Held while an operation decides, never while bytes are moved."""
        return self.state.lock

    @property
    def clock(self) -> Clock:
        """The time of day."""
        return self.state.clock

    @property
    def policy(self) -> Policy:
        """What this deployment allows."""
        return self.state.policy
