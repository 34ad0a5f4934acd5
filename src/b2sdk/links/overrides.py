"""The response headers that a URL sets in place of those that the file was stored with.

What belongs here checks them, refuses what would let a browser run the content, and spells them for the two APIs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from typing_extensions import TypedDict

from b2sdk.values.argument import arguments_checked
from b2sdk.values.file_info import HTTP_WORD, RESPONSE_HEADER_OF_ENTRY, InfoOptions, parse_http_date

_PARAMETERS: Final = rf"""(?: *; *{HTTP_WORD} *= *(?:{HTTP_WORD}|"(?:[^"\\]|\\.)*"))* *"""
_DISPOSITION = re.compile(rf"({HTTP_WORD}){_PARAMETERS}")
_MEDIA_TYPE = re.compile(rf"({HTTP_WORD}/{HTTP_WORD}){_PARAMETERS}")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ACTIVE = re.compile(
    r"""
      .*\+xml | .*/xml | .*/xml-.* | .*/xsl | .*/xslt.*     # XHTML and SVG are among them
    | .*html.*
    | .*(?:java|ecma|vb|j|live)script.*
    | multipart/.* | message/.*                             # documents with others in them
    | \*/\* | .*/unknown | unknown/.*                       # browsers guess what it is
    """,
    re.VERBOSE,
)
"""Media types, in lower case, of what a browser runs, or guesses."""


class ActiveContentRefused(ValueError):
    """A URL would let a browser run what is stored, with all that your pages on that host may do."""


class ResponseOverrides(TypedDict, total=False):
    """The headers of a response that a URL may set; ``None`` leaves one as it was stored."""

    content_disposition: str | None
    """``attachment; filename="report.pdf"`` say: the browser saves the file under this name."""
    content_language: str | None
    """``de`` say."""
    expires: str | datetime | None
    """An HTTP date; a ``datetime`` is written as one, and a naive one counts as local time."""
    cache_control: str | None
    """``max-age=3600`` say."""
    content_encoding: str | None
    """``gzip`` say; the content has to be encoded so already."""
    content_type: str | None
    """A MIME type, with its parameters."""


@arguments_checked
def read_overrides(
    allow_active_content: bool,
    content_disposition: str | None = None,
    content_language: str | None = None,
    expires: str | datetime | None = None,
    cache_control: str | None = None,
    content_encoding: str | None = None,
    content_type: str | None = None,
) -> dict[str, str]:
    """Return the overrides by the names of their headers.

    :raises TypeError: there is no such override, or one is of another kind than it should be.
    :raises ValueError: one cannot be the value of its header.
    :raises ActiveContentRefused: the content may be run by a browser, and that is not allowed.
    """
    entries = InfoOptions(None, cache_control, expires, content_disposition, content_encoding, content_language).merge()
    headers = {RESPONSE_HEADER_OF_ENTRY[entry]: value for entry, value in (entries or {}).items()}
    if content_type is not None:
        headers["Content-Type"] = content_type
    for name, value in headers.items():
        _check_value(name, value)
    if not allow_active_content:
        _check_passive(headers)
    return headers


def _check_value(name: str, value: str) -> None:
    if not value.strip() or _UNPRINTABLE.search(value):
        raise ValueError(f"{value!r} cannot be the value of the header {name}")
    if name == "Expires":
        parse_http_date(value)
    grammar = {"Content-Disposition": _DISPOSITION, "Content-Type": _MEDIA_TYPE}.get(name)
    if grammar is not None and not grammar.fullmatch(value):
        raise ValueError(f"{value!r} is not of the form that the header {name} has")


def _check_passive(headers: Mapping[str, str]) -> None:
    """Refuse types that a browser runs, and what tells it to show the content instead of saving it."""
    media_type, disposition = headers.get("Content-Type"), headers.get("Content-Disposition")
    if media_type is not None and _ACTIVE.fullmatch(media_type.partition(";")[0].strip().lower()):
        raise ActiveContentRefused(f"a browser may run {media_type!r}; allow_active_content=True allows it")
    if disposition is not None and disposition.partition(";")[0].strip().lower() != "attachment":
        raise ActiveContentRefused(f"a browser shows what is {disposition!r}; allow_active_content=True allows it")


def as_b2_parameters(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the overrides by the names of their parameters in the native API: ``b2ContentType``, say."""
    return {f"b2{name.replace('-', '')}": value for name, value in headers.items()}
