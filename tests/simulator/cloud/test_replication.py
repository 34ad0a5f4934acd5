from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def key_of(service: Service, *capabilities: str) -> str:
    key = service.ok(
        "b2_create_key", accountId=service.account_id, keyName="replication", capabilities=list(capabilities)
    )
    return str(key["applicationKeyId"])


def rule(destination: str, **changes: Any) -> dict[str, Any]:
    return {
        "destinationBucketId": destination,
        "fileNamePrefix": "",
        "includeExistingFiles": False,
        "isEnabled": True,
        "priority": 1,
        "replicationRuleName": "rule",
        **changes,
    }


def pair(service: Service, *writer: str, locks: tuple[bool, bool] = (False, False), **changes: Any) -> tuple[str, str]:
    """Return a source and a destination that are set up for each other."""
    source_key, destination_key = key_of(service, "readFiles"), key_of(service, *(writer or ("writeFiles",)))
    accepted = {"asReplicationDestination": {"sourceToDestinationKeyMapping": {source_key: destination_key}}}
    destination = service.bucket("destination", replicationConfiguration=accepted, fileLockEnabled=locks[1])
    rules = [rule(destination, **changes)]
    configuration = {"asReplicationSource": {"replicationRules": rules, "sourceApplicationKeyId": source_key}}
    source = service.bucket("source-bucket", replicationConfiguration=configuration, fileLockEnabled=locks[0])
    return source, destination


def test_an_upload_under_a_rule_arrives_at_the_destination(service: Service) -> None:
    source, destination = pair(service)
    file = service.uploaded(source, "name", b"hello", x_bz_info_color="blue")
    assert file["replicationStatus"] == "PENDING"
    assert service.ok("b2_get_file_info", fileId=file["fileId"])["replicationStatus"] == "COMPLETED"
    replica = service.ok("b2_list_file_names", bucketId=destination)["files"][0]
    assert replica["fileId"] != file["fileId"]
    for field in ("fileName", "contentSha1", "fileInfo", "uploadTimestamp"):
        assert replica[field] == file[field]
    answer = service.download("/file/destination/name")
    assert (answer.body, answer.headers["x-bz-replication-status"]) == (b"hello", "REPLICA")


def test_a_large_file_is_replicated_when_it_is_finished(service: Service) -> None:
    source, destination = pair(service)
    file_id = service.ok("b2_start_large_file", bucketId=source, fileName="large", contentType="a/b")["fileId"]
    sha1s = [service.upload_part(file_id, number, b"x" * 100).json["contentSha1"] for number in (1, 2)]
    assert service.versions(destination) == []
    service.ok("b2_finish_large_file", fileId=file_id, partSha1Array=sha1s)
    assert service.versions(destination) == [("large", "upload")]


@pytest.mark.parametrize("changes", [{"fileNamePrefix": "other/"}, {"isEnabled": False}])
def test_what_is_under_no_rule_has_no_status(service: Service, changes: dict[str, Any]) -> None:
    source, destination = pair(service, **changes)
    assert "replicationStatus" not in service.uploaded(source, "name")
    assert service.names(destination) == []


@pytest.mark.parametrize("included", [True, False])
def test_what_was_there_before_the_rule_is_replicated_when_it_says_so(service: Service, included: bool) -> None:
    source, destination = pair(service)
    params = {"accountId": service.account_id, "bucketId": source}
    configuration = service.ok("b2_update_bucket", **params)["replicationConfiguration"]["value"]
    service.ok("b2_update_bucket", **params, replicationConfiguration={})
    service.uploaded(source, "before")
    configuration["asReplicationSource"]["replicationRules"][0]["includeExistingFiles"] = included
    for _ in range(2):
        service.ok("b2_update_bucket", **params, replicationConfiguration=configuration)
    assert service.versions(destination) == ([("before", "upload")] if included else [])


