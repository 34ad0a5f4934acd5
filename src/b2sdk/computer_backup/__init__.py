"""The Computer Backup API: the computers that accounts back up.

::

    backups = ComputerBackupApi(partner.session)
    for computer in backups.list_computers(account_id):
        ...

It takes the authorization of :mod:`b2sdk.partner`. :mod:`b2sdk.aio.computer_backup` awaits the same verbs.
"""

from __future__ import annotations

from b2sdk.computer_backup.client import ComputerBackupApi
from b2sdk.computer_backup.values import Computer
from b2sdk.exception.partner import AccountNotFound, ComputerNotFound, OutcomeUnclear, SuiteMissing, UntrustedUrl

__all__ = [
    "AccountNotFound",
    "Computer",
    "ComputerBackupApi",
    "ComputerNotFound",
    "OutcomeUnclear",
    "SuiteMissing",
    "UntrustedUrl",
]
