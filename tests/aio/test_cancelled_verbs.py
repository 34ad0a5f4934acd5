"""What every verb leaves behind wherever it is cancelled: a matrix of verbs and of the places where they wait.

With ``B2SDK_LONG_TESTS=1`` it is complete; otherwise it has every :data:`STRIDE`-th place. It is printed, with its
size, by ``python -m tests.aio.test_cancelled_verbs``.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import pytest
from tests.aio.cancelling import MOMENTS as OF_ITSELF, Moment, cancelled_where, cancelled_while_a_task_waits, settle
from tests.aio.loops import left_running
from tests.aio.test_downloads import QUICK
from tests.aio.test_session import Watched, expire_tokens
from tests.aio.verbs import LARGE, REQUESTS, TARGET, VERBS, Begin, Somewhere, Verb, all_of, public_verbs
from tests.flows.conftest import SMALL_PARTS

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.simulator import SimulatorServer

IS_LONG: Final = bool(os.environ.get("B2SDK_LONG_TESTS"))
STRIDE: Final = 7
INFOS: Final[dict[str, Callable[[], InMemoryAccountInfo]]] = {"in memory": InMemoryAccountInfo, "in threads": Watched}
IN_A_TASK: Final = "in a task"
"""When a task waits that the verb has started."""
MOMENTS: Final = (*OF_ITSELF, IN_A_TASK)
CONDITIONS: Final = ("", "without a connection", "with an old token")
"""In which a verb is called: usually, when connections have to be opened, when the token has to be renewed."""
OLD: Final = b"old"


def named(verbs: list[Verb]) -> list[Any]:
    """Return the verbs as parameters; one that is there again has a number."""
    seen = Counter[str]()
    params = []
    for verb in verbs:
        seen[verb.name] += 1
        number = seen[verb.name]
        params.append(pytest.param(verb, id=verb.name if number == 1 else f"{verb.name}-{number}"))
    return params


@pytest.fixture(scope="module")
def _service_of_module() -> Any:
    with SimulatorServer(policy=SMALL_PARTS) as server:
        yield server


@pytest.fixture
def service(_service_of_module: SimulatorServer) -> SimulatorServer:
    _service_of_module.reset()
    return _service_of_module


@asynccontextmanager
async def somewhere(service: SimulatorServer, folder: Path, kind: str) -> AsyncIterator[Somewhere]:
    here = Somewhere(service, folder, INFOS[kind](), api_config=QUICK)
    async with here.api:
        await here.begin()
        yield here


def test_every_verb_is_in_the_table() -> None:
    assert {verb.name for verb in VERBS} == set(public_verbs())


class Case(NamedTuple):
    """A verb, and how it is called."""

    verb: Verb
    kind: str
    condition: str


def connector_of(here: Somewhere) -> Any:
    session = here.api.session.http._session
    assert session is not None
    return session.connector


async def prepared(here: Somewhere, case: Case) -> Begin:
    """Return what begins a verb, when all is as its condition says."""
    begin = await case.verb.prepare(here)
    if case.condition == "without a connection":
        idle = connector_of(here)._conns
        for connections in idle.values():
            for connection, _ in connections:
                connection.close()
        idle.clear()
    elif case.condition == "with an old token":
        expire_tokens(here.service)
    return begin


async def unfinished_in(here: Somewhere) -> dict[str, int]:
    """Return the unfinished large files of the bucket, and how many parts they have."""
    files = await all_of(here.bucket.list_unfinished_large_files())
    return {file.file_id: len(await all_of(here.api.list_parts(file.file_id))) for file in files}


def check_client(here: Somewhere) -> None:
    """Check that the client has all that it had before."""
    connector, maker, info = connector_of(here), here.api.file_maker, here.info
    assert connector._acquired == set()
    assert here.api.session.http._room._free._value == REQUESTS
    idle = [connection for connections in connector._conns.values() for connection, _ in connections]
    assert not any(connection.should_close for connection in idle), "there is something left to be read"
    assert (maker.memory.taken, len(maker.memory._waiting)) == (0, 0)
    assert maker._steps.slots._value == REQUESTS  # type: ignore[attr-defined]  # of this client
    assert info._large_file_uploads._pairs == {}
    pooled = [url for pairs in info._bucket_uploads._pairs.values() for url, _ in pairs]
    assert len(set(pooled)) == len(pooled)
    assert not here.unacknowledged.urls & set(pooled)


def check_target(here: Somewhere) -> None:
    """Check that the file is the old one, or the new one, and that nothing is beside it but what is to be resumed."""
    target = here.folder / TARGET
    assert target.read_bytes() in (OLD, LARGE)
    target.write_bytes(OLD)


async def clean_up(here: Somewhere) -> None:
    for file_id in await unfinished_in(here):
        await here.api.cancel_large_file(file_id)
    for other in here.others:
        await other.close()
    here.others.clear()


async def cancelled(coroutine: Coroutine[Any, Any, object], place: int, moment: str, counted: list[int]) -> object:
    if moment == IN_A_TASK:
        return await cancelled_while_a_task_waits(coroutine, place, counted)
    return await cancelled_where(coroutine, place, cast("Moment", moment), counted)


async def cancel_and_look(here: Somewhere, case: Case, place: int, moment: str) -> bool:
    """Cancel a verb, look at all that it left, and call it again; return whether it was cancelled."""
    promise = case.verb.unfinished
    (here.folder / TARGET).write_bytes(OLD)
    begin = await prepared(here, case)
    before = set(await unfinished_in(here)) if promise == "none" else set()
    task = asyncio.ensure_future(cancelled(begin(), place, moment, []))
    await asyncio.wait([task])
    await settle()
    assert left_running() == set()
    await here.api.session.threads.call(int)  # behind what nobody waited for
    if not task.cancelled():
        task.result()
    check_client(here)
    check_target(here)
    left = {id_: parts for id_, parts in (await unfinished_in(here)).items() if id_ not in before}
    assert len(left) <= (promise != "none")
    if task.cancelled():
        made = await (await prepared(here, case))()
        check_client(here)
        if promise in ("resumed", "continued") and any(left.values()):
            assert getattr(made, "id_", None) in left
    await clean_up(here)
    return task.cancelled()


async def count_places(here: Somewhere, case: Case, moment: str) -> int:
    """Return how often a verb waits."""
    counted: list[int] = []
    (here.folder / TARGET).write_bytes(OLD)
    await cancelled((await prepared(here, case))(), -1, moment, counted)
    await clean_up(here)
    return counted[0]


@pytest.mark.parametrize("kind", INFOS)
@pytest.mark.parametrize("verb", named(VERBS))
async def test_nothing_is_left_and_the_verb_works_again(
    service: SimulatorServer, tmp_path: Path, verb: Verb, kind: str
) -> None:
    stride = 1 if IS_LONG else STRIDE
    async with somewhere(service, tmp_path, kind) as here:
        for number, (condition, moment) in enumerate(product(CONDITIONS, MOMENTS)):
            place = (number + VERBS.index(verb)) % stride
            try:
                while await cancel_and_look(here, Case(verb, kind, condition), place, moment):
                    place += stride
            except BaseException as error:
                raise AssertionError(f"{moment} at {place}, {condition}") from error


async def _report() -> None:
    total = 0
    with SimulatorServer(policy=SMALL_PARTS) as service, tempfile.TemporaryDirectory() as folder:
        for kind, condition in product(INFOS, CONDITIONS):
            service.reset()
            async with somewhere(service, Path(folder), kind) as here:
                for verb in VERBS:
                    case = Case(verb, kind, condition)
                    places = [await count_places(here, case, moment) for moment in MOMENTS]
                    total += sum(places)
                    print(f"{verb.name:40} {kind}, {condition:21} {places}")  # noqa: T201  # what it is for
    print(f"{len(VERBS)} forms of {len(set(public_verbs()))} verbs, cancelled at {total} places")  # noqa: T201  # as above


if __name__ == "__main__":
    asyncio.run(_report())
