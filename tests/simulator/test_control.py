from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from b2sdk.simulator import SimulatorServer


class Port:
    def __init__(self, server: SimulatorServer) -> None:
        address = urlsplit(server.url)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=10)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        text = body if isinstance(body, str) else json.dumps(body or {})
        self.connection.request(method, path, text.encode())
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def port(server: SimulatorServer) -> Iterator[Port]:
    port = Port(server)
    yield port
    port.connection.close()


AUTHORIZE = "/b2api/v4/b2_authorize_account"


def test_a_fault_is_added(port: Port) -> None:
    fault = {"endpoint": "b2_authorize_account", "status": 429, "code": "too_many_requests", "message": "slow down"}
    assert port("POST", "/faults", {**fault, "retryAfter": 3, "count": 1}) == (200, {})
    assert port("GET", AUTHORIZE) == (429, {"status": 429, "code": "too_many_requests", "message": "slow down"})
    assert port("GET", AUTHORIZE)[0] == 401


def test_the_journal_is_told(port: Port) -> None:
    port("GET", AUTHORIZE)
    entry = {"seq": 1, "endpoint": "b2_authorize_account", "status": 401, "fault": None, "uploadUrlId": None}
    assert port("GET", "/journal") == (200, {"entries": [entry]})


def test_the_clock_is_advanced(port: Port, server: SimulatorServer) -> None:
    before = server.clock.now()
    status, answer = port("POST", "/clock", {"advanceMs": 86_400_000})
    assert status == 200
    assert answer["nowMs"] - before >= 86_400_000


def test_caps_are_set_and_lifted(port: Port, server: SimulatorServer) -> None:
    assert port("POST", "/caps", {"classC": 0})[0] == 200
    assert port("GET", AUTHORIZE)[1]["code"] == "transaction_cap_exceeded"
    assert port("POST", "/caps", {})[0] == 200
    assert server.cloud.meter.caps.class_c is None


def test_a_reset_begins_anew(port: Port, server: SimulatorServer) -> None:
    with server.cloud.lock:
        server.cloud.keys.create_account()
    port("POST", "/clock", {"advanceMs": 10**9})
    port("POST", "/faults", {"endpoint": "*", "status": 500, "code": "internal_error"})
    account_id = server.account_id
    assert port("POST", "/reset") == (200, {})
    assert port("GET", "/journal")[1] == {"entries": []}
    assert port("GET", AUTHORIZE)[0] == 401
    assert list(server.cloud.state.accounts) == [account_id]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/faults", {}, "endpoint is required"),
        ("/faults", {"endpoint": "b2_make_coffee"}, "endpoint must be"),
        ("/faults", {"endpoint": "*", "status": 200, "code": "x"}, "status out of range"),
        ("/faults", {"endpoint": "*", "status": 500}, "code is required"),
        ("/faults", {"endpoint": "*", "status": 500, "code": "x", "times": 3}, "times is not known"),
        ("/faults", {"endpoint": "*", "status": 500, "code": "x", "count": 0}, "count out of range"),
        ("/faults", "no json", "not valid JSON"),
        ("/faults", "[]", "must be a JSON object"),
        ("/wire-faults", {"endpoint": "*", "kind": "nonsense"}, "kind must be one of"),
        ("/wire-faults", {"endpoint": "*", "kind": "stall", "seconds": "x"}, "seconds must be a number"),
        ("/wire-faults", {"endpoint": "*", "kind": "stall", "afterBytes": -1}, "afterBytes out of range"),
        ("/clock", {"advanceMs": -1}, "advanceMs out of range"),
        ("/clock", {}, "advanceMs is required"),
        ("/caps", {"storage": "much"}, "storage must be an integer"),
        ("/caps", {"classA": 1}, "classA is not known"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(port: Port, path: str, body: Any, said: str) -> None:
    status, answer = port("POST", path, body)
    assert status == 400
    assert said in answer["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/faults"), ("POST", "/journal"), ("PUT", "/reset")])
def test_a_control_route_takes_its_own_method_alone(port: Port, method: str, path: str) -> None:
    assert port(method, path)[0] == 405
