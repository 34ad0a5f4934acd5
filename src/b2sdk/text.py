"""Control characters in names: shown, replaced or escaped before a person or a shell sees them."""

from __future__ import annotations

import re

# The C0 and C1 control characters and DEL, less TAB, LF, VT, FF and CR.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# All control characters, the separators of lines and paragraphs, and what turns the direction of the text around it.
_UNRULY = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
"""A pattern that few programs need, and that takes a while to compile."""

_needs_nothing = re.compile(r"[\w@%+=:,./-]+", re.ASCII).fullmatch


def unprintable_to_hex(s: str) -> str:
    """Replace each control character by its ``\\xNN``. ``None`` and empty text come back as they are."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", s) if s else s


def escape_control_chars(s: str) -> str:
    """Like :func:`unprintable_to_hex`, quoted for a shell where needed."""
    return _quoted(unprintable_to_hex(s)) if s else s


def substitute_control_chars(s: str) -> tuple[str, bool]:
    """Replace each control character by U+FFFD; also tell whether there was one."""
    replaced, count = _UNPRINTABLE.subn("\ufffd", s)
    return replaced, count > 0


def on_one_line(s: str) -> str:
    """Replace what would end the line, move in it or turn it around by its ``\\xNN`` or ``\\uNNNN``.

    For texts that quote names: the name of a file must not inject lines into a report or a log.
    """
    return re.sub(_UNRULY, _escaped, s)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printed_name(s: str) -> str:
    """Like :func:`on_one_line`, quoted for a shell where needed."""
    # Most names are plain, and a sync prints each: to replace nothing and quote nothing takes five times as long.
    return s if _needs_nothing(s) else _quoted(on_one_line(s))


def _quoted(s: str) -> str:
    from shlex import quote  # noqa: PLC0415  # errors import this module, and few print names

    return quote(s)
