from __future__ import annotations

import pytest

from b2sdk.integrations.fsspec import listings as module
from b2sdk.integrations.fsspec.entries import Entry, folder_entry
from b2sdk.integrations.fsspec.listings import Keeping, Listings

KEEPING = Keeping()
FILE: Entry = {"name": "bucket/a/b", "size": 1, "type": "file"}


class Time:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(module, "time", time)
    return time


@pytest.fixture
def listings(time: Time) -> Listings:
    return Listings()


def keep(listings: Listings, path: str, *entries: Entry, keeping: Keeping = KEEPING) -> None:
    listings.keep({path: list(entries)}, listings.begin(), keeping)


def test_a_folder_says_what_is_in_it(listings: Listings) -> None:
    keep(listings, "bucket/a", FILE)
    assert listings.find_folder("bucket/a", KEEPING) == [FILE]
    assert listings.find("bucket/a/b", KEEPING) == FILE
    assert listings.find("bucket/a/c", KEEPING) is None
    assert listings.find("bucket/a", KEEPING) is None


def test_a_file_comes_before_the_folder_of_its_name(listings: Listings) -> None:
    keep(listings, "bucket/a", FILE, folder_entry("bucket/a/b"))
    assert listings.find("bucket/a/b", KEEPING) == FILE


@pytest.mark.parametrize(("seconds", "later", "is_known"), [(10, 10, True), (10, 11, False), (None, 1e9, True)])
def test_listings_are_known_for_as_long_as_an_instance_wants(
    listings: Listings, time: Time, seconds: float | None, later: float, is_known: bool
) -> None:
    keep(listings, "bucket/a", FILE)
    time.now += later
    assert (listings.find("bucket/a/b", Keeping(seconds=seconds)) is not None) is is_known


def test_who_wants_no_listings_neither_keeps_nor_gets_any(listings: Listings) -> None:
    nothing = Keeping(is_wanted=False)
    keep(listings, "bucket/a", FILE, keeping=nothing)
    listings.glance("bucket/a/b", FILE, listings.begin(), nothing)
    assert listings.find("bucket/a/b", KEEPING) is None
    keep(listings, "bucket/a", FILE)
    assert listings.find("bucket/a/b", nothing) is None
    assert listings.find_folder("bucket/a", nothing) is None


def test_what_was_requested_before_a_change_is_not_kept_after_it(listings: Listings) -> None:
    since = listings.begin()
    listings.forget("bucket/other")
    listings.keep({"bucket/a": [FILE]}, since, KEEPING)
    listings.glance("bucket/a/b", FILE, since, KEEPING)
    assert listings.find("bucket/a/b", KEEPING) is None


def test_a_change_is_forgotten_with_the_folders_above(listings: Listings) -> None:
    for path in ("", "bucket", "bucket/a", "bucket/a/b", "bucket/c"):
        keep(listings, path)
    listings.forget("bucket/a")
    known = [listings.find_folder(path, KEEPING) for path in ("", "bucket", "bucket/a", "bucket/a/b", "bucket/c")]
    assert known == [None, None, None, [], []]
    listings.forget("bucket", with_below=True)
    assert listings.find_folder("bucket/a/b", KEEPING) is None


def test_everything_can_be_forgotten(listings: Listings) -> None:
    since = listings.begin()
    keep(listings, "bucket/a", FILE)
    listings.forget_all()
    assert listings.find("bucket/a/b", KEEPING) is None
    listings.keep({"bucket/a": [FILE]}, since, KEEPING)
    assert listings.find("bucket/a/b", KEEPING) is None


def test_a_glance_is_known_for_a_moment(listings: Listings, time: Time) -> None:
    listings.glance("bucket/a/b", FILE, listings.begin(), KEEPING)
    assert listings.find("bucket/a/b", KEEPING) == FILE
    time.now += 2.1
    assert listings.find("bucket/a/b", KEEPING) is None


def test_the_oldest_folders_make_room(listings: Listings) -> None:
    two = Keeping(most=2)
    for path in ("bucket/a", "bucket/b", "bucket/c"):
        keep(listings, path, keeping=two)
    assert [listings.find_folder(f"bucket/{name}", two) for name in "abc"] == [None, [], []]


def test_a_made_folder_is_remembered_with_those_above_it(listings: Listings, time: Time) -> None:
    listings.make("bucket/a/b")
    assert [listings.is_made(path) for path in ("bucket/a/b", "bucket/a", "bucket", "")] == [True, True, False, False]
    time.now += 301
    assert not listings.is_made("bucket/a/b")


def test_a_made_folder_is_forgotten_with_what_is_below(listings: Listings) -> None:
    listings.make("bucket/a/b")
    assert listings.unmake("bucket/a")
    assert not listings.is_made("bucket/a/b")
    assert not listings.unmake("bucket/a")
