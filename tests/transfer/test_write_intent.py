from __future__ import annotations

from collections.abc import Iterator

import pytest

from b2sdk.transfer.source import CopySource, UploadSourceBytes
from b2sdk.transfer.write_intent import WriteIntent


def test_an_intent_ends_where_its_source_ends() -> None:
    intent = WriteIntent(UploadSourceBytes(b"abc"), 4)
    assert (intent.length, intent.destination_offset, intent.destination_end_offset) == (3, 4, 7)


def test_an_intent_begins_at_the_beginning_by_default() -> None:
    assert WriteIntent(UploadSourceBytes(b"abc")).destination_offset == 0


def test_a_source_of_unknown_length_has_no_place() -> None:
    with pytest.raises(ValueError, match="Cannot wrap outbound source of unknown length"):
        WriteIntent(CopySource("id"))


def test_a_source_that_forgets_its_length_is_not_planned() -> None:
    source = CopySource("id", length=3)
    intent = WriteIntent(source)
    source.length = None
    with pytest.raises(ValueError, match="Planner cannot support write intents of unknown length"):
        _ = intent.length


def test_an_intent_is_of_the_kind_of_its_source() -> None:
    copy, upload = WriteIntent(CopySource("id", length=1)), WriteIntent(UploadSourceBytes(b"a"))
    assert (copy.is_copy(), copy.is_upload()) == (True, False)
    assert (upload.is_copy(), upload.is_upload()) == (False, True)


def test_the_sha1_is_that_of_the_source() -> None:
    assert WriteIntent(UploadSourceBytes(b"a", content_sha1="abc")).get_content_sha1() == "abc"


def test_the_representation_reports_source_and_place() -> None:
    source = UploadSourceBytes(b"abc")
    intent = WriteIntent(source, 4)
    assert repr(intent) == f"<WriteIntent outbound_source={source!r} destination_offset=4 id={id(intent)}>"


def test_wrapped_sources_follow_each_other() -> None:
    intents = WriteIntent.wrap_sources_iterator([UploadSourceBytes(b"abc"), CopySource("id", length=5)])
    assert [(intent.destination_offset, intent.length) for intent in intents] == [(0, 3), (3, 5)]


def test_a_source_is_taken_when_its_turn_comes() -> None:
    taken = []

    def sources() -> Iterator[UploadSourceBytes]:
        for number in range(3):
            taken.append(number)
            yield UploadSourceBytes(b"a")

    next(WriteIntent.wrap_sources_iterator(sources()))
    assert taken == [0]
