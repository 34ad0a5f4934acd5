"""The account info in an SQLite file, apart from those that do not need SQLite."""

from __future__ import annotations

from b2sdk.account_info import sqlite
from b2sdk.v2.abstract_account_info import OfThisSurface


class SqliteAccountInfo(OfThisSurface, sqlite.SqliteAccountInfo):
    pass
