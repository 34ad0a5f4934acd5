"""A bucket that another process has deleted and created again, in every store of bucket names for several processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integrations.stores import STORES, account_infos_on

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.exception import BucketIdNotFound
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo


def _is_found_again(service: SimulatorServer, make: Callable[[], AbstractAccountInfo]) -> None:
    with B2Api(InMemoryAccountInfo()) as elsewhere, B2Api(make()) as here:
        for api in (elsewhere, here):
            api.authorize_account(service.key_id, service.key, realm=service.url)
        old = elsewhere.create_bucket("renewed-bucket", "allPrivate")
        kept = elsewhere.create_bucket("other-bucket", "allPrivate")
        here.list_buckets()
        elsewhere.delete_bucket(old)
        renewed = elsewhere.create_bucket("renewed-bucket", "allPrivate")
        with B2Api(make()) as later:
            with pytest.raises(BucketIdNotFound):
                later.get_bucket_by_name("renewed-bucket").upload_bytes(b"content", "file")
            assert later.get_bucket_by_name("renewed-bucket").upload_bytes(b"content", "file").bucket_id == renewed.id_
            assert sorted(later.cache.list_bucket_names_ids()) == [
                ("other-bucket", kept.id_),
                ("renewed-bucket", renewed.id_),
            ]


@pytest.mark.parametrize("store", STORES)
def test_in_a_store(service: SimulatorServer, store: str, tmp_path: Path) -> None:
    with account_infos_on(store, tmp_path) as make:
        _is_found_again(service, make)


def test_in_a_file(service: SimulatorServer, tmp_path: Path) -> None:
    _is_found_again(service, lambda: SqliteAccountInfo(str(tmp_path / "account_info")))


def test_in_memory(service: SimulatorServer) -> None:
    info = InMemoryAccountInfo()
    _is_found_again(service, lambda: info)
