"""What a browser brings from pages of others is refused where nothing else would stop it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme

from b2sdk.simulator import Identity, SimulatorServer
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.server.visitors import SANDBOX, HostNames, check_own_page

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, OverHttp, Speak

FAULT = {"on": "*", "status": 503, "code": "busy"}
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/", None),
    ("HEAD", "/", None),
    ("GET", "/journal", None),
    ("POST", "/faults", FAULT),
    ("POST", "/wire-faults", {"on": "*", "kind": "stall"}),
    ("POST", "/clock", {"advanceMs": 1}),
    ("POST", "/caps", {"classC": 0}),
    ("POST", "/reset", None),
)
AUTHORIZE = "/b2api/v4/b2_authorize_account"


def ask(service: OverHttp, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
    text = b"" if body is None else json.dumps(body).encode()
    return service.send(method, path, {"Content-Type": "text/plain", **headers}, text)


def own_host(server: SimulatorServer) -> str:
    return urlsplit(server.url).netloc


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8180"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "93.184.216.34"},
        {"Host": "0.0.0.0"},  # noqa: S104  # which some systems take for this machine
        {"Host": "[::2]:80"},
        {"Host": "[evil"},
        {"Host": ""},
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_control_routes_and_page_refuse_the_pages_of_others_before_they_do_anything(
    http_service: OverHttp, server: SimulatorServer, headers: dict[str, str]
) -> None:
    http_service.bucket()
    cloud, ahead = server.cloud, server.clock.ahead
    for method, path, body in ROUTES:
        answer = ask(http_service, method, path, body, headers)
        assert answer.status == 403, (method, path)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (server.cloud, server.clock.ahead, server.cloud.meter.caps.class_c) == (cloud, ahead, None)
    assert server.faults.take("b2_list_buckets") == (None, None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "localhost"},
        {"Host": "LOCALHOST.:8180"},
        {"Host": "b2.localhost:8180"},
        {"Host": "127.0.0.2:8180"},
        {"Host": "[::1]:8180"},
        {"Host": "b2.test"},
        {"Host": "localhost:8180", "Origin": "http://localhost:8180"},
    ],
)
def test_programs_and_pages_of_its_own_are_served(http_service: OverHttp, headers: dict[str, str]) -> None:
    for method, path, body in ROUTES:
        assert ask(http_service, method, path, body, headers).status == 200, (method, path)


def test_nothing_of_a_control_route_is_for_another_page(http_service: OverHttp) -> None:
    for path in ("/", "/journal"):
        headers = http_service.send("GET", path, {}).headers
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


def test_a_preflight_of_a_control_route_allows_nothing(http_service: OverHttp) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for _, path, _ in ROUTES[2:]:
        answer = http_service.send("OPTIONS", path, asked)
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers


def test_who_came_by_a_name_of_their_own_gets_no_token(http_service: OverHttp, server: SimulatorServer) -> None:
    credentials = b64encode(f"{server.key_id}:{server.key}".encode()).decode()
    for method in ("GET", "POST"):
        answer = http_service.send(method, AUTHORIZE, {"Authorization": f"Basic {credentials}", "Host": "evil.example"})
        assert answer.refusal == (403, "wrong_host")
        assert "--allow-host" in answer.json["message"]
    assert server.cloud.state.tokens == {}
    assert [entry.status for entry in server.journal.entries] == [403, 403]


def test_calls_with_a_token_and_public_downloads_are_served_under_any_name(http_service: OverHttp) -> None:
    bucket_id = http_service.bucket(bucketType="allPublic")
    http_service.uploaded(bucket_id, "name", b"content")
    host = {"Host": "files.example", "Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}
    assert http_service.download("/file/my-bucket/name", host, token=None).body == b"content"
    listing = {"Authorization": http_service.token, **host}
    assert http_service.send("GET", f"/b2api/v4/b2_list_file_names?bucketId={bucket_id}", listing).status == 200


def test_the_rules_of_a_bucket_say_which_pages_see_its_files(http_service: OverHttp) -> None:
    rule = {
        "corsRuleName": "pages-of-mine",
        "allowedOrigins": ["https://app.example"],
        "allowedOperations": ["b2_download_file_by_name"],
        "maxAgeSeconds": 60,
    }
    http_service.uploaded(http_service.bucket(corsRules=[rule]), "name")
    page = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    answer = http_service.download("/file/my-bucket/name", page)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "https://app.example")
    assert "content-security-policy" not in answer.headers


def test_a_stored_page_that_a_browser_opens_does_not_share_the_origin_of_the_control_routes(speak: Speak) -> None:
    for control_port, expected in ((None, SANDBOX), (0, None)):
        with SimulatorServer(control_port=control_port) as server, speak(server) as service:
            service.uploaded(service.bucket(), "page.html", b"<script>", content_type="text/html")
            opened = service.download("/file/my-bucket/page.html", {"Sec-Fetch-Mode": "navigate"})
            fetched = service.download("/file/my-bucket/page.html")
            assert opened.headers.get("content-security-policy") == expected
            assert "content-security-policy" not in fetched.headers


def test_a_control_port_of_its_own_is_guarded_the_same(speak: Speak) -> None:
    with SimulatorServer(control_port=0) as server, speak(server) as service:
        control = type(service)(server, _connection(server.control_url))
        assert ask(control, "POST", "/reset", None, {"Origin": "https://evil.example"}).status == 403
        assert ask(control, "GET", "/journal", None, {"Host": "evil.example"}).status == 403
        assert ask(control, "GET", "/journal", None, {}).status == 200
        control._connection.close()


def _connection(url: str) -> HTTPConnection:
    address = urlsplit(url)
    return HTTPConnection(address.hostname or "", address.port, timeout=10)


def test_the_names_of_a_certificate_of_ones_own_are_known(tmp_path: Path) -> None:
    chain = trustme.CA().issue_cert("api.b2.test", "*.files.test", "127.0.0.1").private_key_and_cert_chain_pem
    chain.write_to_path(str(tmp_path / "chain.pem"))
    assert Identity(tmp_path / "chain.pem").names() == ["api.b2.test", "*.files.test", "127.0.0.1"]


def is_known(names: HostNames, host: str) -> bool:
    try:
        names.check({"host": host})
    except Refusal:
        return False
    return True


@pytest.mark.parametrize(
    ("bound", "names", "host", "known"),
    [
        ("127.0.0.1", ["api.b2.test"], "api.b2.test:443", True),
        ("127.0.0.1", ["api.b2.test"], "API.B2.test.", True),
        ("127.0.0.1", ["api.b2.test"], "b2.test", False),
        ("127.0.0.1", ["*.b2.test"], "api.b2.test", True),
        ("127.0.0.1", ["*.b2.test"], "very.api.b2.test", False),
        ("127.0.0.1", ["*.b2.test"], "b2.test", False),
        ("127.0.0.1", [], "192.168.1.5", False),
        ("0.0.0.0", [], "192.168.1.5:8180", True),  # noqa: S104  # which is what is asked about
        ("::", [], "[fe80::1]:8180", True),
        ("::", [], "localhost", True),
        ("0.0.0.0", [], "b2", False),  # noqa: S104  # as above
        ("0.0.0.0", ["b2"], "b2:8180", True),  # noqa: S104  # as above
        ("build-host.test", [], "build-host.test:8180", True),
        ("build-host.test", [], "evil.example", False),
    ],
)
def test_a_name_is_known_if_it_was_told_and_an_address_if_the_server_is_reached_by_it(
    bound: str, names: list[str], host: str, known: bool
) -> None:
    assert is_known(HostNames(bound, names), host) is known


def test_who_sends_no_host_is_no_browser() -> None:
    HostNames("127.0.0.1").check({})
    check_own_page({})


def test_beyond_this_machine_logging_in_needs_no_known_name_because_no_stranger_knows_the_key(speak: Speak) -> None:
    with SimulatorServer(host="0.0.0.0", key_id="mine", key="secret") as server, speak(server) as service:  # noqa: S104  # which is what is asked about
        credentials = b64encode(b"mine:secret").decode()
        asked = {"Authorization": f"Basic {credentials}", "Host": "b2"}
        assert service.send("GET", AUTHORIZE, asked).status == 200
        assert service.send("GET", "/journal", {"Host": "b2"}).status == 403
