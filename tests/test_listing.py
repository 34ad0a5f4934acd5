from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, cycle
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st
from tests.drivers import DRIVERS, Driver, driver_name

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import FileApi, FileVersion, FileVersionFactory
from b2sdk.lazy_page import Entries, page_with_entries
from b2sdk.listing import Lister, PageOnItsWay, Request, folder_prefix, matcher, wildcard_prefix
from b2sdk.paging import Page
from b2sdk.values.filter import Filter
from b2sdk.values.name_range import ALL_NAMES, NameRange

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

    def list_file_names(self, bucket_id: str, start: str, *, max_file_count: int | None, prefix: str) -> dict[str, Any]:
        self.asked.append((bucket_id, start, max_file_count, prefix))
        newest = {one["fileName"]: one for one in reversed(self.versions)}
        visible = [one for one in newest.values() if one["action"] == "upload"]
        return self._page(sorted(visible, key=lambda one: str(one["fileName"])), start, None, max_file_count, prefix)

    def list_file_versions(
        self, bucket_id: str, start: str, start_id: str | None, *, max_file_count: int | None, prefix: str
    ) -> dict[str, Any]:
        self.asked.append((bucket_id, start, start_id, max_file_count, prefix))
        return self._page(self.versions, start, start_id, max_file_count, prefix)

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


def everything(name: str) -> bool:
    return True


@dataclass
class Client:
    """Lists by one of the drivers, and counts the pages that it asks for ahead."""

    driver: Driver
    begun: int = 0
    given_up: int = 0

    def lister(self, service: Service) -> Lister:
        step = self.driver.step
        factory = FileVersionFactory(cast("FileApi", self))
        return Lister(step(service.list_file_names), step(service.list_file_versions), "a bucket", factory)

    def ls(
        self,
        service: Service,
        path: str = "",
        *,
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = None,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        ahead: bool = False,
        workers: int | None = None,
        names: NameRange = ALL_NAMES,
        in_order: bool = True,
    ) -> Generator[tuple[FileVersion, str | None], None, None]:
        begin = self.begin if ahead else None
        several = None if workers is None else self.driver.workers(workers)
        return self.driver.iterate(
            self.lister(service).ls(
                path, latest_only, recursive, fetch_count, with_wildcard, filters, begin, several, names, in_order
            )
        )

    def listed(self, service: Service, path: str = "", **options: Any) -> list[tuple[str, str | None]]:
        return [(version.id_, folder) for version, folder in self.ls(service, path, **options)]

    def versions_of(self, service: Service, name: str, fetch_count: int | None = None) -> list[str]:
        found = self.driver.iterate(self.lister(service).versions_of(name, fetch_count))
        return [version.id_ for version in found]

    def begin(self, request: Callable[[], Request]) -> PageOnItsWay:
        self.begun += 1
        return Counted(self, self.driver.begin(request))


@dataclass
class Counted(PageOnItsWay):
    client: Client
    page: PageOnItsWay

    async def cancel(self) -> None:
        self.client.given_up += 1
        await self.page.cancel()

    async def result(self) -> Page:
        return await self.page.result()


@pytest.fixture(params=DRIVERS, ids=driver_name)
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.param)


def listed_naively(
    entries: list[Entry], path: str, wanted: Callable[[str], bool], latest_only: bool, recursive: bool
) -> list[tuple[str, str | None]]:
    if not path.endswith("/") and (versions := [one for one in entries if one["fileName"] == path]):
        if latest_only:
            versions = [one for one in versions[:1] if one["action"] == "upload"]
        return [(one["fileId"], None) for one in versions]
    prefix = path if not path or path.endswith("/") else f"{path}/"
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


@pytest.mark.parametrize("driver", DRIVERS, ids=driver_name)
@given(
    buckets(),
    PAGE_SIZES,
    st.sampled_from(["", "a", "a/", "b/a", "0/"]),
    st.booleans(),
    st.booleans(),
    NAMES,
    st.booleans(),
    st.sampled_from([None, 1, 3]),
)
def test_files_and_folders_do_not_depend_on_the_pages(
    driver: Driver,
    entries: list[Entry],
    page_sizes: list[int],
    path: str,
    latest_only: bool,
    recursive: bool,
    unwanted: str,
    ahead: bool,
    workers: int | None,
) -> None:
    def wanted(name: str) -> bool:
        return not name.endswith(unwanted)

    service = Service(entries, cycle(page_sizes))
    filters = [Filter.exclude(f"*{unwanted}")]
    found = Client(driver).listed(
        service, path, filters=filters, latest_only=latest_only, recursive=recursive, ahead=ahead, workers=workers
    )
    assert found == listed_naively(entries, path, wanted, latest_only, recursive)


