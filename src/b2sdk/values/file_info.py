"""File info: the small string map that travels with a file, and the entries that the service gives a meaning."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

from b2sdk.exception import BadFileInfo

logger: logging.Logger = logging.getLogger(__name__)

CACHE_CONTROL: Final = "b2-cache-control"
CONTENT_DISPOSITION: Final = "b2-content-disposition"
CONTENT_ENCODING: Final = "b2-content-encoding"
CONTENT_LANGUAGE: Final = "b2-content-language"
EXPIRES: Final = "b2-expires"

RESPONSE_HEADER_OF_ENTRY: Final[Mapping[str, str]] = {
    EXPIRES: "Expires",
    CACHE_CONTROL: "Cache-Control",
    CONTENT_DISPOSITION: "Content-Disposition",
    CONTENT_ENCODING: "Content-Encoding",
    CONTENT_LANGUAGE: "Content-Language",
}
"""The entries that a download returns as an HTTP header of their own."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HTTP_DATE_FORMATS = (
    "%a, %d %b %Y %H:%M:%S GMT",  # IMF-fixdate, the only one to be written
    "%A, %d-%b-%y %H:%M:%S GMT",  # RFC 850
    "%a %b %d %H:%M:%S %Y",  # asctime
)


class HeaderEntries(NamedTuple):
    """The HTTP headers that a file is to be downloaded with; ``None`` for those that are not given."""

    cache_control: str | None = None
    expires: str | datetime | None = None
    """An HTTP date; a ``datetime`` is written as one, and a naive one counts as local time."""
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None

    def as_file_info(self) -> dict[str, str]:
        """Return the file-info entries that say so."""
        expires = http_date(self.expires) if isinstance(self.expires, datetime) else self.expires
        entries = {
            EXPIRES: expires,
            CACHE_CONTROL: self.cache_control,
            CONTENT_DISPOSITION: self.content_disposition,
            CONTENT_ENCODING: self.content_encoding,
            CONTENT_LANGUAGE: self.content_language,
        }
        return {name: value for name, value in entries.items() if value is not None}


def with_header_entries(file_info: dict[str, str] | None, headers: HeaderEntries) -> dict[str, str] | None:
    """Return ``file_info`` with the entries for these HTTP headers added; the argument itself is not changed.

    A value given there wins over one that is in ``file_info`` already, with a warning in the log.
    """
    entries = headers.as_file_info()
    if not entries:
        return file_info
    merged = dict(file_info or {})
    for name, value in entries.items():
        if merged.get(name, value) != value:
            logger.warning("Overwriting file info key %s with value %s (previous value %s)", name, value, merged[name])
        merged[name] = value
    return merged


def check_file_info(file_info: Mapping[Any, Any] | None) -> None:
    """Refuse what cannot travel as a header: the names are HTTP tokens, the values text.

    :raises BadFileInfo: names the entry at fault.
    """
    for name, value in (file_info or {}).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise BadFileInfo(f"{name!r} is not made of the characters that a file info name may have")
        if not isinstance(value, str):
            raise BadFileInfo(f"the value of {name!r} is not a string")


def http_date(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime(_HTTP_DATE_FORMATS[0])


def parse_http_date(text: str) -> datetime:
    """Read any of the three forms an HTTP date may have, as UTC.

    :raises ValueError: the text is none of them.
    """
    for form in _HTTP_DATE_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    raise ValueError(f"Value {text} is not a valid HTTP-date, won't be parsed.")
