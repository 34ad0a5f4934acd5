"""Groups, members and trials, as the partner API describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any, Final

from b2sdk.partner import responses
from b2sdk.values.json import JsonObject

_MOMENT: Final = re.compile(r"d(\d{8})_m(\d{6})", re.ASCII)


@dataclass(frozen=True)
class B2Stats:
    """What an account, or all those of a group, have stored; the service counts it once a day."""

    bytes_stored: int
    """Bytes."""
    files_stored: int
    """Files."""
    bucket_count: int
    """Buckets."""
    as_of: datetime | None
    """When it was counted, in UTC; ``None`` if the service does not say, or in no form that is known."""

    @classmethod
    def from_response(cls, response: JsonObject) -> B2Stats:
        """Read what the service says; a number that is missing is 0."""
        return cls(
            _count(response, "b2BytesStoredCount"),
            _count(response, "b2FilesStoredCount"),
            _count(response, "bucketCount"),
            _moment(response.get("b2StatsAsOfTimestamp")),
        )


@dataclass(frozen=True)
class Group:
    """A group of accounts, which the account of the partner administers."""

    group_id: str
    """Decimal digits."""
    name: str
    """The name, which several groups may have."""
    products: frozenset[str]
    """``BACKUP``, ``STORAGE``, perhaps others."""
    standing: str | None
    """The state of the account, in words of the service."""
    member_count: int | None
    """The members, as counted once a day."""
    created: datetime | None
    """When it was created, in UTC."""
    counted: datetime | None
    """When the members were counted, in UTC."""
    b2_stats: B2Stats | None
    """What its members have stored; ``None`` if the group does not have B2."""

    @classmethod
    def from_response(cls, response: JsonObject) -> Group:
        """Read what the service says.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        with responses.GROUP.reading(response):
            stats = response.get("groupStats") or {}
            return cls(
                group_id=str(response["groupId"]),
                name=response["groupName"],
                products=frozenset(response.get("groupProducts") or ()),
                standing=(response.get("accountStandingDetails") or {}).get("state"),
                member_count=None if stats.get("memberCount") is None else _count(stats, "memberCount"),
                created=_moment(stats.get("createdTimestamp")),
                counted=_moment(stats.get("groupStatsAsOfTimestamp")),
                b2_stats=_b2_stats(response),
            )


@dataclass(frozen=True)
class GroupMember:
    """An account in a group."""

    account_id: str
    """The id of the account."""
    email: str
    """The address of the account."""
    group_id: str | None
    """The group; ``None`` if the service does not say."""
    group_name: str | None
    """Its name; ``None`` as before."""
    region: str | None
    """Where it stores, such as ``us-west``: no region for signing requests, which is in the endpoint."""
    s3_endpoint: str | None
    """The host of the S3-compatible API, such as ``s3.us-west-002.backblazeb2.com``."""
    b2_stats: B2Stats | None = None
    """What it has stored, in listings only."""

    @classmethod
    def from_response(cls, response: JsonObject) -> GroupMember:
        """Read what the service says.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        with responses.MEMBER.reading(response):
            group_id = response.get("groupId")
            return cls(
                account_id=response["accountId"],
                email=response["email"],
                group_id=None if group_id is None else str(group_id),
                group_name=response.get("groupName"),
                region=response.get("region"),
                s3_endpoint=response.get("s3Endpoint"),
                b2_stats=_b2_stats(response),
            )


@dataclass(frozen=True)
class CreatedMember:
    """A new account in a group, with its key: no other call shows that again, so it is to be stored at once."""

    member: GroupMember
    """The account."""
    application_key_id: str
    """The id of its key."""
    application_key: str = field(repr=False)
    """The secret of its key."""

    @classmethod
    def from_response(cls, response: JsonObject) -> CreatedMember:
        """Read what the service says.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        with responses.CREATED_MEMBER.reading(response):
            member = GroupMember.from_response(response["groupMember"])
            return cls(member, response["applicationKeyId"], response["applicationKey"])


@dataclass(frozen=True)
class TrialAccount:
    """A new account for a trial of B2 Reserve, with a bucket and a key for that.

    No other call shows the key, or the account, again: they are to be stored at once.
    """

    account_id: str
    """The id of the account."""
    application_key_id: str
    """The id of the key."""
    application_key: str = field(repr=False)
    """The secret of the key, which reads, writes and deletes files of the bucket, and updates the bucket."""
    bucket_id: str
    """The id of the bucket."""
    bucket_name: str
    """The name of the bucket."""
    email: str | None
    """The address that the invitation went to."""
    s3_endpoint: str | None
    """The host of the S3-compatible API."""
    start_date: date | None
    """The first day, in UTC."""
    end_date: date | None
    """The day at whose start the trial ends, in UTC."""

    @classmethod
    def from_response(cls, response: JsonObject) -> TrialAccount:
        """Read what the service says.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        with responses.TRIAL.reading(response):
            return cls(
                account_id=response["accountId"],
                application_key_id=response["applicationKeyId"],
                application_key=response["applicationKey"],
                bucket_id=response["bucketId"],
                bucket_name=response["bucketName"],
                email=response.get("email"),
                s3_endpoint=response.get("s3Endpoint"),
                start_date=_date(response.get("startDate")),
                end_date=_date(response.get("endDate")),
            )


def _b2_stats(response: Mapping[str, Any]) -> B2Stats | None:
    stats = response.get("b2Stats")
    return None if stats is None else B2Stats.from_response(stats)


def _count(response: Mapping[str, Any], name: str) -> int:
    return int(response.get(name) or 0)


def _moment(text: str | None) -> datetime | None:
    """Read a time in either form in which the service has been seen to write it."""
    if text is None:
        return None
    try:
        if found := _MOMENT.fullmatch(text):
            return datetime.strptime("".join(found.groups()), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None
