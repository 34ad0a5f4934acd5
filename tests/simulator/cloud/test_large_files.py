from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

FULL = b"p" * 100


def sha1(body: bytes) -> str:
    return hashlib.sha1(body).hexdigest()


def started(service: Service, name: str = "large", **params: Any) -> str:
    bucket = service.cloud.state.find_bucket_named("my-bucket")
    bucket_id = service.bucket() if bucket is None else bucket.bucket_id
    answer = service.ok("b2_start_large_file", bucketId=bucket_id, fileName=name, contentType="a/b", **params)
    return str(answer["fileId"])


def finish(service: Service, file_id: str, *bodies: bytes) -> Any:
    return service.call("b2_finish_large_file", {"fileId": file_id, "partSha1Array": [sha1(body) for body in bodies]})


def test_parts_become_one_file_under_the_id_of_the_start(service: Service) -> None:
    file_id = started(service, fileInfo={"Color": "blue"})
    for number, body in ((3, b"end"), (1, FULL), (2, b"q" * 100)):
        assert service.upload_part(file_id, number, body).status == 200
    file = finish(service, file_id, FULL, b"q" * 100, b"end").json
    assert (file["fileId"], file["action"], file["contentLength"]) == (file_id, "upload", 203)
    assert (file["contentSha1"], file["contentMd5"], file["fileInfo"]) == ("none", None, {"color": "blue"})
    answer = service.download("/file/my-bucket/large")
    assert answer.body == FULL + b"q" * 100 + b"end"
    assert answer.headers["x-bz-content-sha1"] == "none"
    assert service.download("/file/my-bucket/large", {"Range": "bytes=98-201"}).body == b"pp" + b"q" * 100 + b"en"


def test_a_large_file_keeps_the_time_of_its_start(service: Service) -> None:
    file_id = started(service)
    service.clock.advance(1000)
    service.uploaded(service.cloud.state.files[file_id].bucket_id, "large", b"meanwhile")
    service.clock.advance(1000)
    for number in (1, 2):
        service.upload_part(file_id, number, FULL)
    assert finish(service, file_id, FULL, FULL).status == 200
    assert service.download("/file/my-bucket/large").body == b"meanwhile"


def test_a_part_sent_again_replaces_the_earlier(service: Service) -> None:
    file_id = started(service)
    for body in (b"first", b"second"):
        service.upload_part(file_id, 1, body)
    parts = service.ok("b2_list_parts", fileId=file_id)["parts"]
    assert [(part["partNumber"], part["contentSha1"]) for part in parts] == [(1, sha1(b"second"))]


def test_parts_are_listed_by_number_in_pages(service: Service) -> None:
    file_id = started(service)
    for number in (7, 2, 5):
        service.upload_part(file_id, number, b"x")
    page = service.ok("b2_list_parts", fileId=file_id, maxPartCount=2)
    assert ([part["partNumber"] for part in page["parts"]], page["nextPartNumber"]) == ([2, 5], 7)
    assert service.ok("b2_list_parts", fileId=file_id, startPartNumber=0) == service.ok("b2_list_parts", fileId=file_id)
    page = service.ok("b2_list_parts", fileId=file_id, startPartNumber=7)
    assert ([part["partNumber"] for part in page["parts"]], page["nextPartNumber"]) == ([7], None)


@pytest.mark.parametrize(("count", "code"), [(1001, "out_of_range"), (-1, "out_of_range"), ("1", "bad_request")])
def test_an_impossible_page_of_parts_is_refused(service: Service, count: object, code: str) -> None:
    answer = service.call("b2_list_parts", {"fileId": started(service), "maxPartCount": count})
    assert answer.refusal == (400, code)


@pytest.mark.parametrize("number", ["0", "10001", "-1", "one", ""])
def test_an_impossible_part_number_is_a_bad_request(service: Service, number: str) -> None:
    file_id = started(service)
    answer = service.upload_part(file_id, 1, b"x", X_Bz_Part_Number=number)
    assert answer.refusal == (400, "bad_request")


def test_too_few_parts_too_small_parts_gaps_and_wrong_digests_do_not_finish(service: Service) -> None:
    file_id = started(service)
    service.upload_part(file_id, 1, FULL)
    assert finish(service, file_id, FULL).refusal == (400, "bad_request")
    service.upload_part(file_id, 3, FULL)
    assert finish(service, file_id, FULL, FULL, FULL).refusal == (400, "missing_part")
    service.upload_part(file_id, 2, b"small")
    assert finish(service, file_id, FULL, b"small", FULL).refusal == (400, "bad_request")
    assert finish(service, file_id, FULL, b"other", FULL).refusal == (400, "part_sha1_mismatch")
    assert finish(service, file_id, FULL, b"small").refusal == (400, "bad_request")
    service.upload_part(file_id, 2, FULL)
    assert finish(service, file_id, FULL, FULL, FULL).status == 200


def test_nothing_can_be_done_with_a_large_file_once_it_is_finished(service: Service) -> None:
    file_id = started(service)
    url = service.ok("b2_get_upload_part_url", fileId=file_id)
    for number in (1, 2):
        service.post(url, {"X-Bz-Part-Number": str(number)}, FULL)
    finish(service, file_id, FULL, FULL)
    answer = finish(service, file_id, FULL, FULL)
    assert answer.json["message"] == f"No active upload for: {file_id}"
    assert service.post(url, {"X-Bz-Part-Number": "3"}, FULL).refusal == (400, "bad_request")
    for call in ("b2_cancel_large_file", "b2_list_parts", "b2_get_upload_part_url"):
        assert service.call(call, {"fileId": file_id}).refusal == (400, "bad_request")


def test_a_cancelled_large_file_is_gone(service: Service) -> None:
    file_id = started(service)
    cancelled = service.ok("b2_cancel_large_file", fileId=file_id)
    assert (cancelled["fileId"], cancelled["fileName"]) == (file_id, "large")
    assert service.versions(cancelled["bucketId"]) == []


@pytest.mark.parametrize("dialect", [1, 2])
def test_version_1_reports_less_of_a_start(service: Service, dialect: int) -> None:
    params = {"bucketId": service.bucket(), "fileName": "large", "contentType": "a/b"}
    shape = service.call("b2_start_large_file", params, dialect=dialect).json
    assert {"action", "contentLength", "contentSha1"} <= set(shape) or dialect == 1
    assert ("action" in shape) == (dialect == 2)


def test_what_was_not_verified_may_be_finished_with_its_plain_digest(service: Service) -> None:
    file_id = started(service)
    for number in (1, 2):
        part = service.upload_part(file_id, number, FULL, X_Bz_Content_Sha1="do_not_verify").json
        assert part["contentSha1"] == "unverified:" + sha1(FULL)
    assert finish(service, file_id, FULL, FULL).status == 200


def test_the_custom_timestamp_may_be_spelled_as_b2sdk_2_13_does(service: Service) -> None:
    file_id = started(service, custom_upload_timestamp=1234)
    assert service.ok("b2_get_file_info", fileId=file_id)["uploadTimestamp"] == 1234
