from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidUserInput, MaxFileSizeExceeded
from b2sdk.transfer.limits import PartLimits, choose_part_limits
from b2sdk.transfer.part import CopyPart, Piece, PlannedPart, UploadPart
from b2sdk.transfer.plan import Plan, plan, plan_stream
from b2sdk.transfer.source import CopySource, OutboundTransferSource, UploadSourceBytes, UploadSourceStream
from b2sdk.transfer.write_intent import WriteIntent

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "planning-vectors.json").read_text())["emerge"]
LIMITS = PartLimits(10, 100, 500)

Shown = list[Any]


class Named(UploadSourceStream):
    """Content of some length that is never opened."""

    def __init__(self, name: str, length: int) -> None:
        super().__init__(NotImplemented, length, "sha1")
        self.file_id = name


def source(name: str, kind: str, length: int) -> Named | CopySource:
    return CopySource(name, length=length) if kind == "c" else Named(name, length)


def row(text: str) -> list[WriteIntent]:
    """``"U60 C5"`` are sources ``a`` and ``b``, in this order."""
    sources = [source("abcdefgh"[n], word[0].lower(), int(word[1:])) for n, word in enumerate(text.split())]
    return list(WriteIntent.wrap_sources_iterator(sources))


def pieces_of(part: PlannedPart) -> tuple[Piece, ...]:
    return part.pieces if isinstance(part, UploadPart) else (part.piece,)


def shown(part: PlannedPart) -> Shown:
    """Return the part in the language of the vectors."""
    pieces = pieces_of(part)
    letter = "C" if isinstance(part, CopyPart) else "S" if len(pieces) > 1 or pieces[0].is_copy else "U"
    return [letter, *([name(piece.source), piece.offset, piece.length] for piece in pieces)]


def name(outbound: OutboundTransferSource) -> str:
    assert isinstance(outbound, Named | CopySource)
    return outbound.file_id


def planned(intents: Iterable[WriteIntent], limits: PartLimits = LIMITS) -> list[Shown]:
    return [shown(part) for part in plan(intents, limits).parts]


# --- agreement with b2sdk ---


@pytest.mark.parametrize("case", VECTORS, ids=range(len(VECTORS)))
def test_plans_are_those_of_b2sdk(case: dict[str, Any]) -> None:
    intents = [WriteIntent(source(name, kind, length), offset) for name, kind, length, offset in case["intents"]]
    limits = PartLimits(case["min"], case["rec"], case["max"])
    parts = plan_stream(intents, limits) if case["stream"] else plan(intents, limits).parts
    assert [shown(part) for part in parts] == case["parts"]


@pytest.mark.parametrize("case", [case for case in VECTORS if not case["stream"]][:50])
def test_a_file_is_large_where_it_is_for_b2sdk(case: dict[str, Any]) -> None:
    intents = [WriteIntent(source(name, kind, length), offset) for name, kind, length, offset in case["intents"]]
    assert plan(intents, PartLimits(case["min"], case["rec"], case["max"])).is_large is case["large"]


@pytest.mark.parametrize(
    ("intents", "parts"),
    [
        ("U109", "U(a0+109)"),
        ("U110", "U(a0+100) U(a100+10)"),
        ("U209", "U(a0+100) U(a100+109)"),
        ("U210", "U(a0+100) U(a100+100) U(a200+10)"),
        ("C5", "C(a0+5)"),
        ("C5 U5", "S(a0+5 b0+5)"),
        ("U5 C14", "S(a0+5 b0+14)"),
        ("U5 C15", "S(a0+5 b0+5) C(b5+10)"),
        ("U10 C10", "U(a0+10) C(b0+10)"),
        ("C10 U5", "C(a0+10) U(b0+5)"),
        ("C10 C5", "C(a0+10) S(b0+5)"),
        ("C10 C5 C20", "C(a0+10) S(b0+5 c0+5) C(c5+15)"),
        ("U100 C9 C9 C100", "U(a0+100) S(b0+9 c0+9) C(d0+100)"),
        ("U60 U60 U60", "S(a0+60 b0+40) S(b40+20 c0+60)"),
    ],
)
def test_small_neighbours_are_joined_and_large_ones_cut(intents: str, parts: str) -> None:
    told = [f"{letter}({' '.join(f'{n}{o}+{m}' for n, o, m in ranges)})" for letter, *ranges in planned(row(intents))]
    assert " ".join(told) == parts


