"""The account infos of this surface, apart from what is common to them (:mod:`b2sdk.v1.abstract_account_info`)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from b2sdk.v1.abstract_account_info import (
    AbstractAccountInfo as AbstractAccountInfo,
    MinimumPartSizeTranslator as MinimumPartSizeTranslator,
    OfThisSurface,
    OldAccountInfoMethods as OldAccountInfoMethods,
)
from b2sdk.v2 import account_info as v2

if TYPE_CHECKING:
    from b2sdk.v1.sqlite_account_info import SqliteAccountInfo as SqliteAccountInfo


class UrlPoolAccountInfo(OfThisSurface, v2.UrlPoolAccountInfo):
    pass


class InMemoryAccountInfo(MinimumPartSizeTranslator, OfThisSurface, v2.InMemoryAccountInfo):  # type: ignore[misc]  # one part size
    pass


class StubAccountInfo(MinimumPartSizeTranslator, OfThisSurface, v2.StubAccountInfo):  # type: ignore[misc]  # as above
    REALM_URLS: ClassVar[Mapping[str, str]] = {"production": "http://production.example.com"}


def __getattr__(name: str) -> Any:
    """Import the account info that needs SQLite when it is asked for here too."""
    if name != "SqliteAccountInfo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("b2sdk.v1.sqlite_account_info").SqliteAccountInfo
