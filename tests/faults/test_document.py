"""What `docs/reliability.md` shows is what the tests prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults import operations, table
from tests.faults.test_matrix import AWAITED, CASES, ON_ASYNCIO

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.mark.parametrize("lines", [table.as_markdown, operations.as_markdown])
def test_a_table_of_the_document_is_that_of_the_tests(lines: Callable[[], Iterator[str]]) -> None:
    assert "\n" + "\n".join(lines()) + "\n\n" in DOCUMENT.read_text("utf-8")


def test_the_document_counts_the_cases() -> None:
    counted = f"{len(operations.OPERATIONS)} requests of operations x {len(table.FAULTS)} faults, {len(CASES):,} cases"
    assert counted in DOCUMENT.read_text("utf-8")
    assert f"{len(AWAITED):,} cases with" in DOCUMENT.read_text("utf-8")


def test_every_operation_and_every_fault_is_in_the_sample_for_the_asyncio_client() -> None:
    assert {str(case.operation) for case in ON_ASYNCIO} == {str(case.operation) for case in AWAITED}
    assert {case.fault.name for case in ON_ASYNCIO} == {fault.name for fault in table.FAULTS}