# --- the plan as a whole ---


def test_the_order_of_the_intents_does_not_matter() -> None:
    assert planned(row("U60 C50 U60")[::-1]) == planned(row("U60 C50 U60"))


def test_a_file_that_one_request_makes_is_not_large() -> None:
    assert not plan(row("U109"), LIMITS).is_large
    assert not plan(row("C500"), LIMITS).is_large
    assert plan(row("C501"), LIMITS).is_large


def test_the_length_is_that_of_all_parts() -> None:
    assert plan(row("U210 C7 C600"), LIMITS).length == 817


def test_the_largest_file_is_planned_within_ten_thousand_parts() -> None:
    ten_terabytes = plan([WriteIntent(Named("a", 10**13))], choose_part_limits(100_000_000))
    assert len(ten_terabytes.parts) <= 10_000
    assert ten_terabytes.length == 10**13


def test_a_larger_file_is_refused() -> None:
    with pytest.raises(MaxFileSizeExceeded):
        plan([WriteIntent(CopySource("id", length=10**13 + 1))], choose_part_limits(100_000_000))


def test_parts_of_a_stream_do_not_grow() -> None:
    assert next(plan_stream(row("U2000000"), LIMITS)).length == 100


@pytest.mark.parametrize("planner", [plan, lambda intents, limits: list(plan_stream(intents, limits))])
def test_a_file_of_nothing_at_all_is_refused(planner: Callable[[list[WriteIntent], PartLimits], object]) -> None:
    with pytest.raises(ValueError, match="at least one source"):
        planner([], LIMITS)


def test_an_empty_upload_is_one_empty_part() -> None:
    assert planned(row("U0")) == [["U", ["a", 0, 0]]]


def test_a_copy_of_nothing_is_an_empty_upload() -> None:
    (part,) = plan(row("C0"), LIMITS).parts
    assert (type(part), part.is_local, part.length) == (UploadPart, True, 0)


def test_a_file_that_is_shorter_than_its_sources_is_announced(caplog: pytest.LogCaptureFixture) -> None:
    nested = [WriteIntent(Named("a", 80)), WriteIntent(Named("b", 20), 30)]
    with caplog.at_level(logging.WARNING):
        assert plan(nested, LIMITS).length == 50
    assert "the file will end at byte 50 of 80" in caplog.text


# --- streams ---


def test_a_part_leaves_before_the_stream_ends() -> None:
    taken = 0

    def endless() -> Iterator[Named]:
        nonlocal taken
        while True:
            taken += 1
            yield Named("a", 60)

    parts = plan_stream(WriteIntent.wrap_sources_iterator(endless()), LIMITS)
    assert [part.length for part in islice(parts, 2)] == [100, 100]
    assert taken <= 6


def test_an_empty_stream_of_content_is_one_empty_part() -> None:
    assert [shown(part) for part in plan_stream(row("U0 U0"), LIMITS)] == [["U", ["b", 0, 0]]]


# --- always ---

LENGTHS = st.one_of(st.integers(0, 25), st.integers(0, 1200))
SOURCES = st.lists(st.tuples(st.sampled_from("uc"), LENGTHS), min_size=1, max_size=8)
PART_LIMITS = st.tuples(st.integers(0, 20), st.integers(5, 100), st.integers(0, 400)).map(
    lambda sizes: PartLimits(min(sizes[0], sizes[1]), sizes[1], sizes[1] + sizes[2])
)


def in_a_row(sources: list[tuple[str, int]]) -> list[WriteIntent]:
    named = (source(str(number), kind, length) for number, (kind, length) in enumerate(sources))
    return list(WriteIntent.wrap_sources_iterator(named))


@given(SOURCES, PART_LIMITS)
def test_every_byte_is_in_one_part(sources: list[tuple[str, int]], limits: PartLimits) -> None:
    intents = in_a_row(sources)
    offsets = {id(intent.outbound_source): intent.destination_offset for intent in intents}
    position = 0
    for piece in (piece for part in plan(intents, limits).parts for piece in pieces_of(part) if piece.length):
        assert offsets[id(piece.source)] + piece.offset == position
        position += piece.length
    assert position == intents[-1].destination_end_offset


