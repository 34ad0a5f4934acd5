"""Which room of the package may import which.

A room is a module or a folder directly below ``b2sdk``, or directly below ``b2sdk.simulator``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.imports import Package

import b2sdk
from b2sdk.http import transport

SOURCE = Path(b2sdk.__file__).parent

FACADES = {"v0", "v1", "v2", "v3", "_internal", "_pyinstaller"}
"""They know everything, and are known by nobody."""

# Lowest first; a room imports from rooms above its own line only. A folder's modules may import each other.
ROOMS: dict[str, set[str]] = {
    "version": set(),
    "protocol_constants": set(),
    "text": set(),
    "mixture": set(),
    "lazy": {"mixture"},
    "suggestions": set(),
    "about": set(),
    "docstrings": set(),
    "tracing": set(),
    "metapackage": {"version"},
    "deprecation": {"version"},
    "fork": set(),
    "blocking": set(),
    "attempts": {"blocking"},
    "interfaces": set(),
    "threads": set(),
    "error_text": {"protocol_constants"},
    "exception": {"error_text", "text"},
    "error_table": {"error_text", "exception", "protocol_constants"},
    "cancellation": {"exception"},
    "lazy_page": {"exception"},
    "costs": {"exception", "fork", "lazy_page", "protocol_constants"},
    "values": {"exception", "text", "protocol_constants"},
    "paging": {"values", "exception"},
    "name_ranges": {"costs", "paging", "lazy_page", "values", "exception", "protocol_constants"},
    "progress": {"text"},
    "stream": {"interfaces", "progress"},
    "account_info": {"exception", "protocol_constants", "fork"},
    "cache": {"account_info"},
    "http": {
        "stream",
        "costs",
        "interfaces",
        "attempts",
        "lazy_page",
        "error_table",
        "error_text",
        "exception",
        "values",
        "version",
        "fork",
        "threads",
        "cancellation",
        "lazy",
    },
    "raw_api": {"interfaces", "values", "exception", "protocol_constants"},
    "session_state": {
        "attempts",
        "costs",
        "account_info",
        "cache",
        "values",
        "exception",
        "protocol_constants",
    },
    "session": {
        "costs",
        "session_state",
        "raw_api",
        "http",
        "account_info",
        "attempts",
        "cache",
        "cancellation",
        "values",
        "exception",
        "fork",
        "lazy",
    },
    "partner": {
        "attempts",
        "blocking",
        "cancellation",
        "fork",
        "http",
        "raw_api",
        "session_state",
        "paging",
        "values",
        "exception",
        "protocol_constants",
    },
    "computer_backup": {"partner", "http", "raw_api", "paging", "values", "exception"},
    "file_version": {"docstrings", "suggestions", "progress", "values", "exception", "protocol_constants"},
    "application_key": {"docstrings", "values", "exception", "protocol_constants"},
    "listing": {"file_version", "name_ranges", "paging", "lazy_page", "values", "exception"},
    "transfer": {
        "blocking",
        "interfaces",
        "docstrings",
        "attempts",
        "lazy",
        "paging",
        "session_state",
        "session",
        "account_info",
        "file_version",
        "stream",
        "progress",
        "values",
        "exception",
        "text",
        "protocol_constants",
        "fork",
        "threads",
        "cancellation",
    },
    "stored_files": {
        "docstrings",
        "transfer",
        "session",
        "account_info",
        "file_version",
        "progress",
        "values",
        "exception",
    },
    "bulk": {
        "blocking",
        "docstrings",
        "threads",
        "cancellation",
        "listing",
        "name_ranges",
        "file_version",
        "transfer",
        "values",
        "protocol_constants",
        "exception",
        "text",
    },
    "links": {
        "account_info",
        "blocking",
        "docstrings",
        "stored_files",
        "session_state",
        "raw_api",
        "values",
        "exception",
        "protocol_constants",
    },
    "bucket": {
        "blocking",
        "bulk",
        "docstrings",
        "suggestions",
        "links",
        "stored_files",
        "transfer",
        "listing",
        "name_ranges",
        "session",
        "account_info",
        "file_version",
        "progress",
        "values",
        "exception",
        "protocol_constants",
    },
    "api": {
        "costs",
        "blocking",
        "docstrings",
        "paging",
        "suggestions",
        "bucket",
        "transfer",
        "session_state",
        "session",
        "application_key",
        "file_version",
        "account_info",
        "cache",
        "cancellation",
        "http",
        "raw_api",
        "progress",
        "values",
        "exception",
    },
    "scan": {"blocking", "bucket", "transfer", "file_version", "values", "exception", "text", "protocol_constants"},
    "sync": {
        "costs",
        "blocking",
        "threads",
        "scan",
        "bucket",
        "transfer",
        "file_version",
        "progress",
        "cancellation",
        "values",
        "exception",
        "text",
        "protocol_constants",
        "fork",
    },
    "replication": {"blocking", "scan", "bucket", "file_version", "values", "exception"},
    "aio": {
        "costs",
        "links",
        "threads",
        "cancellation",
        "interfaces",
        "http",
        "raw_api",
        "session_state",
        "session",
        "partner",
        "computer_backup",
        "account_info",
        "cache",
        "docstrings",
        "suggestions",
        "file_version",
        "application_key",
        "paging",
        "listing",
        "name_ranges",
        "transfer",
        "stored_files",
        "bulk",
        "bucket",
        "api",
        "replication",
        "scan",
        "sync",
        "stream",
        "progress",
        "values",
        "exception",
        "protocol_constants",
    },
    "simulator/cloud": {"protocol_constants"},
    "simulator/disk": {"simulator/cloud", "protocol_constants"},
    "simulator/protocol": {"simulator/cloud", "values", "protocol_constants"},
    "simulator/server": {"simulator/cloud", "simulator/disk", "simulator/protocol", "protocol_constants", "threads"},
    "simulator/raw": {
        "simulator/cloud",
        "simulator/protocol",
        "interfaces",
        "raw_api",
        "values",
        "exception",
        "protocol_constants",
    },
    "simulator": {"simulator/cloud", "simulator/protocol", "simulator/server", "simulator/raw", "lazy"},
    "integrations": {"simulator", "simulator/cloud", "simulator/protocol", "simulator/server", "lazy"},
    "webhooks": {"values", "exception", "protocol_constants"},
    "testing": {
        "api",
        "scan",
        "bucket",
        "listing",
        "file_version",
        "account_info",
        "http",
        "threads",
        "values",
        "exception",
        "protocol_constants",
    },
}

# One module of a room may need more than its neighbours.
MODULES: dict[str, set[str]] = {
    "raw_api/http.py": {"http"},  # the endpoints over HTTP
    "transfer/copy.py": {"raw_api"},  # the metadata directive is an argument of the endpoint
    "transfer/emerger.py": {"http"},  # cancelled files are cleaned up, but only briefly
    "transfer/reader.py": {"http"},  # timeouts and retry policy of where a file was opened travel with it
    "transfer/download.py": {"http"},  # a body breaks while it is read; http/errors.py knows what that means
    "transfer/upload.py": {"error_text"},  # why an upload URL is dropped goes to the log
    "transfer/range_stream.py": {"http"},  # a body was encoded on its way; http/ knows how to undo that
    "simulator/raw/in_process.py": {"error_table"},  # a refusal of the cloud becomes the error of the client
    "integrations/account_store.py": {"exception"},  # its errors belong to the tree
    "integrations/sql_tables.py": {"exception"},  # so does this one
    "integrations/shared_account_info.py": {"account_info", "cancellation", "exception", "fork"},  # it is one
    "integrations/sql.py": {"fork"},  # SQLite, and the connections of the engine
    "integrations/pytest_plugin.py": {"v3"},  # the public surface is what integrations are made with
    "integrations/shared_client.py": {"v3", "account_info", "fork"},  # it renews shared account infos
    "integrations/dask/account.py": {"v3", "values"},  # the credentials of the environment
    "integrations/dask/fleet.py": {"v3", "name_ranges", "scan", "sync", "values"},  # what workers do is what engines do
    "integrations/dask/jobs.py": {
        "v3",
        "blocking",
        "bulk",
        "exception",
        "name_ranges",
        "scan",
        "sync",
        "threads",
        "values",
    },
    "integrations/dask/limit.py": {"v3", "name_ranges", "scan", "values"},
    "integrations/dask/report.py": {"bulk", "costs", "exception", "scan", "sync", "text", "values"},
    "integrations/dask/run.py": {"name_ranges", "values"},
    "integrations/dask/tasks.py": {"v3", "name_ranges", "values"},
    "integrations/django/client.py": {
        "v3",
        "exception",
        "protocol_constants",
        "values",
    },  # the credentials of the environment
    "integrations/django/collection.py": {"v3", "protocol_constants", "threads"},  # many files at a time
    "integrations/django/content.py": {"v3"},
    "integrations/django/names.py": {"values"},  # which names files can have
    "integrations/django/options.py": {
        "v3",
        "exception",
        "http",
        "protocol_constants",
        "values",
    },  # timeouts; what can be file info
    "integrations/django/static.py": {"v3", "exception", "fork", "values"},
    "integrations/django/storage.py": {"v3", "exception", "links"},
    "integrations/django/urls.py": {"v3", "fork"},
    "integrations/fsspec/account.py": {"v3", "values"},  # those credentials too
    "integrations/fsspec/caching.py": {"transfer"},  # the windows, for files of other filesystems
    "integrations/fsspec/entries.py": {"v3", "values"},
    "integrations/fsspec/errors.py": {"exception"},  # it translates the tree
    "integrations/fsspec/files.py": {"exception", "transfer"},  # what reads a version that is known
    "integrations/fsspec/filesystem.py": {
        "v3",
        "fork",
        "links",
        "protocol_constants",
        "threads",
        "transfer",
    },  # threads that keep no program from ending
    "integrations/fsspec/folders.py": {"v3", "bucket", "exception"},  # names with a prefix
    "integrations/fsspec/listings.py": {"fork"},
    "integrations/fsspec/looking.py": {"v3", "exception"},
    "integrations/fsspec/plans.py": {"v3"},
    "integrations/fsspec/ranges.py": {"v3", "exception", "values"},  # a range from the end of a file
    "integrations/fsspec/reading.py": {"v3"},
    "integrations/fsspec/writing.py": {"v3", "exception"},
}

# Imports for type checkers only, as they would form a cycle: where a program runs, the one knows the other by
# a protocol, or by what it is given.
FOR_TYPES: dict[str, set[str]] = {
    # Where a program finds its `B2Api`: `Bucket.api`, `FileVersion.api`, and what `FileVersion.download` returns.
    "b2sdk.bucket": {"b2sdk.api"},
    "b2sdk.file_version": {"b2sdk.api", "b2sdk.transfer.download"},
    # The same on the older surfaces, whose classes are their own.
    **{f"b2sdk.{surface}.bucket": {f"b2sdk.{surface}.api"} for surface in ("v0", "v1", "v2")},
    **{f"b2sdk.{surface}.file_version": {f"b2sdk.{surface}.api"} for surface in ("v1", "v2")},
    # The same in an event loop.
    "b2sdk.aio.bucket": {"b2sdk.aio.api"},
    "b2sdk.aio.links": {"b2sdk.aio.api"},
    "b2sdk.aio.file_version": {"b2sdk.aio.api", "b2sdk.aio.downloads"},
    "b2sdk.aio.stored_files": {"b2sdk.aio.api"},
}

# What they import is a table, or is given to them; of the package itself, a surface that a program names.
BY_ANY_NAME = {"b2sdk", "b2sdk.lazy", "b2sdk._internal.aliases"}

# These compute. They open nothing, wait for nothing and start nothing.
PURE = [
    "text.py",
    "docstrings.py",
    "stored_files/checks.py",
    "stored_files/creation.py",
    "links/arguments.py",
    "links/overrides.py",
    "links/signature_v4.py",
    "values/*.py",
    "error_text.py",
    "exception/*.py",
    "error_table.py",
    "protocol_constants.py",
    "lazy_page.py",
    "http/retry.py",
    "simulator/cloud/model.py",
    "listing.py",
    "scan/path.py",
    "scan/policies.py",
    "scan/events.py",
    "transfer/plan.py",
    "transfer/overlaps.py",
    "transfer/limits.py",
    "transfer/part.py",
    "transfer/write_intent.py",
    "transfer/resume.py",
    "transfer/copied_metadata.py",
    "transfer/making.py",
    "transfer/making_steps.py",
    "partner/trust.py",
    "partner/checks.py",
    "partner/responses.py",
    "partner/values.py",
]
IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "io", "multiprocessing", "os", "pathlib", "requests", "shutil", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib3",
}  # fmt: skip


PACKAGE = Package(SOURCE, facades={f"b2sdk.{facade}" for facade in FACADES})


def room_of(module: str) -> str:
    """Return the line of a module in the table; a room whose folders are rooms too has one for each of them."""
    parts = [*module.split("."), "__init__"]
    inner = "/".join(parts[1:3])
    return inner if inner in ROOMS else parts[1]


def path_in(package: Package, module: str) -> str:
    return package.path(module).relative_to(SOURCE).as_posix()


def strange_to(module: str, package: Package = PACKAGE) -> set[str]:
    """Return what a module has from rooms that its own may not know."""
    allowed = ROOMS.get(room_of(module), {"version", "mixture"}) | MODULES.get(path_in(package, module), set())
    reached = package.reached(module)
    told = FOR_TYPES.get(module, set()) - package.reached(module, for_types=False)
    return {
        name
        for name in reached - told
        if name.startswith("b2sdk.") and room_of(name) not in allowed | {room_of(module)}
    }


def matching(pattern: str) -> Iterator[str]:
    return (module for module in PACKAGE if PACKAGE.path(module) in set(SOURCE.glob(pattern)))


def test_every_folder_of_the_simulator_is_a_room() -> None:
    folders = {path.parent.relative_to(SOURCE).as_posix() for path in (SOURCE / "simulator").glob("*/*.py")}
    assert folders == {room for room in ROOMS if "/" in room}
    assert {path.name for path in (SOURCE / "simulator").glob("*.py")} == {"__init__.py", "__main__.py"}


def test_every_room_has_its_line() -> None:
    assert {room_of(module) for module in PACKAGE} - {"__init__", "__main__"} == set(ROOMS) | FACADES


@pytest.mark.parametrize("module", [module for module in PACKAGE if room_of(module) not in FACADES])
def test_a_room_imports_only_what_it_may_know(module: str) -> None:
    assert strange_to(module) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "import b2sdk.session",
        "from b2sdk import session",
        "from b2sdk import session as something_else",
        "from b2sdk.session import B2Session",
        "from .session import B2Session",
        "from b2sdk.v3 import B2Session",
        "def late():\n    from b2sdk.session import B2Session",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b2sdk.session import B2Session",
        "import importlib\nimportlib.import_module('b2sdk.session')",
        "from b2sdk.lazy import LazyModule\nsession = LazyModule('b2sdk.session')",
        "from b2sdk.lazy import LazyAttribute\nclass Some:\n    CLASS = LazyAttribute('b2sdk.session', 'B2Session')",
        "import b2sdk\nb2sdk.session.B2Session",
    ],
)
def test_an_import_that_is_not_in_the_table_is_seen(statement: str) -> None:
    mutated = Package(SOURCE, PACKAGE.facades, added={"b2sdk.fork": f"\n{statement}\n"})
    assert strange_to("b2sdk.fork", mutated) & {"b2sdk.session", "b2sdk.v3"}


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("b2sdk.simulator.cloud.files", "b2sdk.simulator.protocol.fields"),
        ("b2sdk.simulator.disk.records", "b2sdk.simulator.protocol.shapes"),
        ("b2sdk.simulator.protocol.gateway", "b2sdk.simulator.server.connection"),
        ("b2sdk.simulator.server.server", "b2sdk.simulator.raw.in_process"),
        ("b2sdk.simulator.raw.in_process", "b2sdk.simulator.disk.persistence"),
    ],
)
def test_a_room_of_the_simulator_that_imports_from_another_is_seen(module: str, other: str) -> None:
    mutated = Package(SOURCE, PACKAGE.facades, added={module: f"\ndef late():\n    import {other}\n"})
    assert strange_to(module, mutated) == {other}


def test_what_type_checkers_are_told_may_not_be_imported_when_a_program_runs() -> None:
    mutated = Package(SOURCE, PACKAGE.facades, added={"b2sdk.bucket": "\ndef late():\n    import b2sdk.api\n"})
    assert strange_to("b2sdk.bucket", mutated) == {"b2sdk.api"}


def test_what_a_module_imports_stands_in_its_source() -> None:
    assert PACKAGE.unresolved() == BY_ANY_NAME


def test_the_table_has_no_cycles() -> None:
    settled: set[str] = set()
    for room, allowed in ROOMS.items():
        assert allowed <= settled, f"{room} imports from below its own line"
        settled.add(room)


def test_modules_do_not_import_each_other_when_a_program_runs() -> None:
    assert PACKAGE.cycle(for_types=False) == []


def test_modules_import_each_other_for_type_checkers_only_where_it_says_why() -> None:
    told = {(module, other) for module, others in FOR_TYPES.items() for other in others}
    assert PACKAGE.cycle(for_types=True, apart_from=told) == []
    for pair in told:
        assert PACKAGE.cycle(for_types=True, apart_from=told - {pair}), f"{pair} need not be told"


@pytest.mark.parametrize("pattern", PURE)
def test_what_computes_touches_nothing(pattern: str) -> None:
    modules = list(matching(pattern))
    assert modules
    for module in modules:
        assert not {name.split(".")[0] for name in PACKAGE.reached(module)} & IMPURE_MODULES, module


STARTERS = {
    "Thread", "ThreadPoolExecutor", "Timer", "ProcessPoolExecutor", "start_joinable_thread", "start_new",
    "start_new_thread", "to_thread",
}  # fmt: skip
"""What starts threads, in the modules of Python that do."""
THREADING = {"_thread", "asyncio", "concurrent", "multiprocessing", "socketserver", "threading"}


def starters(module: str, package: Package = PACKAGE) -> set[str]:
    """Return what a module may start threads with. An annotation starts none."""
    names = (name.split(".") for name in package.reached(module, for_types=False))
    return {".".join(name) for name in names if name[0] in THREADING and STARTERS & set(name)}


def test_one_module_starts_all_threads_and_one_public_class_is_a_thread() -> None:
    assert {module for module in PACKAGE if starters(module)} == {"b2sdk.threads", "b2sdk.transfer.writer_thread"}


@pytest.mark.parametrize(
    "statement",
    [
        "import threading\nthreading.Thread(target=print).start()",
        "from threading import Thread as Something",
        "from concurrent import futures\nfutures.ThreadPoolExecutor(1)",
        "from concurrent.futures.thread import ThreadPoolExecutor",
        "import asyncio as aio\naio.to_thread(print)",
        "from b2sdk.threads import threading as others\nothers.Thread(target=print)",
        "def late():\n    import _thread\n    _thread.start_new_thread(print, ())",
    ],
)
def test_another_module_that_starts_a_thread_is_seen(statement: str) -> None:
    assert starters("b2sdk.cache", Package(SOURCE, PACKAGE.facades, added={"b2sdk.cache": f"\n{statement}\n"}))


def test_what_is_kept_for_programs_only_is_not_used_here() -> None:
    for_programs = {"b2sdk.transfer.bounded_queue_executor", "b2sdk.transfer.writer_thread"}
    for module in PACKAGE:
        assert room_of(module) in FACADES or not PACKAGE.reached(module) & for_programs, module


def test_each_shorter_way_below_requests_is_told_and_compared_with_the_original() -> None:
    parts = {path.stem for path in (SOURCE / "http/transport").glob("*.py")} - {"__init__"}
    told = set(re.findall(r"^\| `(\w+)`", transport.__doc__ or "", re.MULTILINE))
    compared = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("http/transport/test_*.py")}
    assert told == parts
    assert parts <= compared
    users = {
        path_in(PACKAGE, module)
        for module in PACKAGE
        if any(name.startswith("b2sdk.http.transport") for name in PACKAGE.reached(module))
    } - {f"http/transport/{part}.py" for part in (*parts, "__init__")}
    assert users == {"http/opening.py"}, "who turns it off"
