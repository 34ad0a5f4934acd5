from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import Mock

import pytest
from hypothesis import given, strategies as st
from tests.scan.conftest import Listener

from b2sdk.exception import UnsupportedFilename
from b2sdk.file_version import FileVersion
from b2sdk.scan.b2_folder import B2Folder, FilesOfVersions
from b2sdk.scan.events import SkipReason
from b2sdk.scan.path import B2Path
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.values.file_name import validate_b2_file_name_as_path
from b2sdk.values.name_range import NameRange


class Version:
    """What a scan looks at of a version."""

    def __init__(self, name: str, number: int = 0, action: str = "upload", time: int = 50, uploaded: int = 50) -> None:
        self.file_name = name
        self.id_ = f"id{number}"
        self.action = action
        self.size = number
        self.mod_time_millis = time
        self.upload_timestamp = uploaded


def folder(*versions: Version, name: str = "") -> B2Folder:
    found = B2Folder("bucket", name, Mock())
    cast("Mock", found.bucket).ls.return_value = [(version, None) for version in versions]
    return found


def scanned(
    found: B2Folder, reporter: Any = None, policies: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
) -> list[tuple[str, str, list[str]]]:
    """Return relative path, id of the selected version and ids of all."""
    return [
        (path.relative_path, path.selected_version.id_, [version.id_ for version in path.all_versions])
        for path in found.all_files(reporter, policies)
    ]


def names(found: B2Folder, reporter: Any = None, policies: ScanPoliciesManager = DEFAULT_SCAN_MANAGER) -> list[str]:
    return [path.relative_path for path in found.all_files(reporter, policies)]


# --- what it is ---


@pytest.mark.parametrize(
    ("name", "prefix", "full"), [("", "", "x"), ("a", "a/", "a/x"), ("a/b", "a/b/", "a/b/x"), ("a/", "a/", "a/x")]
)
def test_files_of_a_folder_have_its_prefix(name: str, prefix: str, full: str) -> None:
    api = Mock()
    found = B2Folder("bucket", name, api)
    assert (found.bucket_name, found.folder_name, found.prefix) == ("bucket", name, prefix)
    assert found.bucket is api.get_bucket_by_name.return_value
    assert api.get_bucket_by_name.call_args_list == [(("bucket",), {})]
    assert found.make_full_path("x") == full
    assert found.folder_type() == "b2"
    assert str(found) == f"B2Folder(bucket, {name})"


def test_all_versions_below_the_prefix_are_listed_and_a_bucket_of_another_kind_is_reported_no_more() -> None:
    found = folder(Version("a/b"), name="a")
    assert [version.file_name for version in found.get_file_versions()] == ["a/b"]
    cast("Mock", found.bucket).ls.assert_called_once_with("a/", latest_only=False, recursive=True)


def test_a_subclass_may_bring_versions_of_its_own() -> None:
    class Own(B2Folder):
        def get_file_versions(self) -> Iterator[FileVersion]:
            yield cast("FileVersion", Version("mine"))

    assert names(Own("bucket", "", Mock())) == ["mine"]


# --- versions ---


def test_the_versions_of_a_name_are_one_file_the_newest_selected() -> None:
    found = folder(
        Version("f/a", 3), Version("f/a", 2, "hide"), Version("f/a", 1), Version("f/b", 5, "hide"), Version("f/b", 4),
        name="f",
    )  # fmt: skip
    assert scanned(found) == [("a", "id3", ["id3", "id2", "id1"]), ("b", "id5", ["id5", "id4"])]
    assert [path.is_visible() for path in found.all_files(None)] == [True, False]


def test_large_files_that_are_not_finished_are_not_there() -> None:
    found = folder(Version("a", 3, "start"), Version("b", 2, "start"), Version("b", 1))
    assert scanned(found) == [("b", "id1", ["id1"])]


def test_of_a_page_only_what_is_asked_for_becomes_a_path() -> None:
    given_out = 0

    def versions() -> Iterator[tuple[Any, None]]:
        nonlocal given_out
        for name in "abc":
            given_out += 1
            yield Version(name), None

    found = folder()
    cast("Mock", found.bucket).ls.return_value = versions()
    files = found.all_files(None)
    assert given_out == 0
    assert next(files).relative_path == "a"
    assert given_out == 2, "the version that shows that there are no more of the first"


