"""Names, file info and arguments of every kind: stored as they are, or refused before anything is sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from b2sdk.exception import B2Error
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), min_size=0, max_size=30)
"""All of Unicode, lone surrogates and control characters included."""
AWKWARD = st.sampled_from(
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "..",
        "a/../b",
        "%",
        "%2e%2E",
        "%zz",
        "+",
        "a b",
        "?x=#y",
        "\\",
        "c:\\x",
        "é" * 512,
        "x" * 1024,
        "x" * 1025,
        "\U0001f4a9" * 256,
        "\U0001f4a9" * 257,
        "\ud800",
        "\x00",
        "\x7f",
        "\r\nX-Bz-Evil: yes",
        "\u2028",
        "\ufeff",
    ]
)


@pytest.fixture
def bucket(small_parts_service: SimulatorServer) -> Iterator[Any]:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(small_parts_service.key_id, small_parts_service.key, realm=small_parts_service.url)
        yield api.create_bucket("the-bucket", "allPrivate")


def content(bucket: Any, name: str) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name).save(target)
    return target.getvalue()


@given(name=ANY_TEXT | AWKWARD, large=st.booleans())
@settings(max_examples=80)
def test_a_file_of_any_name_is_stored_under_it_or_refused(bucket: Any, name: str, large: bool) -> None:
    expected = b"content" * (100 if large else 1)
    try:
        version = bucket.upload_bytes(expected, name)
    except (B2Error, ValueError):
        with pytest.raises((B2Error, ValueError)):
            bucket.get_file_info_by_name(name)
        return
    assert version.file_name == name
    assert content(bucket, name) == expected
    assert bucket.get_file_info_by_name(name).file_name == name
    assert next(listed.id_ for listed in bucket.list_file_versions(name)) == version.id_
    bucket.delete_file_version(version.id_, name)


@given(name=ANY_TEXT | AWKWARD, value=ANY_TEXT | AWKWARD, large=st.booleans())
@settings(max_examples=80)
def test_file_info_of_any_kind_is_stored_or_refused(bucket: Any, name: str, value: str, large: bool) -> None:
    expected = b"content" * (100 if large else 1)
    try:
        version = bucket.upload_bytes(expected, "file", file_info={name: value})
    except (B2Error, ValueError):
        return
    assert bucket.api.get_file_info(version.id_).file_info[name.lower()] == value
    assert content(bucket, "file") == expected


@pytest.mark.parametrize("option", ["content_type", "cache_control", "content_disposition", "content_encoding"])
@given(value=ANY_TEXT | AWKWARD)
@settings(max_examples=30)
def test_no_argument_injects_a_header(
    bucket: Any, small_parts_service: SimulatorServer, option: str, value: str
) -> None:
    try:
        version = bucket.upload_bytes(b"content", "file", **{option: value})
    except (B2Error, ValueError):
        return
    assert "evil" not in bucket.api.get_file_info(version.id_).file_info


@pytest.mark.parametrize("name", ["../x", "a\r\nX-Evil: yes", "a" * 3000, "\ud800", "", "b2 b2"])
def test_a_bucket_of_any_name_is_refused_with_an_error_of_ours(bucket: Any, name: str) -> None:
    with pytest.raises((B2Error, ValueError)):
        bucket.api.create_bucket(name, "allPrivate")


@pytest.mark.parametrize("file_id", ["", "../x", "a\r\nX-Evil: yes", "?&fileId=x", "\ud800", "x" * 5000])
def test_a_file_of_any_id_is_refused_with_an_error_of_ours(bucket: Any, file_id: str) -> None:
    for call in (
        bucket.api.download_file_by_id,
        bucket.api.get_file_info,
        bucket.api.cancel_large_file,
        lambda id_: bucket.delete_file_version(id_, "file"),
        lambda id_: bucket.copy(id_, "copy"),
    ):
        with pytest.raises((B2Error, ValueError)):
            call(file_id)


@pytest.mark.parametrize("range_", [(-1, 5), (5, 1), (10**30, 10**31), (0, 10**30)])
def test_a_range_of_any_kind_is_refused_with_an_error_of_ours(bucket: Any, range_: tuple[int, int]) -> None:
    bucket.upload_bytes(b"content", "file")
    with pytest.raises((B2Error, ValueError)):
        bucket.download_file_by_name("file", range_=range_).save(io.BytesIO())
