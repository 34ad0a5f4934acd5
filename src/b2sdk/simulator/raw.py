"""Door one: the endpoints of the raw API over a cloud in the same process.

What belongs here is how the four primitives of :class:`~b2sdk.raw_api.wire.Wire` are answered without a connection.
Endpoints are the client's own, rules the cloud's; neither is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

from b2sdk.exception import BadUploadUrl, interpret_b2_error
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.wire import Headers, JsonCall, Readable
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.content import BLOCK_SIZE
from b2sdk.simulator.faults import Faults, Journal
from b2sdk.simulator.headers import lower_case
from b2sdk.simulator.ids import CountingIds
from b2sdk.simulator.messages import Reply, RequestHead
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.response import CaseInsensitive, SimulatedResponse
from b2sdk.simulator.shapes import Addresses
from b2sdk.simulator.wire import Wire


class RawSimulator(AbstractRawApi):
    """A raw API to use in place of the one over HTTP; each instance is a cloud of its own.

    Ids, tokens and timestamps are small numbers counted from fixed beginnings, so that tests can write down what they
    expect. Part sizes are small too: ``MIN_PART_SIZE`` bytes.
    """

    API_URL = "http://api.example.com"
    S3_API_URL = "http://s3.api.example.com"
    DOWNLOAD_URL = "http://download.example.com"
    UPLOAD_URL = "https://upload.example.com"
    MIN_PART_SIZE = 200
    MAX_PART_ID = 10000
    MAX_DURATION_IN_SECONDS = 86400000

    def __init__(self, b2_http: Any = None) -> None:
        """``b2_http`` is what the raw API over HTTP takes in its place; it is not used."""
        self.b2_http = b2_http
        self.cloud = Cloud(
            ids=CountingIds(self.UPLOAD_URL),
            policy=Policy(
                minimum_part_size=self.MIN_PART_SIZE,
                recommended_part_size=self.MIN_PART_SIZE,
                maximum_copy_size=self.MIN_PART_SIZE,
                minimum_parts=1,
                bucket_name_lengths=(1, 63),
                lifecycle=False,
            ),
        )
        self._addresses = Addresses(self.API_URL, self.DOWNLOAD_URL, self.S3_API_URL, self.UPLOAD_URL)
        self._wire = Wire(self.cloud)
        self._upload_errors: list[BaseException] = []

    @property
    def faults(self) -> Faults:
        """Failures to come."""
        return self._wire.faults

    @property
    def journal(self) -> Journal:
        """What was called."""
        return self._wire.journal

    @property
    def current_token(self) -> str | None:
        """The account token given out last; ``None`` before the first."""
        with self.cloud.lock:
            return next(reversed(self.cloud.state.tokens), None)

    def create_account(self) -> tuple[str, str]:
        """Create an account and return its id, which is also the id of its master key, and that key."""
        with self.cloud.lock:
            account = self.cloud.keys.create_account()
        return account.account_id, account.master_key.secret

    def expire_auth_token(self, auth_token: str) -> None:
        """Let an account token expire now.

        :raises KeyError: there is no such token.
        """
        with self.cloud.lock:
            self.cloud.keys.expire(auth_token)

    def set_upload_errors(self, errors: list[BaseException]) -> None:
        """Let the next uploads of files raise these, one each.

        :raises AssertionError: errors set before are still to be raised.
        """
        if self._upload_errors:
            raise AssertionError("there are upload errors left")
        self._upload_errors = list(errors)

    def _call_json(self, call: JsonCall) -> Any:
        headers = {"authorization": call.authorization}
        target, body = call.url[len(call.base_url) :], b""
        if call.method == "GET":
            target += "?" + urlencode({name: value for name, value in call.params.items() if value is not None})
        else:
            body = json.dumps(call.params, default=list).encode()
        return _parsed(self._exchange(RequestHead(call.method, target, headers, self._addresses), [body]), call.params)

    def _post_body(self, url: str, headers: Headers, body: Readable) -> Any:
        head = RequestHead("POST", url.removeprefix(self.UPLOAD_URL), lower_case(headers.items()), self._addresses)
        lease = self.cloud.leases.find(head.path)
        if lease is None:
            raise BadUploadUrl(url)
        if lease.file_id is None and self._upload_errors:
            raise self._upload_errors.pop(0)
        if (seek := getattr(body, "seek", None)) is not None:
            seek(0)  # as every attempt of a transport begins
        return _parsed(self._exchange(head, iter(lambda: body.read(BLOCK_SIZE), b"")))

    def _open_download(self, url: str, headers: Headers) -> AbstractContextManager[SimulatedResponse]:
        return SimulatedResponse(_accepted(self._exchange(self._download_head("GET", url, headers))), url, headers)

    def _head(self, url: str, headers: Headers) -> Mapping[str, Any]:
        reply = _accepted(self._exchange(self._download_head("HEAD", url, headers)))
        return CaseInsensitive({**reply.headers, "Content-Length": str(reply.length)})

    def _download_head(self, method: str, url: str, headers: Headers) -> RequestHead:
        # Files are served on both hosts; a look-up by name is asked of the API host.
        target = url.removeprefix(self.DOWNLOAD_URL).removeprefix(self.API_URL)
        return RequestHead(method, target, lower_case(headers.items()), self._addresses)

    def _exchange(self, head: RequestHead, body: Iterable[bytes] = ()) -> Reply:
        exchange = self._wire.begin(head)
        try:
            for chunk in body:
                exchange.receive(chunk)
        except BaseException:
            exchange.abandon()
            raise
        return exchange.complete()


def _accepted(reply: Reply, params: Mapping[str, Any] | None = None) -> Reply:
    """Pass on an answer that is not an error."""
    if reply.status < 400:
        return reply
    answer = json.loads(reply.body) if isinstance(reply.body, bytes) and reply.body else {}
    headers = lower_case(reply.headers.items())
    raise interpret_b2_error(reply.status, answer.get("code"), answer.get("message"), headers, params)


def _parsed(reply: Reply, params: Mapping[str, Any] | None = None) -> Any:
    body = _accepted(reply, params).body
    return json.loads(body) if isinstance(body, bytes) else None
