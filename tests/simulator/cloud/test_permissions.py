from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud.permissions import CAPABILITY_OF_CALL

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


@pytest.mark.parametrize(
    ("name", "capability"), [(name, capability) for name, capability in CAPABILITY_OF_CALL.items() if capability]
)
def test_a_call_without_its_capability_is_unauthorized_without_a_message(
    cloud_service: Service, name: str, capability: str
) -> None:
    token = cloud_service.restricted([other for other in ALL_CAPABILITIES if other != capability])
    answer = cloud_service.call(name, {}, token=token)
    assert answer.json == {"status": 401, "code": "unauthorized", "message": ""}


def calls_on(bucket_id: str, file_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("b2_list_file_names", {"bucketId": bucket_id}),
        ("b2_list_file_versions", {"bucketId": bucket_id}),
        ("b2_list_unfinished_large_files", {"bucketId": bucket_id}),
        ("b2_get_upload_url", {"bucketId": bucket_id}),
        ("b2_hide_file", {"bucketId": bucket_id, "fileName": "name"}),
        ("b2_start_large_file", {"bucketId": bucket_id, "fileName": "name", "contentType": "a/b"}),
        ("b2_get_file_info", {"fileId": file_id}),
        ("b2_delete_file_version", {"fileId": file_id, "fileName": "name"}),
        ("b2_copy_file", {"sourceFileId": file_id, "fileName": "copy"}),
        (
            "b2_get_download_authorization",
            {"bucketId": bucket_id, "fileNamePrefix": "", "validDurationInSeconds": 1},
        ),
    ]


CAPABILITIES = ["listBuckets", "listFiles", "readFiles", "writeFiles", "deleteFiles", "shareFiles"]


def test_a_key_of_one_bucket_reaches_no_other(service: Service) -> None:
    mine, theirs = service.bucket("bucket-mine"), service.bucket("bucket-theirs")
    token = service.restricted(CAPABILITIES, bucketIds=[mine])
    file_id = service.uploaded(theirs, "name")["fileId"]
    for name, params in calls_on(theirs, file_id):
        assert service.call(name, params, token=token).refusal == (401, "unauthorized"), name
    assert service.download("/file/bucket-theirs/name", token=token).refusal == (401, "unauthorized")


def test_a_key_of_one_bucket_does_everything_there(service: Service) -> None:
    mine = service.bucket("bucket-mine")
    token = service.restricted(CAPABILITIES, bucketIds=[mine])
    file_id = service.uploaded(mine, "name")["fileId"]
    for name, params in calls_on(mine, file_id):
        assert service.call(name, params, token=token).status in (200, 404), name


def test_a_key_of_a_prefix_reaches_no_other_name(service: Service) -> None:
    bucket_id = service.bucket()
    token = service.restricted(CAPABILITIES, bucketIds=[bucket_id], namePrefix="mine/")
    file_id = service.uploaded(bucket_id, "name")["fileId"]
    for name, params in calls_on(bucket_id, file_id):
        if name != "b2_get_upload_url":
            assert service.call(name, params, token=token).refusal == (401, "unauthorized"), name
    assert service.download("/file/my-bucket/name", token=token).refusal == (401, "unauthorized")


def test_an_upload_outside_the_prefix_of_the_key_is_unauthorized(service: Service) -> None:
    bucket_id = service.bucket()
    token = service.restricted(CAPABILITIES, bucketIds=[bucket_id], namePrefix="mine/")
    url = service.call("b2_get_upload_url", {"bucketId": bucket_id}, token=token).json
    headers = {"X-Bz-File-Name": "theirs", "Content-Type": "a/b"}
    assert service.post(url, headers, b"x").refusal == (401, "unauthorized")


def test_a_key_of_a_prefix_lists_below_it(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("a", "mine/1", "mine/2", "z"):
        service.uploaded(bucket_id, name)
    token = service.restricted(["listFiles"], bucketIds=[bucket_id], namePrefix="mine/")
    answer = service.call("b2_list_file_names", {"bucketId": bucket_id, "prefix": "mine/2"}, token=token)
    assert [file["fileName"] for file in answer.json["files"]] == ["mine/2"]


def test_version_1_filters_what_the_key_may_not_list(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("a", "mine/1", "z"):
        service.uploaded(bucket_id, name)
    token = service.restricted(["listFiles"], bucketIds=[bucket_id], namePrefix="mine/")
    for prefix, expected in (("", ["mine/1"]), ("a", [])):
        params = {"bucketId": bucket_id, "prefix": prefix}
        answer = service.call("b2_list_file_names", params, token=token, dialect=1)
        assert [file["fileName"] for file in answer.json["files"]] == expected


def test_version_1_folds_what_the_key_may_list_as_if_all_were_there(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("other/a", "sub", "sub/a", "sub/deep/b", "sub0"):
        service.uploaded(bucket_id, name)
    token = service.restricted(["listFiles"], bucketIds=[bucket_id], namePrefix="sub/")

    def listed(call: str, **params: Any) -> list[str]:
        params = {"bucketId": bucket_id, "delimiter": "/", **params}
        return [file["fileName"] for file in service.call(call, params, token=token, dialect=1).json["files"]]

    for call in ("b2_list_file_names", "b2_list_file_versions"):
        assert listed(call) == ["sub/"]
        assert listed(call, prefix="su") == ["sub/"]
        assert listed(call, prefix="sub/") == ["sub/a", "sub/deep/"]
        assert listed(call, startFileName="sub/b") == ["sub/"]
        assert listed(call, startFileName="sub0") == []
        assert listed(call, delimiter="") == ["sub/a", "sub/deep/b"]


def test_what_may_not_be_read_is_hidden_and_said_to_be(service: Service) -> None:
    bucket_id = service.bucket(fileLockEnabled=True)
    file_id = service.uploaded(bucket_id, "name")["fileId"]
    token = service.restricted(["listBuckets", "readFiles"])
    hidden = {"isClientAuthorizedToRead": False, "value": None}
    bucket = service.call("b2_list_buckets", {"accountId": service.account_id}, token=token).json["buckets"][0]
    assert bucket["defaultServerSideEncryption"] == hidden
    assert bucket["fileLockConfiguration"] == bucket["replicationConfiguration"] == hidden
    file = service.call("b2_get_file_info", {"fileId": file_id}, token=token).json
    assert file["fileRetention"] == file["legalHold"] == hidden
    headers = service.download("/file/my-bucket/name", token=token).headers
    assert headers["x-bz-client-unauthorized-to-read"] == (
        "X-Bz-File-Retention-Mode,X-Bz-File-Retention-Retain-Until-Timestamp,X-Bz-File-Legal-Hold"
    )
