from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


@pytest.fixture
def source(service: Service) -> Any:
    return service.uploaded(service.bucket(), "source", b"0123456789", x_bz_info_color="blue")


def test_a_copy_is_returned_as_such_and_listed_as_an_upload(service: Service, source: Any) -> None:
    copy = service.ok("b2_copy_file", sourceFileId=source["fileId"], fileName="copy")
    assert copy["action"] == "copy"
    assert copy["fileId"] != source["fileId"]
    assert (copy["contentSha1"], copy["fileInfo"], copy["contentType"]) == (
        source["contentSha1"],
        {"color": "blue"},
        "text/plain",
    )
    assert service.versions(source["bucketId"]) == [("copy", "upload"), ("source", "upload")]
    assert service.download("/file/my-bucket/copy").body == b"0123456789"


def test_a_copied_range_has_digests_of_its_own(service: Service, source: Any) -> None:
    copy = service.ok("b2_copy_file", sourceFileId=source["fileId"], fileName="copy", range="bytes=2-4")
    assert (copy["contentLength"], copy["contentSha1"]) == (3, hashlib.sha1(b"234").hexdigest())
    again = service.ok("b2_copy_file", sourceFileId=copy["fileId"], fileName="again", range="bytes=1-1")
    assert service.download("/file/my-bucket/again").body == b"3"
    assert again["contentMd5"] == hashlib.md5(b"3").hexdigest()


def test_a_copy_outlives_its_source(service: Service, source: Any) -> None:
    service.ok("b2_copy_file", sourceFileId=source["fileId"], fileName="copy")
    service.ok("b2_delete_file_version", fileName="source", fileId=source["fileId"])
    assert service.download("/file/my-bucket/copy").body == b"0123456789"


def test_metadata_is_replaced_when_asked(service: Service, source: Any) -> None:
    params = {"sourceFileId": source["fileId"], "fileName": "copy", "metadataDirective": "REPLACE"}
    copy = service.ok("b2_copy_file", **params, contentType="a/b", fileInfo={"Shape": "round"})
    assert (copy["contentType"], copy["fileInfo"]) == ("a/b", {"shape": "round"})
    assert service.ok("b2_copy_file", **params, contentType="a/b")["fileInfo"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadataDirective": "REPLACE"},
        {"metadataDirective": "COPY", "contentType": "a/b"},
        {"contentType": "a/b"},
        {"fileInfo": {}},
        {"metadataDirective": "MERGE"},
    ],
)
def test_metadata_must_go_with_the_directive(service: Service, source: Any, wrong: dict[str, Any]) -> None:
    answer = service.call("b2_copy_file", {"sourceFileId": source["fileId"], "fileName": "copy", **wrong})
    assert answer.refusal == (400, "bad_request")


def test_a_copy_takes_its_encryption_from_the_destination(service: Service, source: Any) -> None:
    other = service.bucket("other-bucket")
    params = {"sourceFileId": source["fileId"], "fileName": "copy", "destinationBucketId": other}
    copy = service.ok("b2_copy_file", **params)
    assert (copy["bucketId"], copy["serverSideEncryption"]["mode"]) == (other, "SSE-B2")


def test_a_source_beyond_the_limit_is_too_large(service: Service, source: Any) -> None:
    large = service.uploaded(source["bucketId"], "large", b"x" * 10_001)
    params = {"sourceFileId": large["fileId"], "fileName": "copy"}
    answer = service.call("b2_copy_file", params)
    assert answer.json == {"status": 400, "code": "source_too_large", "message": "Copy source too big: 10001"}
    assert service.call("b2_copy_file", {**params, "range": "bytes=1-10000"}).status == 200


def test_what_is_not_there_cannot_be_copied(service: Service, source: Any) -> None:
    marker = service.ok("b2_hide_file", bucketId=source["bucketId"], fileName="source")
    params = {"sourceFileId": marker["fileId"], "fileName": "copy"}
    assert service.call("b2_copy_file", params).refusal == (404, "not_found")
    assert service.call("b2_copy_file", {**params, "sourceFileId": "nonsense"}).refusal == (400, "bad_request")
    outside = {**params, "sourceFileId": source["fileId"], "range": "bytes=10-20"}
    assert service.call("b2_copy_file", outside).refusal == (416, "range_not_satisfiable")


def test_a_private_source_needs_leave_to_read(service: Service, source: Any) -> None:
    token = service.restricted(["writeFiles"])
    params = {"sourceFileId": source["fileId"], "fileName": "copy"}
    assert service.call("b2_copy_file", params, token=token).refusal == (401, "unauthorized")
    service.ok("b2_update_bucket", accountId=service.account_id, bucketId=source["bucketId"], bucketType="allPublic")
    assert service.call("b2_copy_file", params, token=token).status == 200


def test_parts_may_be_copied(service: Service, source: Any) -> None:
    whole = service.uploaded(source["bucketId"], "whole", b"x" * 100)
    file_id = service.ok("b2_start_large_file", bucketId=source["bucketId"], fileName="large", contentType="a/b")[
        "fileId"
    ]
    params = {"largeFileId": file_id}
    one = service.ok("b2_copy_part", **params, sourceFileId=whole["fileId"], partNumber=1)
    two = service.ok("b2_copy_part", **params, sourceFileId=source["fileId"], partNumber=2, range="bytes=2-4")
    assert (two["contentLength"], two["contentSha1"]) == (3, hashlib.sha1(b"234").hexdigest())
    service.ok("b2_finish_large_file", fileId=file_id, partSha1Array=[one["contentSha1"], two["contentSha1"]])
    assert service.download("/file/my-bucket/large").body == b"x" * 100 + b"234"


def test_a_copied_large_file_gets_a_digest(service: Service, source: Any) -> None:
    bucket_id = source["bucketId"]
    file_id = service.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")["fileId"]
    for number in (1, 2):
        service.upload_part(file_id, number, b"x" * 100)
    service.ok("b2_finish_large_file", fileId=file_id, partSha1Array=[hashlib.sha1(b"x" * 100).hexdigest()] * 2)
    copy = service.ok("b2_copy_file", sourceFileId=file_id, fileName="copy")
    assert copy["contentSha1"] == hashlib.sha1(b"x" * 200).hexdigest()
