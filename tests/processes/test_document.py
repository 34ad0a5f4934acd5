"""The table of docs/reliability.md has a row for what is tested, and no other."""

from __future__ import annotations

from pathlib import Path

from tests.processes.test_multiprocessing import METHODS
from tests.processes.test_servers import POOLS, SERVERS

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"


def test_each_row_is_a_test() -> None:
    _, _, behind = DOCUMENT.read_text(encoding="utf-8").partition("| server | how workers are made |")
    table, _, _ = behind.partition("\n\n")
    told = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    tested = [
        *SERVERS,
        *(f"Celery, {pool}" for pool in POOLS),
        *(f"`multiprocessing`, {method}" for method in METHODS),
        "`ProcessPoolExecutor`",
        "`os.fork`",
    ]
    assert sorted(told) == sorted(tested)
