"""The calls of partners, and those about the backups of computers: parameters in, operation, shape out.

What belongs here is, per call, which fields it takes, which operation it is, and what is returned looks like. The
partner API refuses much with 401 that is no matter of the token; the rules are in ``cloud/partners.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Final

from b2sdk.simulator.cloud.clock import DAY_MS
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.model import Account, Computer, Group, Token
from b2sdk.simulator.cloud.partners import S3_ENDPOINTS, NewTrial, Trial
from b2sdk.simulator.cloud.permissions import SUITE_OF_CALL
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.protocol.calls import Answer, Call, Handler
from b2sdk.simulator.protocol.fields import Fields, parse_json
from b2sdk.values.json import JsonObject

MUTATIONS: Final = frozenset(SUITE_OF_CALL) - {"b2_list_groups", "b2_list_group_members", "bz_list_computers"}
"""The calls that take POST alone."""
_PAGE: Final = 100
_MOST_GROUPS, _MOST_MEMBERS, _MOST_COMPUTERS = 100, 1000, 500
_LONGEST_LIST: Final = 100
"""Trials in one request."""
_ENTRIES: Final = ""
"""The field in which the entries of a request are that is a list."""


def authenticate(cloud: Cloud, authorization: str | None, call: str) -> Token:
    """Return the token of a call, if it may be made with it."""
    if not authorization or len(authorization.split()) != 1:
        raise Refusal("access_denied", "The Authorization header is missing or malformed")
    token = cloud.keys.authenticate(authorization)
    cloud.partners.check_access(token.key, call)
    return token


def read_body(call: str, body: bytes, *, whole_numbers: bool) -> Fields:
    """Return the parameters of a call; those of a trial may be in a list."""
    value = parse_json(body)
    if isinstance(value, list) and call == "b2_reserve_trial_create_account":
        value = {_ENTRIES: value}
    if not isinstance(value, dict):
        raise bad_request("The request body must be a JSON object")
    return Fields(value, whole_numbers=whole_numbers)


# --- shapes ---


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).strftime("d%Y%m%d_m%H%M%S")


def _last_midnight(cloud: Cloud) -> str:
    return _moment(cloud.clock.now() // DAY_MS * DAY_MS)


def _stored(cloud: Cloud, account_ids: list[str]) -> JsonObject:
    stored = cloud.partners.stored(account_ids)
    return {
        "b2BytesStoredCount": stored.byte_count,
        "b2FilesStoredCount": stored.file_count,
        "b2StatsAsOfTimestamp": _last_midnight(cloud),
        "bucketCount": stored.bucket_count,
    }


def _group(cloud: Cloud, shown: Group) -> JsonObject:
    shape: JsonObject = {
        "accountStandingDetails": {"state": "B2_GOOD_STANDING"},
        "groupId": shown.group_id,
        "groupName": shown.name,
        "groupProducts": list(shown.products),
        "groupStats": {
            "createdTimestamp": _moment(shown.created_at),
            "groupStatsAsOfTimestamp": _last_midnight(cloud),
            "memberCount": len(shown.member_ids),
        },
    }
    if "STORAGE" in shown.products:
        shape["b2Stats"] = _stored(cloud, shown.member_ids)
    return shape


def _member(shown: Account, of: Group) -> JsonObject:
    return {
        "accountId": shown.account_id,
        "email": shown.email,
        "groupId": of.group_id,
        "groupName": of.name,
        "region": shown.region,
        "s3Endpoint": S3_ENDPOINTS[shown.region],
    }


def _trial(made: Trial) -> JsonObject:
    return {
        "accountId": made.account.account_id,
        "applicationKey": made.key.secret,
        "applicationKeyId": made.key.key_id,
        "bucketId": made.bucket.bucket_id,
        "bucketName": made.bucket.name,
        "email": made.account.email,
        "endDate": made.account.trial_ends_at,
        "s3Endpoint": S3_ENDPOINTS[made.account.region],
        "startDate": made.start_date,
    }


def _computer(shown: Computer) -> JsonObject:
    return {
        "computerId": shown.computer_id,
        "computerName": shown.name,
        "lastFileUploadedTimestamp": shown.last_upload,
    }


# --- calls ---


def _check_admin(call: Call) -> None:
    if call.fields.text("adminAccountId") != call.key.account_id:
        raise Refusal("unauthorized", "", status=403)


def _size_of_group_page(call: Call, field: str, least: int, most: int) -> int:
    """Return how many entries a page may have; the partner API refuses other numbers with 401."""
    size = call.fields.optional_integer(field)
    if size is not None and not least <= size <= most:
        raise Refusal("out_of_range", f"{field} out of range: {size}", status=401)
    return size or _PAGE


def _list_groups(call: Call) -> JsonObject:
    fields = call.fields
    limit = _size_of_group_page(call, "maxGroupCount", 1, _MOST_GROUPS)
    name, start = fields.optional_text("groupName"), _optional_id(fields, "startGroupId")
    _check_admin(call)
    groups, next_id = call.cloud.partners.list_groups(call.key, name, start, limit)
    return {
        "accountId": call.key.account_id,
        "groups": [_group(call.cloud, group) for group in groups],
        "nextGroupId": next_id,
    }


def _optional_id(fields: Fields, name: str) -> str | None:
    """Return the id of a group, which may be a number."""
    value = fields.raw(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else fields.optional_text(name)


def _group_of(call: Call) -> Group:
    group_id = _optional_id(call.fields, "groupId")
    if group_id is None:
        raise bad_request("groupId is required")
    _check_admin(call)
    return call.cloud.partners.group(call.key, group_id)


def _list_group_members(call: Call) -> JsonObject:
    limit = _size_of_group_page(call, "maxMemberCount", 0, _MOST_MEMBERS)
    start, group = call.fields.optional_text("startEmail"), _group_of(call)
    members, next_email = call.cloud.partners.list_members(group, start, limit)
    return {
        "groupId": group.group_id,
        "groupMembers": [
            {**_member(member, group), "b2Stats": _stored(call.cloud, [member.account_id])} for member in members
        ],
        "groupName": group.name,
        "nextEmail": next_email,
    }


def _create_group_member(call: Call) -> JsonObject:
    email, region = call.fields.text("memberEmail"), call.fields.optional_text("region")
    group = _group_of(call)
    made = call.cloud.partners.create_member(call.key, group, email, region)
    return {
        "applicationKey": made.key.secret,
        "applicationKeyId": made.key.key_id,
        "groupMember": _member(made.account, group),
    }


def _eject_group_member(call: Call) -> JsonObject:
    account_id, email = call.fields.text("memberAccountId"), call.fields.optional_text("email")
    group = _group_of(call)
    return _member(call.cloud.partners.eject_member(group, account_id, email), group)


def _new_trial(fields: Fields) -> NewTrial:
    return NewTrial(
        email=fields.text("email"),
        term=fields.integer("term"),
        storage=fields.integer("storage"),
        region=fields.optional_text("region"),
    )


def _create_trial(call: Call) -> Answer:
    entries = call.fields.optional_objects(_ENTRIES)
    new = [_new_trial(fields) for fields in ([call.fields] if entries is None else entries)]
    addresses = {trial.email.lower() for trial in new}
    if not new or len(new) > _LONGEST_LIST or len(addresses) < len(new):
        raise bad_request(f"The request must be for 1 to {_LONGEST_LIST} addresses")
    partners = call.cloud.partners
    for trial in new:
        partners.check_trial(trial)
    made = [_trial(partners.create_trial(trial)) for trial in new]
    return made[0] if len(made) == 1 else made


def _list_computers(call: Call) -> JsonObject:
    limit = call.fields.optional_integer("maxComputerCount", 1, _MOST_COMPUTERS, "out_of_range") or _PAGE
    start, account_id = call.fields.optional_text("startComputerId"), call.fields.text("accountId")
    computers, next_id = call.cloud.computers.list(call.key, account_id, start, limit)
    return {"computers": [_computer(computer) for computer in computers], "nextComputerId": next_id}


def _delete_computer(call: Call) -> JsonObject:
    account_id, computer_id = call.fields.text("accountId"), call.fields.text("computerId")
    return _computer(call.cloud.computers.delete(call.key, account_id, computer_id))


def _contained(perform: Callable[[Call], Answer], *, in_list: bool = False) -> Handler:
    """Return a call whose response is an object, or a list of one, or what the policy has in its place."""

    def handle(call: Call) -> Answer:
        answer = perform(call)
        is_wanted = in_list != call.cloud.policy.swaps_containers
        return [answer] if is_wanted and isinstance(answer, dict) else answer

    return handle


HANDLERS: Final[Mapping[str, Handler]] = {
    "b2_create_group_member": _contained(_create_group_member),
    "b2_eject_group_member": _contained(_eject_group_member),
    "b2_list_group_members": _contained(_list_group_members),
    "b2_list_groups": _contained(_list_groups),
    "b2_reserve_trial_create_account": _contained(_create_trial),
    "bz_delete_computer": _contained(_delete_computer, in_list=True),
    "bz_list_computers": _contained(_list_computers),
}
"""Every call of :data:`~b2sdk.simulator.cloud.permissions.SUITE_OF_CALL`."""
