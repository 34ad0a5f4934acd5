"""Names of files: how they travel, and which the service, a bucket and a local disk take.

There are three rules, because there are three askers: :func:`validate_b2_file_name` is what ``Bucket`` asks before an
upload, :func:`check_b2_filename` what the raw API asks (a little wider), and :func:`validate_b2_file_name_as_path`
what decides whether a name from a bucket may become a local path.
"""

from __future__ import annotations

import re
import sys
from urllib.parse import quote, unquote_plus

from b2sdk.exception import UnusableFileName
from b2sdk.text import on_one_line

MAX_SEGMENT_BYTES = 250


def b2_url_encode(s: str) -> str:
    """Percent-encode the UTF-8 form, leaving letters, digits and ``-._~/``.

    :raises TypeError: it is no text.
    """
    if not isinstance(s, str):
        raise TypeError(f"a name must be str, not {type(s).__name__}")
    return quote(s.encode("utf-8"))


def b2_url_decode(s: str) -> str:
    """Undo :func:`b2_url_encode`; a ``+`` is a space, as the service may send it in headers."""
    return unquote_plus(s)


def validate_b2_file_name(name: object) -> None:
    """Check a name before it is uploaded or copied to.

    :raises ValueError: says what is wrong with the name.
    """
    if not isinstance(name, str):
        problem = f"file name must be a string, not {type(name).__name__}"
        raise ValueError(problem)  # noqa: TRY004  # the type that callers catch
    encoded = _utf8(name)
    if encoded is None:
        raise ValueError("file name must be valid Unicode, check locale")
    for is_wrong, problem in (
        (not encoded, "file name too short (0 utf-8 bytes)"),
        (len(encoded) > 1000, "file name too long (more than 1000 utf-8 bytes)"),
        (name.startswith("/"), "file names must not start with '/'"),
        (name.endswith("/"), "file names must not end with '/'"),
        ("\\" in name, r"file names must not contain '\'"),
        ("//" in name, "file names must not contain '//'"),
        ("\x7f" in name, "file names must not contain DEL"),
        (_has_long_segment(encoded), "file names segments (between '/') can be at most 250 utf-8 bytes"),
    ):
        if is_wrong:
            raise ValueError(problem)


def check_b2_filename(filename: str) -> None:
    """Check a name as the native API documents it.

    :raises UnusableFileName: says what is wrong with the name.
    """
    encoded = _utf8(filename)
    if encoded is None:
        raise UnusableFileName("Filename must be valid Unicode.")
    lowest = min(map(ord, filename), default=32)
    for is_wrong, problem in (
        (not encoded, "Filename must be at least 1 character."),
        (len(encoded) > 1024, "Filename is too long (can be at most 1024 bytes)."),
        (
            lowest < 32,
            f'Filename "{on_one_line(filename)}" contains code {lowest} (hex {lowest:02x}), less than 32.',
        ),
        ("\x7f" in filename, "DEL character (0x7f) not allowed."),
        (filename.startswith("/") or filename.endswith("/"), "Filename may not start or end with '/'."),
        ("//" in filename, 'Filename may not contain "//".'),
        (_has_long_segment(encoded), "Filename segment too long (maximum 250 bytes in utf-8)."),
    ):
        if is_wrong:
            raise UnusableFileName(problem)


def problem_as_stored_name(name: str) -> str | None:
    """Return why no upload may have the name, by either of the two rules; ``None`` if one may."""
    try:
        validate_b2_file_name(name)
        check_b2_filename(name)
    except (ValueError, UnusableFileName) as error:
        return str(error.args[0])
    return None


def validate_b2_file_name_as_path(file_name: str) -> None:
    """Check that a name from a bucket, joined to a directory, stays inside it.

    :raises ValueError: the name is absolute, has a drive letter, or an empty, ``.`` or ``..`` component.
    """
    if file_name.startswith(("/", "\\")):
        raise ValueError("File names containing absolute path components are not supported")
    if sys.platform == "win32" and re.match(r"[A-Za-z]:[/\\]", file_name):
        raise ValueError("File names containing Windows drive letters are not supported")
    components = re.split(r"[/\\]", file_name)
    if any(component in (".", "..") for component in components) or "" in components[:-1]:
        raise ValueError("File names containing relative path components are not supported")


def _utf8(name: str) -> bytes | None:
    try:
        return name.encode("utf-8")
    except UnicodeEncodeError:
        return None


def _has_long_segment(encoded: bytes) -> bool:
    return any(len(segment) > MAX_SEGMENT_BYTES for segment in encoded.split(b"/"))
