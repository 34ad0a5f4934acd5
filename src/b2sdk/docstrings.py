"""What parameters and errors that many methods share are, said once, and what completes the docstrings of a class.

A docstring of a method spells what is its own. Each parameter that it does not describe gets the sentence of this
table, and so does each error of a ``:raises`` line that only has names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, Final, TypeVar

PARAMETERS: Final[Mapping[str, str]] = {
    # files
    "file_id": "the id of a file version.",
    "file_name": "the name of the file in the bucket, with its folders.",
    "content_type": "the MIME type; ``None`` lets the service tell it from the extension of the name.",
    "file_info": """names and values that travel with the file, up to 10 (fewer with some other settings); it is
            not changed.""",
    "progress_listener": "what hears how many bytes there are, and how many are done; ``None`` for nobody.",
    "encryption": """how the file is encrypted. ``None`` is the default of the bucket for a file that is made; a file
            that is read needs a setting only where the key is the customer's.""",
    "destination_encryption": "how the service encrypts the copy; ``None`` is the default of the bucket.",
    "file_retention": "until when the file can neither be changed nor deleted; ``None`` is the default of the bucket.",
    "legal_hold": "``LegalHold.ON`` keeps the file from being deleted until it is lifted; ``None`` sets none.",
    "bypass_governance": "whether governance retention is overridden, which takes a capability of its own.",
    # making files
    "new_file_name": "the name of the copy, with its folders.",
    "large_file_sha1": """the SHA-1 of the whole content as hex digits, recorded with a large file; ``None`` computes
            it where the content is in one local source.""",
    "custom_upload_timestamp": """milliseconds since the epoch, in place of the time of the upload; the account has to
            be enabled for it.""",
    "cache_control": """the ``Cache-Control`` header of downloads; ``None`` is none. It is kept in the file info, as the
            four other headers are, and replaces an entry of its name.""",
    "expires": "the ``Expires`` header of downloads: an HTTP date, or a time, which is local if it has no zone.",
    "content_disposition": "the ``Content-Disposition`` header of downloads.",
    "content_encoding": "the ``Content-Encoding`` header of downloads; the content has to be encoded so already.",
    "content_language": "the ``Content-Language`` header of downloads.",
    "recommended_upload_part_size": """bytes of an uploaded part; ``None`` is what the service recommends to the
            account. Parts are larger where a file would need more than 10,000 of them.""",
    "continue_large_file_id": "the unfinished large file to be resumed; ``None`` looks for one where that is possible.",
    "min_part_size": "the fewest bytes that a part may have, except the last one; ``None`` is 5 MB.",
    "max_part_size": "the most bytes that are copied within the service at once; ``None`` is 5 GB.",
    # reading files
    "range_": "the offsets of the first and the last byte, both included; ``None`` is the whole file.",
    "filename": "the name of the file in the bucket, with its folders.",
    "download_dest": "where the content goes; ``None`` returns what is saved later.",
    # listings
    "fetch_count": "how many entries each request asks for; ``None`` leaves it to the service.",
    "batch_size": "how many entries each request asks for; ``None`` is 100.",
    "start_part_number": "the first part that is listed; ``None`` is part 1.",
    "start_file_id": "the first file that is listed; ``None`` begins with the oldest.",
    "prefix": "what the names of the files that are listed start with; ``None`` lists all.",
    "start_filename": "the first name that is listed; ``None`` begins with the first there is.",
    "max_entries": "how many files a page has at most; ``None`` is 100.",
    # many files
    "workers": "how many files are worked on at a time.",
    "dry_run": "whether nothing is changed; the events are the same, with ``WOULD_DO``.",
    # buckets
    "bucket_id": "the id of a bucket.",
    "bucket_name": "the name of a bucket.",
    "bucket_type": "``allPrivate``, or ``allPublic``, whose files anyone can download.",
    "bucket_info": "names and values that are kept with the bucket, up to 10.",
    "cors_rules": "which web pages may use the bucket: a list of dictionaries with the service's names.",
    "lifecycle_rules": "when versions are hidden and deleted: a list of ``LifecycleRule``.",
    "if_revision_is": """the revision that the bucket must still have, so that nobody else's change is lost; ``None``
            updates any.""",
    "default_server_side_encryption": "how files are encrypted that are made without a setting; SSE-B2 or none.",
    "default_retention": "the retention of files that are made without one.",
    "is_file_lock_enabled": "whether files may have a retention and a legal hold; once on, it stays on.",
    "replication": "to which buckets files are replicated, and from which.",
    # keys
    "application_key_id": "the id of an application key.",
    "application_key": "the secret of the key.",
    "key_name": "what the key is called; names need not be different.",
    "capabilities": "what the key allows, such as ``readFiles``; see ``ALL_CAPABILITIES``.",
    "valid_duration_seconds": "for how many seconds the key is valid, less than 1000 days; ``None`` is for ever.",
    "expiration_timestamp_millis": "when the key ends, in milliseconds since the epoch; ``None`` is never.",
    "bucket_ids": "the ids of the buckets that the key is restricted to; ``None`` is all.",
    "name_prefix": "what the names of files start with that the key is restricted to; ``None`` is all.",
    "options": "what else the service says of the key.",
    # what the service describes
    "api": "the account that it belongs to, a ``B2Api``.",
    "response": "what the service sent, with its names.",
    "bucket_dict": "what the service sent of a bucket, with its names.",
    "file_dict": "what the service sent of the file, with its names.",
    "id_": "the id.",
    "size": "the number of bytes; ``None`` where nobody says.",
    "content_sha1": """the SHA-1 of the content as hex digits, after ``unverified:`` where the service did not compare
            it; ``None`` or ``none`` for a large file.""",
    "content_md5": "the MD5 of the content as hex digits; ``None`` for a large file.",
    "upload_timestamp": "when it was uploaded, in milliseconds since the epoch.",
    "account_id": "the id of the account.",
    "action": "``upload``, ``hide``, ``start``, ``copy`` or ``folder``.",
    "server_side_encryption": "how it is encrypted; of a customer key, the service only knows the id in the file info.",
    "replication_status": "how far the file is replicated; ``None`` where it is not.",
    # clients
    "account_info": "where the state of the account is kept; ``None`` is the SQLite file at its default location.",
    "cache": "where names and ids of buckets are remembered; ``None`` uses the account info.",
    "api_config": "how requests are made; see ``B2HttpApiConfig``.",
    "realm": "a name from ``REALM_URLS``, or the URL of a service.",
    "max_upload_workers": "how many threads send parts; ``None`` is one for each processor and four more, 32 at most.",
    "max_copy_workers": "how many threads copy parts; ``None`` is one for each processor and four more, 32 at most.",
    "max_download_workers": """how many threads fetch ranges of large files; ``None`` is
            one for each processor and four more, 32 at most.""",
    "max_download_streams_per_file": "how many of them one file may use; ``None`` is as many as there are.",
    "save_to_buffer_size": "the buffer, in bytes, of the files that downloads are saved to; ``None`` is Python's own.",
    "check_download_hash": "whether the SHA-1 of downloads is compared.",
}
ERRORS: Final[Mapping[str, str]] = {
    "B2Error": "the service refuses the call, or cannot be reached; see :mod:`b2sdk.v3.exception`.",
    "BadFileInfo": "the file info cannot travel as headers.",
    "FileNotPresent": "a file that is needed does not exist: a source of a copy, or the one to be resumed.",
    "InvalidRange": "the file ends inside the range, or the service keeps sending another one.",
    "InvalidUploadSource": "a local file is not a regular file, or changes while it is read.",
    "InvalidUserInput": "the sizes of parts contradict each other.",
    "MaxFileSizeExceeded": "no file may be so large.",
    "MaxRetriesExceeded": "the service could not take a part, however often it was sent.",
    "SSECKeyError": "the file is encrypted with a customer key, which is another one or was not given.",
    "TypeError": "an argument is of another kind than it should be.",
    "UnexpectedCloudBehaviour": "a field that the protocol promises is missing, or is not what it promises.",
    "UnsatisfiableRange": "the file ends before the range.",
    "ValueError": "the name cannot be that of a file, or another argument makes no sense.",
}

