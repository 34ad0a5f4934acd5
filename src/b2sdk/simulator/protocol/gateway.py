"""The service's protocol without any input or output: requests in, responses out.

What belongs here is the course of one exchange: whose work it is, what goes wrong with it, how it ends. Both front ends
come through here. They call :meth:`Gateway.begin` with the head of a request, then :meth:`Exchange.receive` for each
chunk of its body, then :meth:`Exchange.complete` for the response, or :meth:`Exchange.abandon` when the connection
breaks. None of them raises: every failure becomes a response.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, cast

from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.model import Dialect, Token, UploadLease
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.protocol import account_calls, file_calls, partner_calls, subjects
from b2sdk.simulator.protocol.calls import Answer, Call, DeferredResponse, Handler
from b2sdk.simulator.protocol.faults import INJECTED, NO_SUBJECT, Faults, Journal, Subject
from b2sdk.simulator.protocol.fields import Fields, parse_object
from b2sdk.simulator.protocol.headers import check_target, query_of
from b2sdk.simulator.protocol.messages import RequestHead, Response, json_response, refusal_response
from b2sdk.simulator.protocol.test_mode import ServiceTestMode
from b2sdk.simulator.protocol.transfers import DownloadWork, PreflightWork, UploadWork

logger: logging.Logger = logging.getLogger(__name__)

_HANDLERS: Final[Mapping[str, Handler]] = {
    **account_calls.HANDLERS,
    **file_calls.HANDLERS,
    **partner_calls.HANDLERS,
}
_API_PATH = re.compile(r"/b2api/v([1-4])/(b2_[a-z0-9_]+)(?:/.*)?")
_BACKUP_PATH = re.compile(r"/api/backup/v(1)/(bz_[a-z_]+)")
_CALLS: Final = permissions.CAPABILITY_OF_CALL.keys() | permissions.SUITE_OF_CALL.keys()
_FILE_PATH: Final = "/file/"
_DOWNLOAD: Final = "b2_download_file_by_"
_LONGEST_JSON_BODY: Final = 2 * 1024 * 1024
UNKNOWN_ENDPOINT: Final = "unknown"
"""What a request for no call of the service is named in the journal."""


class Work(Protocol):
    """What one exchange does between the head of the request and the response."""

    def receive(self, chunk: bytes) -> None:
        """Take a chunk of the body."""

    def complete(self) -> Response:
        """Do what was asked; raises :class:`~b2sdk.simulator.cloud.refusals.Refusal`."""

    def end(self, status: int | None) -> None:
        """Give back what was taken, after a response with ``status``, or none."""


class Route(NamedTuple):
    """Whose request it is."""

    endpoint: str
    dialect: Dialect = 4
    upload_lease: UploadLease | None = None


class Exchange:
    """One request on its way to its response."""

    def __init__(self, gateway: Gateway, head: RequestHead, endpoint: str) -> None:
        self._gateway = gateway
        self._head = head
        self._work: Work | None = None
        self._lease: UploadLease | None = None
        self._refusal: Refusal | None = None
        self._recorded: int | None = None
        self.endpoint = endpoint
        """The name of the call in the journal."""
        api_fault, wire_fault = gateway.faults.take(endpoint)
        self.wire_fault = wire_fault
        """How the connection is to fail; the front end makes it do so."""
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
            if self._gateway.cloud.policy.strict_encoding:
                check_target(self._head.path, self._head.target)
            self._work = self._gateway.work_of(route, self._head)
            self._gateway.test_mode.check(route.endpoint, self._head.headers)
        except Exception as error:  # noqa: BLE001  # every failure becomes a response
            self._refusal = self._refusal or _refusal_of(error)

    def refuse(self, refusal: Refusal) -> None:
        """Respond with a refusal, unless there is one already."""
        self._refusal = self._refusal or refusal

    def receive(self, chunk: bytes) -> None:
        """Take a chunk of the request's body; content that is refused anyway is dropped."""
        if self._work is not None and (self._refusal is None or isinstance(self._work, JsonWork)):
            try:
                self._work.receive(chunk)
            except Exception as error:  # noqa: BLE001  # as above
                self._refusal = self._refusal or _refusal_of(error)

    def complete(self) -> Response:
        """Return the response, now that the body is complete."""
        response = self._answer()
        self._end(response.status)
        if self._head.method == "HEAD":
            return Response(response.status, response.headers, b"", response.length if response.status < 400 else 0)
        return response

    def _answer(self) -> Response:
        if self._refusal is None and self._work is not None:
            try:
                return self._work.complete()
            except Exception as error:  # noqa: BLE001  # as above
                self._refusal = _refusal_of(error)
        return refusal_response(self._refusal or Refusal("internal_error", "the exchange was not started"))

    def correct(self, status: int) -> None:
        """Record that another response was sent after all."""
        if self._recorded is not None:
            self._gateway.journal.correct(self._recorded, status)

    def abandon(self) -> None:
        """Forget the request: the connection broke before its body was complete."""
        self._end(None)

    def _end(self, status: int | None) -> None:
        try:
            if self._work is not None:
                self._work.end(status)
        except Exception:  # the response is decided
            logger.exception("what a call had taken could not be let go of")
        lease = self._work.issued if isinstance(self._work, JsonWork) else self._lease
        if self.endpoint != UNKNOWN_ENDPOINT:
            self._recorded = self._gateway.journal.record(
                self.endpoint,
                status,
                self._fault,
                None if lease is None else lease.lease_id,
                method=self._head.method,
                version=subjects.version_of(self._head.path),
                subject=self._subject(),
            )

    def _subject(self) -> Subject:
        state, work = self._gateway.cloud.state, self._work
        if isinstance(work, JsonWork):
            return work.subject()
        if self._lease is not None:
            return subjects.of_upload(state, self._lease, self._head)
        if self.endpoint.startswith(_DOWNLOAD):
            known = work.parameters if isinstance(work, DownloadWork) else None
            return subjects.of_download(state, self.endpoint, known, self._head)
        return NO_SUBJECT


