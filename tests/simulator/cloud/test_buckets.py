from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Service


def updated(service: Service, bucket_id: str, **changes: Any) -> Answer:
    return service.call("b2_update_bucket", {"accountId": service.account_id, "bucketId": bucket_id, **changes})


def listed(service: Service, **params: Any) -> list[str]:
    buckets = service.ok("b2_list_buckets", accountId=service.account_id, **params)["buckets"]
    return [bucket["bucketName"] for bucket in buckets]


def test_a_new_bucket_is_encrypted_unlocked_and_empty(service: Service) -> None:
    params = {"accountId": service.account_id, "bucketName": "my-bucket", "bucketType": "allPublic"}
    bucket = service.call("b2_create_bucket", params).json
    assert bucket["bucketType"] == "allPublic"
    assert bucket["bucketInfo"] == {}
    assert bucket["corsRules"] == bucket["lifecycleRules"] == []
    assert bucket["options"] == ["s3"]
    assert bucket["revision"] == 1
    assert bucket["defaultServerSideEncryption"]["value"] == {"mode": "SSE-B2", "algorithm": "AES256"}
    lock = {"defaultRetention": {"mode": None, "period": None}, "isFileLockEnabled": False}
    assert bucket["fileLockConfiguration"]["value"] == lock
    assert bucket["replicationConfiguration"]["value"] is None


@pytest.mark.parametrize("name", ["short", "with_underscore", "with space", "b2-reserved", "x" * 64, ""])
def test_an_impossible_name_is_refused(service: Service, name: str) -> None:
    params = {"accountId": service.account_id, "bucketName": name, "bucketType": "allPrivate"}
    assert service.call("b2_create_bucket", params).refusal == (400, "bad_request")


def test_a_name_is_taken_whatever_its_case(service: Service) -> None:
    service.bucket("my-bucket")
    params = {"accountId": service.account_id, "bucketName": "MY-bucket", "bucketType": "allPrivate"}
    answer = service.call("b2_create_bucket", params)
    assert answer.refusal == (400, "duplicate_bucket_name")


def test_only_a_hundred_buckets_can_be_had(cloud_service: Service) -> None:
    for number in range(100):
        cloud_service.bucket(f"bucket-{number}")
    params = {"accountId": cloud_service.account_id, "bucketName": "one-more", "bucketType": "allPrivate"}
    assert cloud_service.call("b2_create_bucket", params).refusal == (400, "too_many_buckets")


def test_buckets_are_listed_by_name(service: Service) -> None:
    for name in ("bucket-b", "bucket-a", "bucket-c"):
        service.bucket(name)
    assert listed(service) == ["bucket-a", "bucket-b", "bucket-c"]


def test_one_bucket_is_found_by_id_or_by_name_in_any_case(service: Service) -> None:
    bucket_id = service.bucket("bucket-a")
    service.bucket("bucket-b")
    assert listed(service, bucketId=bucket_id) == listed(service, bucketName="BUCKET-A") == ["bucket-a"]
    assert listed(service, bucketName="bucket-z") == []


def test_buckets_are_listed_by_type(service: Service) -> None:
    service.bucket("bucket-private")
    service.bucket("bucket-public", bucketType="allPublic")
    assert listed(service, bucketTypes=["allPublic"]) == ["bucket-public"]
    assert listed(service, bucketTypes=["all"]) == ["bucket-private", "bucket-public"]


@pytest.mark.parametrize("types", [[], ["all", "allPublic"], ["nonsense"]])
def test_impossible_types_are_refused(service: Service, types: list[str]) -> None:
    params = {"accountId": service.account_id, "bucketTypes": types}
    assert service.call("b2_list_buckets", params).refusal == (400, "bad_request")


def test_a_restricted_key_lists_only_the_bucket_it_names(service: Service) -> None:
    mine = service.bucket("bucket-mine")
    service.bucket("bucket-theirs")
    token = service.restricted(["listBuckets"], bucketIds=[mine])

    def ask(dialect: int = 4, **params: Any) -> Answer:
        return service.call(
            "b2_list_buckets", {"accountId": service.account_id, **params}, token=token, dialect=dialect
        )

    assert ask().refusal == (401, "unauthorized")
    assert ask(bucketName="bucket-theirs").refusal == (401, "unauthorized")
    assert [bucket["bucketName"] for bucket in ask(bucketName="bucket-mine").json["buckets"]] == ["bucket-mine"]
    assert [bucket["bucketId"] for bucket in ask(bucketId=mine).json["buckets"]] == [mine]
    assert [bucket["bucketName"] for bucket in ask(dialect=1).json["buckets"]] == ["bucket-mine"]


