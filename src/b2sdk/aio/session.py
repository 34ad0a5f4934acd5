"""Tokens, upload URLs and renewal in an event loop, as :mod:`b2sdk.session_state` decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from contextvars import copy_context
from functools import cache
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo, SharedRenewal
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio.http import AsyncHttp
from b2sdk.aio.limits import Limits
from b2sdk.aio.raw_api import AsyncRawApi
from b2sdk.aio.renewal import SharedTask
from b2sdk.aio.response import Response
from b2sdk.aio.threads import Threads, entered_in_a_thread, kept_context
from b2sdk.cache import AbstractCache, AuthInfoCache, DummyCache, InMemoryCache
from b2sdk.costs import ClientMeter
from b2sdk.exception import B2Error
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.http.rates import Pacing
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session import parameters_of_call
from b2sdk.session_state import Authorized, Lease, Leased, SessionState, StoredKey
from b2sdk.values.argument import Parameters, arguments_checked
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.json import JsonObject

_P = ParamSpec("_P")
_R = TypeVar("_R")

_IN_MEMORY: Final = (InMemoryAccountInfo, InMemoryCache, DummyCache)
"""What never blocks. A subclass may do anything, so it is called like those that block."""


class AsyncSession(SessionState):
    """The endpoints for one account, with its state in an account info of any kind."""

    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        limits: Limits | None = None,
    ) -> None:
        """Without an account info, the state is in memory.

        :raises TypeError: the limits are no :class:`Limits`.
        """
        if not isinstance(limits, Limits | None):
            raise TypeError(f"limits must be a Limits, not {type(limits).__name__}")
        self.limits: Limits = limits or Limits()
        self.http: AsyncHttp = AsyncHttp(api_config, self.limits)
        self.meter: ClientMeter = self.http.meter
        self.pacing: Pacing = self.http.pacing
        self.raw_api: AbstractRawApi = AsyncRawApi(self.http)
        self.account_info: AbstractAccountInfo = InMemoryAccountInfo() if account_info is None else account_info
        self.cache: AbstractCache = AuthInfoCache(self.account_info) if cache is None else cache
        self.threads: Threads = Threads(self.limits.threads)
        self._renewal = SharedTask[bool]()
        self._is_in_memory_only = _is_in_memory(self.account_info) and (
            _is_in_memory(self.cache) or (type(self.cache) is AuthInfoCache and self.cache.info is self.account_info)
        )

    async def close(self) -> None:
        """Close the connections. What is on its way fails, and the session cannot be used again."""
        await self._renewal.cancel()
        await self.http.close()
        self.threads.close()

    # --- calls ---

    @override
    async def call(
        self, endpoint: Callable[Concatenate[Any, str, str, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        self.http.check_loop()
        _parameters(endpoint).check(args, kwargs)
        name = endpoint.__name__
        result: _R = await self._authorized(lambda url, token: self._endpoint(name)(url, token, *args, **kwargs))
        return result

    async def _authorized(self, send: Callable[[str, str], Awaitable[_R]]) -> _R:
        """Return what ``send`` returns, which is called with the URL of the API and the token of each attempt."""
        url, token = await self.ask(self._access)
        attempts = Authorized(self, token)
        while True:
            async with attempts:
                if attempts.number > 1:
                    url = await self.ask(self.account_info.get_api_url)
                return await send(url, attempts.token)

    async def upload(
        self,
        lease: Lease,
        endpoint: Callable[Concatenate[Any, str, str, _P], _R],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Call an endpoint that takes ``(upload_url, upload_auth_token, ...)``, with those of a lease."""
        self.http.check_loop()
        _parameters(endpoint).check(args, kwargs)
        kept = kept_context.set(copy_context())
        try:
            if not await self.ask(lease.take_pooled, self.account_info):
                await self.mint(lease)
            attempts = Leased(self, lease)
            while True:
                async with attempts:
                    result: _R = await self._endpoint(endpoint.__name__)(lease.url, lease.token, *args, **kwargs)
                    return result
        finally:
            kept_context.reset(kept)

    async def download(
        self, url: str, range_: tuple[int, int] | None = None, encryption: EncryptionSetting | None = None
    ) -> Response:
        """Request a file; see :meth:`AbstractRawApi.download_file_from_url`. The caller closes the response."""
        self.http.check_loop()
        attempts = Authorized(self, await self.ask(self.account_info.get_account_auth_token))
        while True:
            async with attempts:
                download: Any = self.raw_api.download_file_from_url
                response: Response = await download(attempts.token, url, range_=range_, encryption=encryption)
                return response

    def _endpoint(self, name: str) -> Callable[..., Any]:
        # Looked up by name at every attempt: programs replace methods on the raw API while it is in use.
        found: Callable[..., Any] = getattr(self.raw_api, name)
        return found

    def _access(self) -> tuple[str, str]:
        return self.account_info.get_api_url(), self.account_info.get_account_auth_token()

    # --- what a session performs ---

    @override
    async def ask(self, call: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return call(*args, **kwargs) if self._is_in_memory_only else await self.threads.call(call, *args, **kwargs)

    @override
    async def mint(self, lease: Lease) -> None:
        lease.accept(await self._authorized(lambda url, token: self._endpoint(lease.MINT)(url, token, lease.target_id)))

    @override
    async def pause_before_retry(
        self, method: str, call: str, attempt: int, attempts: int, error: B2Error, start: float
    ) -> bool:
        seconds = self.http.seconds_before_retry(method, call, attempt, attempts, error, start)
        if seconds is not None:
            await self.http.pause(seconds)
        return seconds is not None

    # --- authorization ---

    async def authorize_automatically(self) -> bool:
        """Authorize again with the stored key.

        :return: whether there was a key to do so with.
        """
        stored = await self.ask(self.stored_key)
        if stored is None:
            return False
        await self.authorize_account(*stored)
        return True

    @arguments_checked
    async def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        """Exchange the key for a token and store what the service says about the account.

        See :meth:`b2sdk.session.B2Session.authorize_account`, which tells the errors.
        """
        self.http.check_loop()
        key = StoredKey(realm, application_key_id, application_key)
        authorize: Any = self.raw_api.authorize_account
        response: JsonObject = await authorize(self.url_of_realm(realm), application_key_id, application_key)
        await self.ask(self.store_authorization, response, key)

    @override
    async def renew_token(self, rejected: str) -> bool:
        return await self._renewal.join(rejected, lambda: self._renew_token(rejected))

    async def _renew_token(self, rejected: str) -> bool:
        info = self.account_info
        # One that may take a while has a thread that nobody else waits for, and leaves it where it entered.
        alone = entered_in_a_thread(info.renewing(rejected)) if isinstance(info, SharedRenewal) else nullcontext()
        async with alone:
            if await self.ask(info.get_account_auth_token) != rejected:
                return True
            return await self.authorize_automatically()


def _is_in_memory(state: AbstractAccountInfo | AbstractCache) -> bool:
    return type(state) in _IN_MEMORY


@cache
def _parameters(endpoint: Callable[..., Any]) -> Parameters:
    return parameters_of_call(endpoint)
