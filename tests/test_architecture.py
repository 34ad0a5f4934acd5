"""Which room of the package may import which. A room is a module or a folder directly below ``b2sdk``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import b2sdk

SOURCE = Path(b2sdk.__file__).parent

# Lowest first; a room imports from rooms above its own line only. A folder's modules may import each other.
ROOMS: dict[str, set[str]] = {
    "version": set(),
    "vocabulary": set(),
    "lazy": set(),
    "misnomer": set(),
    "about": set(),
    "tracing": set(),
    "deprecation": {"version"},
    "fork": set(),
    "exception": {"vocabulary"},
    "entries": {"exception"},
    "values": {"exception", "vocabulary"},
    "progress": {"values"},
    "stream": {"progress"},
    "account_info": {"exception", "vocabulary", "fork"},
    "cache": {"account_info"},
    "http": {"entries", "exception", "version", "fork"},
    "raw_api": {"values", "exception", "vocabulary"},
    "session": {"raw_api", "http", "account_info", "cache", "values", "exception", "vocabulary", "fork", "lazy"},
    "file_version": {"misnomer", "values", "exception", "vocabulary"},
    "application_key": {"values", "exception", "vocabulary"},
    "listing": {"session", "file_version", "entries", "values", "exception"},
    "transfer": {
        "session",
        "account_info",
        "file_version",
        "stream",
        "progress",
        "values",
        "exception",
        "vocabulary",
        "fork",
    },
    "bucket": {
        "misnomer",
        "transfer",
        "listing",
        "session",
        "account_info",
        "file_version",
        "progress",
        "values",
        "exception",
        "vocabulary",
    },
    "api": {
        "misnomer",
        "bucket",
        "transfer",
        "session",
        "application_key",
        "file_version",
        "account_info",
        "cache",
        "http",
        "raw_api",
        "progress",
        "values",
        "exception",
    },
    "scan": {"bucket", "transfer", "file_version", "values", "exception"},
    "sync": {"scan", "bucket", "transfer", "file_version", "progress", "values", "exception", "vocabulary"},
    "replication": {"scan", "bucket", "file_version", "values", "exception"},
    "simulator": {"values", "exception", "vocabulary"},
    "integrations": {"simulator"},
    "testing": {
        "api",
        "scan",
        "bucket",
        "listing",
        "file_version",
        "account_info",
        "http",
        "values",
        "exception",
        "vocabulary",
    },
}

# One module of a room may need more than its neighbours.
MODULES: dict[str, set[str]] = {
    "raw_api/http.py": {"http"},  # the endpoints over HTTP
    "transfer/copy.py": {"raw_api"},  # the metadata directive is an argument of the endpoint
    "transfer/download.py": {"http"},  # a body breaks while it is read; http/errors.py knows what that means
    "simulator/in_process.py": {"raw_api"},  # the endpoints over the cloud
    "simulator/bucket_view.py": {"raw_api"},  # what they answer
    "simulator/bucket_simulator.py": {"raw_api"},  # what they take
    "simulator/raw.py": {"raw_api"},
    "integrations/account_store.py": {"exception"},  # its errors belong to the tree
    "integrations/shared_account_info.py": {"account_info", "exception", "fork"},  # it is one
    "integrations/pytest_plugin.py": {"v3"},  # the public surface is what integrations are made with
}

FACADES = {"v2", "v3", "_internal", "_pyinstaller"}

# These compute. They open nothing, wait for nothing and start nothing.
PURE = [
    "values/*.py",
    "exception.py",
    "vocabulary.py",
    "entries.py",
    "http/retry.py",
    "simulator/model.py",
    "listing.py",
    "scan/path.py",
    "scan/policies.py",
    "scan/events.py",
    "transfer/plan.py",
    "transfer/overlap.py",
    "transfer/limits.py",
    "transfer/part.py",
    "transfer/write_intent.py",
    "transfer/resume.py",
]
IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "io", "multiprocessing", "os", "pathlib", "requests", "shutil", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib3",
}  # fmt: skip


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of every module that is imported anywhere in the file, for typing only or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            # `from b2sdk import session` imports the module b2sdk.session.
            yield from (
                (f"{node.module}.{alias.name}" for alias in node.names)
                if node.module == "b2sdk"
                else [node.module or ""]
            )


def rooms_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("b2sdk.")}


def test_every_room_has_its_line() -> None:
    rooms = {room_of(path) for path in modules()} - {"__init__", "__main__"}
    assert rooms == set(ROOMS) | FACADES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_it_may_know(path: Path) -> None:
    room = room_of(path)
    if room in FACADES:
        return  # they know everything, and are known by nobody
    allowed = ROOMS.get(room, {"version"}) | MODULES.get(str(path.relative_to(SOURCE)), set()) | {room}
    assert rooms_imported(path) <= allowed


def test_the_table_has_no_cycles() -> None:
    settled: set[str] = set()
    for room, allowed in ROOMS.items():
        assert allowed <= settled, f"{room} imports from below its own line"
        settled.add(room)


@pytest.mark.parametrize("pattern", PURE)
def test_what_computes_touches_nothing(pattern: str) -> None:
    paths = list(SOURCE.glob(pattern))
    assert paths
    for path in paths:
        assert not {name.split(".")[0] for name in imported(path)} & IMPURE_MODULES, path


def test_only_one_module_makes_threads() -> None:
    makers = set()
    for path in modules():
        if room_of(path) in {"simulator", "testing"}:
            continue  # a server has a thread of its own; tests ask what threads do to each other
        made = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        called = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        if {"Thread", "ThreadPoolExecutor"} & (made | called):
            makers.add(str(path.relative_to(SOURCE)))
    assert makers == {"transfer/engine.py"}
