from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud.clock import DAY_MS

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def created(service: Service, dialect: int = 4, **params: Any) -> Any:
    params = {"accountId": service.account_id, "keyName": "a-key", "capabilities": ["listFiles"], **params}
    answer = service.call("b2_create_key", params, dialect=dialect)
    assert answer.status == 200, answer.body
    return answer.json


def test_version_4_groups_what_is_allowed_by_bucket(service: Service) -> None:
    storage = service.authorize(dialect=4).json["apiInfo"]["storageApi"]
    assert storage["allowed"]["buckets"] is None
    assert storage["allowed"]["namePrefix"] is None
    assert set(storage["allowed"]["capabilities"]) == set(ALL_CAPABILITIES)
    assert storage["absoluteMinimumPartSize"] == 100
    assert "infoType" not in storage


def test_version_3_groups_one_bucket(service: Service) -> None:
    answer = service.authorize(dialect=3).json
    storage = answer["apiInfo"]["storageApi"]
    assert (storage["infoType"], storage["bucketId"], storage["bucketName"]) == ("storageApi", None, None)
    assert answer["applicationKeyExpirationTimestamp"] is None


def test_version_2_is_flat(service: Service) -> None:
    answer = service.authorize(dialect=2).json
    assert set(answer["allowed"]) == {"bucketId", "bucketName", "capabilities", "namePrefix"}
    assert "minimumPartSize" not in answer
    assert "apiInfo" not in answer


def test_version_1_still_reports_the_minimum_part_size(service: Service) -> None:
    answer = service.authorize(dialect=1).json
    assert answer["minimumPartSize"] == answer["recommendedPartSize"] == 200


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic !!!", "Basic YWJj", "Bearer YTpi", "Basic YTpi", "Basic /w=="]
)
def test_wrong_credentials_are_unauthorized(service: Service, authorization: str) -> None:
    answer = service.send("POST", "/b2api/v4/b2_authorize_account", {"Authorization": authorization}, b"{}")
    assert answer.refusal == (401, "unauthorized")


def test_the_account_id_is_an_id_of_the_master_key(service: Service) -> None:
    assert service.authorize(service.account_id, service.key).status == 200


def test_a_token_nobody_gave_out_is_bad(service: Service) -> None:
    answer = service.call("b2_list_buckets", {"accountId": service.account_id}, token="made-up")
    assert answer.refusal == (401, "bad_auth_token")


def test_a_token_expires_after_a_day(service: Service) -> None:
    params = {"accountId": service.account_id}
    assert service.call("b2_list_buckets", params).status == 200
    service.clock.advance(DAY_MS)
    assert service.call("b2_list_buckets", params).refusal == (401, "expired_auth_token")


def test_authorizing_again_leaves_earlier_tokens_valid(service: Service) -> None:
    service.bucket()
    service.authorize()
    assert service.call("b2_list_buckets", {"accountId": service.account_id}).status == 200


def test_a_key_of_two_buckets_names_them_in_version_4_alone(service: Service) -> None:
    ids = [service.bucket("bucket-one"), service.bucket("bucket-two")]
    key = created(service, bucketIds=ids)
    storage = service.authorize(key["applicationKeyId"], key["applicationKey"]).json["apiInfo"]["storageApi"]
    assert storage["allowed"]["buckets"] == [{"id": ids[0], "name": "bucket-one"}, {"id": ids[1], "name": "bucket-two"}]
    for dialect in (1, 2, 3):
        answer = service.authorize(key["applicationKeyId"], key["applicationKey"], dialect)
        assert answer.refusal == (400, "bad_request")


@pytest.mark.parametrize("made_by", [1, 2, 3])
def test_a_key_that_an_older_version_made_for_a_bucket_serves_every_version(service: Service, made_by: int) -> None:
    bucket_id = service.bucket()
    key = created(service, dialect=made_by, bucketId=bucket_id)
    for dialect in (1, 2):
        allowed = service.authorize(key["applicationKeyId"], key["applicationKey"], dialect).json["allowed"]
        assert (allowed["bucketId"], allowed["bucketName"]) == (bucket_id, "my-bucket")
    for dialect in (3, 4):
        assert service.authorize(key["applicationKeyId"], key["applicationKey"], dialect).status == 200


def test_a_key_that_version_4_made_for_a_bucket_is_refused_by_older_versions(service: Service) -> None:
    key = created(service, bucketIds=[service.bucket()])
    for dialect in (1, 2, 3):
        answer = service.authorize(key["applicationKeyId"], key["applicationKey"], dialect)
        assert answer.json == {
            "status": 400,
            "code": "bad_request",
            "message": f"This request is not currently supported on API version {dialect}",
        }
        deleted = service.call("b2_delete_key", {"applicationKeyId": key["applicationKeyId"]}, dialect=dialect)
        assert deleted.refusal == (400, "bad_request")
    assert service.call("b2_delete_key", {"applicationKeyId": key["applicationKeyId"]}).status == 200


def test_the_token_of_a_key_that_version_4_made_serves_the_calls_of_every_version(service: Service) -> None:
    bucket_id = service.bucket()
    token = service.restricted(["listFiles"], bucketIds=[bucket_id])
    for dialect in (1, 2, 3, 4):
        assert service.call("b2_list_file_names", {"bucketId": bucket_id}, token=token, dialect=dialect).status == 200


def test_a_key_that_version_4_made_for_all_buckets_serves_every_version(service: Service) -> None:
    key = created(service)
    for dialect in (1, 2, 3, 4):
        assert service.authorize(key["applicationKeyId"], key["applicationKey"], dialect).status == 200


