from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.drivers import DRIVERS, Driver, driver_name

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.paging import Course, Paged, pages
from b2sdk.values.responses import OBJECT
from b2sdk.values.shape import TEXT, Shape, list_of

THINGS = Paged(Shape("a listing", {"things": list_of(TEXT), "next": TEXT.or_null()}), "things", "next")

Fetch = Callable[["str | None"], Mapping[str, Any]]
Listed = Callable[..., Iterator[str]]
"""Takes what fetches a page, and where the listing begins."""


@pytest.fixture(params=DRIVERS, ids=driver_name)
def listed(request: pytest.FixtureRequest) -> Listed:
    driver: Driver = request.param

    def listed(fetch: Fetch, start: str | None = None) -> Iterator[str]:
        return driver.iterate(pages(driver.step(fetch), start, THINGS, str.upper))

    return listed


def test_the_pages_are_followed_to_the_one_without_a_next(listed: Listed) -> None:
    answers: dict[str | None, Mapping[str, Any]] = {
        None: {"things": ["a"], "next": "b"},
        "b": {"things": [], "next": "b2"},
        "b2": {"things": ["c"], "next": None},
    }
    assert list(listed(answers.__getitem__)) == ["A", "C"]


def test_no_page_is_asked_for_before_it_is_needed(listed: Listed) -> None:
    asked: list[str | None] = []

    def fetch(start: str | None) -> Mapping[str, Any]:
        asked.append(start)
        return {"things": ["a"], "next": f"{start}b"}

    found = listed(fetch, "a")
    assert asked == []
    assert list(islice(found, 2)) == ["A", "A"]
    assert asked == ["a", "ab"]


@pytest.mark.parametrize(
    "page", [{"things": ["a"]}, {"next": None}, {"things": None, "next": None}, {"things": [1], "next": None}, [], None]
)
def test_a_page_that_does_not_say_where_the_next_one_begins_is_no_last_page(listed: Listed, page: Any) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="a listing"):
        list(listed(lambda _start: page))


def test_a_page_with_entries_that_names_its_own_beginning_is_an_error(listed: Listed) -> None:
    asked = count()

    def fetch(_start: str | None) -> Mapping[str, Any]:
        next(asked)
        return {"things": ["a"], "next": "a"}

    with pytest.raises(UnexpectedCloudBehaviour, match="would never end"):
        list(listed(fetch))
    assert next(asked) == 2


@pytest.mark.parametrize("has_entries", [True, False])
@pytest.mark.parametrize("length", [1, 2, 3, 10])
@pytest.mark.parametrize("before", [0, 1, 25])
def test_a_circle_of_any_length_ends(listed: Listed, before: int, length: int, has_entries: bool) -> None:
    places = [f"before {number}" for number in range(before)]
    circle = [f"circle {number}" for number in range(length)]
    asked = count()

    def fetch(start: str | None) -> Mapping[str, Any]:
        next(asked)
        following = [*places, *circle, circle[0]]
        return {"things": ["a"] if has_entries else [], "next": following[following.index(start or "") + 1]}

    with pytest.raises(UnexpectedCloudBehaviour, match="would never end"):
        list(listed(fetch, [*places, *circle][0]))
    assert next(asked) <= 4 * (before + length) + 101


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=50))
def test_what_gets_on_is_no_circle_however_many_pages_are_empty(steps: list[tuple[bool, int]]) -> None:
    course = Course(0)
    for place, (has_entries, waits) in enumerate(steps):
        for _ in range(waits):  # the service needs more time and says so
            assert course.advance(place, has_entries=False) == place
        assert course.advance(place + 1, has_entries) == place + 1


def test_a_service_that_needs_more_time_for_ever_is_given_up() -> None:
    course = Course("a")
    for _ in range(100):
        course.advance("a", has_entries=False)
    with pytest.raises(UnexpectedCloudBehaviour):
        course.advance("a", has_entries=False)


ENTRIES = Paged(Shape("a listing", {"things": list_of(OBJECT), "next": TEXT.or_null()}), "things", "next")
"""Things with an id each."""


def named(driver: Driver, answers: Callable[[str | None], tuple[str, str | None]]) -> str:
    """Return the ids of a listing whose pages are made of the ids in a text, and of where the next one begins."""

    def fetch(start: str | None) -> Mapping[str, Any]:
        ids, following = answers(start)
        return {"things": [{"id": id_} for id_ in ids], "next": following}

    flow = pages(driver.step(fetch), None, ENTRIES, lambda entry: entry["id"], identity="id")
    return "".join(driver.iterate(flow))


@pytest.mark.parametrize("driver", DRIVERS, ids=driver_name)
def test_a_last_page_that_repeats_itself_ends_a_listing_of_things_with_identities(driver: Driver) -> None:
    pages_of = {None: ("ab", "c"), "c": ("cd", "c")}
    assert named(driver, pages_of.__getitem__) == "abcd"
    assert named(driver, lambda _start: ("ab", "a")) == "ab"
    assert named(driver, lambda _start: ("", "a")) == ""
    assert named(driver, {None: ("ab", "b"), "b": ("bca", "d"), "d": ("dd", None)}.__getitem__) == "abcd"


@given(st.lists(st.text("abcdef", max_size=4), min_size=1, max_size=8), st.sampled_from(DRIVERS))
def test_no_listing_of_things_with_identities_is_endless_or_has_one_twice(texts: list[str], driver: Driver) -> None:
    asked = count()
    found = named(driver, lambda _start: (texts[next(asked) % len(texts)], "more"))
    assert len(set(found)) == len(found)
    assert found.startswith("".join(dict.fromkeys(texts[0])))
