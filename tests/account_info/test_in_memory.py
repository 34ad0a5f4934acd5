from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.exception import MissingAccountData


def test_buckets_survive_another_authorization(auth: dict[str, Any]) -> None:
    info = InMemoryAccountInfo()
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    info.set_auth_data(**auth)
    assert info.list_bucket_names_ids() == [("photos", "1")]


def test_an_s3_url_that_the_service_did_not_give_is_missing(auth: dict[str, Any]) -> None:
    info = InMemoryAccountInfo()
    info.set_auth_data(**{**auth, "s3_api_url": None})
    with pytest.raises(MissingAccountData, match="s3_api_url"):
        info.get_s3_api_url()


def test_two_names_may_have_one_id_and_the_older_one_is_found() -> None:
    info = InMemoryAccountInfo()
    for name in ("old", "new"):
        info.save_bucket(SimpleNamespace(name=name, id_="1"))
    assert info.get_bucket_name_or_none_from_bucket_id("1") == "old"
