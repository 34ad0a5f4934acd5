"""Whole clusters: processes that work on ranges of names, against a service over HTTP; some of them die."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
import distributed
import pytest
from sqlalchemy import create_engine
from tests.flows.synced import make, stored
from tests.integrations.dask.dying import DyingApi

from b2sdk.integrations.dask import Fleet, FleetReport, FleetRun, RangeDivided, RangeFailed, RangeFinished
from b2sdk.integrations.sql_tables import create_account_tables
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo, KeepOrDeleteMode, Synchronizer
from b2sdk.values.name_range import NameRange

ROOT = Path(__file__).parents[3]
IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
FILES = 3000 if IS_LONG else 120
KILLS = 12 if IS_LONG else 1
FILES_PER_RANGE = FILES // 20
REQUESTS = FILES // (KILLS + 2)
"""Two processes that make one less do not make all that are needed."""
DELETE = Synchronizer(1, keep_days_or_delete=KeepOrDeleteMode.DELETE)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing there kills like SIGKILL")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    """Have an account in the environment of all processes that are started."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
    engine = create_engine(url)
    create_account_tables(engine)
    engine.dispose()
    with SimulatorServer() as service, pytest.MonkeyPatch.context() as patch:
        patch.setenv("B2_ACCOUNT_INFO_URL", url)
        patch.setenv("B2_APPLICATION_KEY_ID", service.key_id)
        patch.setenv("B2_APPLICATION_KEY", service.key)
        patch.setenv("B2_ENVIRONMENT", service.url)
        yield service


