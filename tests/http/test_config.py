from __future__ import annotations

import pytest
import requests

from b2sdk.http.config import B2HttpApiConfig, Timeouts


def test_the_defaults() -> None:
    config = B2HttpApiConfig()
    assert config.http_session_factory is requests.Session
    assert config.install_clock_skew_hook
    assert config.user_agent_append is None
    assert not config.decode_content


def test_the_raw_api_class_may_be_given_or_set() -> None:
    config = B2HttpApiConfig(_raw_api_class=dict)
    assert config.raw_api_class is dict
    config.raw_api_class = list
    assert config.raw_api_class is list


def test_without_one_it_is_the_default_of_the_class_at_the_time_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(B2HttpApiConfig):
        pass

    config = Own()
    monkeypatch.setattr(Own, "DEFAULT_RAW_API_CLASS", set, raising=False)
    assert config.raw_api_class is set


def test_choices_that_are_not_made_are_left_to_the_client() -> None:
    config = B2HttpApiConfig()
    assert config.timeouts == Timeouts(connect=None, read=None, write=None, slow_call=None)
    assert config.retry_policy is None
