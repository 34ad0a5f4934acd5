from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock, call

import pytest

from b2sdk.exception import InvalidArgument, NonExistentBucket
from b2sdk.scan.b2_folder import B2Folder
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.parse import parse_folder


@pytest.mark.parametrize(
    ("text", "bucket", "folder"),
    [
        ("b2://bucket", "bucket", ""),
        ("b2://bucket/", "bucket", ""),
        ("b2://bucket/a/b", "bucket", "a/b"),
        ("b2://bucket/a/b/", "bucket", "a/b"),
        ("b2://-bucket/a", "-bucket", "a"),
        ("b2:bucket/x", "bucket", "x"),
        ("b2:1", "1", ""),
        ("b2://bucket/ ", "bucket", " "),
        ("b2://bucket/a\nb", "bucket", "a\nb"),
    ],
)
def test_folders_in_buckets(text: str, bucket: str, folder: str) -> None:
    api = Mock()
    found = parse_folder(text, api)
    assert isinstance(found, B2Folder)
    assert (found.bucket_name, found.folder_name, found.api) == (bucket, folder, api)
    assert api.mock_calls == [call.get_bucket_by_name(bucket)]


def test_nothing_is_not_the_current_directory() -> None:
    with pytest.raises(InvalidArgument, match=r"^folder_name is empty; the current directory is '\.'$"):
        parse_folder("", Mock())


@pytest.mark.parametrize("text", ["/x", "x", ".", "a//b", "b2:/x", "b2:-x", "b2:_x", "B2://bucket", "./b2:bucket"])
def test_anything_else_is_a_local_folder(text: str) -> None:
    api = Mock()
    found = parse_folder(text, api)
    assert isinstance(found, LocalFolder)
    assert found.root == LocalFolder(text).root
    assert api.mock_calls == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("b2://bucket//a", "'//' not allowed in path names"),
        ("b2://bucket/a//b", "'//' not allowed in path names"),
        ("b2://bucket//", "'//' not allowed in path names"),
        ("b2:bucket//", "'//' not allowed in path names"),
        ("b2:", "the name of the bucket is missing"),
        ("b2://", "the name of the bucket is missing"),
        ("b2:///a", "the name of the bucket is missing"),
    ],
)
def test_what_cannot_be_a_folder_in_a_bucket_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_folder(text, Mock())
    assert str(caught.value) == f"folder_name {problem}"


def test_a_bucket_must_be_there() -> None:
    with pytest.raises(NonExistentBucket):
        parse_folder("b2://bucket", Mock(get_bucket_by_name=Mock(side_effect=NonExistentBucket("bucket"))))


def test_programs_bring_folders_of_their_own() -> None:
    api, make = Mock(), Mock()
    assert parse_folder("b2://bucket/a/", api, b2_folder_class=make) is make.return_value
    assert parse_folder("a/", api, local_folder_class=make) is make.return_value
    assert make.call_args_list == [call("bucket", "a", api), call("a/")]


def test_a_folder_in_a_bucket_may_be_listed_by_several_workers(tmp_path: Path) -> None:
    api, make = Mock(), Mock()
    folder = parse_folder("b2://bucket/a", api, workers=4)
    assert isinstance(folder, B2Folder)
    assert folder.workers == 4
    assert isinstance(parse_folder(str(tmp_path), api, workers=4), LocalFolder)
    parse_folder("b2://bucket/a", api, b2_folder_class=make)
    parse_folder("b2://bucket/a", api, b2_folder_class=make, workers=4)
    assert make.mock_calls == [call("bucket", "a", api), call("bucket", "a", api, workers=4)]
