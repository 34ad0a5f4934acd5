from __future__ import annotations

import gc
import hashlib
import http.client
import json
import socket
import time
from dataclasses import asdict
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.simulator.cloud.storage import FileBlob

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp, Speak


AIOHTTP_VERSION = tuple(int(number) for number in aiohttp.__version__.split(".")[:3] if number.isdecimal())
rejects_invalid_urls = pytest.mark.skipif(
    AIOHTTP_VERSION < (3, 14, 4), reason="this aiohttp ends the connection when the URL of a request is invalid"
)


def connected(server: SimulatorServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


def raw_exchange(server: SimulatorServer, request: bytes) -> bytes:
    """Send bytes, and return what comes back until the server closes or says no more for a moment."""
    with connected(server) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_a_server_serves_while_it_is_open_and_not_after() -> None:
    with SimulatorServer() as server:
        address = urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/b2api/v4/b2_authorize_account")
        assert connection.getresponse().status == 401
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        connected(server)
    server.stop()  # once more does no harm


def test_a_port_that_is_taken_is_an_os_error(server: SimulatorServer) -> None:
    with pytest.raises(OSError, match="address"):
        SimulatorServer(port=int(server.url.rpartition(":")[2])).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104  # they are refused
def test_the_default_credentials_serve_loopback_alone(host: str) -> None:
    with pytest.raises(ValueError, match="choose a key id and a key"):
        SimulatorServer(host=host)


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "localhost"])
def test_loopback_addresses_need_no_credentials_of_their_own(host: str) -> None:
    assert SimulatorServer(host=host).key_id == "test-key-id"


def test_another_account_shares_nothing_and_can_be_removed(speak: Speak, server: SimulatorServer) -> None:
    credentials = server.create_account()
    other = SimpleNamespace(gateway=server.gateway, url=server.url, **asdict(credentials))
    with speak(other) as theirs, speak(server) as ours:
        bucket_id, our_bucket_id = theirs.bucket("their-bucket"), ours.bucket("our-bucket")
        theirs.uploaded(bucket_id, "name")
        upload_url = theirs.ok("b2_get_upload_url", bucketId=bucket_id)
        assert ours.call("b2_list_file_names", {"bucketId": bucket_id}).status == 400
        server.remove_account(credentials.account_id)
        assert theirs.authorize().refusal == (401, "unauthorized")
        assert theirs.call("b2_list_buckets", {"accountId": theirs.account_id}).refusal == (401, "bad_auth_token")
        assert theirs.post(upload_url, {"X-Bz-File-Name": "x", "Content-Type": "a/b"}, b"").status == 401
        assert ours.bucket("their-bucket") != bucket_id
        assert ours.names(our_bucket_id) == []
    assert list(server.cloud.state.accounts) == [server.account_id]
    assert server.cloud.state.files == {}


def test_an_account_that_is_not_there_cannot_be_removed(server: SimulatorServer) -> None:
    with pytest.raises(KeyError):
        server.remove_account("0123456789ab")


def test_a_server_that_could_not_start_lets_go_of_its_data(server: SimulatorServer, tmp_path: Path) -> None:
    taken = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address"):
        SimulatorServer(port=taken, data=tmp_path).start()
    with SimulatorServer(data=tmp_path) as another:
        assert another.url != server.url


def test_a_response_counts_also_where_the_library_takes_one_without_headers_for_nothing(
    http_service: OverHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.StreamResponse, "__bool__", lambda _: False, raising=False)
    assert http_service.send("GET", "/", {}).status == 200
    assert http_service.send("GET", "/journal", {}).status == 200


def test_every_response_has_the_date(http_service: OverHttp) -> None:
    for answer in (http_service.authorize(), http_service.download("/file/none/none", method="HEAD")):
        assert answer.headers["date"].endswith(" GMT")


def test_returned_urls_name_the_host_that_the_caller_used(http_service: OverHttp) -> None:
    headers = {"Host": "b2.local:1234", "X-Forwarded-Proto": "https", "Authorization": http_service.token}
    bucket_id = http_service.bucket()
    body = json.dumps({"bucketId": bucket_id}).encode()
    url = http_service.send("POST", "/b2api/v4/b2_get_upload_url", headers, body).json["uploadUrl"]
    assert url.startswith("https://b2.local:1234/b2api/v4/b2_upload_file/")


def test_a_host_that_is_none_is_not_repeated(http_service: OverHttp, server: SimulatorServer) -> None:
    headers = {"Host": "a<b>", "Authorization": http_service.token}
    body = json.dumps({"bucketId": http_service.bucket()}).encode()
    url = http_service.send("POST", "/b2api/v4/b2_get_upload_url", headers, body).json["uploadUrl"]
    assert url.startswith(server.url)


