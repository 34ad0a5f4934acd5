"""A program for v1 that makes many calls, and prints what each returned, raised and warned of; run by either b2sdk."""

# ruff: noqa: PTH103, PTH107, PTH110, PTH116, PTH118, PTH123
# Paths are text, as programs for v1 have them.
from __future__ import annotations

import contextlib
import enum
import functools
import importlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

v0: Any = importlib.import_module("b2sdk.v0")
v1: Any = importlib.import_module("b2sdk.v1")
v2: Any = importlib.import_module("b2sdk.v2")
Call = tuple[str, Callable[[], Any]]

NOW = 5_000_000_000_000
HIDDEN = re.compile(r"^_|^(api|session|services|raw_api|reporter|retry_after_seconds|server_\w+)$")


def shown(value: Any, depth: int = 0) -> Any:
    """Return a result as JSON: objects by the name of their class and their attributes."""
    if isinstance(value, enum.Enum):
        return str(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return f"bytes: {value!r}"
    if isinstance(value, dict):
        return {str(key): shown(one, depth) for key, one in value.items()}
    if isinstance(value, set):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)) or hasattr(value, "__next__"):
        return [shown(one, depth) for one in value]
    if isinstance(value, type):
        return f"class {value.__name__}"
    if hasattr(value, "as_dict") and not isinstance(value, v1.Bucket):
        return {"class": type(value).__name__, **shown(value.as_dict(), depth)}
    if "__repr__" in {name for cls in type(value).__mro__[:-1] for name in vars(cls)} or depth > 1:
        return re.sub(r" at 0x\w+|object", "", repr(value))
    slots = {name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())}
    held = {**{name: getattr(value, name, None) for name in slots}, **getattr(value, "__dict__", {})}
    told = {name: shown(one, depth + 1) for name, one in held.items() if not HIDDEN.search(name)}
    return {"class": type(value).__name__, **told}


def told(call: Callable[[], Any]) -> dict[str, Any]:
    result: dict[str, Any]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            result = {"answer": shown(call())}
        except Exception as error:  # noqa: BLE001  # reported
            known = [cls.__name__ for cls in type(error).__mro__ if cls is not object]
            known[0] = "re.error" if isinstance(error, re.error) else known[0]  # it has another name since Python 3.13
            result = {"is": known, "text": "" if isinstance(error, TypeError) else str(error)}
    if caught:
        result["warnings"] = [f"{one.category.__name__}: {one.message}" for one in caught]
    return result


class World:
    """An account on the simulator in the process, with a bucket, and a local folder with files."""

    def __init__(self, surface: Any = v1, account_info: Any = None) -> None:
        self.raw = surface.RawSimulator()
        self.key_id, self.key = self.raw.create_account()
        self.info = surface.InMemoryAccountInfo() if account_info is None else account_info
        self.api = surface.B2Api(self.info, raw_api=self.raw)
        self.api.authorize_account("production", self.key_id, self.key)
        self.bucket = self.api.create_bucket("my-bucket", "allPublic", bucket_info={"a": "b"})
        self.home = tempfile.mkdtemp(prefix="b2sdk-v1-")
        self.source = os.path.join(self.home, "source")
        os.makedirs(os.path.join(self.source, "sub"))
        for name, time in (("a.txt", 1000), ("b.txt", 2000), ("sub/c.txt", 3000)):
            self.write(f"source/{name}", name, time)

    def write(self, name: str, content: str, time: int = 1000) -> str:
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        os.utime(path, (time, time))
        return path

    def report(self) -> Any:
        return v1.SyncReport(io.StringIO(), True)


