"""The account info in an SQLite file, apart from those that do not need SQLite."""

from __future__ import annotations

from b2sdk.account_info import sqlite
from b2sdk.v2.account_info import SingleBucketAllowed


class SqliteAccountInfo(SingleBucketAllowed, sqlite.SqliteAccountInfo):
    pass
