"""Where the tests run and who they are, from environment variables that are read at the time of the call."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from typing import TypeVar

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.api import B2Api
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig

Api = TypeVar("Api", bound=B2Api)
Info = TypeVar("Info", bound=AbstractAccountInfo)

NODE_DESCRIPTION: str = f"{platform.node()}: {platform.platform()} {platform.python_version()}"
"""The machine that the tests run on; new buckets are marked with it."""


def get_realm() -> str:
    """Return ``B2_TEST_ENVIRONMENT``: the name of a realm, or the URL of a service. Without it, ``production``."""
    return os.environ.get("B2_TEST_ENVIRONMENT", "production")


def get_b2_auth_data() -> tuple[str, str]:
    """Return the id of the application key and the key.

    :raises ValueError: ``B2_TEST_APPLICATION_KEY_ID`` or ``B2_TEST_APPLICATION_KEY`` is missing or empty.
    """
    return _value_of("B2_TEST_APPLICATION_KEY_ID"), _value_of("B2_TEST_APPLICATION_KEY")


def _value_of(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ValueError(f"{variable} is not set.")
    return value


def authorize(
    b2_auth_data: tuple[str, str], realm: str, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG
) -> tuple[B2Api, InMemoryAccountInfo]:
    """Return a new API object that is authorized, and its account info, which is in memory."""
    return authorized(B2Api, InMemoryAccountInfo, b2_auth_data, realm, api_config)


def authorized(
    api_class: Callable[..., Api],
    account_info_class: Callable[[], Info],
    b2_auth_data: tuple[str, str],
    realm: str,
    api_config: B2HttpApiConfig,
) -> tuple[Api, Info]:
    """Like :func:`authorize`, with the classes of another surface."""
    info = account_info_class()
    api = api_class(info, api_config=api_config)
    key_id, key = b2_auth_data
    try:
        api.authorize_account(realm=realm, application_key_id=key_id, application_key=key)
    except BaseException:
        api.close()
        raise
    return api, info
