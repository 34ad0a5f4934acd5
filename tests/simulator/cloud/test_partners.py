"""Groups, their members and trials, through both front ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from b2sdk.simulator import Policy
from b2sdk.simulator.cloud import accounts
from b2sdk.simulator.cloud.partners import MOST_GROUPS

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Service

ServiceWith = Callable[[Policy], "Service"]


class Partner:
    """A partner with a group, and what it calls."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.partners = service.cloud.partners
        self.partners.enable(service.account_id)
        self.group_id = self.partners.create_group(service.account_id, "Customers").group_id

    def call(self, name: str, dialect: int = 3, **params: Any) -> Answer:
        if name.startswith("b2_") and "trial" not in name:
            params = {"adminAccountId": self.service.account_id, **params}
        return self.service.call(name, params, dialect=dialect)

    def ok(self, name: str, **params: Any) -> Any:
        answer = self.call(name, **params)
        assert answer.status == 200, answer.body
        return answer.json

    def member(self, email: str, **params: Any) -> Any:
        return self.ok("b2_create_group_member", groupId=self.group_id, memberEmail=email, **params)

    def emails(self, **params: Any) -> list[str]:
        page = self.ok("b2_list_group_members", groupId=self.group_id, **params)
        return [member["email"] for member in page["groupMembers"]]


@pytest.fixture
def partner(service: Service) -> Partner:
    return Partner(service)


@pytest.fixture
def in_process(cloud_service: Service) -> Partner:
    """Return the same through the front end without sockets alone, for rules that have nothing to do with it."""
    return Partner(cloud_service)


TRIAL: dict[str, Any] = {"email": "new@example.com", "term": 7, "storage": 1}


def suite(name: str, origin: str) -> dict[str, Any]:
    return {"capabilities": ["all"], "infoType": name, f"{name}Url": origin}


@pytest.mark.parametrize("dialect", [3, 4])
def test_an_authorization_names_the_suites_of_the_account(service: Service, dialect: int) -> None:
    assert sorted(service.authorize(dialect=dialect).json["apiInfo"]) == ["storageApi"]
    service.cloud.partners.enable(service.account_id)
    info = service.authorize(dialect=dialect).json["apiInfo"]
    origin = info["storageApi"]["apiUrl"]
    assert {name: info[name] for name in info if name != "storageApi"} == {
        "groupsApi": suite("groupsApi", origin),
        "backupApi": suite("backupApi", origin),
    }
    service.cloud.partners.enable(service.account_id, "backupApi")
    assert sorted(service.authorize(dialect=dialect).json["apiInfo"]) == ["backupApi", "storageApi"]


def test_older_authorizations_and_those_of_other_keys_name_none(partner: Partner) -> None:
    service = partner.service
    assert "apiInfo" not in service.authorize(dialect=2).json
    new: dict[str, Any] = {"accountId": service.account_id, "keyName": "key", "capabilities": ["listFiles"]}
    key = service.ok("b2_create_key", **new)
    answer = service.authorize(key["applicationKeyId"], key["applicationKey"])
    assert sorted(answer.json["apiInfo"]) == ["storageApi"]
    refused = service.call("b2_list_groups", {}, token=answer.json["authorizationToken"])
    assert refused.refusal == (401, "unauthorized")


@pytest.mark.parametrize("dialect", [2, 3, 4])
def test_groups_are_listed_in_pages(partner: Partner, dialect: int) -> None:
    admin = partner.service.account_id
    others = [partner.partners.create_group(admin, name).group_id for name in ("Customers", "Staff")]
    ids = [partner.group_id, *others]
    first = partner.call("b2_list_groups", dialect, maxGroupCount=2).json
    second = partner.call("b2_list_groups", dialect, maxGroupCount=2, startGroupId=first["nextGroupId"]).json
    assert [group["groupId"] for group in [*first["groups"], *second["groups"]]] == ids
    assert (first["accountId"], first["nextGroupId"], second["nextGroupId"]) == (admin, ids[2], None)
    named = partner.ok("b2_list_groups", groupName="Customers")
    assert [group["groupId"] for group in named["groups"]] == ids[:2]
    assert partner.ok("b2_list_groups", startGroupId=int(ids[1]), maxGroupCount=1)["groups"][0]["groupId"] == ids[1]


def test_a_list_is_also_a_get(partner: Partner) -> None:
    partner.member("a+b@example.com")
    query = {"adminAccountId": partner.service.account_id, "groupId": partner.group_id, "startEmail": "a+b@example.com"}
    target = f"/b2api/v3/b2_list_group_members?{urlencode(query)}"
    answer = partner.service.send("GET", target, {"Authorization": partner.service.token})
    assert [member["email"] for member in answer.json["groupMembers"]] == ["a+b@example.com"]


