"""The whole service on your own machine, without any way to reach it.

What belongs here is only how the subjects are put together. The rules are in the subjects' modules; the ways in are
``raw`` and ``server``, which both go through ``protocol``.

Operations do not lock by themselves, since a response is made from several of them: code that calls one while others
may do so too holds :attr:`Cloud.lock`. The gateway does.
"""

from __future__ import annotations

import threading

from b2sdk.simulator.cloud.buckets import Buckets
from b2sdk.simulator.cloud.caps import Meter
from b2sdk.simulator.cloud.clock import Clock
from b2sdk.simulator.cloud.computers import Computers
from b2sdk.simulator.cloud.copies import Copies
from b2sdk.simulator.cloud.downloads import Downloads
from b2sdk.simulator.cloud.files import Files
from b2sdk.simulator.cloud.ids import IdSource, ServiceIds
from b2sdk.simulator.cloud.keys import Keys
from b2sdk.simulator.cloud.large_files import LargeFiles
from b2sdk.simulator.cloud.leases import Leases
from b2sdk.simulator.cloud.lifecycle import Lifecycle
from b2sdk.simulator.cloud.listing import Listing
from b2sdk.simulator.cloud.partners import Partners
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.replicas import Replicas
from b2sdk.simulator.cloud.state import State
from b2sdk.simulator.cloud.storage import Storage, TemporaryStorage


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
        """Make a cloud in which there is no account yet.

        :param clock: its time; without it, that of this machine.
        :param ids: the source of ids and tokens; without it, they look as those of the service.
        :param policy: what it allows; without it, what the service does.
        :param storage: where content is kept; without it, in memory and in temporary files.
        """
        self.state: State = State(
            clock=clock or Clock(),
            ids=ids or ServiceIds(),
            policy=policy or Policy(),
            storage=storage or TemporaryStorage(),
        )
        self.lock: threading.RLock = self.state.lock
        """Held while an operation decides, never while bytes are moved."""
        self.clock: Clock = self.state.clock
        self.policy: Policy = self.state.policy
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
        self.partners: Partners = Partners(self.state, self.keys, self.buckets)
        self.computers: Computers = Computers(self.state)
