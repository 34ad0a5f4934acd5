from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import FileApi, FileVersionFactory
from b2sdk.listing import Ahead, Lister, folder_prefix, matcher, wildcard_prefix
from b2sdk.paging import Page
from b2sdk.session import B2Session
from b2sdk.values.filter import Filter

Entry = dict[str, Any]


def entry(name: str, number: int, action: str = "upload") -> Entry:
    setting = {"isClientAuthorizedToRead": False, "value": None}
    return {
        "fileId": f"id{number}",
        "fileName": name,
        "accountId": "an account",
        "bucketId": "a bucket",
        "action": action,
        "size": 0,
        "uploadTimestamp": 0,
        "fileRetention": setting,
        "legalHold": setting,
    }


@dataclass
class Service:
    """Lists a bucket in pages that may be shorter than requested, even empty, and records its calls."""

    versions: list[Entry]
    """In the order of the service: by name, the newest version of each first."""
    page_sizes: Iterator[int] = field(default_factory=lambda: cycle([1000]))
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def list_file_names(self, bucket_id: str, start: str, count: int | None, prefix: str) -> dict[str, Any]:
        self.asked.append((bucket_id, start, count, prefix))
        newest = {one["fileName"]: one for one in reversed(self.versions)}
        visible = [one for one in newest.values() if one["action"] == "upload"]
        return self._page(sorted(visible, key=lambda one: str(one["fileName"])), start, None, count, prefix)

    def list_file_versions(
        self, bucket_id: str, start: str, start_id: str | None, count: int | None, prefix: str
    ) -> dict[str, Any]:
        self.asked.append((bucket_id, start, start_id, count, prefix))
        return self._page(self.versions, start, start_id, count, prefix)

    def _page(
        self, entries: list[Entry], start: str, start_id: str | None, count: int | None, prefix: str
    ) -> dict[str, Any]:
        rest = [one for one in entries if one["fileName"] >= start and one["fileName"].startswith(prefix)]
        ids = [one["fileId"] for one in rest if one["fileName"] == start]
        if start_id is not None:  # one that is not there is passed by, and all of its name that may be before it
            rest = rest[ids.index(start_id) :] if start_id in ids else [one for one in rest if one["fileName"] > start]
        size = min(next(self.page_sizes), 1000 if count is None else count)
        following = rest[size] if size < len(rest) else {}
        return {
            "files": rest[:size],
            "nextFileName": following.get("fileName"),
            "nextFileId": following.get("fileId"),
        }

    def lister(self) -> Lister:
        return Lister(cast("B2Session", self), "a bucket", FileVersionFactory(cast("FileApi", self)))


def everything(name: str) -> bool:
    return True


def listed(
    service: Service,
    prefix: str = "",
    wanted: Callable[[str], bool] = everything,
    *,
    latest_only: bool = True,
    recursive: bool = False,
    fetch_count: int | None = None,
    ahead: Ahead | None = None,
) -> list[tuple[str, str | None]]:
    found = service.lister().files_and_folders(prefix, wanted, latest_only, recursive, fetch_count, ahead=ahead)
    return [(version.id_, folder) for version, folder in found]


class OnItsWay:
    """A page that is fetched when it is requested; records that it was dropped."""

    given_up = 0

    def __init__(self, fetch: Callable[[], Page]) -> None:
        self._outcome: Page | Exception
        try:
            self._outcome = fetch()
        except RuntimeError as error:
            self._outcome = error

    def cancel(self) -> None:
        type(self).given_up += 1

    def result(self) -> Page:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def listed_naively(
    entries: list[Entry], prefix: str, wanted: Callable[[str], bool], latest_only: bool, recursive: bool
) -> list[tuple[str, str | None]]:
    result: list[tuple[str, str | None]] = []
    names, folders = set(), set()
    for one in entries:
        name, is_newest = one["fileName"], one["fileName"] not in names
        names.add(name)
        if latest_only and not (is_newest and one["action"] == "upload"):
            continue
        if not (name.startswith(prefix) and wanted(name)):
            continue
        inside, slash, _ = name[len(prefix) :].partition("/")
        if recursive or not slash:
            result.append((one["fileId"], None))
        elif inside not in folders:
            folders.add(inside)
            result.append((one["fileId"], f"{prefix}{inside}/"))
    return result


NAMES = st.text("ab0/.", min_size=1, max_size=5)
PAGE_SIZES = st.lists(st.integers(0, 3), max_size=4).map(lambda sizes: [*sizes, 2])


@st.composite
def buckets(draw: st.DrawFn) -> list[Entry]:
    names = sorted(draw(st.lists(NAMES, max_size=12)))
    return [entry(name, number, draw(st.sampled_from(["upload", "hide"]))) for number, name in enumerate(names)]


