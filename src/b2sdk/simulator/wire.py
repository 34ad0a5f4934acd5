"""The service's protocol without any input or output: requests in, answers out.

What belongs here is the course of one exchange: whose work it is, what goes wrong with it, how it ends. Both doors
come through here. A door calls :meth:`Wire.begin` with the head of a request, then :meth:`Exchange.receive` for each
chunk of its body, then :meth:`Exchange.complete` for the answer, or :meth:`Exchange.abandon` when the connection
breaks. None of them raises: whatever goes wrong becomes an answer.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from b2sdk.simulator import account_calls, file_calls, permissions
from b2sdk.simulator.calls import Call, Handler, Later
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.faults import INJECTED, Faults, Journal
from b2sdk.simulator.fields import Fields, parse_object
from b2sdk.simulator.headers import query_of
from b2sdk.simulator.messages import Reply, RequestHead, json_reply, refusal_reply
from b2sdk.simulator.model import Dialect, UploadLease
from b2sdk.simulator.refusals import Refusal, bad_request
from b2sdk.simulator.shapes import Json
from b2sdk.simulator.testmode import ServiceTestMode
from b2sdk.simulator.transfers import DownloadWork, PreflightWork, UploadWork

logger: logging.Logger = logging.getLogger(__name__)

_HANDLERS: Final[Mapping[str, Handler]] = {**account_calls.HANDLERS, **file_calls.HANDLERS}
_API_PATH = re.compile(r"/b2api/v([1-4])/(b2_[a-z0-9_]+)(?:/.*)?")
_FILE_PATH: Final = "/file/"
_LONGEST_JSON_BODY: Final = 2 * 1024 * 1024
UNKNOWN_ENDPOINT: Final = "unknown"
"""What a request for no call of the service is named in the journal."""


class Work(Protocol):
    """What one exchange does between the head of the request and the answer."""

    def receive(self, chunk: bytes) -> None:
        """Take a chunk of the body."""

    def complete(self) -> Reply:
        """Do what was asked; raises :class:`~b2sdk.simulator.refusals.Refusal`."""

    def end(self, status: int | None) -> None:
        """Let go of what was taken, now that ``status`` is the answer, or nothing is."""


@dataclass(frozen=True)
class Route:
    """Whose request it is."""

    endpoint: str
    dialect: Dialect = 4
    upload_lease: UploadLease | None = None


class Exchange:
    """One request on its way to its answer."""

    def __init__(self, wire: Wire, head: RequestHead, endpoint: str) -> None:
        self._wire = wire
        self._head = head
        self._work: Work | None = None
        self._lease: UploadLease | None = None
        self._refusal: Refusal | None = None
        self.endpoint = endpoint
        """The call's name, as it stands in the journal."""
        api_fault, wire_fault = wire.faults.take(endpoint)
        self.wire_fault = wire_fault
        """What is to go wrong with the connection; the door sees to it."""
        self._fault: str | None = None if self.wire_fault is None else self.wire_fault.kind
        if api_fault is not None:
            self._fault = INJECTED
            self._refusal = Refusal(
                api_fault.code,
                api_fault.message,
                status=api_fault.status,
                headers=api_fault.headers,
                page=api_fault.page,
            )

    def start(self, route: Route) -> None:
        """Find the work. Also a request that is to fail begins it, since the client may see its effects."""
        self._lease = route.upload_lease
        try:
            _check_text(self._head)
            self._work = self._wire.work_of(route, self._head)
            self._wire.test_mode.check(route.endpoint, self._head.headers)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong becomes an answer
            self._refusal = self._refusal or _refusal_of(error)

    def receive(self, chunk: bytes) -> None:
        """Take a chunk of the request's body; chunks of what is refused anyway are dropped."""
        if self._refusal is None and self._work is not None:
            try:
                self._work.receive(chunk)
            except Exception as error:  # noqa: BLE001  # as above
                self._refusal = _refusal_of(error)

    def complete(self) -> Reply:
        """Return the answer, now that the body is complete."""
        reply = self._answer()
        self._end(reply.status)
        if self._head.method == "HEAD":
            return Reply(reply.status, reply.headers, b"", reply.length if reply.status < 400 else 0)
        return reply

    def _answer(self) -> Reply:
        if self._refusal is None and self._work is not None:
            try:
                return self._work.complete()
            except Exception as error:  # noqa: BLE001  # as above
                self._refusal = _refusal_of(error)
        return refusal_reply(self._refusal or Refusal("internal_error", "the exchange was not started"))

    def abandon(self) -> None:
        """Forget the request: the connection broke before its body was complete."""
        self._end(None)

    def _end(self, status: int | None) -> None:
        if self._work is not None:
            self._work.end(status)
        lease = self._work.minted if isinstance(self._work, JsonWork) else self._lease
        if self.endpoint != UNKNOWN_ENDPOINT:
            lease_id = None if lease is None else lease.lease_id
            self._wire.journal.record(self.endpoint, status, self._fault, lease_id)


