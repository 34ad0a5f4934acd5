"""The service over HTTP, for any client in any language.

What belongs here is the life of the server: what it is made of, where it listens, how it begins and ends. It runs in a
thread of its own, so that a test, or a program, can use it from the same process.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

from typing_extensions import Self

from b2sdk import threads
from b2sdk.simulator.cloud import accounts
from b2sdk.simulator.cloud.clock import Clock
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.scratch import ScratchDirectory, sweep
from b2sdk.simulator.disk.persistence import Ledger
from b2sdk.simulator.protocol.gateway import FrontEnd, Gateway
from b2sdk.simulator.protocol.loopback import is_loopback
from b2sdk.simulator.server.connection import Commit, ControlFrontEnd, ServiceFrontEnd, listen
from b2sdk.simulator.server.control import Control
from b2sdk.simulator.server.tls import Identity, provide_identity
from b2sdk.simulator.server.tunnels import REAL_NAME, Tunnels
from b2sdk.simulator.server.visitors import HostNames
from b2sdk.simulator.server.webhooks import Webhooks

DEFAULT_ACCOUNT_ID: Final = "b2b2b2b2b2b2"
DEFAULT_KEY_ID: Final = "test-key-id"
DEFAULT_KEY: Final = "test-key"
DEFAULT_GROUP: Final = "test-group"
"""The name of the group that a partner has from the beginning."""
_LARGEST_PORT = 65535


@dataclass(frozen=True)
class Credentials:
    """An account with its master key."""

    account_id: str
    """The id of the account."""
    key_id: str
    """The id of its master key, the application key id that clients authorize with."""
    key: str = field(repr=False)
    """The master key, which no representation shows."""


class SimulatorServer(FrontEnd):
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
        partner: bool = False,
        policy: Policy | None = None,
        data: Path | None = None,
        tls: bool | Identity = False,
        deliver_events: bool = False,
        allow_hosts: Collection[str] = (),
        proxy_port: int | None = None,
    ) -> None:
        """Prepare a server.

        :param host: the address to listen at.
        :param port: 0 takes a free one.
        :param control_port: where the control routes and the page are, if not beside the service; 0 takes a free one.
        :param key_id: the id of the master key.
        :param key: the master key. Everybody knows the default, so with it only loopback addresses are served.
        :param account_id: the id of the account.
        :param partner: whether the account is that of a partner, with a group, ``test-group``.
        :param policy: what the service allows; without it, what B2 allows.
        :param data: a directory in which everything is kept; without it all is gone when the server stops.
        :param tls: an identity, or ``True`` for one that is made for this machine and ``allow_hosts``, and has to be
            trusted: ``ca_file``.
        :param deliver_events: whether event notifications are sent to webhooks on this machine.
        :param allow_hosts: names by which clients reach the server, besides ``localhost``, ``host`` and those of the
            certificate; ``*.example.com`` is every name one label longer.
        :param proxy_port: where to be a proxy, ``proxy_url``, through which clients that have the address of the real
            service built in reach this one; 0 takes a free port.
        :raises ValueError: everybody knows the default credentials, so they serve loopback addresses only; a port is no
            number from 0 to 65535; or ``data`` is in use, or holds the account with another master key; or there is a
            proxy, but no TLS.
        """
        if not is_loopback(host) and (key_id, key) == (DEFAULT_KEY_ID, DEFAULT_KEY):
            raise ValueError(f"to serve {host}, which is not a loopback address, choose a key id and a key")
        for number in (port, control_port or 0, proxy_port or 0):
            if not 0 <= number <= _LARGEST_PORT:
                raise ValueError(f"a port is a number from 0 to {_LARGEST_PORT}, not {number}")
        if proxy_port is not None and tls is False:
            raise ValueError("clients come through a proxy to a service that speaks TLS: choose it too (--tls)")
        self.key_id = key_id
        self.key = key
        self.account_id = account_id
        self.ca_file: Path | None = None
        """What clients have to trust, if they do not already; known once the server has started."""
        self._host = host
        self._port = port
        self._control_port = control_port
        self._proxy_port = proxy_port
        self._allow_hosts = (*allow_hosts, *([] if proxy_port is None else [REAL_NAME]))
        self._tls = tls
        self._data = data
        self._partner = partner
        policy = policy or Policy()
        self._policy = replace(policy, loopback_webhooks=True) if deliver_events else policy
        self._webhooks = Webhooks() if deliver_events else None
        self.clock: Clock = Clock()
        self._ledger = None if data is None else Ledger(data)
        self.gateway: Gateway = Gateway(self._first_cloud())
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
            return self._add_account(cloud)
        if (account.master_key.key_id, account.master_key.secret) != (self.key_id, self.key):
            if self._ledger is not None:
                self._ledger.close()
            raise ValueError(f"{self._data} holds account {self.account_id} with another key id or key")
        return self._complete(cloud)

    def _add_account(self, cloud: Cloud) -> Cloud:
        cloud.keys.create_account(self.account_id, self.key_id, self.key)
        return self._complete(cloud)

    def _complete(self, cloud: Cloud) -> Cloud:
        """Give a cloud that has the account what was asked for besides."""
        if self._partner:
            account = cloud.partners.enable(self.account_id)
            if not cloud.partners.groups_of(account):
                cloud.partners.create_group(self.account_id, DEFAULT_GROUP)
        if self._webhooks is not None:
            self._webhooks.follow(cloud)
        return cloud

    def create_account(self) -> Credentials:
        """Return another account, which shares nothing with the first but the names of buckets."""
        with self.cloud.lock:
            account = self.cloud.keys.create_account()
        return Credentials(account.account_id, account.master_key.key_id, account.master_key.secret)

    def remove_account(self, account_id: str) -> None:
        """Remove an account with its buckets, files, keys and tokens.

        :param account_id: the id of any account, also the first.
        :raises KeyError: there is no such account.
        """
        with self.cloud.lock:
            accounts.remove(self.cloud, account_id)

    def reset(self) -> None:
        """Start over: one account with its master key, no buckets, no faults, no caps, the machine's time."""
        self.clock.reset()
        cloud = self._empty_cloud()
        if self._ledger is not None:
            self._ledger.follow_afresh(cloud)
        self.gateway.start_over(self._add_account(cloud))

    # --- life ---

    @property
    def url(self) -> str:
        """The origin of the service, to be given to clients as the realm; known once the server has started."""
        return self._origin(self._port)

    @property
    def wire(self) -> Gateway:
        """Deprecated: the name of :attr:`gateway` before it had that one."""
        warnings.warn("SimulatorServer.wire is called gateway now", DeprecationWarning, stacklevel=2)
        return self.gateway

    @property
    def control_url(self) -> str:
        """The origin of the control routes and of the page."""
        return self.url if self._control_port is None else self._origin(self._control_port)

    @property
    def proxy_url(self) -> str | None:
        """What clients take as their proxy for HTTPS (``HTTPS_PROXY``); ``None`` unless there is one."""
        return None if self._proxy_port is None else f"http://{self._netloc(self._proxy_port)}"

    def _origin(self, port: int) -> str:
        return f"{'https' if self._tls else 'http'}://{self._netloc(port)}"

    def _netloc(self, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{port}"

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
        sweep()
        started = threading.Event()
        failures: list[BaseException] = []
        self._thread = threads.start(partial(self._run, started, failures), "b2-simulator")
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
            identity = self._identity(stack)
            context = None if identity is None else identity.context()
            names = HostNames(self._host, (*self._allow_hosts, *([] if identity is None else identity.names())))
            commit = self._commit_function(stack)
            control = ControlFrontEnd(self.gateway, Control(self.gateway, self.reset), commit, names)
            beside = control if self._control_port is None else None
            workers = stack.enter_context(threads.ThreadPool())
            service = ServiceFrontEnd(self.gateway, beside, lambda: self.url, commit, names, workers)
            self._port = await listen(stack, service.handle, self._host, self._port, context)
            if self._control_port is not None:
                self._control_port = await listen(stack, control.handle, self._host, self._control_port, context)
            if self._proxy_port is not None:
                self._proxy_port = await Tunnels(names, self._host, self._port).listen(
                    stack, self._host, self._proxy_port
                )
            if self._webhooks is not None:
                await stack.enter_async_context(self._webhooks)
            started.set()
            while not threads.is_ending():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), threads.WAIT_SECONDS)
                    break

    def _identity(self, stack: contextlib.AsyncExitStack) -> Identity | None:
        if self._tls is False:
            return None
        identity = self._tls if isinstance(self._tls, Identity) else self._generate_identity(stack)
        self.ca_file = identity.ca
        return identity

    def _generate_identity(self, stack: contextlib.AsyncExitStack) -> Identity:
        if self._data is None:
            scratch = ScratchDirectory()
            stack.callback(scratch.remove)
            directory = scratch.path
        else:
            directory = self._data / "tls"
        return provide_identity(directory, self._host, self._allow_hosts)

    def _commit_function(self, stack: contextlib.AsyncExitStack) -> Commit:
        """Return what a response waits for: everything that happened before it is on disk, if there is a directory."""
        ledger = self._ledger
        # One thread: what arrives while it writes is written together the next time.
        writer = stack.enter_context(threads.ThreadPool(1))

        async def commit() -> None:
            if ledger is not None and ledger.is_behind:
                await asyncio.get_running_loop().run_in_executor(writer, ledger.commit)

        return commit
