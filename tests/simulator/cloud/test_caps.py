from __future__ import annotations

from typing import TYPE_CHECKING

from b2sdk.simulator.cloud.caps import Caps
from b2sdk.simulator.cloud.clock import DAY_MS

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


def test_a_full_storage_takes_no_more_uploads(service: Service) -> None:
    bucket_id = service.bucket()
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    file = service.uploaded(bucket_id, "name", b"12345")
    service.cloud.meter.caps = Caps(storage=5)
    refused = (403, "storage_cap_exceeded")
    assert service.call("b2_get_upload_url", {"bucketId": bucket_id}).refusal == refused
    assert service.post(url, {"X-Bz-File-Name": "other", "Content-Type": "a/b"}, b"x").refusal == refused
    params = {"sourceFileId": file["fileId"], "fileName": "copy"}
    assert service.call("b2_copy_file", params).refusal == refused
    service.ok("b2_delete_file_version", fileName="name", fileId=file["fileId"])
    assert service.call("b2_get_upload_url", {"bucketId": bucket_id}).status == 200


def test_parts_of_unfinished_files_fill_the_storage_too(service: Service) -> None:
    params = {"bucketId": service.bucket(), "fileName": "large", "contentType": "a/b"}
    service.upload_part(service.ok("b2_start_large_file", **params)["fileId"], 1, b"12345")
    service.cloud.meter.caps = Caps(storage=5)
    assert service.call("b2_start_large_file", params).refusal == (403, "storage_cap_exceeded")


def test_calls_of_a_class_are_counted_until_midnight(service: Service) -> None:
    bucket_id = service.bucket()
    service.cloud.meter.caps = Caps(class_c=2)
    statuses = [service.call("b2_list_file_names", {"bucketId": bucket_id}).status for _ in range(3)]
    assert 403 in statuses
    assert service.call("b2_list_file_names", {"bucketId": bucket_id}).refusal == (403, "transaction_cap_exceeded")
    assert service.call("b2_get_upload_url", {"bucketId": bucket_id}).status == 200
    service.clock.advance(DAY_MS)
    assert service.authorize().status == 200


def test_bytes_of_downloads_are_counted_and_heads_are_free(service: Service) -> None:
    service.uploaded(service.bucket(), "name", b"12345")
    service.cloud.meter.caps = Caps(download=8)
    assert service.download("/file/my-bucket/name").status == 200
    assert service.download("/file/my-bucket/name", method="HEAD").status == 200
    assert service.download("/file/my-bucket/name").refusal == (403, "download_cap_exceeded")
    assert service.download("/file/my-bucket/name", {"Range": "bytes=0-2"}).status == 206
