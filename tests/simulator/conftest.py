"""The service through both front ends, as a caller with nothing but the protocol sees it."""

from __future__ import annotations

import hashlib
import http.client
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from b2sdk.simulator import Clock, Cloud, Entry, Faults, Journal, Policy, SimulatorServer
from b2sdk.simulator.cloud.ids import ServiceIds
from b2sdk.simulator.protocol.gateway import Gateway
from b2sdk.simulator.protocol.headers import lower_case_names
from b2sdk.simulator.protocol.messages import RequestHead
from b2sdk.simulator.protocol.shapes import Addresses

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
    """Sends requests; what differs between the front ends is :meth:`send`."""

    def __init__(self, gateway: Gateway, account_id: str, key_id: str, key: str) -> None:
        self.gateway = gateway
        self.account_id = account_id
        self.key_id = key_id
        self.key = key
        self._token: str | None = None

    @property
    def cloud(self) -> Cloud:
        return self.gateway.cloud

    @property
    def clock(self) -> Clock:
        return self.gateway.cloud.clock

    @property
    def faults(self) -> Faults:
        return self.gateway.faults

    @property
    def journal(self) -> Journal:
        return self.gateway.journal

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
                **lower_case_names(headers.items()),
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
        head = RequestHead(method, target, lower_case_names(headers.items()), Addresses.at(ORIGIN))
        exchange = self.gateway.begin(head)
        for offset in range(0, len(body), 1000):
            exchange.receive(body[offset : offset + 1000])
        response = exchange.complete()
        content = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        headers = {**response.headers, "Content-Length": str(response.length)}
        return Answer(response.status, lower_case_names(headers.items()), content)


class OverHttp(Service):
    def __init__(self, server: SimulatorServer, connection: http.client.HTTPConnection) -> None:
        super().__init__(server.gateway, server.account_id, server.key_id, server.key)
        self._connection = connection

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self._connection.request(method, target, body or None, dict(headers))
        response = self._connection.getresponse()
        return Answer(response.status, lower_case_names(response.getheaders()), response.read())


Speak = Callable[[Any], AbstractContextManager[OverHttp]]


def in_process(policy: Policy = POLICY) -> InProcess:
    cloud = Cloud(policy=policy)
    account = cloud.keys.create_account()
    return InProcess(Gateway(cloud), account.account_id, account.master_key.key_id, account.master_key.secret)


class StillClock(Clock):
    """Time that passes only when a test says so."""

    def now(self) -> int:
        return 1_700_000_000_000 + self._ahead


