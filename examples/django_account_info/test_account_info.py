"""The account info keeps what the SDK expects of one: ``pytest`` in this folder."""

from __future__ import annotations

import pytest
from b2_account.account_info import DjangoAccountInfo
from django.core.management import call_command
from django.db import connection
from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.simulator import SimulatorServer
from b2sdk.testing.account_state import MakeAccountInfo
from b2sdk.testing.shared_account_info import SharedRenewalContract, SharedUploadUrlsContract
from b2sdk.v3 import B2Api


@pytest.fixture(scope="session", autouse=True)
def tables() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # no change of the models was forgotten
    call_command("migrate", verbosity=0)


class TestDjangoAccountInfo(SharedUploadUrlsContract, SharedRenewalContract):
    @pytest.fixture
    def make_account_info(self) -> MakeAccountInfo:
        DjangoAccountInfo().clear()
        return DjangoAccountInfo

    @override
    def test_a_process_forked_from_a_busy_one_continues(self, account_info: AbstractAccountInfo) -> None:
        if connection.vendor == "sqlite":
            pytest.skip("SQLite leaves its locks to a child that is forked while a thread uses it")
        super().test_a_process_forked_from_a_busy_one_continues(account_info)


def test_two_workers_share_an_authorization_and_an_upload_url(b2_sim_service: SimulatorServer) -> None:
    before = len(b2_sim_service.journal.entries)
    account = b2_sim_service.create_account()
    DjangoAccountInfo().clear()
    for name in ("first", "second"):
        info = DjangoAccountInfo()
        with B2Api(info) as api:
            with info.renewing():
                if not info.is_same_key(account.key_id, b2_sim_service.url):
                    api.authorize_account(account.key_id, account.key, realm=b2_sim_service.url)
            if name == "first":
                api.create_bucket("bucket-of-django", "allPrivate")
            api.get_bucket_by_name("bucket-of-django").upload_bytes(b"content", name)
    calls = [entry.endpoint for entry in b2_sim_service.journal.entries[before:]]
    assert sorted(calls) == sorted(
        ["b2_authorize_account", "b2_create_bucket", "b2_get_upload_url", "b2_upload_file", "b2_upload_file"]
    )
