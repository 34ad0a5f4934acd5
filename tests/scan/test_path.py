from __future__ import annotations

from typing import Any, cast

import pytest

from b2sdk.file_version import FileVersion, FileVersionFactory
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath

LOCAL = ("/root/a", "a", 1, 2)


def version(number: int, action: str = "upload", **wire: Any) -> FileVersion:
    setting = {"isClientAuthorizedToRead": False, "value": None}
    return FileVersionFactory(cast("Any", None)).from_api_response(
        {
            "fileId": f"id{number}",
            "fileName": "folder/a",
            "accountId": "an account",
            "bucketId": "a bucket",
            "action": action,
            "size": number,
            "uploadTimestamp": 1000 + number,
            "fileRetention": setting,
            "legalHold": setting,
            **wire,
        }
    )


def test_a_local_path_is_its_four_values_and_always_visible() -> None:
    path = LocalPath(*LOCAL)
    assert (path.absolute_path, path.relative_path, path.mod_time, path.size) == LOCAL
    assert path.is_visible()
    assert repr(path) == "LocalPath('a', 1, 2)"
    assert path == LocalPath(*LOCAL)


@pytest.mark.parametrize(
    "other", [("/b", "a", 1, 2), ("/root/a", "b", 1, 2), ("/root/a", "a", 2, 2), ("/root/a", "a", 1, 3)]
)
def test_local_paths_differ_by_any_value(other: tuple[str, str, int, int]) -> None:
    assert LocalPath(*LOCAL) != LocalPath(*other)
    assert LocalPath(*LOCAL) != other


def test_time_and_size_of_a_path_in_a_bucket_are_those_of_the_selected_version() -> None:
    newest, oldest = version(2, fileInfo={"src_last_modified_millis": "77"}), version(1)
    path = B2Path("a", newest, [newest, oldest])
    assert (path.relative_path, path.mod_time, path.size) == ("a", 77, 2)
    assert path.is_visible()
    assert repr(path) == "B2Path(a, [('id2', 77, 'upload'), ('id1', 1001, 'upload')])"
    assert path == B2Path("a", newest, [newest, oldest])
    assert path != B2Path("a", oldest, [newest, oldest])
    assert path != B2Path("b", newest, [newest, oldest])
    assert path != B2Path("a", newest, [newest])
    assert path != "a"


def test_a_path_whose_newest_version_hides_it_is_not_visible() -> None:
    marker = version(2, "hide")
    assert not B2Path("a", marker, [marker, version(1)]).is_visible()


@pytest.mark.parametrize("path", [LocalPath(*LOCAL), B2Path("a", version(1), [])])
def test_paths_have_no_room_for_more_as_there_are_many(path: AbstractPath) -> None:
    assert not hasattr(path, "__dict__")


def test_another_kind_of_path_needs_to_say_only_whether_it_is_visible() -> None:
    class Somewhere(AbstractPath):
        def is_visible(self) -> bool:
            return False

    path = Somewhere("a", 1, 2)
    assert repr(path) == "Somewhere('a', 1, 2)"
    assert not path.is_visible()
