"""Every name of every surface of b2sdk 2.13.1, of which there is a record, is here, and takes what it takes there."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.surface.api_forms import SURFACES, read, surface

RECORD: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "api-forms.json").read_text())
MODULES: dict[str, list[str]] = RECORD.pop("modules")
RECORDED = read(RECORD)
HERE = {version: surface(version) for version in SURFACES}

# Each is in docs/differences.md.
DIFFERENT = {
    "AbstractDownloader.DEFAULT_THREAD_POOL_CLASS",
    "AbstractRawApi.start_large_file",
    "AbstractRawApi.unprintable_to_hex",
    "B2HttpApiConfig()",
    "B2RawApi.unprintable_to_hex",
    "B2RawApi.upload_part",
    "B2RawHTTPApi.unprintable_to_hex",
    "B2RawHTTPApi.upload_part",
    "BucketFactory()",
    "DownloadManager()",
    "ParallelDownloader.DEFAULT_THREAD_POOL_CLASS",
    "Part.__ne__",
    "RangeOfInputStream.writeable",
    "ReadingStreamWithProgress()",
    "SimpleDownloader.DEFAULT_THREAD_POOL_CLASS",
    "StreamWithHash.writeable",
    "Synchronizer.sync_folders",
    "UnfinishedLargeFile.__ne__",
    "UnfinishedLargeFile.cache_control",
    "rename_argument()",
    "rename_argument.__call__",
    "rename_function()",
    "rename_function.__call__",
}


def accepts(given: list[str] | None, recorded: list[str]) -> bool:
    """Whether a call that one takes is taken by the other: what is more has to be optional, and given by name."""
    if given is None:
        return False
    by_position = [one for one in given if not one.startswith(("*", "only "))]
    needed = [one for one in recorded if not one.startswith(("*", "only "))]
    if by_position[: len(needed)] != needed:
        return False
    is_open = any(one.startswith("*") and not one.startswith("**") for one in recorded)
    takes_any_name = any(one.startswith("**") for one in recorded)
    more = by_position[len(needed) :]
    by_name = [one.removeprefix("only ") for one in given if one.startswith("only ")]
    wanted = [one.removeprefix("only ") for one in recorded if one.startswith("only ")]
    if not set(wanted) <= {*by_name, *by_position} or any("=" not in one for one in {*more, *by_name} - set(wanted)):
        return False
    if more and not is_open:
        return False
    rest = more or by_name
    return (not is_open or any(one.startswith("*") for one in given) or bool(rest)) and (
        not takes_any_name or any(one.startswith("**") for one in given) or bool(rest)
    )


def faults(name: str, here: Any, there: Any) -> Iterator[str]:
    """Yield what is not as it is there: the name, a member, ``NAME()`` for what its constructor takes."""
    if isinstance(there, dict) and isinstance(here, dict):
        for member, told in there.items():
            if member == "is":
                yield from (f"{name} is no {base}" for base in sorted(set(told) - set(here.get("is", ()))))
            else:
                yield from faults(name + ("()" if member == "()" else f".{member}"), here.get(member), told)
    elif isinstance(there, list) and isinstance(here, list):
        if not (here == there or accepts(here, there)):
            yield name
    elif there == "data":
        if here is None or isinstance(here, list):
            yield name
    elif here != there:
        yield name


def found_faults(version: str) -> set[str]:
    return {fault for name, told in RECORDED[version].items() for fault in faults(name, HERE[version].get(name), told)}


@pytest.mark.parametrize("version", SURFACES)
def test_a_surface_has_what_is_recorded(version: str) -> None:
    here, there = HERE[version], RECORDED[version]
    assert there.keys() - here.keys() == set()
    assert found_faults(version) - DIFFERENT == set()


def test_what_is_called_different_is_so() -> None:
    assert DIFFERENT - set().union(*map(found_faults, SURFACES)) == set()


def test_much_is_recorded() -> None:
    told = {
        version: sum(len(one) if isinstance(one, dict) else 1 for one in RECORDED[version].values())
        for version in SURFACES
    }
    assert all(count > 1900 for count in told.values()), told


# How b2sdk's own modules do their work.
PLUMBING = {"make_files_from_paths", "make_paths_from_files", "translate_single_file_version"}


@pytest.mark.parametrize("path", sorted(MODULES.keys() - {"v2._compat"}))
def test_a_module_has_what_is_recorded(path: str) -> None:
    """But for the one by which an installed b2sdk is known."""
    module = importlib.import_module(f"b2sdk.{path}")
    assert {name for name in MODULES[path] if not hasattr(module, name)} <= PLUMBING
