"""The account infos of this surface, apart from what is common to them (:mod:`b2sdk.v2.abstract_account_info`)."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from b2sdk.account_info import in_memory, stub, upload_url_pool
from b2sdk.v2.abstract_account_info import AbstractAccountInfo as AbstractAccountInfo, OfThisSurface

if TYPE_CHECKING:
    from b2sdk.v2.sqlite_account_info import SqliteAccountInfo as SqliteAccountInfo


class UrlPoolAccountInfo(OfThisSurface, upload_url_pool.UrlPoolAccountInfo):
    if TYPE_CHECKING:

        @abstractmethod
        def list_bucket_names_ids(self) -> list[tuple[str, str]]: ...


class InMemoryAccountInfo(OfThisSurface, in_memory.InMemoryAccountInfo):
    pass


class StubAccountInfo(OfThisSurface, stub.StubAccountInfo):
    pass


def __getattr__(name: str) -> Any:
    """Import the account info that needs SQLite when it is asked for here too."""
    if name != "SqliteAccountInfo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("b2sdk.v2.sqlite_account_info").SqliteAccountInfo
