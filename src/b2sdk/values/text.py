"""Control characters in names: shown, replaced or escaped before a person or a shell sees them."""

from __future__ import annotations

import re
import shlex

# The C0 and C1 control characters and DEL, less TAB, LF, VT, FF and CR.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def unprintable_to_hex(s: str) -> str:
    """Replace each control character by its ``\\xNN``. ``None`` and empty text come back as they are."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", s) if s else s


def escape_control_chars(s: str) -> str:
    """Like :func:`unprintable_to_hex`, quoted for a shell where needed."""
    return shlex.quote(unprintable_to_hex(s)) if s else s


def substitute_control_chars(s: str) -> tuple[str, bool]:
    """Replace each control character by U+FFFD; also tell whether there was one."""
    replaced, count = _UNPRINTABLE.subn("\ufffd", s)
    return replaced, count > 0
