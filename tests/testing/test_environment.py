from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import FrontEnd, HttpFrontEnd, InProcessFrontEnd

import b2sdk.v2.testing
import b2sdk.v3.testing
from b2sdk.simulator import SimulatorServer
from b2sdk.testing.environment import authorized
from b2sdk.v3.exception import Unauthorized

KEY_ID, KEY = "B2_TEST_APPLICATION_KEY_ID", "B2_TEST_APPLICATION_KEY"


@pytest.fixture
def testing(surface: ModuleType) -> ModuleType:
    return b2sdk.v2.testing if surface is b2sdk.v2 else b2sdk.v3.testing


def test_both_surfaces_have_the_same_but_for_the_api() -> None:
    assert b2sdk.v2.testing.__all__ == b2sdk.v3.testing.__all__
    different = {
        name
        for name in b2sdk.v3.testing.__all__
        if getattr(b2sdk.v2.testing, name) is not getattr(b2sdk.v3.testing, name)
    }
    assert different == {"authorize", "_b2_api"}


@pytest.mark.parametrize("realm", ["staging", "http://127.0.0.1:1234"])
def test_the_realm_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch, testing: Any, realm: str) -> None:
    monkeypatch.delenv("B2_TEST_ENVIRONMENT", raising=False)
    assert testing.get_realm() == "production"
    monkeypatch.setenv("B2_TEST_ENVIRONMENT", realm)
    assert testing.get_realm() == realm


@pytest.mark.parametrize("missing", [KEY_ID, KEY])
@pytest.mark.parametrize("is_empty", [True, False])
def test_credentials_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, testing: Any, missing: str, is_empty: bool
) -> None:
    for variable in (KEY_ID, KEY):
        monkeypatch.setenv(variable, "the " + variable)
    assert testing.get_b2_auth_data() == ("the " + KEY_ID, "the " + KEY)
    if is_empty:
        monkeypatch.setenv(missing, "")
    else:
        monkeypatch.delenv(missing)
    with pytest.raises(ValueError, match=rf"^{missing} is not set\.$"):
        testing.get_b2_auth_data()


def test_the_api_is_that_of_the_surface(front_end: FrontEnd, surface: Any, testing: Any) -> None:
    config = surface.DEFAULT_HTTP_API_CONFIG
    if isinstance(front_end, InProcessFrontEnd):
        config = surface.B2HttpApiConfig(_raw_api_class=lambda _b2_http: front_end._simulator)
    api, info = testing.authorize((front_end.key_id, front_end.key), front_end.realm, config)
    with api:
        assert (type(api), type(info)) == (surface.B2Api, surface.InMemoryAccountInfo)
        assert api.account_info is info
        assert info.get_application_key_id() == front_end.key_id
        assert api.list_buckets() == []


def test_a_key_that_is_refused_leaves_nothing_open(service: SimulatorServer, testing: Any) -> None:
    front_end = HttpFrontEnd(service.key_id, "wrong", service.url)
    closed: list[Any] = []

    class Watched(b2sdk.v3.B2Api):
        def close(self) -> None:
            closed.append(self)
            super().close()

    with pytest.raises(Unauthorized):
        authorized(
            Watched,
            b2sdk.v3.InMemoryAccountInfo,
            (front_end.key_id, front_end.key),
            front_end.realm,
            b2sdk.v3.DEFAULT_HTTP_API_CONFIG,
        )
    assert len(closed) == 1


@pytest.mark.parametrize("missing", ["pytest", "tenacity"])
def test_who_lacks_what_is_needed_is_shown_how_to_get_it(missing: str, testing: ModuleType) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"try:\n    import {testing.__name__}\n"
        "except ImportError as error:\n    print(error.name, error)"
    )
    finished = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert finished.stdout.strip().endswith("need pytest and tenacity: pip install 'b2sdk-ng[testing]'")
    assert finished.stdout.startswith(missing)