class CountedSecrets(ServiceIds):
    """Ids of the service with nothing random in them, so that two clouds give out the same."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets = count()

    def _secret(self) -> str:
        return f"secret-{next(self._secrets)}"

    def account_token(self, key_id: str) -> str:
        return f"account-token-{next(self._secrets)}"

    def download_token(self, bucket_id: str, name_prefix: str, seconds: int) -> str:
        return f"download-token-{next(self._secrets)}"

    def upload_lease(self, endpoint: str, target: str, account_token: str) -> tuple[str, str]:
        path, _ = super().upload_lease(endpoint, target, account_token)
        return path, f"upload-token-{next(self._secrets)}"


class BothFrontEnds(Service):
    """Two clouds that are alike, one behind each front end, which must give the same response to the same request."""

    def __init__(self, server: SimulatorServer) -> None:
        clock = StillClock()
        clouds = [Cloud(clock=clock, ids=CountedSecrets(), policy=POLICY) for _ in range(2)]
        accounts = [cloud.keys.create_account() for cloud in clouds]
        key = accounts[0].master_key
        super().__init__(Gateway(clouds[0]), accounts[0].account_id, key.key_id, key.secret)
        server.gateway.start_over(clouds[1])
        address = urlsplit(server.url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        self._both = (InProcess(self.gateway, "", "", ""), OverHttp(server, self._connection))

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        named = {**headers, "Host": urlsplit(ORIGIN).netloc}
        one, other = (front_end.send(method, target, named, body) for front_end in self._both)
        shown = {name: value for name, value in other.headers.items() if name not in ("date", "server")}
        assert (one.status, one.headers, one.body) == (other.status, shown, other.body)
        return one

    def journals(self) -> list[list[Entry]]:
        """Return what each front end has recorded."""
        return [front_end.journal.entries for front_end in self._both]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def both_front_ends(running_server: SimulatorServer) -> Callable[[], BothFrontEnds]:
    """Make pairs of clouds, each pair instead of the one before."""
    return lambda: BothFrontEnds(running_server)


CUSTOMER_KEY = {
    "x-bz-server-side-encryption-customer-algorithm": "AES256",
    "x-bz-server-side-encryption-customer-key": b64encode(b"k" * 32).decode(),
    "x-bz-server-side-encryption-customer-key-md5": b64encode(hashlib.md5(b"k" * 32).digest()).decode(),
}
FORMS: Mapping[str, Mapping[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "data" / "call-forms.json").read_text("utf-8")
)
"""Every call with JSON, with every field that it takes. Words in capitals stand for the ids of a :class:`Target`."""


class Target:
    """What calls are about: a bucket with two files, one of them encrypted, an unfinished large file, and a key."""

    def __init__(self, both: BothFrontEnds) -> None:
        self.both = both
        self.ids = {"ACCOUNT": both.account_id, "BUCKET": both.bucket(fileLockEnabled=True)}
        self.ids["EMPTY"] = both.bucket("empty-bucket")
        self.ids["FILE"] = both.uploaded(self.ids["BUCKET"], "file", b"content" * 30)["fileId"]
        self.ids["SECRET"] = both.uploaded(self.ids["BUCKET"], "secret", b"content" * 30, **CUSTOMER_KEY)["fileId"]
        new_file = {**FORMS["b2_start_large_file"], "bucketId": self.ids["BUCKET"]}
        self.ids["LARGE"] = both.ok("b2_start_large_file", **new_file)["fileId"]
        for number in (1, 2):
            assert both.upload_part(self.ids["LARGE"], number, b"content" * 30, **CUSTOMER_KEY).status == 200
        key = {"accountId": both.account_id, "keyName": "key", "capabilities": ["readFiles"]}
        self.ids["KEY"] = both.ok("b2_create_key", **key)["applicationKeyId"]

    def post(self, name: str, form: Any, dialect: int = 4) -> Answer:
        """Make a call with the ids in their places."""
        text = json.dumps(form)
        for word, identifier in self.ids.items():
            text = text.replace(f'"{word}"', f'"{identifier}"')
        return self.both.send("POST", f"/b2api/v{dialect}/{name}", {"Authorization": self.both.token}, text.encode())


@pytest.fixture
def fresh_target(both_front_ends: Callable[[], BothFrontEnds]) -> Iterator[Callable[[], Target]]:
    """Make targets, each in clouds of its own, which take the place of those before."""
    with ExitStack() as stack:
        yield lambda: Target(stack.enter_context(closing(both_front_ends())))


@pytest.fixture(scope="session")
def customer_key() -> Mapping[str, str]:
    return CUSTOMER_KEY


@pytest.fixture(scope="session")
def forms() -> Mapping[str, Mapping[str, Any]]:
    return FORMS


@pytest.fixture(scope="session")
def running_server() -> Iterator[SimulatorServer]:
    with SimulatorServer(policy=POLICY, allow_hosts=[urlsplit(ORIGIN).netloc]) as server:
        yield server


@pytest.fixture
def server(running_server: SimulatorServer) -> SimulatorServer:
    running_server.reset()
    return running_server


@pytest.fixture
def cloud_service() -> Service:
    """The service through the front end without sockets."""
    return in_process()


@pytest.fixture
def service_with() -> Callable[[Policy], Service]:
    """Make a service with another policy, through the front end without sockets."""
    return in_process


@contextmanager
def speaking(server: Any) -> Iterator[OverHttp]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        yield OverHttp(server, connection)
    finally:
        connection.close()


@pytest.fixture
def speak() -> Speak:
    """Speak to a server: this or another process's, of which no more than url and credentials is known."""
    return speaking


@pytest.fixture
def http_service(server: SimulatorServer) -> Iterator[OverHttp]:
    """The service through the front end over HTTP."""
    with speaking(server) as service:
        yield service


@pytest.fixture(params=["cloud_service", "http_service"], ids=["in process", "over HTTP"])
def service(request: pytest.FixtureRequest) -> Service:
    """The service through each front end."""
    through_front_end: Service = request.getfixturevalue(request.param)
    return through_front_end