def test_an_update_replaces_what_it_names_and_counts(service: Service) -> None:
    bucket_id = service.bucket(bucketInfo={"a": "1"})
    changed = updated(service, bucket_id, bucketInfo={"b": "2"}).json
    assert (changed["bucketInfo"], changed["bucketType"], changed["revision"]) == ({"b": "2"}, "allPrivate", 2)
    again = updated(service, bucket_id, bucketType="allPublic").json
    assert (again["bucketInfo"], again["bucketType"], again["revision"]) == ({"b": "2"}, "allPublic", 3)


def test_an_update_of_another_revision_conflicts_and_changes_nothing(service: Service) -> None:
    bucket_id = service.bucket()
    assert updated(service, bucket_id, bucketType="allPublic", ifRevisionIs=7).refusal == (409, "conflict")
    assert updated(service, bucket_id, ifRevisionIs=1).json["bucketType"] == "allPrivate"


@pytest.mark.parametrize(
    "change",
    [
        {"bucketInfo": {str(number): "x" for number in range(11)}},
        {"bucketInfo": {"bad name": "x"}},
        {"bucketInfo": {"Cache-Control": "a\r\nSet-Cookie: b"}},
        {"bucketInfo": {"a": 1}},
        {"bucketType": "snapshot"},
        {"defaultServerSideEncryption": {"mode": "SSE-C"}},
        {"defaultServerSideEncryption": {"mode": "SSE-B2", "algorithm": "ROT13"}},
    ],
)
def test_an_impossible_change_is_refused_whole(service: Service, change: dict[str, Any]) -> None:
    bucket_id = service.bucket()
    assert updated(service, bucket_id, **{"lifecycleRules": [], **change}).refusal == (400, "bad_request")
    assert updated(service, bucket_id).json["revision"] == 2


@pytest.mark.parametrize(
    ("change", "capability"),
    [
        ({"defaultServerSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"}}, "writeBucketEncryption"),
        ({"fileLockEnabled": True}, "writeBucketRetentions"),
        ({"defaultRetention": {"mode": None}}, "writeBucketRetentions"),
        ({"replicationConfiguration": {}}, "writeBucketReplications"),
    ],
)
def test_some_changes_need_a_capability_of_their_own(service: Service, change: dict[str, Any], capability: str) -> None:
    params = {"accountId": service.account_id, "bucketId": service.bucket(), **change}
    weak, strong = service.restricted(["writeBuckets"]), service.restricted(["writeBuckets", capability])
    assert service.call("b2_update_bucket", params, token=weak).refusal == (401, "unauthorized")
    assert service.call("b2_update_bucket", params, token=strong).status == 200


def test_taking_the_default_encryption_back_is_the_service_s_own(service: Service) -> None:
    changed = updated(service, service.bucket(), defaultServerSideEncryption={"mode": None}).json
    assert changed["defaultServerSideEncryption"]["value"]["mode"] == "SSE-B2"


def test_a_bucket_with_anything_in_it_cannot_be_deleted(service: Service) -> None:
    bucket_id = service.bucket()
    params = {"accountId": service.account_id, "bucketId": bucket_id}
    large_file = service.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")
    assert service.call("b2_delete_bucket", params).refusal == (400, "cannot_delete_non_empty_bucket")
    service.ok("b2_cancel_large_file", fileId=large_file["fileId"])
    assert service.ok("b2_delete_bucket", **params)["revision"] == 2


def test_the_name_of_a_deleted_bucket_is_free_and_its_id_is_gone(service: Service) -> None:
    bucket_id = service.bucket()
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=bucket_id)
    assert service.call("b2_get_upload_url", {"bucketId": bucket_id}).refusal == (400, "bad_bucket_id")
    assert service.bucket() != bucket_id