@given(SOURCES, PART_LIMITS)
def test_no_part_but_the_last_is_smaller_than_the_minimum(sources: list[tuple[str, int]], limits: PartLimits) -> None:
    *others, last = plan(in_a_row(sources), limits).parts
    assert all(part.length >= limits.minimum for part in others if isinstance(part, UploadPart))
    assert last.length or not others


@given(SOURCES, PART_LIMITS)
def test_no_part_is_larger_than_the_limits_allow(sources: list[tuple[str, int]], limits: PartLimits) -> None:
    parts = plan(in_a_row(sources), limits).parts
    assert all(part.length <= limits.recommended + limits.minimum for part in parts if isinstance(part, UploadPart))
    assert all(part.length <= limits.maximum for part in parts if isinstance(part, CopyPart))


@given(SOURCES, PART_LIMITS)
def test_a_stream_is_planned_like_a_list(sources: list[tuple[str, int]], limits: PartLimits) -> None:
    streamed = [shown(part) for part in plan_stream(iter(in_a_row(sources)), limits) if part.length]
    assert streamed == [shown(part) for part in plan(in_a_row(sources), limits).parts if part.length]


# --- the plan id ---


def sha1_of(pieces: tuple[Piece, ...]) -> str:
    digest = hashlib.sha1()
    for piece in pieces:
        assert isinstance(piece.source, UploadSourceBytes)
        digest.update(piece.source.data_bytes[piece.offset : piece.offset + piece.length])
    return digest.hexdigest()


def of(*parts: PlannedPart) -> str | None:
    return Plan(parts).plan_id(sha1_of)


def local(data: bytes) -> Piece:
    return Piece(UploadSourceBytes(data), 0, len(data))


def stored(file_id: str = "id", start: int = 0, offset: int = 0, length: int = 20) -> Piece:
    return Piece(CopySource(file_id, start, 100), offset, length)


def test_a_plan_whose_parts_all_have_a_sha1_needs_no_id() -> None:
    assert of(UploadPart((local(b"a"), local(b"b"))), UploadPart((local(b"c"),))) is None


def test_the_id_is_that_of_b2sdk() -> None:
    parts = CopyPart(stored()), UploadPart((local(b"a"), stored(length=5)))
    a = hashlib.sha1(b"a").hexdigest()
    expected = hashlib.sha1(f'[["id", 0, 20], ["{a}", ["id", 0, 5]]]'.encode()).hexdigest()
    assert of(*parts) == expected


def test_the_id_of_the_same_content_is_the_same() -> None:
    assert of(CopyPart(stored()), UploadPart((local(b"a"),))) == of(CopyPart(stored()), UploadPart((local(b"a"),)))
    assert of(CopyPart(stored(start=5))) == of(CopyPart(stored(offset=5)))


@pytest.mark.parametrize(
    "parts",
    [
        [CopyPart(stored("other")), UploadPart((local(b"a"),))],
        [CopyPart(stored(start=1)), UploadPart((local(b"a"),))],
        [CopyPart(stored(offset=1)), UploadPart((local(b"a"),))],
        [CopyPart(stored(length=21)), UploadPart((local(b"a"),))],
        [CopyPart(stored()), UploadPart((local(b"b"),))],
        [UploadPart((local(b"a"),)), CopyPart(stored())],
        [UploadPart((stored(), local(b"a")))],
    ],
    ids=["file", "start of the source", "offset", "length", "content", "order", "division"],
)
def test_the_id_reports_any_other_plan(parts: list[PlannedPart]) -> None:
    assert of(*parts) != of(CopyPart(stored()), UploadPart((local(b"a"),)))


@pytest.mark.parametrize("kind", ["c", "u"])
def test_more_parts_than_a_file_may_have_are_refused(kind: str) -> None:
    limits = PartLimits(5_000_000, 100_000_000, 100_000_000)
    with pytest.raises(InvalidUserInput, match="20000 parts of at most 100000000 bytes, and a file has at most 10000"):
        plan([WriteIntent(source("a", kind, 2 * 10**12))], limits)