def _check_text(head: RequestHead) -> None:
    """Refuse heads with bytes that are no UTF-8, which doors hand on as lone surrogates."""
    try:
        for text in (head.target, *head.headers.values()):
            if not text.isascii():
                text.encode()
    except UnicodeEncodeError as error:
        raise bad_request("The head of the request is not UTF-8") from error


def _refusal_of(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    logger.error("a call went wrong", exc_info=error)
    return Refusal("internal_error", f"incident id {id(error):x}")


@dataclass
class Wire:
    """A cloud with its protocol, its failures and its journal."""

    cloud: Cloud
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    test_mode: ServiceTestMode = field(default_factory=ServiceTestMode)

    def begin_anew(self, cloud: Cloud) -> None:
        """Serve another cloud, and forget all that was called and all that was to fail."""
        self.cloud = cloud
        self.test_mode = ServiceTestMode()
        self.faults.clear()
        self.journal.clear()

    def begin(self, head: RequestHead) -> Exchange:
        """Begin an exchange."""
        route = self._route(head)
        exchange = Exchange(self, head, route.endpoint)
        exchange.start(route)
        return exchange

    def _route(self, head: RequestHead) -> Route:
        path = head.path
        lease = self.cloud.leases.find(path)
        if lease is not None:
            return Route("b2_upload_file" if lease.file_id is None else "b2_upload_part", 4, lease)
        if path.startswith(_FILE_PATH):
            return Route("b2_download_file_by_name")
        found = _API_PATH.fullmatch(path)
        if found is None:
            return Route(UNKNOWN_ENDPOINT)
        return Route(found.group(2), cast("Dialect", int(found.group(1))))

    def work_of(self, route: Route, head: RequestHead) -> Work:
        """Return the work that a request is; raises :class:`~b2sdk.simulator.refusals.Refusal`."""
        with self.cloud.lock:
            self.cloud.lifecycle.run_if_due()
            self.cloud.replicas.make_pending()
            self.cloud.meter.count_call(route.endpoint, self.cloud.state.stored_bytes)
            if head.method == "OPTIONS":
                return PreflightWork(self.cloud, route.endpoint, route.upload_lease, head)
            if route.upload_lease is not None:
                return UploadWork(self.cloud, route.upload_lease, head)
        if route.endpoint.startswith("b2_download_file_by_"):
            return DownloadWork(self.cloud, route.endpoint, head)
        if route.endpoint in ("b2_upload_file", "b2_upload_part"):
            raise Refusal("bad_auth_token", "Invalid authorization token")
        return JsonWork(self, route, head)


class JsonWork:
    """A call that is answered with JSON."""

    def __init__(self, wire: Wire, route: Route, head: RequestHead) -> None:
        self._wire = wire
        self._cloud = wire.cloud
        self._route = route
        self._head = head
        self._body = bytearray()
        self.minted: UploadLease | None = None
        """The upload URL that the call gave out."""
        if route.endpoint not in permissions.CAPABILITY_OF_CALL:
            raise Refusal("not_found", "There is no such call")
        if head.method not in ("GET", "HEAD", "POST"):
            raise Refusal("method_not_allowed", "Only GET and POST are supported")

    def receive(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > _LONGEST_JSON_BODY:
            raise bad_request(f"The request body is longer than {_LONGEST_JSON_BODY} bytes")

    def _fields(self) -> Fields:
        if self._head.method == "POST":
            return Fields(parse_object(bytes(self._body)))
        return Fields(query_of(self._head.target), textual=True)

    def complete(self) -> Reply:
        if self._route.endpoint == "b2_authorize_account":
            return self._authorize()
        with self._cloud.lock:
            call = self._call()
            answer = _HANDLERS[self._route.endpoint](call)
            if not isinstance(answer, Later):
                self._note_minted(answer)
                return json_reply(answer)
        content = answer.read()
        with self._cloud.lock:
            return json_reply(answer.answer(content))

    def _note_minted(self, answer: Json) -> None:
        url = answer.get("uploadUrl")
        if isinstance(url, str):
            self.minted = self._cloud.leases.find(url.removeprefix(self._head.addresses.upload))

    def _authorize(self) -> Reply:
        with self._cloud.lock:
            head = self._head
            calls_left = self._wire.test_mode.calls_of_new_token(head.headers)
            answer = account_calls.authorize_account(
                self._cloud, head.headers, head.addresses, self._route.dialect, calls_left
            )
            return json_reply(answer)

    def _call(self) -> Call:
        token = self._cloud.keys.authenticate(self._head.headers.get("authorization", ""))
        capability = permissions.CAPABILITY_OF_CALL[self._route.endpoint]
        if capability is not None:
            permissions.require(token.key, capability)
        path = f"/b2api/v{self._route.dialect}/"
        return Call(self._cloud, token, self._fields(), self._route.dialect, self._head.addresses, path)

    def end(self, status: int | None) -> None:
        """Nothing was taken."""