@pytest.mark.parametrize("driver", DRIVERS, ids=driver_name)
@given(
    buckets(),
    PAGE_SIZES,
    st.sampled_from(["", "a", "a/", "b/a", "0/"]),
    st.booleans(),
    st.booleans(),
    st.lists(NAMES),
    st.sampled_from([None, 1, 3]),
)
def test_the_parts_of_a_listing_are_the_whole(
    driver: Driver,
    entries: list[Entry],
    page_sizes: list[int],
    path: str,
    latest_only: bool,
    ahead: bool,
    points: list[str],
    workers: int | None,
) -> None:
    service = Service(entries, cycle(page_sizes))
    options: dict[str, Any] = {"latest_only": latest_only, "recursive": True, "ahead": ahead, "workers": workers}
    found = [Client(driver).listed(service, path, names=names, **options) for names in ALL_NAMES.divide(*points)]
    assert [*chain.from_iterable(found)] == listed_naively(entries, path, everything, latest_only, recursive=True)


def test_a_range_of_names_is_requested_and_nothing_behind_it(client: Client) -> None:
    service = Service([entry(f"a/{number}", number) for number in range(10)], cycle([2]))
    options: dict[str, Any] = {"recursive": True, "ahead": True, "fetch_count": 2}
    assert client.listed(service, "a/", names=NameRange("a/4", "a/6"), **options) == [("id4", None), ("id5", None)]
    assert service.asked == [("a bucket", "a/4", 2, "a/")]
    assert client.begun == 0
    service.asked.clear()
    assert client.listed(service, "a/", names=NameRange("b"), **options) == []
    assert client.listed(service, "a/", names=NameRange("", "a"), **options) == []
    assert service.asked == []
    assert len(client.listed(service, names=NameRange("a/2", "a/20"), **options)) == 1
    assert service.asked == [("a bucket", "a/2", 2, "a/2")], "what all names of the range begin with"


def test_a_range_of_names_needs_a_recursive_listing(client: Client) -> None:
    with pytest.raises(ValueError, match="names requires recursive to be turned on as well"):
        client.listed(Service([]), names=NameRange("a"))


@pytest.mark.parametrize("driver", DRIVERS, ids=driver_name)
@given(buckets(), PAGE_SIZES, NAMES, st.none() | st.integers(1, 3))
def test_all_versions_of_exactly_one_name(
    driver: Driver, entries: list[Entry], page_sizes: list[int], name: str, fetch_count: int | None
) -> None:
    found = Client(driver).versions_of(Service(entries, cycle(page_sizes)), name, fetch_count)
    assert found == [one["fileId"] for one in entries if one["fileName"] == name]


def test_the_rest_of_a_folder_is_not_listed(client: Client) -> None:
    names = ["a", "b/1", "b/2", "b/3", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([2]))
    assert client.listed(service, fetch_count=2) == [("id0", None), ("id1", "b/"), ("id4", None)]
    assert service.asked == [("a bucket", "", 2, ""), ("a bucket", "b0", 2, "")]


def test_the_rest_of_a_folder_is_not_listed_among_versions_either(client: Client) -> None:
    names = ["b/1", "b/1", "b/2", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([1]))
    assert client.listed(service, latest_only=False) == [("id0", "b/"), ("id3", None)]
    assert service.asked == [("a bucket", "", None, None, ""), ("a bucket", "b0", None, None, "")]


def test_the_next_page_of_versions_begins_with_the_next_version(client: Client) -> None:
    service = Service([entry("a", 0), entry("a", 1)], cycle([1]))
    assert client.listed(service, latest_only=False) == [("id0", None), ("id1", None)]
    assert service.asked == [("a bucket", "", None, None, ""), ("a bucket", "a", "id1", None, "")]


def test_the_versions_of_a_name_are_asked_for_by_that_name(client: Client) -> None:
    service = Service([entry("file", 0), entry("file2", 1)])
    assert client.versions_of(service, "file", 10) == ["id0"]
    assert service.asked == [("a bucket", "file", None, 10, "file")]


def test_an_empty_page_neither_ends_a_listing_nor_leaves_a_folder(client: Client) -> None:
    names = ["a/1", "b/1"]
    service = Service([entry(name, number) for number, name in enumerate(names)], iter([1, 0, 0, 1]))
    assert client.listed(service) == [("id0", "a/"), ("id1", "b/")]
    assert [start for _, start, *_ in service.asked] == ["", "b/1", "b/1", "b/1"]


