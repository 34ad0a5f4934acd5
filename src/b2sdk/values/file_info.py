"""File info: the small string map that travels with a file, and the entries that the service gives a meaning."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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

HTTP_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""What RFC 9110 calls a token: the names of headers, and the words in their values."""
_NAME = re.compile(HTTP_WORD)
_HTTP_DATE_FORMATS = (
    "%a, %d %b %Y %H:%M:%S GMT",  # IMF-fixdate, the only one to be written
    "%A, %d-%b-%y %H:%M:%S GMT",  # RFC 850
    "%a %b %d %H:%M:%S %Y",  # asctime
)


class DownloadHeaders:
    """The HTTP headers that a file is downloaded with, as its file info has them; ``None`` for those that are not."""

    __slots__ = ()

    if TYPE_CHECKING:  # a subclass has it as an attribute

        @property
        def file_info(self) -> dict[str, str] | None: ...

    @property
    def cache_control(self) -> str | None:
        """``Cache-Control`` of downloads; ``None`` if the file info has none."""
        return (self.file_info or {}).get(CACHE_CONTROL)

    @property
    def expires(self) -> str | None:
        """``Expires`` of downloads, an HTTP date; ``None`` if the file info has none."""
        return (self.file_info or {}).get(EXPIRES)

    @property
    def content_disposition(self) -> str | None:
        """``Content-Disposition`` of downloads; ``None`` if the file info has none."""
        return (self.file_info or {}).get(CONTENT_DISPOSITION)

    @property
    def content_encoding(self) -> str | None:
        """``Content-Encoding`` of downloads; ``None`` if the file info has none."""
        return (self.file_info or {}).get(CONTENT_ENCODING)

    @property
    def content_language(self) -> str | None:
        """``Content-Language`` of downloads; ``None`` if the file info has none."""
        return (self.file_info or {}).get(CONTENT_LANGUAGE)

    def expires_parsed(self) -> datetime | None:
        """Return :attr:`expires` as a UTC time; ``None`` if there is none.

        :raises ValueError: it is not an HTTP date.
        """
        return None if self.expires is None else parse_http_date(self.expires)


class InfoOptions(NamedTuple):
    """File info as callers give it: the entries, and five more by the HTTP headers that a download has them in."""

    file_info: dict[str, str] | None = None
    cache_control: str | None = None
    expires: str | datetime | None = None
    """An HTTP date; a ``datetime`` is written as one, and a naive one counts as local time."""
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None

    def merge(self) -> dict[str, str] | None:
        """Return all of it as one file info; the given one is not changed, and returned itself if it is all.

        A value given for a header wins over an entry of its name, with a warning in the log.
        """
        if self[1:] == _NO_HEADERS:
            return self.file_info
        merged = dict(self.file_info or {})
        for name, value in self._entries().items():
            if merged.get(name, value) != value:
                logger.warning(
                    "Overwriting file info key %s with value %s (previous value %s)", name, value, merged[name]
                )
            merged[name] = value
        return merged

    def _entries(self) -> dict[str, str]:
        expires = http_date(self.expires) if isinstance(self.expires, datetime) else self.expires
        entries = {
            EXPIRES: expires,
            CACHE_CONTROL: self.cache_control,
            CONTENT_DISPOSITION: self.content_disposition,
            CONTENT_ENCODING: self.content_encoding,
            CONTENT_LANGUAGE: self.content_language,
        }
        return {name: value for name, value in entries.items() if value is not None}


_NO_HEADERS: Final = (None,) * 5


def check_file_info(file_info: Mapping[Any, Any] | None) -> None:
    """Refuse what cannot travel as a header: the names are HTTP tokens in any case, the values text.

    :raises BadFileInfo: names the entry at fault.
    """
    if not file_info:
        return
    if not isinstance(file_info, Mapping):
        raise BadFileInfo(f"a mapping of names to values is needed, not {type(file_info).__name__}")
    known: dict[str, str] = {}
    for name, value in file_info.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadFileInfo(f"{name!r} is not made of the characters that a file info name may have")
        if not isinstance(value, str):
            raise BadFileInfo(f"the value of {name!r} is not a string")
        if re.search("[\ud800-\udfff]", value):
            raise BadFileInfo(f"the value of {name!r} is not valid Unicode")
        if known.setdefault(name.lower(), name) != name:
            raise BadFileInfo(f"{known[name.lower()]!r} and {name!r} are the same name to the service")


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
