from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidArgument
from b2sdk.scan.events import SkipReason
from b2sdk.scan.path import LocalPath
from b2sdk.scan.policies import (
    DEFAULT_SCAN_MANAGER,
    IntegerRange,
    RegexSet,
    ScanPoliciesManager,
    convert_dir_regex_to_dir_prefix_regex,
)

NEGATIVE = "time can not be less than 0, use None for the infinity"


class Version:
    """What policies look at of a version."""

    def __init__(self, mod_time_millis: int = 50, upload_timestamp: int = 50) -> None:
        self.mod_time_millis = mod_time_millis
        self.upload_timestamp = upload_timestamp


def reason(policies: ScanPoliciesManager, version: Any, name: str = "name") -> SkipReason | None:
    found = policies.reason_to_exclude_b2_file_version(version, name)
    assert policies.should_exclude_b2_file_version(version, name) == (found is not None)
    return found


def excludes(policies: ScanPoliciesManager, name: str, mod_time: int = 50) -> bool:
    return policies.should_exclude_local_path(LocalPath("/root/" + name, name, mod_time, 0))


# --- expressions ---


@pytest.mark.parametrize(
    ("regexes", "text", "expected"),
    [
        ([], "a", False),
        (["a"], "ab", True),
        (["b"], "ab", False),
        (["a$"], "ab", False),
        (["x", "a"], "ab", True),
        ([re.compile("A", re.IGNORECASE)], "ab", True),
        (iter(["a"]), "a", True),
        ("xa", "ab", True),
    ],
)
def test_one_expression_must_match_the_beginning(
    regexes: Iterable[str | re.Pattern[str]], text: str, expected: bool
) -> None:
    assert RegexSet(regexes).matches(text) is expected


@pytest.mark.parametrize(
    ("regex", "expected"),
    [("photos", "photos.*?/"), ("photos$", "photos/"), (re.compile("x$"), "x/"), ("^a", "^a.*?/"), ("", ".*?/")],
)
def test_what_is_in_a_directory_has_it_as_prefix(regex: str | re.Pattern[str], expected: str) -> None:
    assert convert_dir_regex_to_dir_prefix_regex(regex) == expected


# --- ranges ---


@given(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9), st.integers(-5, 15) | st.floats(-5, 15))
def test_a_range_includes_its_limits(begin: int | None, end: int | None, item: float) -> None:
    assert (item in IntegerRange(begin, end)) == ((begin is None or begin <= item) and (end is None or item <= end))


@pytest.mark.parametrize(
    ("begin", "end", "message"),
    [
        (-1, None, f"begin {NEGATIVE}"),
        (1, -1, f"end {NEGATIVE}"),
    ],
)
def test_a_range_begins_at_zero(begin: int | None, end: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        IntegerRange(begin, end)


# --- names ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.txt", True), ("keep.txt", False), ("dir/keep.txt", True), ("a.csv", False), ("dir/a.csv", False)],
)
def test_included_files_stay_whatever_excludes_them(name: str, expected: bool) -> None:
    policies = ScanPoliciesManager(exclude_file_regexes=[r".*\.txt$"], include_file_regexes=["keep"])
    assert policies.should_exclude_relative_path(name) is expected
    assert excludes(policies, name) is expected
    assert reason(policies, Version(), name) == (SkipReason.EXCLUDED_NAME if expected else None)


@pytest.mark.parametrize(
    ("directory", "expected"),
    [("foo", True), ("foobar", True), ("sub/foo", False), ("ba", True), ("bar", False), ("", False)],
)
def test_directories_have_expressions_of_their_own(directory: str, expected: bool) -> None:
    policies = ScanPoliciesManager(exclude_dir_regexes=["foo", "ba$"])
    assert policies.should_exclude_local_directory(directory) is expected
    assert policies.should_exclude_b2_directory(directory) is expected
    assert not policies.should_exclude_relative_path(directory), "files are not looked at by the expression"


# --- times ---


@pytest.mark.parametrize(("mod_time", "expected"), [(9, True), (10, False), (20, False), (21, True)])
def test_modification_times_in_the_range_stay(mod_time: int, expected: bool) -> None:
    policies = ScanPoliciesManager(exclude_modified_before=10, exclude_modified_after=20.5)
    assert excludes(policies, "name", mod_time) is expected
    why = SkipReason.EXCLUDED_MODIFICATION_TIME if expected else None
    assert reason(policies, Version(mod_time_millis=mod_time)) == why


@pytest.mark.parametrize(("uploaded", "expected"), [(9, True), (10, False), (20, False), (21, True)])
def test_upload_times_are_those_of_versions(uploaded: int, expected: bool) -> None:
    policies = ScanPoliciesManager(exclude_uploaded_before=10, exclude_uploaded_after=20)
    why = SkipReason.EXCLUDED_UPLOAD_TIME if expected else None
    assert reason(policies, Version(upload_timestamp=uploaded)) == why
    assert not excludes(policies, "name", uploaded)


def test_nothing_is_left_out_by_default() -> None:
    assert reason(DEFAULT_SCAN_MANAGER, Version()) is None
    assert not excludes(DEFAULT_SCAN_MANAGER, "name")
    assert not DEFAULT_SCAN_MANAGER.should_exclude_local_directory("name")
    assert not DEFAULT_SCAN_MANAGER.exclude_all_symlinks


def test_the_rules_of_a_subclass_count_where_there_are_no_others() -> None:
    class NoSecrets(ScanPoliciesManager):
        def should_exclude_relative_path(self, relative_path: str) -> bool:
            return "secret" in relative_path

    assert excludes(NoSecrets(), "a secret")
    assert reason(NoSecrets(), Version(), "a secret") is SkipReason.EXCLUDED_NAME


# --- wrong arguments ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"exclude_dir_regexes": "*"}, "exclude_dir_regexes wrong regex was given for excluding directories"),
        ({"exclude_file_regexes": ["("]}, "exclude_file_regexes wrong regex was given for excluding files"),
        (
            {"exclude_file_regexes": ["a"], "include_file_regexes": ["("]},
            "include_file_regexes wrong regex was given for including files",
        ),
        (
            {"include_file_regexes": ["a"]},
            "include_file_regexes cannot be used without exclude_file_regexes at the same time",
        ),
        (
            {"exclude_modified_before": -1},
            f"exclude_modified_before,exclude_modified_after begin {NEGATIVE}",
        ),
        (
            {"exclude_uploaded_after": -0.5},
            f"exclude_uploaded_before,exclude_uploaded_after end {NEGATIVE}",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        ScanPoliciesManager(**arguments)
    assert str(caught.value) == message


def test_expressions_may_come_from_any_iterable() -> None:
    policies = ScanPoliciesManager(exclude_file_regexes=iter(["a"]), include_file_regexes=iter(["ab"]))
    assert excludes(policies, "ac")
    assert not excludes(policies, "abc")
