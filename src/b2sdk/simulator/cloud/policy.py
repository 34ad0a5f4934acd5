"""The numbers and switches by which one deployment of the service differs from another.

What belongs here is what a test may want smaller, stricter or older than the service of today. Facts that are the
same everywhere stay where they are applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_type_hints

from b2sdk.protocol_constants import BUCKET_NAME_LENGTH_RANGE
from b2sdk.simulator.cloud.clock import DAY_MS


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What this deployment allows; the defaults are those of the service. Sizes are bytes, durations milliseconds."""

    minimum_part_size: int = 5_000_000
    """Every part but the last must have it; checked when the large file is finished."""
    recommended_part_size: int = 100_000_000
    """What ``b2_authorize_account`` recommends to clients."""
    minimum_parts: int = 2
    """How many parts a large file must have."""
    maximum_part_size: int = 5_000_000_000
    """What a part of a large file may have."""
    maximum_upload_size: int = 5_000_000_000
    """What a file may have that is uploaded in one request."""
    maximum_copy_size: int = 5_000_000_000
    """What one copy of a file or into a part may take."""
    maximum_buckets: int = 100
    """How many buckets an account may have."""
    token_lifetime: int = DAY_MS
    """How long account and upload tokens are valid."""
    encrypted_by_default: bool = True
    """Whether a new bucket encrypts with SSE-B2 unasked, as the service does since 2026."""
    custom_timestamps: bool = True
    """Whether the account may choose upload timestamps, which the service enables on request."""
    lifecycle: bool = True
    """Whether lifecycle rules are applied, which makes sense where timestamps tell the time."""
    bucket_name_lengths: tuple[int, int] = BUCKET_NAME_LENGTH_RANGE
    """The least and the greatest number of characters in the name of a bucket."""
    ignores_case: bool = True
    """Whether names of buckets differ from each other, and are found, when case is ignored."""
    loopback_webhooks: bool = False
    """Whether event notification rules may name webhooks on this machine that speak plain HTTP."""
    undersized_parts: bool = False
    """Whether parts before the last may have less than ``minimum_part_size``, and any of them no bytes at all."""
    hides_unknown_names: bool = False
    """Whether a name may be hidden that has no versions, or is hidden already."""
    deletes_full_buckets: bool = False
    """Whether a bucket may be deleted with what is left in it."""
    cancels_finished_files: bool = False
    """Whether ``b2_cancel_large_file`` takes any version for a large file that is not finished."""
    checks_keys: bool = True
    """Whether a new key must have known capabilities, buckets that exist, and a life below 1000 days, and a download
    authorization a life of up to a week; and whether a key is good no longer than that, nor its tokens than it is."""
    checks_rules: bool = True
    """Whether a bucket's info and rules (CORS, lifecycle, notifications) must make sense, and its name not begin with
    ``b2-``; if not, they are kept as they come."""
    checks_files: bool = True
    """Whether name, content type, file info and upload timestamp of a new version must be of the documented form, and
    go with the metadata directive of a copy. If not, a copy in the process that gives no file info keeps it."""
    checks_customer_keys: bool = True
    """Whether the key of a customer must have 32 bytes."""
    checks_readers: bool = True
    """Whether downloads, ``b2_get_file_info``, updates of a file's locks and ``b2_delete_key`` need a token that allows
    them. If not, the simulator in the process makes them in the name of the account."""
    heads_hidden_files: bool = False
    """Whether the simulator in the process returns the headers of a hide marker, or of an unfinished large file, by its
    name as it does those of a file."""
    replicates: bool = True
    """Whether replication rules are carried out."""
    limits_pages: bool = True
    """Whether no more entries may be asked for in a page than is documented."""
    strict_locks: bool = True
    """Whether retention and legal hold need a bucket with file lock and a moment to come, retention yields only to a
    bypass, buckets give theirs, of up to 3000 days, to new versions, and a legal hold prevents deletion. If not, a
    version is kept from deletion by its own retention alone, whose end then counts seconds instead of milliseconds."""
    strict_prefixes: bool = True
    """Whether a key with a name prefix may list unfinished large files only under that prefix."""
    strict_encoding: bool = True
    """Whether names, file info, paths and queries must be percent-encoded as documented, and every parameter of a query
    must have a ``=``."""
    whole_numbers: bool = True
    """Whether a duration, a size of a page and the like must be an integer in JSON; if not, ``3600.5`` is 3600."""
    maximum_group_members: int = 5000
    """How many members a group of a partner may have."""
    swaps_containers: bool = False
    """Whether calls of partners return a list of one object where they return an object otherwise, and the other way
    round: the service's pages contradict each other, and the service, in this."""
    strict_names: bool = False
    """Whether file names may not begin or end with ``/``, contain ``//`` or a segment above 250 bytes."""


_NUMBER: Final = r"[0-9]+(_[0-9]+)*"
_FORMS: Final[Mapping[object, tuple[str, str]]] = {
    bool: ("true|false", "true or false"),
    int: (_NUMBER, "a whole number"),
    tuple[int, int]: (f"{_NUMBER}-{_NUMBER}", "two whole numbers such as 6-63"),
}
"""By the type of a value, how it is spelled."""


def with_settings(policy: Policy, settings: Iterable[str]) -> Policy:
    """Return a policy with values replaced, each spelled ``name=value`` as on a command line.

    A value is a whole number, ``true`` or ``false``, or for two numbers ``6-63``.

    :raises ValueError: there is no such name, or the value is none of its kind; the text says which there are.
    """
    kinds = get_type_hints(Policy)
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in kinds:
            raise ValueError(f"there is no policy {name!r}, only {', '.join(sorted(kinds))}")
        values[name] = _value(name, text, kinds[name])
    return replace(policy, **values)


def _value(name: str, text: str, kind: object) -> bool | int | tuple[int, int]:
    form, description = _FORMS[kind]
    if not re.fullmatch(form, text):
        raise ValueError(f"policy {name} must be {description}, not {text!r}")
    if kind is bool:
        return text == "true"
    low, _, high = text.replace("_", "").partition("-")
    return (int(low), int(high)) if high else int(low)
