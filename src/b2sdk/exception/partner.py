"""Errors of the partner API and of the Computer Backup API, which only programs import that call these.

    B2Error
    ├── PartnerError                    rejected, with a code of these APIs
    │   ├── GroupNotFound, MemberNotFound, AccountNotFound, ComputerNotFound
    │   ├── EmailNotUsable, UnknownRegion, PhoneNumberMissing
    │   └── GroupFull, MemberCreationFailed
    ├── OutcomeUnclear                  it is not known whether a change was made
    ├── SuiteMissing                    the account may not use the API
    └── UntrustedUrl                    a token would have gone to a stranger

The partner API rejects much with 401 that another token would not cure, so these are no :class:`Unauthorized`. No text
has an address: the service may repeat that of a customer.
"""

from __future__ import annotations

import re
from typing import Final

from b2sdk.error_text import reason
from b2sdk.exception.base import B2Error, B2SimpleError

_ADDRESS: Final = re.compile(r"[^\s@\"'<>(),;:]+@[^\s@\"'<>(),;:]+")


def without_addresses(text: str) -> str:
    """Mask the e-mail addresses in a text."""
    return _ADDRESS.sub("******", text)


def hide_addresses(error: B2Error) -> None:
    """Mask the e-mail addresses in the text of any error: the service may repeat those of customers."""
    error.args = tuple(without_addresses(one) if isinstance(one, str) else one for one in error.args)
    message = getattr(error, "message", None)
    if isinstance(message, str):
        error.message = without_addresses(message)  # type: ignore[attr-defined]  # it has one


class PartnerError(B2Error):
    """The service rejected a call for a reason that has a code of its own."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__()
        self.message = message
        """What the service says."""
        self.code = code
        """The error code."""

    def __str__(self) -> str:
        return reason(None if self.message is None else without_addresses(self.message), self.code)


class GroupNotFound(PartnerError):
    """There is no such group, or another account administers it."""


class MemberNotFound(PartnerError):
    """The account is not, or no longer, a member of the group."""


class AccountNotFound(PartnerError):
    """The account whose computers were asked for is unknown, or in no group of the caller."""


class ComputerNotFound(PartnerError):
    """There is no such computer, or its backup has been deleted."""


class EmailNotUsable(PartnerError):
    """The address is none, has an account already, or is outside of the domain of the group."""


class UnknownRegion(PartnerError):
    """There is no such region."""


class PhoneNumberMissing(PartnerError):
    """The account of the admin has no valid phone number for text messages, which creating members needs."""


class GroupFull(PartnerError):
    """The group has as many members as a group may have."""


class MemberCreationFailed(PartnerError):
    """The service could not create the member, and has undone what it had done; another try may succeed."""


class OutcomeUnclear(B2Error):
    """It is not known whether a change was made: no response came, or none that says so. It was sent once.

    The failure is the cause. To repeat the call without a check could do it twice, or fail because it is done.
    """

    def __init__(self, call: str, look: str) -> None:
        super().__init__()
        self.call = call
        """The call, such as ``b2_create_group_member``."""
        self.look = look
        """How to find out, in English."""

    def __str__(self) -> str:
        cause = type(self.__cause__).__name__ if self.__cause__ is not None else "failure"
        return f"it is not known whether {self.call} was carried out ({cause}): {self.look}"


class SuiteMissing(B2SimpleError):
    """The key may not use the API: its account is no partner, or it is not the master key. No call was made."""

    prefix = "The authorization does not include the API"


class UntrustedUrl(B2SimpleError):
    """The service named a URL that is not its own, so the token was not sent there."""
