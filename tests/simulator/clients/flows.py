"""What programs do with a b2sdk, whichever one the interpreter has.

``flows.py SURFACE FLOW REALM KEY_ID KEY DIRECTORY`` prints what came of it as JSON. It knows no simulator, and
nothing that only one b2sdk has.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

SURFACE, FLOW, REALM, KEY_ID, KEY, DIRECTORY = sys.argv[1:]
b2: Any = importlib.import_module(f"b2sdk.{SURFACE}")
errors: Any = importlib.import_module(f"b2sdk.{SURFACE}.exception")
HERE = Path(DIRECTORY)
LARGE = bytes(number % 251 for number in range(1000))
"""Several parts of the smallest size."""
FLOWS: dict[str, Callable[[Any], Any]] = {}


def flow(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    FLOWS[function.__name__] = function
    return function


def connected(key_id: str = KEY_ID, key: str = KEY) -> Any:
    api = b2.B2Api(b2.InMemoryAccountInfo())
    api.authorize_account(application_key_id=key_id, application_key=key, realm=REALM)
    return api


def customer_key(secret: bytes) -> Any:
    key = b2.EncryptionKey(secret=secret, key_id="my-key")
    return b2.EncryptionSetting(b2.EncryptionMode.SSE_C, b2.EncryptionAlgorithm.AES256, key)


def read(download: Any) -> str:
    target = io.BytesIO()
    download.save(target)
    return target.getvalue().decode("latin-1")


def names(bucket: Any, path: str = "", **options: Any) -> list[str]:
    entries = bucket.ls(path, **{"recursive": True, **options})
    return [folder or version.file_name for version, folder in entries]


def error_of(action: Callable[[], Any]) -> str:
    try:
        action()
    except errors.B2Error as error:
        return type(error).__name__
    return "none"


@flow
def files(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate", bucket_info={"color": "blue"})
    version = bucket.upload_bytes(
        b"hello",
        "dir/ü+%41 #?.txt",
        content_type="text/plain",
        file_info={"key": "a value/+%"},
        cache_control="max-age=1",
        content_language="de",
        custom_upload_timestamp=1_000_000,
    )
    bucket.upload_bytes(b"other", "top")
    bucket.hide_file("top")
    by_name = bucket.download_file_by_name(version.file_name)
    found = {
        "folders": names(bucket, recursive=False),
        "content": read(by_name),
        "info": by_name.download_version.file_info,
        "cache": by_name.download_version.cache_control,
        "timestamp": by_name.download_version.upload_timestamp,
        "range": read(api.download_file_by_id(version.id_, range_=(1, 3))),
        "versions": sorted(version.action for version, _ in bucket.ls(latest_only=False, recursive=True)),
    }
    bucket.unhide_file("top")
    found["unhidden"] = names(bucket)
    for each, _ in list(bucket.ls(latest_only=False, recursive=True)):
        api.delete_file_version(each.id_, each.file_name)
    api.delete_bucket(bucket)
    return {**found, "buckets": len(api.list_buckets())}


@flow
def large(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    (HERE / "large").write_bytes(LARGE)
    version = bucket.upload_local_file(str(HERE / "large"), "large", min_part_size=100)
    bucket.download_file_by_name("large").save_to(str(HERE / "back"))
    return {"size": version.size, "same": (HERE / "back").read_bytes() == LARGE}


@flow
def resume(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    session, info = api.session, {"src": "mine"}
    started = session.start_large_file(bucket.id_, "large", "a/b", info)
    part = b2.hex_sha1_of_bytes(LARGE[:200])
    session.upload_part(started["fileId"], 1, 200, part, io.BytesIO(LARGE[:200]))
    version = bucket.upload_bytes(LARGE, "large", content_type="a/b", file_info=info)
    return {"continued": version.id_ == started["fileId"], "same": read(version.download()) == LARGE.decode("latin-1")}


@flow
def copies(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    source = bucket.upload_bytes(LARGE, "source", file_info={"a": "1"})
    whole = bucket.copy(source.id_, "whole")
    piece = bucket.copy(source.id_, "piece", content_type="a/b", file_info={"b": "2"}, offset=10, length=20)
    intents = [
        b2.WriteIntent(b2.UploadSourceBytes(b"u" * 150), 0),
        b2.WriteIntent(b2.CopySource(source.id_, offset=0, length=500), 150),
        b2.WriteIntent(b2.UploadSourceBytes(b"v" * 150), 650),
    ]
    mixed = bucket.create_file(intents, "mixed", recommended_upload_part_size=200, min_part_size=100)
    expected = b"u" * 150 + LARGE[:500] + b"v" * 150
    return {
        "whole": [whole.file_info, read(whole.download()) == LARGE.decode("latin-1")],
        "piece": [piece.file_info, read(piece.download()) == LARGE[10:30].decode("latin-1")],
        "mixed": read(mixed.download()) == expected.decode("latin-1"),
    }


@flow
def keys(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    other = api.create_bucket("other-bucket", "allPrivate")
    scope = {"bucket_id": bucket.id_} if SURFACE == "v2" else {"bucket_ids": [bucket.id_]}
    capabilities = ["listBuckets", "listFiles", "readFiles", "writeFiles"]
    key = api.create_key(capabilities, "mine", valid_duration_seconds=3600, name_prefix="in/", **scope)
    restricted = connected(key.id_, key.application_key)
    mine = restricted.get_bucket_by_name("my-bucket")
    version = mine.upload_bytes(b"1", "in/side")
    found = {
        "listed": [each.id_ == key.id_ for each in api.list_keys()],
        "names": names(mine, "in/"),
        "outside": error_of(lambda: mine.hide_file("outside")),
        "deleting": error_of(lambda: restricted.delete_file_version(version.id_, version.file_name)),
        "other bucket": error_of(lambda: restricted.get_bucket_by_name(other.name)),
    }
    api.delete_key(key)
    return {**found, "left": len(list(api.list_keys()))}


@flow
def encryption(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    right, wrong = customer_key(b"k" * 32), customer_key(b"w" * 32)
    found = {}
    for name, content in (("small", b"hello"), ("large", LARGE)):
        version = bucket.upload_bytes(content, name, encryption=right)
        plain = bucket.copy(
            version.id_,
            f"plain {name}",
            source_encryption=right,
            source_file_info=version.file_info,
            source_content_type=version.content_type,
            destination_encryption=b2.SSE_B2_AES,
            length=len(content),
        )
        found[name] = {
            "right key": read(bucket.download_file_by_name(name, encryption=right)) == content.decode("latin-1"),
            "wrong key": error_of(partial(bucket.download_file_by_name, name, encryption=wrong)),
            "no key": error_of(partial(bucket.download_file_by_name, name)),
            "copy": read(plain.download()) == content.decode("latin-1"),
        }
    return found


@flow
def locks(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate", is_file_lock_enabled=True)
    until = b2.current_time_millis() + 1_000_000
    governance = b2.FileRetentionSetting(b2.RetentionMode.GOVERNANCE, until)
    version = bucket.upload_bytes(b"hello", "locked", file_retention=governance, legal_hold=b2.LegalHold.ON)
    found = {
        "held": error_of(lambda: api.delete_file_version(version.id_, "locked", bypass_governance=True)),
        "hold": version.legal_hold.value,
        "mode": version.file_retention.mode.value,
    }
    api.update_file_legal_hold(version.id_, "locked", b2.LegalHold.OFF)
    found["retained"] = error_of(lambda: api.delete_file_version(version.id_, "locked"))
    api.update_file_retention(version.id_, "locked", b2.NO_RETENTION_FILE_SETTING, bypass_governance=True)
    api.delete_file_version(version.id_, "locked")
    return {**found, "left": names(bucket, latest_only=False)}


@flow
def sync(api: Any) -> Any:
    api.create_bucket("my-bucket", "allPrivate")
    api.create_bucket("other-bucket", "allPrivate")
    source = HERE / "source"
    for name, content in {"a": b"hello", "dir/large": LARGE, "gone": b"soon"}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    (HERE / "target").mkdir()
    run_sync(api, str(source), "b2://my-bucket/x")
    (source / "gone").unlink()
    run_sync(api, str(source), "b2://my-bucket/x")
    run_sync(api, "b2://my-bucket/x", "b2://other-bucket")
    run_sync(api, "b2://other-bucket", str(HERE / "target"))
    return {
        "up": names(api.get_bucket_by_name("my-bucket")),
        "across": names(api.get_bucket_by_name("other-bucket")),
        "down": [path.relative_to(HERE / "target").as_posix() for path in sorted((HERE / "target").rglob("*"))],
        "same": (HERE / "target/dir/large").read_bytes() == LARGE,
    }


def run_sync(api: Any, source: str, target: str) -> None:
    synchronizer = b2.Synchronizer(4, keep_days_or_delete=b2.KeepOrDeleteMode.DELETE)
    with b2.SyncReport(io.StringIO(), no_progress=True) as report:
        synchronizer.sync_folders(
            source_folder=b2.parse_folder(source, api),
            dest_folder=b2.parse_folder(target, api),
            now_millis=b2.current_time_millis(),
            reporter=report,
        )


@flow
def streams(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    sizes = {}
    for size in (0, 50, 200, 1000):
        options = {"recommended_upload_part_size": 200, "min_part_size": 100}
        version = bucket.upload_unbound_stream(io.BytesIO(LARGE[:size]), f"stream {size}", **options)
        sizes[size] = read(version.download()) == LARGE[:size].decode("latin-1")
    return sizes


@flow
def notifications(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    rule = {
        "name": "my-rule",
        "eventTypes": ["b2:ObjectCreated:*"],
        "isEnabled": True,
        "objectNamePrefix": "dir/",
        "targetConfiguration": {"targetType": "webhook", "url": "https://example.com/hook"},
    }
    bucket.set_notification_rules([rule])
    fields = ("name", "eventTypes", "isSuspended")
    return [{field: shown[field] for field in fields} for shown in bucket.get_notification_rules()]


@flow
def replication(api: Any) -> Any:
    source = api.create_bucket("source-bucket", "allPrivate")
    target = api.create_bucket("target-bucket", "allPrivate")
    helper = b2.ReplicationSetupHelper()
    source, target = helper.setup_both(source_bucket=source, destination_bucket=target, name="my-rule", prefix="in/")
    version = source.upload_bytes(b"hello", "in/side")
    source.upload_bytes(b"hello", "outside")
    status = source.get_file_info_by_id(version.id_).replication_status.value
    return {"there": names(target), "content": read(target.download_file_by_name("in/side")), "status": status.lower()}


@flow
def patience(api: Any) -> Any:
    bucket = api.create_bucket("my-bucket", "allPrivate")
    bucket.upload_bytes(b"hello", "name")
    return read(bucket.download_file_by_name("name"))


if __name__ == "__main__":
    json.dump(FLOWS[FLOW](connected()), sys.stdout)
