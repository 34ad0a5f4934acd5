from __future__ import annotations

from typing import Any

import pytest

from b2sdk.account_info.auth_data import AuthData


def test_repr_shows_neither_key_nor_token(auth: dict[str, Any]) -> None:
    text = repr(AuthData(**auth))
    assert "secret" not in text
    assert "aabbcc" in text


def test_fields_cannot_be_replaced_one_by_one(auth: dict[str, Any]) -> None:
    with pytest.raises(AttributeError):
        AuthData(**auth).auth_token = "other"  # type: ignore[misc]  # what is tested
