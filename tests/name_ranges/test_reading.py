from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import count, cycle, groupby
from operator import itemgetter
from typing import Any

import pytest
from tests.drivers import DRIVERS, driver_name
from tests.test_listing import Client, Sent, Service, entry

from b2sdk.exception import UnexpectedCloudBehaviour

WORKERS = 4


@pytest.fixture(params=DRIVERS, ids=driver_name)
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.param)


def numbered(size: int) -> list[dict[str, Any]]:
    return [entry(f"{number:04}", number) for number in range(size)]


def background_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "b2sdk-background"]


class Meddling(Service):
    """Does something before a request, which is counted from one on."""

    def __init__(self, size: int, before: Callable[[int], object]) -> None:
        super().__init__(numbered(size), cycle([1000]))
        self._before = before
        self._numbers = count(1)

    def list_file_names(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._before(next(self._numbers))
        return super().list_file_names(*args, **kwargs)


@pytest.mark.parametrize("latest_only", [True, False])
def test_many_pages_are_read_in_several_ranges_and_come_in_order(client: Client, latest_only: bool) -> None:
    service = Service(numbered(300))
    found = client.listed(service, recursive=True, fetch_count=5, latest_only=latest_only, workers=WORKERS)
    assert found == [(f"id{number}", None) for number in range(300)]
    assert 60 <= len(service.asked) <= 66


@pytest.mark.parametrize("latest_only", [True, False])
def test_without_order_each_comes_once_and_the_versions_of_a_name_together(client: Client, latest_only: bool) -> None:
    sizes = [1, 1, 1, 12, 1, 3] * 20
    versions = [entry(f"{name:03}", 100 * name + one) for name, size in enumerate(sizes) for one in range(size)]
    service = Service(versions)
    listing = client.ls(
        service, recursive=True, fetch_count=5, latest_only=latest_only, workers=WORKERS, in_order=False
    )
    found = [(version.file_name, version.id_) for version, _ in listing]
    by_name = [[one for _, one in versions] for _, versions in groupby(found, itemgetter(0))]
    expected = [[f"id{100 * name + one}" for one in range(size)] for name, size in enumerate(sizes)]
    assert sorted(by_name) == sorted(ids[:1] if latest_only else ids for ids in expected)


def test_without_order_nobody_waits_for_a_page_that_is_late() -> None:
    is_read = threading.Event()

    def wait(number: int) -> None:
        assert number != 20 or is_read.wait(10)

    service = Meddling(300, wait)
    listing = Client(DRIVERS[0]).ls(service, recursive=True, fetch_count=5, workers=WORKERS, in_order=False)
    found = [next(listing)[0].file_name for _ in range(200)]
    is_read.set()
    found += [version.file_name for version, _ in listing]
    assert sorted(found) == [f"{number:04}" for number in range(300)]


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("wrong", ["p/0000", "other"])
def test_names_that_were_not_asked_for_are_an_error(client: Client, in_order: bool, wrong: str) -> None:
    class Confused(Service):
        def list_file_names(self, bucket_id: str, start: str, **keywords: Any) -> dict[str, Any]:
            page = super().list_file_names(bucket_id, start, **keywords)
            return page if start < "p/0050" else {**page, "files": [entry(wrong, 0), *page["files"][1:]]}

    service = Confused([entry(f"p/{number:04}", number) for number in range(200)])
    listing = client.ls(service, "p/", recursive=True, fetch_count=5, workers=WORKERS, in_order=in_order)
    with pytest.raises(UnexpectedCloudBehaviour, match="not asked for"):
        deque(listing)


def test_entries_that_are_decoded_one_at_a_time_come_once(client: Client) -> None:
    service = Sent(numbered(200))
    found = client.listed(service, recursive=True, fetch_count=5, workers=WORKERS)
    assert found == [(f"id{number}", None) for number in range(200)]


def test_a_listing_of_one_page_is_one_request(client: Client) -> None:
    service = Service(numbered(5))
    assert len(client.listed(service, recursive=True, fetch_count=5, workers=WORKERS)) == 5
    assert service.asked == [("a bucket", "", 5, "")]


def test_requests_are_under_way_at_the_same_time() -> None:
    lock, several, under_way = threading.Lock(), threading.Event(), [0]

    def wait_for_another(number: int) -> None:
        with lock:
            under_way[0] += 1
            if under_way[0] > 1:
                several.set()
        several.wait(0.2)
        with lock:
            under_way[0] -= 1

    service = Meddling(100, wait_for_another)
    assert len(Client(DRIVERS[0]).listed(service, recursive=True, fetch_count=5, workers=WORKERS)) == 100
    assert several.is_set()


def test_an_error_comes_after_what_was_read_before_it(client: Client) -> None:
    def fail(number: int) -> None:
        if number == 30:
            raise RuntimeError("the service is gone")

    service = Meddling(300, fail)
    found: list[str] = []
    with pytest.raises(RuntimeError, match="the service is gone"):
        found.extend(one.id_ for one, _ in client.ls(service, recursive=True, fetch_count=2, workers=WORKERS))
    assert found == [f"id{number}" for number in range(len(found))]
    assert len(found) >= 4
    assert len(service.asked) < 150, "the others stop, too"
    assert background_threads() == []


def test_nothing_is_requested_after_a_listing_was_closed(client: Client) -> None:
    service = Service(numbered(300))
    listing = client.ls(service, recursive=True, fetch_count=2, workers=WORKERS)
    for _ in range(100):
        next(listing)
    listing.close()
    assert background_threads() == []
    asked = len(service.asked)
    assert asked < 150
    assert list(listing) == []
    assert len(service.asked) == asked


def test_no_more_is_read_than_may_wait_for_who_takes_it(client: Client) -> None:
    service = Service(numbered(1000))
    listing = client.ls(service, recursive=True, fetch_count=2, workers=WORKERS)
    taken = [next(listing) for _ in range(401)]
    assert len(service.asked) <= 401 / 2 + 1 + 4 * WORKERS + 1 + 0.1 * 250
    listing.close()
    assert taken[-1][0].id_ == "id400"
