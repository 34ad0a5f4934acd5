"""The account infos of this surface, apart from what is common to them (:mod:`b2sdk.v0.abstract_account_info`)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from b2sdk.v0.abstract_account_info import (
    AbstractAccountInfo as AbstractAccountInfo,
    OfThisSurface,
    OldAccountInfoMethods as OldAccountInfoMethods,
)
from b2sdk.v1 import account_info as v1

if TYPE_CHECKING:
    from b2sdk.v0.sqlite_account_info import SqliteAccountInfo as SqliteAccountInfo


class UrlPoolAccountInfo(OfThisSurface, v1.UrlPoolAccountInfo):
    pass


class InMemoryAccountInfo(OfThisSurface, v1.InMemoryAccountInfo):  # type: ignore[misc]  # one part size
    pass


def __getattr__(name: str) -> Any:
    """Import the account info that needs SQLite when it is asked for here too."""
    if name != "SqliteAccountInfo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("b2sdk.v0.sqlite_account_info").SqliteAccountInfo
