from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.simulator import Policy, RawSimulator
from b2sdk.v3 import B2Api, B2HttpApiConfig, Bucket, InMemoryAccountInfo

if importlib.util.find_spec("django") is None:
    collect_ignore_glob = ["test_*.py"]  # without the extra there is nothing to test
else:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            SECRET_KEY="of the tests",
            USE_TZ=True,
            TIME_ZONE="UTC",
            LOGGING_CONFIG=None,
            STATIC_URL="/static/",
            INSTALLED_APPS=["b2sdk.integrations.django", "django.contrib.staticfiles"],
        )
        django.setup()

MakeStorage = Callable[..., Any]
BUCKET = "bucket-of-django"


class StrictSimulator(RawSimulator):
    """Refuses what the service refuses."""

    POLICY = Policy()


def strict_api() -> B2Api:
    """Return a client of a service in the process, authorized."""
    simulator = StrictSimulator()
    api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=lambda _b2_http: simulator))
    api.authorize_account(*simulator.create_account())
    return api


@pytest.fixture(params=["in process", "over HTTP"])
def access(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the options that lead to an account."""
    if request.param == "in process":
        return {"api": strict_api()}
    account: SimulatedAccount = request.getfixturevalue("b2_sim_account")
    return {"key_id": account.key_id, "key": account.key, "realm": account.realm}


@pytest.fixture
def api(access: dict[str, Any], request: pytest.FixtureRequest) -> B2Api:
    """Return a client of the account that is not that of the storages, if it is over HTTP."""
    api: B2Api = access["api"] if "api" in access else request.getfixturevalue("b2_sim_api")
    return api


@pytest.fixture
def bucket(api: B2Api) -> Bucket:
    return api.create_bucket(BUCKET, "allPrivate")


@pytest.fixture
def make_storage(access: dict[str, Any]) -> Iterator[MakeStorage]:
    """Make storages for the account, by default those of its bucket."""
    from b2sdk.integrations.django import B2Storage  # noqa: PLC0415  # where the extra is

    made = []

    def make(kind: type[Any] = B2Storage, **options: Any) -> Any:
        made.append(kind(**{"bucket_name": BUCKET, **access, **options}))
        return made[-1]

    yield make
    for storage in made:
        storage.close()


@pytest.fixture
def storage(make_storage: MakeStorage, bucket: Bucket) -> Any:
    return make_storage()
