"""What docs/switching.md says about names of b2sdk 1 and where they are today."""

from __future__ import annotations

import importlib
import re
from typing import NamedTuple

import pytest
from tests.test_docs import ROOT

from b2sdk.api import B2Api
from b2sdk.v3 import InMemoryAccountInfo
from b2sdk.v3.exception import InvalidArgument

PAGE = (ROOT / "docs" / "switching.md").read_text("utf-8")
HEAD = "| in b2sdk 1 | in `b2sdk.v1` | in `b2sdk.v3` |\n|---|---|---|\n"


class Row(NamedTuple):
    """Names of b2sdk 1, and for each surface where they are: a module and the names there."""

    older: list[str]
    surfaces: dict[str, tuple[str, list[str]]]


def code(cell: str) -> tuple[list[str], list[str]]:
    """Return the modules and the other names that a cell has."""
    names = re.findall(r"`([^`]+)`", cell)
    return [name for name in names if name.startswith("b2sdk.")], [n for n in names if not n.startswith("b2sdk.")]


def rows() -> list[Row]:
    found = []
    for line in PAGE.partition(HEAD)[2].partition("\n\n")[0].splitlines():
        first, *cells = line.strip("| ").split(" | ")
        _, older = code(first)
        surfaces = {}
        for surface, cell in zip(("b2sdk.v1", "b2sdk.v3"), cells, strict=True):
            modules, names = code(cell)
            assert bool(names) != cell.startswith("the same")
            surfaces[surface] = ((modules or [surface])[0], names or older)
        found.append(Row(older, surfaces))
    return found


def test_the_table_is_found() -> None:
    assert len(rows()) > 30
    assert all(row.older for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.older[0])
@pytest.mark.parametrize("surface", ["b2sdk.v1", "b2sdk.v3"])
def test_the_names_can_be_imported_from(surface: str, row: Row) -> None:
    module, names = row.surfaces[surface]
    missing = [name for name in names if not hasattr(importlib.import_module(module), name)]

    assert missing == []


def test_the_arguments_in_the_order_of_b2sdk_1_are_refused_without_quoting_the_key() -> None:
    with pytest.raises(InvalidArgument) as caught:
        B2Api(InMemoryAccountInfo()).authorize_account("production", "key-id", "the-secret")

    assert "the-secret" not in str(caught.value)