def upload_request(service: OverHttp, name: str, body: bytes, *extra: str, length: str | None = None) -> bytes:
    """Return the bytes of an upload."""
    url = service.ok("b2_get_upload_url", bucketId=service.bucket())
    lines = [
        f"POST {urlsplit(url['uploadUrl']).path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Authorization: {url['authorizationToken']}",
        f"X-Bz-File-Name: {name}",
        "Content-Type: a/b",
        f"X-Bz-Content-Sha1: {hashlib.sha1(body).hexdigest()}",
        length or f"Content-Length: {len(body)}",
        *extra,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_client_that_waits_is_reported_to_continue(http_service: OverHttp, server: SimulatorServer) -> None:
    head = upload_request(http_service, "name", b"hello", "Expect: 100-continue")
    with connected(server) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_an_upload_of_unknown_length_is_a_bad_request(http_service: OverHttp, server: SimulatorServer) -> None:
    head = upload_request(http_service, "name", b"hello", length="Transfer-Encoding: chunked")
    answer = raw_exchange(server, head + b"5\r\nhello\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Missing header: Content-Length" in answer


def test_content_is_stored_as_it_comes_whatever_its_encoding(http_service: OverHttp) -> None:
    answer = http_service.upload(http_service.bucket(), "name", b"not gzip", content_encoding="gzip")
    assert answer.refusal == (400, "bad_request")
    assert "content-encoding" in answer.json["message"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET //// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /file/a/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        pytest.param(b"GET http://[bad/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", marks=rejects_invalid_urls),
        b"POST /b2api/v4/b2_list_buckets HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\nConnection: close\r\n\r\n",
        b"GET /file/a/b HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET /file/a/b HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_malformed_request_is_an_error_of_the_client(server: SimulatorServer, request_bytes: bytes) -> None:
    assert raw_exchange(server, request_bytes).startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


# --- wire faults ---


def fail(server: SimulatorServer, kind: Any, endpoint: str = "b2_download_file_by_name", **settings: Any) -> None:
    server.faults.add(WireFault(kind=kind, endpoint=endpoint, **settings))


def test_a_reset_before_the_response_comes_after_the_effect(http_service: OverHttp, server: SimulatorServer) -> None:
    bucket_id = http_service.bucket()
    fail(server, "reset-before-response", "b2_upload_file")
    with pytest.raises(ConnectionResetError):
        http_service.upload(bucket_id, "name")
    http_service._connection.close()
    assert http_service.names(bucket_id) == ["name"]
    assert [entry.fault for entry in server.journal.entries if entry.fault] == ["reset-before-response"]


def test_a_reset_mid_request_leaves_nothing_and_ends_the_url(http_service: OverHttp, server: SimulatorServer) -> None:
    bucket_id = http_service.bucket()
    url = http_service.ok("b2_get_upload_url", bucketId=bucket_id)
    headers = {"X-Bz-File-Name": "name", "Content-Type": "a/b"}
    fail(server, "reset-mid-request", "b2_upload_file", after_bytes=10)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        http_service.post(url, headers, b"x" * 100_000)
    http_service._connection.close()
    assert http_service.names(bucket_id) == []
    assert http_service.post(url, headers, b"x").refusal == (401, "bad_auth_token")
    broken = next(entry for entry in server.journal.entries if entry.fault)
    assert (broken.status, broken.fault) == (None, "reset-mid-request")


def test_a_truncated_response_ends_before_its_length(http_service: OverHttp, server: SimulatorServer) -> None:
    http_service.uploaded(http_service.bucket(), "name", b"0123456789")
    fail(server, "truncate", after_bytes=4)
    with pytest.raises(http.client.IncompleteRead) as caught:
        http_service.download("/file/my-bucket/name")
    assert caught.value.partial == b"0123"


def test_a_corrupt_response_has_one_wrong_byte(http_service: OverHttp, server: SimulatorServer) -> None:
    http_service.uploaded(http_service.bucket(), "name", b"0123456789")
    fail(server, "corrupt", after_bytes=4)
    assert http_service.download("/file/my-bucket/name").body == b"0123" + bytes([ord("4") ^ 0xFF]) + b"56789"
    assert http_service.download("/file/my-bucket/name").body == b"0123456789"


@pytest.mark.parametrize("kind", ["stall", "slow"])
def test_a_late_response_is_complete(http_service: OverHttp, server: SimulatorServer, kind: str) -> None:
    http_service.uploaded(http_service.bucket(), "name", b"0123456789")
    fail(server, kind, seconds=0.05)
    before = time.monotonic()
    assert http_service.download("/file/my-bucket/name").body == b"0123456789"
    assert time.monotonic() - before >= 0.05


def test_a_server_does_not_wait_for_what_it_holds_back() -> None:
    with SimulatorServer() as server:
        fail(server, "stall", "b2_authorize_account", seconds=3600)
        with connected(server) as connection:
            connection.sendall(b"GET /b2api/v4/b2_authorize_account HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: server.journal.entries)
            server.stop()


def test_a_response_that_is_cut_pretends_to_be_whole(http_service: OverHttp, server: SimulatorServer) -> None:
    fail(server, "cut", "b2_authorize_account", after_bytes=7)
    cut = http_service.authorize()
    assert (cut.status, cut.body[:1], len(cut.body), cut.headers["content-length"]) == (200, b"{", 7, "7")


def test_a_response_is_dated_elsewhen(http_service: OverHttp, server: SimulatorServer) -> None:
    fail(server, "skew", "b2_authorize_account", seconds=86_400)
    days = [parsedate_to_datetime(http_service.authorize().headers["date"]) for _ in range(2)]
    assert round((days[0] - days[1]).total_seconds() / 60) == 24 * 60


def test_a_request_that_is_not_read_holds_its_client_up(http_service: OverHttp, server: SimulatorServer) -> None:
    url = http_service.ok("b2_get_upload_url", bucketId=http_service.bucket())
    fail(server, "stall-request", "b2_upload_file", seconds=1)
    with connected(server) as connection:
        connection.settimeout(0.1)
        length = 64_000_000
        path = urlsplit(url["uploadUrl"]).path
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        with pytest.raises(TimeoutError):
            connection.sendall(bytes(length))


def test_a_page_is_sent_in_the_place_of_json(http_service: OverHttp, server: SimulatorServer) -> None:
    page = "<html>Bad Gateway</html>"
    server.faults.add(ApiFault(endpoint="b2_authorize_account", status=502, code="bad_gateway", page=page))
    answer = http_service.authorize()
    assert (answer.status, answer.body, answer.headers["content-type"]) == (
        502,
        page.encode(),
        "text/html;charset=utf-8",
    )


def test_a_wire_fault_and_an_api_fault_may_meet(http_service: OverHttp, server: SimulatorServer) -> None:
    fail(server, "stall", "b2_authorize_account", seconds=0.0)
    server.faults.add(ApiFault(endpoint="b2_authorize_account", status=500, code="internal_error"))
    assert http_service.authorize().refusal == (500, "internal_error")


def test_a_client_that_goes_away_ends_its_upload(http_service: OverHttp, server: SimulatorServer) -> None:
    head = upload_request(http_service, "name", b"x" * 1000)
    with connected(server) as connection:
        connection.sendall(head + b"x" * 10)
        wait_until(lambda: any(lease.busy for lease in server.cloud.state.leases.values()))
    wait_until(lambda: all(lease.dead and not lease.busy for lease in server.cloud.state.leases.values()))
    assert server.journal.entries[-1].status is None


def wait_until(happened: Any) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_client_that_stops_reading_does_not_make_the_server_read_on(
    http_service: OverHttp, server: SimulatorServer
) -> None:
    size = 16 * 1024 * 1024
    http_service.uploaded(http_service.bucket(), "name", b"x" * size)
    with connected(server) as connection:
        target = f"GET /file/my-bucket/name?Authorization={http_service.token} HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.sendall(target.encode())
        connection.recv(100)
        assert http_service.authorize().status == 200
    gc.collect()
    assert http_service.download("/file/my-bucket/name", method="HEAD").status == 200


def test_the_file_of_a_client_that_goes_away_is_closed(
    http_service: OverHttp, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []  # which keeps them from being collected
    blocks = FileBlob.blocks

    def kept(self: FileBlob, start: int, end: int) -> Any:
        opened.append(blocks(self, start, end))
        return opened[-1]

    http_service.uploaded(http_service.bucket(), "name", b"x" * 16 * 1024 * 1024)
    monkeypatch.setattr(FileBlob, "blocks", kept)
    with connected(server) as connection:
        target = f"GET /file/my-bucket/name?Authorization={http_service.token} HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.sendall(target.encode())
        connection.recv(100)
    wait_until(lambda: [one.gi_frame for one in opened] == [None])


def test_the_old_name_of_the_gateway_warns() -> None:
    server = SimulatorServer()
    with pytest.warns(DeprecationWarning, match="gateway"):
        assert server.wire is server.gateway


def test_a_partner_is_one_after_a_reset_too() -> None:
    with SimulatorServer(partner=True) as server:
        for _ in range(2):
            account = server.cloud.state.accounts[server.account_id]
            assert account.suites == ("groupsApi", "backupApi")
            assert [group.name for group in server.cloud.partners.groups_of(account)] == ["test-group"]
            server.reset()
