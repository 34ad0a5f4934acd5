"""Every operation meets every fault: what is lost, what exists twice, and what the caller gets."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohappyeyeballs
import pytest
import urllib3.util.connection
from tests.conftest import ASYNCIO, surface_of
from tests.faults.operations import OPERATIONS, Operation
from tests.faults.table import ENDLESS, FAULTS, OK, PATIENCE, Fault
from tests.faults.world import World
from tests.flows.conftest import SMALL_PARTS

from b2sdk.aio.limits import Limits
from b2sdk.exception import B2Error
from b2sdk.http import Timeouts
from b2sdk.simulator import SimulatorServer

ALWAYS_SLOW = ("creating a bucket", "uploading a small file", "downloading in one stream", "looking up a file by name")
"""Where a server that is always silent is tried: once for each kind of request, as that takes its time."""


class Case(NamedTuple):
    operation: Operation
    fault: Fault
    always: bool


CASES = [
    Case(operation, fault, always)
    for operation, fault, always in itertools.product(OPERATIONS, FAULTS, (False, True))
    if operation.kind in fault.ends
    and operation.blind_to != fault.name
    and not (always and fault.is_slow and operation.name not in ALWAYS_SLOW)
]
SAMPLE = [case for case in CASES if case.operation.name in ALWAYS_SLOW and not (case.always and case.fault.is_slow)]
"""Every kind of request, and every fault."""
AWAITED = [case for case in CASES if case.operation.is_awaited]
"""What the asyncio client can meet."""
ON_ASYNCIO = [
    case
    for number, case in enumerate(AWAITED)
    if os.environ.get("B2SDK_LONG_TESTS") or case in SAMPLE or number % 11 == 0
]
"""All of it with ``B2SDK_LONG_TESTS=1``; else the sample, and an eleventh of the rest, in which all operations and all
faults are."""


def name_of(case: Case) -> str:
    return f"{case.operation}-{case.fault}-{'always' if case.always else 'once'}"


@pytest.fixture
def _plain_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B2SDK_PLAIN_TRANSPORT", "1")


@pytest.fixture
def service(case: Case, request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    """Yield a server, one of its own where requests that the client has given up go on in it."""
    if case.fault.is_slow:
        with SimulatorServer(policy=SMALL_PARTS) as server:
            yield server
    else:
        yield request.getfixturevalue("small_parts_service")


def timeouts_for(fault: Fault) -> Timeouts:
    silence = PATIENCE if fault.is_slow else None
    return Timeouts(read=silence, slow_call=silence)


@pytest.fixture
def world(case: Case, service: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(service, tmp_path, timeouts_for(case.fault))
    connect: Any = urllib3.util.connection.create_connection

    def connect_unless_it_is_to_fail(*args: Any, **kwargs: Any) -> Any:
        world.connecting.check()
        return connect(*args, **kwargs)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect_unless_it_is_to_fail)
    yield world
    world.close()


@pytest.fixture
def world_in_a_loop(
    case: Case, service: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    limits = Limits(idle_seconds=1e-9) if case.fault.is_about_connecting else Limits()
    connect: Any = aiohappyeyeballs.start_connection
    with surface_of(ASYNCIO) as surface:
        world = World(service, tmp_path, timeouts_for(case.fault), surface, limits=limits)

        async def connect_unless_it_is_to_fail(*args: Any, **kwargs: Any) -> Any:
            world.connecting.check()
            return await connect(*args, **kwargs)

        monkeypatch.setattr(aiohappyeyeballs, "start_connection", connect_unless_it_is_to_fail)
        yield world
        world.close()


def expected(case: Case) -> set[str]:
    """Return the ways in which the operation may end; there are two only where the service is late to act."""
    operation, fault, always = case
    end = fault.ends[operation.kind]
    outcome = operation.ends.get(fault.name, end.always if always else end.once)
    if outcome == OK:
        outcomes = {OK} if not fault.has_acted else {operation.when_done_before}
        return outcomes | {OK} if fault.is_slow else outcomes
    return {operation.failure or outcome}


def outcome_of(steps: Iterator[None]) -> str:
    try:
        next(steps)
    except B2Error as error:
        return type(error).__name__
    return OK


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_operation_that_meets_a_fault(case: Case, world: World) -> None:
    meet(case, world)


@pytest.mark.parametrize("case", SAMPLE, ids=name_of)
@pytest.mark.usefixtures("_plain_transport")
def test_an_operation_that_meets_a_fault_on_the_plain_transport(case: Case, world: World) -> None:
    meet(case, world)


@pytest.mark.parametrize("case", ON_ASYNCIO, ids=name_of)
def test_an_operation_of_the_asyncio_client_that_meets_a_fault(case: Case, world_in_a_loop: World) -> None:
    meet(case, world_in_a_loop)


def meet(case: Case, world: World) -> None:
    operation, fault, always = case
    steps = operation.steps(world)
    next(steps)
    world.service.journal.clear()
    fault.inject(world, operation.endpoint, ENDLESS if always else 1)

    outcome = outcome_of(steps)

    calls = world.calls(operation.endpoint)
    assert always or not world.is_to_fail(operation.endpoint)
    world.service.faults.clear()
    world.connecting.clear()
    assert outcome in expected(case)
    most = operation.streams * fault.attempts[operation.kind] if always else operation.calls + 1
    assert len(calls) <= most
    world.may_be_repeated = fault.has_acted
    world.assert_no_lease_was_used_after_a_failure()
    if outcome == OK:
        assert next(steps, None) is None
    world.assert_nothing_lost()