def account(world: World) -> Iterator[Call]:
    api, bucket = world.api, world.bucket
    yield (
        "both a raw API and a configuration",
        lambda: v1.B2Api(world.info, raw_api=world.raw, api_config=v1.B2HttpApiConfig()),
    )
    yield "session with both", lambda: v1.B2Session(world.info, raw_api=world.raw, api_config=v1.B2HttpApiConfig())
    yield "raw API of the session", lambda: api.session.raw_api is world.raw
    yield "cache of the session", lambda: type(v1.B2Session(world.info, raw_api=world.raw).cache)
    yield "authorize automatically", api.authorize_automatically
    yield (
        "authorize with a wrong key",
        lambda: v1.B2Api(v1.InMemoryAccountInfo(), raw_api=world.raw).authorize_account("production", "nope", "k"),
    )
    yield "create key", lambda: api.create_key(["readFiles"], "k1")
    yield "create restricted key", lambda: api.create_key(["readFiles", "listFiles"], "k2", None, bucket.id_, "a")
    yield "list keys", api.list_keys
    yield "list keys from one on", lambda: api.list_keys("appKeyId1")
    yield "get key", lambda: api.get_key("appKeyId0")
    yield "get no key", lambda: api.get_key("zzz")
    yield "delete key", lambda: api.delete_key("appKeyId0")
    yield "delete key by name", lambda: api.delete_key(application_key_id="appKeyId1")
    yield "delete no key", lambda: api.delete_key("nope")
    yield "list buckets", api.list_buckets
    yield "list one bucket", lambda: api.list_buckets("my-bucket")
    yield "bucket by id", lambda: api.get_bucket_by_id(bucket.id_)
    yield "bucket by unknown id", lambda: api.get_bucket_by_id("nope")
    yield "bucket by name", lambda: api.get_bucket_by_name("my-bucket")
    yield "bucket by unknown name", lambda: api.get_bucket_by_name("nope")
    yield "check restrictions", lambda: api.check_bucket_restrictions("x")
    yield "download URL by id", lambda: api.get_download_url_for_fileid("abc")
    yield "download URL by name", lambda: api.get_download_url_for_file_name("my-bucket", "a b")
    yield "account id", api.get_account_id
    yield "delete bucket", lambda: api.delete_bucket(api.create_bucket("other-bucket", "allPrivate"))


def bucket_itself(world: World) -> Iterator[Call]:
    bucket = world.bucket
    rules = [{"fileNamePrefix": "", "daysFromHidingToDeleting": 1, "daysFromUploadingToHiding": None}]
    yield "update info", lambda: bucket.update(bucket_info={"x": "y"})
    yield "update by position", lambda: bucket.update("allPrivate", {"x": "z"}, None, rules, 2)
    yield "update nothing", bucket.update
    yield "update another revision", lambda: bucket.update(bucket_type="allPrivate", if_revision_is=1)
    yield "set info", lambda: bucket.set_info({"i": "j"})
    yield "set type", lambda: bucket.set_type("allPublic")
    yield "bucket stays as it was", lambda: (bucket.name, bucket.type_, bucket.bucket_info, bucket.get_id())
    yield "fresh state", lambda: [(type(one).__name__, one.bucket_info) for one in [bucket.get_fresh_state()]]
    yield "download URL", lambda: bucket.get_download_url("a b")
    yield "download authorization", lambda: bucket.get_download_authorization("a", 10)