# --- policies ---


def test_versions_that_are_left_out_are_absent_and_told(listener: Listener) -> None:
    found = folder(
        Version("f/a", 3, uploaded=99),
        Version("f/a", 2, time=1),
        Version("f/a", 1),
        Version("f/b.txt", 4),
        Version("f/c", 5, uploaded=99),
        name="f",
    )
    policies = ScanPoliciesManager(
        exclude_file_regexes=[r".*\.txt"], exclude_modified_before=10, exclude_uploaded_after=90
    )
    assert scanned(found, listener, policies) == [("a", "id1", ["id1"])]
    assert [(event.path, event.reason) for event in listener.events] == [
        ("f/a", SkipReason.EXCLUDED_UPLOAD_TIME),
        ("f/a", SkipReason.EXCLUDED_MODIFICATION_TIME),
        ("f/b.txt", SkipReason.EXCLUDED_NAME),
        ("f/c", SkipReason.EXCLUDED_UPLOAD_TIME),
    ]


@pytest.mark.parametrize(
    ("regex", "kept", "skipped"),
    [
        ("photos$", ["a", "other/photos/c", "photos2/x"], ["f/photos"]),
        ("photos", ["a", "other/photos/c"], ["f/photos", "f/photos2"]),
        (".*photos$", ["a", "photos2/x"], ["f/other/photos", "f/photos"]),
        ("photos/sub", ["a", "other/photos/c", "photos/b", "photos2/x"], ["f/photos/sub"]),
        (".*", ["a"], ["f/other", "f/photos", "f/photos2"]),
    ],
)
def test_a_directory_is_left_out_with_all_below_and_told_once(
    regex: str, kept: list[str], skipped: list[str], listener: Listener
) -> None:
    paths = ["a", "other/photos/c", "photos/b", "photos/sub/d", "photos/sub/e/f", "photos2/x"]
    found = folder(*(Version("f/" + path) for path in paths), name="f")
    assert names(found, listener, ScanPoliciesManager(exclude_dir_regexes=[regex])) == kept
    assert [(event.path, event.reason) for event in listener.events] == [
        (path, SkipReason.EXCLUDED_DIRECTORY) for path in skipped
    ]


def test_a_directory_is_left_out_though_none_of_its_own_files_come_before() -> None:
    found = folder(Version("photos/sub/d"))
    assert names(found, None, ScanPoliciesManager(exclude_dir_regexes=["photos$"])) == []


# --- ranges of names ---


def test_a_bucket_that_knows_of_no_ranges_is_listed_whole() -> None:
    found = folder(*map(Version, ["a/l", "a/m", "a/o", "a/p"]), name="a").with_names(NameRange("m", "p"))
    assert names(found) == ["m", "o"]


NAMES = st.sets(st.text("ab/", min_size=1, max_size=7).filter(lambda name: "" not in name.split("/")))


@given(NAMES, st.sampled_from(["a", "a$", "b/a", "b/a$", ".*a$", "a/", "$"]))
def test_a_directory_is_left_out_exactly_if_one_above_is(paths: set[str], regex: str) -> None:
    policies = ScanPoliciesManager(exclude_dir_regexes=[regex])

    def is_kept(path: str) -> bool:
        parts = path.split("/")
        return not any(policies.should_exclude_b2_directory("/".join(parts[:end])) for end in range(1, len(parts)))

    found = folder(*map(Version, sorted(paths)))
    assert names(found, None, policies) == [path for path in sorted(paths) if is_kept(path)]


# --- names that cannot be paths ---

RELATIVE = "File names containing relative path components are not supported"
ABSOLUTE = "File names containing absolute path components are not supported"
MARKER = "it ends with a slash, as names of folders do"
BAD = [
    ("../a", RELATIVE),
    ("a/../b", RELATIVE),
    ("a/..", RELATIVE),
    ("a//b", RELATIVE),
    ("a\\..\\b", RELATIVE),
    ("a/./b", RELATIVE),
    (".", RELATIVE),
    ("/a", ABSOLUTE),
    ("\\a", ABSOLUTE),
]