@given(
    buckets(),
    PAGE_SIZES,
    st.sampled_from(["", "a", "a/", "b/a"]),
    st.booleans(),
    st.booleans(),
    NAMES,
    st.sampled_from([None, OnItsWay]),
)
def test_files_and_folders_do_not_depend_on_the_pages(
    entries: list[Entry],
    page_sizes: list[int],
    prefix: str,
    latest_only: bool,
    recursive: bool,
    unwanted: str,
    ahead: Ahead | None,
) -> None:
    def wanted(name: str) -> bool:
        return not name.endswith(unwanted)

    service = Service(entries, cycle(page_sizes))
    found = listed(service, prefix, wanted, latest_only=latest_only, recursive=recursive, ahead=ahead)
    assert found == listed_naively(entries, prefix, wanted, latest_only, recursive)


@given(buckets(), PAGE_SIZES, NAMES, st.none() | st.integers(1, 3))
def test_all_versions_of_exactly_one_name(
    entries: list[Entry], page_sizes: list[int], name: str, fetch_count: int | None
) -> None:
    found = Service(entries, cycle(page_sizes)).lister().versions_of(name, fetch_count)
    assert [version.id_ for version in found] == [one["fileId"] for one in entries if one["fileName"] == name]


def test_the_rest_of_a_folder_is_not_listed() -> None:
    names = ["a", "b/1", "b/2", "b/3", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([2]))
    assert listed(service, fetch_count=2) == [("id0", None), ("id1", "b/"), ("id4", None)]
    assert service.asked == [("a bucket", "", 2, ""), ("a bucket", "b0", 2, "")]


def test_the_rest_of_a_folder_is_not_listed_among_versions_either() -> None:
    names = ["b/1", "b/1", "b/2", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([1]))
    assert listed(service, latest_only=False) == [("id0", "b/"), ("id3", None)]
    assert service.asked == [("a bucket", "", None, None, ""), ("a bucket", "b0", None, None, "")]


def test_the_next_page_of_versions_begins_with_the_next_version() -> None:
    service = Service([entry("a", 0), entry("a", 1)], cycle([1]))
    assert listed(service, latest_only=False) == [("id0", None), ("id1", None)]
    assert service.asked == [("a bucket", "", None, None, ""), ("a bucket", "a", "id1", None, "")]


def test_the_versions_of_a_name_are_asked_for_by_that_name() -> None:
    service = Service([entry("file", 0), entry("file2", 1)])
    assert [version.file_name for version in service.lister().versions_of("file", 10)] == ["file"]
    assert service.asked == [("a bucket", "file", None, 10, "file")]


def test_an_empty_page_neither_ends_a_listing_nor_leaves_a_folder() -> None:
    names = ["a/1", "b/1"]
    service = Service([entry(name, number) for number, name in enumerate(names)], iter([1, 0, 0, 1]))
    assert listed(service) == [("id0", "a/"), ("id1", "b/")]
    assert [start for _, start, *_ in service.asked] == ["", "b/1", "b/1", "b/1"]


def test_a_listing_ends_at_the_first_name_without_the_prefix() -> None:
    class Careless(Service):
        def list_file_names(self, bucket_id: str, start: str, count: int | None, prefix: str) -> dict[str, Any]:
            return super().list_file_names(bucket_id, start, count, "")

    service = Careless([entry(name, number) for number, name in enumerate(["a/1", "b", "c"])], cycle([2]))
    assert listed(service, "a/") == [("id0", None)]
    assert len(service.asked) == 1


def test_a_listing_asks_for_no_page_before_it_is_needed() -> None:
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = service.lister().files_and_folders("", everything, True, True, 1)
    assert service.asked == []
    next(found)
    assert len(service.asked) == 1


def test_a_page_is_fetched_ahead_while_the_one_before_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnItsWay, "given_up", 0)
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = service.lister().files_and_folders("", everything, True, True, 1, ahead=OnItsWay)
    assert service.asked == []
    asked = [(len(service.asked), version.id_) for version, _ in found]
    assert asked == [(2, "id0"), (3, "id1"), (3, "id2")]
    assert OnItsWay.given_up == 0


def test_who_stops_early_gives_up_the_page_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnItsWay, "given_up", 0)
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = service.lister().files_and_folders("", everything, True, True, 1, ahead=OnItsWay)
    next(found)
    assert OnItsWay.given_up == 0
    del found
    assert (OnItsWay.given_up, len(service.asked)) == (1, 2)


def test_an_error_ahead_comes_after_the_page_before() -> None:
    class Failing(Service):
        def list_file_names(self, *args: Any) -> dict[str, Any]:
            if self.asked:
                raise RuntimeError("the service is gone")
            return super().list_file_names(*args)

    service = Failing([entry(name, number) for number, name in enumerate("ab")], cycle([1]))
    found = service.lister().files_and_folders("", everything, True, True, 1, ahead=OnItsWay)
    assert next(found)[0].id_ == "id0"
    with pytest.raises(RuntimeError, match="the service is gone"):
        next(found)