def files(world: World) -> Iterator[Call]:
    api, bucket = world.api, world.bucket
    noted = {"src_last_modified_millis": "1500000000123"}
    file = bucket.upload_bytes(b"hello world", "dir/file", file_info=noted)
    yield "upload bytes", lambda: bucket.upload_bytes(b"hello", "one", "text/plain", {"x": "y"})
    yield "upload with the old name", lambda: bucket.upload_bytes(b"hello", "two", file_infos={"x": "y"})
    yield "upload local file", lambda: bucket.upload_local_file(os.path.join(world.source, "a.txt"), "local")
    yield "upload with cache control", lambda: bucket.upload_bytes(b"", "cached", cache_control="max-age=3")
    yield "upload a bad name", lambda: bucket.upload_bytes(b"", "/slash")
    yield "line of a version", file.format_ls_entry
    yield "line of a folder", lambda: v1.FileVersionInfo.format_folder_ls_entry("dir/")
    yield "ls", bucket.ls
    yield "ls of a folder", lambda: bucket.ls("dir")
    yield "ls of all versions", lambda: bucket.ls("", True, True, 1)
    yield "ls by name", lambda: bucket.ls(folder_to_list="dir", show_versions=True, recursive=True)
    yield "ls with a pattern", lambda: bucket.ls("d*", recursive=True, with_wildcard=True)
    yield "ls with filters", lambda: bucket.ls(recursive=True, filters=[v1.Filter.include("d*")])
    yield "ls with an unknown argument", lambda: list(bucket.ls(junk=True))
    yield "versions of a file", lambda: bucket.list_file_versions("dir/file")
    yield "file info by id", lambda: bucket.get_file_info_by_id(file.id_)
    yield "file info by name", lambda: bucket.get_file_info_by_name("dir/file")
    yield "no file info by name", lambda: bucket.get_file_info_by_name("nope")
    yield "file info of the account", lambda: api.get_file_info(file.id_)
    yield "file info by name of the account", lambda: api.get_file_info_by_name("my-bucket", "dir/file")
    yield "fresh version", file.get_fresh_state
    yield "copy", lambda: bucket.copy(file.id_, "copy")
    yield "copy file", lambda: bucket.copy_file(file.id_, "copied")
    yield (
        "copy file with other info",
        lambda: bucket.copy_file(
            file.id_,
            "copied2",
            (1, 3),
            v1.MetadataDirectiveMode.REPLACE,
            "text/x",
            {"q": "r"},
            cache_control="max-age=3",
        ),
    )
    yield (
        "copy file and both",
        lambda: bucket.copy_file(
            file.id_, "copied3", metadata_directive=v1.MetadataDirectiveMode.COPY, content_type="text/x"
        ),
    )
    yield (
        "copy file without type",
        lambda: bucket.copy_file(file.id_, "copied4", metadata_directive=v1.MetadataDirectiveMode.REPLACE),
    )
    yield "start large file", lambda: bucket.start_large_file("large", "text/plain", {"a": "b"})
    yield "start large file with cache control", lambda: bucket.start_large_file("large2", cache_control="max-age=1")
    yield "start large file with a bad name", lambda: bucket.start_large_file("/large")
    yield "unfinished files", lambda: [one.file_name for one in bucket.list_unfinished_large_files()]
    yield (
        "cancel",
        lambda: [
            (one.file_name, one.action, one.size, one.content_type, one.content_sha1, one.upload_timestamp)
            for one in [
                bucket.cancel_large_file(unfinished.file_id) for unfinished in bucket.list_unfinished_large_files()
            ]
        ],
    )
    yield "hide", lambda: bucket.hide_file("one")
    yield "unhide", lambda: bucket.unhide_file("one")
    yield "delete version", lambda: bucket.delete_file_version(file.id_, "dir/file")
    yield "delete no version", lambda: api.delete_file_version("nope", "dir/file")
    yield "delete by version", lambda: bucket.upload_bytes(b"1", "gone").delete()


def locked_files(world: World) -> Iterator[Call]:
    api = world.api
    bucket = api.create_bucket("locked-files", "allPublic", is_file_lock_enabled=True)
    file = bucket.upload_bytes(b"content", "file")
    retention = v1.FileRetentionSetting(v1.RetentionMode.GOVERNANCE, NOW)
    yield "hold", lambda: file.update_legal_hold(v1.LegalHold.ON)
    yield "hold of the account", lambda: api.update_file_legal_hold(file.id_, "file", v1.LegalHold.OFF)
    yield "retention of the account", lambda: api.update_file_retention(file.id_, "file", retention)
    yield "fresh", file.get_fresh_state
    yield "hash", lambda: hash(file)


