"""Which modules are meant by the private paths of b2sdk, and who finds them.

A path that stands for one module is that very module, and one that stands for several hands on what is set in it, so
that what a test patches there is patched where it is used.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from typing_extensions import override

ALIASES: dict[str, tuple[str, ...]] = {
    "account_info.abstract": ("account_info.abstract",),
    "account_info.exception": ("exception",),  # where pickled errors and tracebacks say that they are from
    "account_info.in_memory": ("account_info.in_memory",),
    "account_info.sqlite_account_info": ("account_info.sqlite", "account_info.location"),  # the command line's tests
    "account_info.stub": ("account_info.stub",),
    "account_info.upload_url_pool": ("account_info.upload_url_pool",),  # account infos of web frameworks
    "api": ("api",),
    "api_config": ("http.config",),
    "application_key": ("application_key",),
    "b2http": ("http.client", "http.hooks", "http.response"),  # home automation's tests patch `time.sleep` there
    "bounded_queue_executor": ("transfer.bounded_queue_executor",),
    "bucket": ("bucket",),  # home automation and backup programs, for annotations
    "cache": ("cache",),
    "encryption.setting": ("values.encryption",),
    "encryption.types": ("values.encryption",),
    "exception": ("exception", "error_table"),  # everybody; and see account_info.exception
    "file_lock": ("values.file_lock",),
    "file_version": ("file_version",),  # home automation and backup programs, for annotations
    "filter": ("values.filter",),
    "http_constants": ("protocol_constants",),
    "included_sources": ("about",),
    "large_file.part": ("transfer.large_file",),
    "large_file.services": ("transfer.large_file",),
    "large_file.unfinished_large_file": ("transfer.large_file",),
    "progress": ("progress",),  # programs that show progress of their own
    "raw_api": (
        "raw_api.endpoints",
        "raw_api.account_endpoints",
        "raw_api.http",
        "values.lifecycle",
        "values.notification",
        "protocol_constants",
    ),
    "raw_simulator": (  # home automation's tests patch `BucketSimulator.ls` there
        "simulator.raw.raw_simulator",
        "simulator.raw.account_simulator",
        "simulator.raw.bucket_simulator",
        "simulator.raw.file_simulator",
        "simulator.raw.key_simulator",
        "simulator.raw.response",
    ),
    "replication.monitoring": ("replication.monitor", "replication.report"),
    "replication.setting": ("values.replication",),
    "replication.setup": ("replication.setup",),
    "replication.types": ("values.replication",),
    "scan.exception": ("exception",),  # see account_info.exception
    "scan.folder": ("scan.folder", "scan.b2_folder", "scan.local_folder"),
    "scan.folder_parser": ("scan.parse",),
    "scan.path": ("scan.path",),
    "scan.policies": ("scan.policies",),
    "scan.report": ("scan.report",),
    "scan.scan": ("scan.pairs", "scan.result"),
    "session": ("session",),  # programs that replace the session
    "stream": ("stream.hashing", "stream.progress", "stream.range"),
    "stream.chained": ("stream.chained",),
    "stream.hashing": ("stream.hashing",),
    "stream.progress": ("stream.progress",),
    "stream.range": ("stream.range",),
    "stream.wrapper": ("stream.wrapper",),
    "sync.action": ("sync.action", "sync.transfer_action", "sync.removal_action"),
    "sync.encryption_provider": ("sync.encryption_provider",),
    "sync.exception": ("exception",),  # see account_info.exception
    "sync.policy": ("sync.policy", "sync.modes", "sync.removal"),
    "sync.policy_manager": ("sync.policy_manager",),
    "sync.report": ("sync.report",),
    "sync.sync": ("sync.synchronizer", "sync.modes"),
    "testing.helpers.base": ("testing.integration_test_base",),
    "testing.helpers.bucket_manager": ("testing.bucket_manager",),
    "transfer.emerge.emerger": ("transfer.emerger",),
    "transfer.emerge.write_intent": ("transfer.write_intent",),
    "transfer.inbound.download_manager": ("transfer.download",),
    "transfer.inbound.downloaded_file": ("transfer.download", "transfer.local_file"),
    "transfer.inbound.downloader.abstract": ("transfer.downloader",),
    "transfer.inbound.downloader.parallel": ("transfer.downloader",),
    "transfer.inbound.downloader.simple": ("transfer.downloader",),
    "transfer.outbound.copy_manager": ("transfer.copy",),
    "transfer.outbound.copy_source": ("transfer.source",),
    "transfer.outbound.large_file_upload_state": ("transfer.large_file_progress",),
    "transfer.outbound.outbound_source": ("transfer.source",),
    "transfer.outbound.progress_reporter": ("transfer.large_file_progress",),
    "transfer.outbound.upload_manager": ("transfer.upload",),  # programs that watch each part
    "transfer.outbound.upload_source": ("transfer.source",),  # programs with sources of their own
    "utils": (
        "stream.digest",
        "values.file_name",
        "scan.clock",
        "scan.quantity",
        "transfer.limits",
        "transfer.local_path",
        "transfer.local_file",
    ),
    "utils.docs": ("about",),
    "utils.escape": ("text",),
    "utils.filesystem": ("transfer.local_path", "values.file_name"),
    "utils.http_date": ("values.file_info",),
    "utils.range_": ("values.byte_range",),
    "utils.thread_pool": ("transfer.pool",),
    "version_utils": ("deprecation",),
}
"""What is below b2sdk._internal there, and the modules below b2sdk that have its names."""

_ROOT = "b2sdk._internal."
_PACKAGES = {path[:end] for path in ALIASES for end, character in enumerate(path) if character == "."}


def imported(package: str, name: str) -> ModuleType:
    """Import a module of the table that a program uses as an attribute only, as where a surface imports everything.

    :raises AttributeError: there is none.
    """
    path = f"{package}.{name}"
    if path.removeprefix(_ROOT) in {*ALIASES, *_PACKAGES}:
        return importlib.import_module(path)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


class AliasFinder(MetaPathFinder, Loader):
    """Finds the modules of the table; Python calls it last, for modules that no other finder has found."""

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name = fullname.removeprefix(_ROOT)
        if name == fullname or (name not in ALIASES and name not in _PACKAGES):
            return None
        return ModuleSpec(fullname, self, is_package=name in _PACKAGES)

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Alias(spec.name)

    @override
    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.removeprefix(_ROOT)
        origins = [importlib.import_module(f"b2sdk.{origin}") for origin in ALIASES.get(name, ())]
        if name not in _PACKAGES and len(origins) == 1:
            sys.modules[module.__name__] = origins[0]  # which is what the import gives then
        else:
            vars(module).update(
                _origins=origins, _replaced={}, __all__=[name for origin in origins for name in _public(origin)]
            )


def _public(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


class Alias(ModuleType):
    """Has what its origins have; what is set or deleted here is so in each of them that has it."""

    _origins: Sequence[ModuleType] = ()
    _replaced: dict[str, list[dict[ModuleType, Any]]]
    """By name, what the origins had before each change that was made here and is not undone."""

    @override
    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for origin in self._origins for name in _public(origin))})

    def __getattr__(self, name: str) -> Any:
        for origin in self._having(name):
            return getattr(origin, name)
        return imported(self.__name__, name)

    @override
    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__") or f"{self.__name__}.{name}" in sys.modules:  # by the import system
            super().__setattr__(name, value)
            return
        changes = self._replaced.setdefault(name, [])
        for depth, had in enumerate(changes):
            if any(value is it for it in list(had.values())[:1]):  # a test is over
                self._undo(name, depth)
                return
        changes.append(self._values(name))
        for origin in list(changes[0]) or self._origins:
            setattr(origin, name, value)

    @override
    def __delattr__(self, name: str) -> None:
        changes = self._replaced.setdefault(name, [])
        if changes and self._having(name):  # a test is over, whose tool did not find the name in this module itself
            self._undo(name, len(changes) - 1)
            return
        changes.append(self._values(name))
        for origin in self._having(name):
            delattr(origin, name)

    def _undo(self, name: str, depth: int) -> None:
        had = self._replaced[name][depth]
        del self._replaced[name][depth:]
        for origin in self._origins:
            if origin in had:
                setattr(origin, name, had[origin])
            elif name in vars(origin):
                delattr(origin, name)

    def _values(self, name: str) -> dict[ModuleType, Any]:
        return {origin: vars(origin)[name] for origin in self._having(name)}

    def _having(self, name: str) -> list[ModuleType]:
        return [origin for origin in self._origins if name in vars(origin)]
