from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

UNKNOWN_ID = "4_z" + "0" * 24 + "_f1" + "0" * 16 + "_d20200101_m000000_c001_v0001000_t0000_u01577836800000"


def test_a_hidden_file_is_gone_by_name_and_there_by_id(service: Service) -> None:
    bucket_id = service.bucket()
    file = service.uploaded(bucket_id, "name")
    marker = service.ok("b2_hide_file", bucketId=bucket_id, fileName="name")
    assert marker["action"] == "hide"
    assert marker["contentType"] == "application/x-bz-hide-marker"
    assert not {"fileRetention", "legalHold", "serverSideEncryption"} & set(marker)
    assert service.download("/file/my-bucket/name").refusal == (404, "not_found")
    by_id = "/b2api/v4/b2_download_file_by_id?fileId="
    assert service.download(by_id + file["fileId"]).status == 200
    assert service.download(by_id + marker["fileId"]).refusal == (404, "not_found")
    assert service.ok("b2_get_file_info", fileId=marker["fileId"])["action"] == "hide"


def test_a_file_cannot_be_hidden_twice_nor_out_of_nothing(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name")
    params = {"bucketId": bucket_id, "fileName": "name"}
    service.ok("b2_hide_file", **params)
    answer = service.call("b2_hide_file", params)
    assert answer.json == {"status": 400, "code": "already_hidden", "message": "File already hidden: name"}
    answer = service.call("b2_hide_file", {**params, "fileName": "nothing"})
    assert answer.json == {"status": 400, "code": "no_such_file", "message": "File not present: nothing"}


def test_version_1_reports_less_of_a_hide_marker(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name")
    marker = service.call("b2_hide_file", {"bucketId": bucket_id, "fileName": "name"}, dialect=1).json
    assert (marker["size"], marker["contentType"], marker["contentSha1"]) == (0, None, None)


def test_uploading_again_or_deleting_the_marker_shows_the_name_again(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name", b"old")
    marker = service.ok("b2_hide_file", bucketId=bucket_id, fileName="name")
    service.ok("b2_delete_file_version", fileName="name", fileId=marker["fileId"])
    assert service.download("/file/my-bucket/name").body == b"old"
    service.ok("b2_hide_file", bucketId=bucket_id, fileName="name")
    service.uploaded(bucket_id, "name", b"new")
    assert service.download("/file/my-bucket/name").body == b"new"


def test_deleting_the_newest_version_exposes_the_older(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name", b"old")
    newest = service.uploaded(bucket_id, "name", b"new")
    deleted = service.ok("b2_delete_file_version", fileName="name", fileId=newest["fileId"], bypassGovernance=False)
    assert deleted == {"fileId": newest["fileId"], "fileName": "name"}
    assert service.download("/file/my-bucket/name").body == b"old"


def test_name_and_id_of_what_is_deleted_must_belong_together(service: Service) -> None:
    file_id = service.uploaded(service.bucket(), "name")["fileId"]
    answer = service.call("b2_delete_file_version", {"fileName": "other", "fileId": file_id})
    assert answer.refusal == (400, "file_not_present")
    assert answer.json["message"] == f"File not present: other {file_id}"
    answer = service.call("b2_delete_file_version", {"fileName": "name", "fileId": "nonsense"})
    assert answer.refusal == (400, "bad_request")


def test_what_never_was_and_what_is_deleted_are_distinguished(service: Service) -> None:
    file_id = service.uploaded(service.bucket(), "name")["fileId"]
    service.ok("b2_delete_file_version", fileName="name", fileId=file_id)
    messages = [service.call("b2_get_file_info", {"fileId": known}).json["message"] for known in (file_id, UNKNOWN_ID)]
    assert messages == [f"file_state_deleted: {file_id}", f"file_state_none: {UNKNOWN_ID}"]
    assert service.call("b2_get_file_info", {"fileId": "nonsense"}).refusal == (400, "bad_request")


def test_deleting_an_unfinished_large_file_cancels_it(service: Service) -> None:
    bucket_id = service.bucket()
    file_id = service.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")["fileId"]
    service.ok("b2_delete_file_version", fileName="large", fileId=file_id)
    assert service.ok("b2_list_unfinished_large_files", bucketId=bucket_id)["files"] == []
    assert service.call("b2_list_parts", {"fileId": file_id}).refusal == (400, "bad_request")


def test_files_of_another_account_are_not_there(service: Service) -> None:
    file_id = service.uploaded(service.bucket(), "name")["fileId"]
    with service.cloud.lock:
        other = service.cloud.keys.create_account()
    credentials = (other.master_key.key_id, other.master_key.secret)
    token = str(service.authorize(*credentials).json["authorizationToken"])
    assert service.call("b2_get_file_info", {"fileId": file_id}, token=token).refusal == (404, "not_found")
    params = {"fileName": "name", "fileId": file_id}
    assert service.call("b2_delete_file_version", params, token=token).refusal == (400, "file_not_present")
