from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from b2sdk import fork
from b2sdk.fork import renew_in_children
from b2sdk.http import B2Http
from b2sdk.http.pool import VerbatimAdapter

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # that threads are there at the fork is the point
]


def in_child(holds: Callable[[], bool]) -> bool:
    """Return what the function returns in a forked process; an exception there is False."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if holds() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Holder:
    def __init__(self) -> None:
        self.renew()
        self.times = 0
        renew_in_children(self.renew)

    def renew(self) -> None:
        self.lock = threading.Lock()
        self.times = getattr(self, "times", 0) + 1


def test_a_lock_that_was_held_is_free_in_the_child_and_stays_held_in_the_parent() -> None:
    holder = Holder()
    with holder.lock:
        assert in_child(lambda: holder.lock.acquire(blocking=False))
        assert holder.lock.locked()
    assert holder.times == 0


def test_it_is_renewed_once_however_often_it_asked() -> None:
    holder = Holder()
    renew_in_children(holder.renew)
    assert in_child(lambda: holder.times == 1)


def test_an_object_that_is_gone_is_forgotten() -> None:
    before = len(fork._renewals)
    holder = Holder()
    assert len(fork._renewals) == before + 1
    del holder
    gc.collect()
    assert len(fork._renewals) <= before


@pytest.mark.parametrize("grown", [False, True])
def test_a_child_has_connections_of_its_own(grown: bool) -> None:
    client = B2Http()
    if grown:
        client.keep_connections(1000)
    adapter = client.session.get_adapter("https://api.test")
    assert isinstance(adapter, VerbatimAdapter)
    manager = adapter.poolmanager
    kept = adapter.connections
    assert in_child(lambda: adapter.poolmanager is not manager and adapter.connections == kept)
    assert adapter.poolmanager is manager


def test_nothing_is_said_when_the_interpreter_ends_with_a_client() -> None:
    program = (
        "from b2sdk.v2 import B2Api, InMemoryAccountInfo\napi = B2Api(InMemoryAccountInfo())\ndef cycle(): return api"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stderr == ""
