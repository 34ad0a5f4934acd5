"""A cluster of Redis whose slots move, are served by nobody, or whose node dies while account state is used."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest
from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import RedisError
from redis.retry import Retry
from tests.integrations.stores import Make, redis_account_infos
from tests.outages.conftest import CONTENT, Fleet, info_of, meet_outage
from tests.outages.servers import LOOPBACK, Server, redis, wait_until

from b2sdk.integrations.shared_account_info import OnOutage
from b2sdk.v3 import Bucket

SLOTS = 16384
NODES = 3


class Node(NamedTuple):
    server: Server
    client: Any
    id: str


class Cluster(NamedTuple):
    """Three masters without replicas."""

    nodes: list[Node]

    def connect(self) -> RedisCluster:
        return RedisCluster(
            host=LOOPBACK, port=self.nodes[0].server.port, socket_timeout=1.0, retry=Retry(NoBackoff(), 1)
        )

    def owner_and_other(self, slot: int) -> tuple[Node, Node]:
        """Return the node that has the slot, and another one."""
        mine = [node for node in self.nodes if slot in slots_of(node)]
        others = [node for node in self.nodes if slot not in slots_of(node)]
        return mine[0], others[0]

    def is_well(self) -> bool:
        try:
            return all(
                node.client.cluster("INFO")["cluster_state"] == "ok" and len(node.client.cluster("NODES")) == NODES
                for node in self.nodes
            )
        except RedisError:
            return False


def slots_of(node: Node) -> set[int]:
    found = next(each for each in node.client.cluster("NODES").values() if "myself" in each["flags"])
    return {slot for ends in found["slots"] for slot in range(int(ends[0]), int(ends[-1]) + 1)}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        nodes = []
        for _ in range(NODES):
            server = stack.enter_context(
                redis("--cluster-enabled yes", "--cluster-node-timeout 1000", "--appendonly yes")
            )
            client: Any = stack.enter_context(Redis(host=LOOPBACK, port=server.port, decode_responses=True))
            nodes.append(Node(server, client, client.cluster("MYID")))
        step = SLOTS // NODES + 1
        for number, node in enumerate(nodes):
            node.client.cluster("ADDSLOTSRANGE", number * step, min((number + 1) * step, SLOTS) - 1)
            node.client.cluster("SET-CONFIG-EPOCH", number + 1)
            nodes[0].client.cluster("MEET", LOOPBACK, node.server.port)
        cluster = Cluster(nodes)
        wait_until(cluster.is_well, "the cluster does not form")
        yield cluster


@pytest.fixture
def make(cluster: Cluster) -> Iterator[Make]:
    with redis_account_infos(cluster.connect) as make:
        yield make


def slot_of(bucket: Bucket) -> int:
    prefix: str = info_of(bucket)._store._prefix  # type: ignore[attr-defined]  # of RedisStore
    return key_slot(prefix.encode())


def keys_in(node: Node, slot: int) -> list[str]:
    keys: list[str] = node.client.cluster("GETKEYSINSLOT", slot, 1000)
    return keys


def move(source: Node, target: Node, keys: list[str]) -> None:
    for key in keys:
        source.client.migrate(LOOPBACK, target.server.port, key, 0, 5000)


def give(cluster: Cluster, slot: int, owner: Node) -> None:
    for node in (owner, *(node for node in cluster.nodes if node is not owner)):
        node.client.cluster("SETSLOT", slot, "NODE", owner.id)


@contextmanager
def half_moved(cluster: Cluster, slot: int) -> Iterator[None]:
    """Some keys of a script are here and some are there: ``TRYAGAIN``."""
    source, target = cluster.owner_and_other(slot)
    target.client.cluster("SETSLOT", slot, "IMPORTING", source.id)
    source.client.cluster("SETSLOT", slot, "MIGRATING", target.id)
    keys = sorted(keys_in(source, slot))
    move(source, target, [key for key in keys if key.endswith(":state")])
    yield
    move(source, target, keys_in(source, slot))
    give(cluster, slot, target)


@contextmanager
def sent_in_circles(cluster: Cluster, slot: int) -> Iterator[None]:
    """Who has the slot asks to ask another, who knows nothing of it: "TTL exhausted"."""
    source, target = cluster.owner_and_other(slot)
    source.client.cluster("SETSLOT", slot, "MIGRATING", target.id)
    target.client.cluster("SETSLOT", slot, "IMPORTING", source.id)
    keys = keys_in(source, slot)
    move(source, target, keys)
    target.client.cluster("SETSLOT", slot, "STABLE")
    yield
    give(cluster, slot, target)


@contextmanager
def served_by_nobody(cluster: Cluster, slot: int) -> Iterator[None]:
    source, _target = cluster.owner_and_other(slot)
    for node in cluster.nodes:
        node.client.config_set("cluster-allow-reads-when-down", "no")
        node.client.cluster("DELSLOTS", slot)
    wait_until(lambda: source.client.cluster("INFO")["cluster_state"] == "fail", "the cluster is up")
    yield
    source.client.cluster("ADDSLOTS", slot)
    wait_until(cluster.is_well, "the cluster stays down")


@contextmanager
def node_gone(cluster: Cluster, slot: int) -> Iterator[None]:
    source, _target = cluster.owner_and_other(slot)
    source.server.stop(signal.SIGKILL)
    yield
    source.server.start()
    wait_until(cluster.is_well, "the cluster stays down")


OUTAGES: list[tuple[Callable[[Cluster, int], AbstractContextManager[None]], str]] = [
    (half_moved, "TTL exhausted"),
    (sent_in_circles, "TTL exhausted"),
    (served_by_nobody, "All slots are not covered"),
    (node_gone, "onnection"),
]


@pytest.mark.parametrize(("outage", "text"), OUTAGES)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_outage_is_reported_or_bridged_and_fails_no_upload(
    fleet: Fleet,
    cluster: Cluster,
    outage: Callable[[Cluster, int], AbstractContextManager[None]],
    text: str,
    on_outage: OnOutage,
) -> None:
    slot = slot_of(fleet.member())
    meet_outage(fleet, on_outage, outage(cluster, slot), text)


def test_a_slot_that_moves_is_followed(fleet: Fleet, cluster: Cluster) -> None:
    bucket = fleet.member()
    slot = slot_of(bucket)
    for number in range(NODES):
        source, target = cluster.owner_and_other(slot)
        target.client.cluster("SETSLOT", slot, "IMPORTING", source.id)
        source.client.cluster("SETSLOT", slot, "MIGRATING", target.id)
        move(source, target, keys_in(source, slot))
        bucket.upload_bytes(CONTENT, f"asked for elsewhere {number}")
        give(cluster, slot, target)
        bucket.upload_bytes(CONTENT, f"moved {number}")
    assert all(fleet.stored(f"moved {number}") == 1 for number in range(NODES))
