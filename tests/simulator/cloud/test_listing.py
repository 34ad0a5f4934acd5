from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

FEWER = settings(max_examples=50)


def hide(service: Service, bucket_id: str, name: str) -> Any:
    return service.ok("b2_hide_file", bucketId=bucket_id, fileName=name)


def test_names_are_in_the_order_of_their_utf_8_bytes(service: Service) -> None:
    bucket_id = service.bucket()
    names = ["a", "B", "é", "z", "\U0001f600", "\uffee", "a/b", "a b"]
    for name in names:
        service.uploaded(bucket_id, name)
    assert service.names(bucket_id) == sorted(names, key=str.encode)


def test_only_the_newest_version_of_a_name_is_listed_unless_it_hides(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "twice", b"old")
    newest = service.uploaded(bucket_id, "twice", b"new")
    service.uploaded(bucket_id, "hidden")
    hide(service, bucket_id, "hidden")
    files = service.ok("b2_list_file_names", bucketId=bucket_id)["files"]
    assert [(file["fileName"], file["fileId"]) for file in files] == [("twice", newest["fileId"])]


def test_an_unfinished_large_file_neither_shows_nor_shadows_a_name(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name")
    service.ok("b2_start_large_file", bucketId=bucket_id, fileName="name", contentType="a/b")
    assert service.names(bucket_id) == ["name"]
    assert service.versions(bucket_id) == [("name", "start"), ("name", "upload")]
    assert service.download("/file/my-bucket/name").status == 200


def test_versions_are_by_name_and_newest_first(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("b", "a", "b"):
        service.uploaded(bucket_id, name)
    hide(service, bucket_id, "a")
    assert service.versions(bucket_id) == [("a", "hide"), ("a", "upload"), ("b", "upload"), ("b", "upload")]


def test_folders_fold_at_the_delimiter_after_the_prefix(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("photos/cats/1", "photos/cats/2", "photos/dog", "zoo"):
        service.uploaded(bucket_id, name)
    assert service.names(bucket_id, delimiter="/") == ["photos/", "zoo"]
    assert service.names(bucket_id, delimiter="/", prefix="photos/") == ["photos/cats/", "photos/dog"]
    assert service.names(bucket_id, delimiter="/", prefix="photos/c") == ["photos/cats/"]
    folder = service.ok("b2_list_file_names", bucketId=bucket_id, delimiter="/")["files"][0]
    assert (folder["action"], folder["fileId"], folder["contentLength"]) == ("folder", None, 0)


def test_a_folder_of_hidden_files_shows_in_versions_alone(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "folder/name")
    hide(service, bucket_id, "folder/name")
    assert service.names(bucket_id, delimiter="/") == []
    assert service.versions(bucket_id, delimiter="/") == [("folder/", "folder")]


def test_the_prefix_begins_where_the_start_lies_before_it(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("a", "m/1", "z"):
        service.uploaded(bucket_id, name)
    assert service.names(bucket_id, startFileName="b", prefix="m/") == ["m/1"]
    assert service.names(bucket_id, startFileName="z", prefix="m/") == []


def paged(service: Service, call: str, key: str, size: int, **params: Any) -> list[Any]:
    """Follow the pages of a listing to the end."""
    entries: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = service.ok(call, maxFileCount=size, **params, **start)
        assert len(page["files"]) <= size
        entries += page["files"]
        if page[key] is None:
            return entries
        start = {"startFileName": page.get("nextFileName"), "startFileId": page.get("nextFileId")}
        if call == "b2_list_unfinished_large_files":
            del start["startFileName"]


@FEWER
@given(
    actions=st.lists(st.tuples(st.text("ab/", min_size=1, max_size=3), st.booleans()), max_size=10),
    size=st.integers(1, 4),
    delimiter=st.sampled_from([None, "/"]),
)
def test_pages_together_are_the_whole_list(
    cloud_service: Service, actions: list[tuple[str, bool]], size: int, delimiter: str | None
) -> None:
    known = cloud_service.cloud.state.find_bucket_named("my-bucket")
    if known is not None:
        for version in known.versions:
            cloud_service.ok("b2_delete_file_version", fileName=version.name, fileId=version.file_id)
    bucket_id = cloud_service.bucket() if known is None else known.bucket_id
    for name, hides in actions:
        cloud_service.uploaded(bucket_id, name)
        if hides:
            hide(cloud_service, bucket_id, name)
    for call in ("b2_list_file_names", "b2_list_file_versions"):
        whole = cloud_service.ok(call, bucketId=bucket_id, delimiter=delimiter)["files"]
        assert paged(cloud_service, call, "nextFileName", size, bucketId=bucket_id, delimiter=delimiter) == whole


@pytest.mark.parametrize("call", ["b2_list_file_names", "b2_list_file_versions"])
@pytest.mark.parametrize("count", [-1, 10_001])
def test_an_impossible_page_size_is_out_of_range(service: Service, call: str, count: int) -> None:
    answer = service.call(call, {"bucketId": service.bucket(), "maxFileCount": count})
    assert answer.refusal == (400, "out_of_range")
    assert answer.json["message"] == f"maxFileCount out of range: {count}"


def test_no_page_size_is_a_hundred(cloud_service: Service) -> None:
    bucket_id = cloud_service.bucket()
    for number in range(101):
        cloud_service.uploaded(bucket_id, f"{number:03d}")
    for params in ({}, {"maxFileCount": 0}, {"maxFileCount": None}):
        page = cloud_service.ok("b2_list_file_names", bucketId=bucket_id, **params)
        assert (len(page["files"]), page["nextFileName"]) == (100, "100")


def test_a_start_id_needs_a_start_name_and_a_form(service: Service) -> None:
    bucket_id = service.bucket()
    file = service.uploaded(bucket_id, "name")
    params = {"bucketId": bucket_id, "startFileId": file["fileId"]}
    assert service.call("b2_list_file_versions", params).refusal == (400, "bad_request")
    params = {"bucketId": bucket_id, "startFileName": "name", "startFileId": "nonsense"}
    assert service.call("b2_list_file_versions", params).refusal == (400, "invalid_file_id")


def test_a_bucket_that_is_not_there_is_bad(service: Service) -> None:
    answer = service.call("b2_list_file_names", {"bucketId": "1234567"})
    assert answer.json == {"status": 400, "code": "bad_bucket_id", "message": "Bucket 1234567 does not exist"}


def test_version_1_reports_the_size_twice(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name", b"12345")
    old = service.call("b2_list_file_names", {"bucketId": bucket_id}, dialect=1).json["files"][0]
    assert (old["size"], old["contentLength"]) == (5, 5)
    new = service.call("b2_list_file_names", {"bucketId": bucket_id}, dialect=2).json["files"][0]
    assert "size" not in new


def test_unfinished_large_files_are_listed_oldest_first_in_pages(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("c", "a", "b", "other"):
        service.ok("b2_start_large_file", bucketId=bucket_id, fileName=name, contentType="a/b")
    call = "b2_list_unfinished_large_files"
    files = paged(service, call, "nextFileId", 2, bucketId=bucket_id)
    assert [file["fileName"] for file in files] == ["c", "a", "b", "other"]
    below = service.ok(call, bucketId=bucket_id, namePrefix="o")["files"]
    assert [file["fileName"] for file in below] == ["other"]


def test_unfinished_large_files_continue_where_one_was_cancelled_meanwhile(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("a", "b", "c"):
        service.ok("b2_start_large_file", bucketId=bucket_id, fileName=name, contentType="a/b")
    call = "b2_list_unfinished_large_files"
    next_id = service.ok(call, bucketId=bucket_id, maxFileCount=1)["nextFileId"]
    service.ok("b2_cancel_large_file", fileId=next_id)
    rest = service.ok(call, bucketId=bucket_id, startFileId=next_id)["files"]
    assert [file["fileName"] for file in rest] == ["c"]
    nonsense = {"bucketId": bucket_id, "startFileId": "nonsense"}
    assert service.call(call, nonsense).refusal == (400, "invalid_file_id")
