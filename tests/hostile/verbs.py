"""Every public verb that reads a response, each as a call on a small account that looks at all of what it returns."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import b2sdk.v2
from b2sdk.http import RetryPolicy, Timeouts
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.transfer.write_intent import WriteIntent

SMALL, LARGE = b"content", bytes(range(200)) * 3
UNTIL = 4_000_000_000_000
"""A time in the next century, in milliseconds."""

RULE: dict[str, Any] = {
    "eventTypes": ["b2:ObjectCreated:*"],
    "isEnabled": True,
    "name": "the-rule",
    "objectNamePrefix": "",
    "targetConfiguration": {"targetType": "webhook", "url": "https://example.com/hook"},
}


class Somewhere:
    """An authorized client on either surface, with a bucket, a small and a large file, and a key."""

    def __init__(
        self,
        surface: ModuleType,
        api: Any,
        credentials: tuple[str, str, str],
        unwatched: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """In ``unwatched`` no response is changed."""
        self.surface, self.api, self.credentials = surface, api, credentials
        self.authorize()
        self.bucket = api.create_bucket("the-bucket", "allPrivate", is_file_lock_enabled=True)
        info = {"src_last_modified_millis": "1500000000000"}
        self.version = self.bucket.upload_bytes(SMALL, "d/file", file_info=info)
        self.unwatched = unwatched

    @cached_property
    def large(self) -> Any:
        with self.unwatched():
            return self.bucket.upload_bytes(LARGE, "large")

    def authorize(self) -> None:
        key_id, key, realm = self.credentials
        if self.surface is b2sdk.v2:
            self.api.authorize_account(realm, key_id, key)
        else:
            self.api.authorize_account(key_id, key, realm=realm)

    def key(self) -> Any:
        return self.api.create_key(["listFiles"], "the-key", 1000)

    def unfinished(self, name: str = "unfinished") -> str:
        info = {"large_file_sha1": hex_sha1_of_bytes(LARGE)}
        start = self.api.services.large_file.start_large_file
        id_: str = start(self.bucket.id_, name, "b2/x-auto", info).file_id
        return id_

    def sync(self, source: str, target: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "local").write_bytes(SMALL)
            folders = [
                self.surface.parse_folder(where or folder, self.api)
                for where in (source, target)  # no place is the local folder
            ]
            synchronizer = self.surface.Synchronizer(1, keep_days_or_delete=self.surface.KeepOrDeleteMode.DELETE)
            synchronizer.sync_folders(*folders, now_millis=UNTIL, reporter=None)

    def replicate(self) -> object:
        destination = self.api.create_bucket("destination", "allPrivate")
        source, _destination = self.surface.ReplicationSetupHelper().setup_both(self.bucket, destination)
        rules = source.replication.rules  # whatever the service says they are
        return [self.surface.ReplicationMonitor(source, rule=rule).scan() for rule in rules]


def connected(surface: ModuleType, raw_api: Any = None) -> Any:
    """Return a client that tries each call once; with ``raw_api`` through that one."""
    options = {} if raw_api is None else {"_raw_api_class": lambda _b2_http: raw_api}
    once = surface.B2HttpApiConfig(
        **options,
        install_clock_skew_hook=False,
        retry_policy=RetryPolicy(attempts=1),
        timeouts=Timeouts(connect=5, read=5, slow_call=5),
    )
    return surface.B2Api(surface.InMemoryAccountInfo(), api_config=once)


def seen(found: Any) -> None:
    """Look at everything that a value tells."""
    if isinstance(found, (list, tuple)) or (isinstance(found, Iterable) and not isinstance(found, (str, bytes, dict))):
        for one in found:
            seen(one)
        return
    assert isinstance(repr(found), str)
    assert isinstance(str(found), str)
    assert found == found  # noqa: PLR0124  # comparing reads all fields
    if hasattr(found, "as_dict"):
        found.as_dict()
    for name in (
        "mod_time_millis",
        "content_sha1",
        "cache_control",
        "expires",
        "content_disposition",
        "has_large_header",
    ):
        getattr(found, name, None)


def _with_a_part(here: Somewhere, name: str = "unfinished") -> str:
    id_ = here.unfinished(name)
    here.api.session.upload_part(id_, 1, 200, hex_sha1_of_bytes(LARGE[:200]), io.BytesIO(LARGE[:200]))
    return id_


def _continued(here: Somewhere) -> object:
    id_ = _with_a_part(here, "new")
    try:
        return here.bucket.create_file(
            [WriteIntent(here.surface.UploadSourceBytes(LARGE))], "new", continue_large_file_id=id_
        )
    except ValueError as error:
        if "different file_info" not in str(error):  # which is what it says of an unfinished file that is another one
            raise
        return None


def _written(here: Somewhere) -> None:
    with here.bucket.open("new", "wb") as file:
        file.write(LARGE)


VERBS: dict[str, Callable[[Somewhere], object]] = {
    # the account and its keys
    "authorize_account": Somewhere.authorize,
    "authorize_automatically": lambda here: here.api.authorize_automatically(),
    "create_key": Somewhere.key,
    "list_keys": lambda here: (here.key(), here.api.list_keys()),
    "get_key": lambda here: here.api.get_key(here.key().id_),
    "delete_key": lambda here: here.api.delete_key(here.key()),
    # buckets
    "create_bucket": lambda here: here.api.create_bucket("another-bucket", "allPrivate"),
    "list_buckets": lambda here: here.api.list_buckets(),
    "get_bucket_by_name": lambda here: (here.api.cache.clear(), here.api.get_bucket_by_name("the-bucket")),
    "get_bucket_by_id": lambda here: (here.api.cache.clear(), here.api.get_bucket_by_id(here.bucket.id_)),
    "get_fresh_state of a bucket": lambda here: here.bucket.get_fresh_state(),
    "update": lambda here: here.bucket.update(bucket_info={"a": "b"}),
    "update the retention": lambda here: here.bucket.update(
        default_retention=here.surface.BucketRetentionSetting(
            here.surface.RetentionMode.GOVERNANCE, here.surface.RetentionPeriod(days=1)
        )
    ),
    "delete_bucket": lambda here: here.api.delete_bucket(here.api.create_bucket("empty-bucket", "allPrivate")),
    "get_download_authorization": lambda here: here.bucket.get_download_authorization("", 60),
    "set_notification_rules": lambda here: here.bucket.set_notification_rules([RULE]),
    "get_notification_rules": lambda here: (
        here.bucket.set_notification_rules([RULE]),
        here.bucket.get_notification_rules(),
    ),
    "replication": Somewhere.replicate,
    # looking at files
    "get_file_info": lambda here: here.api.get_file_info(here.version.id_),
    "get_fresh_state of a file": lambda here: here.version.get_fresh_state(),
    "ls": lambda here: here.bucket.ls(),
    "ls of a file": lambda here: here.bucket.ls("d/file"),
    "ls of versions": lambda here: here.bucket.ls(latest_only=False),
    "ls of everything": lambda here: here.bucket.ls(recursive=True, fetch_count=1),
    "ls ahead": lambda here: here.bucket.ls(recursive=True, fetch_count=1, prefetch=True),
    "ls with workers": lambda here: here.bucket.ls(recursive=True, fetch_count=1, workers=3),
    "ls of a pattern": lambda here: here.bucket.ls("*", recursive=True, with_wildcard=True),
    "list_file_versions": lambda here: here.bucket.list_file_versions("d/file", fetch_count=1),
    "list_unfinished_large_files": lambda here: (here.unfinished(), here.bucket.list_unfinished_large_files()),
    "list_parts": lambda here: here.api.list_parts(_with_a_part(here)),
    # making files
    "upload_bytes": lambda here: here.bucket.upload_bytes(SMALL, "new"),
    "upload_bytes, large": lambda here: here.bucket.upload_bytes(LARGE, "new"),
    "upload_bytes, resumed": lambda here: (_with_a_part(here, "new"), here.bucket.upload_bytes(LARGE, "new")),
    "create_file, continued": _continued,
    "upload_unbound_stream": lambda here: here.bucket.upload_unbound_stream(io.BytesIO(LARGE), "new"),
    "open": _written,
    "copy": lambda here: here.bucket.copy(here.version.id_, "copy"),
    "copy, large": lambda here: here.bucket.copy(here.large.id_, "copy", length=len(LARGE), max_part_size=200),
    "concatenate": lambda here: here.bucket.concatenate(
        [here.surface.CopySource(here.large.id_, length=len(LARGE)), here.surface.UploadSourceBytes(LARGE)],
        "new",
        max_part_size=200,
    ),
    "cancel_large_file": lambda here: here.api.cancel_large_file(here.unfinished()),
    # changing files
    "hide_file": lambda here: here.bucket.hide_file("d/file"),
    "unhide_file": lambda here: (here.bucket.hide_file("d/file"), here.bucket.unhide_file("d/file")),
    "delete_file_version": lambda here: here.bucket.delete_file_version(here.version.id_, "d/file"),
    "update_retention": lambda here: here.version.update_retention(
        here.surface.FileRetentionSetting(here.surface.RetentionMode.GOVERNANCE, UNTIL)
    ),
    "update_legal_hold": lambda here: here.version.update_legal_hold(here.surface.LegalHold.ON),
    # folders
    "sync up": lambda here: here.sync("", "b2://the-bucket/d"),
    "sync down": lambda here: here.sync("b2://the-bucket/d", ""),
    "sync across": lambda here: here.sync("b2://the-bucket/d", "b2://the-bucket/other"),
}
