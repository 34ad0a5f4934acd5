"""What can be done with the computers of accounts: verbs, as flows for clients that block and that await."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, Final

from b2sdk.computer_backup.values import COMPUTERS, Computer
from b2sdk.paging import pages
from b2sdk.partner.checks import check_id, check_number
from b2sdk.partner.flows import AccountFlows
from b2sdk.raw_api.partner_endpoints import BackupEndpoints
from b2sdk.values.argument import arguments_checked

_COMPUTERS_OF_PAGE: Final = range(1, 501)
_LOOK_FOR_DELETED: Final = (
    "if the computer is missing among list_computers(), it was; deleting it again then fails with ComputerNotFound"
)


class BackupFlows(AccountFlows):
    """The verbs of the Computer Backup API. Besides what they say, all may raise any B2Error."""

    @arguments_checked
    def list_computers(
        self, account_id: str, *, start_computer_id: str | None = None, page_size: int | None = None
    ) -> AsyncGenerator[Iterator[Computer], None]:
        """List the computers that an account backs up; a page is requested when it is needed.

        :param account_id: the account that owns the backups: a member of a group with Enterprise Controls that this
            account administers.
        :param start_computer_id: the first computer.
        :param page_size: computers of a page, 1 to 500; by default 100.
        :raises InvalidArgument: an argument is out of its range; nothing was sent.
        :raises AccountNotFound: the account is unknown, or in no such group.
        :raises ComputerNotFound: there is no computer to start from.
        """
        check_id("account_id", account_id)
        if start_computer_id is not None:
            check_id("start_computer_id", start_computer_id)
        if page_size is not None:
            check_number("page_size", page_size, _COMPUTERS_OF_PAGE)

        def fetch(start: str | None) -> Coroutine[Any, Any, dict[str, Any]]:
            return self.session.look("backupApi", BackupEndpoints.list_computers, account_id, start, page_size)

        return pages(fetch, start_computer_id, COMPUTERS, Computer.from_response, identity="computerId")

    @arguments_checked
    async def delete_computer(self, account_id: str, computer_id: str) -> Computer:
        """Delete a computer with its backup, for good.

        :param account_id: the account that owns the backup; the controls of its group must let admins delete backups.
        :param computer_id: the computer.
        :return: the computer as it was.
        :raises InvalidArgument: this is no id; nothing was sent.
        :raises AccountNotFound: the account is unknown, or in no group that this account administers.
        :raises ComputerNotFound: there is no such computer, or it has been deleted.
        :raises OutcomeUnclear: it is not known whether it was deleted. The call is never sent twice.
        """
        check_id("account_id", account_id)
        check_id("computer_id", computer_id)
        deleted: Computer = await self.session.change(
            "backupApi",
            _LOOK_FOR_DELETED,
            Computer.from_response,
            BackupEndpoints.delete_computer,
            account_id,
            computer_id,
        )
        return deleted
