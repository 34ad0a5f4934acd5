"""The computers that accounts back up, through both front ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from b2sdk.simulator import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Answer, Service

HOUR = 3_600_000


class Backups:
    """A partner with a group that has one member, whose computers it looks after."""

    def __init__(self, service: Service, **group: Any) -> None:
        self.service = service
        cloud = service.cloud
        cloud.partners.enable(service.account_id)
        self.group = cloud.partners.create_group(service.account_id, "Laptops", **group)
        admin = cloud.state.accounts[service.account_id].master_key
        self.member_id = cloud.partners.create_member(admin, self.group, "a@example.com", None).account.account_id
        self.ids = [
            cloud.computers.add(self.member_id, name, last_upload=HOUR).computer_id for name in ("one", "two", "three")
        ]

    def list(self, **params: Any) -> Answer:
        query = urlencode({"accountId": self.member_id, **params})
        target = f"/api/backup/v1/bz_list_computers?{query}"
        return self.service.send("GET", target, {"Authorization": self.service.token})

    def delete(self, computer_id: str) -> Answer:
        body = f'{{"accountId": "{self.member_id}", "computerId": "{computer_id}"}}'.encode()
        headers = {"Authorization": self.service.token}
        return self.service.send("POST", "/api/backup/v1/bz_delete_computer", headers, body)


@pytest.fixture
def backups(service: Service) -> Backups:
    return Backups(service)


def test_computers_are_listed_in_pages(backups: Backups) -> None:
    first = backups.list(maxComputerCount=2).json
    second = backups.list(maxComputerCount=2, startComputerId=first["nextComputerId"]).json
    assert [computer["computerId"] for computer in [*first["computers"], *second["computers"]]] == backups.ids
    assert second == {
        "computers": [
            {"computerId": backups.ids[2], "computerName": "three", "lastFileUploadedTimestamp": HOUR},
        ],
        "nextComputerId": None,
    }


def test_a_deleted_computer_is_gone(backups: Backups) -> None:
    answer = backups.delete(backups.ids[0])
    assert answer.json == [
        {"computerId": backups.ids[0], "computerName": "one", "lastFileUploadedTimestamp": HOUR},
    ]
    assert [computer["computerName"] for computer in backups.list().json["computers"]] == ["two", "three"]
    assert backups.delete(backups.ids[0]).refusal == (400, "invalid_computer_id")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"maxComputerCount": 0}, "out_of_range"),
        ({"maxComputerCount": 501}, "out_of_range"),
        ({"startComputerId": "0" * 24}, "invalid_computer_id"),
        ({"accountId": "unknown"}, "invalid_account_id"),
        ({"accountId": ""}, "invalid_account_id"),
    ],
)
def test_what_is_wrong_is_a_bad_request(backups: Backups, params: dict[str, Any], code: str) -> None:
    assert backups.list(**params).refusal == (400, code)


def test_an_account_has_to_be_named(backups: Backups) -> None:
    headers = {"Authorization": backups.service.token}
    answer = backups.service.send("GET", "/api/backup/v1/bz_list_computers", headers)
    assert answer.refusal == (400, "bad_request")


def test_a_computer_is_deleted_by_post_alone(backups: Backups) -> None:
    headers = {"Authorization": backups.service.token}
    answer = backups.service.send("GET", "/api/backup/v1/bz_delete_computer", headers)
    assert answer.refusal == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/api/backup/v2/bz_list_computers", "/b2api/v3/bz_list_computers"])
def test_there_is_one_version(backups: Backups, path: str) -> None:
    assert backups.service.send("GET", path, {"Authorization": backups.service.token}).refusal == (404, "not_found")


def test_the_journal_names_the_version(backups: Backups) -> None:
    backups.list()
    entry = backups.service.journal.entries[-1]
    assert (entry.endpoint, entry.version, entry.status) == ("bz_list_computers", "v1", 200)


def test_own_computers_need_no_group(cloud_service: Service) -> None:
    backups = Backups(cloud_service)
    backups.member_id = cloud_service.account_id
    assert backups.list().json == {"computers": [], "nextComputerId": None}


def test_the_controls_of_the_group_decide(cloud_service: Service) -> None:
    without = Backups(cloud_service, has_enterprise_controls=False)
    assert without.list().refusal == (403, "access_denied")
    without.group.has_enterprise_controls, without.group.lets_admin_delete_backups = True, False
    assert without.list().status == 200
    assert without.delete(without.ids[0]).refusal == (403, "access_denied")


def test_members_of_a_group_without_backups_are_unknown(cloud_service: Service) -> None:
    assert Backups(cloud_service, products=["STORAGE"]).list().refusal == (400, "invalid_account_id")


def test_who_has_no_backup_api_is_denied(cloud_service: Service) -> None:
    backups = Backups(cloud_service)
    cloud_service.cloud.partners.enable(cloud_service.account_id, "groupsApi")
    assert backups.list().refusal == (403, "access_denied")


def test_the_containers_can_be_swapped(service_with: Callable[[Policy], Service]) -> None:
    backups = Backups(service_with(Policy(swaps_containers=True)))
    [page] = backups.list().json
    assert len(page["computers"]) == 3
    assert backups.delete(backups.ids[0]).json["computerName"] == "one"
