"""A service with a bucket that many processes share, and checks of what they did there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from tests.flows.conftest import SMALL_PARTS
from tests.processes.client import FILES, Told

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo


class Shared:
    """The service, as the tests see it."""

    def __init__(self, service: SimulatorServer, api: B2Api) -> None:
        self.service = service
        self.bucket: Any = api.create_bucket("shared", "allPrivate")
        for number in range(FILES):
            self.bucket.upload_bytes(b"%d" % number, f"there/{number}")

    def arguments(self) -> tuple[str, str, str]:
        return self.service.url, self.service.key_id, self.service.key

    def assert_right(self, told: Iterable[Told], *, urls_are_shared: bool = False) -> None:
        """Whatever was acknowledged is there, nothing else is, and no upload URL was used by two processes."""
        told = list(told)
        assert [each["failure"] for each in told if each["failure"]] == []
        acknowledged = {tuple(file) for each in told for file in each["uploaded"]}
        versions = (version for version, _ in self.bucket.ls(latest_only=False, recursive=True))
        stored = [(version.file_name, version.get_content_sha1()) for version in versions]
        assert sorted(file for file in stored if not file[0].startswith("there/")) == sorted(acknowledged)
        users: dict[str, set[int]] = {}
        for each in told:
            for process, urls in each["used"].items():
                for url in urls:
                    users.setdefault(url, set()).add(int(process))
        assert urls_are_shared or [url for url, processes in users.items() if len(processes) > 1] == []


@pytest.fixture
def shared() -> Iterator[Shared]:
    with SimulatorServer(policy=SMALL_PARTS) as service, authorized(service) as api:
        yield Shared(service, api)


@pytest.fixture
def shared_over_tls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    with SimulatorServer(policy=SMALL_PARTS, tls=True) as service:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(service.ca_file))
        with authorized(service) as api:
            yield Shared(service, api)


def authorized(service: SimulatorServer) -> B2Api:
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(service.key_id, service.key, realm=service.url)
    return api
