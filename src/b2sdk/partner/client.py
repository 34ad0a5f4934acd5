"""Partners, for programs whose calls block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any

from typing_extensions import Self, override

from b2sdk import cancellation
from b2sdk.fork import PerProcess, new_lock
from b2sdk.http.client import B2Http
from b2sdk.partner.flows import AccountFlows, PartnerFlows
from b2sdk.partner.session import PartnerSession, shared_session
from b2sdk.partner.verbs import iterates, runs
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.http import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig


class BlockingSession(PartnerSession):
    """The account of a partner, for calls that block. Any number of threads may use it."""

    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        self._http = B2Http(api_config)
        self.raw_api: AbstractRawApi = api_config.raw_api_class(self._http)
        self._lock = PerProcess(new_lock)  # held while a request is sent

    @override
    async def perform(self, call: Callable[[], Any]) -> Any:
        return call()

    @override
    def alone(self) -> AbstractAsyncContextManager[None]:
        return self._held()

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        lock = self._lock()
        cancellation.acquire(lock)
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """Close the connections. New ones are opened if the session is used after all."""
        self._http.close()


class AccountClient:
    """What the clients of a partner's APIs have in common."""

    session: BlockingSession
    """The account, which may be shared: ``ComputerBackupApi(partner.session)``."""
    flows: AccountFlows
    """The verbs, before they are made to block."""

    @property
    def account_id(self) -> str:
        """The id of the account.

        :raises MissingAccountData: it has not been authorized.
        """
        return self.session.account_id

    @runs(AccountFlows.authorize_account)
    def authorize_account(self) -> None: ...

    def close(self) -> None:
        """Close the connections. New ones are opened if the object is used after all."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()


class PartnerApi(AccountClient):
    """The groups of a partner, their members, and trials of B2 Reserve.

    Building one makes no request; :meth:`authorize_account` is the first. One object may be used by many threads.
    """

    def __init__(
        self,
        session: BlockingSession | None = None,
        *,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        trials_in_list: bool = False,
    ) -> None:
        """Make a client; no request is made.

        :param session: that of another client, whose authorization is used; by default there is a new one.
        :param api_config: how requests are made, unless there is a session.
        :param trials_in_list: whether a trial is requested as a list of one. The documentation of the service has both
            forms.
        :raises TypeError: the session is none.
        """
        self.session: BlockingSession = shared_session(session, BlockingSession) or BlockingSession(api_config)
        self.flows: PartnerFlows = PartnerFlows(self.session, trials_in_list=trials_in_list)

    @iterates(PartnerFlows.list_groups)
    def list_groups(self) -> None: ...
    @runs(PartnerFlows.get_group)
    def get_group(self) -> None: ...
    @iterates(PartnerFlows.list_group_members)
    def list_group_members(self) -> None: ...
    @runs(PartnerFlows.find_group_member)
    def find_group_member(self) -> None: ...
    @runs(PartnerFlows.create_group_member)
    def create_group_member(self) -> None: ...
    @runs(PartnerFlows.eject_group_member)
    def eject_group_member(self) -> None: ...
    @runs(PartnerFlows.create_trial_account)
    def create_trial_account(self) -> None: ...
