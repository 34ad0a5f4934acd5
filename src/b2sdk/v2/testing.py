"""What helps to test against a service, with this surface's API; a pytest plugin too. Needs the extra ``testing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from b2sdk.http.config import B2HttpApiConfig
from b2sdk.testing.bucket_manager import (
    BUCKET_CLEANUP_PERIOD_MILLIS,
    BUCKET_CREATED_AT_MILLIS,
    ONE_HOUR_MILLIS,
)
from b2sdk.testing.environment import (
    NODE_DESCRIPTION,
    authorized,
    get_b2_auth_data,
    get_realm,
)
from b2sdk.testing.fixtures import (
    b2_api,
    b2_auth_data,
    b2_subfolder,
    bucket,
    bucket_manager,
    bucket_name_prefix,
    change_account_info_dir,
    dont_cleanup_old_buckets,
    fixture_of_api,
    general_bucket_name_prefix,
    monkeysession,
    pytest_addoption,
    realm,
    set_http_debug,
)
from b2sdk.testing.names import (
    BUCKET_NAME_LENGTH,
    GENERAL_BUCKET_NAME_PREFIX,
    RNG,
    RNG_COUNTER,
    RNG_SEED,
    get_bucket_name_prefix,
    random_token,
)
from b2sdk.v2.account_info import InMemoryAccountInfo
from b2sdk.v2.api import B2Api
from b2sdk.v2.api_config import DEFAULT_HTTP_API_CONFIG

if TYPE_CHECKING:
    from typing import Any, ClassVar

    from b2sdk.testing import bucket_manager as managers, integration_test_base
    from b2sdk.v2.account_info import AbstractAccountInfo
    from b2sdk.v2.bucket import Bucket

    class BucketManager(managers.BucketManager):
        b2_api: B2Api

        def create_bucket(self, bucket_type: str = "allPublic", **kwargs: Any) -> Bucket: ...

    class IntegrationTestBase(integration_test_base.IntegrationTestBase):
        b2_api: ClassVar[B2Api]
        bucket_manager: ClassVar[BucketManager]
        info: ClassVar[AbstractAccountInfo]

        def create_bucket(self) -> Bucket: ...

else:
    from b2sdk.testing.bucket_manager import BucketManager
    from b2sdk.testing.integration_test_base import IntegrationTestBase

__all__ = [
    "BUCKET_CLEANUP_PERIOD_MILLIS",
    "BUCKET_CREATED_AT_MILLIS",
    "BUCKET_NAME_LENGTH",
    "GENERAL_BUCKET_NAME_PREFIX",
    "NODE_DESCRIPTION",
    "ONE_HOUR_MILLIS",
    "RNG",
    "RNG_COUNTER",
    "RNG_SEED",
    "BucketManager",
    "IntegrationTestBase",
    "_b2_api",
    "authorize",
    "b2_api",
    "b2_auth_data",
    "b2_subfolder",
    "bucket",
    "bucket_manager",
    "bucket_name_prefix",
    "change_account_info_dir",
    "dont_cleanup_old_buckets",
    "general_bucket_name_prefix",
    "get_b2_auth_data",
    "get_bucket_name_prefix",
    "get_realm",
    "monkeysession",
    "pytest_addoption",
    "random_token",
    "realm",
    "set_http_debug",
]


def authorize(
    b2_auth_data: tuple[str, str], realm: str, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG
) -> tuple[B2Api, InMemoryAccountInfo]:
    """Return a new API object that is authorized, and its account info, which is in memory."""
    return authorized(B2Api, InMemoryAccountInfo, b2_auth_data, realm, api_config)


_b2_api = fixture_of_api(authorize)
