"""Forked processes, for tests of what several processes share."""

from __future__ import annotations

import faulthandler
import json
import os
import select
import signal
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import pytest

HANGING_SECONDS = 60
"""After so long a child is taken to hang, prints where, and is ended."""


class Child:
    """A process that runs a function, which returns something that JSON can tell."""

    def __init__(self, function: Callable[[], Any], fork: Callable[[], int] | None = None) -> None:
        """Start it at once, with ``os.fork`` by default. Skips the test where there is no ``fork``."""
        if not hasattr(os, "fork"):
            pytest.skip("this platform has no fork")
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Forking with threads is what is tested. An error here, in the parent, would leave the child alone.
            warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
            self.pid: int = (fork or os.fork)()
        if self.pid == 0:
            _run(function, writer)
        os.close(writer)
        self._answer = os.fdopen(reader)

    def result(self) -> Any:
        """Wait for the function to return; an exception in it fails the test."""
        (result,) = results([self])
        return result

    def _end(self) -> str:
        with self._answer as answer:
            # What hangs before it has set its own limit is ended from here.
            if not select.select([answer], [], [], 2 * HANGING_SECONDS)[0]:
                os.kill(self.pid, signal.SIGKILL)
            text = answer.read()
        _, status = os.waitpid(self.pid, 0)
        return text or json.dumps({"failure": f"it ended without an answer, with status {status}"})

    def kill(self) -> None:
        """End the process as if the machine had lost its power."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._answer.close()


def results(children: Iterable[Child]) -> list[Any]:
    """Wait for all of them, also when one fails, and return what their functions returned."""
    outcomes = [json.loads(text) for text in [child._end() for child in children]]  # noqa: SLF001  # they belong together
    failures = [each["failure"] for each in outcomes if "failure" in each]
    assert not failures, f"children failed: {failures}"
    return [each["result"] for each in outcomes]


def _run(function: Callable[[], Any], writer: int) -> None:
    """Run the function, and nothing of what would run at the end of this copy of the test process."""
    # Not in a thread of its own (`dump_traceback_later`): for that, a child of this process would wait for ever.
    faulthandler.register(signal.SIGALRM, file=2, chain=True)
    signal.alarm(HANGING_SECONDS)
    try:
        outcome = {"result": function()}
    except BaseException as error:  # noqa: BLE001  # it is reported to the parent
        outcome = {"failure": repr(error)}
    try:
        with os.fdopen(writer, "w") as answer:
            json.dump(outcome, answer)
    finally:
        os._exit(0)
