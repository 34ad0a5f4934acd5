"""A client that has worked, and is at work, when other processes begin; in them it is inherited or arrives pickled."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.processes.client import KINDS, Client, Told
from tests.processes.conftest import Shared

from b2sdk.testing.children import Child, results

CHILDREN = 2
TIMES = 2
PATIENCE = 60
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # that they are is the point


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def client(shared: Shared, kind: str, tmp_path: Path) -> Iterator[Client]:
    client = Client(*shared.arguments(), kind, str(tmp_path / "info"))
    yield client
    client.api.close()
    if kind == "sqlite":
        client.api.account_info.close()  # type: ignore[attr-defined]


@contextmanager
def at_work(client: Client) -> Iterator[list[Told]]:
    """Let threads use the client; give what they did, which is complete when the block is left."""
    told: list[Told] = []
    is_over = threading.Event()

    def go_on(number: int) -> None:
        times = itertools.takewhile(lambda _: not is_over.is_set(), range(TIMES * CHILDREN))
        told.extend(client.work(f"thread/{number}/{time}") for time in times)

    with ThreadPoolExecutor(2) as threads:
        working = [threads.submit(go_on, number) for number in range(2)]
        try:
            yield told
        finally:
            is_over.set()
    for each in working:
        each.result()


def context_of(method: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{sys.platform} has no {method}")
    if method != "fork" and kind == "sql":
        pytest.skip("an account info in a database cannot be pickled")
    monkeypatch.syspath_prepend(str(ROOT))  # where a new interpreter finds the tests
    return multiprocessing.get_context(method)


def work_and_tell(client: Client, name: str, answers: Any) -> None:
    for number in range(TIMES):
        answers.put(client.work(f"{name}/{number}"))


METHODS = ("fork", "forkserver", "spawn")


@pytest.mark.parametrize("method", METHODS)
def test_children_of_multiprocessing(
    method: str, client: Client, kind: str, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(method, kind, monkeypatch)
    answers = context.Queue()
    children = [context.Process(target=work_and_tell, args=(client, f"{n}", answers)) for n in range(CHILDREN)]
    with at_work(client) as told:
        for child in children:
            child.start()
        of_children = [answers.get(timeout=PATIENCE) for _ in range(CHILDREN * TIMES)]
        for child in children:
            child.join()
    assert [child.exitcode for child in children] == [0] * CHILDREN
    shared.assert_right([*told, *of_children], urls_are_shared=kind == "sql")


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_of_processes(
    method: str, client: Client, kind: str, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "sql":
        pytest.skip("an account info in a database cannot be pickled")
    context = context_of(method, kind, monkeypatch)
    with at_work(client) as told, ProcessPoolExecutor(2, context) as pool:
        of_children = list(pool.map(client.work, [f"{n}" for n in range(CHILDREN * TIMES)]))
    shared.assert_right([*told, *of_children])


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_children_forked_from_busy_threads(client: Client, kind: str, shared: Shared) -> None:
    with at_work(client) as told:
        children = [
            Child(lambda n=n: [client.work(f"{n}/{time}") for time in range(TIMES)])  # type: ignore[misc]
            for n in range(CHILDREN)
        ]
        of_children = [each for result in results(children) for each in result]
    shared.assert_right([*told, *of_children], urls_are_shared=kind == "sql")
