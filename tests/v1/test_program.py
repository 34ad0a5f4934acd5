"""A program for v1 gets the same results as from b2sdk 2.13.1, which are recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.v1.program import TOPICS, answers_of

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "results-of-v1.json").read_text()
)

# Each is in docs/differences.md; a text that b2sdk leaves empty is none.
DIFFERENT = {"account infos: own realm"}


def as_there(answer: Any, recorded: Any) -> Any:
    """Return a result without what only this package has: the account of a file, and why an assertion failed."""
    if isinstance(answer, dict) and isinstance(recorded, dict):
        unknown = {name for name in ("accountId", "bucketId") if name in recorded and recorded[name] is None}
        unknown |= {"text"} if recorded.get("text") == "" else set()
        return {
            name: recorded[name] if name in unknown else as_there(value, recorded.get(name))
            for name, value in answer.items()
        }
    if isinstance(answer, list) and isinstance(recorded, list) and len(answer) == len(recorded):
        return [as_there(*pair) for pair in zip(answer, recorded, strict=True)]
    return answer


@pytest.mark.parametrize("topic", TOPICS)
def test_it_has_the_results_of_the_reference(topic: str) -> None:
    recorded = {name: answer for name, answer in RECORDED.items() if name.startswith(f"{topic}: ")}
    answers = json.loads(json.dumps(answers_of(topic)))
    assert answers.keys() == recorded.keys()
    for name in answers.keys() - DIFFERENT:
        assert as_there(answers[name], recorded[name]) == recorded[name], name


def test_it_makes_many_calls() -> None:
    assert len(RECORDED) > 150