def test_a_group_says_what_is_in_it(in_process: Partner) -> None:
    member = in_process.member("a@example.com")
    session = in_process.service.authorize(member["applicationKeyId"], member["applicationKey"]).json
    bucket = {"accountId": session["accountId"], "bucketName": "of-member", "bucketType": "allPrivate"}
    assert in_process.service.call("b2_create_bucket", bucket, token=session["authorizationToken"]).status == 200
    group = in_process.ok("b2_list_groups")["groups"][0]
    times = [group["groupStats"].pop(name) for name in ("createdTimestamp", "groupStatsAsOfTimestamp")]
    times.append(group["b2Stats"].pop("b2StatsAsOfTimestamp"))
    assert all(re.fullmatch(r"d\d{8}_m\d{6}", time) for time in times)
    assert group == {
        "accountStandingDetails": {"state": "B2_GOOD_STANDING"},
        "b2Stats": {"b2BytesStoredCount": 0, "b2FilesStoredCount": 0, "bucketCount": 1},
        "groupId": in_process.group_id,
        "groupName": "Customers",
        "groupProducts": ["BACKUP", "STORAGE"],
        "groupStats": {"memberCount": 1},
    }


def test_a_group_without_b2_has_no_such_statistics(in_process: Partner) -> None:
    group_id = in_process.partners.create_group(in_process.service.account_id, "Laptops", products=["BACKUP"]).group_id
    groups = {group["groupId"]: group for group in in_process.ok("b2_list_groups")["groups"]}
    assert "b2Stats" not in groups[group_id]
    refused = in_process.call("b2_create_group_member", groupId=group_id, memberEmail="a@example.com")
    assert refused.refusal == (400, "bad_request")


def test_members_are_listed_by_address_in_pages(partner: Partner) -> None:
    for email in ("c@example.com", "A@example.com", "b@example.com"):
        partner.member(email)
    assert partner.emails(maxMemberCount=0) == ["A@example.com", "b@example.com", "c@example.com"]
    assert partner.emails(startEmail="a@example.com", maxMemberCount=1) == ["A@example.com"]
    assert partner.emails(startEmail="aa@example.com") == ["b@example.com", "c@example.com"]
    page = partner.ok("b2_list_group_members", groupId=partner.group_id, maxMemberCount=2)
    assert (page["groupId"], page["groupName"]) == (partner.group_id, "Customers")
    assert page["nextEmail"] == "c@example.com"


def test_a_new_member_has_an_account_and_a_key(partner: Partner) -> None:
    created = partner.member("a@example.com", region="eu-central")
    member = created["groupMember"]
    session = partner.service.authorize(created["applicationKeyId"], created["applicationKey"]).json
    assert session["accountId"] == member.pop("accountId")
    assert member == {
        "email": "a@example.com",
        "groupId": partner.group_id,
        "groupName": "Customers",
        "region": "eu-central",
        "s3Endpoint": "s3.eu-central-003.backblazeb2.com",
    }


def test_an_ejected_member_keeps_its_account_and_does_not_come_back(partner: Partner) -> None:
    created = partner.member("a@example.com")
    account_id = created["groupMember"]["accountId"]
    about: dict[str, Any] = {"groupId": partner.group_id, "memberAccountId": account_id}
    taken = partner.service.cloud.partners
    partner.member("taken@example.com")
    assert partner.call("b2_eject_group_member", **about, email="taken@example.com").refusal == (401, "invalid_email")
    ejected = partner.ok("b2_eject_group_member", **about, email="new@example.com")
    assert ejected == {**created["groupMember"], "email": "new@example.com"}
    assert partner.emails() == ["taken@example.com"]
    assert partner.service.authorize(created["applicationKeyId"], created["applicationKey"]).status == 200
    assert partner.call("b2_eject_group_member", **about).refusal == (401, "invalid_member_account_id")
    again: dict[str, Any] = {"groupId": partner.group_id, "memberEmail": "new@example.com"}
    assert partner.call("b2_create_group_member", **again).refusal == (401, "invalid_email")
    assert taken.members_of(partner.service.cloud.state.groups[partner.group_id])[0].email == "taken@example.com"


