from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.account_info.upload_url_pool import UploadUrlPool, UrlPoolAccountInfo

keys = st.sampled_from("ab")


class PoolIsOneStackPerKey(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pool = UploadUrlPool()
        self.stacks: dict[str, list[tuple[str, str]]] = {"a": [], "b": []}

    @rule(key=keys, url=st.text(max_size=2))
    def put(self, key: str, url: str) -> None:
        self.pool.put(key, url, f"token of {url}")
        self.stacks[key].append((url, f"token of {url}"))

    @rule(key=keys)
    def take(self, key: str) -> None:
        expected = self.stacks[key].pop() if self.stacks[key] else (None, None)
        assert self.pool.take(key) == expected

    @rule(key=keys)
    def clear(self, key: str) -> None:
        self.pool.clear_for_key(key)
        self.stacks[key].clear()


test_pool_is_one_stack_per_key = PoolIsOneStackPerKey.TestCase


def test_no_pair_is_ever_held_by_two_of_eight_threads() -> None:
    pool = UploadUrlPool()
    for number in range(4):
        pool.put("key", f"url {number}", "token")
    in_use: set[str] = set()

    def hammer(_: int) -> int:
        taken = 0
        for _ in range(2000):
            url, token = pool.take("key")
            if url is None or token is None:
                continue
            taken += 1
            assert url not in in_use
            in_use.add(url)
            in_use.remove(url)
            pool.put("key", url, token)
        return taken

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(hammer, range(8))) > 0
    assert sorted(filter(None, (pool.take("key")[0] for _ in range(9)))) == [f"url {number}" for number in range(4)]


def test_cleared_keys_take_no_memory() -> None:
    pool = UploadUrlPool()
    for number in range(100):
        pool.put(str(number), "url", "token")
        pool.take(str(number))
        pool.clear_for_key(str(number))
    assert not pool._pairs


def test_a_forked_child_gets_nothing_and_the_parent_keeps_all(in_child: Callable[[Callable[[], Any]], Any]) -> None:
    pool = UploadUrlPool()
    pool.put("key", "url", "token")
    assert in_child(lambda: pool.take("key")) == [None, None]
    assert pool.take("key") == ("url", "token")


def test_a_forked_child_has_a_pool_of_its_own(in_child: Callable[[Callable[[], Any]], Any]) -> None:
    pool = UploadUrlPool()

    def use() -> Any:
        pool.put("key", "url of the child", "token")
        return pool.take("key")

    assert in_child(use) == ["url of the child", "token"]
    assert pool.take("key") == (None, None)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda pool: pickle.loads(pickle.dumps(pool))])  # noqa: S301  # made here
def test_a_copy_is_empty(duplicate: Callable[[UploadUrlPool], UploadUrlPool]) -> None:
    pool = UploadUrlPool()
    pool.put("key", "url", "token")
    assert duplicate(pool).take("key") == (None, None)


def test_buckets_and_large_files_have_pools_of_their_own() -> None:
    info = InMemoryAccountInfo()
    info.put_bucket_upload_url("id", "bucket url", "token")
    info.put_large_file_upload_url("id", "part url", "token")
    info.clear_bucket_upload_data("id")
    assert info.take_bucket_upload_url("id") == (None, None)
    assert info.take_large_file_upload_url("id") == ("part url", "token")
    info.put_large_file_upload_url("id", "part url", "token")
    info.clear_large_file_upload_urls("id")
    assert info.take_large_file_upload_url("id") == (None, None)


def test_the_pool_classes_can_be_replaced() -> None:
    class NoReuse(UploadUrlPool):
        def put(self, key: str, url: str, auth_token: str) -> None:
            pass

    class Info(InMemoryAccountInfo):
        BUCKET_UPLOAD_POOL_CLASS = NoReuse

    info = Info()
    info.put_bucket_upload_url("id", "url", "token")
    assert issubclass(Info, UrlPoolAccountInfo)
    assert info.take_bucket_upload_url("id") == (None, None)
