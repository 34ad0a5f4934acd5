"""Groups, members and trials, on each kind of client."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest
from tests.partner.conftest import CLIENTS, Partner, opened, verbs_of
from typing_extensions import assert_type

import b2sdk.aio.computer_backup
import b2sdk.aio.partner
from b2sdk.computer_backup import ComputerBackupApi
from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    BadRequest,
    InvalidArgument,
    InvalidAuthToken,
    MissingAccountData,
    ServiceError,
    Unauthorized,
)
from b2sdk.http import RetryPolicy, patience
from b2sdk.http.client import B2Http
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.http.hooks import HttpCallback
from b2sdk.partner import (
    CreatedMember,
    EmailNotUsable,
    Group,
    GroupFull,
    GroupMember,
    GroupNotFound,
    MemberCreationFailed,
    MemberNotFound,
    OutcomeUnclear,
    PartnerApi,
    PhoneNumberMissing,
    SuiteMissing,
    TrialAccount,
    UnknownRegion,
    UntrustedUrl,
)
from b2sdk.simulator import Policy, SimulatorServer, WireFault
from b2sdk.v3 import B2Api, InMemoryAccountInfo

TRIAL: dict[str, Any] = {"term": 7, "storage": 1}
OVER_HTTP = pytest.mark.parametrize("partner", CLIENTS[1:], indirect=True)
"""For tests of what goes wrong on the way."""
CREATE, EJECT, MAKE_TRIAL = "b2_create_group_member", "b2_eject_group_member", "b2_reserve_trial_create_account"


# --- authorization ---


def test_a_client_that_is_not_authorized_makes_no_call(partner: Partner) -> None:
    other = partner.client()
    with pytest.raises(MissingAccountData):
        _ = other.account_id
    with pytest.raises(MissingAccountData):
        list(other.list_groups())
    with pytest.raises(MissingAccountData):
        other.create_group_member("1", "a@example.com")
    assert partner.statuses("b2_list_groups") == []


def test_the_account_is_known_after_authorization(partner: Partner) -> None:
    assert partner.api.account_id == partner.account_id == partner.backups.account_id


def test_no_representation_shows_the_key_or_the_token(partner: Partner) -> None:
    session = partner.api.session
    shown = f"{partner.api!r} {session!r} {vars(session)!r}"
    assert partner.account_id in shown
    assert partner.key not in shown.replace(partner.key_id, "")
    assert not any(token in shown for token in partner.cloud.state.tokens)


def test_a_wrong_key_is_rejected(partner: Partner) -> None:
    partner.key = "wrong"
    with pytest.raises(Unauthorized):
        partner.authorize()


def test_an_account_that_is_no_partner_is_told_so(partner: Partner) -> None:
    partner.cloud.state.accounts[partner.account_id].suites = ()
    with pytest.raises(SuiteMissing, match="groupsApi and backupApi"):
        partner.authorize()
    assert partner.api.account_id == partner.account_id  # as it was


def test_each_api_may_be_there_without_the_other(partner: Partner) -> None:
    partner.cloud.partners.enable(partner.account_id, "backupApi")
    partner.authorize()
    with pytest.raises(SuiteMissing, match="groupsApi"):
        list(partner.api.list_groups())
    with pytest.raises(SuiteMissing, match="groupsApi"):
        partner.api.create_group_member("1", "a@example.com")
    assert list(partner.backups.list_computers(partner.account_id)) == []
    partner.cloud.partners.enable(partner.account_id, "groupsApi")
    partner.authorize()
    assert list(partner.api.list_groups()) == []
    with pytest.raises(SuiteMissing, match="backupApi"):
        list(partner.backups.list_computers(partner.account_id))


def test_a_realm_of_a_stranger_does_not_get_the_key(partner: Partner) -> None:
    for realm in ("https://backblazeb2.com.example.org", "http://api.backblazeb2.com", "test-key"):
        with pytest.raises(InvalidArgument, match=r"^realm ") as caught:
            partner.authorize(realm=realm, trust_realm=False)
        assert realm not in str(caught.value)
    assert len(partner.statuses("b2_authorize_account")) == 1


@pytest.mark.parametrize("partner", CLIENTS[:1], indirect=True)
def test_a_service_that_names_another_host_does_not_get_the_token(partner: Partner) -> None:
    other = partner.client()
    with pytest.raises(UntrustedUrl):
        partner.authorize(other, realm="production", trust_realm=True)  # it says that it is at api.example.com
    with pytest.raises(MissingAccountData):
        list(other.list_groups())


def test_type_checkers_know_what_verbs_return() -> None:
    async def awaited(partner: b2sdk.aio.partner.PartnerApi) -> None:
        assert_type(partner.list_groups(name="Customers"), AsyncGenerator[Group, None])
        assert_type(await partner.create_group_member("1", "a@example.com"), CreatedMember)

    def blocking(partner: PartnerApi) -> None:
        assert_type(partner.list_groups(name="Customers"), Iterator[Group])
        assert_type(partner.find_group_member("1", "a@example.com"), GroupMember | None)

    assert callable(awaited)
    assert callable(blocking)


def test_a_token_that_has_expired_is_renewed_once_for_a_list(partner: Partner) -> None:
    group_id = partner.group()
    for token in partner.cloud.state.tokens.values():
        token.expires_at = 0
    assert [group.group_id for group in partner.api.list_groups()] == [group_id]
    assert partner.statuses("b2_list_groups") == [401, 200]
    assert len(partner.statuses("b2_authorize_account")) == 2
    partner.fail("b2_list_groups", 401, "bad_auth_token", count=2)
    with pytest.raises(InvalidAuthToken):
        list(partner.api.list_groups())


def test_a_refusal_with_401_does_not_renew_the_token(partner: Partner) -> None:
    with pytest.raises(GroupNotFound):
        list(partner.api.list_group_members("1"))
    assert partner.statuses("b2_list_group_members") == [401]
    assert len(partner.statuses("b2_authorize_account")) == 1


def test_a_change_is_not_made_again_with_another_token(partner: Partner) -> None:
    group_id = partner.group()
    for token in partner.cloud.state.tokens.values():
        token.expires_at = 0
    with pytest.raises(InvalidAuthToken):
        partner.api.create_group_member(group_id, "a@example.com")
    assert partner.statuses(CREATE) == [401]
    partner.api.create_group_member(group_id, "a@example.com")
    assert partner.statuses("b2_authorize_account") == [200, 200]
    assert partner.statuses(CREATE) == [401, 200]


def test_a_token_is_renewed_once_however_many_threads_notice() -> None:
    with SimulatorServer(partner=True) as server, PartnerApi() as partner, ThreadPoolExecutor(8) as pool:
        partner.authorize_account(server.key_id, server.key, realm=server.url)
        for token in server.cloud.state.tokens.values():
            token.expires_at = 0
        found = list(pool.map(lambda _number: len(list(partner.list_groups())), range(8)))
        assert found == [1] * 8
        assert len([entry for entry in server.journal.entries if entry.endpoint == "b2_authorize_account"]) == 2


def test_a_token_is_renewed_once_however_many_tasks_notice() -> None:
    async def count(partner: b2sdk.aio.partner.PartnerApi) -> int:
        return len([group async for group in partner.list_groups()])

    async def main(server: SimulatorServer) -> list[int]:
        async with b2sdk.aio.partner.PartnerApi() as partner:
            await partner.authorize_account(server.key_id, server.key, realm=server.url)
            for token in server.cloud.state.tokens.values():
                token.expires_at = 0
            return await asyncio.gather(*(count(partner) for _ in range(8)))

    with SimulatorServer(partner=True) as server:
        assert asyncio.run(main(server)) == [1] * 8
        assert len([entry for entry in server.journal.entries if entry.endpoint == "b2_authorize_account"]) == 2


def test_an_old_token_is_renewed_before_a_change(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    group_id = partner.group()
    monkeypatch.setattr("b2sdk.partner.session._SECONDS_OF_TOKEN", -1)
    partner.api.create_group_member(group_id, "a@example.com")
    assert partner.statuses("b2_authorize_account") == [200, 200]
    assert partner.statuses(CREATE) == [200]


# --- groups ---


def test_groups_are_listed_page_by_page(partner: Partner) -> None:
    ids = [partner.group(name) for name in ("Customers", "Staff", "Customers")]
    groups = partner.api.list_groups(page_size=1)
    assert partner.statuses("b2_list_groups") == []
    assert next(groups).group_id == ids[0]
    assert len(partner.statuses("b2_list_groups")) == 1
    assert [group.group_id for group in groups] == ids[1:]
    assert len(partner.statuses("b2_list_groups")) == 3
    named = partner.api.list_groups(name="Customers")
    assert [group.group_id for group in named] == [ids[0], ids[2]]
    assert [group.group_id for group in partner.api.list_groups(start_group_id=ids[1])] == ids[1:]


def test_a_group_says_what_it_is(partner: Partner) -> None:
    group_id = partner.group("Customers")
    partner.member(group_id, "a@example.com")
    group = partner.api.get_group(group_id)
    assert (group.group_id, group.name, group.products) == (group_id, "Customers", {"BACKUP", "STORAGE"})
    assert (group.member_count, group.standing) == (1, "B2_GOOD_STANDING")
    assert group.b2_stats is not None
    assert (group.b2_stats.bytes_stored, group.b2_stats.files_stored, group.b2_stats.bucket_count) == (0, 0, 0)
    now = datetime.now(timezone.utc)
    for moment in (group.created, group.counted, group.b2_stats.as_of):
        assert timedelta(0) <= now - moment < timedelta(days=1, minutes=1)
    assert partner.api.get_group(partner.group(products=["BACKUP"])).b2_stats is None


def test_a_group_that_is_not_there_is_not_found(partner: Partner) -> None:
    partner.group()
    with pytest.raises(GroupNotFound):
        partner.api.get_group("1")


# --- members ---


def test_a_member_is_created_with_a_key_that_is_shown_to_nobody(partner: Partner) -> None:
    group_id = partner.group("Customers")
    created = partner.api.create_group_member(group_id, "a@example.com", region="eu-central")
    key = created.application_key
    assert key not in f"{created} {created!r}"
    assert created.member == GroupMember(
        account_id=created.member.account_id,
        email="a@example.com",
        group_id=group_id,
        group_name="Customers",
        region="eu-central",
        s3_endpoint="s3.eu-central-003.backblazeb2.com",
    )
    assert partner.cloud.state.keys[created.application_key_id].secret == key


@pytest.mark.parametrize("partner", CLIENTS[:2], indirect=True)
def test_the_keys_of_members_and_trials_store_files(partner: Partner) -> None:
    group_id = partner.group()
    created = partner.api.create_group_member(group_id, "a@example.com")
    trial = partner.api.create_trial_account("b@example.com", **TRIAL)
    with B2Api(InMemoryAccountInfo(), api_config=partner.config) as api:
        api.authorize_account(created.application_key_id, created.application_key, realm=partner.realm)
        api.create_bucket("of-the-member", "allPrivate").upload_bytes(b"content", "name")
        api.authorize_account(trial.application_key_id, trial.application_key, realm=partner.realm)
        bucket = api.get_bucket_by_name(trial.bucket_name)
        bucket.upload_bytes(b"content", "name")
        assert [version.file_name for version, _ in bucket.ls()] == ["name"]
    [member] = partner.api.list_group_members(group_id)
    assert (member.b2_stats.bytes_stored, member.b2_stats.bucket_count) == (7, 1)


def test_members_are_listed_page_by_page(partner: Partner) -> None:
    group_id = partner.group()
    emails = [f"{name}@example.com" for name in "abc"]
    for email in emails:
        partner.member(group_id, email)
    members = partner.api.list_group_members(group_id, page_size=2)
    assert [member.email for member in islice(members, 2)] == emails[:2]
    assert len(partner.statuses("b2_list_group_members")) == 1
    assert [member.email for member in members] == emails[2:]
    assert [member.email for member in partner.api.list_group_members(group_id, start_email="b")] == emails[1:]


def test_a_member_is_found_by_its_address_in_one_call(partner: Partner) -> None:
    group_id = partner.group()
    account_id = partner.member(group_id, "B+1@example.com")
    partner.member(group_id, "c@example.com")
    assert partner.api.find_group_member(group_id, "b+1@example.com").account_id == account_id
    assert partner.api.find_group_member(group_id, "bb@example.com") is None
    assert partner.api.find_group_member(group_id, "z@example.com") is None
    assert len(partner.statuses("b2_list_group_members")) == 3


def test_a_member_is_ejected(partner: Partner) -> None:
    group_id = partner.group()
    account_id = partner.member(group_id, "a@example.com")
    ejected = partner.api.eject_group_member(group_id, account_id, email="new@example.com")
    assert (ejected.account_id, ejected.email, ejected.group_id) == (account_id, "new@example.com", group_id)
    assert list(partner.api.list_group_members(group_id)) == []
    with pytest.raises(MemberNotFound):
        partner.api.eject_group_member(group_id, account_id)


def test_each_reason_why_no_member_is_created_has_a_class(partner: Partner) -> None:
    group_id = partner.group()
    create = partner.api.create_group_member
    partner.member(group_id, "a@example.com")
    with pytest.raises(EmailNotUsable):
        create(group_id, "A@example.com")
    with pytest.raises(UnknownRegion):
        create(group_id, "b@example.com", region="the-moon")
    with pytest.raises(GroupNotFound):
        create("1", "b@example.com")
    partner.cloud.partners.set_conditions(partner.account_id, has_phone=False)
    with pytest.raises(PhoneNumberMissing):
        create(group_id, "b@example.com")
    for code, expected in (("too_many_members", GroupFull), ("method_failure", MemberCreationFailed)):
        partner.fail(CREATE, 401, code)
        with pytest.raises(expected):
            create(group_id, "b@example.com")
    assert len(list(partner.api.list_group_members(group_id))) == 1


def test_an_error_does_not_repeat_the_address_of_a_customer(partner: Partner) -> None:
    group_id = partner.group()
    for status, code in ((401, "invalid_email"), (400, "bad_request"), (401, "unauthorized")):
        partner.fail(CREATE, status, code, "jane.doe@example.com has an account")
        with pytest.raises(B2Error) as caught:
            partner.api.create_group_member(group_id, "jane.doe@example.com")
        assert "jane" not in f"{caught.value} {caught.value!r}"


# --- trials ---


@pytest.mark.parametrize("in_list", [False, True])
def test_a_trial_is_created_with_a_key_that_is_shown_to_nobody(partner: Partner, in_list: bool) -> None:
    api = partner.client(trials_in_list=in_list)
    partner.authorize(api)
    trial = api.create_trial_account("a@example.com", term=30, storage=50, region="us-east")
    assert isinstance(trial, TrialAccount)
    assert trial.application_key not in f"{trial} {trial!r}"
    assert partner.cloud.state.keys[trial.application_key_id].secret == trial.application_key
    assert isinstance(trial.start_date, date)
    assert isinstance(trial.end_date, date)
    assert trial.end_date - trial.start_date == timedelta(days=30)
    assert (trial.email, trial.s3_endpoint) == ("a@example.com", "s3.us-east-005.backblazeb2.com")
    assert partner.cloud.state.buckets[trial.bucket_id].name == trial.bucket_name
    with pytest.raises(BadRequest):
        api.create_trial_account("a@example.com", **TRIAL)


# --- containers ---


@pytest.mark.parametrize("kind", CLIENTS)
def test_objects_are_taken_out_of_lists_of_one(kind: str) -> None:
    policy = Policy(swaps_containers=True)
    with ExitStack() as stack:
        server = None
        if kind != "in process":
            server = stack.enter_context(SimulatorServer(partner=True, policy=policy))
        partner = stack.enter_context(opened(kind, policy, server))
        group_id = partner.group("Customers")
        account_id = partner.member(group_id, "a@example.com")
        assert partner.api.get_group(group_id).name == "Customers"
        assert [member.account_id for member in partner.api.list_group_members(group_id)] == [account_id]
        computer = partner.cloud.computers.add(account_id, "laptop")
        assert [found.name for found in partner.backups.list_computers(account_id)] == ["laptop"]
        assert partner.backups.delete_computer(account_id, computer.computer_id).name == "laptop"
        assert partner.api.create_trial_account("b@example.com", **TRIAL).bucket_name
        assert partner.api.eject_group_member(group_id, account_id).account_id == account_id


# --- what is refused before anything is sent ---


@pytest.mark.parametrize(
    ("verb", "args", "kwargs"),
    [
        ("list_groups", (), {"page_size": 0}),
        ("list_groups", (), {"page_size": 101}),
        ("list_groups", (), {"page_size": True}),
        ("list_groups", (), {"start_group_id": ""}),
        ("get_group", ("a b",), {}),
        ("list_group_members", ("",), {}),
        ("list_group_members", ("1",), {"page_size": 1001}),
        ("find_group_member", ("1", "nobody"), {}),
        ("create_group_member", ("", "a@example.com"), {}),
        ("create_group_member", ("1", "a@b@example.com"), {}),
        ("create_group_member", ("1", "a b@example.com"), {}),
        ("create_group_member", ("1", "a@example"), {}),
        ("create_group_member", ("1", "a@example.com\n"), {}),
        ("create_group_member", ("1", f"{'a' * 250}@example.com"), {}),
        ("create_group_member", ("1", "a@example.com"), {"region": "us-west-002"}),
        ("eject_group_member", ("1", ""), {}),
        ("eject_group_member", ("1", "2"), {"email": "nobody"}),
        ("create_trial_account", ("a@example.com",), {"term": 6, "storage": 1}),
        ("create_trial_account", ("a@example.com",), {"term": 31, "storage": 1}),
        ("create_trial_account", ("a@example.com",), {"term": 7, "storage": 0}),
        ("create_trial_account", ("a@example.com",), {"term": 7, "storage": 51}),
        ("create_trial_account", ("a@example.com",), {"term": 7.5, "storage": 1}),
        ("create_trial_account", ("a@example.com",), {**TRIAL, "region": ""}),
        ("create_trial_account", ("nobody",), TRIAL),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    partner: Partner, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        getattr(partner.api, verb)(*args, **kwargs)
    assert "@" not in str(caught.value)
    calls = {entry.endpoint for entry in partner.front_end.gateway.journal.entries}
    assert calls == {"b2_authorize_account"}


@pytest.mark.parametrize(
    ("verb", "args"),
    [("get_group", (1,)), ("list_group_members", (None,)), ("create_group_member", ("1", b"a@example.com"))],
)
def test_arguments_of_another_kind_are_type_errors(partner: Partner, verb: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        getattr(partner.api, verb)(*args)


# --- what is not sent twice ---


@pytest.mark.parametrize(
    ("status", "code"), [(500, "internal_error"), (503, "service_unavailable"), (429, "too_many_requests"), (408, "x")]
)
def test_a_list_is_retried_and_a_change_is_not(partner: Partner, status: int, code: str, waits: list[float]) -> None:
    group_id = partner.group()
    partner.fail(CREATE, status, code, retry_after=1)
    with pytest.raises(OutcomeUnclear, match=r"create_group_member was carried out .*find_group_member") as caught:
        partner.api.create_group_member(group_id, "a@example.com")
    assert (caught.value.server_status, caught.value.server_code) == (status, code)
    assert (caught.value.call, caught.value.should_retry_http()) == ("create_group_member", False)
    assert partner.statuses(CREATE) == [status]
    assert waits == []
    if partner.kind != "in process":  # where nothing is retried
        partner.fail("b2_list_groups", status, code, retry_after=1)
        assert len(list(partner.api.list_groups())) == 1
        assert waits == [1]


@OVER_HTTP
def test_no_policy_makes_a_change_be_sent_twice(partner: Partner) -> None:
    group_id = partner.group()
    with patience(retry_policy=RetryPolicy(attempts=4)):
        partner.fail(CREATE, 503, "service_unavailable", retry_after=1)
        with pytest.raises(OutcomeUnclear) as caught:
            partner.api.create_group_member(group_id, "a@example.com")
        assert (caught.value.retry_after_seconds, caught.value.attempts) == (1, 1)
        partner.fail("b2_list_groups", 503, "service_unavailable", retry_after=1, count=3)
        assert len(list(partner.api.list_groups())) == 1
    assert partner.statuses(CREATE) == [503]
    assert partner.statuses("b2_list_groups") == [503, 503, 503, 200]


@OVER_HTTP
@pytest.mark.parametrize("verb", ["create", "eject", "trial"])
@pytest.mark.parametrize("kind", ["reset-before-response", "cut"])
def test_a_change_whose_response_is_lost_is_unclear(partner: Partner, verb: str, kind: Any) -> None:
    group_id = partner.group()
    account_id = partner.member(group_id, "z@example.com")
    changes: dict[str, tuple[str, Callable[[], object], str]] = {
        "create": (CREATE, lambda: partner.api.create_group_member(group_id, "a@example.com"), "create_group_member"),
        "eject": (EJECT, lambda: partner.api.eject_group_member(group_id, account_id), "eject_group_member"),
        "trial": (
            MAKE_TRIAL,
            lambda: partner.api.create_trial_account("a@example.com", **TRIAL),
            "create_trial_account",
        ),
    }
    call, change, name = changes[verb]
    before = len(partner.statuses(call))
    partner.front_end.gateway.faults.add(WireFault(kind=kind, endpoint=call, after_bytes=40))
    with pytest.raises(OutcomeUnclear) as caught:
        change()
    assert caught.value.call == name
    assert "@" not in str(caught.value)
    assert partner.statuses(call)[before:] == [200]
    found = partner.api.find_group_member(group_id, "a@example.com")
    assert (found is not None) == (verb == "create")
    assert (partner.api.find_group_member(group_id, "z@example.com") is None) == (verb == "eject")


@OVER_HTTP
def test_a_page_that_is_not_of_the_service_leaves_it_unclear(partner: Partner) -> None:
    group_id = partner.group()
    partner.fail(CREATE, 403, "x", page="<html>no</html>")
    with pytest.raises(OutcomeUnclear):
        partner.api.create_group_member(group_id, "a@example.com")


@pytest.mark.parametrize(
    ("status", "code"), [(400, "bad_request"), (403, "access_denied"), (405, "method_not_allowed")]
)
def test_a_change_that_the_service_rejects_is_certain(partner: Partner, status: int, code: str) -> None:
    group_id = partner.group()
    partner.fail(CREATE, status, code)
    with pytest.raises(B2Error) as caught:
        partner.api.create_group_member(group_id, "a@example.com")
    assert not isinstance(caught.value, OutcomeUnclear)
    assert caught.value.server_code == code


def test_a_change_for_which_no_connection_could_be_made_is_certain() -> None:
    server = SimulatorServer(partner=True)
    server.start()
    partner = PartnerApi(api_config=B2HttpApiConfig(install_clock_skew_hook=False))
    partner.authorize_account(server.key_id, server.key, realm=server.url)
    server.stop()
    partner.close()
    with pytest.raises(B2ConnectionError):
        partner.create_group_member("1", "a@example.com")


def test_an_unclear_outcome_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(OutcomeUnclear("create_group_member", "look")))  # noqa: S301  # it is ours
    assert (error.call, error.look) == ("create_group_member", "look")
    assert str(error) == "it is not known whether create_group_member was carried out (failure): look"


def test_a_hook_that_fails_after_the_response_leaves_a_change_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(HttpCallback):
        def post_request(self, method: str, url: str, headers: Any, response: Any) -> None:
            if CREATE in url:
                raise ServiceError("the hook")

    with SimulatorServer(partner=True) as server, PartnerApi() as partner:
        partner.authorize_account(server.key_id, server.key, realm=server.url)
        [group] = partner.list_groups()
        http = partner.session._http
        assert isinstance(http, B2Http)
        http.add_callback(Failing())
        with pytest.raises(OutcomeUnclear):
            partner.create_group_member(group.group_id, "a@example.com")
        assert partner.find_group_member(group.group_id, "a@example.com") is not None


# --- the two clients ---


@pytest.mark.parametrize(
    "program",
    [
        "from b2sdk.partner import PartnerApi; PartnerApi().close()",
        "from b2sdk.computer_backup import ComputerBackupApi; ComputerBackupApi().close()",
        "from b2sdk.aio.partner import PartnerApi; PartnerApi()",
        "from b2sdk.aio.computer_backup import ComputerBackupApi; ComputerBackupApi()",
        "import sys, b2sdk.v3; assert not [name for name in sys.modules if 'partner' in name or 'backup' in name]",
    ],
)
def test_each_client_is_imported_alone_and_only_where_it_is_used(program: str) -> None:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_session_is_that_of_another_client_of_the_same_kind() -> None:
    async def check() -> None:
        async with b2sdk.aio.partner.PartnerApi() as partner:
            for wrong in (partner, blocking.session):
                with pytest.raises(TypeError, match="session must be that of a client, of class AsyncPartnerSession"):
                    b2sdk.aio.partner.PartnerApi(wrong)  # type: ignore[arg-type]  # that is the test
                with pytest.raises(TypeError):
                    b2sdk.aio.computer_backup.ComputerBackupApi(wrong)  # type: ignore[arg-type]  # as above
            for other in (blocking, partner.session):
                with pytest.raises(TypeError):
                    PartnerApi(other)  # type: ignore[arg-type]  # as above
                with pytest.raises(TypeError):
                    ComputerBackupApi(other)  # type: ignore[arg-type]  # as above

    with PartnerApi() as blocking:
        asyncio.run(check())


def test_both_clients_have_the_same_verbs() -> None:
    assert verbs_of(PartnerApi) == verbs_of(b2sdk.aio.partner.PartnerApi)
    assert str(inspect.signature(PartnerApi.get_group)) == "(self, group_id: 'str') -> 'Group'"
    assert PartnerApi.get_group.__doc__ == b2sdk.aio.partner.PartnerApi.get_group.__doc__
    assert inspect.signature(PartnerApi.list_groups).return_annotation == "Iterator[Group]"
    awaited = inspect.signature(b2sdk.aio.partner.PartnerApi.list_groups)
    assert awaited.return_annotation == "AsyncGenerator[Group, None]"
