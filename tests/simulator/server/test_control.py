from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from b2sdk.simulator import SimulatorServer, WireFault

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp


class Port:
    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=10)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        text = body if isinstance(body, str) else json.dumps(body or {})
        self.connection.request(method, path, text.encode())
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def port(server: SimulatorServer) -> Iterator[Port]:
    port = Port(server.url)
    yield port
    port.connection.close()


AUTHORIZE = "/b2api/v4/b2_authorize_account"


def test_a_fault_is_added(port: Port) -> None:
    fault = {"on": "b2_authorize_account", "status": 429, "code": "too_many_requests", "message": "slow down"}
    assert port("POST", "/faults", {**fault, "retryAfter": 3, "count": 1}) == (200, {})
    assert port("GET", AUTHORIZE) == (429, {"status": 429, "code": "too_many_requests", "message": "slow down"})
    assert port("GET", AUTHORIZE)[0] == 401


def test_the_journal_is_reported(port: Port) -> None:
    port("GET", AUTHORIZE)
    nothing = dict.fromkeys(("bucket", "fault", "name", "range", "uploadUrlId"))
    entry = {
        **nothing,
        "seq": 1,
        "endpoint": "b2_authorize_account",
        "status": 401,
        "method": "GET",
        "version": "v4",
    }
    assert port("GET", "/journal") == (200, {"entries": [entry]})


def test_the_journal_does_nothing_to_a_terminal(port: Port, http_service: OverHttp) -> None:
    http_service.uploaded(http_service.bucket(), "\x9b31mred\u202e")
    port.connection.request("GET", "/journal")
    body = port.connection.getresponse().read()
    assert body.isascii()
    assert json.loads(body)["entries"][-1]["name"] == "\x9b31mred\u202e"


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


def test_a_reset_starts_over(port: Port, server: SimulatorServer) -> None:
    with server.cloud.lock:
        server.cloud.keys.create_account()
    port("POST", "/clock", {"advanceMs": 10**9})
    port("POST", "/faults", {"on": "*", "status": 500, "code": "internal_error"})
    account_id = server.account_id
    assert port("POST", "/reset") == (200, {})
    assert port("GET", "/journal")[1] == {"entries": []}
    assert port("GET", AUTHORIZE)[0] == 401
    assert list(server.cloud.state.accounts) == [account_id]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/faults", {}, "on is required"),
        ("/faults", {"on": "b2_make_coffee"}, "on must be"),
        ("/faults", {"on": "*", "status": 200, "code": "x"}, "status out of range"),
        ("/faults", {"on": "*", "status": 500}, "code is required"),
        ("/faults", {"on": "*", "status": 500, "code": "x", "times": 3}, "times is not known"),
        ("/faults", {"on": "*", "status": 500, "code": "x", "count": 0}, "count out of range"),
        ("/faults", "no json", "not valid JSON"),
        ("/faults", "[]", "must be a JSON object"),
        ("/wire-faults", {"on": "*", "kind": "nonsense"}, "kind must be one of"),
        ("/wire-faults", {"on": "*", "kind": "stall", "ms": "x"}, "ms must be an integer"),
        ("/wire-faults", {"on": "*", "kind": "stall", "afterBytes": -1}, "afterBytes out of range"),
        ("/clock", {"advanceMs": -1}, "advanceMs out of range"),
        ("/clock", {}, "advanceMs is required"),
        ("/caps", {"storage": "much"}, "storage must be an integer"),
        ("/caps", {"classA": 1}, "classA is not known"),
    ],
)
def test_a_malformed_request_is_reported_what_is_wrong(port: Port, path: str, body: Any, said: str) -> None:
    status, answer = port("POST", path, body)
    assert status == 400
    assert said in answer["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/faults"), ("POST", "/journal"), ("PUT", "/reset")])
def test_a_control_route_takes_its_own_method_alone(port: Port, method: str, path: str) -> None:
    assert port(method, path)[0] == 405


def test_the_journal_names_the_upload_url_that_was_given_out_and_used(http_service: OverHttp, port: Port) -> None:
    bucket_id = http_service.bucket()
    for name in ("a", "b"):
        http_service.uploaded(bucket_id, name)
    entries = port("GET", "/journal")[1]["entries"]
    urls = [(entry["endpoint"], entry["uploadUrlId"]) for entry in entries if entry["uploadUrlId"]]
    (minted, first), (used, same), (_, second), _ = urls
    assert (minted, used) == ("b2_get_upload_url", "b2_upload_file")
    assert first == same != second


