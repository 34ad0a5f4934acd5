"""Partners in an event loop: the verbs of :mod:`b2sdk.partner`, awaited; listings are asynchronous generators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from typing_extensions import Self, override

from b2sdk.aio.http import AsyncHttp
from b2sdk.aio.limits import Limits
from b2sdk.aio.listings import items
from b2sdk.aio.raw_api import AsyncRawApi
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.partner.flows import AccountFlows, PartnerFlows
from b2sdk.partner.session import PartnerSession, shared_session
from b2sdk.partner.verbs import present_as
from b2sdk.raw_api.endpoints import AbstractRawApi

P = ParamSpec("P")
T = TypeVar("T")
_NameOnly = Callable[..., None]


class AsyncPartnerSession(PartnerSession):
    """The account of a partner, for the event loop in which it is used first."""

    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG, limits: Limits | None = None) -> None:
        self.http: AsyncHttp = AsyncHttp(api_config, limits or Limits())
        self.raw_api: AbstractRawApi = AsyncRawApi(self.http)
        self._lock = asyncio.Lock()

    @override
    async def perform(self, call: Callable[[], Any]) -> Any:
        self.http.check_loop()
        return await call()

    @override
    def alone(self) -> AbstractAsyncContextManager[None]:
        return self._lock

    async def close(self) -> None:
        """Close the connections. What is on its way fails, and the session cannot be used again."""
        await self.http.close()


def awaits(
    flow: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]],
) -> Callable[[_NameOnly], Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]]:
    """Make of the decorated method, which is only a name, one that returns a flow of ``self.flows``."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return flow(self.flows, *args, **kwargs)

    return lambda name_only: present_as(name_only, flow, call)


def yields(
    flow: Callable[Concatenate[Any, P], AsyncGenerator[Iterator[T], None]],
) -> Callable[[_NameOnly], Callable[Concatenate[Any, P], AsyncGenerator[T, None]]]:
    """Make of the decorated method one that yields what the batches of a flow have."""

    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, None]:
        return items(flow(self.flows, *args, **kwargs))

    return lambda name_only: present_as(name_only, flow, call, "AsyncGenerator[{}, None]")


class AsyncAccountClient:
    """What the clients of a partner's APIs have in common."""

    session: AsyncPartnerSession
    """The account, which may be shared: ``ComputerBackupApi(partner.session)``."""
    flows: AccountFlows
    """The verbs."""

    @property
    def account_id(self) -> str:
        """The id of the account.

        :raises MissingAccountData: it has not been authorized.
        """
        return self.session.account_id

    @awaits(AccountFlows.authorize_account)
    def authorize_account(self) -> None: ...

    async def close(self) -> None:
        """Close the connections. What is on its way fails, and the client cannot be used again."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        self.session.http.check_loop()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.close()


class PartnerApi(AsyncAccountClient):
    """The groups of a partner, their members, and trials of B2 Reserve, for the event loop in which it is used first.

    The verbs are those of :class:`b2sdk.partner.PartnerApi`, and are awaited; listings are asynchronous generators.
    """

    def __init__(
        self,
        session: AsyncPartnerSession | None = None,
        *,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        trials_in_list: bool = False,
    ) -> None:
        """Make a client; no request is made. See :class:`b2sdk.partner.PartnerApi`."""
        self.session: AsyncPartnerSession = shared_session(session, AsyncPartnerSession) or AsyncPartnerSession(
            api_config
        )
        self.flows: PartnerFlows = PartnerFlows(self.session, trials_in_list=trials_in_list)

    @yields(PartnerFlows.list_groups)
    def list_groups(self) -> None: ...
    @awaits(PartnerFlows.get_group)
    def get_group(self) -> None: ...
    @yields(PartnerFlows.list_group_members)
    def list_group_members(self) -> None: ...
    @awaits(PartnerFlows.find_group_member)
    def find_group_member(self) -> None: ...
    @awaits(PartnerFlows.create_group_member)
    def create_group_member(self) -> None: ...
    @awaits(PartnerFlows.eject_group_member)
    def eject_group_member(self) -> None: ...
    @awaits(PartnerFlows.create_trial_account)
    def create_trial_account(self) -> None: ...
