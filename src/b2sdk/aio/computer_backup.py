"""The computers of accounts in an event loop: the verbs of :mod:`b2sdk.computer_backup`, which are awaited."""

from __future__ import annotations

from b2sdk.aio.partner import AsyncAccountClient, AsyncPartnerSession, awaits, yields
from b2sdk.computer_backup.flows import BackupFlows
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.partner.session import shared_session


class ComputerBackupApi(AsyncAccountClient):
    """The computers that the members of a partner's groups back up, for the event loop in which it is used first.

    The verbs are those of :class:`b2sdk.computer_backup.ComputerBackupApi`, and are awaited.
    """

    def __init__(
        self, session: AsyncPartnerSession | None = None, *, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG
    ) -> None:
        """Make a client; no request is made. See :class:`b2sdk.computer_backup.ComputerBackupApi`."""
        self.session: AsyncPartnerSession = shared_session(session, AsyncPartnerSession) or AsyncPartnerSession(
            api_config
        )
        self.flows: BackupFlows = BackupFlows(self.session)

    @yields(BackupFlows.list_computers)
    def list_computers(self) -> None: ...
    @awaits(BackupFlows.delete_computer)
    def delete_computer(self) -> None: ...
