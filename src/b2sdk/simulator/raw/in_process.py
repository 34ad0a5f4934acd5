"""The endpoints of the raw API over a cloud in the same process.

What belongs here is how the four primitives (:class:`~b2sdk.raw_api.primitives.Primitives`) are performed without a
connection. Endpoints are the client's own, rules the cloud's; neither is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from b2sdk.error_table import interpret_b2_error
from b2sdk.exception import B2Error, BadUploadUrl
from b2sdk.interfaces import Readable
from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.primitives import STORAGE, Explanation, Headers, Manner
from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.content import BLOCK_SIZE
from b2sdk.simulator.cloud.ids import CountingIds
from b2sdk.simulator.cloud.model import Key, Token
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.protocol.faults import Faults
from b2sdk.simulator.protocol.gateway import FrontEnd, Gateway
from b2sdk.simulator.protocol.headers import lower_case_names
from b2sdk.simulator.protocol.messages import RequestHead, Response
from b2sdk.simulator.protocol.shapes import Addresses
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.json import JsonObject


class InProcessApi(FrontEnd, AbstractRawApi):
    """The endpoints over a cloud in the same process."""

    API_URL = "http://api.example.com"
    S3_API_URL = "http://s3.api.example.com"
    DOWNLOAD_URL = "http://download.example.com"
    UPLOAD_URL = "https://upload.example.com"
    MIN_PART_SIZE = 200
    POLICY: ClassVar[Policy] = Policy(
        minimum_parts=1,
        bucket_name_lengths=(0, 1_000_000),
        ignores_case=False,
        lifecycle=False,
        undersized_parts=True,
        hides_unknown_names=True,
        deletes_full_buckets=True,
        cancels_finished_files=True,
        heads_hidden_files=True,
        checks_keys=False,
        checks_rules=False,
        checks_files=False,
        checks_customer_keys=False,
        checks_readers=False,
        limits_pages=False,
        replicates=False,
        strict_encoding=False,
        strict_locks=False,
        strict_prefixes=False,
        whole_numbers=False,
    )
    """What the cloud allows, but for part sizes, which are ``MIN_PART_SIZE``. The default is what tests count on that
    were written for b2sdk; a subclass that has ``Policy()`` is as strict as the service."""

    def __init__(self, service: InProcessApi | None = None) -> None:
        """Make a cloud, or share that of ``service``."""
        self.ids: CountingIds = CountingIds(self.UPLOAD_URL) if service is None else service.ids
        self.gateway: Gateway = self._new_gateway() if service is None else service.gateway
        self._addresses = Addresses(self.API_URL, self.DOWNLOAD_URL, self.S3_API_URL, self.UPLOAD_URL)

    def _new_gateway(self) -> Gateway:
        return Gateway(Cloud(ids=self.ids, policy=self._policy()), faults=Faults(has_connections=False))

    def _policy(self) -> Policy:
        return replace(self.POLICY, minimum_part_size=self.MIN_PART_SIZE, recommended_part_size=self.MIN_PART_SIZE)

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

    def capabilities_of(self, token: str) -> Sequence[str]:
        """Return what a token lets its owner see; nothing, where any token serves, if nobody gave it out.

        :raises InvalidAuthToken: the token is unknown or has expired, and the policy is to look at that.
        """
        if self.cloud.policy.checks_readers:
            return self.key_of(token).capabilities
        with self.cloud.lock:
            given = self.cloud.state.tokens.get(token)
        return () if given is None else given.key.capabilities

    def check_b2_filename(self, filename: str) -> None:
        if self.cloud.policy.checks_files:
            super().check_b2_filename(filename)

    def check_allowed(self, token: str, endpoint: str) -> None:
        """Refuse a call that its token does not allow.

        :raises Unauthorized: the token's key lacks the capability.
        """
        capability = permissions.CAPABILITY_OF_CALL[endpoint]
        try:
            permissions.require(self.key_of(token), *([] if capability is None else [capability]))
        except Refusal as refusal:
            raise _error_of(refusal) from refusal

    def check_key(self, token: str, capability: str, bucket_id: str | None, file_name: str | None) -> None:
        """Refuse what a token does not allow; one that is confined to buckets allows nothing without a bucket.

        :raises Unauthorized: the token's key lacks the capability, or is for other buckets or names.
        """
        key = self.key_of(token)
        try:
            permissions.require(key, capability)
            permissions.require_bucket(key, bucket_id or "")
            if file_name is not None:
                permissions.require_name(key, file_name)
        except Refusal as refusal:
            raise _error_of(refusal) from refusal

    def check_download(self, token: str | None, url: str, encryption: EncryptionSetting | None) -> None:
        """Refuse a download that the service would refuse, and note it in the journal otherwise."""
        headers: Headers = {} if token is None else {"authorization": token}
        if encryption is not None:
            encryption.add_to_download_headers(headers)
        target = url.removeprefix(self.DOWNLOAD_URL)
        _check(self._exchange(RequestHead("GET", target, lower_case_names(headers.items()), self._addresses)))

    def _api(
        self,
        base_url: str,
        endpoint: str,
        authorization: str,
        params: Mapping[str, object],
        *,
        method: Literal["POST", "GET"] = "POST",
        version: str | None = None,
        read: Callable[[JsonObject], object] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> Any:
        target, body = self._path_of(endpoint, version, manner), b""
        if method == "GET":
            target += "?" + urlencode({name: value for name, value in params.items() if value is not None})
        else:
            body = manner.body_of(params)
        head = RequestHead(method, target, {"authorization": authorization}, self._addresses)
        try:
            answer = manner.object_in(_parse(self._exchange(head, [body]), params))
        except B2Error as error:
            if explain is None or (explained := explain(error)) is None:
                raise
            raise explained from error
        return answer if read is None else read(answer)

    def _post_body(self, url: str, headers: Headers, body: Readable) -> Any:
        head = RequestHead(
            "POST", url.removeprefix(self.UPLOAD_URL), lower_case_names(headers.items()), self._addresses
        )
        if self.cloud.leases.find(head.path) is None:
            raise BadUploadUrl(url)
        return _parse(self._exchange(head, iter(lambda: body.read(BLOCK_SIZE), b"")))

    def _exchange(self, head: RequestHead, body: Iterable[bytes] = ()) -> Response:
        exchange = self.gateway.begin(head)
        try:
            for chunk in body:
                exchange.receive(chunk)
        except BaseException:
            exchange.abandon()
            raise
        return exchange.complete()


def _error_of(refusal: Refusal) -> Exception:
    return interpret_b2_error(refusal.status, refusal.code, refusal.message, refusal.headers, None)


def _check(response: Response, params: Mapping[str, object] | None = None) -> Response:
    """Return a response that is not an error."""
    if response.status < 400:
        return response
    answer = json.loads(response.body) if isinstance(response.body, bytes) and response.body else {}
    headers = lower_case_names(response.headers.items())
    raise interpret_b2_error(response.status, answer.get("code"), answer.get("message"), headers, params)


def _parse(response: Response, params: Mapping[str, object] | None = None) -> Any:
    body = _check(response, params).body
    return json.loads(body) if isinstance(body, bytes) else None
