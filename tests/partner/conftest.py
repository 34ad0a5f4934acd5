"""A partner on each client: one that blocks, over HTTP and in process, and one in an event loop."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from tests.aio.loops import watched
from tests.aio.surface import LoopThread

import b2sdk.aio.computer_backup
import b2sdk.aio.partner
from b2sdk.aio.http import AsyncHttp
from b2sdk.computer_backup import ComputerBackupApi
from b2sdk.http.client import B2Http
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.partner import PartnerApi
from b2sdk.simulator import ApiFault, Cloud, Policy, RawSimulator, SimulatorServer
from b2sdk.simulator.protocol.gateway import Gateway

CLIENTS = ["in process", "over HTTP", "asyncio"]


class FrontEnd(Protocol):
    """A way into a cloud in which one account is a partner's."""

    @property
    def gateway(self) -> Gateway: ...


class Blocking:
    """A client whose calls are awaited, as one whose calls block."""

    def __init__(self, client: Any, loop: LoopThread) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            if inspect.isasyncgen(result):
                return self._iterate(result)
            return self._loop.run(result)

        return call

    def _iterate(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(items, None)

        while (item := self._loop.run(following())) is not None:
            yield item


class Partner:
    """A partner on one kind of client."""

    def __init__(
        self,
        kind: str,
        front_end: FrontEnd,
        account: tuple[str, str, str],
        realm: str,
        config: B2HttpApiConfig,
        make: Any,
    ) -> None:
        self.kind = kind
        self.front_end = front_end
        self.account_id, self.key_id, self.key = account
        self.realm = realm
        self.config = config
        self._make = make
        self.api = self.client()
        self.authorize()
        self.backups = make("backups", self.api.session)

    def client(self, **choices: Any) -> Any:
        """Return another client that is not authorized."""
        return self._make("partner", None, **choices)

    def authorize(self, api: Any = None, **choices: Any) -> None:
        given = {"realm": self.realm, "trust_realm": self.kind == "in process", **choices}
        (api or self.api).authorize_account(self.key_id, self.key, **given)

    @property
    def cloud(self) -> Cloud:
        return self.front_end.gateway.cloud

    def group(self, name: str = "Customers", **choices: Any) -> str:
        """Return the id of a new group."""
        return self.cloud.partners.create_group(self.account_id, name, **choices).group_id

    def member(self, group_id: str, email: str) -> str:
        """Return the id of a new member's account."""
        created: str = self.api.create_group_member(group_id, email).member.account_id
        return created

    def fail(self, call: str, status: int, code: str, message: str = "", **choices: Any) -> None:
        self.front_end.gateway.faults.add(ApiFault(endpoint=call, status=status, code=code, message=message, **choices))

    def statuses(self, call: str) -> list[int | None]:
        """Return how often a call was made, with which results."""
        return [entry.status for entry in self.front_end.gateway.journal.entries if entry.endpoint == call]


def verbs_of(client: type) -> dict[str, list[str]]:
    """Return the parameters of each public method."""
    return {
        name: list(inspect.signature(value).parameters)
        for name, value in inspect.getmembers(client, inspect.isfunction)
        if not name.startswith("_")
    }


@contextmanager
def opened(kind: str, policy: Policy, server: SimulatorServer | None, **choices: Any) -> Iterator[Partner]:
    if kind == "in process":
        simulator = type("Simulator", (RawSimulator,), {"POLICY": policy})()
        account_id, key = simulator.create_account()
        simulator.cloud.partners.enable(account_id)
        config = B2HttpApiConfig(_raw_api_class=lambda _b2_http: simulator, **choices)

        def make(what: str, session: Any, **more: Any) -> Any:
            cls: Any = PartnerApi if what == "partner" else ComputerBackupApi
            return cls(session, api_config=config, **more)

        yield Partner(kind, simulator, (account_id, account_id, key), simulator.API_URL, config, make)
        return
    assert server is not None
    account = (server.account_id, server.key_id, server.key)
    config = B2HttpApiConfig(install_clock_skew_hook=False, **choices)
    if kind == "over HTTP":

        def make_blocking(what: str, session: Any, **more: Any) -> Any:
            cls: Any = PartnerApi if what == "partner" else ComputerBackupApi
            return cls(session, api_config=config, **more)

        partner = Partner(kind, server, account, server.url, config, make_blocking)
        try:
            yield partner
        finally:
            partner.api.close()
        return
    loop, clients = LoopThread(), []

    async def made(cls: Any, session: Any, **more: Any) -> Any:
        return cls(session, api_config=config, **more)

    def make_awaited(what: str, session: Any, **more: Any) -> Any:
        cls = b2sdk.aio.partner.PartnerApi if what == "partner" else b2sdk.aio.computer_backup.ComputerBackupApi
        clients.append(Blocking(loop.run(made(cls, session, **more)), loop))
        return clients[-1]

    try:
        with watched() as blocked:
            yield Partner(kind, server, account, server.url, config, make_awaited)
            for client in clients:
                client.close()
        assert blocked == []
    finally:
        loop.close()


@pytest.fixture(scope="session")
def _partner_server() -> Iterator[SimulatorServer]:
    with SimulatorServer(partner=True) as server:
        yield server


@pytest.fixture(params=CLIENTS)
def partner(request: pytest.FixtureRequest) -> Iterator[Partner]:
    """A partner without groups but the one that it has from the beginning over HTTP, on each kind of client."""
    server = None
    if request.param != "in process":
        server = request.getfixturevalue("_partner_server")
        server.reset()
        server.cloud.state.groups.clear()
    with opened(request.param, Policy(), server) as partner:
        yield partner


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits between attempts, which are recorded instead of waited."""
    recorded: list[float] = []

    async def record(_http: object, seconds: float) -> None:
        recorded.append(seconds)

    monkeypatch.setattr(AsyncHttp, "pause", record)
    monkeypatch.setattr(B2Http, "wait", lambda _http, seconds: recorded.append(seconds))
    return recorded
