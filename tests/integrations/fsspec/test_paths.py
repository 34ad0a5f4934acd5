from __future__ import annotations

from pathlib import PurePosixPath

import hypothesis.strategies as st
import pytest
from hypothesis import given

from b2sdk.integrations.fsspec.paths import (
    can_be_file,
    folder_prefix,
    folders_above,
    parent_of,
    shown,
    split_path,
    strip_protocol,
)

names = st.text("ab/#?[*", min_size=1)


@pytest.mark.parametrize(
    ("path", "stripped"),
    [
        ("b2://bucket/name", "bucket/name"),
        ("b2:///bucket/name", "bucket/name"),
        ("b2::bucket", "bucket"),
        ("/bucket", "bucket"),
        ("/bucket/_metadata", "bucket/_metadata"),
        ("bucket/folder/", "bucket/folder"),
        ("bucket/folder//", "bucket/folder/"),
        ("bucket/a#b?c=d", "bucket/a#b?c=d"),
        (PurePosixPath("bucket/name"), "bucket/name"),
        ("b2://", ""),
        ("", ""),
    ],
)
def test_a_path_has_no_protocol_no_slash_before_and_one_fewer_behind(path: object, stripped: str) -> None:
    assert strip_protocol(path) == stripped


@pytest.mark.parametrize("path", [None, 1, b"bucket"])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(TypeError):
        strip_protocol(path)


@given(names)
def test_a_name_is_in_the_folders_above_it(name: str) -> None:
    path = f"bucket/{name}"
    above = folders_above(path)
    assert above[-1] == ""
    assert above[0] == parent_of(path)
    assert all(name.startswith(folder_prefix(folder)) for folder in above[:-1])


@given(names)
def test_what_is_shown_leads_back(name: str) -> None:
    path = f"bucket/{name}"
    assert strip_protocol(shown(path)) == path


@pytest.mark.parametrize(
    ("path", "bucket", "name", "prefix", "is_file"),
    [
        ("bucket", "bucket", "", "", False),
        ("bucket/a", "bucket", "a", "a/", True),
        ("bucket/a/", "bucket", "a/", "a//", False),
        ("bucket/", "bucket", "", "/", False),
    ],
)
def test_a_path_is_a_bucket_and_a_name(path: str, bucket: str, name: str, prefix: str, is_file: bool) -> None:
    assert (split_path(path), folder_prefix(path), can_be_file(path)) == ((bucket, name), prefix, is_file)
