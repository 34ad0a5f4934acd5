from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, strategies as st

from b2sdk.transfer.overlaps import Placed, resolve_overlaps
from b2sdk.transfer.part import Piece
from b2sdk.transfer.source import CopySource, UploadSourceStream
from b2sdk.transfer.write_intent import WriteIntent

MINIMUM = 10


def upload(length: int, offset: int) -> WriteIntent:
    return WriteIntent(UploadSourceStream(NotImplemented, length, "sha1"), offset)


def copy(length: int, offset: int) -> WriteIntent:
    return WriteIntent(CopySource("id", length=length), offset)


def pieces_of(intents: Iterable[WriteIntent], minimum_copy: int = MINIMUM) -> Iterator[Piece]:
    return resolve_overlaps(map(Placed.from_intent, intents), minimum_copy)


def resolved(*intents: WriteIntent) -> list[tuple[int, int, int]]:
    """Return the pieces as (number of the intent, offset in the source, length)."""
    numbers = {id(intent.outbound_source): number for number, intent in enumerate(intents)}
    return [(numbers[id(piece.source)], piece.offset, piece.length) for piece in pieces_of(intents)]


# --- uploads and copies ---


@pytest.mark.parametrize(
    ("length", "offset", "expected"),
    [
        (100, 0, [(1, 0, 100), (0, 100, 100)]),
        (100, 100, [(0, 0, 100), (1, 0, 100)]),
        (100, 50, [(0, 0, 50), (1, 0, 100), (0, 150, 50)]),
        (10, 5, [(0, 0, 5), (1, 0, 10), (0, 15, 185)]),
    ],
)
def test_a_copy_wins_over_an_upload(length: int, offset: int, expected: list[tuple[int, int, int]]) -> None:
    assert resolved(upload(200, 0), copy(length, offset)) == expected


def test_a_copy_below_the_minimum_loses_to_an_upload() -> None:
    assert resolved(upload(200, 0), copy(9, 50)) == [(0, 0, 200)]


def test_an_upload_continues_where_a_copy_ends() -> None:
    assert resolved(copy(50, 0), upload(120, 0)) == [(0, 0, 50), (1, 50, 70)]


# --- intents of one kind ---


def test_an_intent_is_used_until_the_next_but_one_begins_behind_it() -> None:
    assert resolved(copy(100, 0), copy(100, 50)) == [(0, 0, 50), (1, 0, 100)]


def test_a_copy_is_used_to_its_end_where_the_follower_would_fall_short() -> None:
    assert resolved(copy(100, 0), copy(15, 92)) == [(0, 0, 92), (1, 0, 15)]
    assert resolved(copy(100, 0), copy(100, 5)) == [(0, 0, 10), (1, 5, 95)]
    assert resolved(copy(12, 0), copy(13, 5)) == [(0, 0, 12), (1, 7, 6)]


def test_of_several_the_one_that_ends_last_is_used() -> None:
    assert resolved(upload(50, 0), upload(80, 0)) == [(1, 0, 80)]
    assert resolved(upload(80, 0), upload(50, 0)) == [(0, 0, 80)]


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        ([upload(80, 0), upload(20, 30)], [(0, 0, 50)]),
        ([copy(100, 0), copy(20, 50)], [(0, 0, 70)]),
    ],
)
def test_an_intent_inside_another_of_its_kind_ends_the_file_as_in_b2sdk(
    intents: list[WriteIntent], expected: list[tuple[int, int, int]]
) -> None:
    assert resolved(*intents) == expected


def test_an_intent_inside_another_of_its_kind_is_refused_where_it_leaves_no_order() -> None:
    intents = [copy(23, 0), copy(13, 23), upload(52, 36), upload(40, 44), copy(11, 88), upload(36, 99)]
    with pytest.raises(ValueError, match="inside a longer one of the same kind"):
        list(pieces_of(intents, 20))


# --- what is refused, and what is nothing ---


@pytest.mark.parametrize(("intents", "hole"), [([upload(5, 0), upload(5, 6)], "5, 6"), ([copy(5, 1)], "0, 1")])
def test_a_hole_is_refused(intents: list[WriteIntent], hole: str) -> None:
    with pytest.raises(ValueError, match=rf"Cannot emerge file with holes. Found hole range: \({hole}\)"):
        resolved(*intents)


@pytest.mark.parametrize("intents", [[upload(9, 0), upload(9, 3), upload(9, 2)], [upload(9, -1)]])
def test_intents_have_to_be_sorted(intents: list[WriteIntent]) -> None:
    with pytest.raises(ValueError, match="Write intent stream have to be sorted by destination offset"):
        resolved(*intents)


def test_there_has_to_be_an_intent() -> None:
    with pytest.raises(ValueError, match="at least one source"):
        resolved()


def test_a_file_without_content_is_one_empty_piece() -> None:
    assert resolved(upload(0, 0)) == [(0, 0, 0)]
    assert resolved(copy(0, 0), upload(0, 0)) == [(1, 0, 0)]


def test_empty_intents_change_nothing() -> None:
    assert resolved(upload(0, 0), upload(100, 0), upload(0, 50), copy(0, 100)) == [(1, 0, 100)]


# --- always ---


@st.composite
def overlapping(draw: st.DrawFn) -> list[WriteIntent]:
    """Draw intents without holes, none of which is inside another one of its kind."""
    ends = {upload: 0, copy: 0}
    intents: list[WriteIntent] = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from([upload, copy]))
        last = intents[-1].destination_offset if intents else 0
        offset = draw(st.integers(last, max(last, *ends.values())))
        end = draw(st.integers(max(ends[kind], offset) + 1, max(ends[kind], offset) + 40))
        intents.append(kind(end - offset, offset))
        ends[kind] = end
    return intents


@given(overlapping())
def test_the_pieces_cover_the_file_once_and_in_order(intents: list[WriteIntent]) -> None:
    position = 0
    for number, offset, length in resolved(*intents):
        assert intents[number].destination_offset + offset == position
        assert length > 0
        assert 0 <= offset <= intents[number].length - length
        position += length
    assert position == max(intent.destination_end_offset for intent in intents)


def test_a_piece_comes_out_before_the_stream_of_intents_ends() -> None:
    def endless() -> Iterator[WriteIntent]:
        sources: Iterable[UploadSourceStream] = iter(lambda: UploadSourceStream(NotImplemented, 5, "sha1"), None)
        return WriteIntent.wrap_sources_iterator(sources)

    assert [piece.length for piece, _ in zip(pieces_of(endless()), range(3), strict=False)] == [5, 5, 5]
