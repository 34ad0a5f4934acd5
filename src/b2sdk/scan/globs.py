"""Shell patterns over paths, as regular expressions."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import NamedTuple

from b2sdk.exception import InvalidArgument

_PIECE = re.compile(
    r"""
    (?P<folders> (?<![^/]) \*\*/ )          # any folders, or none
    | (?P<everything> (?<![^/]) \*\* \Z )
    | (?P<some> \*+ )
    | (?P<one> \? )
    | (?P<set> \[ (?: ! | (?!!) ) (?: \][^]]* | [^]]+ ) \] )
    | (?P<plain> . )
    """,
    re.VERBOSE | re.DOTALL,
)


_END = r"\Z"
"""What fnmatch puts behind an expression; newer Pythons write it as ``\\z``."""


class GlobRegexes(NamedTuple):
    """What patterns mean, for expressions that are matched with the beginning of a path."""

    directories: list[str]
    """These match what is inside of a directory, too."""
    files: list[str]


def regexes_of_globs(parameter: str, patterns: Iterable[str]) -> GlobRegexes:
    """Return the expressions for patterns.

    :param parameter: what errors call them.
    :raises InvalidArgument: it is a text and not a list of them, or one of them is empty.
    """
    if isinstance(patterns, str):
        raise InvalidArgument(parameter, "is a list of patterns, not one")
    found = GlobRegexes([], [])
    for pattern in patterns:
        if not pattern.strip("/"):
            raise InvalidArgument(parameter, f"has a pattern that matches nothing: {pattern!r}")
        expression = _translate(pattern)
        found.directories.append(rf"{expression}(?:/|\Z)")
        if not pattern.endswith("/"):
            found.files.append(rf"{expression}\Z")
    return found


def _translate(pattern: str) -> str:
    name = pattern.rstrip("/")
    anywhere = "" if "/" in name else "(?:.*/)?"
    return f"(?s:{anywhere}{''.join(map(_regex, _PIECE.finditer(name.removeprefix('/'))))})"


def _regex(piece: re.Match[str]) -> str:
    if piece["folders"]:
        return "(?:.*/)?"
    if piece["everything"]:
        return ".*"
    if piece["some"]:
        return "[^/]*"
    if piece["one"]:
        return "[^/]"
    if piece["set"]:
        return "(?!/)" + fnmatch.translate(piece["set"])[: -len(_END)]
    return re.escape(piece["plain"])