def large_files(world: World) -> Iterator[Call]:
    bucket, session = world.bucket, world.api.session
    content = b"0123456789" * 100
    path = world.write("large", content.decode())

    def summary(version: Any) -> Any:
        return type(version).__name__, version.size, version.content_sha1, version.file_info, version.action

    def stored(name: str) -> Any:
        destination = v1.DownloadDestBytes()
        bucket.download_file_by_name(name, destination)
        return destination.get_bytes_written() == content

    def by_hand() -> Any:
        started = bucket.start_large_file("by hand", "text/plain")
        sha1s = []
        for number in range(2):
            piece = content[number * 500 : number * 500 + 500]
            sha1s.append(v1.hex_sha1_of_bytes(piece))
            session.upload_part(started.file_id, number + 1, 500, sha1s[-1], io.BytesIO(piece))
        parts = [(part.part_number, part.content_length) for part in bucket.list_parts(started.file_id)]
        return parts, session.finish_large_file(started.file_id, sha1s)["fileName"], stored("by hand")

    yield "bytes", lambda: (summary(bucket.upload_bytes(content, "bytes")), stored("bytes"))
    yield "local file", lambda: (summary(bucket.upload_local_file(path, "local")), stored("local"))
    yield "source", lambda: summary(bucket.upload(v1.UploadSourceBytes(content), "source", "text/plain", {"a": "b"}))
    yield "stream", lambda: (bucket.upload_unbound_stream(io.BytesIO(content), "stream").size, stored("stream"))
    yield (
        "concatenation",
        lambda: (
            bucket.concatenate(
                [v1.UploadSourceBytes(content[:500]), v1.UploadSourceBytes(content[500:])], "concatenated"
            ).size
        ),
    )
    yield "composition", lambda: bucket.create_file([v1.WriteIntent(v1.UploadSourceBytes(content))], "composed").size
    yield "by hand", by_hand
    yield "session lists names", lambda: [one["fileName"] for one in session.list_file_names(bucket.id_)["files"]]
    yield (
        "session creates a key",
        lambda: session.create_key(world.info.get_account_id(), ["readFiles"], "k", None, None, None),
    )
    yield "session lists buckets", lambda: len(session.list_buckets(world.info.get_account_id())["buckets"])


def downloads(world: World) -> Iterator[Call]:
    api, bucket = world.api, world.bucket
    file = bucket.upload_bytes(b"hello world", "file", file_info={"src_last_modified_millis": "1500000000123"})
    bad = bucket.upload_bytes(b"content", "bad")
    path = world.write("there", "what was there")
    heard: list[Any] = []

    class Own(v1.AbstractDownloadDestination):  # type: ignore[misc]  # of whichever b2sdk
        def make_file_context(self, **about: Any) -> Any:
            heard.append(sorted(about.items()))
            return contextlib.nullcontext(io.BytesIO())

    def to_memory(**options: Any) -> Any:
        destination = v1.DownloadDestBytes()
        answer = bucket.download_file_by_name("file", destination, **options)
        return answer, destination.get_bytes_written(), shown(vars(destination))

    def to_file(destination: Any) -> Any:
        answer = bucket.download_file_by_id(file.id_, destination)
        with open(path, "rb") as saved:
            return answer, saved.read(), int(os.stat(path).st_mtime * 1000), type(destination).__name__

    def with_listener(*, is_wrapped: bool, range_: Any = None) -> Any:
        listener, destination = v1.ProgressListenerForTest(), v1.DownloadDestBytes()
        if is_wrapped:
            wrapper = v1.DownloadDestProgressWrapper(destination, listener)
            bucket.download_file_by_name("file", wrapper, range_=range_)
        else:
            bucket.download_file_by_name("file", destination, listener, range_)
        return listener.get_calls()

    yield "to memory", to_memory
    yield "range to memory", lambda: to_memory(range_=(2, 4))
    yield "by id of the account", lambda: api.download_file_by_id(file.id_, v1.DownloadDestBytes())
    yield "by id without destination", lambda: type(bucket.download_file_by_id(file.id_))
    yield "by id of the account without destination", lambda: type(api.download_file_by_id(file_id=file.id_))
    yield "by name without destination", lambda: bucket.download_file_by_name("file")
    yield "nothing", lambda: bucket.download_file_by_name("nope", v1.DownloadDestBytes())
    yield "to a file", lambda: to_file(v1.DownloadDestLocalFile(path))
    yield "into a file", lambda: to_file(v1.PreSeekedDownloadDest(path, 4))
    yield (
        "into a file that is not there",
        lambda: (
            bucket.download_file_by_id(file.id_, v1.PreSeekedDownloadDest(path + "-not", 4))
            if not os.path.exists(path + "-not")
            else None
        ),
    )
    yield "what is written with", lambda: (v1.DownloadDestLocalFile.MODE, v1.PreSeekedDownloadDest.MODE)
    yield "listener", lambda: with_listener(is_wrapped=False)
    yield "listener of a range", lambda: with_listener(is_wrapped=False, range_=(2, 4))
    yield "wrapped listener", lambda: with_listener(is_wrapped=True)
    yield "wrapped listener of a range", lambda: with_listener(is_wrapped=True, range_=(2, 4))
    yield "own destination", lambda: (bucket.download_file_by_name("file", Own(), range_=(1, 2)), heard)
    yield "memory that is empty", lambda: v1.DownloadDestBytes().get_bytes_written()
    yield "metadata", lambda: v1.FileMetadata("i", "n", "t", 3, "unverified:sha", {"a": "b"}).as_info_dict()
    world.raw.bucket_name_to_bucket["my-bucket"].file_id_to_file[bad.id_].content_sha1 = "0" * 40
    yield "wrong content", lambda: bucket.download_file_by_id(bad.id_, v1.DownloadDestBytes())


