from __future__ import annotations

import subprocess
import sys
from typing import Any, get_origin

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import NotRequired, get_type_hints

from b2sdk.values.lifecycle import LifecycleRule


def may_be_left_out(hint: Any) -> bool:
    origin: Any = get_origin(hint)
    return origin is NotRequired


def test_only_the_prefix_is_mandatory() -> None:
    hints = get_type_hints(LifecycleRule, include_extras=True)
    assert [name for name, hint in hints.items() if not may_be_left_out(hint)] == ["fileNamePrefix"]


def test_the_docstring_links_to_the_documentation() -> None:
    link = ".. _B2 Cloud Storage Lifecycle Rules: https://www.backblaze.com/docs/cloud-storage-lifecycle-rules"
    assert link in (LifecycleRule.__doc__ or "")


@pytest.mark.parametrize(
    "rule",
    [
        {"fileNamePrefix": ""},
        {"fileNamePrefix": "logs/", "daysFromHidingToDeleting": 0, "daysFromUploadingToHiding": None},
        {"fileNamePrefix": "", "daysFromStartingToCancelingUnfinishedLargeFiles": 7},
    ],
)
def test_pydantic_accepts_a_rule(rule: dict[str, Any]) -> None:
    assert TypeAdapter(LifecycleRule).validate_python(rule) == rule


@pytest.mark.parametrize(
    "rule",
    [{}, {"fileNamePrefix": 1}, {"fileNamePrefix": "", "daysFromHidingToDeleting": -1}, {"fileNamePrefix": None}],
)
def test_pydantic_refuses_what_is_no_rule(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(LifecycleRule).validate_python(rule)


def test_a_json_schema_has_the_lowest_number() -> None:
    schema = TypeAdapter(LifecycleRule).json_schema()
    assert schema["properties"]["daysFromHidingToDeleting"]["anyOf"][0] == {"minimum": 0, "type": "integer"}


def test_what_pydantic_needs_is_imported_by_pydantic_alone() -> None:
    program = "import sys, b2sdk.values.lifecycle; print({'annotated_types', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "set()"
