from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, strategies as st
from tests.scan.conftest import Listener

from b2sdk.blocking import iterate
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.pairs import Batches, pair_up, zip_folders
from b2sdk.scan.path import LocalPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager


class Folder(AbstractFolder):
    """Has the given files, and records how many were requested and how."""

    def __init__(self, *names: str) -> None:
        self.names = sorted(names)
        self.asked: list[tuple[Any, ScanPoliciesManager]] = []
        self.given = 0

    def all_files(
        self, reporter: Any, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[LocalPath]:
        self.asked.append((reporter, policies_manager))
        for name in self.names:
            self.given += 1
            yield LocalPath("/" + name, name, 0, 0)

    def folder_type(self) -> str:
        return "local"

    def make_full_path(self, file_name: str) -> str:
        return "/" + file_name


def zipped(a: Folder, b: Folder, reporter: Any = None) -> list[tuple[str | None, str | None]]:
    return [
        (None if x is None else x.relative_path, None if y is None else y.relative_path)
        for x, y in zip_folders(a, b, reporter)
    ]


NAMES = st.sets(st.text("aA0./-\u00e9\U0001f600", min_size=1, max_size=4))


@given(NAMES, NAMES)
def test_files_of_one_name_come_together_and_all_in_order(a: set[str], b: set[str]) -> None:
    assert zipped(Folder(*a), Folder(*b)) == [
        (name if name in a else None, name if name in b else None) for name in sorted(a | b)
    ]


@given(NAMES, NAMES, st.data())
def test_the_batches_in_which_files_come_make_no_difference(a: set[str], b: set[str], data: st.DataObject) -> None:
    used_up: list[bool] = []

    async def batches(files: set[str]) -> Batches:
        left = sorted(files)
        while left:
            size = data.draw(st.integers(0, len(left)))
            batch, left = iter([LocalPath("/" + name, name, 0, 0) for name in left[:size]]), left[size:]
            yield batch
            used_up.append(next(batch, None) is None)

    pairs = [(x and x.relative_path, y and y.relative_path) for x, y in iterate(pair_up(batches(a), batches(b)))]
    assert pairs == zipped(Folder(*a), Folder(*b))
    assert all(used_up)


def test_the_policies_are_for_the_first_folder() -> None:
    a, b, policies, reporter = Folder("a"), Folder("a"), ScanPoliciesManager(), Mock()
    list(zip_folders(a, b, reporter, policies))
    assert a.asked == [(reporter, policies)]
    assert b.asked == [(reporter, DEFAULT_SCAN_MANAGER)]


def test_files_are_found_as_they_are_asked_for() -> None:
    a, b = Folder(*"abc"), Folder(*"abc")
    pairs = zip_folders(a, b, None)
    assert (a.given, b.given) == (0, 0)
    next(pairs)
    assert (a.given, b.given) == (1, 1)


def test_a_reporter_is_closed_at_the_end_and_not_before(listener: Listener) -> None:
    pairs = zip_folders(Folder("a"), Folder("b"), listener)
    next(pairs), next(pairs)
    assert listener.closed == 0
    assert list(pairs) == []
    assert listener.closed == 1


def test_an_error_of_a_folder_ends_the_pairs() -> None:
    class Broken(Folder):
        def all_files(
            self, reporter: Any, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
        ) -> Iterator[LocalPath]:
            yield LocalPath("/a", "a", 0, 0)
            raise RuntimeError("the folder is gone")

    with pytest.raises(RuntimeError, match="the folder is gone"):
        zipped(Broken(), Folder("a"))
