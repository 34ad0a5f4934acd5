"""CORS rules: read when they are set, consulted for requests of browsers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.protocol.bucket_rules import check_different_names, check_number
from b2sdk.simulator.protocol.fields import Fields

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import CorsRule

OPERATIONS: Final = frozenset(
    {
        "b2_download_file_by_name",
        "b2_download_file_by_id",
        "b2_upload_file",
        "b2_upload_part",
        "s3_delete",
        "s3_get",
        "s3_head",
        "s3_post",
        "s3_put",
    }
)
_NAME = re.compile(r"(?!b2-)[A-Za-z0-9-]{6,50}")
_HEADER = re.compile(r"[!#$%&'+.^_`|~0-9A-Za-z-]+")
_MAXIMUM_RULES: Final = 100
_MAXIMUM_RULE_SIZE: Final = 1000


def read_rules(rules: list[Fields] | None) -> list[CorsRule] | None:
    """Return the rules as they are stored; ``None`` when there are none in the call."""
    if rules is None:
        return None
    check_number(rules, _MAXIMUM_RULES, "CORS")
    stored = [_read_rule(rule) for rule in rules]
    check_different_names([rule["corsRuleName"] for rule in stored], "CORS")
    return stored


def _read_rule(rule: Fields) -> CorsRule:
    name = rule.text("corsRuleName")
    if not _NAME.fullmatch(name):
        raise bad_request("CORS rule names consist of 6 to 50 letters, digits and '-', and do not begin with 'b2-'")
    operations = rule.strings("allowedOperations")
    if not operations or set(operations) - OPERATIONS:
        raise bad_request(f"allowedOperations must name at least one of {', '.join(sorted(OPERATIONS))}")
    stored: CorsRule = {
        "corsRuleName": name,
        "allowedOrigins": _check_origins(rule.strings("allowedOrigins")),
        "allowedOperations": operations,
        "allowedHeaders": _check_headers(rule.optional_strings("allowedHeaders"), wildcard=True),
        "exposeHeaders": _check_headers(rule.optional_strings("exposeHeaders"), wildcard=False),
        "maxAgeSeconds": rule.integer("maxAgeSeconds", 0, 86400),
    }
    if _size(stored) >= _MAXIMUM_RULE_SIZE:
        raise bad_request(f"CORS rule {name} is too long")
    return stored


def _size(rule: CorsRule) -> int:
    lists = rule["allowedOrigins"], rule["allowedOperations"], rule["allowedHeaders"], rule["exposeHeaders"]
    texts = [rule["corsRuleName"], *(text for texts in lists for text in texts or ())]
    return sum(len(text.encode()) for text in texts)


def _check_origins(origins: list[str]) -> list[str]:
    if not origins or ("*" in origins and len(origins) > 1):
        raise bad_request("allowedOrigins must not be empty, and '*' stands alone")
    for origin in origins:
        if origin not in ("*", "https") and (not _is_origin(origin) or origin.count("*") > 1):
            raise bad_request(f"Not an origin: {origin[:100]}")
    if "https" in origins and any(origin.startswith("https") for origin in origins[origins.index("https") + 1 :]):
        raise bad_request("'https' already allows every origin that begins so")
    return origins


def _is_origin(origin: str) -> bool:
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and bool(host) and "/" not in host


def _check_headers(headers: list[str] | None, *, wildcard: bool) -> list[str] | None:
    for header in headers or ():
        name = header.removesuffix("*") if wildcard else header
        if not _HEADER.fullmatch(name or "a") or (not name and not wildcard):
            raise bad_request(f"Not a header name: {header[:100]}")
    return headers


def find_rule(rules: Iterable[CorsRule], origin: str, operation: str, headers: Iterable[str] = ()) -> CorsRule | None:
    """Return the first rule that allows the operation to the origin, with all the headers."""
    wanted = [header.strip().lower() for header in headers]
    for rule in rules:
        if (
            operation in rule["allowedOperations"]
            and any(_origin_matches(pattern, origin) for pattern in rule["allowedOrigins"])
            and all(_header_matches(rule.get("allowedHeaders") or (), header) for header in wanted)
        ):
            return rule
    return None


def _origin_matches(pattern: str, origin: str) -> bool:
    if pattern == "https":
        return urlsplit(origin).scheme == "https"
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), origin) is not None


def _header_matches(patterns: Iterable[str], header: str) -> bool:
    return any(
        header.startswith(pattern[:-1].lower()) if pattern.endswith("*") else header == pattern.lower()
        for pattern in patterns
    )
