from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("b2sdk.v2")

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_account_info.py"

ALLOWED = {"bucketId": "1", "bucketName": "photos", "capabilities": ["readFiles"], "namePrefix": "it's"}
AUTH = {
    "account_id": "aabbcc",
    "auth_token": "token",
    "api_url": "api",
    "download_url": "download",
    "recommended_part_size": 100,
    "absolute_minimum_part_size": 5,
    "application_key": "key",
    "realm": "production",
    "s3_api_url": "s3",
    "allowed": ALLOWED,
    "application_key_id": "001aabbcc0000000001",
}


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_account_info", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def info(example: ModuleType, tmp_path: Path) -> Any:
    return example.DatabaseAccountInfo(str(tmp_path / "application.sqlite"))


def test_another_worker_reads_the_authorization(example: ModuleType, info: Any) -> None:
    info.set_auth_data(**AUTH)
    other = example.DatabaseAccountInfo(info._path)
    read = {name: getattr(other, f"get_{name}")() for name in AUTH if name != "auth_token"}
    assert {**read, "auth_token": other.get_account_auth_token()} == AUTH


def test_without_an_authorization_data_is_missing_and_no_key_is_the_same(example: ModuleType, info: Any) -> None:
    with pytest.raises(example.MissingAccountData):
        info.get_account_auth_token()
    assert not info.is_same_key("001aabbcc0000000001", "production")


def test_another_authorization_replaces_the_first(info: Any) -> None:
    info.set_auth_data(**AUTH)
    info.set_auth_data(**{**AUTH, "auth_token": "newer"})
    assert info.get_account_auth_token() == "newer"


def test_buckets_are_found_until_they_are_removed_or_renamed(info: Any) -> None:
    info.refresh_entire_bucket_name_cache(iter([("photos", "1"), ("videos", "2")]))
    info.save_bucket(SimpleNamespace(name="pictures", id_="1"))
    info.remove_bucket_name("videos")
    assert info.list_bucket_names_ids() == [("pictures", "1")]
    assert info.get_bucket_id_or_none_from_bucket_name("pictures") == "1"
    assert info.get_bucket_name_or_none_from_bucket_id("2") is None


def test_clear_forgets_rows_and_upload_urls(example: ModuleType, info: Any) -> None:
    info.set_auth_data(**AUTH)
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    info.put_bucket_upload_url("1", "url", "token")
    info.clear()
    assert info.list_bucket_names_ids() == []
    assert info.take_bucket_upload_url("1") == (None, None)
    with pytest.raises(example.MissingAccountData):
        info.get_realm()
