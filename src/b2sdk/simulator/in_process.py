"""The endpoints of the raw API over a cloud in the same process.

What belongs here is how the four primitives of :class:`~b2sdk.raw_api.wire.Wire` are answered without a connection.
Endpoints are the client's own, rules the cloud's; neither is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from b2sdk.exception import BadUploadUrl, interpret_b2_error
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.wire import Headers, JsonCall, Readable
from b2sdk.simulator import permissions
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.content import BLOCK_SIZE
from b2sdk.simulator.faults import Faults, Journal
from b2sdk.simulator.headers import lower_case
from b2sdk.simulator.ids import CountingIds
from b2sdk.simulator.messages import Reply, RequestHead
from b2sdk.simulator.model import Key, Token
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.refusals import Refusal
from b2sdk.simulator.shapes import Addresses
from b2sdk.simulator.wire import Wire
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.vocabulary import ALL_CAPABILITIES


class InProcessApi(AbstractRawApi):
    """The endpoints, each answered by the cloud itself."""

    API_URL = "http://api.example.com"
    S3_API_URL = "http://s3.api.example.com"
    DOWNLOAD_URL = "http://download.example.com"
    UPLOAD_URL = "https://upload.example.com"
    MIN_PART_SIZE = 200

    def __init__(self, service: InProcessApi | None = None) -> None:
        """Make a cloud, or share that of ``service``."""
        self.ids: CountingIds = CountingIds(self.UPLOAD_URL) if service is None else service.ids
        self.wire: Wire = Wire(Cloud(ids=self.ids, policy=self._policy())) if service is None else service.wire
        self._addresses = Addresses(self.API_URL, self.DOWNLOAD_URL, self.S3_API_URL, self.UPLOAD_URL)

    def _policy(self) -> Policy:
        return Policy(
            minimum_part_size=self.MIN_PART_SIZE,
            recommended_part_size=self.MIN_PART_SIZE,
            minimum_parts=1,
            bucket_name_lengths=(1, 63),
            lifecycle=False,
            undersized_parts=True,
            hides_unknown_names=True,
            deletes_full_buckets=True,
            checks_keys=False,
            checks_rules=False,
            replicates=False,
            strict_locks=False,
            strict_prefixes=False,
        )

    @property
    def cloud(self) -> Cloud:
        """The cloud behind the endpoints."""
        return self.wire.cloud

    @property
    def faults(self) -> Faults:
        """Failures to come."""
        return self.wire.faults

    @property
    def journal(self) -> Journal:
        """What was called."""
        return self.wire.journal

    def owner_token(self, account_id: str) -> str:
        """Return a token that may do everything, whatever has become of the account's keys since."""
        text = f"owner-of-{account_id}"
        self.admit(text, account_id)
        return text

    def admit(self, text: str, account_id: str) -> None:
        """Let a text be a token of the account's owner, unless it is a token already."""
        with self.cloud.lock:
            state = self.cloud.state
            if text not in state.tokens:
                owner = replace(state.accounts[account_id].master_key, capabilities=tuple(ALL_CAPABILITIES))
                lifetime = self.cloud.policy.token_lifetime
                state.tokens[text] = Token(text, owner, state.clock.now() + 10_000 * lifetime)

    def key_of(self, token: str) -> Key:
        """Return the key that a valid token was given out for.

        :raises InvalidAuthToken: the token is unknown or has expired.
        """
        try:
            with self.cloud.lock:
                return self.cloud.keys.authenticate(token).key
        except Refusal as refusal:
            raise _error_of(refusal) from refusal

    def check_allowed(self, token: str, endpoint: str) -> None:
        """Refuse a call that its token does not allow.

        :raises Unauthorized: the token's key lacks the capability.
        """
        key, capability = self.key_of(token), permissions.CAPABILITY_OF_CALL[endpoint]
        try:
            permissions.require(key, *([] if capability is None else [capability]))
        except Refusal as refusal:
            raise _error_of(refusal) from refusal

    def check_download(self, token: str | None, url: str, encryption: EncryptionSetting | None) -> None:
        """Refuse a download that the service would refuse, and note it in the journal otherwise."""
        headers: Headers = {} if token is None else {"authorization": token}
        if encryption is not None:
            encryption.add_to_download_headers(headers)
        target = url.removeprefix(self.DOWNLOAD_URL)
        _accepted(self._exchange(RequestHead("GET", target, lower_case(headers.items()), self._addresses)))

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
        if self.cloud.leases.find(head.path) is None:
            raise BadUploadUrl(url)
        return _parsed(self._exchange(head, iter(lambda: body.read(BLOCK_SIZE), b"")))

    def _exchange(self, head: RequestHead, body: Iterable[bytes] = ()) -> Reply:
        exchange = self.wire.begin(head)
        try:
            for chunk in body:
                exchange.receive(chunk)
        except BaseException:
            exchange.abandon()
            raise
        return exchange.complete()


def _error_of(refusal: Refusal) -> Exception:
    return interpret_b2_error(refusal.status, refusal.code, refusal.message, refusal.headers, None)


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
