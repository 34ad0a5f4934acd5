"""What the package says about itself: third-party sources in it, and where its types are documented."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINK = re.compile(r"^\s*\.\. _(?P<name>[^:]+): (?P<url>\S+)\s*$", re.MULTILINE)


@dataclass
class IncludedSourceMeta:
    """Third-party source code that is part of this package."""

    name: str
    comment: str
    files: dict[str, str] = field(default_factory=dict)
    """The text of each license or notice, by file name."""


_included_sources: list[IncludedSourceMeta] = []


def get_included_sources() -> list[IncludedSourceMeta]:
    """Return whose source code is part of this package: nobody's. It is the same list each time."""
    return _included_sources


def get_b2sdk_doc_urls(type_: type) -> dict[str, str]:
    """Return the links to the service's documentation in the docstring of a type, by their names."""
    return {link["name"]: link["url"] for link in _LINK.finditer(type_.__doc__ or "")}
