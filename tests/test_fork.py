from __future__ import annotations

import gc
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import requests
from tests.conftest import fork_in_c, garbage_collected_after

from b2sdk import fork
from b2sdk.fork import PerProcess, in_this_process, new_lock, new_rlock, reset_after_fork
from b2sdk.http import B2Http
from b2sdk.http.transport.pool import VerbatimAdapter
from b2sdk.testing.children import Child

InChild = Callable[[Callable[[], Any]], Any]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(params=["wiped memory", "process id"], autouse=True)
def _mark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    mark: Any = fork._wiped_at_fork() if request.param == "wiped memory" else fork._ProcessId()
    if mark is None:
        pytest.skip("this system cannot wipe memory at a fork")
    mark[0] = 1
    monkeypatch.setattr(fork, "_mark", mark)


class Holder:
    def __init__(self) -> None:
        self.renew()
        self.times = 0
        reset_after_fork(self.renew)

    def renew(self) -> None:
        self.lock = threading.Lock()
        self.times = getattr(self, "times", 0) + 1


def test_linux_is_asked_without_a_system_call() -> None:
    assert (fork._wiped_at_fork() is not None) == (sys.platform == "linux")


def test_an_emulator_that_ignores_what_it_is_advised_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Emulated:
        def madvise(self, _advice: int) -> None: ...

    monkeypatch.setattr("mmap.mmap", lambda *_args, **_choices: Emulated())
    assert fork._wiped_at_fork() is None


def test_an_old_kernel_is_asked_for_the_process_id(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def madvise(self, _advice: int) -> None:
            raise OSError

    monkeypatch.setattr("mmap.mmap", lambda *_args, **_choices: Old())
    assert fork._wiped_at_fork() is None


def test_a_lock_that_was_held_is_free_in_the_child_and_stays_held_in_the_parent(in_child: InChild) -> None:
    holder = Holder()

    def of_child() -> bool:
        in_this_process(holder)
        return holder.lock.acquire(blocking=False)

    with holder.lock:
        assert in_child(of_child)
        assert holder.lock.locked()
    assert holder.times == 0


def test_it_is_renewed_once_however_often_it_asked_and_by_however_many_threads(in_child: InChild) -> None:
    holder = Holder()
    reset_after_fork(holder.renew)
    together = threading.Barrier(8)

    def ask(_: int) -> None:
        together.wait()
        in_this_process(holder)
        assert holder.times == 1

    def of_child() -> int:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(ask, range(8)))
        return holder.times

    assert in_child(of_child) == 1


def test_nothing_is_renewed_in_the_parent() -> None:
    holder = Holder()
    assert Child(lambda: None, fork_in_c).result() is None
    in_this_process(holder)
    assert holder.times == 0


def test_a_grandchild_starts_over_too(in_child: InChild) -> None:
    holder = Holder()

    def of_grandchild() -> int:
        in_this_process(holder)
        return holder.times

    def of_child() -> list[int]:
        in_this_process(holder)
        return [holder.times, Child(of_grandchild).result(), Child(of_grandchild, fork_in_c).result()]

    assert in_child(of_child) == [1, 2, 2]


def test_a_child_does_not_wait_for_a_thread_of_its_parent_that_starts_over(in_child: InChild) -> None:
    turn = fork._turns.setdefault(os.getpid(), threading.RLock())
    beginning = threading.Thread(target=turn.acquire)  # it ends without letting go
    beginning.start()
    beginning.join()

    def of_child() -> bool:
        in_this_process(None)
        return bool(fork._mark[0])

    assert in_child(of_child)
    del fork._turns[os.getpid()]


def test_an_object_that_is_gone_is_forgotten() -> None:
    before = len(fork._renewals)
    holder = Holder()
    assert len(fork._renewals) == before + 1
    del holder
    gc.collect()
    assert len(fork._renewals) <= before


