from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator.cloud.policy import Policy

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

PREFIX = "x-bz-server-side-encryption-customer-"


def triple(secret: bytes) -> tuple[str, str, str]:
    md5 = hashlib.md5(secret).digest()
    return "AES256", base64.b64encode(secret).decode(), base64.b64encode(md5).decode()


def headers(secret: bytes = b"k" * 32) -> dict[str, str]:
    return dict(zip([PREFIX + "algorithm", PREFIX + "key", PREFIX + "key-md5"], triple(secret), strict=True))


def setting(secret: bytes = b"k" * 32) -> dict[str, str]:
    return {"mode": "SSE-C", **dict(zip(["algorithm", "customerKey", "customerKeyMd5"], triple(secret), strict=True))}


@pytest.fixture
def sealed(service: Service) -> Any:
    """A file encrypted with a customer key."""
    return service.uploaded(service.bucket(), "sealed", b"secret", **headers())


def test_a_customer_key_is_never_shown_or_kept(service: Service, sealed: Any) -> None:
    assert sealed["serverSideEncryption"] == {"mode": "SSE-C", "algorithm": "AES256"}
    assert triple(b"k" * 32)[1] not in repr(service.cloud.state.files)


def test_the_right_key_reads_and_is_reported_by_its_digest(service: Service, sealed: Any) -> None:
    for method, body in (("GET", b"secret"), ("HEAD", b"")):
        answer = service.download("/file/my-bucket/sealed", headers(), method=method)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers[PREFIX + "key-md5"] == triple(b"k" * 32)[2]
        assert PREFIX + "key" not in answer.headers


def test_no_key_is_a_bad_request_and_a_wrong_key_is_denied(service: Service, sealed: Any) -> None:
    assert service.download("/file/my-bucket/sealed").refusal == (400, "bad_request")
    assert service.download("/file/my-bucket/sealed", headers(b"w" * 32)).refusal == (403, "access_denied")


def test_listing_and_deleting_need_no_key(service: Service, sealed: Any) -> None:
    assert service.names(sealed["bucketId"]) == ["sealed"]
    assert service.ok("b2_get_file_info", fileId=sealed["fileId"])["contentLength"] == 6
    assert service.ok("b2_delete_file_version", fileId=sealed["fileId"], fileName="sealed")


def test_a_key_where_none_belongs_is_a_bad_request(service: Service, sealed: Any) -> None:
    service.uploaded(sealed["bucketId"], "plain")
    assert service.download("/file/my-bucket/plain", headers()).refusal == (400, "bad_request")
    assert service.download("/file/my-bucket/plain", {"X-Bz-Server-Side-Encryption": "AES256"}).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {PREFIX + "algorithm": "ROT13"},
        {PREFIX + "key": "!!!"},
        {PREFIX + "key": base64.b64encode(b"short").decode()},
        {PREFIX + "key-md5": base64.b64encode(b"0" * 16).decode()},
        {"x-bz-server-side-encryption": "AES256"},
    ],
)
def test_an_impossible_key_is_a_bad_request(service: Service, wrong: dict[str, str]) -> None:
    answer = service.upload(service.bucket(), "name", **{**headers(), **wrong})
    assert answer.refusal == (400, "bad_request")


@pytest.mark.parametrize("missing", ["algorithm", "key", "key-md5"])
def test_a_key_must_be_complete(service: Service, missing: str) -> None:
    incomplete = headers()
    del incomplete[PREFIX + missing]
    assert service.upload(service.bucket(), "name", **incomplete).refusal == (400, "bad_request")


def test_the_start_of_a_large_file_alone_reports_the_digest_of_its_key(
    service: Service, customer_key: Mapping[str, str]
) -> None:
    _, secret, digest = customer_key.values()
    key = {"algorithm": "AES256", "customerKey": secret, "customerKeyMd5": digest, "mode": "SSE-C"}
    new = {"bucketId": service.bucket(), "fileName": "large", "contentType": "a/b", "serverSideEncryption": key}
    started = service.ok("b2_start_large_file", **new)
    plain = {"algorithm": "AES256", "mode": "SSE-C"}
    assert started["serverSideEncryption"] == {**plain, "customerKeyMd5": digest}
    listed = service.ok("b2_list_unfinished_large_files", bucketId=new["bucketId"])["files"]
    assert listed[0]["serverSideEncryption"] == plain


