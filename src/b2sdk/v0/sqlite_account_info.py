"""The account info in an SQLite file, apart from those that do not need SQLite."""

from __future__ import annotations

from b2sdk.v0.abstract_account_info import OfThisSurface
from b2sdk.v1 import sqlite_account_info as v1


class SqliteAccountInfo(OfThisSurface, v1.SqliteAccountInfo):  # type: ignore[misc]  # one part size
    pass