def test_keys_that_do_not_allow_it_let_replication_fail(service: Service) -> None:
    source, destination = pair(service, "readFiles")
    file = service.uploaded(source, "name")
    assert service.ok("b2_get_file_info", fileId=file["fileId"])["replicationStatus"] == "FAILED"
    assert service.names(destination) == []


LOCKS = ("writeFileRetentions", "writeFileLegalHolds")


@pytest.mark.parametrize("lock", ["retention", "legal hold", "none"])
@pytest.mark.parametrize(
    ("capabilities", "is_lockable", "is_allowed"),
    [(LOCKS, True, True), (LOCKS, False, False), ((), True, False), ((), False, False)],
)
def test_a_lock_continuesly_where_it_can_be_and_with_a_key_that_may_set_it(
    service: Service, lock: str, capabilities: tuple[str, ...], is_lockable: bool, is_allowed: bool
) -> None:
    source, destination = pair(service, "writeFiles", *capabilities, locks=(True, is_lockable))
    until = str(service.clock.now() + 10**9)
    headers = {
        "retention": {"x_bz_file_retention_mode": "governance", "x_bz_file_retention_retain_until_timestamp": until},
        "legal hold": {"x_bz_file_legal_hold": "on"},
        "none": {"x_bz_file_legal_hold": "off"},
    }[lock]
    file = service.uploaded(source, "name", **headers)
    is_replicated = is_allowed or lock == "none"
    status = service.ok("b2_get_file_info", fileId=file["fileId"])["replicationStatus"]
    assert status == ("COMPLETED" if is_replicated else "FAILED")
    replicas = service.ok("b2_list_file_versions", bucketId=destination)["files"]
    assert [(replica["fileRetention"], replica["legalHold"]) for replica in replicas] == (
        [(file["fileRetention"], file["legalHold"])] if is_replicated else []
    )


def test_a_destination_that_is_gone_lets_replication_fail(service: Service) -> None:
    source, destination = pair(service)
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=destination)
    file = service.uploaded(source, "name")
    assert service.ok("b2_get_file_info", fileId=file["fileId"])["replicationStatus"] == "FAILED"


def test_hide_markers_and_deletions_are_not_replicated(service: Service) -> None:
    source, destination = pair(service)
    file = service.uploaded(source, "name")
    service.ok("b2_hide_file", bucketId=source, fileName="name")
    service.ok("b2_delete_file_version", fileName="name", fileId=file["fileId"])
    assert service.versions(destination) == [("name", "upload")]


def test_a_configuration_with_nothing_in_it_clears(service: Service) -> None:
    source, _ = pair(service)
    params = {"accountId": service.account_id, "bucketId": source}
    for nothing in ({}, {"asReplicationSource": None, "asReplicationDestination": None}):
        changed = service.ok("b2_update_bucket", **params, replicationConfiguration=nothing)
        assert changed["replicationConfiguration"] == {"isClientAuthorizedToRead": True, "value": None}
    assert "replicationStatus" not in service.uploaded(source, "name")


@pytest.mark.parametrize(
    "wrong",
    [
        {"replicationRuleName": ""},
        {"replicationRuleName": "with space"},
        {"priority": 0},
        {"priority": 2**31},
        {"destinationBucketId": None},
    ],
)
def test_an_impossible_rule_is_a_bad_request(service: Service, wrong: dict[str, Any]) -> None:
    source = {"replicationRules": [rule("x", **wrong)], "sourceApplicationKeyId": "k"}
    params = {"accountId": service.account_id, "bucketName": "source-bucket", "bucketType": "allPrivate"}
    answer = service.call("b2_create_bucket", {**params, "replicationConfiguration": {"asReplicationSource": source}})
    assert answer.refusal == (400, "bad_request")


def test_the_lock_of_a_replication_source_cannot_be_switched_on(service: Service) -> None:
    source, _ = pair(service)
    params = {"accountId": service.account_id, "bucketId": source, "fileLockEnabled": True}
    assert service.call("b2_update_bucket", params).refusal == (400, "source_replication_conflict")
