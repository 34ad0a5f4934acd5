from __future__ import annotations

import fnmatch
import glob
import re
import sys

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidArgument
from b2sdk.scan.globs import regexes_of_globs
from b2sdk.scan.policies import ScanPoliciesManager

NAMES = st.text("ab.*[]-!\\", min_size=1, max_size=5).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.lists(st.just("**") | st.text("ab.*?", min_size=1, max_size=4), min_size=2, max_size=4).map("/".join)


def matches_file(pattern: str, path: str) -> bool:
    (expression,) = regexes_of_globs("globs", [pattern]).files
    return re.match(expression, path) is not None


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*.tmp", ["a.tmp", "a/b.tmp", ".tmp", "a/b/\n.tmp"], ["a.tmpx", "a.tmp/b", "tmp"]),
        ("cache", ["cache", "a/cache"], ["cache/a", "caches", "Cache"]),
        ("/cache", ["cache"], ["a/cache"]),
        ("a/*", ["a/b", "a/.b"], ["a/b/c", "a", "x/a/b"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("**/a/b", ["a/b", "x/a/b", "x/y/a/b"], ["xa/b"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "ab"]),
        ("a**/b", ["a/b", "ax/b"], ["a/x/b"]),
        ("?/[a-c].[!x]", ["1/b.y"], ["1/d.y", "1/b.x", "b.y", "12/b.y"]),
        ("[]x]", ["]", "x"], ["a"]),
        ("[!]x]", ["a"], ["]", "x"]),
        ("[^a]", ["^", "a"], ["b"]),
        ("a[!b]c", ["axc"], ["a/c"]),
        ("[*]", ["*"], ["a"]),
        ("[a", ["[a"], ["a"]),
        ("[]", ["[]"], [""]),
        ("[!]", ["[!]"], ["!", "a"]),
        ("[!!]", ["a"], ["!"]),
        ("[b-a]x[a--]", [], ["ax-", "bxa"]),
        ("a+(b)$", ["a+(b)$"], ["aab"]),
        ("é/\U0001f600", ["é/\U0001f600"], ["e/\U0001f600"]),
    ],
)
def test_a_pattern_matches_whole_paths(pattern: str, matching: list[str], others: list[str]) -> None:
    assert [path for path in matching + others if matches_file(pattern, path)] == matching


@given(st.text("ab.*?[]-!\\", min_size=1, max_size=6), NAMES)
def test_within_a_name_patterns_are_those_of_fnmatch(pattern: str, name: str) -> None:
    assert matches_file(pattern, name) == fnmatch.fnmatchcase(name, pattern)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="glob.translate is new in Python 3.13")
@given(PATTERNS, PATHS)
def test_patterns_with_folders_are_those_of_glob(pattern: str, path: str) -> None:
    if sys.version_info >= (3, 13):
        expected = re.match(glob.translate(pattern, recursive=True, include_hidden=True, seps="/"), path)
        assert matches_file(pattern, path) == (expected is not None)


def test_a_directory_is_left_out_with_everything_below() -> None:
    policies = ScanPoliciesManager(exclude_globs=["node_modules", "build/", "docs/_*"])
    left_out = ["node_modules", "a/node_modules", "a/node_modules/b/c", "build", "a/build", "docs/_x", "docs/_x/y"]
    kept = ["node_modules2", "docs", "a/docs/_x", "builds"]
    for is_left_out in (policies.should_exclude_local_directory, policies.should_exclude_b2_directory):
        assert [path for path in left_out + kept if is_left_out(path)] == left_out
    names = ["node_modules", "a/node_modules", "build", "a/build", "docs/_x", "a"]
    assert [name for name in names if policies.should_exclude_relative_path(name)] == [
        "node_modules",
        "a/node_modules",
        "docs/_x",
    ]


def test_files_may_stay_although_they_match() -> None:
    policies = ScanPoliciesManager(exclude_globs=["*.log"], include_globs=["keep/**", "important.*"])
    names = ["a.log", "keep/a.log", "a/important.log", "a.txt"]
    assert [name for name in names if policies.should_exclude_relative_path(name)] == ["a.log"]


def test_patterns_and_expressions_work_together() -> None:
    policies = ScanPoliciesManager([], ["a"], ["ab"], exclude_globs=["*.log"], include_globs=["axe"])
    names = ["a", "ab", "abc.log", "axe", "b.log", "b"]
    assert [name for name in names if policies.should_exclude_relative_path(name)] == ["a", "b.log"]


@pytest.mark.parametrize("parameter", ["exclude_globs", "include_globs"])
@pytest.mark.parametrize("patterns", ["*.log", [""], ["/"]])
def test_a_pattern_that_is_none_is_refused(parameter: str, patterns: object) -> None:
    with pytest.raises(InvalidArgument, match=parameter):
        ScanPoliciesManager(exclude_file_regexes=["x"], **{parameter: patterns})  # type: ignore[arg-type]  # that is tested


def test_there_must_be_something_to_include_from() -> None:
    with pytest.raises(InvalidArgument, match="include_globs"):
        ScanPoliciesManager(include_globs=["a"])
    with pytest.raises(InvalidArgument, match="include_globs"):
        ScanPoliciesManager(exclude_globs=["a/"], include_globs=["a"])
