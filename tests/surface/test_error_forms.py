"""Error classes are made with the same, and tell the same, as those of b2sdk 2.13.1, of which there is a record."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.surface.error_forms import classes, described, forms, told

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "error-forms.json").read_text())
HERE = described()

# Each is in docs/differences.md.
DIFFERENT = {
    "UploadTokenUsedConcurrently": {"str"},
    "BrokenPipe": {"bases", "should_retry_http"},
    "ConnectionReset": {"bases", "should_retry_http"},
}


@pytest.mark.parametrize("name", RECORDED)
def test_an_error_class_is_what_it_is_there(name: str) -> None:
    recorded, here, different = RECORDED[name], HERE[name], DIFFERENT.get(name, set())
    assert here["module"] == recorded["module"]
    assert here["bases"] == recorded["bases"] or "bases" in different
    assert len(here["forms"]) == len(recorded["forms"])
    for mine, theirs in zip(here["forms"], recorded["forms"], strict=True):
        for key in {"args", "str", "repr"} - different:
            assert mine[key] == theirs[key]
        common = {key: mine["attributes"].get(key) for key in theirs["attributes"].keys() - different}
        assert common == {key: value for key, value in theirs["attributes"].items() if key not in different}


def twin(error: Exception) -> Any:
    return pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, twin])
@pytest.mark.parametrize("name", RECORDED)
def test_a_copy_reports_the_same(name: str, again: Callable[[Exception], Exception]) -> None:
    cls = classes()[name]
    for arguments in forms(cls):
        error = cls(*arguments)
        same = again(error)
        assert type(same) is cls
        assert told(same).keys() == told(error).keys()
        assert {**told(same), "attributes": {}} == {**told(error), "attributes": {}}
