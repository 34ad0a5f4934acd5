from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.text import (
    escape_control_chars,
    on_one_line,
    printed_name,
    substitute_control_chars,
    unprintable_to_hex,
)

VECTORS = Path(__file__).parent / "data" / "naming-vectors.json"


def test_control_characters_are_shown_as_they_always_were() -> None:
    expected = json.loads(VECTORS.read_text("utf-8"))["escape_control_chars"]
    assert [
        [text, escape_control_chars(text), unprintable_to_hex(text), list(substitute_control_chars(text))]
        for text, *_ in expected
    ] == expected


def is_control(character: str) -> bool:
    return (character < " " or "\x7f" <= character <= "\x9f") and character not in "\t\n\v\f\r"


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    replaced, was_replaced = substitute_control_chars(text)
    assert was_replaced == any(map(is_control, text))
    assert replaced == "".join("\ufffd" if is_control(one) else one for one in text)
    assert unprintable_to_hex(text) == "".join(f"\\x{ord(one):02x}" if is_control(one) else one for one in text)


@given(st.text(min_size=1))
def test_a_shell_reads_escaped_text_as_one_word(text: str) -> None:
    assert shlex.split(escape_control_chars(text)) == [unprintable_to_hex(text)]


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_stays_nothing(nothing: Any) -> None:
    assert (escape_control_chars(nothing), unprintable_to_hex(nothing)) == (nothing, nothing)


TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BREAKING = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
texts = st.text(st.characters() | st.sampled_from(TURNING + BREAKING + "\t\b\x1b\x7f"), min_size=1)


@given(texts)
def test_a_name_that_is_printed_writes_no_line_of_its_own(text: str) -> None:
    line = on_one_line(text)
    assert len(line.splitlines()) == 1
    assert not any(one < " " or "\x7f" <= one <= "\x9f" or one in TURNING for one in line)
    assert shlex.split(printed_name(text)) == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\rc\td", r"a\x0ab\x0dc\x09d"),
        ("\u2028\u202e", r"\u2028\u202e"),
        ("plain \u00e9 \u0634", "plain \u00e9 \u0634"),
    ],
)
def test_what_is_harmless_stays_and_the_rest_is_reported(text: str, line: str) -> None:
    assert on_one_line(text) == line


@pytest.mark.parametrize("name", ["", *map(chr, range(0x20, 0x7F)), "é", "a/b-1.txt", "a b", "-", "a'b", "٣"])
def test_a_name_is_printed_as_a_shell_reads_it(name: str) -> None:
    assert printed_name(name) == shlex.quote(name)
    assert shlex.split(printed_name(name)) == [name]
