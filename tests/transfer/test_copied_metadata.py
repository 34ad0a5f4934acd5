from __future__ import annotations

import pytest

from b2sdk.exception import ChecksumMismatch
from b2sdk.transfer.copied_metadata import (
    MAX_INFO_ENTRIES,
    add_source_metadata,
    check_stated_sha1,
    depends_on_stored_size,
    describe_source,
    is_described,
    take_over_metadata,
)
from b2sdk.transfer.source import CopySource
from b2sdk.values.new_file import NewFile

SHA1, OTHER_SHA1 = "a" * 40, "b" * 40
NEW = NewFile("bucket", "name")

DESCRIBED = CopySource(
    "source", length=5, source_file_info={"a": "b", "sse_c_key_id": "one"}, source_content_type="text/plain"
)


@pytest.mark.parametrize("file_info", [None, {}])
def test_a_copy_in_parts_repeats_the_metadata_of_its_source(file_info: dict[str, str] | None) -> None:
    repeated = add_source_metadata(NewFile("bucket", "name", file_info=file_info), DESCRIBED)
    assert repeated == NewFile("bucket", "name", "text/plain", {"a": "b"})


@pytest.mark.parametrize(
    "own", [NewFile("bucket", "name", "image/png"), NewFile("bucket", "name", file_info={"c": "d"})]
)
def test_metadata_of_its_own_win(own: NewFile) -> None:
    assert add_source_metadata(own, DESCRIBED) is own


def test_unknown_metadata_are_not_repeated() -> None:
    new_file = NewFile("bucket", "name")
    assert add_source_metadata(new_file, CopySource("source", length=5)) is new_file


# --- the stored file ---


def source(**info: str) -> CopySource:
    return CopySource("source", length=5, source_file_info=info, source_content_type="text/plain")


class Stored:
    size, content_type, content_sha1 = 5, "text/plain", SHA1
    file_info: dict[str, str] = {"a": "b"}  # noqa: RUF012  # as an instance has it


def test_a_source_is_described_by_the_stored_version() -> None:
    plain = CopySource("source", length=5)
    described = describe_source(plain, Stored())
    assert (is_described(plain), is_described(described)) == (False, True)
    assert (described.source_file_info, described.source_content_type) == ({"a": "b"}, "text/plain")
    assert (described.is_whole, described.get_content_sha1()) == (True, SHA1)


@pytest.mark.parametrize(("offset", "length"), [(1, 4), (0, 4)])
def test_a_part_of_the_stored_version_has_another_sha1(offset: int, length: int) -> None:
    described = describe_source(CopySource("source", offset, length), Stored())
    assert (described.is_whole, described.get_content_sha1()) == (False, None)


# --- what is taken over ---


@pytest.mark.parametrize(("stored_size", "expected"), [(5, {"a": "b", "large_file_sha1": SHA1}), (6, {"a": "b"})])
def test_only_the_whole_keeps_the_sha1_of_the_whole(stored_size: int, expected: dict[str, str]) -> None:
    copied = source(a="b", large_file_sha1=SHA1)
    assert depends_on_stored_size(NEW, copied)
    assert take_over_metadata(NEW, copied, stored_size).file_info == expected


def test_the_size_need_not_be_known_without_a_sha1_or_with_metadata_of_its_own() -> None:
    assert not depends_on_stored_size(NEW, source(a="b"))
    assert not depends_on_stored_size(NEW._replace(content_type="image/png"), source(large_file_sha1=SHA1))
    whole = source(large_file_sha1=SHA1)
    whole.is_whole = True
    assert not depends_on_stored_size(NEW, whole)


def test_a_sha1_that_the_caller_states_is_recorded() -> None:
    stated = NEW._replace(large_file_sha1=OTHER_SHA1)
    assert take_over_metadata(stated, source(a="b"), 9).file_info == {"a": "b", "large_file_sha1": OTHER_SHA1}


def test_a_known_sha1_is_left_out_where_there_is_no_room_for_it() -> None:
    for entries, has_sha1 in ((MAX_INFO_ENTRIES - 2, True), (MAX_INFO_ENTRIES - 1, False)):
        whole = source(**{f"n{number}": "x" for number in range(entries)})
        whole.is_whole, whole.stored_sha1 = True, SHA1
        assert ("large_file_sha1" in (take_over_metadata(NEW, whole, None).file_info or {})) is has_sha1


@pytest.mark.parametrize(
    "stated", [NEW._replace(large_file_sha1=OTHER_SHA1), NEW._replace(file_info={"Large_File_SHA1": OTHER_SHA1})]
)
def test_a_stated_sha1_that_is_not_that_of_the_source_is_refused(stated: NewFile) -> None:
    whole = source()
    whole.is_whole, whole.stored_sha1 = True, SHA1
    check_stated_sha1(NEW, whole)
    with pytest.raises(ChecksumMismatch):
        check_stated_sha1(stated, whole)
