"""What the service says, in all forms in which it has been seen or documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.computer_backup import Computer
from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.partner import CreatedMember, Group, GroupMember, TrialAccount
from b2sdk.partner.session import _Authorization
from b2sdk.partner.values import B2Stats
from b2sdk.raw_api.partner_endpoints import _named_groups

MEMBER = {"accountId": "0123456789ab", "email": "a@example.com"}
TRIAL = {
    "accountId": "0123456789ab",
    "applicationKeyId": "an-id",
    "applicationKey": "a-secret",
    "bucketId": "a-bucket",
    "bucketName": "b2-partner-backblaze-0123456789ab",
}
REALM = "https://api.backblazeb2.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d20210907_m162205", datetime(2021, 9, 7, 16, 22, 5, tzinfo=timezone.utc)),
        ("2021-09-07T16:22:05Z", datetime(2021, 9, 7, 16, 22, 5, tzinfo=timezone.utc)),
        ("2021-09-07T18:22:05+02:00", datetime(2021, 9, 7, 16, 22, 5, tzinfo=timezone.utc)),
        ("2021-09-07T16:22:05", datetime(2021, 9, 7, 16, 22, 5, tzinfo=timezone.utc)),
        ("d20211307_m162205", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+05:00", None),
        (None, None),
    ],
)
def test_a_time_is_read_in_either_form(text: str | None, expected: datetime | None) -> None:
    assert B2Stats.from_response({"b2StatsAsOfTimestamp": text}).as_of == expected


@pytest.mark.parametrize("form", [int, str])
def test_a_count_is_a_number_or_its_digits(form: type) -> None:
    group = Group.from_response(
        {
            "groupId": form(254),
            "groupName": "Customers",
            "groupStats": {"memberCount": form(3)},
            "b2Stats": {"b2BytesStoredCount": form(10**15), "b2FilesStoredCount": form(2), "bucketCount": form(1)},
        }
    )
    assert (group.group_id, group.member_count) == ("254", 3)
    assert group.b2_stats == B2Stats(10**15, 2, 1, None)


def test_what_is_not_promised_may_be_missing() -> None:
    group = Group.from_response({"groupId": 254, "groupName": "Customers", "b2Stats": None, "more": 1})
    assert (group.products, group.standing, group.member_count, group.b2_stats) == (frozenset(), None, None, None)
    member = GroupMember.from_response(MEMBER)
    assert (member.group_id, member.region, member.b2_stats) == (None, None, None)
    trial = TrialAccount.from_response({**TRIAL, "startDate": "2026-01-01", "endDate": "soon"})
    assert (trial.start_date, trial.end_date, trial.email) == (date(2026, 1, 1), None, None)


@pytest.mark.parametrize(
    ("cls", "response"),
    [
        (Group, {"groupName": "Customers"}),
        (Group, {"groupId": True, "groupName": "Customers"}),
        (Group, {"groupId": "1", "groupName": "Customers", "b2Stats": {"bucketCount": "many"}}),
        (GroupMember, {"accountId": "0123456789ab"}),
        (CreatedMember, {"groupMember": MEMBER, "applicationKeyId": "an-id"}),
        (CreatedMember, {"groupMember": {}, "applicationKeyId": "an-id", "applicationKey": "a-secret"}),
        (TrialAccount, {**TRIAL, "applicationKey": ""}),
        (TrialAccount, [TRIAL]),
    ],
)
def test_what_is_promised_must_be_there(cls: Any, response: Any) -> None:
    with pytest.raises(UnexpectedCloudBehaviour) as caught:
        cls.from_response(response)
    assert "a-secret" not in str(caught.value)


def authorization(**info: Any) -> _Authorization:
    response = {"accountId": "0123456789ab", "authorizationToken": "a-token", "apiInfo": info}
    return _Authorization.from_response(response, REALM, 0)


def test_an_authorization_is_read_without_that_of_storage() -> None:
    url = "https://api005.backblazeb2.com"
    read = authorization(
        groupsApi={"capabilities": ["all"], "groupsApiUrl": f"{url}/", "infoType": "groupsApi"},
        backupApi={"capabilities": ["some"], "backupApiUrl": url},
    )
    assert read.urls == {"groupsApi": url}
    assert authorization(groupsApi={}).urls == {}


@pytest.mark.parametrize("token", ["", "a token", "token\n", "tökën"])
def test_a_token_that_no_header_can_have_is_refused(token: str) -> None:
    response = {"accountId": "0123456789ab", "authorizationToken": token, "apiInfo": {}}
    with pytest.raises(UnexpectedCloudBehaviour):
        _Authorization.from_response(response, REALM, 0)


STATS = {"b2BytesStoredCount": 1, "b2FilesStoredCount": "2", "bucketCount": 3, "b2StatsAsOfTimestamp": None}
FULL: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
    (
        Group.from_response,
        {
            "groupId": "254",
            "groupName": "Customers",
            "groupProducts": ["BACKUP"],
            "accountStandingDetails": {"state": "B2_GOOD_STANDING"},
            "b2Stats": STATS,
            "groupStats": {"createdTimestamp": "d20210907_m162205", "memberCount": 3},
        },
    ),
    (GroupMember.from_response, {**MEMBER, "groupId": 254, "b2Stats": STATS, "region": "us-west"}),
    (CreatedMember.from_response, {"groupMember": MEMBER, "applicationKeyId": "an-id", "applicationKey": "a-secret"}),
    (TrialAccount.from_response, {**TRIAL, "startDate": "2026-01-01"}),
    (Computer.from_response, {"computerId": "f" * 24, "computerName": "name", "lastFileUploadedTimestamp": 1}),
    (
        lambda response: _Authorization.from_response(response, REALM, 0),
        {
            "accountId": "0123456789ab",
            "authorizationToken": "a-token",
            "apiInfo": {"groupsApi": {"capabilities": ["all"], "groupsApiUrl": REALM}, "backupApi": {}},
        },
    ),
]
ANYTHING = st.sampled_from(
    [None, True, -1, 0, 2**70, 1.5, "", "x", "9" * 30, "\ud800", [], ["x"], [None], {}, {"x": 1}]
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_of(inner, (*path, name))


def changed(value: Any, path: tuple[Any, ...], to: object) -> Any:
    return to if not path else {**value, path[0]: changed(value[path[0]], path[1:], to)}


@given(st.data(), st.sampled_from(FULL), ANYTHING)
def test_a_changed_field_ends_in_a_value_or_an_error_of_ours(
    data: st.DataObject, reading: tuple[Callable[[Any], object], dict[str, Any]], to: object
) -> None:
    read, response = reading
    read(response)
    path = data.draw(st.sampled_from(list(paths_of(response))))
    said = ""
    try:
        read(changed(response, path, to))
    except B2Error as error:
        said = str(error)
    assert "a-secret" not in said


def test_groups_have_been_named_in_two_ways() -> None:
    assert _named_groups({"groupsList": [1], "nextGroupId": None})["groups"] == [1]
    assert _named_groups({"groups": [1], "groupsList": [2]})["groups"] == [1]
    assert _named_groups(None) is None