def test_the_journal_says_what_was_injected(port: Port) -> None:
    port("POST", "/faults", {"on": "b2_authorize_account", "status": 500, "code": "internal_error"})
    port("POST", "/wire-faults", {"on": "b2_list_buckets", "kind": "stall", "ms": 1})
    for path in (AUTHORIZE, "/b2api/v4/b2_list_buckets", AUTHORIZE):
        port("GET", path)
    entries = port("GET", "/journal")[1]["entries"]
    assert [entry["fault"] for entry in entries] == ["injected", "stall", None]


def test_the_journal_has_calls_alone(port: Port) -> None:
    for path in ("/favicon.ico", "/nonsense", "/caps"):
        port("GET", path)
    assert port("GET", "/journal")[1] == {"entries": []}


def test_wire_faults_are_given_in_milliseconds(port: Port, server: SimulatorServer) -> None:
    port("POST", "/wire-faults", {"on": "*", "kind": "slow", "ms": 1500, "count": 2, "skip": 1, "afterBytes": 7})
    port("POST", "/wire-faults", {"on": "*", "kind": "truncate"})
    assert server.faults._wire == [
        WireFault(endpoint="*", kind="slow", seconds=1.5, count=2, skip=1, after_bytes=7),
        WireFault(endpoint="*", kind="truncate", seconds=1.0),
    ]


def test_a_control_port_of_its_own_takes_the_routes_and_the_page_away_from_the_service() -> None:
    with SimulatorServer(control_port=0) as server:
        control, service = Port(server.control_url), Port(server.url)
        for path in ("/journal", "/"):
            assert service("GET", path)[0] == 404
        assert control("POST", "/faults", {"on": "*", "status": 503, "code": "busy"}) == (200, {})
        assert service("GET", AUTHORIZE)[0] == 503
        assert control("GET", AUTHORIZE)[0] == 404
        assert [entry["status"] for entry in control("GET", "/journal")[1]["entries"]] == [503]
        for port in (control, service):
            port.connection.close()


def test_what_partners_do_on_the_web_page_has_routes(port: Port, http_service: OverHttp) -> None:
    own = {"accountId": http_service.account_id}
    assert port("POST", "/partners", {**own, "suites": ["groupsApi"]}) == (200, {})
    assert sorted(http_service.authorize().json["apiInfo"]) == ["groupsApi", "storageApi"]
    assert port("POST", "/partners", {**own, "hasPhone": False}) == (200, {})
    status, group = port("POST", "/groups", {**own, "groupName": "Customers", "emailDomain": "example.com"})
    assert status == 200
    new = {"adminAccountId": http_service.account_id, **group, "memberEmail": "a@example.com"}
    assert http_service.call("b2_create_group_member", new).refusal == (401, "invalid_sms_phone")
    assert port("POST", "/partners", own) == (200, {})
    member = http_service.ok("b2_create_group_member", **new)["groupMember"]["accountId"]
    status, computer = port("POST", "/computers", {"accountId": member, "computerName": "laptop"})
    assert status == 200
    shown = http_service.cloud.state.computers[computer["computerId"]]
    assert (shown.account_id, shown.name, shown.last_upload) == (member, "laptop", None)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/partners", {"accountId": "none"}),
        ("/partners", {"suites": ["groupsApi"]}),
        ("/partners", {"accountId": "OWN", "suites": ["storageApi"]}),
        ("/partners", {"accountId": "OWN", "phone": False}),
        ("/groups", {"accountId": "OWN"}),
        ("/groups", {"accountId": "none", "groupName": "name"}),
        ("/computers", {"accountId": "OWN"}),
        ("/computers", {"accountId": "none", "computerName": "name"}),
    ],
)
def test_what_cannot_be_arranged_for_partners_is_refused(
    port: Port, http_service: OverHttp, route: str, body: dict[str, Any]
) -> None:
    given = {name: http_service.account_id if value == "OWN" else value for name, value in body.items()}
    assert port("POST", route, given)[0] == 400
    assert (http_service.cloud.state.groups, http_service.cloud.state.computers) == ({}, {})


def test_an_account_has_only_so_many_groups(port: Port, http_service: OverHttp) -> None:
    for _ in range(500):
        http_service.cloud.partners.create_group(http_service.account_id, "name")
    body = {"accountId": http_service.account_id, "groupName": "one too many"}
    assert port("POST", "/groups", body)[0] == 400