_Class = TypeVar("_Class", bound=type)
_INDENT: Final = "\n" if sys.version_info >= (3, 13) else "\n        "
"""What lines of the docstring of a method begin with: since Python 3.13, the compiler removes their indentation."""
_FIELD: Final = f"{_INDENT}:"
"""What begins a field in the docstring of a method."""


def documented(cls: _Class) -> _Class:
    """Complete the docstrings of the public methods, and of the constructor, that a class defines itself."""
    for name, member in vars(cls).items():
        function: Any = getattr(member, "__func__", member)
        if type(function) is FunctionType and (name[0] != "_" or name == "__init__") and function.__doc__:
            function.__doc__ = completed(function, function.__doc__)
    return cls


def completed(function: Callable[..., Any], doc: str) -> str:
    """Return the docstring of a method with all its parameters, in their order, and all that its errors mean."""
    # Each class does this when it is imported: splitting at a text takes a third of what a regular expression does.
    text, *fields = doc.split(_FIELD)
    own = {field[6 : field.index(":")]: field for field in fields if field.startswith("param ")}
    lines = [own.pop(name, "") or f"param {name}: {_sentence(name)}" for name in _parameters(function)]
    lines += own.values()
    for field in fields:
        if not field.startswith("param "):
            lines += _errors(field)
    if not lines:
        return doc
    return f"{text.rstrip()}\n{_FIELD}{_FIELD.join(lines).rstrip()}{_INDENT}"


def _sentence(name: str) -> str | None:
    """Return the sentence of a parameter, its lines as those of the docstring that it becomes a part of."""
    sentence = PARAMETERS.get(name)
    return sentence if sentence is None else sentence.replace("\n        ", _INDENT)


def _parameters(function: Callable[..., object]) -> tuple[str, ...]:
    """Return the names of the parameters but the first; reading a signature would take ten times as long."""
    while (wrapped := getattr(function, "__wrapped__", None)) is not None:
        function = wrapped
    code = function.__code__
    names: tuple[str, ...] = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return names


def _errors(field: str) -> list[str]:
    """Return a field, or one for each error of one that only names them."""
    names, _, text = field.partition(":")
    if not names.startswith("raises ") or (text and not text.isspace()):
        return [field]
    return [f"raises {name}: {ERRORS[name]}" for name in names[7:].split(", ")]
