"""What tests of the benchmarks share: the service that keeps nothing, and an interpreter to be measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from stand import Stand, stand
from subjects import PythonSubject

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]  # it is measured by /proc


@pytest.fixture(scope="session")
def bench() -> Iterator[Stand]:
    with stand() as place:
        yield place


@pytest.fixture
def ours() -> PythonSubject:
    return PythonSubject("ours", sys.executable)
