"""Redis behind a Sentinel that makes a replica the master while account state is used."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest
from redis import Redis, Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from tests.integrations.stores import Make, redis_account_infos
from tests.outages.conftest import Fleet, meet_outage
from tests.outages.servers import LOOPBACK, Server, redis, sentinel, wait_until

from b2sdk.integrations.shared_account_info import OnOutage

NAME = "the-master"


class Pair(NamedTuple):
    """A master and its replica, whichever is which, and who decides that."""

    servers: list[Server]
    watching: Server

    def connect(self) -> Redis:
        sentinels: Any = Sentinel([(LOOPBACK, self.watching.port)], socket_timeout=1.0)  # type: ignore[no-untyped-call]
        client: Redis = sentinels.master_for(NAME, socket_timeout=1.0, retry=Retry(NoBackoff(), 0))
        return client

    def ask(self, server: Server, *command: str) -> Any:
        with Redis(host=LOOPBACK, port=server.port, decode_responses=True, retry=Retry(NoBackoff(), 0)) as client:
            return client.execute_command(*command)

    def master(self) -> Server:
        _address, port = self.ask(self.watching, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        return next(server for server in self.servers if server.port == int(port))

    def is_well(self) -> bool:
        """Whether the Sentinel knows of a replica that has all that the master has."""
        try:
            (known,) = self.ask(self.watching, "SENTINEL", "REPLICAS", NAME)
        except (RedisError, ValueError):
            return False
        return "down" not in known["flags"] and known["master-link-status"] == "ok"

    def is_served(self) -> bool:
        """Whether a client finds a master: it looks for one that the Sentinel does not take to be down."""
        try:
            with self.connect() as client:
                return bool(client.ping())
        except RedisError:
            return False


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        first = stack.enter_context(redis("--repl-diskless-sync-delay 0"))
        second = stack.enter_context(redis("--repl-diskless-sync-delay 0", f"--replicaof {LOOPBACK} {first.port}"))
        pair = Pair([first, second], stack.enter_context(sentinel(first, NAME)))
        wait_until(pair.is_well, "the Sentinel finds no replica")
        yield pair


@pytest.fixture
def make(pair: Pair) -> Iterator[Make]:
    with redis_account_infos(pair.connect) as make:
        yield make


@contextmanager
def killed(pair: Pair) -> Iterator[None]:
    """The replica takes over when the Sentinel has noticed."""
    master = pair.master()
    with Redis(host=LOOPBACK, port=master.port) as client:
        client.wait(1, 1000)
    master.stop(signal.SIGKILL)
    yield
    wait_until(pair.is_served, "nobody takes over")


@contextmanager
def demoted(pair: Pair) -> Iterator[None]:
    """The Sentinel tells where a master was."""
    master = pair.master()
    pair.ask(master, "REPLICAOF", LOOPBACK, "1")
    yield
    pair.ask(master, "REPLICAOF", "NO", "ONE")


OUTAGES: list[tuple[Callable[[Pair], AbstractContextManager[None]], str]] = [
    (killed, "Connection"),
    (demoted, "Error"),
]


@pytest.mark.parametrize(("outage", "text"), OUTAGES)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_outage_is_reported_or_bridged_and_fails_no_upload(
    fleet: Fleet,
    pair: Pair,
    outage: Callable[[Pair], AbstractContextManager[None]],
    text: str,
    on_outage: OnOutage,
) -> None:
    meet_outage(fleet, on_outage, outage(pair), text)
