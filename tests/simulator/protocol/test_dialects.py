"""Every call works in every version of the API, and the documentation lists how the responses differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.conftest import Target

DOCUMENT = Path(__file__).parent.parent.parent.parent / "docs" / "simulator.md"
NEWEST = 4
ENDING = ("b2_cancel_", "b2_delete_", "b2_finish_", "b2_hide_")
"""Calls that take away what others are about."""

Row = tuple[str, ...]


def answers(forms: Mapping[str, Mapping[str, Any]], make: Callable[[], Target], dialect: int) -> Iterator[Any]:
    """Yield the name of each call with its response in a version."""
    target = make()
    yield "b2_authorize_account", target.both.authorize(dialect=dialect).json
    for name in sorted(forms, key=lambda name: name.startswith(ENDING)):
        target = make() if name.startswith(ENDING) else target
        answer = target.post(name, forms[name], dialect)
        assert answer.status == 200, answer.body
        yield name, answer.json


def fields_of(answer: Any, within: str = "") -> Iterator[str]:
    """Yield the path of every field in a response; the entries of lists are all alike."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield within + name
            yield from fields_of(value, f"{within}{name}.")
    elif isinstance(answer, list):
        for entry in answer:
            yield from fields_of(entry, within)


def surplus(answer: Any, other: Any) -> str:
    """Return the fields that only the one response has, without those inside them, and without what they are in."""
    names = set(fields_of(answer)) - set(fields_of(other))
    outermost = {name for name in names if name.rpartition(".")[0] not in names}
    return ", ".join(f"`{name}`" for name in sorted({name.rpartition(".")[2] for name in outermost}))


def differences(forms: Mapping[str, Mapping[str, Any]], make: Callable[[], Target]) -> list[Row]:
    """Return the rows of the table: calls, versions, what their responses have more than the newest, and what less."""
    newest = dict(answers(forms, make, NEWEST))
    versions: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for dialect in range(1, NEWEST):
        for name, answer in answers(forms, make, dialect):
            more, less = surplus(answer, newest[name]), surplus(newest[name], answer)
            if more or less:
                versions[name, more, less].append(f"v{dialect}")
    calls: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (name, more, less), which in versions.items():
        calls[", ".join(which), more, less].append(f"`{name}`")
    return sorted((", ".join(sorted(names)), *rest) for rest, names in calls.items())


def test_the_documentation_tells_how_versions_differ(
    forms: Mapping[str, Mapping[str, Any]], fresh_target: Callable[[], Target]
) -> None:
    _, _, section = DOCUMENT.read_text("utf-8").partition("## The versions of the API\n")
    section, _, _ = section.partition("\n## ")
    lines = re.findall(r"^\|.*\|$", section, re.MULTILINE)
    rows = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines]
    assert sorted(rows[2:]) == differences(forms, fresh_target)
