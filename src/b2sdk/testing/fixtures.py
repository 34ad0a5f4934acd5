"""pytest fixtures for tests against a service, in the order in which they need each other.

A fixture that is not asked for does nothing: without credentials and network, only a test that wants an account fails.
"""

from __future__ import annotations

import http.client
import os
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b2sdk.api import B2Api
from b2sdk.bucket import Bucket
from b2sdk.testing.bucket_manager import BucketManager
from b2sdk.testing.environment import authorize, get_b2_auth_data, get_realm
from b2sdk.testing.names import GENERAL_BUCKET_NAME_PREFIX, get_bucket_name_prefix, random_token

_DONT_CLEANUP = "--dont-cleanup-old-buckets"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--dont-cleanup-old-buckets``."""
    parser.addoption(
        _DONT_CLEANUP, action="store_true", default=False, help="leave the test buckets of other runs, however old"
    )


@pytest.fixture(scope="session", autouse=True)
def set_http_debug() -> None:
    """Let ``http.client`` print what is sent and received if ``B2_DEBUG_HTTP`` is set; keys and tokens are in it."""
    if os.environ.get("B2_DEBUG_HTTP"):
        http.client.HTTPConnection.debuglevel = 1


@pytest.fixture(scope="session")
def monkeysession() -> Iterator[pytest.MonkeyPatch]:
    """Yield a ``monkeypatch`` whose changes last as long as the session."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def change_account_info_dir(monkeysession: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests away from the account of the person who runs them."""
    directory = tmp_path_factory.mktemp("b2_config")
    for variable in ("B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY"):
        monkeysession.delenv(variable, raising=False)
    monkeysession.setenv("B2_ACCOUNT_INFO", str(directory / ".b2_account_info"))
    monkeysession.setenv("XDG_CONFIG_HOME", str(directory))


@pytest.fixture(scope="session")
def general_bucket_name_prefix() -> str:
    """Return what the names of all test buckets begin with, those of other runs too."""
    return GENERAL_BUCKET_NAME_PREFIX


@pytest.fixture(scope="session")
def bucket_name_prefix(general_bucket_name_prefix: str) -> str:
    """Return what the names of the buckets of this run begin with."""
    return get_bucket_name_prefix(8, general_bucket_name_prefix)


@pytest.fixture(scope="session")
def dont_cleanup_old_buckets(request: pytest.FixtureRequest) -> bool:
    """Whether ``--dont-cleanup-old-buckets`` was passed to pytest."""
    return bool(request.config.getoption(_DONT_CLEANUP))


@pytest.fixture(scope="session")
def b2_auth_data() -> tuple[str, str]:
    """Return the id of the application key and the key; fails the test if the environment has none."""
    try:
        return get_b2_auth_data()
    except ValueError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def realm() -> str:
    """Return the realm of ``B2_TEST_ENVIRONMENT``, by default ``production``."""
    return get_realm()


def fixture_of_api(authorize: Callable[[tuple[str, str], str], tuple[B2Api, object]]) -> Any:
    """Return the fixture ``_b2_api`` for a surface's :func:`~b2sdk.testing.environment.authorize`."""

    @pytest.fixture(scope="session")
    def _b2_api(b2_auth_data: tuple[str, str], realm: str) -> Iterator[B2Api]:
        """Yield the API object, for fixtures that :func:`b2_api` needs."""
        api, _ = authorize(b2_auth_data, realm)
        with api:
            yield api

    return _b2_api


_b2_api = fixture_of_api(authorize)


@pytest.fixture(scope="session")
def bucket_manager(
    bucket_name_prefix: str, general_bucket_name_prefix: str, dont_cleanup_old_buckets: bool, _b2_api: B2Api
) -> Iterator[BucketManager]:
    """Yield what makes buckets; at the end of the session those of this run are removed, and what others left."""
    manager = BucketManager(
        dont_cleanup_old_buckets,
        _b2_api,
        current_run_prefix=bucket_name_prefix,
        general_prefix=general_bucket_name_prefix,
    )
    yield manager
    manager.clean_buckets()


@pytest.fixture(scope="session")
def b2_api(
    bucket_manager: BucketManager,  # noqa: ARG001  # it has to clean up after those who use the API
    _b2_api: B2Api,
) -> B2Api:
    """Return an API object that is authorized; whatever has the prefix of this run is removed in the end."""
    return _b2_api


@pytest.fixture
def bucket(
    bucket_manager: BucketManager,
    bucket_name_prefix: str,  # noqa: ARG001  # what the manager begins its names with
) -> Iterator[Bucket]:
    """Yield an empty bucket, which is removed after the test."""
    bucket = bucket_manager.create_bucket()
    yield bucket
    bucket_manager.clean_bucket(bucket)


@pytest.fixture
def b2_subfolder(bucket: Bucket, request: pytest.FixtureRequest) -> str:
    """Return the URI of a folder in the bucket that nothing else is in."""
    token = random_token(6, string.ascii_uppercase + string.digits)
    return f"b2://{bucket.name}/{request.node.name}_{token}"
