"""Account infos as programs for v1 write them, and where the one in a file is."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import FrontEnd, authorize

import b2sdk.v2
import b2sdk.v3
from b2sdk.v1 import AbstractAccountInfo, AbstractCache, InMemoryAccountInfo, SqliteAccountInfo, StubAccountInfo
from b2sdk.v1.exception import MissingAccountData


class Values(AbstractAccountInfo):
    """Keeps everything in a dictionary, with the methods that v1 asked for and no others."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def clear(self) -> None:
        self.values = {}

    def _get(self, name: str) -> Any:
        if name not in self.values:
            raise MissingAccountData(name)
        return self.values[name]

    def _set_auth_data(  # type: ignore[override]  # as it was before there was an S3 API
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        minimum_part_size: int,
        application_key: str,
        realm: str,
        allowed: dict[str, Any],
        application_key_id: str,
    ) -> None:
        self.values = {name: value for name, value in locals().items() if name != "self"}

    def get_account_id(self) -> Any:
        return self._get("account_id")

    def get_application_key_id(self) -> Any:
        return self._get("application_key_id")

    def get_application_key(self) -> Any:
        return self._get("application_key")

    def get_account_auth_token(self) -> Any:
        return self._get("auth_token")

    def get_api_url(self) -> Any:
        return self._get("api_url")

    def get_download_url(self) -> Any:
        return self._get("download_url")

    def get_realm(self) -> Any:
        return self._get("realm")

    def get_minimum_part_size(self) -> Any:
        return self._get("minimum_part_size")

    def get_allowed(self) -> Any:
        return self._get("allowed")

    def refresh_entire_bucket_name_cache(self, name_id_iterable: Any) -> None: ...
    def remove_bucket_name(self, bucket_name: str) -> None: ...
    def save_bucket(self, bucket: Any) -> None: ...
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> None: ...
    def take_bucket_upload_url(self, bucket_id: str) -> tuple[None, None]:
        return None, None

    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None: ...
    def clear_bucket_upload_data(self, bucket_id: str) -> None: ...
    def take_large_file_upload_url(self, file_id: str) -> tuple[None, None]:
        return None, None

    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None: ...
    def clear_large_file_upload_urls(self, file_id: str) -> None: ...


def test_an_account_info_that_was_written_for_v1_works(front_end: FrontEnd, surface: ModuleType) -> None:
    info = Values()
    with pytest.raises(MissingAccountData):
        info.get_minimum_part_size()
    with front_end.connect(surface) as api:
        api.session.account_info = info
        authorize(api, front_end)
        bucket = api.create_bucket("own-account-info", "allPrivate")
        bucket.upload_bytes(b"content", "file")
        destination = surface.DownloadDestBytes()
        bucket.download_file_by_name("file", destination)
    assert destination.get_bytes_written() == b"content"
    assert info.get_recommended_part_size() == info.values["minimum_part_size"]
    assert info.get_absolute_minimum_part_size() == 5_000_000
    assert info.get_allowed()["bucketId"] is None
    assert info.get_s3_api_url() is None
    assert info.list_bucket_names_ids() == []
    assert info.get_bucket_name_or_none_from_bucket_id(bucket.id_) is None


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("name", ["InMemoryAccountInfo", "SqliteAccountInfo", "StubAccountInfo"])
def test_arguments_of_v1_are_stored(version: str, name: str, tmp_path: Path) -> None:
    cls = getattr(importlib.import_module(f"b2sdk.{version}"), name)
    info = cls(str(tmp_path / "info")) if name == "SqliteAccountInfo" else cls()
    info.set_auth_data("account", "token", "api", "download", 12345, "key", "realm")
    assert (info.get_minimum_part_size(), info.get_recommended_part_size()) == (12345, 12345)
    assert info.get_absolute_minimum_part_size() == 5_000_000
    assert info.get_application_key_id() == "account"
    assert info.get_allowed() == cls.DEFAULT_ALLOWED
    allowed = {"bucketId": "id", "bucketName": "name", "capabilities": ["listFiles"], "namePrefix": "a"}
    info.set_auth_data("account", "token", "api", "download", 5, "key", "realm", allowed, "key id", "s3")
    assert (info.get_allowed(), info.get_application_key_id(), info.get_s3_api_url()) == (allowed, "key id", "s3")
    with pytest.raises(AssertionError):
        info.set_auth_data("account", "token", "api", "download", 5, "key", "realm", {"bad": 1})
    with pytest.raises(TypeError):
        info.set_auth_data("account", "token", "api", "download", recommended_part_size=5)
    assert info.get_application_key_id() == "key id", "what was refused has changed nothing"


def test_all_surfaces_read_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "info")
    SqliteAccountInfo(path).set_auth_data("account", "token", "api", "download", 12345, "key", "realm", s3_api_url="s3")
    for surface in (b2sdk.v2, b2sdk.v3):
        info = surface.SqliteAccountInfo(path)
        assert (info.get_account_id(), info.get_recommended_part_size()) == ("account", 12345)
    stored = ("other", "token", "api", "download", 200, 100, "key", "realm", "s3", None, "id")
    b2sdk.v2.SqliteAccountInfo(path).set_auth_data(*stored)
    again = SqliteAccountInfo(path)
    assert (again.get_minimum_part_size(), again.get_absolute_minimum_part_size()) == (200, 100)


@pytest.mark.parametrize(
    ("environment", "argument", "expected"),
    [
        ({}, None, ".b2_account_info"),
        ({"XDG_CONFIG_HOME": "~/config"}, None, ".b2_account_info"),
        ({"B2_ACCOUNT_INFO": "~/from-environment"}, None, "from-environment"),
        ({"B2_ACCOUNT_INFO": "~/from-environment"}, "~/argument", "argument"),
        ({}, "", ".b2_account_info"),
    ],
)
def test_the_file_is_where_v1_has_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: dict[str, str],
    argument: str | None,
    expected: str,
) -> None:
    for name in ("B2_ACCOUNT_INFO", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert SqliteAccountInfo(argument).filename == str(tmp_path / expected)
    assert [path.name for path in tmp_path.iterdir()] == [expected]


def test_a_realm_of_the_account_info_is_known_to_the_session(front_end: FrontEnd, surface: ModuleType) -> None:
    class Info(InMemoryAccountInfo):
        REALM_URLS = {"mine": front_end.realm}  # noqa: RUF012  # as programs write it

    with front_end.connect(surface) as api:
        api.session.account_info = Info()
        api.authorize_account("mine", front_end.key_id, front_end.key)
        assert api.account_info.get_realm() == "mine"
        assert api.authorize_automatically()


def test_the_stub_sends_nobody_to_the_real_service() -> None:
    assert StubAccountInfo.REALM_URLS == {"production": "http://production.example.com"}


def test_a_cache_of_v1_need_not_find_a_name() -> None:
    class Cache(AbstractCache):
        def get_bucket_id_or_none_from_bucket_name(self, name: str) -> None: ...
        def get_bucket_name_or_none_from_allowed(self) -> None: ...
        def list_bucket_names_ids(self) -> list[tuple[str, str]]:
            return []

        def save_bucket(self, bucket: Any) -> None: ...
        def set_bucket_name_cache(self, buckets: Any) -> None: ...

    assert Cache().get_bucket_name_or_none_from_bucket_id("id") is None
