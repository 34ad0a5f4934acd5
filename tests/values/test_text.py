from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.text import escape_control_chars, substitute_control_chars, unprintable_to_hex


def test_control_characters_are_shown_as_they_always_were(vectors: dict[str, Any]) -> None:
    expected = vectors["escape_control_chars"]
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
