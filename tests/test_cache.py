from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.conftest import garbage_collected_after

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.cache import AbstractCache, AuthInfoCache, DummyCache, InMemoryCache
from b2sdk.exception import MissingAccountData

PHOTOS = SimpleNamespace(name="photos", id_="2")
VIDEOS = SimpleNamespace(name="videos", id_="1")


def restricted_to(*buckets: dict[str, Any]) -> AuthInfoCache:
    info = InMemoryAccountInfo()
    allowed = {"buckets": list(buckets) or None, "capabilities": [], "namePrefix": None}
    info._set_auth_data("account", "token", "api", "download", 1, 1, "key", "realm", "s3", allowed, "key id")
    return AuthInfoCache(info)


@pytest.fixture(params=["memory", "account info"])
def cache(request: pytest.FixtureRequest) -> AbstractCache:
    return InMemoryCache() if request.param == "memory" else AuthInfoCache(InMemoryAccountInfo())


def test_a_saved_bucket_is_found_both_ways(cache: AbstractCache) -> None:
    cache.save_bucket(PHOTOS)
    assert cache.get_bucket_id_or_none_from_bucket_name("photos") == "2"
    assert cache.get_bucket_name_or_none_from_bucket_id("2") == "photos"


def test_an_unknown_bucket_is_none(cache: AbstractCache) -> None:
    assert cache.get_bucket_id_or_none_from_bucket_name("photos") is None
    assert cache.get_bucket_name_or_none_from_bucket_id("2") is None


def test_setting_replaces_all_buckets(cache: AbstractCache) -> None:
    cache.save_bucket(VIDEOS)
    cache.set_bucket_name_cache(iter([PHOTOS]))
    assert cache.list_bucket_names_ids() == [("photos", "2")]


def test_clear_forgets_all_buckets(cache: AbstractCache) -> None:
    cache.save_bucket(PHOTOS)
    cache.clear()
    assert cache.list_bucket_names_ids() == []


def test_buckets_are_listed_while_another_thread_remembers_one(cache: AbstractCache) -> None:
    class Circle:
        """What another thread does while a finalizer has the turn to run."""

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            cache.save_bucket(SimpleNamespace(name=f"later-{id(self)}", id_="id"))

    cache.set_bucket_name_cache([SimpleNamespace(name=f"name-{number}", id_=f"id-{number}") for number in range(50)])
    for allocations in range(5, 100, 3):
        with garbage_collected_after(allocations, Circle):
            assert len(cache.list_bucket_names_ids()) >= 50
        with garbage_collected_after(allocations, Circle):
            assert cache.get_bucket_name_or_none_from_bucket_id("id-49") == "name-49"


def test_the_dummy_forgets_at_once() -> None:
    cache = DummyCache()
    cache.save_bucket(PHOTOS)
    cache.set_bucket_name_cache([PHOTOS])
    assert cache.list_bucket_names_ids() == []
    assert cache.get_bucket_id_or_none_from_bucket_name("photos") is None
    assert cache.get_bucket_name_or_none_from_bucket_id("2") is None
    assert cache.get_bucket_name_or_none_from_allowed() is None


def test_the_list_from_memory_is_sorted_and_the_map_is_public() -> None:
    cache = InMemoryCache()
    cache.set_bucket_name_cache([VIDEOS, PHOTOS])
    assert cache.list_bucket_names_ids() == [("photos", "2"), ("videos", "1")]
    assert cache.name_id_map == {"videos": "1", "photos": "2"}


def test_memory_reports_the_bucket_of_the_key_as_it_was_told() -> None:
    cache = InMemoryCache()
    assert cache.get_bucket_name_or_none_from_allowed() is None
    cache.bucket_name = "photos"
    assert cache.get_bucket_name_or_none_from_allowed() == "photos"


def test_a_cache_in_an_account_info_writes_through() -> None:
    info = InMemoryAccountInfo()
    cache = AuthInfoCache(info)
    cache.save_bucket(PHOTOS)
    assert cache.info is info
    assert info.list_bucket_names_ids() == [("photos", "2")]


def test_the_one_bucket_of_a_restricted_key_is_named() -> None:
    assert restricted_to({"id": "2", "name": "photos"}).get_bucket_name_or_none_from_allowed() == "photos"


def test_several_buckets_none_and_a_deleted_one_have_no_name() -> None:
    assert restricted_to().get_bucket_name_or_none_from_allowed() is None
    assert restricted_to({"id": "2", "name": None}).get_bucket_name_or_none_from_allowed() is None
    two = restricted_to({"id": "2", "name": "photos"}, {"id": "1", "name": "videos"})
    assert two.get_bucket_name_or_none_from_allowed() is None


def test_the_single_bucket_form_is_understood() -> None:
    class Info(InMemoryAccountInfo):
        def get_allowed(self) -> dict[str, Any]:
            return {"bucketId": "2", "bucketName": "photos", "capabilities": [], "namePrefix": None}

    assert AuthInfoCache(Info()).get_bucket_name_or_none_from_allowed() == "photos"


def test_without_an_authorization_the_bucket_of_the_key_is_unknown() -> None:
    with pytest.raises(MissingAccountData):
        AuthInfoCache(InMemoryAccountInfo()).get_bucket_name_or_none_from_allowed()


class SomebodysCache(InMemoryCache):
    """Has only what every cache must have."""

    forget_bucket = AbstractCache.forget_bucket


@pytest.mark.parametrize("make", [InMemoryCache, SomebodysCache, lambda: AuthInfoCache(InMemoryAccountInfo())])
def test_one_bucket_is_forgotten(make: Callable[[], AbstractCache]) -> None:
    cache = make()
    cache.set_bucket_name_cache([PHOTOS, VIDEOS])
    cache.forget_bucket("nobody's")
    assert sorted(cache.list_bucket_names_ids()) == [("photos", "2"), ("videos", "1")]
    cache.forget_bucket("2")
    assert cache.list_bucket_names_ids() == [("videos", "1")]
    cache.forget_bucket("1")
    assert cache.list_bucket_names_ids() == []


def test_the_dummy_has_nothing_to_forget() -> None:
    DummyCache().forget_bucket("2")