def account_infos(world: World) -> Iterator[Call]:
    def stored(info: Any) -> Any:
        getters = (
            *("account_id", "account_auth_token", "api_url", "download_url", "minimum_part_size", "realm"),
            *(
                "recommended_part_size",
                "absolute_minimum_part_size",
                "application_key",
                "application_key_id",
                "allowed",
            ),
        )
        return {name: getattr(info, f"get_{name}")() for name in getters}

    def given(info: Any) -> Any:
        info.set_auth_data("account", "token", "api", "download", 12345, "key", "realm", None, "key id", "s3")
        return stored(info)

    class Own(v1.InMemoryAccountInfo):  # type: ignore[misc]  # of whichever b2sdk
        REALM_URLS = {"mine": "http://api.example.com"}  # noqa: RUF012  # as programs write it
        heard: list[Any] = []  # noqa: RUF012  # as above

        def _set_auth_data(self, *args: Any, **kwargs: Any) -> None:
            self.heard.append((args, sorted(kwargs)))
            super()._set_auth_data(*args, **kwargs)

    def own() -> Any:
        info = Own()
        api = v1.B2Api(info, raw_api=world.raw)
        api.authorize_account("mine", world.key_id, world.key)
        return info.heard, info.get_realm()

    yield "in memory", lambda: given(v1.InMemoryAccountInfo())
    yield "stub", lambda: given(v1.StubAccountInfo())
    yield "in a file", lambda: given(v1.SqliteAccountInfo(os.path.join(world.home, "info")))
    yield (
        "file of v1 read by v2",
        lambda: v2.SqliteAccountInfo(os.path.join(world.home, "info")).get_recommended_part_size(),
    )
    yield "file by profile", lambda: v1.SqliteAccountInfo(profile="x")
    yield "nothing stored", lambda: v1.InMemoryAccountInfo().get_minimum_part_size()
    yield "realms", lambda: (v1.AbstractAccountInfo.REALM_URLS, v1.StubAccountInfo.REALM_URLS)
    yield "own realm", own
    yield (
        "wrong allowed",
        lambda: v1.InMemoryAccountInfo().set_auth_data("a", "t", "u", "d", 5, "k", "r", {"bad": 1}) or 0,
    )
    yield "newer arguments", lambda: v1.InMemoryAccountInfo().set_auth_data(recommended_part_size=5)
    yield "abstract", lambda: sorted(v1.AbstractAccountInfo.__abstractmethods__)
    yield "abstract with pool", lambda: sorted(v1.UrlPoolAccountInfo.__abstractmethods__)
    yield "abstract cache", lambda: sorted(v1.AbstractCache.__abstractmethods__)


