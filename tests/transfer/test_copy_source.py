from __future__ import annotations

import pytest

from b2sdk.transfer.source import CopySource
from b2sdk.values.encryption import EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting

SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"s" * 32, "key-id"))


def test_a_copy_source_is_a_copy_and_not_an_upload() -> None:
    source = CopySource("id")
    assert source.is_copy()
    assert not source.is_upload()


def test_the_length_is_what_was_given() -> None:
    assert CopySource("id", length=7).get_content_length() == 7
    assert CopySource("id").get_content_length() is None


@pytest.mark.parametrize("length", [None, 0])
def test_an_offset_needs_a_length(length: int | None) -> None:
    with pytest.raises(ValueError, match="Cannot copy with non zero offset and unknown or zero length"):
        CopySource("id", offset=1, length=length)


def test_the_byte_range_includes_its_end() -> None:
    assert CopySource("id", offset=3, length=10).get_bytes_range() == (3, 12)


@pytest.mark.parametrize("length", [None, 0])
def test_the_whole_file_and_an_empty_range_have_no_byte_range(length: int | None) -> None:
    assert CopySource("id", length=length).get_bytes_range() is None


def test_a_part_of_a_range_keeps_all_but_the_range() -> None:
    source = CopySource("id", 3, 10, SSE_C, {"k": "v"}, "text/plain")
    part = source.get_copy_source_range(2, 6)
    assert vars(part) == {**vars(source), "offset": 5, "length": 6}


def test_a_part_of_a_subclass_is_of_that_subclass() -> None:
    class Own(CopySource): ...

    assert type(Own("id", length=3).get_copy_source_range(0, 1)) is Own


@pytest.mark.parametrize(("offset", "length"), [(5, 6), (11, 0), (-1, 5)])
def test_a_part_has_to_be_inside(offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="Range length overflow source length"):
        CopySource("id", length=10).get_copy_source_range(offset, length)


def test_a_source_of_unknown_length_has_any_part() -> None:
    assert CopySource("id").get_copy_source_range(5, 6).get_bytes_range() == (5, 10)


@pytest.mark.parametrize(
    ("source", "sha1"),
    [
        (CopySource("id", source_file_info={"large_file_sha1": "abc"}), "abc"),
        (CopySource("id", source_file_info={}), None),
        (CopySource("id"), None),
        (CopySource("id", length=3, source_file_info={"large_file_sha1": "abc"}), None),
    ],
)
def test_the_sha1_is_known_of_a_whole_file_that_notes_it(source: CopySource, sha1: str | None) -> None:
    assert source.get_content_sha1() == sha1


def test_the_representation_hides_the_key() -> None:
    shown = repr(CopySource("id", 3, 10, SSE_C, {"k": "v"}, "text/plain"))
    assert shown.startswith("<CopySource file_id=id offset=3 length=10 encryption=<EncryptionSetting(")
    assert "ssss" not in shown