@pytest.mark.parametrize(("name", "problem"), BAD)
@pytest.mark.parametrize("reporter", [None, Mock()])
def test_a_name_that_cannot_be_a_path_is_an_error(name: str, problem: str, reporter: Any) -> None:
    with pytest.raises(UnsupportedFilename) as caught:
        names(folder(Version("f/" + name), name="f"), reporter)
    assert str(caught.value) == f"{problem}: {name}"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *BAD,
        ("a/", MARKER),
        ("", MARKER),
    ],
)
def test_who_listens_gets_such_a_name_and_the_scan_continues(name: str, problem: str, listener: Listener) -> None:
    found = folder(Version("f/" + name), Version("f/fine"), name="f")
    assert names(found, listener) == ["fine"]
    assert [(event.path, event.reason, event.detail) for event in listener.events] == [
        ("f/" + name, SkipReason.UNSUPPORTED_NAME, problem)
    ]


def test_the_marker_of_a_folder_is_a_file_to_others() -> None:
    assert names(folder(Version("a/"), Version("a/b"))) == ["a/", "a/b"]


def test_a_name_that_is_left_out_may_be_any() -> None:
    found = folder(Version("x/../a"), Version("y//b"), Version("z"))
    policies = ScanPoliciesManager(exclude_dir_regexes=["x"], exclude_file_regexes=["y"])
    assert names(found, None, policies) == ["z"]


@pytest.mark.parametrize("name", ["a..b", "...", "a/..b", "a.", ".a/.b", "a\\b", "a:b", "C:", "x y", "a/b./c"])
def test_other_names_are_paths(name: str) -> None:
    assert names(folder(Version(name))) == [name]


@given(st.text("a./\\:", max_size=6))
def test_a_name_is_refused_exactly_if_the_rule_refuses_it(name: str) -> None:
    problem: str | None = None
    try:
        validate_b2_file_name_as_path(name)
    except ValueError as error:
        problem = str(error)
    found: str | None = None
    try:
        assert names(folder(Version(name))) == [name]
    except UnsupportedFilename as refusal:
        found = refusal.message
    assert found == problem


def test_paths_know_their_versions() -> None:
    version = cast("FileVersion", Version("a", 7))
    found = folder(cast("Version", version))
    assert list(found.all_files(None)) == [B2Path("a", version, [version])]


def test_memory_does_not_grow_with_the_number_of_files() -> None:
    class Endless(B2Folder):
        number = 0

        def get_file_versions(self) -> Iterator[FileVersion]:
            for number in range(self.number):
                yield cast("FileVersion", Version(f"{number // 10:05}/{number:06}"))

    def peak_of(number: int) -> int:
        found = Endless("bucket", "", Mock())
        found.number = number
        tracemalloc.start()
        try:
            assert sum(1 for _ in found.all_files(None)) == number
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_of(10)  # what is made once
    # Other threads of the process allocate too; whatever is kept of a file takes more than ten bytes.
    assert peak_of(20_000) < peak_of(200) + 200_000


# --- versions that come in batches ---


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b/a", "b/b", "c", "c//d"]), st.sampled_from(["upload", "start", "hide"]))
    ),
    st.data(),
)
def test_the_batches_in_which_versions_come_make_no_difference(
    chosen: list[tuple[str, str]], data: st.DataObject
) -> None:
    versions: list[Any] = [Version(name, number, action) for number, (name, action) in enumerate(sorted(chosen))]
    policies = ScanPoliciesManager(exclude_dir_regexes=data.draw(st.sampled_from([[], ["b$"]])))
    at_once, in_batches = Listener(), Listener()
    expected = list(folder(*versions).all_files(at_once, policies))

    files, left = FilesOfVersions("", policies, in_batches), versions
    found: list[B2Path | None] = []
    while left:
        size = data.draw(st.integers(1, len(left)))
        found += files.of(left[:size])
        left = left[size:]
    found.append(files.last())

    assert list(filter(None, found)) == expected
    assert in_batches.events == at_once.events
