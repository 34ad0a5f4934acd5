from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import given, strategies as st

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.account_info.upload_url_pool import UrlPoolAccountInfo
from b2sdk.exception import MissingAccountData
from b2sdk.protocol_constants import ALL_CAPABILITIES

URL_METHODS = {
    "take_bucket_upload_url",
    "put_bucket_upload_url",
    "clear_bucket_upload_data",
    "take_large_file_upload_url",
    "put_large_file_upload_url",
    "clear_large_file_upload_urls",
}

account_ids = st.text("0123456789abcdef", min_size=1, max_size=12)


def authorized(auth: dict[str, Any], **changes: Any) -> InMemoryAccountInfo:
    info = InMemoryAccountInfo()
    info.set_auth_data(**{**auth, **changes})
    return info


def test_25_methods_are_left_to_a_subclass() -> None:
    assert len(AbstractAccountInfo.__abstractmethods__) == 25


def test_the_url_pool_takes_six_of_them_over() -> None:
    assert AbstractAccountInfo.__abstractmethods__ - UrlPoolAccountInfo.__abstractmethods__ == URL_METHODS


def test_all_values_reach_the_subclass_by_position_in_the_order_of_the_keywords(auth: dict[str, Any]) -> None:
    info = InMemoryAccountInfo()
    with mock.patch.object(info, "_set_auth_data") as store:
        info.set_auth_data(**auth)
    store.assert_called_once_with(*auth.values())


def test_no_restrictions_given_means_none(auth: dict[str, Any]) -> None:
    allowed = authorized(auth, allowed=None).get_allowed()
    assert allowed == {"buckets": None, "capabilities": ALL_CAPABILITIES, "namePrefix": None}


def test_a_subclass_can_have_another_default_and_another_shape(auth: dict[str, Any]) -> None:
    class Other(InMemoryAccountInfo):
        DEFAULT_ALLOWED = {"everything": True}  # noqa: RUF012  # as subclasses of programs write it

        @classmethod
        def allowed_is_valid(cls, allowed: dict[str, Any]) -> bool:
            return "everything" in allowed

    info = Other()
    info.set_auth_data(**{**auth, "allowed": None})
    assert info.get_allowed() == {"everything": True}


@pytest.mark.parametrize("missing", ["buckets", "capabilities", "namePrefix"])
def test_an_incomplete_structure_is_refused_and_shown(auth: dict[str, Any], missing: str) -> None:
    del auth["allowed"][missing]
    with pytest.raises(AssertionError) as refused:
        InMemoryAccountInfo().set_auth_data(**auth)
    assert refused.value.args == (auth["allowed"],)


@given(account_ids, st.text(min_size=3, max_size=3))
def test_the_master_key_is_the_account_id_or_is_built_from_it(account_id: str, cluster: str) -> None:
    info = InMemoryAccountInfo()
    with mock.patch.object(info, "get_account_id", return_value=account_id):
        for key_id in (account_id, f"{cluster}{account_id}0000000000"):
            with mock.patch.object(info, "get_application_key_id", return_value=key_id):
                assert info.is_master_key()


@pytest.mark.parametrize(
    "key_id",
    ["001aabbcc0000000001", "01aabbcc0000000000", "0001aabbcc0000000000", "001aabbcd0000000000", "001aabbcc", ""],
)
def test_any_other_key_is_not_the_master_key(auth: dict[str, Any], key_id: str) -> None:
    assert not authorized(auth, application_key_id=key_id).is_master_key()


def test_nobody_knows_the_master_key_before_an_authorization() -> None:
    with pytest.raises(MissingAccountData):
        InMemoryAccountInfo().is_master_key()


def test_same_key_and_same_account_compare_id_and_realm(auth: dict[str, Any]) -> None:
    info = authorized(auth)
    assert info.is_same_key("001aabbcc0000000001", "production")
    assert info.is_same_account("aabbcc", "production")
    assert not info.is_same_key("001aabbcc0000000001", "staging")
    assert not info.is_same_account("aabbcc", "staging")
    assert not info.is_same_key("aabbcc", "production")
    assert not info.is_same_account("001aabbcc0000000001", "production")


def test_nothing_stored_is_the_same_as_nothing() -> None:
    info = InMemoryAccountInfo()
    assert not info.is_same_key("001aabbcc0000000001", "production")
    assert not info.is_same_account("aabbcc", "production")