class Failing(Holder):
    def __init__(self, failures: int) -> None:
        self.failures = 0
        super().__init__()
        self.failures = failures

    def renew(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("not now")
        super().renew()


def test_what_fails_keeps_nothing_else_from_starting_over(in_child: InChild) -> None:
    before, failing, after = Holder(), Failing(failures=9), Holder()

    def of_child() -> list[int]:
        in_this_process(after)
        return [before.times, failing.times, after.times]

    assert in_child(of_child) == [1, 0, 1]


def test_what_has_failed_is_tried_again_whenever_it_is_to_be_used_and_raises_until_it_has_succeeded(
    in_child: InChild,
) -> None:
    failing, other = Failing(failures=3), Holder()

    def of_child() -> list[int]:
        for _ in range(2):
            in_this_process(other)
            with pytest.raises(OSError, match="not now"):
                in_this_process(failing)
        for _ in range(2):
            in_this_process(failing)
            in_this_process(other)
        return [failing.times, other.times, len(fork._due)]

    assert in_child(of_child) == [1, 1, 0]


def test_what_has_failed_and_is_gone_is_forgotten(in_child: InChild) -> None:
    failing = [Failing(failures=9)]

    def of_child() -> int:
        in_this_process(None)
        del failing[:]
        gc.collect()
        return len(fork._due)

    assert in_child(of_child) == 0


def test_an_interruption_leaves_the_others_to_be_started_again_when_they_are_used(in_child: InChild) -> None:
    class Interrupted(Failing):
        def renew(self) -> None:
            try:
                super().renew()
            except OSError:
                raise KeyboardInterrupt from None

    interrupted, after = Interrupted(failures=1), Holder()

    def of_child() -> list[int]:
        with suppress(KeyboardInterrupt):
            in_this_process(after)
        in_this_process(after)
        in_this_process(interrupted)
        return [interrupted.times, after.times]

    assert in_child(of_child) == [1, 1]


def test_garbage_that_is_collected_meanwhile_keeps_nothing_from_starting_over() -> None:
    class Circle(Holder):
        def __init__(self) -> None:
            super().__init__()
            self.itself = self

    holders = [Holder() for _ in range(50)]
    for rounds, allocations in enumerate(range(5, 100, 3), start=1):
        with garbage_collected_after(allocations, Circle):
            fork._mark[0] = 0
            in_this_process(None)
        assert {holder.times for holder in holders} == {rounds}


# --- what each process makes for itself ---


def test_a_thing_is_made_when_it_is_first_called_for_and_kept() -> None:
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    thing = PerProcess(make)
    assert made == []
    assert [thing(), thing()] == made * 2


def test_threads_that_call_for_it_at_once_are_given_the_same() -> None:
    together = threading.Barrier(8)

    def make() -> object:
        together.wait()
        return object()

    thing = PerProcess(make)
    with ThreadPoolExecutor(8) as threads:
        assert len({id(given) for given in threads.map(lambda _: thing(), range(8))}) == 1


def test_a_child_makes_its_own(in_child: InChild) -> None:
    thing = PerProcess(os.getpid)
    thing()
    assert in_child(lambda: thing() == os.getpid())
    assert thing() == os.getpid()


@pytest.mark.parametrize(("make", "name"), [(new_lock, "Lock"), (new_rlock, "RLock")])
def test_a_lock_is_of_the_class_that_was_put_in_place_before_it_is_used(
    make: Callable[[], Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OfGreenlets: ...

    lock = PerProcess(make)
    monkeypatch.setattr(threading, name, OfGreenlets)
    assert isinstance(lock(), OfGreenlets)


def test_a_pickled_one_makes_its_own() -> None:
    thing = PerProcess(list[int])
    thing().append(1)
    assert pickle.loads(pickle.dumps(thing))() == []  # noqa: S301  # made here


# --- connections ---


def adapter_of(client: B2Http) -> VerbatimAdapter:
    adapter = client.session.get_adapter("https://api.test")
    assert isinstance(adapter, VerbatimAdapter)
    return adapter


def pool_of(adapter: VerbatimAdapter) -> Any:
    request = requests.Request("GET", "https://api.test").prepare()
    return adapter.get_connection_with_tls_context(request, verify=True)


@pytest.mark.parametrize("grown", [False, True])
def test_a_child_has_connections_of_its_own(grown: bool, in_child: InChild) -> None:
    client = B2Http()
    if grown:
        client.keep_connections(1000)
    adapter = adapter_of(client)
    pool, manager, kept = pool_of(adapter), adapter.poolmanager, adapter.connections

    def of_child() -> bool:
        return pool_of(adapter) is not pool and adapter.poolmanager is not manager and adapter.connections == kept

    assert in_child(of_child)
    assert adapter.poolmanager is manager
    assert pool_of(adapter) is pool


def test_a_child_gives_up_connections_whose_pool_a_thread_of_its_parent_had_locked(in_child: InChild) -> None:
    client = B2Http()
    adapter = adapter_of(client)
    waiting: queue.LifoQueue[Any] = pool_of(adapter).pool

    def of_child() -> bool:
        client.close()
        pool_of(adapter)
        gc.collect()
        return True

    with waiting.mutex:
        assert in_child(of_child)


@pytest.mark.parametrize("kind", [object, lambda: None], ids=["of gevent", "closed"])
def test_a_child_gives_up_connections_whose_pool_has_no_lock(kind: Callable[[], Any], in_child: InChild) -> None:
    adapter = adapter_of(B2Http())
    pool = pool_of(adapter)
    pool.pool, inherited = kind(), pool.pool
    assert in_child(lambda: pool_of(adapter) is not pool)
    pool.pool = inherited


def test_nothing_is_said_when_the_interpreter_ends_with_a_client() -> None:
    program = (
        "from b2sdk.v2 import B2Api, InMemoryAccountInfo\napi = B2Api(InMemoryAccountInfo())\ndef cycle(): return api"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stderr == ""
