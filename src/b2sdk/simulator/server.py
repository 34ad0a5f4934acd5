"""Door two: the service over HTTP, for any client in any language.

What belongs here is the life of the server: what it is made of, where it listens, how it begins and ends. It runs in a
thread of its own, so that a test, or a program, can use it from the same process.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from b2sdk.simulator import accounts
from b2sdk.simulator.clock import Clock
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.connection import ControlDoor, ServiceDoor, Settle, listen
from b2sdk.simulator.control import Control
from b2sdk.simulator.faults import Faults, Journal
from b2sdk.simulator.loopback import is_loopback
from b2sdk.simulator.persistence import Ledger
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.tls import Identity, generated_identity
from b2sdk.simulator.webhooks import Webhooks
from b2sdk.simulator.wire import Wire

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_ACCOUNT_ID: Final = "b2b2b2b2b2b2"
DEFAULT_KEY_ID: Final = "test-key-id"
DEFAULT_KEY: Final = "test-key"


@dataclass(frozen=True)
class Credentials:
    """An account with its master key."""

    account_id: str
    key_id: str
    key: str = field(repr=False)


class SimulatorServer:
    """A running service, as a context manager::

        with SimulatorServer() as server:
            client.authorize(server.url, server.key_id, server.key)

    One account, ``account_id``, exists from the beginning; ``key_id`` and ``key`` are its master key.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        control_port: int | None = None,
        key_id: str = DEFAULT_KEY_ID,
        key: str = DEFAULT_KEY,
        account_id: str = DEFAULT_ACCOUNT_ID,
        policy: Policy | None = None,
        data: Path | None = None,
        tls: bool | Identity = False,
        deliver_events: bool = False,
    ) -> None:
        """Prepare a server.

        :param port: 0 takes a free one.
        :param control_port: where the control routes and the page are, if not beside the service; 0 takes a free one.
        :param data: a directory in which everything is kept; without it all is gone when the server stops.
        :param tls: an identity, or ``True`` for one that is made for this machine and has to be trusted: ``ca_file``.
        :param deliver_events: whether event notifications are sent to webhooks on this machine.
        :raises ValueError: everybody knows the default credentials, so they serve loopback addresses only; or
            ``data`` is in use, or holds the account with another master key.
        """
        if not is_loopback(host) and (key_id, key) == (DEFAULT_KEY_ID, DEFAULT_KEY):
            raise ValueError(f"to serve {host}, which is not a loopback address, choose a key id and a key")
        self.key_id = key_id
        self.key = key
        self.account_id = account_id
        self.ca_file: Path | None = None
        """What clients have to trust, if they do not already; known once the server has started."""
        self._host = host
        self._port = port
        self._control_port = control_port
        self._tls = tls
        self._data = data
        self._policy = replace(policy or Policy(), loopback_webhooks=deliver_events)
        self._webhooks = Webhooks() if deliver_events else None
        self.clock: Clock = Clock()
        self._ledger = None if data is None else Ledger(data)
        self.wire: Wire = Wire(self._first_cloud())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None

    # --- the cloud ---

    def _empty_cloud(self) -> Cloud:
        if self._ledger is None:
            return Cloud(clock=self.clock, policy=self._policy)
        return Cloud(clock=self.clock, policy=self._policy, ids=self._ledger.ids, storage=self._ledger.storage)

    def _first_cloud(self) -> Cloud:
        cloud = self._empty_cloud()
        if self._ledger is not None:
            self._ledger.follow(cloud)
        account = cloud.state.accounts.get(self.account_id)
        if account is None:
            return self._furnished(cloud)
        if (account.master_key.key_id, account.master_key.secret) != (self.key_id, self.key):
            if self._ledger is not None:
                self._ledger.close()
            raise ValueError(f"{self._data} holds account {self.account_id} with another key id or key")
        return self._observed(cloud)

    def _furnished(self, cloud: Cloud) -> Cloud:
        cloud.keys.create_account(self.account_id, self.key_id, self.key)
        return self._observed(cloud)

    def _observed(self, cloud: Cloud) -> Cloud:
        if self._webhooks is not None:
            self._webhooks.follow(cloud)
        return cloud

    @property
    def cloud(self) -> Cloud:
        """What is behind the door; another one after :meth:`reset`."""
        return self.wire.cloud

    @property
    def faults(self) -> Faults:
        """Failures to come."""
        return self.wire.faults

    @property
    def journal(self) -> Journal:
        """What was called."""
        return self.wire.journal

    def create_account(self) -> Credentials:
        """Return another account, which shares nothing with the first but the names of buckets."""
        with self.cloud.lock:
            account = self.cloud.keys.create_account()
        return Credentials(account.account_id, account.master_key.key_id, account.master_key.secret)

    def remove_account(self, account_id: str) -> None:
        """Remove an account with everything in it; ``KeyError`` if there is none."""
        with self.cloud.lock:
            accounts.remove(self.cloud, account_id)

    def reset(self) -> None:
        """Begin anew: one account with its master key, no buckets, no faults, no caps, the machine's time."""
        self.clock.reset()
        cloud = self._empty_cloud()
        if self._ledger is not None:
            self._ledger.follow_anew(cloud)
        self.wire.begin_anew(self._furnished(cloud))

    # --- life ---

    @property
    def url(self) -> str:
        """The origin of the service, to be given to clients as the realm; known once the server has started."""
        return self._origin(self._port)

    @property
    def control_url(self) -> str:
        """The origin of the control routes and of the page."""
        return self.url if self._control_port is None else self._origin(self._control_port)

    def _origin(self, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return when connections are accepted.

        :raises OSError: the port cannot be had, or a certificate cannot be used.
        :raises RuntimeError: the server had ended, and with that let go of its ``data``; make another.
        """
        if self._ledger is not None and self._ledger.is_closed:
            raise RuntimeError("a server with data starts once")
        started = threading.Event()
        failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(started, failures), name="b2-simulator", daemon=True)
        self._thread.start()
        started.wait()
        if failures:
            self.stop()
            raise failures[0]

    def stop(self) -> None:
        """Close all connections and wait until everything has ended; does nothing when called again."""
        if self._loop is not None and self._stopping is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        self._loop = self._thread = self._stopping = None
        if self._ledger is not None:
            self._ledger.close()

    def _run(self, started: threading.Event, failures: list[BaseException]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:  # noqa: BLE001  # handed to the thread that started the server
            failures.append(error)
        finally:
            started.set()

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            context = self._context(stack)
            settle = self._settling(stack)
            control = ControlDoor(self.wire, Control(self.wire, self.reset), settle)
            beside = control if self._control_port is None else None
            service = ServiceDoor(self.wire, beside, lambda: self.url, settle)
            self._port = await listen(stack, service.handle, self._host, self._port, context)
            if self._control_port is not None:
                self._control_port = await listen(stack, control.handle, self._host, self._control_port, context)
            if self._webhooks is not None:
                await stack.enter_async_context(self._webhooks)
            started.set()
            await self._stopping.wait()

    def _context(self, stack: contextlib.AsyncExitStack) -> ssl.SSLContext | None:
        if self._tls is False:
            return None
        identity = self._tls if isinstance(self._tls, Identity) else self._generated_identity(stack)
        self.ca_file = identity.ca
        return identity.context()

    def _generated_identity(self, stack: contextlib.AsyncExitStack) -> Identity:
        if self._data is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="b2-simulator-")))
        else:
            directory = self._data / "tls"
        return generated_identity(directory, self._host)

    def _settling(self, stack: contextlib.AsyncExitStack) -> Settle:
        """Return what an answer waits for: whatever happened before it is on disk, if it is to be at all."""
        ledger = self._ledger
        # One thread: what arrives while it writes is written together the next time.
        writer = stack.enter_context(ThreadPoolExecutor(1, "b2-simulator-ledger"))

        async def settle() -> None:
            if ledger is not None and ledger.is_behind:
                await asyncio.get_running_loop().run_in_executor(writer, ledger.commit)

        return settle
