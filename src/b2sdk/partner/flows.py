"""What can be done with groups, members and trials: verbs, as flows for clients that block and that await.

Signatures, checks and docstrings are here; each client takes them over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing
from typing import Any, Final, TypeVar

from b2sdk.exception.partner import GroupNotFound
from b2sdk.paging import pages
from b2sdk.partner.checks import (
    DAYS_OF_TRIAL,
    TERABYTES_OF_TRIAL,
    check_email,
    check_id,
    check_number,
    check_region,
)
from b2sdk.partner.responses import GROUPS, MEMBERS
from b2sdk.partner.session import PartnerSession
from b2sdk.partner.values import CreatedMember, Group, GroupMember, TrialAccount
from b2sdk.raw_api.partner_endpoints import PartnerEndpoints
from b2sdk.session_state import StoredKey
from b2sdk.values.argument import arguments_checked

T = TypeVar("T")
_GROUPS_OF_PAGE: Final = range(1, 101)
_MEMBERS_OF_PAGE: Final = range(1, 1001)

_LOOK_FOR_CREATED: Final = (
    "find_group_member() tells; if the member is there its key is lost, as no call shows it again, "
    "and creating it again fails with EmailNotUsable"
)
_LOOK_FOR_EJECTED: Final = (
    "if the account is missing among list_group_members(), it was; ejecting it again then fails with MemberNotFound"
)
_LOOK_FOR_TRIAL: Final = (
    "no call lists trials; if it was, creating it again fails with BadRequest, and Backblaze has to help with its key"
)


async def _first_page(listing: AsyncGenerator[Iterator[T], None]) -> Iterator[T]:
    async with aclosing(listing) as batches:
        return await anext(batches)


class AccountFlows:
    """The authorization, which all APIs of a partner have."""

    def __init__(self, session: PartnerSession) -> None:
        self.session = session

    @arguments_checked
    async def authorize_account(
        self,
        application_key_id: str,
        application_key: str,
        *,
        realm: str = "production",
        trust_realm: bool = False,
    ) -> None:
        """Exchange the master key of a partner for a token. The key is kept in memory, for the next token.

        :param application_key_id: the id of the master key, or the account id.
        :param application_key: the secret of the master key.
        :param realm: ``production``, ``staging``, or the URL of a service.
        :param trust_realm: whether a realm may receive the key that is neither a host of Backblaze nor this machine.
        :raises InvalidArgument: the realm is not trusted; nothing was sent.
        :raises Unauthorized: the key is wrong or has expired.
        :raises SuiteMissing: the account is no partner, or this is not its master key.
        :raises UntrustedUrl: the service named a URL that is not under its own domain.
        """
        await self.session.authorize(StoredKey(realm, application_key_id, application_key), trust_realm=trust_realm)


class PartnerFlows(AccountFlows):
    """The verbs of the partner API. Besides what they say, all may raise any :class:`~b2sdk.exception.B2Error`."""

    def __init__(self, session: PartnerSession, *, trials_in_list: bool = False) -> None:
        super().__init__(session)
        self.trials_in_list = trials_in_list

    # --- groups ---

    @arguments_checked
    def list_groups(
        self, *, name: str | None = None, start_group_id: str | None = None, page_size: int | None = None
    ) -> AsyncGenerator[Iterator[Group], None]:
        """List the active groups that the account administers; a page is requested when it is needed.

        :param name: lists only groups with exactly this name.
        :param start_group_id: the first group.
        :param page_size: groups of a page, 1 to 100; by default 100.
        :raises InvalidArgument: an argument is out of its range; nothing was sent.
        :raises GroupNotFound: there is no group to start from.
        """
        if start_group_id is not None:
            check_id("start_group_id", start_group_id)
        if page_size is not None:
            check_number("page_size", page_size, _GROUPS_OF_PAGE)

        def fetch(start: str | int | None) -> Coroutine[Any, Any, dict[str, Any]]:
            first = None if start is None else str(start)
            account_id = self.session.account_id
            return self.session.look("groupsApi", PartnerEndpoints.list_groups, account_id, name, first, page_size)

        return pages(fetch, start_group_id, GROUPS, Group.from_response, identity="groupId")

    @arguments_checked
    async def get_group(self, group_id: str) -> Group:
        """Return a group.

        :raises InvalidArgument: this is no id; nothing was sent.
        :raises GroupNotFound: there is none with this id, or another account administers it.
        """
        for group in await _first_page(self.list_groups(start_group_id=group_id, page_size=1)):
            if group.group_id == group_id:
                return group
        raise GroupNotFound("there is no such group", None)

    # --- members ---

    @arguments_checked
    def list_group_members(
        self, group_id: str, *, start_email: str | None = None, page_size: int | None = None
    ) -> AsyncGenerator[Iterator[GroupMember], None]:
        """List the members of a group who have accepted; a page is requested when it is needed.

        :param group_id: the group.
        :param start_email: the address of the first member; if there is none, the next one.
        :param page_size: members of a page, 1 to 1000; by default 100.
        :raises InvalidArgument: an argument is out of its range; nothing was sent.
        :raises GroupNotFound: there is no such group, or another account administers it.
        """
        check_id("group_id", group_id)
        if page_size is not None:
            check_number("page_size", page_size, _MEMBERS_OF_PAGE)

        def fetch(start: str | None) -> Coroutine[Any, Any, dict[str, Any]]:
            account_id = self.session.account_id
            return self.session.look(
                "groupsApi", PartnerEndpoints.list_group_members, account_id, group_id, start, page_size
            )

        return pages(fetch, start_email, MEMBERS, GroupMember.from_response, identity="accountId")

    @arguments_checked
    async def find_group_member(self, group_id: str, email: str) -> GroupMember | None:
        """Return the member of a group who has an address, or ``None``; case is ignored. It takes one call.

        :param group_id: the group.
        :param email: the address.
        :raises InvalidArgument: this is no id, or no address; nothing was sent.
        :raises GroupNotFound: there is no such group, or another account administers it.
        """
        check_email("email", email)
        first_page = await _first_page(self.list_group_members(group_id, start_email=email))
        return next((member for member in first_page if member.email.lower() == email.lower()), None)

    @arguments_checked
    async def create_group_member(self, group_id: str, email: str, *, region: str | None = None) -> CreatedMember:
        """Create an account in a group. Only the result has its key: store that at once.

        :param group_id: the group, which must be managed and have B2.
        :param email: the address of the account, which must not have one with Backblaze.
        :param region: where it stores, such as ``eu-central``; by default the service chooses.
        :raises InvalidArgument: an argument cannot be right; nothing was sent.
        :raises GroupNotFound: there is no such group, or another account administers it.
        :raises EmailNotUsable: the address has an account, or is outside of the domain of the group.
        :raises UnknownRegion: there is no such region.
        :raises PhoneNumberMissing: the account of the admin has no valid phone number.
        :raises GroupFull: the group has as many members as a group may have.
        :raises MemberCreationFailed: the service has undone it; it may be tried again.
        :raises OutcomeUnclear: it is not known whether it was created. The call is never sent twice.
        """
        check_id("group_id", group_id)
        check_email("email", email)
        if region is not None:
            check_region(region)
        created: CreatedMember = await self.session.change(
            "groupsApi",
            _LOOK_FOR_CREATED,
            CreatedMember.from_response,
            PartnerEndpoints.create_group_member,
            self.session.account_id,
            group_id,
            email,
            region,
        )
        return created

    @arguments_checked
    async def eject_group_member(self, group_id: str, account_id: str, *, email: str | None = None) -> GroupMember:
        """Take an account out of a group, for good: it lives on, with its data and keys, and only its owner manages it.

        :param group_id: the group.
        :param account_id: the account.
        :param email: a new address for the account; by default it keeps the one that it has.
        :return: the member as it was, with the new address.
        :raises InvalidArgument: an argument cannot be right; nothing was sent.
        :raises GroupNotFound: there is no such group, or another account administers it.
        :raises MemberNotFound: the account is not, or no longer, in the group.
        :raises EmailNotUsable: the new address has an account.
        :raises OutcomeUnclear: it is not known whether it was ejected. The call is never sent twice.
        """
        check_id("group_id", group_id)
        check_id("account_id", account_id)
        if email is not None:
            check_email("email", email)
        ejected: GroupMember = await self.session.change(
            "groupsApi",
            _LOOK_FOR_EJECTED,
            GroupMember.from_response,
            PartnerEndpoints.eject_group_member,
            self.session.account_id,
            group_id,
            account_id,
            email,
        )
        return ejected

    # --- trials ---

    @arguments_checked
    async def create_trial_account(
        self, email: str, *, term: int, storage: int, region: str | None = None
    ) -> TrialAccount:
        """Create an account for a trial of B2 Reserve, in no group. Only the result has its key: store that at once.

        :param email: the address of the account, which must not have one with Backblaze. It gets an invitation.
        :param term: days, 7 to 30.
        :param storage: terabytes, 1 to 50.
        :param region: where it stores, such as ``eu-central``; by default the service chooses.
        :raises InvalidArgument: an argument cannot be right; nothing was sent.
        :raises BadRequest: the service rejected it, for whatever reason; that the address has an account is one.
        :raises OutcomeUnclear: it is not known whether it was created. The call is never sent twice.
        """
        check_email("email", email)
        check_number("term", term, DAYS_OF_TRIAL)
        check_number("storage", storage, TERABYTES_OF_TRIAL)
        if region is not None:
            check_region(region)
        trial: TrialAccount = await self.session.change(
            "groupsApi",
            _LOOK_FOR_TRIAL,
            TrialAccount.from_response,
            PartnerEndpoints.create_trial_account,
            email,
            term,
            storage,
            region,
            in_list=self.trials_in_list,
        )
        return trial
