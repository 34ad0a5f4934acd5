"""The computers of accounts, for programs whose calls block."""

from __future__ import annotations

from b2sdk.computer_backup.flows import BackupFlows
from b2sdk.partner.client import AccountClient, BlockingSession
from b2sdk.partner.session import shared_session
from b2sdk.partner.verbs import iterates, runs
from b2sdk.raw_api.http import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig


class ComputerBackupApi(AccountClient):
    """The computers that the members of a partner's groups back up.

    Building one makes no request. One object may be used by many threads.
    """

    def __init__(
        self, session: BlockingSession | None = None, *, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG
    ) -> None:
        """Make a client; no request is made.

        :param session: that of another client, whose authorization is used; by default there is a new one.
        :param api_config: how requests are made, unless there is a session.
        :raises TypeError: the session is none.
        """
        self.session: BlockingSession = shared_session(session, BlockingSession) or BlockingSession(api_config)
        self.flows: BackupFlows = BackupFlows(self.session)

    @iterates(BackupFlows.list_computers)
    def list_computers(self) -> None: ...
    @runs(BackupFlows.delete_computer)
    def delete_computer(self) -> None: ...
