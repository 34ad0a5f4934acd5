"""The account in an event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

import b2sdk.v3
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio.api import B2Api
from b2sdk.aio.bucket import Bucket
from b2sdk.exception import (
    BadRequest,
    BucketIdNotFound,
    FileNotPresent,
    MissingAccountData,
    NonExistentBucket,
    RestrictedBucket,
)
from b2sdk.simulator import SimulatorServer

T = TypeVar("T")


def run(service: SimulatorServer, use: Callable[[B2Api], Coroutine[Any, Any, T]], **options: Any) -> T:
    """Use an authorized client in a loop of its own."""

    async def main() -> T:
        async with B2Api(**options) as api:
            await api.authorize_account(service.key_id, service.key, service.url)
            return await use(api)

    return asyncio.run(main())


def test_buckets_are_made_found_and_deleted(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        made = await api.create_bucket("photos", "allPrivate", {"k": "v"}, is_file_lock_enabled=True)
        assert (made.name, made.bucket_info, made.is_file_lock_enabled) == ("photos", {"k": "v"}, True)
        assert type(made) is Bucket
        assert [bucket.id_ for bucket in await api.list_buckets()] == [made.id_]
        assert (await api.get_bucket_by_name("photos")).type_ is None  # from the cache
        assert (await api.get_bucket_by_id(made.id_)).name == "photos"
        await api.delete_bucket(made)
        assert await api.list_buckets() == []
        with pytest.raises(NonExistentBucket):
            await api.get_bucket_by_name("photos")
        with pytest.raises(BucketIdNotFound):
            await api.get_bucket_by_id(made.id_)

    run(service, use)


def test_a_bucket_is_found_whatever_the_case_of_its_name(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> str | None:
        await api.create_bucket("Photos", "allPrivate")
        await api.session.ask(api.cache.clear)
        return (await api.get_bucket_by_name("pHOTOS")).name

    assert run(service, use) == "Photos"


def test_listing_from_the_cache_makes_no_request(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> list[tuple[str | None, str | None]]:
        await api.create_bucket("photos", "allPrivate")
        api.session.call = None  # type: ignore[method-assign,assignment]
        return [(bucket.name, bucket.type_) for bucket in await api.list_buckets(use_cache=True)]

    assert run(service, use) == [("photos", None)]


def test_a_key_for_one_bucket_is_for_that_one_only(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        mine, other = [await api.create_bucket(name, "allPrivate") for name in ("my-bucket", "another")]
        key = await api.create_key(["listBuckets", "readFiles"], "key", 3600, [mine.id_], "logs/")
        assert key.application_key
        async with B2Api() as restricted:
            await restricted.authorize_account(key.id_, key.application_key, service.url)
            assert (await restricted.get_bucket_by_name("my-bucket")).id_ == mine.id_
            for refused in (
                restricted.list_buckets(),
                restricted.get_bucket_by_name("another"),
                restricted.get_bucket_by_id(other.id_),
                restricted.get_download_url_for_file_name("another", "name"),
            ):
                with pytest.raises(RestrictedBucket):
                    await refused

    run(service, use)


def test_keys_are_listed_found_and_deleted(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        keys = [await api.create_key(["readFiles"], f"key-{number}") for number in range(3)]
        api.DEFAULT_LIST_KEY_COUNT = 2
        listed = [key.id_ async for key in api.list_keys()]
        assert set(listed) >= {key.id_ for key in keys}
        found = await api.get_key(keys[1].id_)
        assert found is not None
        assert found.key_name == "key-1"
        assert (await api.delete_key(keys[1])).id_ == keys[1].id_
        assert await api.get_key(keys[1].id_) is None

    run(service, use)


def test_a_restriction_to_nothing_is_refused(service: SimulatorServer) -> None:
    with pytest.raises(ValueError, match="restricted to buckets"):
        run(service, lambda api: api.create_key(["readFiles"], "key", bucket_ids=[]))


def test_without_an_authorization_nothing_is_known() -> None:
    async def main() -> None:
        async with B2Api() as api:
            assert await api.authorize_automatically() is False
            with pytest.raises(MissingAccountData):
                await api.list_buckets()

    asyncio.run(main())


def test_an_account_info_that_may_block_is_never_asked_in_the_loop(service: SimulatorServer) -> None:
    asked: list[str] = []

    class Asked(InMemoryAccountInfo):
        def __getattribute__(self, name: str) -> Any:
            if name.startswith(("get_", "list_", "save_", "set_", "remove_")):
                asked.append(name)
                found: Any = super().__getattribute__(name)

                def call(*args: Any, **kwargs: Any) -> Any:
                    with pytest.raises(RuntimeError):
                        asyncio.get_running_loop()
                    return found(*args, **kwargs)

                return call
            return super().__getattribute__(name)

    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        await api.get_bucket_by_name("photos")
        await (await bucket.update(bucket_info={})).as_dict()
        await bucket.get_download_url("name")
        await api.get_download_url_for_fileid("id")
        await api.get_download_url_for_file_name("photos", "name")

    run(service, use, account_info=Asked())

    assert {"get_account_id", "get_download_url", "get_allowed", "save_bucket"} <= set(asked)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda api: api.create_key("readFiles", "key"), TypeError),
        (lambda api: api.list_buckets(3), TypeError),
        (lambda api: api.list_buckets("name", "id"), ValueError),
        (lambda api: api.delete_bucket("name"), TypeError),
        (lambda api: api.create_bucket("photos"), TypeError),
        (lambda api: api.create_bucket("photos", "allPrivate", infos={}), TypeError),
        (lambda api: api.get_key(3), TypeError),
        (lambda api: api.get_file_info(None), TypeError),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    service: SimulatorServer, wrong: Callable[[Any], Any], error: type[Exception]
) -> None:
    async def use(api: B2Api) -> None:
        api.session.http.request = None  # type: ignore[method-assign,assignment]
        with pytest.raises(error):
            await wrong(api)

    run(service, use)


def test_what_does_not_exist_is_said(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        for missing in (
            lambda: api.get_file_info("4_z_missing"),
            lambda: api.delete_file_version("4_z_missing", "name"),
            lambda: api.cancel_large_file("4_z_missing"),
        ):
            with pytest.raises((FileNotPresent, BadRequest)):
                await missing()

    run(service, use)


def test_a_closed_client_says_so(service: SimulatorServer) -> None:
    async def main() -> None:
        api = B2Api()
        await api.authorize_account(service.key_id, service.key, service.url)
        await api.close()
        with pytest.raises(RuntimeError, match="closed"):
            await api.list_buckets()

    asyncio.run(main())


def test_a_client_belongs_to_one_loop(service: SimulatorServer) -> None:
    api = B2Api()
    first = asyncio.new_event_loop()
    first.run_until_complete(api.authorize_account(service.key_id, service.key, service.url))
    try:
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(api.list_buckets())
    finally:
        first.run_until_complete(api.close())
        first.close()


def test_limits_of_another_kind_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^limits must be a Limits, not int$"):
        B2Api(limits=64)  # type: ignore[arg-type]


def test_a_file_that_is_not_open_says_so(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("with-files", "allPrivate")
        opening: Any = bucket.open("name")
        with pytest.raises(AttributeError, match=r"the file is not open: await bucket.open.* before .read$"):
            await opening.read()
        opening = bucket.open
        with pytest.raises(TypeError, match="progress_listener"):
            opening("name", "wb", progress_listener=None)

    run(service, use)


NOT_VERBS = {"download_file_by_id"}


def verbs_of(cls: type) -> dict[str, Any]:
    return {
        name: member
        for name, member in inspect.getmembers(cls, inspect.isfunction)
        if not name.startswith("_") and name not in NOT_VERBS
    }


@pytest.mark.parametrize("name", sorted(verbs_of(b2sdk.v3.B2Api)))
def test_every_verb_of_the_client_that_blocks_is_there(name: str) -> None:
    blocking, awaited = getattr(b2sdk.v3.B2Api, name), getattr(B2Api, name)

    ours, theirs = inspect.signature(awaited), inspect.signature(blocking)

    assert list(ours.parameters.values()) == list(theirs.parameters.values())
    assert awaited.__doc__
    assert "Any" not in str(ours.return_annotation)