def test_every_part_brings_the_key_of_the_start(service: Service) -> None:
    params = {"bucketId": service.bucket(), "fileName": "large", "contentType": "a/b"}
    file_id = service.ok("b2_start_large_file", **params, serverSideEncryption=setting())["fileId"]
    assert service.upload_part(file_id, 1, b"x").refusal == (400, "bad_request")
    assert service.upload_part(file_id, 1, b"x", **headers(b"w" * 32)).refusal == (400, "bad_request")
    part = service.upload_part(file_id, 1, b"x", **headers()).json
    assert part["serverSideEncryption"]["mode"] == "SSE-C"


def test_a_copy_may_change_the_key(service: Service, sealed: Any) -> None:
    params = {"sourceFileId": sealed["fileId"], "fileName": "copy"}
    assert service.call("b2_copy_file", params).refusal == (400, "bad_request")
    wrong = {**params, "sourceServerSideEncryption": setting(b"w" * 32)}
    assert service.call("b2_copy_file", wrong).refusal == (403, "access_denied")
    right = {**params, "sourceServerSideEncryption": setting()}
    assert service.ok("b2_copy_file", **right)["serverSideEncryption"]["mode"] == "SSE-B2"
    service.ok("b2_copy_file", **right, destinationServerSideEncryption=setting(b"n" * 32))
    assert service.download("/file/my-bucket/copy", headers(b"n" * 32)).body == b"secret"


def test_a_bucket_cannot_have_a_customer_key(service: Service) -> None:
    params = {"accountId": service.account_id, "bucketName": "my-bucket", "bucketType": "allPrivate"}
    answer = service.call("b2_create_bucket", {**params, "defaultServerSideEncryption": setting()})
    assert answer.refusal == (400, "bad_request")


def test_before_2026_nothing_was_encrypted_unasked(service_with: Callable[[Policy], Service]) -> None:
    service = service_with(Policy(encrypted_by_default=False))
    plain = service.uploaded(service.bucket(), "name")
    assert plain["serverSideEncryption"] == {"mode": None, "algorithm": None}
    managed = service.uploaded(plain["bucketId"], "name", x_bz_server_side_encryption="AES256")
    assert managed["serverSideEncryption"] == {"mode": "SSE-B2", "algorithm": "AES256"}


def test_a_copy_is_encrypted_as_the_bucket_it_goes_to_says(service_with: Callable[[Policy], Service]) -> None:
    service = service_with(Policy(encrypted_by_default=False))
    managed = {"mode": "SSE-B2", "algorithm": "AES256"}
    buckets = service.bucket("plain-bucket"), service.bucket("managed-bucket", defaultServerSideEncryption=managed)
    sources = [service.uploaded(bucket_id, "name") for bucket_id in buckets]
    copies = [
        service.ok("b2_copy_file", sourceFileId=source["fileId"], fileName="copy", destinationBucketId=bucket_id)
        for source, bucket_id in zip(sources, buckets[::-1], strict=True)
    ]
    assert [copy["serverSideEncryption"] for copy in copies] == [managed, {"mode": None, "algorithm": None}]


@pytest.mark.parametrize(("size", "status"), [(2046, 200), (2047, 400)])
def test_what_is_encrypted_has_less_room_for_info(service: Service, size: int, status: int) -> None:
    assert service.upload(service.bucket(), "n", **{"x-bz-info-i": "x" * size}).status == status


def test_what_is_neither_encrypted_nor_lockable_has_more_room(service_with: Callable[[Policy], Service]) -> None:
    service = service_with(Policy(encrypted_by_default=False))
    bucket_id = service.bucket()
    assert service.upload(bucket_id, "n", **{"x-bz-info-i": "x" * 6998}).status == 200
    assert service.upload(bucket_id, "n", **{"x-bz-info-i": "x" * 6999}).status == 400