@pytest.fixture(scope="module")
def client(environment: SimulatorServer) -> Iterator[Any]:
    settings = {
        "distributed.scheduler.allowed-failures": 1000,
        "distributed.deploy.lost-worker-timeout": "1 hour",  # or a worker that takes longer to come back never does
        "distributed.worker.daemon": True,
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def api(environment: SimulatorServer) -> Iterator[B2Api]:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(environment.key_id, environment.key, realm=environment.url)
        yield api


@pytest.fixture
def bucket(api: B2Api) -> Iterator[Bucket]:
    bucket = api.create_bucket("bucket-of-the-fleet", "allPrivate")
    yield bucket
    for version, _ in bucket.ls(latest_only=False, recursive=True):
        version.delete()
    api.delete_bucket(bucket)


def performed(run: FleetRun) -> FleetReport:
    """Let a run end, and check that its events add up."""
    events = list(run)
    assert [event for event in events if isinstance(event, RangeFailed)] == []
    finished = [event for event in events if isinstance(event, RangeFinished)]
    limits = sorted((event.names.start, event.names.end) for event in finished)
    assert [end for _, end in limits] == [*(start for start, _ in limits[1:]), None], "there is no gap, and no overlap"
    report = run.report
    assert report == sum((event.report for event in events), FleetReport())
    assert report.attempts >= len(events)
    assert report.is_complete
    assert report.ranges == len(finished)
    return report


def versions(bucket: Bucket, folder: str) -> dict[str, int]:
    names = (version.file_name for version, _ in bucket.ls(folder, latest_only=False, recursive=True))
    return dict(Counter(name.removeprefix(folder) for name in names))


def test_what_workers_have_not_done_when_they_die_others_do(
    client: Any, environment: SimulatorServer, bucket: Bucket, tmp_path: Path
) -> None:
    names = [f"{number % 7}/{number:05}" for number in range(FILES)]
    source = make(tmp_path / "source", names)
    size = sum(map(len, names))
    folders = [f"b2://{bucket.name}/{number}" for number in range(2)]
    for number in range(10):
        stored(bucket, f"0/gone{number}")
    deaths = tmp_path / "deaths"

    def perform(endpoint: str, begin: Any, requests: int = REQUESTS) -> FleetReport:
        deaths.mkdir()
        make_api = DyingApi(str(deaths), KILLS, requests, (endpoint,))
        with Fleet(client, make_api, files_per_range=FILES_PER_RANGE) as fleet:
            report = performed(begin(fleet))
        assert len(list(deaths.iterdir())) == KILLS
        assert report.attempts > report.ranges
        shutil.rmtree(deaths)
        return report

    up = perform("b2_upload_file", lambda fleet: fleet.sync(str(source), folders[0], synchronizer=DELETE))
    assert versions(bucket, "0/") == dict.fromkeys(names, 1), "nothing is lost, and nothing doubled"
    assert up.count("upload", "done") + up.count("file", "up to date") == FILES
    assert up.count("upload", "done") >= FILES - KILLS * FILES_PER_RANGE
    across = perform("b2_copy_file", lambda fleet: fleet.copy(*folders, workers=1))
    assert versions(bucket, "1/") == dict.fromkeys(names, 1)
    assert across.count("copy", "done") + across.count("copy", "already done") == FILES
    target = str(tmp_path / "down")
    down = perform("b2_download_file", lambda fleet: fleet.sync(folders[1], target, synchronizer=DELETE))
    assert down.count("download", "done") + down.count("file", "up to date") == FILES
    verified = perform("b2_list_file_versions", lambda fleet: fleet.verify(target, folders[0]), 2)
    assert (verified.counts, verified.size) == ({("file", "verified"): FILES}, size)
    deleted = perform("b2_delete_file_version", lambda fleet: fleet.delete(folders[1], workers=1))
    assert set(deleted.counts) <= {("delete", "done"), ("delete", "already done")}
    assert versions(bucket, "1/") == {}
    endpoints = Counter(entry.endpoint for entry in environment.journal.entries)
    assert endpoints["b2_authorize_account"] == 2, "one for all workers that there have been, and one of this process"


def test_ranges_are_divided_among_the_workers_and_costs_add_up(client: Any, bucket: Bucket, tmp_path: Path) -> None:
    source = make(tmp_path, [f"{number:04}" for number in range(1100)])
    with Fleet(client, files_per_range=1000) as fleet:
        run = fleet.sync(str(source), f"b2://{bucket.name}", synchronizer=Synchronizer(2, dry_run=True))
        events = list(run)
        assert any(isinstance(event, RangeDivided) and event.parts > 1 for event in events)
        assert run.report.counts == {("upload", "would be done"): 1100}
        costs = run.report.costs.transactions
        assert set(costs) == {"b2_list_file_versions", "b2_list_buckets"}
        assert len(events) <= costs["b2_list_file_versions"] <= 3 * len(events)
        with pytest.raises(RuntimeError, match="a run can be iterated over once"):
            list(run)


def test_keys_of_tasks_say_what_is_done_and_have_no_secret(
    client: Any, environment: SimulatorServer, bucket: Bucket
) -> None:
    stored(bucket, "in/a")
    submitted: list[Any] = []

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def submit(self, *args: Any, **kwargs: Any) -> Any:
            submitted.append((args, kwargs))
            return client.submit(*args, **kwargs)

    with Fleet(Watching()) as fleet:
        fleet.delete(f"b2://{bucket.name}/in", names=NameRange("a", "c"), dry_run=True).complete()
    ((args, kwargs),) = submitted
    assert kwargs["key"][0] == "b2-delete"
    assert kwargs["key"][-1] == "a..c"
    assert environment.key not in repr((args, kwargs))


def test_a_range_that_fails_is_reported_and_a_wrong_account_too(client: Any, bucket: Bucket) -> None:
    with Fleet(client, retries=1) as fleet:
        run = fleet.sync("b2://no-such-bucket", f"b2://{bucket.name}")
        (event,) = run
        assert isinstance(event, RangeFailed)
        assert run.report.attempts == 2
        with pytest.raises(Exception, match="NonExistentBucket: No such bucket: no-such-bucket"):
            run.raise_for_failures()


def test_what_is_left_early_begins_nothing_new_and_a_closed_fleet_nothing_at_all(client: Any, bucket: Bucket) -> None:
    for number in range(30):
        stored(bucket, f"{number:02}")
    with Fleet(client, files_per_range=1) as fleet:
        run = fleet.delete(f"b2://{bucket.name}", whole_bucket=True, dry_run=True)
        for event in run:
            assert isinstance(event, RangeDivided)
            break
        assert run.report.ranges == 0
    with pytest.raises(RuntimeError, match="the fleet is closed"):
        fleet.delete(f"b2://{bucket.name}", whole_bucket=True)


def test_the_program_of_the_guide_runs(api: B2Api, tmp_path: Path) -> None:
    fences = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "cluster.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "program.py").write_text("\n".join(fences), "utf-8")
    bucket = api.create_bucket("cluster-bucket", "allPrivate")
    for number in range(3):
        stored(bucket, f"photos/{number}", b"12")
    finished = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "NameRange(start='', end=None) {('copy', 'done'): 3}" in finished.stdout
    assert "\n3 files, 6 bytes, 4 transactions of class C\n" in finished.stdout
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["photos/0", "photos/1", "photos/2"]
