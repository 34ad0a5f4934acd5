"""The partner API: groups, their members, and accounts for trials of B2 Reserve.

::

    with PartnerApi() as partner:
        partner.authorize_account(master_key_id, master_key)
        for group in partner.list_groups():
            ...

``flows`` has the verbs, ``session`` the account, ``client`` makes them block; :mod:`b2sdk.aio.partner` awaits them.
"""

from __future__ import annotations

from b2sdk.exception.partner import (
    EmailNotUsable,
    GroupFull,
    GroupNotFound,
    MemberCreationFailed,
    MemberNotFound,
    OutcomeUnclear,
    PartnerError,
    PhoneNumberMissing,
    SuiteMissing,
    UnknownRegion,
    UntrustedUrl,
)
from b2sdk.partner.client import BlockingSession, PartnerApi
from b2sdk.partner.values import B2Stats, CreatedMember, Group, GroupMember, TrialAccount

__all__ = [
    "B2Stats",
    "BlockingSession",
    "CreatedMember",
    "EmailNotUsable",
    "Group",
    "GroupFull",
    "GroupMember",
    "GroupNotFound",
    "MemberCreationFailed",
    "MemberNotFound",
    "OutcomeUnclear",
    "PartnerApi",
    "PartnerError",
    "PhoneNumberMissing",
    "SuiteMissing",
    "TrialAccount",
    "UnknownRegion",
    "UntrustedUrl",
]
