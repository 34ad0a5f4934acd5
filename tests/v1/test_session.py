"""Sessions and HTTP of v1: what a program makes itself is used."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from b2sdk.v1 import (
    B2Api,
    B2Http,
    B2HttpApiConfig,
    B2RawApi,
    B2Session,
    ClockSkewHook,
    InMemoryAccountInfo,
    RawSimulator,
)
from b2sdk.v1.exception import InvalidArgument
from b2sdk.version import USER_AGENT


class Session(requests.Session):
    pass


MODULE: Any = SimpleNamespace(Session=Session)


def test_http_is_set_up_by_arguments() -> None:
    http = B2Http(MODULE, install_clock_skew_hook=False, user_agent_append="program")
    assert isinstance(http.session, Session)
    assert http.callbacks == []
    assert http.user_agent == f"{USER_AGENT} program"
    assert [type(hook) for hook in B2Http().callbacks] == [ClockSkewHook]
    assert B2Http.TIMEOUT == 1200


def test_a_raw_api_that_is_given_keeps_its_http() -> None:
    http = B2Http(MODULE)
    raw_api = B2RawApi(http)
    with B2Api(InMemoryAccountInfo(), raw_api=raw_api) as api:
        assert api.raw_api is raw_api
        assert api.session._b2_http is http


def test_a_raw_api_without_http_is_used() -> None:
    simulator = RawSimulator()
    session = B2Session(InMemoryAccountInfo(), raw_api=simulator)
    session.authorize_account("production", *simulator.create_account())
    assert session.account_info.get_account_id()


def test_a_configuration_makes_the_raw_api() -> None:
    session = B2Session(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator))
    assert isinstance(session.raw_api, RawSimulator)


@pytest.mark.parametrize("cls", [B2Api, B2Session])
def test_both_are_refused(cls: Any) -> None:
    with pytest.raises(InvalidArgument, match="at most one of: raw_api, api_config"):
        cls(InMemoryAccountInfo(), raw_api=RawSimulator(), api_config=B2HttpApiConfig())


def test_a_session_of_the_program_is_given_the_raw_api() -> None:
    given: list[Any] = []

    class Own(B2Session):
        def __init__(
            self, account_info: Any = None, cache: Any = None, raw_api: Any = None, api_config: Any = None
        ) -> None:
            given.append(raw_api)
            super().__init__(account_info, cache, raw_api, api_config)

    class Api(B2Api):
        SESSION_CLASS = Own

    simulator = RawSimulator()
    with Api(InMemoryAccountInfo(), raw_api=simulator) as api:
        assert api.raw_api is simulator
    with Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=RawSimulator)) as api:
        assert isinstance(api.raw_api, RawSimulator)
    assert given == [simulator, None]
