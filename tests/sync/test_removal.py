from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.sync.conftest import DAY, NOW, Folder, hidden, local, stored, version

from b2sdk.scan.path import B2Path
from b2sdk.sync.events import Reason
from b2sdk.sync.removal import make_b2_delete_actions, make_b2_keep_days_actions
from b2sdk.sync.removal_action import B2DeleteAction

FOLDER = Folder("b2")
VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "removal-vectors.json").read_text("utf-8")
)


def aged(*ages: float | str) -> B2Path:
    """Return a file whose versions are so many days old; a text with an ``h`` is a hide marker."""
    versions = []
    for age in ages:
        days, action = (float(age[1:]), "hide") if isinstance(age, str) else (age, "upload")
        versions.append(version("a", int(NOW - days * DAY), action, id_=f"{days:g}"))
    return stored("a", *versions)


def days_old(dest: B2Path, keep_days: float, source: Any = None, *, transferred: bool = False) -> list[str]:
    """Return what is done: ``hide``, or the ages of the versions that are deleted."""
    actions = make_b2_keep_days_actions(source, dest, FOLDER, transferred, keep_days, NOW)
    return [action.file_id if isinstance(action, B2DeleteAction) else action.kind for action in actions]


@pytest.mark.parametrize(
    ("ages", "keep_days", "expected"),
    [
        ((0, 2, 4), 1, ["hide", "4"]),
        ((1, 3, 5), 2, ["hide", "5"]),
        (("h0", 2, 4), 1, ["4"]),
        (("h2", 4, 6), 5, []),
        (("h2", 4, 6), 2, ["6"]),
        (("h2", 4, 6), 1, ["2", "4", "6"]),
        ((0.5, 1.5, 1), 1, ["hide", "1"]),
        ((0, 2, 4), 0.001, ["hide", "4"]),
    ],
)
def test_what_is_not_at_the_source_is_hidden_and_deleted_after_some_days(
    ages: tuple[Any, ...], keep_days: float, expected: list[str]
) -> None:
    assert days_old(aged(*ages), keep_days) == expected
    assert days_old(aged(*ages), keep_days, hidden("a")) == expected, "hidden at the source is not there"


def test_what_is_at_the_source_stays_and_its_old_versions_go() -> None:
    assert days_old(aged(3, 4), 1, local("a")) == ["4"]
    assert days_old(aged(1, 3, 5), 2, local("a"), transferred=True) == ["5"]
    assert days_old(aged(1), 2, local("a")) == []


def test_the_same_versions_go_as_ever() -> None:
    for case in VECTORS["cases"]:
        dest = stored("a", *(version("a", time, action, id_=id_) for id_, time, action in case["versions"]))
        source = local("a") if case["source_present"] else None
        kept = make_b2_keep_days_actions(source, dest, FOLDER, case["transferred"], case["keep_days"], case["now"])
        deleted = make_b2_delete_actions(source, dest, FOLDER, case["transferred"])
        assert [str(a).replace("folder/", "f/") for a in kept] == case["keep_days_actions"], case
        assert [str(a).replace("folder/", "f/") for a in deleted] == case["delete_actions"], case


def test_nothing_is_removed_of_nothing() -> None:
    assert list(make_b2_keep_days_actions(None, None, FOLDER, False, 1, NOW)) == []
    assert list(make_b2_delete_actions(None, None, FOLDER, False)) == []


def test_the_reasons_are_reported() -> None:
    dest = aged(0, "h1", 2)
    absent = make_b2_delete_actions(None, dest, FOLDER, False)
    assert [action.reason for action in absent] == [Reason.NOT_AT_SOURCE] * 3
    hidden_source = make_b2_delete_actions(hidden("a"), dest, FOLDER, False)
    assert [action.reason for action in hidden_source] == [Reason.HIDDEN_AT_SOURCE] * 3
    replaced = make_b2_delete_actions(local("a"), dest, FOLDER, True)
    assert [action.reason for action in replaced] == [Reason.OLD_VERSION, Reason.HIDE_MARKER, Reason.OLD_VERSION]
    kept = make_b2_keep_days_actions(None, aged(1, 3, 5), FOLDER, False, 2, NOW)
    assert [action.reason for action in kept] == [Reason.NOT_AT_SOURCE, Reason.OLDER_THAN_KEEP_DAYS]


ages = st.lists(st.integers(min_value=0, max_value=12).flatmap(lambda age: st.sampled_from([age, f"h{age}"])))


@given(ages.filter(bool), st.integers(min_value=1, max_value=12), st.booleans())
def test_what_was_current_in_the_days_to_keep_is_kept(
    versions: list[Any], keep_days: int, source_is_there: bool
) -> None:
    dest = aged(*versions)
    done = [
        action.file_id
        for action in make_b2_keep_days_actions(
            local("a") if source_is_there else None, dest, FOLDER, False, keep_days, NOW
        )
        if isinstance(action, B2DeleteAction)
    ]
    if dest.selected_version.action != "hide":
        assert len(done) < len(versions), "the newest version stays"
    kept = dest.all_versions[: len(dest.all_versions) - len(done)]
    assert done == [version.id_ for version in dest.all_versions[len(kept) :]], "the oldest go"
    if done:
        # Whatever goes was replaced or hidden before the days to keep, by what stays or by a marker that goes too.
        first_gone = dest.all_versions[len(kept)]
        witness = kept[-1] if kept and first_gone.action != "hide" else first_gone
        assert NOW - witness.mod_time_millis > keep_days * DAY or (
            kept and NOW - kept[-1].mod_time_millis > keep_days * DAY
        )
