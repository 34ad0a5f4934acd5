"""The endpoints of the partner API and of the Computer Backup API.

They are not among those of :class:`~b2sdk.raw_api.endpoints.AbstractRawApi`: few programs call them, and they go to
other URLs. Each is called with a raw API as its ``self``, of which it uses the primitives alone.
"""

from __future__ import annotations

from typing import Any, Final

from b2sdk.raw_api.primitives import Manner, Primitives, given
from b2sdk.values.json import JsonObject

GROUPS_VERSION: Final = "v3"
"""The service's pages name several; this one is known to work."""
BACKUP_VERSION: Final = "v1"

# The pages of the service and the service contradict each other in what is a list of one object, and what the object.
_LIST: Final = Manner(response_in_list=True)
_CHANGE: Final = Manner(once=True, response_in_list=True)
_TRIAL_IN_LIST: Final = Manner(once=True, request_in_list=True, response_in_list=True)
_LIST_OF_BACKUP: Final = Manner("api/backup", response_in_list=True)
_CHANGE_OF_BACKUP: Final = Manner("api/backup", once=True, response_in_list=True)


class PartnerEndpoints(Primitives):
    """Groups, their members, and trials; a call that changes something is sent once."""

    def list_groups(
        self: Primitives,
        groups_api_url: str,
        account_auth_token: str,
        admin_account_id: str,
        group_name: str | None = None,
        start_group_id: str | None = None,
        max_group_count: int | None = None,
    ) -> JsonObject:
        """Return a page of groups."""
        params = given(
            adminAccountId=admin_account_id,
            groupName=group_name,
            startGroupId=start_group_id,
            maxGroupCount=max_group_count,
        )
        return self._api(
            groups_api_url,
            "b2_list_groups",
            account_auth_token,
            params,
            version=GROUPS_VERSION,
            read=_named_groups,
            manner=_LIST,
        )

    def list_group_members(
        self: Primitives,
        groups_api_url: str,
        account_auth_token: str,
        admin_account_id: str,
        group_id: str,
        start_email: str | None = None,
        max_member_count: int | None = None,
    ) -> JsonObject:
        """Return a page of the members of a group."""
        params = given(
            adminAccountId=admin_account_id,
            groupId=group_id,
            startEmail=start_email,
            maxMemberCount=max_member_count,
        )
        return self._api(
            groups_api_url,
            "b2_list_group_members",
            account_auth_token,
            params,
            version=GROUPS_VERSION,
            manner=_LIST,
        )

    def create_group_member(
        self: Primitives,
        groups_api_url: str,
        account_auth_token: str,
        admin_account_id: str,
        group_id: str,
        email: str,
        region: str | None = None,
    ) -> JsonObject:
        """Create an account in a group; the response is the only one that contains its key."""
        params = given(adminAccountId=admin_account_id, groupId=group_id, memberEmail=email, region=region)
        return self._api(
            groups_api_url,
            "b2_create_group_member",
            account_auth_token,
            params,
            version=GROUPS_VERSION,
            manner=_CHANGE,
        )

    def eject_group_member(
        self: Primitives,
        groups_api_url: str,
        account_auth_token: str,
        admin_account_id: str,
        group_id: str,
        member_account_id: str,
        email: str | None = None,
    ) -> JsonObject:
        """Take an account out of a group, perhaps with another address."""
        params = given(
            adminAccountId=admin_account_id, groupId=group_id, memberAccountId=member_account_id, email=email
        )
        return self._api(
            groups_api_url,
            "b2_eject_group_member",
            account_auth_token,
            params,
            version=GROUPS_VERSION,
            manner=_CHANGE,
        )

    def create_trial_account(
        self: Primitives,
        groups_api_url: str,
        account_auth_token: str,
        email: str,
        term: int,
        storage: int,
        region: str | None = None,
        *,
        in_list: bool = False,
    ) -> JsonObject:
        """Create an account for a trial of B2 Reserve; the response is the only one that contains its key."""
        return self._api(
            groups_api_url,
            "b2_reserve_trial_create_account",
            account_auth_token,
            given(email=email, term=term, storage=storage, region=region),
            version=GROUPS_VERSION,
            manner=_TRIAL_IN_LIST if in_list else _CHANGE,
        )


class BackupEndpoints(Primitives):
    """The computers that accounts back up; a call that deletes one is sent once."""

    def list_computers(
        self: Primitives,
        backup_api_url: str,
        account_auth_token: str,
        account_id: str,
        start_computer_id: str | None = None,
        max_computer_count: int | None = None,
    ) -> JsonObject:
        """Return a page of the computers of an account."""
        return self._api(
            backup_api_url,
            "bz_list_computers",
            account_auth_token,
            given(accountId=account_id, startComputerId=start_computer_id, maxComputerCount=max_computer_count),
            method="GET",  # POST is not documented
            version=BACKUP_VERSION,
            manner=_LIST_OF_BACKUP,
        )

    def delete_computer(
        self: Primitives, backup_api_url: str, account_auth_token: str, account_id: str, computer_id: str
    ) -> JsonObject:
        """Delete a computer with its backup."""
        return self._api(
            backup_api_url,
            "bz_delete_computer",
            account_auth_token,
            {"accountId": account_id, "computerId": computer_id},
            version=BACKUP_VERSION,
            manner=_CHANGE_OF_BACKUP,
        )


def _named_groups(page: Any) -> JsonObject:
    """Return a page whose groups have the documented name; the service has called them ``groupsList``, too."""
    if isinstance(page, dict) and "groups" not in page and "groupsList" in page:
        return {**page, "groups": page["groupsList"]}
    named: JsonObject = page
    return named