def test_the_name_of_a_deleted_bucket_is_null(service: Service) -> None:
    bucket_id = service.bucket()
    key = created(service, bucketIds=[bucket_id])
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=bucket_id)
    storage = service.authorize(key["applicationKeyId"], key["applicationKey"]).json["apiInfo"]["storageApi"]
    assert storage["allowed"]["buckets"] == [{"id": bucket_id, "name": None}]


def test_older_dialects_create_keys_with_one_bucket_id(service: Service) -> None:
    bucket_id = service.bucket()
    key = created(service, dialect=3, bucketId=bucket_id)
    assert key["bucketId"] == bucket_id
    assert "bucketIds" not in key


def test_version_4_does_not_take_a_single_bucket_id(service: Service) -> None:
    params = {"accountId": service.account_id, "keyName": "k", "capabilities": ["listFiles"], "bucketId": "b"}
    assert service.call("b2_create_key", params).refusal == (400, "bad_request")


def test_the_secret_is_shown_when_the_key_is_created_and_never_again(service: Service) -> None:
    key = created(service)
    listed = service.ok("b2_list_keys", accountId=service.account_id)["keys"]
    assert [shown["applicationKeyId"] for shown in listed] == [key["applicationKeyId"]]
    assert "applicationKey" not in listed[0]
    assert key["applicationKey"] not in repr(service.cloud.state.keys)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"keyName": ""}, "bad_json"),
        ({"keyName": "with space"}, "bad_json"),
        ({"keyName": "k" * 101}, "bad_json"),
        ({"validDurationInSeconds": 0}, "bad_json"),
        ({"validDurationInSeconds": 86_400_000}, "bad_json"),
        ({"validDurationInSeconds": "1"}, "bad_request"),
        ({"capabilities": []}, "bad_request"),
        ({"capabilities": ["fly"]}, "bad_request"),
        ({"capabilities": "listFiles"}, "bad_request"),
        ({"bucketIds": []}, "bad_request"),
    ],
)
def test_an_impossible_key_is_refused(service: Service, wrong: dict[str, Any], code: str) -> None:
    params = {"accountId": service.account_id, "keyName": "a-key", "capabilities": ["listFiles"], **wrong}
    assert service.call("b2_create_key", params).refusal == (400, code)


def test_a_key_of_single_buckets_cannot_manage_keys(service: Service) -> None:
    params = {"accountId": service.account_id, "keyName": "k", "capabilities": ["writeKeys"]}
    answer = service.call("b2_create_key", {**params, "bucketIds": [service.bucket()]})
    assert answer.refusal == (400, "bad_request")


def test_a_key_for_a_bucket_that_is_not_there_is_refused(service: Service) -> None:
    params = {"accountId": service.account_id, "keyName": "k", "capabilities": ["listFiles"], "bucketIds": ["nope"]}
    assert service.call("b2_create_key", params).refusal == (400, "bad_bucket_id")


def test_an_expired_key_authorizes_nothing_and_is_not_listed(service: Service) -> None:
    key = created(service, validDurationInSeconds=60)
    token = service.authorize(key["applicationKeyId"], key["applicationKey"]).json["authorizationToken"]
    service.clock.advance(60_000)
    assert service.authorize(key["applicationKeyId"], key["applicationKey"]).refusal == (401, "unauthorized")
    answer = service.call("b2_list_file_names", {"bucketId": "b"}, token=token)
    assert answer.refusal == (401, "expired_auth_token")
    assert service.ok("b2_list_keys", accountId=service.account_id)["keys"] == []


def test_the_tokens_of_a_deleted_key_are_bad(service: Service) -> None:
    key = created(service)
    token = service.authorize(key["applicationKeyId"], key["applicationKey"]).json["authorizationToken"]
    deleted = service.ok("b2_delete_key", applicationKeyId=key["applicationKeyId"])
    assert deleted["keyName"] == "a-key"
    answer = service.call("b2_list_file_names", {"bucketId": "b"}, token=token)
    assert answer.refusal == (401, "bad_auth_token")


def test_a_key_that_is_not_there_cannot_be_deleted(service: Service) -> None:
    answer = service.call("b2_delete_key", {"applicationKeyId": "nope"})
    assert answer.json["message"] == "application key does not exist: nope"


def test_older_dialects_neither_list_nor_delete_keys_of_several_buckets(service: Service) -> None:
    key = created(service, bucketIds=[service.bucket("bucket-one"), service.bucket("bucket-two")])
    listed = service.call("b2_list_keys", {"accountId": service.account_id}, dialect=3).json
    assert listed["keys"] == []
    answer = service.call("b2_delete_key", {"applicationKeyId": key["applicationKeyId"]}, dialect=3)
    assert answer.refusal == (400, "bad_request")


def test_keys_are_listed_by_id_in_pages(service: Service) -> None:
    ids = sorted(created(service)["applicationKeyId"] for _ in range(5))
    seen, start = [], None
    while True:
        page = service.ok("b2_list_keys", accountId=service.account_id, maxKeyCount=2, startApplicationKeyId=start)
        seen += [key["applicationKeyId"] for key in page["keys"]]
        start = page["nextApplicationKeyId"]
        if start is None:
            break
    assert seen == ids


def test_the_account_of_another_program_is_unauthorized(service: Service) -> None:
    with service.cloud.lock:
        other = service.cloud.keys.create_account()
    answer = service.call("b2_list_buckets", {"accountId": other.account_id})
    assert answer.refusal == (401, "unauthorized")
