"""The authorization of a partner, kept apart from that of storage, and calls with its token.

What belongs here is decided once, for calls that block and calls that are awaited: which token a call has, when that is
renewed, what must not be sent twice, and where no token goes. How a call is performed is up to the client.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, Final, Literal, NamedTuple, ParamSpec, TypeAlias, TypeVar

from typing_extensions import override

from b2sdk.attempts import Attempts
from b2sdk.exception import (
    B2Error,
    B2HttpCallbackPreRequestException,
    ConnectionImpossible,
    InvalidAuthToken,
    MissingAccountData,
    UnknownHost,
)
from b2sdk.exception.partner import OutcomeUnclear, SuiteMissing, hide_addresses
from b2sdk.http.errors import was_never_sent
from b2sdk.partner import responses
from b2sdk.partner.trust import check_realm, trusted_url
from b2sdk.protocol_constants import REALM_URLS
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session_state import StoredKey, needs_another_token
from b2sdk.values.json import JsonObject

P = ParamSpec("P")
T = TypeVar("T")
Suite: TypeAlias = Literal["groupsApi", "backupApi"]
Endpoint: TypeAlias = Callable[Concatenate[AbstractRawApi, str, str, P], T]

SUITES: Final[tuple[Suite, ...]] = ("groupsApi", "backupApi")
_SECONDS_OF_TOKEN: Final = 11 * 3600
"""A token may live 24 hours, and 12 have been seen. One that is older than this is renewed before a call that must not
be sent twice."""


class _Authorization(NamedTuple):
    account_id: str
    token: str
    urls: dict[Suite, str]
    since: float
    """The ``time.monotonic()`` of the authorization."""

    @classmethod
    def from_response(cls, response: JsonObject, realm: str, since: float) -> _Authorization:
        with responses.AUTHORIZATION.reading(response):
            suites = {suite: response["apiInfo"].get(suite) or {} for suite in SUITES}
            urls = {
                suite: trusted_url(realm, info[f"{suite}Url"])
                for suite, info in suites.items()
                if "all" in (info.get("capabilities") or ()) and info.get(f"{suite}Url")
            }
            return cls(response["accountId"], response["authorizationToken"], urls, since)

    def __repr__(self) -> str:
        return f"_Authorization(account_id={self.account_id!r}, urls={self.urls!r})"

    def url_of(self, suite: Suite) -> str:
        if suite not in self.urls:
            raise SuiteMissing(suite)
        return self.urls[suite]


_Session = TypeVar("_Session", bound="PartnerSession")


def shared_session(session: _Session | None, kind: type[_Session]) -> _Session | None:
    """Let the session of another client pass.

    :raises TypeError: it is none, such as that client itself, or one for programs of the other kind.
    """
    if not isinstance(session, kind | None):
        raise TypeError(f"session must be that of a client, of class {kind.__name__}, not {type(session).__name__}")
    return session


class PartnerSession(ABC):
    """The account of a partner: its key, which is kept in memory, and its token.

    ``PartnerApi`` and ``ComputerBackupApi`` may share one.
    """

    raw_api: AbstractRawApi
    _key: StoredKey | None = None
    _authorization: _Authorization | None = None

    @abstractmethod
    async def perform(self, call: Callable[[], Any]) -> Any:
        """Call an endpoint, and return what it returns in the end."""

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[None]:
        """Return what only one caller at a time enters."""

    @property
    def account_id(self) -> str:
        """The id of the account.

        :raises MissingAccountData: it has not been authorized.
        """
        return self._authorized().account_id

    def _authorized(self) -> _Authorization:
        if self._authorization is None:
            raise MissingAccountData("authorization of a partner")
        return self._authorization

    async def authorize(self, key: StoredKey, *, trust_realm: bool) -> None:
        """Exchange a master key for a token."""
        realm = REALM_URLS.get(key.realm, key.realm)
        check_realm(realm, trust_realm=trust_realm)
        async with self.alone():
            await self._authorize(key._replace(realm=realm))

    async def _authorize(self, key: StoredKey) -> None:
        since = time.monotonic()
        response = await self.perform(lambda: self.raw_api.authorize_account(key.realm, key.key_id, key.key))
        authorization = _Authorization.from_response(response, key.realm, since)
        if not authorization.urls:
            raise SuiteMissing(" and ".join(SUITES))
        self._key, self._authorization = key, authorization

    async def renew(self, rejected: str) -> str:
        """Return another token than the rejected one, which another caller may have brought meanwhile."""
        async with self.alone():
            if self._authorized().token == rejected and self._key is not None:
                await self._authorize(self._key)
        return self._authorized().token

    async def look(self, suite: Suite, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call that changes nothing; it is made again, once, with another token if the first is rejected."""
        attempts = _Authorized(self, self._authorized().token)
        while True:
            async with attempts:
                return await self._send(suite, endpoint, attempts.token, *args, **kwargs)

    async def change(
        self,
        suite: Suite,
        how_to_look: str,
        read: Callable[[T], Any],
        endpoint: Endpoint[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Any:
        """Make a call that changes something, and read its response. It is sent once, with whatever result.

        :param how_to_look: how to find out whether something was changed, if that remains unclear.
        """
        authorization = self._authorized()
        if time.monotonic() - authorization.since > _SECONDS_OF_TOKEN:
            await self.renew(authorization.token)
        token = self._authorized().token
        try:
            return read(await self._send(suite, endpoint, token, *args, **kwargs))
        except InvalidAuthToken:
            self._let_expire(token)
            raise
        except B2Error as error:
            if is_certain(error):
                raise
            unclear = OutcomeUnclear(endpoint.__name__, how_to_look).in_place_of(error)
            unclear.retry_after_seconds = error.retry_after_seconds
            raise unclear from error

    def _let_expire(self, token: str) -> None:
        """Have the next call that must not be sent twice renew a token first."""
        authorization = self._authorized()
        if authorization.token == token:
            self._authorization = authorization._replace(since=float("-inf"))

    async def _send(
        self, suite: Suite, endpoint: Endpoint[P, T], token: str, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        url = self._authorized().url_of(suite)
        try:
            result: T = await self.perform(lambda: endpoint(self.raw_api, url, token, *args, **kwargs))
        except B2Error as error:
            hide_addresses(error)
            raise
        return result


class _Authorized(Attempts):
    """Attempts with the token of a partner: a second one, with a new token, when the service rejects the first."""

    def __init__(self, session: PartnerSession, token: str) -> None:
        self._session = session
        self.token: str = token

    @override
    async def recover(self, failure: Exception) -> Exception | None:
        if not needs_another_token(self.number, failure):
            return failure
        self.token = await self._session.renew(self.token)
        return None


def is_certain(error: B2Error) -> bool:
    """Whether a call that ended so has changed nothing: the service rejected it in its own words, or never got it."""
    if isinstance(error, UnknownHost | ConnectionImpossible | B2HttpCallbackPreRequestException | SuiteMissing):
        return True
    if error.server_status is None:
        return error.__cause__ is not None and was_never_sent(error.__cause__)
    is_rejected = 400 <= error.server_status < 500 and error.server_status not in (408, 429)
    return is_rejected and error.server_code not in (None, "non_json_response")
