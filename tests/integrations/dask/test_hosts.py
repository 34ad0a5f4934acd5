"""Two hosts with addresses of their own, which are network namespaces of Linux: what they say goes over a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import distributed
import pytest
from sqlalchemy import create_engine
from tests.flows.synced import make, tree

from b2sdk.integrations.dask import Fleet
from b2sdk.integrations.sql_tables import create_account_tables
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

HERE = "10.177.0.1"
HOSTS = {"b2sdk-host-a": "10.177.0.2", "b2sdk-host-b": "10.177.0.3"}
FILES = 2000
is_possible = bool(os.environ.get("B2SDK_LONG_TESTS")) and shutil.which("ip") is not None and os.geteuid() == 0
pytestmark = pytest.mark.skipif(not is_possible, reason="only with B2SDK_LONG_TESTS, as root, and with `ip netns`")


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@pytest.fixture
def hosts() -> Iterator[None]:
    with ExitStack() as stack:
        ip("link", "add", "b2sdk-bridge", "type", "bridge")
        stack.callback(ip, "link", "del", "b2sdk-bridge")
        ip("addr", "add", f"{HERE}/24", "dev", "b2sdk-bridge")
        ip("link", "set", "b2sdk-bridge", "up")
        for name, address in HOSTS.items():
            end = f"b2sdk-{name[-1]}"
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
            ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", end, "master", "b2sdk-bridge", "up")
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield


def has_worked(dask_worker: Any) -> bool:
    """Whether a worker has made a client."""
    (plugin,) = (one for name, one in dask_worker.plugins.items() if name.startswith("b2sdk-"))
    return plugin._api is not None


@pytest.mark.usefixtures("hosts")
def test_workers_on_two_hosts_share_the_work_and_one_authorization(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    engine = create_engine(url)
    create_account_tables(engine)
    engine.dispose()
    source = make(tmp_path / "source", [f"{number % 7}/{number:05}" for number in range(FILES)])
    with ExitStack() as stack:
        service = stack.enter_context(SimulatorServer(host=HERE, key_id="key-id-of-the-fleet", key="key-of-the-fleet"))
        cluster: Any = stack.enter_context(
            distributed.LocalCluster(n_workers=0, host=HERE, processes=True, dashboard_address=":0")
        )
        client = stack.enter_context(distributed.Client(cluster))
        account = {"B2_ACCOUNT_INFO_URL": url, "B2_APPLICATION_KEY_ID": service.key_id}
        account |= {"B2_APPLICATION_KEY": service.key, "B2_ENVIRONMENT": service.url}
        for name, address in HOSTS.items():
            worker = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--host", address]
            worker += ["--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path / name)]
            process = subprocess.Popen(["ip", "netns", "exec", name, *worker], env=os.environ | account)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        client.wait_for_workers(2, timeout=120)
        assert {address.split("/")[-1].split(":")[0] for address in client.nthreads()} == set(HOSTS.values())
        api = stack.enter_context(B2Api(InMemoryAccountInfo()))
        api.authorize_account(service.key_id, service.key, realm=service.url)
        api.create_bucket("bucket-of-the-fleet", "allPrivate")
        fleet = stack.enter_context(Fleet(client, files_per_range=300))
        started = time.monotonic()
        folders = [str(source), "b2://bucket-of-the-fleet/a", "b2://bucket-of-the-fleet/b", str(tmp_path / "down")]
        for ways in pairwise(folders):
            report = fleet.sync(*ways).complete()
            assert report.is_complete
            assert report.count(outcome="done") == FILES
            print(ways, report.ranges, report.counts, round(time.monotonic() - started, 1))  # noqa: T201  # with -s
        assert tree(tmp_path / "down") == tree(source)
        verified = fleet.verify(str(source), "b2://bucket-of-the-fleet/b").complete()
        assert verified.counts == {("file", "verified"): FILES}
        assert client.run(has_worked) == dict.fromkeys(client.nthreads(), True), "each of them has had something to do"
        endpoints = [entry.endpoint for entry in service.journal.entries]
        assert endpoints.count("b2_authorize_account") == 2, "one for all workers, and one of this process"
