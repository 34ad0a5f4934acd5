"""Computers, on each kind of client."""

from __future__ import annotations

from typing import Any

import pytest
from tests.partner import conftest
from tests.partner.conftest import Partner, verbs_of

import b2sdk.aio.computer_backup
from b2sdk.computer_backup import AccountNotFound, Computer, ComputerBackupApi, ComputerNotFound, OutcomeUnclear
from b2sdk.exception import AccessDenied, InvalidArgument, UnexpectedCloudBehaviour
from b2sdk.simulator import SimulatorServer

partner = conftest.partner
_partner_server = conftest._partner_server
waits = conftest.waits

NONE = "f" * 24
TIME = 1_700_000_000_000


@pytest.fixture
def member_id(partner: Partner) -> str:
    return partner.member(partner.group(), "a@example.com")


@pytest.fixture
def ids(partner: Partner, member_id: str) -> list[str]:
    add = partner.cloud.computers.add
    return [add(member_id, name, last_upload=last).computer_id for name, last in (("a", TIME), ("b", None), ("c", 1))]


def test_computers_are_listed_page_by_page(partner: Partner, member_id: str, ids: list[str]) -> None:
    computers = partner.backups.list_computers(member_id, page_size=2)
    assert partner.statuses("bz_list_computers") == []
    assert next(computers) == Computer(ids[0], "a", TIME)
    assert next(computers) == Computer(ids[1], "b", None)
    assert len(partner.statuses("bz_list_computers")) == 1
    assert list(computers) == [Computer(ids[2], "c", 1)]
    assert [found.name for found in partner.backups.list_computers(member_id, start_computer_id=ids[1])] == ["b", "c"]


def test_a_computer_is_deleted(partner: Partner, member_id: str, ids: list[str]) -> None:
    assert partner.backups.delete_computer(member_id, ids[0]) == Computer(ids[0], "a", TIME)
    assert [found.name for found in partner.backups.list_computers(member_id)] == ["b", "c"]
    with pytest.raises(ComputerNotFound):
        partner.backups.delete_computer(member_id, ids[0])


def test_each_reason_has_a_class(partner: Partner, member_id: str, ids: list[str]) -> None:
    with pytest.raises(AccountNotFound):
        list(partner.backups.list_computers("unknown"))
    with pytest.raises(ComputerNotFound):
        list(partner.backups.list_computers(member_id, start_computer_id=NONE))
    for group in partner.cloud.state.groups.values():
        group.lets_admin_delete_backups = False
    with pytest.raises(AccessDenied):
        partner.backups.delete_computer(member_id, ids[0])


@pytest.mark.parametrize(
    ("verb", "args", "kwargs"),
    [
        ("list_computers", ("",), {}),
        ("list_computers", ("account",), {"page_size": 0}),
        ("list_computers", ("account",), {"page_size": 501}),
        ("list_computers", ("account",), {"start_computer_id": "a b"}),
        ("delete_computer", ("", NONE), {}),
        ("delete_computer", ("account", "a/b"), {}),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    partner: Partner, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument):
        getattr(partner.backups, verb)(*args, **kwargs)
    assert {entry.endpoint for entry in partner.front_end.gateway.journal.entries} == {"b2_authorize_account"}


def test_a_deletion_is_not_sent_twice(partner: Partner, member_id: str, ids: list[str]) -> None:
    partner.fail("bz_delete_computer", 503, "service_unavailable")
    with pytest.raises(OutcomeUnclear, match="list_computers"):
        partner.backups.delete_computer(member_id, ids[0])
    assert partner.statuses("bz_delete_computer") == [503]


def test_a_token_is_renewed_for_all_who_share_it(partner: Partner, member_id: str, ids: list[str]) -> None:
    for token in partner.cloud.state.tokens.values():
        token.expires_at = 0
    assert len(list(partner.backups.list_computers(member_id))) == 3
    assert len(list(partner.api.list_groups())) == 1
    assert partner.statuses("b2_list_groups") == [200]


def test_computers_need_no_client_for_groups() -> None:
    with SimulatorServer(partner=True) as server, ComputerBackupApi() as backups:
        backups.authorize_account(server.key_id, server.key, realm=server.url)
        computer = server.cloud.computers.add(server.account_id, "own")
        assert list(backups.list_computers(backups.account_id)) == [Computer(computer.computer_id, "own", None)]


@pytest.mark.parametrize(("time", "expected"), [(TIME, TIME), (str(TIME), TIME), (None, None)])
def test_a_time_is_a_number_or_its_digits(time: object, expected: int | None) -> None:
    response = {"computerId": NONE, "computerName": "name", "lastFileUploadedTimestamp": time}
    assert Computer.from_response(response).last_file_uploaded_timestamp == expected


def test_a_time_of_another_kind_is_refused() -> None:
    with pytest.raises(UnexpectedCloudBehaviour):
        Computer.from_response({"computerId": NONE, "lastFileUploadedTimestamp": "yesterday"})


def test_both_clients_have_the_same_verbs() -> None:
    assert verbs_of(ComputerBackupApi) == verbs_of(b2sdk.aio.computer_backup.ComputerBackupApi)
