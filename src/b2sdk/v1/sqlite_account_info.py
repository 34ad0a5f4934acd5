"""The account info in an SQLite file, apart from those that do not need SQLite."""

from __future__ import annotations

import os

from b2sdk.account_info.location import B2_ACCOUNT_INFO_DEFAULT_FILE, B2_ACCOUNT_INFO_ENV_VAR
from b2sdk.v1.abstract_account_info import MinimumPartSizeTranslator, OfThisSurface
from b2sdk.v2 import sqlite_account_info as v2


class SqliteAccountInfo(MinimumPartSizeTranslator, OfThisSurface, v2.SqliteAccountInfo):  # type: ignore[misc]  # one part size
    """In the file that is given, else in that of ``$B2_ACCOUNT_INFO``, else in ``~/.b2_account_info``.

    There are no profiles, and the configuration folder is not looked at.
    """

    def __init__(self, file_name: str | os.PathLike[str] | None = None, last_upgrade_to_run: int | None = None) -> None:
        path = file_name or os.environ.get(B2_ACCOUNT_INFO_ENV_VAR, B2_ACCOUNT_INFO_DEFAULT_FILE)
        super().__init__(path, last_upgrade_to_run)
