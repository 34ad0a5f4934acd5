from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from b2sdk.simulator.cloud.policy import Policy, with_settings

DOCUMENT = Path(__file__).parent.parent.parent.parent / "docs" / "simulator.md"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("minimum_parts=1", 1),
        ("maximum_part_size=5_000", 5000),
        ("strict_names=true", True),
        ("replicates=false", False),
        ("bucket_name_lengths=1-63", (1, 63)),
    ],
)
def test_a_value_is_spelled_as_what_it_is(setting: str, value: Any) -> None:
    name = setting.partition("=")[0]
    assert asdict(with_settings(Policy(maximum_buckets=3), [setting])) == {
        **asdict(Policy(maximum_buckets=3)),
        name: value,
    }


def test_the_last_of_several_values_counts() -> None:
    assert with_settings(Policy(), ["minimum_parts=1", "minimum_parts=3"]).minimum_parts == 3


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("nonsense=1", "there is no policy 'nonsense', only .*strict_names"),
        ("", "there is no policy ''"),
        ("minimum_parts", "minimum_parts must be a whole number, not ''"),
        ("minimum_parts=-1", "minimum_parts must be a whole number"),
        ("minimum_parts=1.5", "minimum_parts must be a whole number"),
        ("minimum_parts=true", "minimum_parts must be a whole number"),
        ("strict_names=1", "strict_names must be true or false"),
        ("strict_names=True", "strict_names must be true or false"),
        ("bucket_name_lengths=6", "bucket_name_lengths must be two whole numbers such as 6-63"),
    ],
)
def test_a_value_that_is_none_is_refused(setting: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        with_settings(Policy(), [setting])


def test_the_documentation_names_every_value_with_its_default() -> None:
    _, _, section = DOCUMENT.read_text("utf-8").partition("## What it allows\n")
    rows = re.findall(r"^\| (`.*?`) \| `(.*?)` \|", section.partition("\n## ")[0], re.MULTILINE)
    settings = [f"{name}={default}" for names, default in rows for name in re.findall(r"`(\w+)`", names)]
    assert sorted(setting.partition("=")[0] for setting in settings) == sorted(field.name for field in fields(Policy))
    values: dict[str, Any] = dict.fromkeys(asdict(Policy()))
    assert with_settings(Policy(**values), settings) == Policy()
