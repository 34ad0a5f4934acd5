"""The computers that accounts back up.

What belongs here is which there are, and who sees them. Backups themselves are not simulated.
"""

from __future__ import annotations

from b2sdk.simulator.cloud.model import Computer, Key
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.cloud.state import State


class Computers:
    """The computers of all accounts."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, account_id: str, name: str, *, last_upload: int | None = None) -> Computer:
        """Have an account back up a computer; the time is in milliseconds since 1970.

        :raises KeyError: there is no such account.
        """
        account = self._state.accounts[account_id]
        computer = Computer(
            computer_id=self._state.ids.computer(), account_id=account.account_id, name=name, last_upload=last_upload
        )
        self._state.computers[computer.computer_id] = computer
        self._state.report_change(computer)
        return computer

    def forget(self, account_id: str) -> None:
        """Remove the computers of an account that is removed."""
        for computer in self.of(account_id):
            self._remove(computer)

    def of(self, account_id: str) -> list[Computer]:
        """Return the computers of an account, by id."""
        own = (computer for computer in self._state.computers.values() if computer.account_id == account_id)
        return sorted(own, key=lambda computer: computer.computer_id)

    def list(self, caller: Key, account_id: str, start: str | None, limit: int) -> tuple[list[Computer], str | None]:
        """Return up to ``limit`` computers with ids from ``start`` on, and the id where the next page begins."""
        self._check_owner(caller, account_id, deletes=False)
        first = "" if start is None else self._find(account_id, start).computer_id
        shown = [computer for computer in self.of(account_id) if computer.computer_id >= first]
        return shown[:limit], shown[limit].computer_id if len(shown) > limit else None

    def delete(self, caller: Key, account_id: str, computer_id: str) -> Computer:
        """Delete a computer with its backup; return it as it was."""
        self._check_owner(caller, account_id, deletes=True)
        computer = self._find(account_id, computer_id)
        self._remove(computer)
        return computer

    def _remove(self, computer: Computer) -> None:
        del self._state.computers[computer.computer_id]
        self._state.report_change(computer)

    def _find(self, account_id: str, computer_id: str) -> Computer:
        computer = self._state.computers.get(computer_id)
        if computer is None or computer.account_id != account_id:
            raise Refusal("invalid_computer_id", "There is no such computer")
        return computer

    def _check_owner(self, caller: Key, account_id: str, *, deletes: bool) -> None:
        """Refuse an account that is neither the caller's nor in a group of the caller's that lets it see computers."""
        if account_id == caller.account_id:
            return
        groups = [
            group
            for group in self._state.groups.values()
            if group.admin_id == caller.account_id and account_id in group.member_ids and "BACKUP" in group.products
        ]
        if not groups:
            raise Refusal("invalid_account_id", "There is no such account")
        if not any(
            group.has_enterprise_controls and (group.lets_admin_delete_backups or not deletes) for group in groups
        ):
            raise Refusal("access_denied", "The controls of the group do not allow this")
