"""Whole fleets: processes that share a store, against a service over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.integrations.stores import SERVERS, STORES, Make, account_infos_on, url_of

from b2sdk.simulator import SimulatorServer
from b2sdk.testing.children import Child, results
from b2sdk.v3 import B2Api

FLEET = Path(__file__).parents[2] / "benchmarks" / "fleet.py"
PROCESSES = 8
THREADS = 8
DAY_MS = 24 * 60 * 60 * 1000


def authorizations(service: SimulatorServer) -> int:
    return [entry.endpoint for entry in service.journal.entries].count("b2_authorize_account")


def test_one_expiry_noticed_by_a_whole_fleet_is_one_authorization(
    make_account_info: Make, service: SimulatorServer
) -> None:
    with B2Api(make_account_info()) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        api.create_bucket("bucket-of-the-fleet", "allPrivate")
        for expiry in (1, 2):
            service.clock.advance(DAY_MS)
            children = [Child(lambda: list_with_threads(make_account_info)) for _ in range(PROCESSES)]
            answers = [answer for result in results(children) for answer in result]
            assert answers == [["bucket-of-the-fleet"]] * PROCESSES * THREADS
            assert authorizations(service) == 1 + expiry
        assert [bucket.name for bucket in api.list_buckets()] == ["bucket-of-the-fleet"]
        assert authorizations(service) == 3


def list_with_threads(make_account_info: Make) -> list[list[str | None]]:
    with B2Api(make_account_info()) as api, ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda _: [bucket.name for bucket in api.list_buckets()], range(THREADS)))


def test_a_fleet_that_starts_is_one_authorization(make_account_info: Make, service: SimulatorServer) -> None:
    def start() -> str:
        info = make_account_info()
        with B2Api(info) as api, info.renewing():
            if not info.is_same_key(service.key_id, service.url):
                api.authorize_account(service.key_id, service.key, realm=service.url)
            return info.get_account_auth_token()

    tokens = set(results([Child(start) for _ in range(PROCESSES)]))
    assert len(tokens) == 1
    assert authorizations(service) == 1


def test_workers_hand_an_upload_url_to_each_other(make_account_info: Make, service: SimulatorServer) -> None:
    first, second = B2Api(make_account_info()), B2Api(make_account_info())
    with first, second:
        first.authorize_account(service.key_id, service.key, realm=service.url)
        first.create_bucket("bucket-of-the-fleet", "allPrivate")
        for number, api in enumerate([first, second, first, second]):
            api.get_bucket_by_name("bucket-of-the-fleet").upload_bytes(b"content", f"file-{number}")
    endpoints = [entry.endpoint for entry in service.journal.entries]
    assert endpoints.count("b2_get_upload_url") == 1
    assert endpoints.count("b2_list_buckets") == 0


@pytest.mark.parametrize("server", SERVERS)
def test_what_a_fleet_was_told_to_be_done_is_there_once_while_processes_die(server: str) -> None:
    options = ["--json", "--files", "30", "--processes", "2", "--die-after", "6"]
    finished = subprocess.run(
        [sys.executable, FLEET, *options, url_of(server)], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    told: dict[str, Any] = json.loads(finished.stdout)
    assert told["killed"] == 4, "each of the two dies after 6 files, and after 12"
    assert told["acknowledged"] == 30
    assert told["acknowledged_not_stored_once"] == 0
    assert told["refused_uploads"] == 0
    assert told["authorizations"] <= 2, "the first one, and one for the expiry in the middle"
    assert told["upload_urls"] <= 4 + 2 * 2, "one for each that was lost, and each process has one at a time"


@pytest.mark.parametrize("store", STORES)
def test_an_upload_whose_url_cannot_be_given_back_has_succeeded(
    store: str, service: SimulatorServer, tmp_path: Path
) -> None:
    with account_infos_on(store, tmp_path) as make, B2Api(make()) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("bucket-of-the-fleet", "allPrivate")
        shared = api.account_info._store  # type: ignore[attr-defined]  # what is shared

        def fail(*_arguments: Any) -> None:
            raise shared.unavailable[0]("gone", None, Exception())

        shared.put_url = fail
        assert bucket.upload_bytes(b"content", "file").size == 7
    assert [entry.endpoint for entry in service.journal.entries].count("b2_upload_file") == 1
