"""Every account info of this package keeps what the interface promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from tests.integrations.stores import Make

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.account_info.stub import StubAccountInfo
from b2sdk.testing.account_info import AccountInfoContract
from b2sdk.testing.account_state import ALLOWED_ON_V2, MakeAccountInfo, StoredAccount
from b2sdk.testing.shared_account_info import (
    SharedAuthorizationContract,
    SharedRenewalContract,
    SharedUploadUrlsContract,
)
from b2sdk.v2 import (
    InMemoryAccountInfo as InMemoryAccountInfoOnV2,
    SqliteAccountInfo as SqliteAccountInfoOnV2,
    UrlPoolAccountInfo as UrlPoolAccountInfoOnV2,
)


class TestInMemory(AccountInfoContract):
    @pytest.fixture
    def make_account_info(self) -> MakeAccountInfo:
        return InMemoryAccountInfo


class TestInMemoryOnV2(AccountInfoContract):
    ALLOWED = ALLOWED_ON_V2

    @pytest.fixture
    def make_account_info(self) -> MakeAccountInfo:
        return InMemoryAccountInfoOnV2


class TestSqlite(SharedAuthorizationContract):
    @pytest.fixture
    def make_account_info(self, tmp_path: Path) -> MakeAccountInfo:
        return lambda: SqliteAccountInfo(tmp_path / "account_info")


class TestSqliteOnV2(SharedAuthorizationContract):
    ALLOWED = ALLOWED_ON_V2

    @pytest.fixture
    def make_account_info(self, tmp_path: Path) -> MakeAccountInfo:
        return lambda: SqliteAccountInfoOnV2(tmp_path / "account_info")


class TestStub(StoredAccount):
    """What is left when getters return ``None`` where others raise, and nothing is kept that a test would not see."""

    test_every_getter_returns_what_was_stored = AccountInfoContract.test_every_getter_returns_what_was_stored
    test_values_come_back_as_they_were = AccountInfoContract.test_values_come_back_as_they_were
    test_another_authorization_replaces_every_value = (
        AccountInfoContract.test_another_authorization_replaces_every_value
    )
    test_without_restrictions_the_default_is_stored = (
        AccountInfoContract.test_without_restrictions_the_default_is_stored
    )
    test_the_same_key_in_the_same_realm = AccountInfoContract.test_the_same_key_in_the_same_realm
    test_the_same_account_in_the_same_realm = AccountInfoContract.test_the_same_account_in_the_same_realm
    test_the_master_key = AccountInfoContract.test_the_master_key
    test_unknown_buckets_are_no_error = AccountInfoContract.test_unknown_buckets_are_no_error
    test_an_upload_url_of_parts_is_handed_out_once = AccountInfoContract.test_an_upload_url_of_parts_is_handed_out_once

    @pytest.fixture
    def make_account_info(self) -> MakeAccountInfo:
        return StubAccountInfo


class TestStores(SharedUploadUrlsContract, SharedRenewalContract):
    """PostgreSQL, MariaDB, SQLite and Redis."""

    @pytest.fixture
    def make_account_info(self, make_account_info: Make) -> MakeAccountInfo:
        return make_account_info


class TestStoresWithCipher(SharedUploadUrlsContract, SharedRenewalContract):
    @pytest.fixture
    def make_account_info(self, make_account_info: Make) -> MakeAccountInfo:
        cipher = Fernet(Fernet.generate_key())
        return lambda: make_account_info(cipher=cipher, on_outage="memory")


class TestStoresOnV2(SharedUploadUrlsContract, SharedRenewalContract):
    ALLOWED = ALLOWED_ON_V2

    @pytest.fixture
    def make_account_info(self, make_account_info: Make) -> MakeAccountInfo:
        def make() -> AbstractAccountInfo:
            made = make_account_info()
            surface = type(f"{type(made).__name__}OnV2", (UrlPoolAccountInfoOnV2, type(made)), {})
            made.__class__ = surface
            return made

        return make
