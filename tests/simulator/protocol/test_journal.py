"""What the journal has of a call, through both front ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.simulator.cloud.caps import Caps

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp, Service

NAME = "ünï/a b+c"


def told(service: Service, endpoint: str) -> list[tuple[Any, ...]]:
    """Return method, version, bucket, name and range of each call of an endpoint."""
    return [
        (entry.method, entry.version, entry.bucket, entry.name, entry.range)
        for entry in service.journal.entries
        if entry.endpoint == endpoint
    ]


def test_uploads_and_downloads_name_bucket_file_and_range(service: Service) -> None:
    file = service.uploaded(service.bucket(), NAME, b"content")
    path = "/file/my-bucket/%C3%BCn%C3%AF/a+b%2Bc"
    service.download(path, {"Range": "bytes=0-3"})
    service.download(path, method="HEAD")
    service.download(f"/b2api/v1/b2_download_file_by_id?fileId={file['fileId']}", {"Range": "bytes=2-"})
    assert told(service, "b2_upload_file") == [("POST", "v4", "my-bucket", NAME, None)]
    assert told(service, "b2_download_file_by_name") == [
        ("GET", None, "my-bucket", NAME, "bytes=0-3"),
        ("HEAD", None, "my-bucket", NAME, None),
    ]
    assert told(service, "b2_download_file_by_id") == [("GET", "v1", "my-bucket", NAME, "bytes=2-")]


def test_an_upload_url_tells_the_version_of_the_call_that_gave_it_out(service: Service) -> None:
    bucket_id = service.bucket()
    url = service.call("b2_get_upload_url", {"bucketId": bucket_id}, dialect=2).json
    service.post(url, {"X-Bz-File-Name": "name", "Content-Type": "a/b"}, b"content")
    assert told(service, "b2_get_upload_url") == [("POST", "v2", "my-bucket", None, None)]
    assert told(service, "b2_upload_file") == [("POST", "v2", "my-bucket", "name", None)]


def test_calls_that_name_an_id_tell_what_it_is_of_even_if_they_remove_it(service: Service) -> None:
    bucket_id = service.bucket()
    file = service.uploaded(bucket_id, "name")
    start = {"bucketId": bucket_id, "fileName": "large", "contentType": "a/b"}
    large = service.ok("b2_start_large_file", **start)["fileId"]
    service.upload_part(large, 1, b"x" * 100)
    service.ok("b2_copy_part", sourceFileId=file["fileId"], largeFileId=large, partNumber=2, range="bytes=0-2")
    service.ok("b2_cancel_large_file", fileId=large)
    service.ok("b2_copy_file", sourceFileId=file["fileId"], fileName="copy", range="bytes=0-2")
    service.ok("b2_delete_file_version", fileId=file["fileId"], fileName="name")
    service.call("b2_get_file_info", {"fileId": file["fileId"]})
    for call in ("b2_start_large_file", "b2_get_upload_part_url", "b2_upload_part", "b2_cancel_large_file"):
        assert told(service, call) == [("POST", "v4", "my-bucket", "large", None)], call
    assert told(service, "b2_copy_part") == [("POST", "v4", "my-bucket", "large", "bytes=0-2")]
    assert told(service, "b2_copy_file") == [("POST", "v4", "my-bucket", "copy", "bytes=0-2")]
    assert told(service, "b2_delete_file_version") == [("POST", "v4", "my-bucket", "name", None)]
    assert told(service, "b2_get_file_info") == [("POST", "v4", None, None, None)]


def test_calls_about_buckets_name_them(service: Service) -> None:
    bucket_id = service.bucket()
    token = {"Authorization": service.token}
    service.send("GET", f"/b2api/v3/b2_list_file_names?bucketId={bucket_id}", token)
    service.call("b2_list_buckets", {"accountId": service.account_id, "bucketName": "my-bucket"})
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=bucket_id)
    assert told(service, "b2_create_bucket") == [("POST", "v4", "my-bucket", None, None)]
    assert told(service, "b2_list_file_names") == [("GET", "v3", "my-bucket", None, None)]
    assert told(service, "b2_list_buckets") == [("POST", "v4", "my-bucket", None, None)]
    assert told(service, "b2_delete_bucket") == [("POST", "v4", "my-bucket", None, None)]


@pytest.mark.parametrize("how", ["fault", "token", "cap"])
def test_what_was_refused_is_told_all_the_same(service: Service, how: str) -> None:
    bucket_id = service.bucket()
    file = service.uploaded(bucket_id, "name")
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    info, token = {"fileId": file["fileId"]}, service.token
    service.journal.clear()
    if how == "fault":
        service.faults.add(ApiFault(endpoint="*", status=503, code="busy", count=9))
    elif how == "token":
        token, url = "nobody-gave-it-out", {**url, "authorizationToken": "nobody-gave-it-out"}
    else:
        service.cloud.meter.caps = Caps(class_b=0, storage=0)
    service.post(url, {"X-Bz-File-Name": "other", "Content-Type": "a/b"}, b"content")
    service.download("/file/my-bucket/name", {"Range": "bytes=0-0"}, token=token)
    service.download(f"/b2api/v4/b2_download_file_by_id?fileId={file['fileId']}", token=token)
    assert told(service, "b2_upload_file") == [("POST", "v4", "my-bucket", "other", None)]
    assert told(service, "b2_download_file_by_name") == [("GET", None, "my-bucket", "name", "bytes=0-0")]
    assert told(service, "b2_download_file_by_id") == [("GET", "v4", "my-bucket", "name", None)]
    assert all(entry.status is not None and entry.status >= 400 for entry in service.journal.entries)
    if how != "cap":  # which stops a call before its body is read
        service.call("b2_get_file_info", info, token=token)
        assert told(service, "b2_get_file_info") == [("POST", "v4", "my-bucket", "name", None)]


def test_what_makes_no_sense_is_not_told_and_no_text_is_told_at_any_length(service: Service) -> None:
    for params in ({"bucketId": ["x"], "fileName": 3}, {"fileName": "x" * 5000}):
        service.call("b2_hide_file", params)
    service.send("POST", "/b2api/v4/b2_hide_file", {"Authorization": service.token}, b"{")
    service.download("/file/my-bucket/%FF", {"Range": "x" * 5000})
    service.download("/b2api/v4/b2_download_file_by_id?fileId=%FF")
    nothing = ("POST", "v4", None, None, None)
    assert told(service, "b2_hide_file") == [nothing, ("POST", "v4", None, "x" * 1024, None), nothing]
    assert told(service, "b2_download_file_by_name") == [("GET", None, None, None, "x" * 1024)]
    assert told(service, "b2_download_file_by_id") == [("GET", "v4", None, None, None)]


def test_a_post_that_asks_for_a_download_is_told_by_its_body(service: Service) -> None:
    file = service.uploaded(service.bucket(), "name")
    body = b'{"fileId": "%s"}' % file["fileId"].encode()
    service.send("POST", "/b2api/v2/b2_download_file_by_id", {"Authorization": service.token}, body)
    assert told(service, "b2_download_file_by_id") == [("POST", "v2", "my-bucket", "name", None)]


def test_a_journal_that_was_corrected_has_the_response(
    http_service: OverHttp, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_service.bucket()
    server.journal.correct(server.journal.entries[0].seq, 500)
    server.journal.correct(10**6, 503)
    assert [entry.status for entry in server.journal.entries] == [500, 200]