@pytest.mark.parametrize("is_list", [False, True])
def test_a_trial_is_an_account_with_one_bucket(partner: Partner, is_list: bool) -> None:
    body = [TRIAL] if is_list else TRIAL
    service = partner.service
    answer = service.send(
        "POST",
        "/b2api/v3/b2_reserve_trial_create_account",
        {"Authorization": service.token},
        json.dumps(body).encode(),
    )
    trial = answer.json
    assert (trial["bucketName"], trial["email"]) == (f"b2-partner-backblaze-{trial['accountId']}", "new@example.com")
    start, end = ([int(number) for number in trial[name].split("-")] for name in ("startDate", "endDate"))
    assert len(start) == len(end) == 3
    assert start < end
    session = service.authorize(trial["applicationKeyId"], trial["applicationKey"], dialect=3).json
    storage = session["apiInfo"]["storageApi"]
    assert (session["accountId"], storage["bucketId"]) == (trial["accountId"], trial["bucketId"])
    update = {"accountId": trial["accountId"], "bucketId": trial["bucketId"], "bucketType": "allPublic"}
    token = session["authorizationToken"]
    assert service.call("b2_update_bucket", update, token=token).status == 200
    assert service.call("b2_get_upload_url", {"bucketId": trial["bucketId"]}, token=token).status == 200


def test_several_trials_are_made_at_once_or_none(in_process: Partner) -> None:
    def ask(*emails: str) -> Answer:
        body = json.dumps([{**TRIAL, "email": email} for email in emails]).encode()
        target = "/b2api/v4/b2_reserve_trial_create_account"
        return in_process.service.send("POST", target, {"Authorization": in_process.service.token}, body)

    assert ask("a@example.com", "nonsense").refusal == (400, "bad_request")
    assert ask("a@example.com", "A@example.com").refusal == (400, "bad_request")
    assert ask().refusal == (400, "bad_request")
    assert [trial["email"] for trial in ask("a@example.com", "b@example.com").json] == [
        "a@example.com",
        "b@example.com",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"term": 6},
        {"term": 31},
        {"storage": 0},
        {"storage": 51},
        {"email": "nonsense"},
        {"email": "a@example.com"},
        {"region": "moon"},
        {"term": None},
        {"storage": "1"},
    ],
)
def test_a_trial_is_refused_as_a_bad_request_whatever_the_reason(in_process: Partner, wrong: dict[str, Any]) -> None:
    in_process.member("a@example.com")
    assert in_process.call("b2_reserve_trial_create_account", **{**TRIAL, **wrong}).refusal == (400, "bad_request")


@pytest.mark.parametrize(
    ("call", "params", "refusal"),
    [
        ("b2_list_groups", {"adminAccountId": "other"}, (403, "unauthorized")),
        ("b2_list_groups", {"adminAccountId": None}, (400, "bad_request")),
        ("b2_list_groups", {"maxGroupCount": 0}, (401, "out_of_range")),
        ("b2_list_groups", {"maxGroupCount": 101}, (401, "out_of_range")),
        ("b2_list_groups", {"startGroupId": "1"}, (401, "invalid_group_id")),
        ("b2_list_groups", {"startGroupId": True}, (400, "bad_request")),
        ("b2_list_group_members", {}, (400, "bad_request")),
        ("b2_list_group_members", {"groupId": "1"}, (401, "invalid_group_id")),
        ("b2_list_group_members", {"groupId": "OWN", "maxMemberCount": 1001}, (401, "out_of_range")),
        ("b2_create_group_member", {"groupId": "1", "memberEmail": "a@example.com"}, (401, "invalid_group_id")),
        ("b2_create_group_member", {"groupId": "OWN"}, (400, "bad_request")),
        ("b2_create_group_member", {"groupId": "OWN", "memberEmail": "a b@example.com"}, (401, "invalid_email")),
        (
            "b2_create_group_member",
            {"groupId": "OWN", "memberEmail": "a@example.com", "region": "moon"},
            (401, "invalid_region"),
        ),
        ("b2_eject_group_member", {"groupId": "OWN", "memberAccountId": "x"}, (401, "invalid_member_account_id")),
        ("b2_eject_group_member", {"groupId": "1", "memberAccountId": "x"}, (401, "invalid_group_id")),
    ],
)
def test_what_is_wrong_is_refused_in_the_words_of_the_partner_api(
    partner: Partner, call: str, params: dict[str, Any], refusal: tuple[int, str]
) -> None:
    given: dict[str, Any] = {name: partner.group_id if value == "OWN" else value for name, value in params.items()}
    assert partner.call(call, **given).refusal == refusal


def test_a_group_of_another_admin_is_unknown(in_process: Partner) -> None:
    other = in_process.service.cloud.keys.create_account()
    group = in_process.partners.create_group(other.account_id, "Theirs")
    refused = in_process.call("b2_list_group_members", groupId=group.group_id)
    assert refused.refusal == (401, "invalid_group_id")
    assert len(in_process.ok("b2_list_groups")["groups"]) == 1


