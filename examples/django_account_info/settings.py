"""The settings of a Django project that keeps its B2 account state in its database.

PostgreSQL if the usual variables say where (``PGDATABASE``, ``PGHOST``, ...), a SQLite file otherwise.
"""

from __future__ import annotations

import os
from typing import Any

SECRET_KEY = "of the example"  # noqa: S105  # nothing is signed here
INSTALLED_APPS = ["b2_account"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASE: dict[str, Any] = (
    {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "HOST": os.environ.get("PGHOST", ""),
        "PORT": os.environ.get("PGPORT", ""),
        "USER": os.environ.get("PGUSER", ""),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
    }
    if "PGDATABASE" in os.environ
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("EXAMPLE_SQLITE", "example.sqlite"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 60},
    }
)
# The same database twice: the account state has connections of its own, so that what happens to a request does not
# happen to it.
DATABASES = {"default": DATABASE, "b2_account": DATABASE}