def test_a_listing_ends_at_the_first_name_without_the_prefix(client: Client) -> None:
    class Careless(Service):
        def list_file_names(self, *args: Any, max_file_count: int | None, prefix: str) -> dict[str, Any]:
            return super().list_file_names(*args, max_file_count=max_file_count, prefix="")

    service = Careless([entry(name, number) for number, name in enumerate(["a/1", "b", "c"])], cycle([2]))
    assert client.listed(service, "a/") == [("id0", None)]
    assert len(service.asked) == 1


def test_a_listing_asks_for_no_page_before_it_is_needed(client: Client) -> None:
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = client.ls(service, recursive=True, fetch_count=1)
    assert service.asked == []
    next(found)
    assert len(service.asked) == 1


def test_a_page_is_fetched_ahead_while_the_one_before_is_worked_on(client: Client) -> None:
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = client.ls(service, recursive=True, fetch_count=1, ahead=True)
    assert service.asked == []
    begun = [(client.begun, version.id_) for version, _ in found]
    assert begun == [(1, "id0"), (2, "id1"), (2, "id2")]
    assert len(service.asked) == 3
    assert client.given_up == 0


def test_who_stops_early_gives_up_the_page_that_was_asked_for(client: Client) -> None:
    service = Service([entry(name, number) for number, name in enumerate("abc")], cycle([1]))
    found = client.ls(service, recursive=True, fetch_count=1, ahead=True)
    next(found)
    assert client.given_up == 0
    found.close()
    assert (client.begun, client.given_up) == (1, 1)