def _check_text(head: RequestHead) -> None:
    """Refuse heads with bytes that are no UTF-8, which front ends pass on as lone surrogates."""
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
class Gateway:
    """A cloud with its protocol, its failures and its journal."""

    cloud: Cloud
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    test_mode: ServiceTestMode = field(default_factory=ServiceTestMode)

    def start_over(self, cloud: Cloud) -> None:
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
        found = _API_PATH.fullmatch(path) or _BACKUP_PATH.fullmatch(path)
        if found is None:
            return Route(UNKNOWN_ENDPOINT)
        return Route(found.group(2), cast("Dialect", int(found.group(1))))

    def work_of(self, route: Route, head: RequestHead) -> Work:
        """Return the work that a request is; raises :class:`~b2sdk.simulator.cloud.refusals.Refusal`."""
        with self.cloud.lock:
            self.cloud.lifecycle.run_if_due()
            self.cloud.replicas.make_pending()
            self.cloud.meter.count_call(route.endpoint, self.cloud.state.stored_bytes)
            if head.method == "OPTIONS":
                return PreflightWork(self.cloud, route.endpoint, route.upload_lease, head)
            if route.upload_lease is not None:
                return UploadWork(self.cloud, route.upload_lease, head)
        if route.endpoint.startswith(_DOWNLOAD):
            return DownloadWork(self.cloud, route.endpoint, head)
        if route.endpoint in ("b2_upload_file", "b2_upload_part"):
            raise Refusal("bad_auth_token", "Invalid authorization token")
        return JsonWork(self, route, head)