def test_folders_are_not_listed_ahead_as_their_rest_may_be_left_out() -> None:
    names = ["a", "b/1", "b/2", "b/3", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([2]))
    assert listed(service, fetch_count=2, ahead=OnItsWay) == [("id0", None), ("id1", "b/"), ("id4", None)]
    assert service.asked == [("a bucket", "", 2, ""), ("a bucket", "b0", 2, "")]


def test_a_page_without_files_is_not_a_page() -> None:
    class Broken(Service):
        def list_file_names(self, bucket_id: str, start: str, count: int | None, prefix: str) -> dict[str, Any]:
            return {"nextFileName": None}

    with pytest.raises(UnexpectedCloudBehaviour, match="a page of a listing came without 'files'"):
        listed(Broken([]))


# --- prefixes and patterns ---


@pytest.mark.parametrize(("path", "prefix"), [("", ""), ("a", "a/"), ("a/", "a/"), ("a/b", "a/b/"), ("/", "/")])
def test_the_prefix_of_a_folder_ends_with_a_slash(path: str, prefix: str) -> None:
    assert folder_prefix(path) == prefix


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("*", ""),
        ("a*", ""),
        ("?/b*", ""),
        ("b/c*/?", "b"),
        ("b/c/d[0-9]", "b/c"),
        ("b/?/c*", "b"),
        ("b/c.txt", "b/c.txt"),
        ("", ""),
    ],
)
def test_the_prefix_of_a_pattern_is_the_folder_before_its_first_wildcard(pattern: str, prefix: str) -> None:
    assert wildcard_prefix(pattern) == prefix


@given(st.text("ab/*?[]", max_size=6), NAMES)
def test_whatever_a_pattern_matches_has_its_prefix(pattern: str, name: str) -> None:
    matches = matcher(pattern, [])
    assert matches is not None
    assert name.startswith(wildcard_prefix(pattern)) or not matches(name)


def test_what_wants_everything_asks_nothing() -> None:
    assert matcher(None, []) is None


@pytest.mark.parametrize(
    ("pattern", "filters", "expected"),
    [
        (None, [], ["a.txt", "b/a.txt", "B.TXT"]),
        ("*.txt", [], ["a.txt", "b/a.txt"]),
        ("?.txt", [], ["a.txt"]),
        (None, [Filter.exclude("b*")], ["a.txt", "B.TXT"]),
        ("*.txt", [Filter.exclude("b*")], ["a.txt"]),
    ],
)
def test_a_name_must_match_the_pattern_and_pass_the_filters(
    pattern: str | None, filters: list[Filter], expected: list[str]
) -> None:
    assert list(filter(matcher(pattern, filters), ["a.txt", "b/a.txt", "B.TXT"])) == expected


# --- pages that never end, or do not say whether they do ---

LISTINGS = [
    pytest.param({"recursive": True}, id="recursive"),
    pytest.param({"recursive": True, "ahead": OnItsWay}, id="ahead"),
    pytest.param({}, id="folders"),
    pytest.param({"latest_only": False}, id="versions in folders"),
    pytest.param({"latest_only": False, "recursive": True}, id="versions"),
]


class Damaged(Service):
    """Changes its pages before they go out."""

    def __init__(self, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__([entry(name, number) for number, name in enumerate(["a", "b", "c/d", "c/e", "f"])], cycle([2]))
        self._change = change

    def _page(self, *args: Any) -> dict[str, Any]:
        page = super()._page(*args)
        self._change(page)
        return page


@pytest.mark.parametrize("options", LISTINGS)
def test_a_page_that_does_not_say_what_follows_is_no_end(options: dict[str, Any]) -> None:
    service = Damaged(lambda page: page.pop("nextFileName"))
    with pytest.raises(UnexpectedCloudBehaviour, match="nextFileName"):
        listed(service, **options)
    assert len(service.asked) == 1


@pytest.mark.parametrize("options", LISTINGS)
@pytest.mark.parametrize("name", [1, {}, [], False])
def test_what_follows_is_named_by_text(options: dict[str, Any], name: Any) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="nextFileName"):
        listed(Damaged(lambda page: page.update(nextFileName=name)), **options)


@pytest.mark.parametrize("options", LISTINGS)
@pytest.mark.parametrize("name", ["", "a", "c/d", "z"])
@pytest.mark.parametrize("is_empty", [False, True])
def test_pages_that_never_end_are_an_error(options: dict[str, Any], name: str, is_empty: bool) -> None:
    def change(page: dict[str, Any]) -> None:
        page.update(nextFileName=name, nextFileId=None)
        if is_empty:
            page["files"].clear()

    service = Damaged(change)
    with pytest.raises(UnexpectedCloudBehaviour, match="would never end"):
        listed(service, **options)
    assert len(service.asked) < 500


def test_a_page_of_versions_says_with_which_version_the_next_one_begins() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="which"):
        listed(Damaged(lambda page: page.pop("nextFileId")), latest_only=False)
    whole = Service([entry("a", 0)], cycle([10]))
    assert listed(whole, latest_only=False) == [("id0", None)]
