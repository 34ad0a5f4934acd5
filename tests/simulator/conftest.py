"""The service through both doors, as a caller with nothing but the protocol sees it."""

from __future__ import annotations

import hashlib
import http.client
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from b2sdk.simulator import Clock, Cloud, Faults, Journal, Policy, SimulatorServer
from b2sdk.simulator.headers import lower_case
from b2sdk.simulator.messages import RequestHead
from b2sdk.simulator.shapes import Addresses
from b2sdk.simulator.wire import Wire

POLICY = Policy(minimum_part_size=100, recommended_part_size=200, maximum_copy_size=10_000)
ORIGIN = "http://b2.test"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        return self.status, self.json["code"]


class Service:
    """Sends requests; what differs between the doors is :meth:`send`."""

    def __init__(self, wire: Wire, account_id: str, key_id: str, key: str) -> None:
        self.wire = wire
        self.account_id = account_id
        self.key_id = key_id
        self.key = key
        self._token: str | None = None

    @property
    def cloud(self) -> Cloud:
        return self.wire.cloud

    @property
    def clock(self) -> Clock:
        return self.wire.cloud.clock

    @property
    def faults(self) -> Faults:
        return self.wire.faults

    @property
    def journal(self) -> Journal:
        return self.wire.journal

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        raise NotImplementedError

    def authorize(self, key_id: str | None = None, key: str | None = None, dialect: int = 4) -> Answer:
        credentials = b64encode(f"{key_id or self.key_id}:{key or self.key}".encode()).decode()
        return self.send("GET", f"/b2api/v{dialect}/b2_authorize_account", {"Authorization": f"Basic {credentials}"})

    @property
    def token(self) -> str:
        if self._token is None:
            self._token = str(self.authorize().json["authorizationToken"])
        return self._token

    def call(
        self, name: str, params: Mapping[str, Any] | None = None, *, token: str | None = None, dialect: int = 4
    ) -> Answer:
        headers = {"Authorization": token or self.token, "Content-Type": "application/json"}
        return self.send("POST", f"/b2api/v{dialect}/{name}", headers, json.dumps(params or {}).encode())

    def ok(self, name: str, **params: Any) -> Any:
        answer = self.call(name, params)
        assert answer.status == 200, answer.body
        return answer.json

    def bucket(self, name: str = "my-bucket", **params: Any) -> str:
        params = {"accountId": self.account_id, "bucketName": name, "bucketType": "allPrivate", **params}
        return str(self.ok("b2_create_bucket", **params)["bucketId"])

    def restricted(self, capabilities: list[str], **params: Any) -> str:
        """Return the token of a new key."""
        key = self.ok(
            "b2_create_key", accountId=self.account_id, keyName="restricted", capabilities=capabilities, **params
        )
        return str(self.authorize(key["applicationKeyId"], key["applicationKey"]).json["authorizationToken"])

    def post(self, upload_url: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body to an upload URL."""
        url = urlsplit(upload_url["uploadUrl"])
        return self.send(
            "POST",
            url.path + (f"?{url.query}" if url.query else ""),
            {
                "authorization": upload_url["authorizationToken"],
                "content-length": str(len(body)),
                "x-bz-content-sha1": hashlib.sha1(body).hexdigest(),
                **lower_case(headers.items()),
            },
            body,
        )

    def upload(self, bucket_id: str, name: str, body: bytes = b"content", /, **headers: str) -> Answer:
        """Upload a file with a URL of its own; ``x_bz_info_color`` is how a header is named."""
        named = {field.replace("_", "-"): value for field, value in headers.items()}
        base = {"x-bz-file-name": quote(name), "content-type": "text/plain"}
        return self.post(self.ok("b2_get_upload_url", bucketId=bucket_id), {**base, **named}, body)

    def uploaded(self, bucket_id: str, name: str, body: bytes = b"content", /, **headers: str) -> Any:
        answer = self.upload(bucket_id, name, body, **headers)
        assert answer.status == 200, answer.body
        return answer.json

    def upload_part(self, file_id: str, number: int, body: bytes, /, **headers: str) -> Answer:
        named = {field.replace("_", "-"): value for field, value in headers.items()}
        url = self.ok("b2_get_upload_part_url", fileId=file_id)
        return self.post(url, {"X-Bz-Part-Number": str(number), **named}, body)

    def download(
        self, target: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", token: str | None = ""
    ) -> Answer:
        """Request a target; with the master key unless another token, or ``None``, is given."""
        used = self.token if token == "" else token
        return self.send(method, target, {**({} if used is None else {"Authorization": used}), **(headers or {})})

    def names(self, bucket_id: str, **params: Any) -> list[str]:
        return [file["fileName"] for file in self.ok("b2_list_file_names", bucketId=bucket_id, **params)["files"]]

    def versions(self, bucket_id: str, **params: Any) -> list[tuple[str, str]]:
        files = self.ok("b2_list_file_versions", bucketId=bucket_id, **params)["files"]
        return [(file["fileName"], file["action"]) for file in files]


class InProcess(Service):
    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        head = RequestHead(method, target, lower_case(headers.items()), Addresses.at(ORIGIN))
        exchange = self.wire.begin(head)
        for offset in range(0, len(body), 1000):
            exchange.receive(body[offset : offset + 1000])
        reply = exchange.complete()
        content = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
        headers = {**reply.headers, "Content-Length": str(reply.length)}
        return Answer(reply.status, lower_case(headers.items()), content)


class OverHttp(Service):
    def __init__(self, server: SimulatorServer, connection: http.client.HTTPConnection) -> None:
        super().__init__(server.wire, server.account_id, server.key_id, server.key)
        self._connection = connection

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self._connection.request(method, target, body or None, dict(headers))
        response = self._connection.getresponse()
        return Answer(response.status, lower_case(response.getheaders()), response.read())


def in_process(policy: Policy = POLICY) -> InProcess:
    cloud = Cloud(policy=policy)
    account = cloud.keys.create_account()
    return InProcess(Wire(cloud), account.account_id, account.master_key.key_id, account.master_key.secret)


@pytest.fixture(scope="session")
def running_server() -> Iterator[SimulatorServer]:
    with SimulatorServer(policy=POLICY) as server:
        yield server


@pytest.fixture
def server(running_server: SimulatorServer) -> SimulatorServer:
    running_server.reset()
    return running_server


@pytest.fixture
def cloud_service() -> Service:
    """The service through the door without sockets."""
    return in_process()


@pytest.fixture
def service_with() -> Callable[[Policy], Service]:
    """Make a service with another policy, through the door without sockets."""
    return in_process


@pytest.fixture
def http_service(server: SimulatorServer) -> Iterator[OverHttp]:
    """The service through the HTTP door."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    yield OverHttp(server, connection)
    connection.close()


@pytest.fixture(params=["cloud_service", "http_service"], ids=["in process", "over HTTP"])
def service(request: pytest.FixtureRequest) -> Service:
    """The service through each door."""
    through_door: Service = request.getfixturevalue(request.param)
    return through_door
