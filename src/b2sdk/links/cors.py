"""The CORS rule of a bucket that lets web pages use its links, and how it gets among the other rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, get_args

from b2sdk.exception import BucketIdNotFound, Conflict
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session_state import SessionState
from b2sdk.values.argument import arguments_checked
from b2sdk.values.json import JsonObject
from b2sdk.values.responses import BUCKET, BUCKETS

BrowserOperation = Literal[
    "b2_download_file_by_name", "b2_upload_file", "b2_upload_part", "s3_get", "s3_head", "s3_put"
]
"""What a link lets a web page do."""

_OPERATIONS = get_args(BrowserOperation)
_UPLOAD = ("authorization", "content-type", "x-bz-content-sha1")
_HEADERS: Final[dict[str, Sequence[str]]] = {
    "b2_upload_file": (*_UPLOAD, "x-bz-file-name", "x-bz-info-*"),
    "b2_upload_part": (*_UPLOAD, "x-bz-part-number"),
    "b2_download_file_by_name": ("authorization", "range"),
    "s3_get": ("range",),
    "s3_head": ("range",),
    "s3_put": ("cache-control", "content-*", "expires", "x-amz-meta-*"),
}
"""What a page may send besides what each page may."""
_EXPOSED: Final = ("x-bz-content-sha1", "x-bz-file-id")
_NAME = re.compile(r"(?!b2-)[A-Za-z0-9-]{6,50}")
_LABEL: Final = "[a-z0-9_-]+"
_ORIGIN = re.compile(rf"https?://(?:\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::(?:\d{{1,5}}|\*))?")
_ANY_ORIGIN: Final = ("*", "https")
_LONGEST: Final = 86400
_LARGEST: Final = 1000
_ATTEMPTS: Final = 5


@arguments_checked
def browser_rule(origins: list[str], operations: Sequence[str], rule_name: str, max_age_seconds: int) -> JsonObject:
    """Return the rule that allows operations to the pages of some origins.

    :raises TypeError: an argument is of another kind than it should be.
    :raises ValueError: one of them is not what the service takes.
    """
    if not _NAME.fullmatch(rule_name):
        raise ValueError("rule_name consists of 6 to 50 letters, digits and '-', and does not begin with 'b2-'")
    if not 0 <= max_age_seconds <= _LONGEST or max_age_seconds != int(max_age_seconds):
        raise ValueError(f"max_age_seconds is 0 to {_LONGEST}, not {max_age_seconds}")
    if isinstance(operations, str) or not operations or not set(operations) <= set(_OPERATIONS):
        raise ValueError(f"operations has to be some of {', '.join(_OPERATIONS)}")
    rule = {
        "corsRuleName": rule_name,
        "allowedOrigins": _check_origins(origins),
        "allowedOperations": list(dict.fromkeys(operations)),
        "allowedHeaders": sorted({header for operation in operations for header in _HEADERS[operation]}),
        "exposeHeaders": list(_EXPOSED),
        "maxAgeSeconds": int(max_age_seconds),
    }
    if _size(rule) >= _LARGEST:
        raise ValueError(f"a rule has less than {_LARGEST} bytes: give some of the origins a rule of their own")
    return rule


def _check_origins(origins: Iterable[str]) -> list[str]:
    """Return the origins in small letters, as browsers send them."""
    found = [origin.lower() for origin in dict.fromkeys(origins)]
    if not found:
        raise ValueError("there is no origin")
    if len(found) > 1 and not {*_ANY_ORIGIN}.isdisjoint(found):
        raise ValueError("'*' and 'https' stand for all origins, and alone")
    for origin in found:
        if origin not in _ANY_ORIGIN and not (_ORIGIN.fullmatch(origin) and origin.count("*") <= 1):
            raise ValueError(
                f"{origin!r} is no origin: https:// and a host, perhaps with a port, and no slash at the end"
            )
    return found


def _size(rule: JsonObject) -> int:
    texts = [rule["corsRuleName"]]
    for name in ("allowedOrigins", "allowedOperations", "allowedHeaders", "exposeHeaders"):
        texts += rule[name]
    return sum(len(text.encode()) for text in texts)


def with_rule(rules: Sequence[JsonObject], rule: JsonObject) -> list[JsonObject]:
    """Return the rules with this one, which takes the place of one with its name, or is the last."""
    names = [other.get("corsRuleName") for other in rules]
    if rule["corsRuleName"] not in names:
        return [*rules, rule]
    return [rule if name == rule["corsRuleName"] else other for name, other in zip(names, rules, strict=True)]


async def set_rule(session: SessionState, bucket_id: str, rule: JsonObject) -> JsonObject:
    """Give a bucket a rule and keep its others, whatever other programs do at the same time; return it as it is then.

    :raises BucketIdNotFound: there is no such bucket, or the key may not see it.
    :raises Conflict: the bucket is changed all the time.
    """
    account_id = await session.ask(session.account_info.get_account_id)
    for attempt in range(1, _ATTEMPTS + 1):
        bucket = await _find_bucket(session, account_id, bucket_id)
        rules = with_rule(bucket["corsRules"], rule)
        if rules == bucket["corsRules"]:
            return bucket
        try:
            return await session.call(
                AbstractRawApi.update_bucket,
                account_id,
                bucket_id,
                cors_rules=rules,
                if_revision_is=bucket["revision"],
            )
        except Conflict:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError  # the last attempt returns or raises


async def _find_bucket(session: SessionState, account_id: str, bucket_id: str) -> dict[str, Any]:
    response = await session.call(AbstractRawApi.list_buckets, account_id, bucket_id=bucket_id)
    BUCKETS.check(response)
    for bucket in response["buckets"]:
        BUCKET.check(bucket)
        if bucket["bucketId"] == bucket_id:
            found: dict[str, Any] = bucket
            return found
    await session.ask(session.forget_bucket, bucket_id)
    raise BucketIdNotFound(bucket_id)
