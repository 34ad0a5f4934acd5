"""Partners: their groups, the accounts that they make for others, and trials.

What belongs here is who is in which group, and what a partner may do about it. What has no call of its own, as it is
done on the web page of the service, is there for tests: :meth:`Partners.enable`, :meth:`Partners.create_group`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, NamedTuple

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud.buckets import BucketChanges, Buckets
from b2sdk.simulator.cloud.keys import Keys, NewKey
from b2sdk.simulator.cloud.model import Account, Bucket, Group, Key, Suite
from b2sdk.simulator.cloud.permissions import PHONE_CALLS, SUITE_OF_CALL
from b2sdk.simulator.cloud.refusals import Refusal, bad_request, unauthorized
from b2sdk.simulator.cloud.state import State

S3_ENDPOINTS: Final = {
    "us-west": "s3.us-west-002.backblazeb2.com",
    "us-east": "s3.us-east-005.backblazeb2.com",
    "eu-central": "s3.eu-central-003.backblazeb2.com",
    "ca-east": "s3.ca-east-006.backblazeb2.com",
}
"""By the region of an account."""
MOST_GROUPS: Final = 500
"""Of one admin."""
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CAPABILITIES_OF_TRIAL: Final = (
    "listBuckets",
    "readBuckets",
    "writeBuckets",
    "readBucketEncryption",
    "writeBucketEncryption",
    "readBucketRetentions",
    "writeBucketRetentions",
    "listFiles",
    "readFiles",
    "shareFiles",
    "writeFiles",
    "deleteFiles",
)
_DAYS_OF_TRIAL: Final = (7, 30)
_TERABYTES_OF_TRIAL: Final = (1, 50)


class Created(NamedTuple):
    """A new account of another user, with the key to it."""

    account: Account
    key: Key


@dataclass(frozen=True, kw_only=True)
class NewTrial:
    """What is asked of a trial: ``term`` is days, ``storage`` terabytes."""

    email: str
    term: int
    storage: int
    region: str | None = None


class Trial(NamedTuple):
    """An account for a trial, with its only bucket."""

    account: Account
    key: Key
    bucket: Bucket
    start_date: str


class Stored(NamedTuple):
    """What accounts have stored, all of them together."""

    byte_count: int
    file_count: int
    bucket_count: int


class Partners:
    """The groups of all partners."""

    def __init__(self, state: State, keys: Keys, buckets: Buckets) -> None:
        self._state = state
        self._keys = keys
        self._buckets = buckets

    # --- what tests arrange ---

    def enable(self, account_id: str, *suites: Suite) -> Account:
        """Make a partner of an account; without suites, with all of them. ``KeyError`` if there is no such account."""
        account = self._state.accounts[account_id]
        account.suites = suites or ("groupsApi", "backupApi")
        self._state.report_change(account)
        return account

    def set_conditions(self, account_id: str, *, has_phone: bool = True, is_in_good_standing: bool = True) -> None:
        """Say what calls of a partner depend on; ``KeyError`` if there is no such account."""
        account = self._state.accounts[account_id]
        account.has_phone, account.is_in_good_standing = has_phone, is_in_good_standing
        self._state.report_change(account)

    def create_group(
        self,
        account_id: str,
        name: str,
        *,
        products: Sequence[str] = ("BACKUP", "STORAGE"),
        is_managed: bool = True,
        email_domain: str | None = None,
        has_enterprise_controls: bool = True,
        lets_admin_delete_backups: bool = True,
    ) -> Group:
        """Make a group that the account administers.

        :raises KeyError: there is no such account.
        :raises ValueError: it has as many groups as an account may have.
        """
        account = self._state.accounts[account_id]
        if len(self.groups_of(account)) >= MOST_GROUPS:
            raise ValueError(f"an account has up to {MOST_GROUPS} groups")
        group = Group(
            group_id=self._state.ids.group(),
            admin_id=account_id,
            name=name,
            created_at=self._state.clock.now(),
            products=tuple(products),
            is_managed=is_managed,
            email_domain=email_domain,
            has_enterprise_controls=has_enterprise_controls,
            lets_admin_delete_backups=lets_admin_delete_backups,
        )
        self._state.groups[group.group_id] = group
        self._state.report_change(group)
        return group

    def forget(self, account: Account) -> None:
        """Remove what there is of an account that is removed."""
        for group in list(self._state.groups.values()):
            if group.admin_id == account.account_id:
                del self._state.groups[group.group_id]
            elif account.account_id in group.member_ids:
                group.member_ids.remove(account.account_id)
            else:
                continue
            self._state.report_change(group)
        self._state.report_change(account)

    # --- who may call ---

    def check_access(self, caller: Key, call: str) -> None:
        """Refuse who may make no such call at all, whatever it is about."""
        account = self._state.accounts[caller.account_id]
        if not caller.is_master:
            raise unauthorized()
        if SUITE_OF_CALL[call] not in account.suites:
            raise Refusal("access_denied", "The account may not use this API")
        if call in PHONE_CALLS and not account.has_phone:
            raise Refusal("access_denied", "The account has no valid phone number")
        if not account.is_in_good_standing:
            raise Refusal("access_denied", "The account is not in good standing")

    # --- what is there ---

    def groups_of(self, account: Account) -> list[Group]:
        """Return the groups that an account administers, by id."""
        own = (group for group in self._state.groups.values() if group.admin_id == account.account_id)
        return sorted(own, key=lambda group: group.group_id)

    def members_of(self, group: Group) -> list[Account]:
        """Return the members of a group, by address."""
        members = (self._state.accounts[account_id] for account_id in group.member_ids)
        return sorted(members, key=lambda member: (member.email or "").lower())

    def group(self, caller: Key, group_id: str) -> Group:
        """Return a group of the caller; 401 ``invalid_group_id`` if it has none with this id."""
        group = self._state.groups.get(group_id)
        if group is None or group.admin_id != caller.account_id:
            raise Refusal("invalid_group_id", "There is no such group")
        return group

    def list_groups(
        self, caller: Key, name: str | None, start: str | None, limit: int
    ) -> tuple[list[Group], str | None]:
        """Return up to ``limit`` groups with ids from ``start`` on, and the id where the next page begins."""
        first = "" if start is None else self.group(caller, start).group_id
        shown = [
            group
            for group in self.groups_of(self._state.accounts[caller.account_id])
            if group.group_id >= first and name in (None, group.name)
        ]
        return shown[:limit], shown[limit].group_id if len(shown) > limit else None

    def list_members(self, group: Group, start: str | None, limit: int) -> tuple[list[Account], str | None]:
        """Return up to ``limit`` members with addresses from ``start`` on, and that where the next page begins."""
        first = (start or "").lower()
        shown = [member for member in self.members_of(group) if (member.email or "").lower() >= first]
        return shown[:limit], shown[limit].email if len(shown) > limit else None

    def stored(self, account_ids: Collection[str]) -> Stored:
        """Return what some accounts have stored."""
        buckets = [bucket for bucket in self._state.buckets.values() if bucket.account_id in account_ids]
        files = [version for bucket in buckets for version in bucket.versions if version.action == "upload"]
        return Stored(sum(version.content.size for version in files), len(files), len(buckets))

    # --- what a partner does ---

    def create_member(self, caller: Key, group: Group, email: str, region: str | None) -> Created:
        """Make an account in a group, and a key to it."""
        if not self._state.accounts[caller.account_id].has_phone:
            raise Refusal("invalid_sms_phone", "The account of the admin has no valid phone number")
        self._check_address(email, group)
        if region is not None and region not in S3_ENDPOINTS:
            raise Refusal("invalid_region", "There is no such region")
        if not group.is_managed or "STORAGE" not in group.products:
            raise bad_request("The group is not managed, or does not have B2")
        if len(group.member_ids) >= self._state.policy.maximum_group_members:
            raise Refusal("too_many_members", "The group has as many members as a group may have")
        account = self._create_account(email, region)
        group.member_ids.append(account.account_id)
        self._state.report_change(group)
        new = NewKey(name="group-member", capabilities=ALL_CAPABILITIES, dialect=4)
        return Created(account, self._keys.create(account.master_key, new))

    def eject_member(self, group: Group, account_id: str, email: str | None) -> Account:
        """Take an account out of a group, and give it another address, unless that is ``None``."""
        if account_id not in group.member_ids:
            raise Refusal("invalid_member_account_id", "The group has no such member")
        if email is not None:
            self._check_address(email)
        member = self._state.accounts[account_id]
        group.member_ids.remove(account_id)
        member.email = member.email if email is None else email
        self._state.report_change(group)
        self._state.report_change(member)
        return member

    def check_trial(self, new: NewTrial) -> None:
        """Refuse a trial that cannot be had: 400 ``bad_request`` whatever the reason."""
        for name, value, (least, most) in (
            ("term", new.term, _DAYS_OF_TRIAL),
            ("storage", new.storage, _TERABYTES_OF_TRIAL),
        ):
            if not least <= value <= most:
                raise bad_request(f"{name} must be from {least} to {most}")
        if not _ADDRESS.fullmatch(new.email) or self._is_known(new.email):
            raise bad_request("email is no address, or has an account already")
        if new.region is not None and new.region not in S3_ENDPOINTS:
            raise bad_request("There is no such region")

    def create_trial(self, new: NewTrial) -> Trial:
        """Make an account for a trial, with one bucket and a key for that."""
        self.check_trial(new)
        account = self._create_account(new.email, new.region)
        today = datetime.fromtimestamp(self._state.clock.now() / 1000, tz=timezone.utc).date()
        account.trial_ends_at = (today + timedelta(days=new.term)).isoformat()
        changes = BucketChanges(bucket_type="allPrivate")
        bucket = self._buckets.add(account.account_id, f"b2-partner-backblaze-{account.account_id}", changes)
        key = self._keys.create(
            account.master_key,
            NewKey(name="trial", capabilities=_CAPABILITIES_OF_TRIAL, bucket_ids=[bucket.bucket_id], dialect=3),
        )
        return Trial(account, key, bucket, today.isoformat())

    def _create_account(self, email: str, region: str | None) -> Account:
        account = self._keys.create_account()
        account.email, account.region = email, region or account.region
        self._state.report_change(account)
        return account

    def _check_address(self, email: str, group: Group | None = None) -> None:
        """Refuse with 401 ``invalid_email`` what is no address, has an account, or is out of a group's domain."""
        domain = None if group is None else group.email_domain
        is_outside = domain is not None and email.lower().rpartition("@")[2] != domain.lower()
        if not _ADDRESS.fullmatch(email) or self._is_known(email) or is_outside:
            raise Refusal("invalid_email", "This is no address for a new account")

    def _is_known(self, email: str) -> bool:
        lowered = email.lower()
        return any((account.email or "").lower() == lowered for account in self._state.accounts.values())
