"""What is done while things fail: each operation prepares, yields, acts, yields, and looks at what has become of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.faults.table import OK, Kind
from tests.faults.world import PRECIOUS, World
from tests.flows.synced import DELETE, Synced, make, tree

from b2sdk.progress import DoNothingProgressListener
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.v3 import (
    CopySource,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
    UploadSourceBytes,
    WriteIntent,
)

SMALL = b"0123456789" * 15
LARGE = bytes(range(200)) * 3
"""Three parts."""
FAR_AWAY = 4_000_000_000_000
CAPABILITIES = ["listFiles", "readFiles"]

Steps = Callable[[World], Iterator[None]]


@dataclass(frozen=True)
class Operation:
    """One way of meeting a fault: while this is done, at the requests to this endpoint."""

    name: str
    endpoint: str
    steps: Steps
    kind: Kind = "call"
    calls: int = 1
    """Requests to the endpoint when nothing fails."""
    streams: int = 1
    """How many of the requests are sent at the same time, each with attempts of its own."""
    when_done_before: str = OK
    """How it ends when the response is lost, and the retry finds that the service has acted."""
    failure: str | None = None
    """The error that stands for all others."""
    ends: Mapping[str, str] = field(default_factory=dict)
    """How it ends where it meets a fault in a way of its own."""
    blind_to: str | None = None
    """The fault that it cannot notice."""

    @property
    def is_awaited(self) -> bool:
        """Whether the asyncio client has it."""
        return not self.name.startswith("syncing")

    def __str__(self) -> str:
        return f"{self.name} at {self.endpoint}"


OPERATIONS: list[Operation] = []


def operation(name: str, *endpoints: str, **about: Any) -> Callable[[Steps], Steps]:
    def add(steps: Steps) -> Steps:
        OPERATIONS.extend(Operation(name, endpoint, steps, **about) for endpoint in endpoints)
        return steps

    return add


# --- the account and its keys ---


@operation("authorizing", "b2_authorize_account", ends={"401, the token has expired": "InvalidAuthToken"})
def authorize(world: World) -> Iterator[None]:
    token = world.api.account_info.get_account_auth_token()
    yield
    world.api.authorize_account(world.service.key_id, world.service.key, realm=world.service.url)
    yield
    assert world.api.account_info.get_account_auth_token() != token
    assert world.api.list_buckets()


@operation("creating a key", "b2_create_key")
def create_key(world: World) -> Iterator[None]:
    yield
    key = world.api.create_key(CAPABILITIES, "the-key")
    yield
    named = [listed.id_ for listed in world.observer.list_keys() if listed.key_name == "the-key"]
    assert key.id_ in named
    assert len(named) <= 1 + world.may_be_repeated


@operation("listing keys", "b2_list_keys")
def list_keys(world: World) -> Iterator[None]:
    key = world.observer.create_key(CAPABILITIES, "the-key")
    yield
    listed = list(world.api.list_keys())
    yield
    assert [one.id_ for one in listed] == [key.id_]


@operation("deleting a key", "b2_delete_key", when_done_before="BadRequest")
def delete_key(world: World) -> Iterator[None]:
    key = world.observer.create_key(CAPABILITIES, "the-key")
    yield
    world.api.delete_key(key)
    yield
    assert list(world.observer.list_keys()) == []


# --- buckets ---


@operation("creating a bucket", "b2_create_bucket", when_done_before="DuplicateBucketName")
def create_bucket(world: World) -> Iterator[None]:
    yield
    world.api.create_bucket("new-bucket", "allPrivate")
    yield
    assert world.observer.get_bucket_by_name("new-bucket").type_ == "allPrivate"


@operation("listing buckets", "b2_list_buckets")
def list_buckets(world: World) -> Iterator[None]:
    yield
    names = [bucket.name for bucket in world.api.list_buckets()]
    yield
    assert sorted(str(name) for name in names) == ["other-bucket", "the-bucket"]


@operation("updating a bucket", "b2_update_bucket")
def update_bucket(world: World) -> Iterator[None]:
    yield
    world.bucket.update(bucket_info={"about": "faults"})
    yield
    assert world.observed.get_fresh_state().bucket_info == {"about": "faults"}


@operation("updating a bucket unless it changed", "b2_update_bucket", when_done_before="Conflict")
def update_bucket_unless_changed(world: World) -> Iterator[None]:
    revision = world.observed.get_fresh_state().revision
    yield
    world.bucket.update(bucket_info={"about": "faults"}, if_revision_is=revision)
    yield
    assert world.observed.get_fresh_state().bucket_info == {"about": "faults"}


@operation("deleting a bucket", "b2_delete_bucket", when_done_before="BucketIdNotFound")
def delete_bucket(world: World) -> Iterator[None]:
    yield
    world.api.delete_bucket(world.other)
    yield
    assert [bucket.name for bucket in world.observer.list_buckets()] == ["the-bucket"]


RULES: list[Any] = [
    {
        "name": "the-rule",
        "eventTypes": ["b2:ObjectCreated:*"],
        "isEnabled": True,
        "objectNamePrefix": "",
        "targetConfiguration": {"targetType": "webhook", "url": "https://example.com/hook"},
    }
]


@operation("setting notification rules", "b2_set_bucket_notification_rules")
def set_rules(world: World) -> Iterator[None]:
    yield
    world.bucket.set_notification_rules(RULES)
    yield
    assert [rule["name"] for rule in world.observed.get_notification_rules()] == ["the-rule"]


@operation("reading notification rules", "b2_get_bucket_notification_rules")
def get_rules(world: World) -> Iterator[None]:
    world.observed.set_notification_rules(RULES)
    yield
    rules = world.bucket.get_notification_rules()
    yield
    assert [rule["name"] for rule in rules] == ["the-rule"]


@operation("authorizing downloads", "b2_get_download_authorization")
def download_authorization(world: World) -> Iterator[None]:
    yield
    token = world.bucket.get_download_authorization("pre", 60)
    yield
    assert token


# --- files ---


@operation("listing files", "b2_list_file_names")
def list_names(world: World) -> Iterator[None]:
    yield
    names = [version.file_name for version, _ in world.bucket.ls(recursive=True)]
    yield
    assert names == ["precious"]


@operation("listing file versions", "b2_list_file_versions", calls=3)
def list_versions(world: World) -> Iterator[None]:
    for number in range(5):
        world.observed.upload_bytes(b"%d" % number, "file")
    yield
    listed = [version.id_ for version, _ in world.bucket.ls(recursive=True, latest_only=False, fetch_count=2)]
    yield
    assert len(listed) == len(set(listed)) == 6


@operation("looking up a file", "b2_get_file_info")
def get_file_info(world: World) -> Iterator[None]:
    id_ = world.versions("precious")[0].id_
    yield
    found = world.bucket.get_file_info_by_id(id_)
    yield
    assert found.file_name == "precious"


@operation("looking up a file by name", "b2_download_file_by_name", kind="head")
def head(world: World) -> Iterator[None]:
    yield
    found = world.bucket.get_file_info_by_name("precious")
    yield
    assert found.size == len(PRECIOUS)


@operation("hiding a file", "b2_hide_file", when_done_before="FileAlreadyHidden")
def hide(world: World) -> Iterator[None]:
    world.observed.upload_bytes(SMALL, "file")
    yield
    world.bucket.hide_file("file")
    yield
    assert [version.action for version in world.versions("file")] == ["hide", "upload"]


@operation("unhiding a file", "b2_list_file_versions")
@operation("unhiding a file", "b2_delete_file_version", when_done_before="FileNotPresent")
def unhide(world: World) -> Iterator[None]:
    world.observed.upload_bytes(SMALL, "file")
    world.observed.hide_file("file")
    yield
    world.bucket.unhide_file("file")
    yield
    assert world.content("file") == SMALL


@operation("deleting a file version", "b2_delete_file_version", when_done_before="FileNotPresent")
def delete_version(world: World) -> Iterator[None]:
    old, new = (world.observed.upload_bytes(content, "file") for content in (b"old", b"new"))
    yield
    world.bucket.delete_file_version(new.id_, "file")
    yield
    assert [version.id_ for version in world.versions("file")] == [old.id_]


@operation("setting a retention", "b2_update_file_retention")
def retention(world: World) -> Iterator[None]:
    version = world.versions("precious")[0]
    yield
    world.api.update_file_retention(version.id_, "precious", FileRetentionSetting(RetentionMode.GOVERNANCE, FAR_AWAY))
    yield
    assert world.observer.get_file_info(version.id_).file_retention.retain_until == FAR_AWAY


@operation("setting a legal hold", "b2_update_file_legal_hold")
def legal_hold(world: World) -> Iterator[None]:
    version = world.versions("precious")[0]
    yield
    world.api.update_file_legal_hold(version.id_, "precious", LegalHold.ON)
    yield
    assert world.observer.get_file_info(version.id_).legal_hold is LegalHold.ON


# --- uploads ---


@operation("uploading a small file", "b2_get_upload_url", kind="upload URL")
@operation("uploading a small file", "b2_upload_file", kind="upload")
def upload_small(world: World) -> Iterator[None]:
    yield
    world.bucket.upload_bytes(SMALL, "file", file_info={"about": "faults"})
    yield
    world.assert_made("file", SMALL)


@operation("uploading a small local file", "b2_upload_file", kind="upload")
def upload_local(world: World) -> Iterator[None]:
    path = world.directory / "file"
    path.write_bytes(SMALL)
    yield
    world.bucket.upload_local_file(path, "file")
    yield
    world.assert_made("file", SMALL)


@operation("uploading a large file", "b2_list_unfinished_large_files", "b2_start_large_file", "b2_finish_large_file")
@operation("uploading a large file", "b2_get_upload_part_url", kind="upload URL", calls=3, streams=3)
@operation("uploading a large file", "b2_upload_part", kind="upload", calls=3, streams=3)
def upload_large(world: World) -> Iterator[None]:
    yield
    world.bucket.upload_bytes(LARGE, "file")
    yield
    world.assert_made("file", LARGE)


@operation("resuming a large file", "b2_list_parts", "b2_finish_large_file")
@operation("resuming a large file", "b2_upload_part", kind="upload", calls=2, streams=2)
def go_on(world: World) -> Iterator[None]:
    started = world.observer.services.large_file.start_large_file(world.observed.id_, "file", "b2/x-auto", {})
    world.observer.services.upload_manager.upload_part(
        world.observed.id_,
        started.file_id,
        UploadSourceBytes(LARGE[:200]),
        1,
        LargeFileUploadState(DoNothingProgressListener()),
    ).result()
    world.service.journal.clear()
    yield
    world.bucket.upload_bytes(LARGE, "file")
    yield
    world.assert_made("file", LARGE)


@operation("cancelling a large file", "b2_cancel_large_file", when_done_before="BadRequest")
def cancel(world: World) -> Iterator[None]:
    started = world.observer.services.large_file.start_large_file(world.observed.id_, "file")
    yield
    world.api.cancel_large_file(started.file_id)
    yield
    assert world.unfinished() == []


@operation("uploading a stream", "b2_start_large_file", "b2_finish_large_file")
@operation("uploading a stream", "b2_upload_part", kind="upload", calls=3, streams=3)
def upload_stream(world: World) -> Iterator[None]:
    yield
    world.bucket.upload_unbound_stream(io.BytesIO(LARGE), "file")
    yield
    world.assert_made("file", LARGE)


@operation("writing to a file object", "b2_start_large_file", "b2_finish_large_file")
@operation("writing to a file object", "b2_upload_part", kind="upload", calls=3, streams=3)
def write_object(world: World) -> Iterator[None]:
    yield
    with world.bucket.open("file", "wb") as file:
        file.write(LARGE)
    yield
    world.assert_made("file", LARGE)


# --- copies ---


@operation("copying a file", "b2_copy_file")
def copy(world: World) -> Iterator[None]:
    source = world.observed.upload_bytes(SMALL, "source")
    yield
    world.bucket.copy(source.id_, "file")
    yield
    world.assert_made("file", SMALL)


@operation("copying a large file", "b2_get_file_info", "b2_start_large_file", "b2_finish_large_file")
@operation("copying a large file", "b2_copy_part", calls=3, streams=3)
def copy_large(world: World) -> Iterator[None]:
    source = world.observed.upload_bytes(LARGE, "source")
    world.service.journal.clear()
    yield
    world.bucket.copy(source.id_, "file", min_part_size=200, max_part_size=200)
    yield
    world.assert_made("file", LARGE)


@operation("composing a file", "b2_copy_part", calls=2, streams=2)
@operation("composing a file", "b2_upload_part", kind="upload", calls=1)
@operation("composing a file", "b2_finish_large_file")
def compose(world: World) -> Iterator[None]:
    source = world.observed.upload_bytes(LARGE[:400], "source")
    intents = [
        WriteIntent(CopySource(source.id_, offset=0, length=400), 0),
        WriteIntent(UploadSourceBytes(LARGE[400:]), 400),
    ]
    world.service.journal.clear()
    yield
    world.bucket.create_file(intents, "file", min_part_size=200, max_part_size=200)
    yield
    world.assert_made("file", LARGE)


# --- downloads ---


def download(world: World, *, parallel: bool, **options: Any) -> Iterator[None]:
    world.observed.upload_bytes(LARGE, "file")
    world.service.journal.clear()
    world.download_in_ranges_of(200 if parallel else 10**9)
    path = world.directory / "file"
    path.write_bytes(PRECIOUS)
    yield
    try:
        world.bucket.download_file_by_name("file").save_to(path, **options)
    except BaseException:
        assert path.read_bytes() == PRECIOUS
        raise
    yield
    assert path.read_bytes() == LARGE
    assert [entry for entry in world.directory.iterdir() if entry != path] == []


BY_NAME = "b2_download_file_by_name"
operation("downloading in one stream", BY_NAME, kind="download")(partial(download, parallel=False))
operation("downloading in several streams", BY_NAME, kind="download", calls=3, streams=3)(
    partial(download, parallel=True)
)
operation("downloading with checkpoints", BY_NAME, kind="download")(partial(download, parallel=False, resume=True))


@operation("downloading by id", "b2_download_file_by_id", kind="download")
def download_by_id(world: World) -> Iterator[None]:
    version = world.observed.upload_bytes(LARGE, "file")
    target = io.BytesIO()
    yield
    world.api.download_file_by_id(version.id_).save(target)
    yield
    assert target.getvalue() == LARGE


@operation("downloading a range", "b2_download_file_by_name", kind="download", blind_to="corrupted response")
def download_range(world: World) -> Iterator[None]:
    world.observed.upload_bytes(LARGE, "file")
    target = io.BytesIO()
    world.service.journal.clear()
    yield
    world.bucket.download_file_by_name("file", range_=(100, 399)).save(target)
    yield
    assert target.getvalue() == LARGE[100:400]


# --- syncs ---


def sync(world: World, *ways: object, **options: Any) -> None:
    done = Synced(world.api, *ways, **options)
    if done.failure is not None:
        raise done.failure


FILES = {"a": b"a" * 100, "b/c": b"c" * 150, "d": b""}


@operation("syncing up", "b2_list_file_versions")
@operation("syncing up", "b2_upload_file", kind="upload", calls=3, streams=3, failure="IncompleteSync")
def sync_up(world: World) -> Iterator[None]:
    root = make(world.directory / "root", FILES)
    yield
    sync(world, root, "b2://the-bucket/up")
    yield
    for name, content in FILES.items():
        world.assert_made(f"up/{name}", content)


@operation("syncing down", "b2_list_file_versions")
@operation("syncing down", "b2_download_file_by_id", kind="download", calls=3, streams=3, failure="IncompleteSync")
def sync_down(world: World) -> Iterator[None]:
    for name, content in FILES.items():
        world.observed.upload_bytes(content, f"down/{name}")
    root = make(world.directory / "root", {"a": PRECIOUS, "gone": PRECIOUS}, mod_time=1000)
    yield
    try:
        sync(world, "b2://the-bucket/down", root, keep_days_or_delete=DELETE)
    except BaseException:
        assert (root / "a").read_bytes() in (PRECIOUS, FILES["a"])
        raise
    yield
    assert {name: content for name, (content, _) in tree(root).items()} == FILES


@operation("syncing across", "b2_copy_file", calls=3, streams=3, failure="IncompleteSync")
def sync_across(world: World) -> Iterator[None]:
    for name, content in FILES.items():
        world.observed.upload_bytes(content, f"from/{name}")
    yield
    sync(world, "b2://the-bucket/from", "b2://the-bucket/to")
    yield
    for name, content in FILES.items():
        world.assert_made(f"to/{name}", content)


def as_markdown() -> Iterator[str]:
    """Yield the lines of the table of operations as the document shows it."""
    yield "| operation | meets faults at | kind | if the response is lost |"
    yield "|---|---|---|---|"
    for one in OPERATIONS:
        lost = one.when_done_before if one.when_done_before == OK else f"done; `{one.when_done_before}`"
        yield f"| {one.name} | `{one.endpoint}` | {one.kind} | {lost} |"