class FrontEnd:
    """A way into a cloud that leads through a gateway, which a subclass provides."""

    gateway: Gateway

    @property
    def cloud(self) -> Cloud:
        """The cloud that is served now: accounts, buckets and files."""
        return self.gateway.cloud

    @property
    def faults(self) -> Faults:
        """The failures that are still to come; :meth:`Faults.add` adds one."""
        return self.gateway.faults

    @property
    def journal(self) -> Journal:
        """The calls that have ended."""
        return self.gateway.journal


class JsonWork:
    """A call whose response is JSON."""

    def __init__(self, gateway: Gateway, route: Route, head: RequestHead) -> None:
        self._gateway = gateway
        self._cloud = gateway.cloud
        self._route = route
        self._head = head
        self._body = bytearray()
        self.issued: UploadLease | None = None
        """The upload URL that the call gave out."""
        self._subject: Subject | None = None
        self._suite = permissions.SUITE_OF_CALL.get(route.endpoint)
        # The groups came with version 2 of the API.
        if route.endpoint not in _CALLS or (self._suite == "groupsApi" and route.dialect < 2):
            raise Refusal("not_found", "There is no such call")
        if head.method not in ("GET", "HEAD", "POST"):
            raise Refusal("method_not_allowed", "Only GET and POST are supported")
        if route.endpoint in partner_calls.MUTATIONS and head.method != "POST":
            raise Refusal("method_not_allowed", "Only POST is supported")

    def receive(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > _LONGEST_JSON_BODY:
            raise bad_request(f"The request body is longer than {_LONGEST_JSON_BODY} bytes")

    def _fields(self) -> Fields:
        if self._head.method == "POST":
            whole_numbers = self._cloud.policy.whole_numbers
            if self._suite is not None:
                return partner_calls.read_body(self._route.endpoint, bytes(self._body), whole_numbers=whole_numbers)
            return Fields(parse_object(bytes(self._body)), whole_numbers=whole_numbers)
        return Fields(query_of(self._head.target), textual=True)

    def subject(self) -> Subject:
        """Return what the call was about, as it was before the call."""
        if self._subject is None:
            try:
                self._subject = subjects.of_fields(self._cloud.state, self._fields().values)
            except Refusal:
                self._subject = NO_SUBJECT
        return self._subject

    def complete(self) -> Response:
        if self._route.endpoint == "b2_authorize_account":
            return self._authorize()
        with self._cloud.lock:
            call = self._call()
            answer = _HANDLERS[self._route.endpoint](call)
            if not isinstance(answer, DeferredResponse):
                self._record_issued_url(answer)
                return json_response(answer)
        content = answer.read()
        with self._cloud.lock:
            return json_response(answer.respond(content))

    def _record_issued_url(self, answer: Answer) -> None:
        url = answer.get("uploadUrl") if isinstance(answer, dict) else None
        if isinstance(url, str):
            self.issued = self._cloud.leases.find(url.removeprefix(self._head.addresses.upload))

    def _authorize(self) -> Response:
        with self._cloud.lock:
            head = self._head
            calls_left = self._gateway.test_mode.calls_of_new_token(head.headers)
            answer = account_calls.authorize_account(
                self._cloud, head.headers, head.addresses, self._route.dialect, calls_left
            )
            return json_response(answer)

    def _call(self) -> Call:
        token = self._authenticate()
        path, fields = f"/b2api/v{self._route.dialect}/", self._fields()
        self._subject = subjects.of_fields(self._cloud.state, fields.values)
        return Call(self._cloud, token, fields, self._route.dialect, self._head.addresses, path)

    def _authenticate(self) -> Token:
        authorization, endpoint = self._head.headers.get("authorization"), self._route.endpoint
        if self._suite is not None:
            return partner_calls.authenticate(self._cloud, authorization, endpoint)
        token = self._cloud.keys.authenticate(authorization or "")
        capability = permissions.CAPABILITY_OF_CALL[endpoint]
        if capability is not None:
            permissions.require(token.key, capability)
        return token

    def end(self, status: int | None) -> None:
        """Nothing was taken."""