def test_a_group_may_ask_for_addresses_of_one_domain(in_process: Partner) -> None:
    group = in_process.partners.create_group(in_process.service.account_id, "Staff", email_domain="example.com")
    new: dict[str, Any] = {"groupId": group.group_id}
    refused = in_process.call("b2_create_group_member", **new, memberEmail="a@example.org")
    assert refused.refusal == (401, "invalid_email")
    in_process.ok("b2_create_group_member", **new, memberEmail="a@Example.com")


def test_a_full_group_takes_no_more(service_with: ServiceWith) -> None:
    partner = Partner(service_with(Policy(maximum_group_members=1)))
    partner.member("a@example.com")
    refused = partner.call("b2_create_group_member", groupId=partner.group_id, memberEmail="b@example.com")
    assert refused.refusal == (401, "too_many_members")


def test_without_a_phone_a_partner_only_lists(partner: Partner) -> None:
    member = partner.member("a@example.com")["groupMember"]["accountId"]
    partner.partners.set_conditions(partner.service.account_id, has_phone=False)
    about: dict[str, Any] = {"groupId": partner.group_id}
    assert partner.call("b2_list_groups").status == 200
    created = partner.call("b2_create_group_member", **about, memberEmail="b@example.com")
    assert created.refusal == (401, "invalid_sms_phone")
    assert partner.call("b2_eject_group_member", **about, memberAccountId=member).refusal == (403, "access_denied")
    assert partner.call("b2_reserve_trial_create_account", **TRIAL).refusal == (403, "access_denied")


def test_who_is_no_partner_or_not_in_good_standing_is_refused(partner: Partner) -> None:
    partner.partners.set_conditions(partner.service.account_id, is_in_good_standing=False)
    assert partner.call("b2_list_groups").refusal == (403, "access_denied")
    partner.partners.set_conditions(partner.service.account_id)
    partner.partners.enable(partner.service.account_id, "backupApi")
    assert partner.call("b2_list_groups").refusal == (403, "access_denied")


@pytest.mark.parametrize("authorization", [None, "", "Bearer token"])
def test_a_malformed_header_is_denied(partner: Partner, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = partner.service.send("POST", "/b2api/v3/b2_list_groups", headers, b"{}")
    assert answer.refusal == (403, "access_denied")


def test_a_token_that_is_none_is_unauthorized(partner: Partner) -> None:
    answer = partner.service.call("b2_list_groups", {}, token="none")
    assert answer.refusal == (401, "bad_auth_token")


@pytest.mark.parametrize("name", ["b2_create_group_member", "b2_eject_group_member", "b2_reserve_trial_create_account"])
def test_what_changes_something_is_no_get(partner: Partner, name: str) -> None:
    answer = partner.service.send("GET", f"/b2api/v3/{name}", {"Authorization": partner.service.token})
    assert answer.refusal == (405, "method_not_allowed")


def test_the_first_version_has_no_groups(partner: Partner) -> None:
    assert partner.call("b2_list_groups", 1).refusal == (404, "not_found")


def test_the_containers_of_responses_can_be_swapped(service_with: ServiceWith) -> None:
    partner = Partner(service_with(Policy(swaps_containers=True)))
    [created] = partner.member("a@example.com")
    [members] = partner.ok("b2_list_group_members", groupId=partner.group_id)
    [trial] = partner.ok("b2_reserve_trial_create_account", **TRIAL)
    assert members["groupMembers"][0]["accountId"] == created["groupMember"]["accountId"] != trial["accountId"]
    assert isinstance(partner.ok("b2_list_groups"), list)


def test_the_journal_names_the_call_and_its_version(partner: Partner) -> None:
    partner.ok("b2_list_groups")
    entry = partner.service.journal.entries[-1]
    assert (entry.endpoint, entry.version, entry.status) == ("b2_list_groups", "v3", 200)


def test_an_account_has_so_many_groups(in_process: Partner) -> None:
    for _ in range(MOST_GROUPS - 1):
        in_process.partners.create_group(in_process.service.account_id, "more")
    with pytest.raises(ValueError, match="up to 500 groups"):
        in_process.partners.create_group(in_process.service.account_id, "one too many")
    first = in_process.ok("b2_list_groups")
    assert len(first["groups"]) == 100


def test_a_removed_account_is_no_member_and_administers_nothing(in_process: Partner) -> None:
    cloud = in_process.service.cloud
    member = in_process.member("a@example.com")["groupMember"]["accountId"]
    cloud.partners.create_group(member, "of the member")
    cloud.computers.add(member, "laptop")
    accounts.remove(cloud, member)
    assert in_process.emails() == []
    assert [group.name for group in cloud.state.groups.values()] == ["Customers"]
    assert cloud.state.computers == {}