def test_an_error_ahead_comes_after_the_page_before(client: Client) -> None:
    class Failing(Service):
        def list_file_names(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            if self.asked:
                raise RuntimeError("the service is gone")
            return super().list_file_names(*args, **kwargs)

    service = Failing([entry(name, number) for number, name in enumerate("ab")], cycle([1]))
    found = client.ls(service, recursive=True, fetch_count=1, ahead=True)
    assert next(found)[0].id_ == "id0"
    with pytest.raises(RuntimeError, match="the service is gone"):
        next(found)


def test_folders_are_not_listed_ahead_as_their_rest_may_be_left_out(client: Client) -> None:
    names = ["a", "b/1", "b/2", "b/3", "c"]
    service = Service([entry(name, number) for number, name in enumerate(names)], cycle([2]))
    assert client.listed(service, fetch_count=2, ahead=True) == [("id0", None), ("id1", "b/"), ("id4", None)]
    assert service.asked == [("a bucket", "", 2, ""), ("a bucket", "b0", 2, "")]


def test_a_page_without_files_is_not_a_page(client: Client) -> None:
    class Broken(Service):
        def list_file_names(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            return {"nextFileName": None}

    with pytest.raises(UnexpectedCloudBehaviour, match="a page of a listing came without 'files'"):
        client.listed(Broken([]))


def test_what_makes_no_sense_is_refused_before_a_page_is_asked_for(client: Client) -> None:
    service = Service([entry("a", 0)])
    for path in ("", "a", "*"):
        with pytest.raises(ValueError, match="unsupported fetch_count value"):
            client.listed(service, path, fetch_count=0)
    with pytest.raises(ValueError, match="unsupported fetch_count value"):
        client.versions_of(service, "a", -1)
    with pytest.raises(ValueError, match="workers must be positive"):
        client.listed(service, workers=0)
    with pytest.raises(ValueError, match="with_wildcard requires recursive"):
        client.listed(service, "*", with_wildcard=True)
    assert service.asked == []


def test_whether_a_path_is_a_file_takes_one_version(client: Client) -> None:
    service = Service([entry("a", 0), entry("a", 1), entry("b", 2, "hide"), entry("b", 3)], cycle([0, 1]))
    assert client.listed(service, "a") == [("id0", None)]
    assert client.listed(service, "b") == []
    assert client.listed(service, "a", latest_only=False) == [("id0", None), ("id1", None)]
    assert service.asked[:2] == [("a bucket", "a", None, 1, "a"), ("a bucket", "a", "id0", 1, "a")]
    assert {name for _, name, *_ in service.asked} == {"a", "b"}, "no folder is listed where there is a file"


LISTINGS = [
    pytest.param({"recursive": True}, id="recursive"),
    pytest.param({"recursive": True, "ahead": True}, id="ahead"),
    pytest.param({}, id="folders"),
    pytest.param({"latest_only": False}, id="versions in folders"),
    pytest.param({"latest_only": False, "recursive": True}, id="versions"),
]
WITH_WORKERS = [*LISTINGS, pytest.param({"recursive": True, "workers": 3}, id="several workers")]


# --- how the entries of a page come, and how long they are kept ---


class Sent(Service):
    """Sends its pages as JSON."""

    def _page(self, *args: Any) -> dict[str, Any]:
        page = page_with_entries(json.dumps(super()._page(*args)).encode())
        assert page is not None, "all entries are to be decoded at once"
        assert type(page["files"]) is Entries
        return page


def is_decoded_at_once() -> bool:
    return page_with_entries(b'{"files": [], "nextFileName": null}') is None


@pytest.mark.parametrize(
    "options", [{}, {"recursive": True}, {"recursive": True, "ahead": True}, {"latest_only": False}], ids=str
)
def test_only_what_the_listing_asks_for_is_decoded_an_entry_at_a_time(client: Client, options: dict[str, Any]) -> None:
    service = Sent([entry("a", 0), entry("b", 1), entry("c", 2)], cycle([1]))
    assert [is_decoded_at_once() for _ in client.ls(service, **options)] == [True] * 3


def test_what_a_task_asks_for_between_two_pages_is_decoded_at_once() -> None:
    async def list_and_ask() -> list[bool]:
        client = Client(DRIVERS[-1])
        service = Sent([entry("a", 0), entry("b", 1)], cycle([1]))
        found = client.lister(service).ls("", True, True, None, False, (), client.begin)
        return [is_decoded_at_once() async for entries in found for _ in entries]

    assert asyncio.run(list_and_ask()) == [True, True]


class Entered(list[Entry]):
    """Entries that can be seen to be dropped."""


class Watched(Service):
    """Counts at each request which of its pages are still there."""

    def __init__(self, *names: str) -> None:
        super().__init__([entry(name, number) for number, name in enumerate(names)], cycle([1]))
        self.kept: list[int] = []
        self._sent: list[weakref.ref[Entered]] = []

    def _page(self, *args: Any) -> dict[str, Any]:
        self.kept.append(sum(files() is not None for files in self._sent))
        page = super()._page(*args)
        files = Entered(page["files"])
        self._sent.append(weakref.ref(files))
        return {**page, "files": files}


@pytest.mark.parametrize("options", LISTINGS)
def test_no_more_than_one_page_is_kept_while_the_next_one_is_fetched(client: Client, options: dict[str, Any]) -> None:
    service = Watched("a", "b", "b", "c/d", "e")
    assert len(client.listed(service, **options)) >= 4
    assert len(service.kept) == 4 + ("latest_only" in options)
    assert max(service.kept) <= (1 if "ahead" in options else 0)


def test_no_version_of_a_file_is_kept_with_its_page(client: Client) -> None:
    service = Watched("a", "a", "a")
    assert len(client.listed(service, "a", latest_only=False)) == 3
    assert service.kept == [0, 0, 0]


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


class Damaged(Service):
    """Changes its pages before they go out."""

    def __init__(self, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__([entry(name, number) for number, name in enumerate(["a", "b", "c/d", "c/e", "f"])], cycle([2]))
        self._change = change

    def _page(self, *args: Any) -> dict[str, Any]:
        page = super()._page(*args)
        self._change(page)
        return page


@pytest.mark.parametrize("options", WITH_WORKERS)
def test_a_page_that_does_not_say_what_follows_is_no_end(client: Client, options: dict[str, Any]) -> None:
    service = Damaged(lambda page: page.pop("nextFileName"))
    with pytest.raises(UnexpectedCloudBehaviour, match="nextFileName"):
        client.listed(service, **options)
    assert len(service.asked) == 1


@pytest.mark.parametrize("options", WITH_WORKERS)
@pytest.mark.parametrize("name", [1, {}, [], False])
def test_what_follows_is_named_by_text(client: Client, options: dict[str, Any], name: Any) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="nextFileName"):
        client.listed(Damaged(lambda page: page.update(nextFileName=name)), **options)


@pytest.mark.parametrize("options", WITH_WORKERS)
@pytest.mark.parametrize("name", ["", "a", "c/d", "z"])
@pytest.mark.parametrize("is_empty", [False, True])
def test_pages_that_never_end_are_an_error(client: Client, options: dict[str, Any], name: str, is_empty: bool) -> None:
    def change(page: dict[str, Any]) -> None:
        page.update(nextFileName=name, nextFileId=None)
        if is_empty:
            page["files"].clear()

    service = Damaged(change)
    with pytest.raises(UnexpectedCloudBehaviour, match="would never end"):
        client.listed(service, **options)
    assert len(service.asked) < 500


def test_a_page_of_versions_says_with_which_version_the_next_one_begins(client: Client) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="which"):
        client.listed(Damaged(lambda page: page.pop("nextFileId")), latest_only=False)
    whole = Service([entry("a", 0)], cycle([10]))
    assert client.listed(whole, latest_only=False) == [("id0", None)]
