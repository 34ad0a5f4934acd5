"""The private paths of b2sdk that programs import, and what they replace there."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

import b2sdk.v2
import b2sdk.v3
import b2sdk.v3.exception
from b2sdk._internal.aliases import ALIASES
from b2sdk.http import client, hooks
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.transfer.upload import UploadManager

CONTENT = bytes(range(256)) * 3


@pytest.mark.parametrize(
    ("path", "name", "surface"),
    [
        ("b2sdk._internal.bucket", "Bucket", b2sdk.v3),
        ("b2sdk._internal.exception", "interpret_b2_error", b2sdk.v3.exception),
        ("b2sdk._internal.file_version", "FileVersion", b2sdk.v3),
        ("b2sdk._internal.b2http", "B2Http", b2sdk.v3),
        ("b2sdk._internal.raw_simulator", "BucketSimulator", b2sdk.v3),
        ("b2sdk._internal.b2http", "HttpCallback", b2sdk.v3),
        ("b2sdk._internal.account_info.sqlite_account_info", "SqliteAccountInfo", b2sdk.v3),
        ("b2sdk._internal.scan.folder", "LocalFolder", b2sdk.v3),
        ("b2sdk._internal.transfer.inbound.downloaded_file", "MtimeUpdatedFile", b2sdk.v3),
        ("b2sdk._internal.transfer.outbound.upload_manager", "UploadManager", b2sdk.v3),
        ("b2sdk._internal.utils", "hex_sha1_of_stream", b2sdk.v3),
        ("b2sdk._internal.utils.range_", "Range", b2sdk.v3),
        ("b2sdk.v2.account_info", "SqliteAccountInfo", b2sdk.v2),
        ("b2sdk.v2.api", "Services", b2sdk.v2),
        ("b2sdk.v2.api_config", "B2HttpApiConfig", b2sdk.v2),
        ("b2sdk.v2.api_config", "DEFAULT_HTTP_API_CONFIG", b2sdk.v2),
        ("b2sdk.v2.large_file", "LargeFileServices", b2sdk.v2),
        ("b2sdk.v2.large_file", "UnfinishedLargeFile", b2sdk.v2),
        ("b2sdk.v2.sync", "B2SyncPath", b2sdk.v2),
        ("b2sdk.v2.transfer", "DownloadManager", b2sdk.v2),
        ("b2sdk.v2.transfer", "ThreadPoolMixin", b2sdk.v2),
        ("b2sdk.v2.transfer", "UploadManager", b2sdk.v2),
        ("b2sdk.v2.utils", "TempDir", b2sdk.v2),
        ("b2sdk.v2.version_utils", "rename_argument", b2sdk.v2),
        ("b2sdk.v2.version_utils", "rename_function", b2sdk.v2),
    ],
)
def test_what_a_program_imports_is_what_the_surface_has(path: str, name: str, surface: ModuleType) -> None:
    assert getattr(importlib.import_module(path), name) is getattr(surface, name)


@pytest.mark.parametrize("path", ALIASES)
def test_a_path_leads_to_what_is_defined_there(path: str) -> None:
    found: Any = importlib.import_module(f"b2sdk._internal.{path}")
    for origin in ALIASES[path]:
        module = importlib.import_module(f"b2sdk.{origin}")
        own = {
            name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        }
        assert all(getattr(found, name) is value for name, value in own.items() if not name.startswith("_"))
        assert {name for name in vars(module) if not name.startswith("_")} <= set(dir(found))


def test_what_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"b2sdk\._internal\.transfer\.emerge\.planner"):
        importlib.import_module("b2sdk._internal.transfer.emerge.planner.planner")
    with pytest.raises(AttributeError, match=r"'b2sdk\._internal\.b2http' has no attribute 'nothing'"):
        _ = importlib.import_module("b2sdk._internal.b2http").nothing
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = importlib.import_module("b2sdk.v2.account_info").nothing


def test_a_star_import_of_a_path_gives_its_names() -> None:
    namespace: dict[str, object] = {}
    exec("from b2sdk._internal.b2http import *", namespace)  # noqa: S102  # there is no other way to see what it gives
    assert (namespace["B2Http"], namespace["HttpCallback"]) == (client.B2Http, hooks.HttpCallback)


@pytest.mark.parametrize("path", [path for path, origins in ALIASES.items() if len(origins) > 1])
def test_what_was_patched_at_a_path_is_in_each_module_what_it_was(path: str) -> None:
    """`mock.patch` deletes the name, and so does `monkeypatch`, or sets it; two modules may have one for two things."""
    alias = importlib.import_module(f"b2sdk._internal.{path}")
    origins = [importlib.import_module(f"b2sdk.{origin}") for origin in ALIASES[path]]
    before = [dict(vars(origin)) for origin in origins]
    for name in {name for names in before for name in names if not name.startswith("__")}:
        with mock.patch.object(alias, name, "outer"), mock.patch.object(alias, name, "inner"):
            assert {vars(origin).get(name, "inner") for origin in origins} == {"inner"}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(alias, name, "another")
            patched.setattr(alias, name, "yet another")
            assert getattr(alias, name) == "yet another"
        original = getattr(alias, name)
        for value in ("another", "yet another", "another", original):
            setattr(alias, name, value)
            assert getattr(alias, name) is value
        with pytest.MonkeyPatch.context() as patched:
            patched.delattr(alias, name)
            assert not hasattr(alias, name)
    with mock.patch.object(alias, "of_a_program", "new", create=True):
        assert alias.of_a_program == "new"
    assert [dict(vars(origin)) for origin in origins] == before


def test_what_is_patched_at_a_path_is_patched_where_it_is_used_until_the_test_is_over() -> None:
    own = hooks.ClockSkewHook
    with mock.patch("b2sdk._internal.b2http.ClockSkewHook") as patched:
        assert patched is vars(client)["ClockSkewHook"] is hooks.ClockSkewHook
    assert own is vars(client)["ClockSkewHook"] is hooks.ClockSkewHook


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    policy = Policy(minimum_part_size=200, recommended_part_size=200)
    with SimulatorServer(policy=policy) as server:
        yield server


@pytest.fixture
def api(server: SimulatorServer) -> Iterator[b2sdk.v3.B2Api]:
    with b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo()) as api:
        api.authorize_account(server.key_id, server.key, server.url)
        yield api


def list_buckets(api: b2sdk.v3.B2Api) -> None:
    api.list_buckets()


def upload_in_parts(api: b2sdk.v3.B2Api) -> None:
    api.create_bucket("a-bucket", "allPrivate").upload_bytes(CONTENT, "file")


@pytest.mark.parametrize(("call", "work"), [("b2_list_buckets", list_buckets), ("b2_upload_part", upload_in_parts)])
@pytest.mark.parametrize("path", ["b2sdk._internal.b2http.time.sleep", "b2sdk._internal.b2http.time", "time.sleep"])
def test_waits_go_through_the_sleep_that_a_test_puts_there(
    server: SimulatorServer, api: b2sdk.v3.B2Api, path: str, call: str, work: Callable[[b2sdk.v3.B2Api], None]
) -> None:
    server.faults.add(ApiFault(endpoint=call, status=429, code="too_many_requests", retry_after=50))
    with mock.patch(path) as patched:
        work(api)
    sleep = patched.sleep if path.endswith("time") else patched
    assert mock.call(50) in sleep.call_args_list
    assert vars(client)["time"] is time


def test_a_program_that_overrides_the_upload_of_a_part_sees_each(server: SimulatorServer) -> None:
    seen: list[tuple[str, int, int]] = []

    class Seeing(UploadManager):
        def _upload_part(
            self, bucket_id: str, file_id: str, part_upload_source: Any, part_number: int, *rest: Any
        ) -> dict[str, Any]:
            answer = super()._upload_part(bucket_id, file_id, part_upload_source, part_number, *rest)
            seen.append((answer["fileId"], part_number, part_upload_source.get_content_length()))
            return answer

    class Services(b2sdk.v3.Services):
        UPLOAD_MANAGER_CLASS = Seeing

    class Api(b2sdk.v3.B2Api):
        SERVICES_CLASS = Services

    with Api(b2sdk.v3.InMemoryAccountInfo()) as api:
        api.authorize_account(server.key_id, server.key, server.url)
        version = api.create_bucket("a-bucket", "allPrivate").upload_bytes(CONTENT, "file")
    assert sorted(seen) == [(version.id_, 1, 200), (version.id_, 2, 200), (version.id_, 3, 368)]


def test_a_test_that_patches_the_upload_of_a_part_sees_each(api: b2sdk.v3.B2Api) -> None:
    with mock.patch.object(
        UploadManager, "_upload_part", autospec=True, side_effect=UploadManager._upload_part
    ) as part:
        upload_in_parts(api)
    assert sorted(call.args[4] for call in part.call_args_list) == [1, 2, 3]


def test_the_package_can_be_run_which_does_nothing() -> None:
    done = subprocess.run([sys.executable, "-m", "b2sdk"], check=True, capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_calls_are_traced_at_the_level_of_the_class(caplog: pytest.LogCaptureFixture) -> None:
    class Loud(b2sdk.v3.trace_call):
        LEVEL = logging.WARNING

    assert b2sdk.v3.trace_call.LEVEL == logging.DEBUG
    logger = logging.getLogger("b2sdk.test-private-paths")
    Loud(logger)(lambda value: value)("a value")
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.WARNING, logger.name)]


@pytest.mark.parametrize("surface", [b2sdk.v2, b2sdk.v3])
def test_the_account_file_can_be_looked_into(surface: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = surface.SqliteAccountInfo(tmp_path / "info")
    info.save_bucket(b2sdk.v3.Bucket(mock.Mock(), "an id", "a-bucket"))
    assert info._get_connection().execute("SELECT bucket_id, bucket_name FROM bucket").fetchall() == [
        ("an id", "a-bucket")
    ]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert surface.SqliteAccountInfo._get_xdg_config_path() == str(tmp_path)
    info.close()


@pytest.mark.parametrize("surface", ["v0", "v1", "v2", "v3"])
@pytest.mark.parametrize(
    "path",
    [
        "_internal.exception.B2Error",
        "_internal.sync.action.B2HideAction",
        "_internal.b2http.time.sleep",
        "v1.exception.CommandError",
        "v1.sync.sync.Synchronizer",
        "v2.api.Services",
        "v2.sync.B2SyncPath",
        "v3.B2Api",
    ],
)
def test_modules_are_attributes_when_a_surface_was_imported(surface: str, path: str) -> None:
    program = f"import b2sdk.{surface}; b2sdk.{path}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "path", ["nothing", "v2.nothing", "v2._nothing", "_internal.nothing", "_internal.sync.nothing"]
)
def test_what_is_no_module_is_an_attribute_error(path: str) -> None:
    program = f"import b2sdk.v3; b2sdk.{path}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("AttributeError: module 'b2sdk")
