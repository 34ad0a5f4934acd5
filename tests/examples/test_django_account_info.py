"""The example for Django passes its own tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from tests.integrations.stores import url_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "django_account_info"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the environment that leads to an empty database."""
    if request.param == "sqlite":
        yield {"EXAMPLE_SQLITE": str(tmp_path / "example.sqlite")}
        return
    url = make_url(url_of("postgresql"))
    schema = f"t{secrets.token_hex(6)}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield {
        "PGDATABASE": url.database or "",
        "PGHOST": url.host or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGOPTIONS": f"-c search_path={schema}",
    }
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def test_the_example_for_django_keeps_the_contract(database: dict[str, str]) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PG"))}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", EXAMPLE / "pyproject.toml", EXAMPLE],
        env={**outside, **database},
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    passed, skipped = ("44 passed", "") if "PGDATABASE" in database else ("43 passed", "1 skipped")
    assert passed in finished.stdout
    assert skipped in finished.stdout