def file_versions(world: World) -> Iterator[Call]:
    make = v1.FileVersionInfo

    def plain() -> Any:
        return make("id", "name", 3, "type", "sha", {"src_last_modified_millis": "77"}, 1234, "upload")

    def full() -> Any:
        settings = (v1.SSE_B2_AES, v1.NO_RETENTION_FILE_SETTING, v1.LegalHold.ON)
        return make("id", "name", 3, "type", "sha", {}, 1234, "hide", "account", "bucket", "md5", *settings, None, "cc")

    yield "by hand", lambda: (plain().mod_time_millis, plain().account_id, plain() == plain(), plain() == 3)
    yield "by hand, in full", full
    yield "without API", lambda: plain().api
    yield "delete without API", lambda: plain().delete()
    yield "line", lambda: plain().format_ls_entry()
    yield "is one of v2", lambda: isinstance(plain(), v2.FileVersion)
    yield "file and version", lambda: v1.File("x", [v1.FileVersion("id", "x", 1, "upload", 2)])
    yield "command error", lambda: (str(v1.CommandError("text")), v1.CommandError("text").message)


def syncs(world: World) -> Iterator[Call]:  # noqa: PLR0915  # a sequence of calls
    api, bucket = world.api, world.bucket
    local, remote = v1.LocalFolder(world.source), v1.B2Folder("my-bucket", "x", api)
    delete = v1.Synchronizer(1, keep_days_or_delete=v1.KeepOrDeleteMode.DELETE)
    heard: list[Any] = []

    class Provider(v1.AbstractSyncEncryptionSettingsProvider):  # type: ignore[misc]  # of whichever b2sdk
        def get_setting_for_upload(self, bucket: Any, b2_file_name: Any, file_info: Any, length: Any) -> Any:
            heard.append(("upload", b2_file_name, file_info, length))
            return v1.SSE_B2_AES

        def get_source_setting_for_copy(self, bucket: Any, source_file_version_info: Any) -> Any:
            heard.append(("source", type(source_file_version_info).__name__))

        def get_destination_setting_for_copy(
            self, bucket: Any, dest_b2_file_name: Any, source_file_version_info: Any, target_file_info: Any = None
        ) -> Any:
            heard.append(("destination", dest_b2_file_name, type(source_file_version_info).__name__, target_file_info))

        def get_setting_for_download(self, bucket: Any, file_version_info: Any) -> Any:
            heard.append(("download", type(file_version_info).__name__))

    class Policies(v1.ScanPoliciesManager):  # type: ignore[misc]  # of whichever b2sdk
        def should_exclude_file(self, file_path: str) -> bool:
            return file_path == "a.txt"

        def should_exclude_directory(self, dir_path: str) -> bool:
            return dir_path == "sub"

        def should_exclude_file_version(self, file_version: Any) -> bool:
            return bool(file_version.mod_time == 2_000_000)

    def synced(*arguments: Any, synchronizer: Any = None) -> Any:
        report = world.report()
        (synchronizer or v1.Synchronizer(1)).sync_folders(*arguments[:2], NOW, report, *arguments[2:])
        return sorted(report.stdout.getvalue().splitlines()), report.local_file_count, report.local_done

    def asked(*arguments: Any) -> Any:
        heard.clear()
        return synced(*arguments, Provider()), sorted(map(str, heard))

    def listed(folder: str) -> Any:
        return [(one.file_name, one.action) for one, _ in bucket.ls(folder, show_versions=True, recursive=True)]

    def empty(name: str) -> str:
        os.makedirs(os.path.join(world.home, name), exist_ok=True)
        return os.path.join(world.home, name)

    def plan(synchronizer: Any, *arguments: Any, **options: Any) -> Any:
        return [str(one) for one in synchronizer.make_folder_sync_actions(*arguments, NOW, world.report(), **options)]

    def planned_after_a_change() -> Any:
        world.write("source/a.txt", "changed", 9000)
        os.remove(world.source + "/b.txt")
        return plan(delete, local, remote)

    def parsed(text: str) -> Any:
        folder = v1.parse_sync_folder(text, api)
        return type(folder).__name__, getattr(folder, "folder_name", None)

    def newer() -> Any:
        world.write("down/a.txt", "newer", 99_000)
        try:
            synced(remote, v1.LocalFolder(empty("down")))
        except v1.DestFileNewer as error:
            return str(error), shown(vars(error)), isinstance(error, v2.exception.DestFileNewer)

    for text in ("b2://my-bucket/x", "b2:my-bucket/x/", "b2://my-bucket", "b2://my-bucket//x", "b2://nope/x", "b2:/x"):
        yield f"parse {text}", functools.partial(parsed, text)
    yield "parse a local path", lambda: v1.parse_sync_folder(world.source, api)
    yield "local files", lambda: local.all_files(None)
    yield "missing folder", lambda: list(v1.LocalFolder(world.home + "/none").all_files(None))
    yield "empty folder", lambda: v1.LocalFolder(empty("empty")).ensure_non_empty()
    yield "missing folder is empty", lambda: v1.LocalFolder(world.home + "/none").ensure_non_empty()
    yield "up", lambda: synced(local, remote)
    yield "what is up", lambda: listed("x")
    yield "files in the bucket", lambda: remote.all_files(None)
    yield "up again", lambda: synced(local, remote)
    yield "plan", planned_after_a_change
    yield "pairs", lambda: v1.zip_folders(local, remote, world.report())
    yield "up and delete", lambda: synced(local, remote, synchronizer=delete)
    yield "what is left", lambda: listed("x")
    yield "down", lambda: synced(remote, v1.LocalFolder(empty("down")))
    yield "what is newer", newer
    yield "empty source", lambda: synced(v1.LocalFolder(empty("empty")), remote)
    yield "two local folders", lambda: synced(local, local)
    yield "mode without days", lambda: v1.Synchronizer(1, keep_days_or_delete=v1.KeepOrDeleteMode.KEEP_BEFORE_DELETE)
    yield "no mode", lambda: v1.Synchronizer(1, newer_file_mode="x")
    yield (
        "own policies",
        lambda: (
            world.write("source/b.txt", "again", 2000),
            world.write("source/d.txt", "d", 4000),
            plan(v1.Synchronizer(1), local, v1.B2Folder("my-bucket", "fresh", api), policies_manager=Policies()),
        ),
    )
    yield "own policies in the bucket", lambda: remote.all_files(None, Policies())
    yield (
        "own policies of a synchronizer",
        lambda: synced(
            local,
            v1.B2Folder("my-bucket", "policies", api),
            synchronizer=v1.Synchronizer(1, policies_manager=Policies()),
        ),
    )
    expressions = v1.ScanPoliciesManager(
        exclude_file_regexes=[r".*\.txt"],
        include_file_regexes=["a.*"],
        exclude_dir_regexes=["sub"],
        exclude_modified_after=100,
    )
    yield "rules for files", lambda: [expressions.should_exclude_file(one) for one in ("a.txt", "b.txt", "sub/c", "q")]
    yield (
        "rules for directories",
        lambda: [expressions.should_exclude_directory(one) for one in ("sub", "subx", "q/sub")],
    )
    yield (
        "rules for versions",
        lambda: [
            expressions.should_exclude_file_version(v1.FileVersion("i", "n", time, "upload", 3))
            for time in (1, 100, 101)
        ],
    )
    yield "no expression", lambda: v1.ScanPoliciesManager(exclude_file_regexes=["*"])
    yield "no time", lambda: v1.ScanPoliciesManager(exclude_modified_before=-1)
    yield "nothing to include from", lambda: v1.ScanPoliciesManager(include_file_regexes=["a"])
    yield "provider up", lambda: asked(local, v1.B2Folder("my-bucket", "enc", api))
    yield "provider down", lambda: asked(v1.B2Folder("my-bucket", "enc", api), v1.LocalFolder(empty("enc")))
    yield "provider across", lambda: asked(v1.B2Folder("my-bucket", "enc", api), v1.B2Folder("my-bucket", "enc2", api))
    yield (
        "classes",
        lambda: (
            isinstance(v1.SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER, v1.AbstractSyncEncryptionSettingsProvider),
            isinstance(v1.DEFAULT_SCAN_MANAGER, v1.ScanPoliciesManager),
            isinstance(local, v2.LocalFolder),
        ),
    )


