"""Every public verb, while each field of each response that it reads is changed in kind: it returns, or fails with a
B2Error.

All of them are changed in all ways when the environment has ``B2SDK_LONG_TESTS``, else each place in a few ways.
"""

from __future__ import annotations

import functools
import json
import os
from types import ModuleType
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings, strategies as st
from tests.hostile.mutations import BODIES, VALUES, InProcess, Interceptor, Mutation, OverHttp, mutations
from tests.hostile.test_nonsensical_responses import JSON
from tests.hostile.verbs import VERBS, Somewhere, connected, seen

import b2sdk.v2
import b2sdk.v3
from b2sdk.exception import B2Error
from b2sdk.simulator import SimulatorServer

IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
ABOVE_HTTP = {"set_notification_rules", "get_notification_rules", "replication", "sync up", "sync down"}
"""What is there over HTTP only, or, with the files that it is about, is the same in process."""


class InTheProcess:
    """A new account in the process for each run."""

    def __init__(self, surface: ModuleType) -> None:
        self._surface = surface

    def somewhere(self) -> tuple[Somewhere, Interceptor]:
        raw = self._surface.RawSimulator()
        key_id, key = raw.create_account()
        interceptor = InProcess(raw)
        credentials = key_id, key, "http://api.example.com"
        return Somewhere(self._surface, connected(self._surface, raw), credentials, interceptor.unwatched), interceptor


class OnAServer:
    """An emptied account on a server for each run."""

    def __init__(self, surface: ModuleType, service: SimulatorServer) -> None:
        self._surface, self._service = surface, service

    def somewhere(self) -> tuple[Somewhere, Interceptor]:
        self._service.reset()
        interceptor = OverHttp()
        api = connected(self._surface)
        api.session._b2_http.add_callback(interceptor)
        credentials = self._service.key_id, self._service.key, self._service.url
        return Somewhere(self._surface, api, credentials, interceptor.unwatched), interceptor


Place = InTheProcess | OnAServer


@pytest.fixture(params=["v2", "v3"])
def surface(request: pytest.FixtureRequest) -> ModuleType:
    return b2sdk.v2 if request.param == "v2" else b2sdk.v3


@pytest.fixture(params=["in process", "over HTTP"])
def place(request: pytest.FixtureRequest, surface: ModuleType) -> Place:
    if request.param == "in process":
        return InTheProcess(surface)
    return OnAServer(surface, request.getfixturevalue("small_parts_service"))


def outcome(verb: str, place: Place, mutation: Mutation | None, body: str | None = None) -> str | None:
    """Return what went wrong in another way than a B2Error, if anything did."""
    here, interceptor = place.somewhere()
    interceptor.mutation = mutation
    if mutation is not None and body is not None:
        interceptor.body, interceptor.mutation = (mutation.endpoint, BODIES[body]), None
    interceptor.is_on = True
    try:
        with here.api:
            seen(VERBS[verb](here))
    except B2Error as error:
        seen(error)
    except Exception as error:
        if mutation is None:
            raise
        return f"{mutation if body is None else f'{mutation.endpoint}: {body}'}: {type(error).__name__}: {error}"
    return None


def responses_to(verb: str, place: Place) -> dict[str, object]:
    here, interceptor = place.somewhere()
    interceptor.is_on = True
    with here.api:
        seen(VERBS[verb](here))
    assert interceptor.responses
    return interceptor.responses


@pytest.mark.parametrize("verb", VERBS)
def test_a_response_with_a_changed_field_ends_in_a_value_or_an_error_of_ours(verb: str, place: Place) -> None:
    if verb in ABOVE_HTTP and isinstance(place, InTheProcess):
        pytest.skip("over HTTP only")
    some = 0.2 if isinstance(place, OnAServer) else 1
    changes = mutations(responses_to(verb, place), len(VALUES) if IS_LONG else some)
    assert [wrong for mutation in changes if (wrong := outcome(verb, place, mutation))] == []


@functools.cache
def fields_of(verb: str) -> list[Mutation]:
    """Return a change of each field that a verb reads in process, to which a value is still to be given."""
    return list(mutations(responses_to(verb, InTheProcess(b2sdk.v3)), 1))


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ABOVE_HTTP])
@given(value=JSON, number=st.integers(0, 10**6))
@settings(max_examples=1000 if IS_LONG else 10)
def test_any_other_value_of_a_field_ends_in_a_value_or_an_error_of_ours(verb: str, value: Any, number: int) -> None:
    fields = fields_of(verb)
    mutation = fields[number % len(fields)]._replace(value=json.dumps(value))
    assert outcome(verb, InTheProcess(b2sdk.v3), mutation) is None


@pytest.mark.parametrize("verb", VERBS)
def test_a_body_that_is_no_response_ends_in_a_value_or_an_error_of_ours(
    verb: str, surface: ModuleType, small_parts_service: SimulatorServer
) -> None:
    place = OnAServer(surface, small_parts_service)
    whole = [Mutation(endpoint, (), "") for endpoint in responses_to(verb, place)]
    bodies = list(BODIES) if IS_LONG else list(BODIES)[crc32(verb.encode()) % 5 :: 5]
    assert [wrong for one in whole for body in bodies if (wrong := outcome(verb, place, one, body))] == []
