"""Redis that is stopped, starved, demoted, loading, or busy while account state is used."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry
from tests.integrations.stores import Make, redis_account_infos
from tests.outages.conftest import Fleet, meet_outage, upload_through
from tests.outages.servers import LOOPBACK, Server, redis, wait_until

from b2sdk.integrations.shared_account_info import OnOutage

FILLERS = 5000
"""Keys that make loading last."""
SECONDS = 1.0
"""For which a client waits."""


def connect(server: Server) -> Redis:
    return Redis(host=LOOPBACK, port=server.port, socket_timeout=SECONDS, retry=Retry(NoBackoff(), 0))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis("--loading-process-events-interval-bytes 1024", "--maxclients 50") as server:
        yield server


@pytest.fixture
def make(server: Server) -> Iterator[Make]:
    with redis_account_infos(lambda: connect(server)) as make:
        yield make


@contextmanager
def configured(server: Server, **values: str) -> Iterator[None]:
    """Let settings be others for a while."""
    with connect(server) as operator:
        before = operator.config_get(*(name.replace("_", "-") for name in values))
        for name, value in values.items():
            operator.config_set(name.replace("_", "-"), value)
        yield
        for name, value in before.items():
            operator.config_set(name, value)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    with connect(server) as operator:
        operator.save()
    server.stop(signal.SIGKILL)
    yield
    server.start()


@contextmanager
def stalled(server: Server) -> Iterator[None]:
    server.signal(signal.SIGSTOP)
    yield
    server.signal(signal.SIGCONT)


@contextmanager
def without_replicas(server: Server) -> Iterator[None]:
    with configured(server, min_replicas_to_write="1"):
        yield


@contextmanager
def unable_to_save(server: Server) -> Iterator[None]:
    """What is to be replaced by the dump is a folder."""
    dump = server.folder / "dump.rdb"
    dump.unlink(missing_ok=True)
    dump.mkdir()
    with configured(server, save="3600 1000000"), connect(server) as operator:
        operator.bgsave()
        wait_until(lambda: operator.info()["rdb_last_bgsave_status"] == "err", "it can save")
        yield
        dump.rmdir()
        operator.bgsave()
        wait_until(lambda: operator.info()["rdb_last_bgsave_status"] == "ok", "it cannot save")


@contextmanager
def without_memory(server: Server) -> Iterator[None]:
    with configured(server, maxmemory="1"):
        yield


@contextmanager
def demoted(server: Server) -> Iterator[None]:
    with connect(server) as operator:
        operator.replicaof(LOOPBACK, 1)
        yield
        operator.replicaof("NO", "ONE")


@contextmanager
def cut_off(server: Server) -> Iterator[None]:
    """A replica that does not tell what may be out of date."""
    with configured(server, replica_serve_stale_data="no"), demoted(server):
        yield


@contextmanager
def busy(server: Server) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(configured(server, busy_reply_threshold="1"))
        script = stack.enter_context(Redis(host=LOOPBACK, port=server.port, retry=Retry(NoBackoff(), 0)))
        operator = stack.enter_context(connect(server))
        threads = stack.enter_context(ThreadPoolExecutor(1))
        running = threads.submit(script.eval, "while true do end", 0)
        wait_until(lambda: bool(refusal(operator)), "it is not busy")
        yield
        operator.script_kill()
        assert isinstance(running.exception(), RedisError)


def refusal(client: Redis) -> RedisError | None:
    try:
        client.ping()
    except RedisError as error:
        return error
    return None


@contextmanager
def loading(server: Server) -> Iterator[None]:
    with connect(server) as operator:
        operator.mset({f"filler-{number}": "x" * 100 for number in range(FILLERS)})
        operator.save()
        server.stop(signal.SIGKILL)
        server.start("--key-load-delay", "2000")
        wait_until(lambda: isinstance(refusal(operator), BusyLoadingError), "it does not load")
        yield
        server.stop(signal.SIGKILL)
        server.start()
        wait_until(lambda: not refusal(operator), "it loads")
        operator.delete(*(f"filler-{number}" for number in range(FILLERS)))


@contextmanager
def all_clients_taken(server: Server) -> Iterator[None]:
    with connect(server) as operator, ExitStack() as taken:
        operator.client_kill_filter(_type="normal", skipme=True)
        with contextlib.suppress(RedisError):
            while True:
                taken.enter_context(connect(server)).ping()
        yield


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """The password was changed."""
    with connect(server) as operator:
        operator.config_set("requirepass", "another")
    with Redis(host=LOOPBACK, port=server.port, password="another", retry=Retry(NoBackoff(), 0)) as operator:
        operator.client_kill_filter(_type="normal", skipme=True)
        yield
        operator.config_set("requirepass", "")


OUTAGES: list[tuple[Callable[[Server], AbstractContextManager[None]], str]] = [
    (stopped, "Connection refused"),
    (stalled, "TimeoutError"),
    (without_replicas, "NOREPLICAS"),
    (unable_to_save, "MISCONF"),
    (without_memory, "OutOfMemoryError"),
    (demoted, "ReadOnlyError"),
    (cut_off, "MasterDownError"),
    (busy, "BUSY"),
    (loading, "BusyLoadingError"),
    (all_clients_taken, "max number of clients"),
    (locked, "AuthenticationError"),
]


@pytest.mark.parametrize(("outage", "text"), OUTAGES)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_outage_is_reported_or_bridged_and_fails_no_upload(
    fleet: Fleet,
    server: Server,
    outage: Callable[[Server], AbstractContextManager[None]],
    text: str,
    on_outage: OnOutage,
) -> None:
    meet_outage(fleet, on_outage, outage(server), text)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_amid_uploads_fails_none(fleet: Fleet, server: Server, by: int) -> None:
    def restart() -> None:
        for _ in range(2):
            server.stop(by)
            server.start()

    upload_through(fleet, restart)