def oldest(world: World) -> Iterator[Call]:
    api, bucket = world.api, world.bucket
    for number in range(3):
        bucket.upload_bytes(b"%d" % number, f"f{number}")
    local = v0.LocalFolder(world.source)

    def parsed(**options: Any) -> Any:
        usual = {"delete": False, "keepDays": None, "skipNewer": False, "replaceNewer": False}
        return types.SimpleNamespace(**{**usual, "compareVersions": None, "compareThreshold": None, **options})

    def synced(folder: str, source: Any = local, **options: Any) -> Any:
        out = io.StringIO()
        v0.sync_folders(source, v0.B2Folder("my-bucket", folder, api), parsed(**options), NOW, out, True, 1)
        return sorted(out.getvalue().splitlines())

    def names(page: dict[str, Any]) -> Any:
        return [one["fileName"] for one in page.pop("files")], page

    yield "list file names", lambda: names(bucket.list_file_names())
    yield "list some file names", lambda: names(bucket.list_file_names("f1", 1, "f"))
    yield "list file versions", lambda: names(bucket.list_file_versions("f1", None, 1))
    yield (
        "list some file versions",
        lambda: names(bucket.list_file_versions(start_filename="f1", max_entries=2, prefix="f")),
    )
    yield "key id", api.account_info.get_account_id_or_app_key_id
    yield "delete a bucket", lambda: api.delete_bucket(api.create_bucket("other-bucket", "allPublic"))
    yield "sync", lambda: synced("sync")
    yield "sync again", lambda: synced("sync", keepDays=1)
    yield (
        "plan of arguments",
        lambda: [
            str(one)
            for one in v0.make_folder_sync_actions(
                local, v0.B2Folder("my-bucket", "new", api), parsed(), NOW, world.report()
            )
        ],
    )
    yield "skip and replace", lambda: synced("sync", skipNewer=True, replaceNewer=True)
    yield "delete and keep", lambda: synced("sync", delete=True, keepDays=2)
    yield "compare nonsense", lambda: synced("sync", compareVersions="nonsense")
    yield "wrong threshold", lambda: synced("sync", compareThreshold=-3)
    yield "compare by size", lambda: synced("sync", compareVersions="size", compareThreshold=3)
    yield "mode without days", lambda: v0.Synchronizer(1, keep_days_or_delete=v0.KeepOrDeleteMode.KEEP_BEFORE_DELETE)
    yield (
        "newer",
        lambda: (
            bucket.upload_bytes(b"q", "newer/a.txt", file_info={"src_last_modified_millis": "9000000000"}),
            synced("newer"),
        ),
    )
    os.makedirs(os.path.join(world.home, "empty"))
    yield "empty", lambda: synced("sync", v0.LocalFolder(os.path.join(world.home, "empty")))
    yield "the same class", lambda: v0.DestFileNewer is v1.DestFileNewer


TOPICS = {
    "account": account,
    "bucket": bucket_itself,
    "files": files,
    "locked files": locked_files,
    "large files": large_files,
    "downloads": downloads,
    "account infos": account_infos,
    "file versions": file_versions,
    "syncs": syncs,
    "v0": oldest,
}


def answers_of(topic: str) -> dict[str, Any]:
    answers = {}
    world = World(v0 if topic == "v0" else v1)
    for name, call in TOPICS[topic](world):
        text = json.dumps(told(call), sort_keys=True)
        answers[f"{topic}: {name}"] = json.loads(text.replace(world.home, "HOME"))
    shutil.rmtree(world.home)
    return answers


if __name__ == "__main__":
    lines = (
        f"{json.dumps(name)}: {json.dumps(answer, sort_keys=True)}"
        for topic in TOPICS
        for name, answer in answers_of(topic).items()
    )
    sys.stdout.write("{" + ",\n".join(lines) + "}\n")
