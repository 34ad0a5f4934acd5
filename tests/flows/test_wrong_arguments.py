"""Arguments of a wrong kind: each verb takes one, as in b2sdk 2.13.1, or says so before a request is made."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import b2sdk.aio
import b2sdk.v2
from b2sdk.bulk.crew import BulkRun
from b2sdk.v3 import (
    SSE_B2_AES,
    B2Api,
    B2HttpApiConfig,
    B2Session,
    Bucket,
    BucketRetentionSetting,
    EncryptionSetting,
    FileRetentionSetting,
    FileVersion,
    InMemoryAccountInfo,
    LegalHold,
    RawSimulator,
    RetentionMode,
    UploadSourceBytes,
    WriteIntent,
    parse_folder,
)
from b2sdk.v3.exception import B2Error

WRONG: list[Any] = [None, 5, "x", b"x", object(), [], {}, Path("x"), (10, None), ("1", "5")]
LOCAL = {"check_b2_filename", "get_download_url_by_id", "get_download_url_by_name", "get_upload_file_headers"}
"""Methods of the raw API that make no request."""


class CountingSimulator(RawSimulator):
    """Records the calls."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if not name.startswith("_") and hasattr(B2Session, name) and name not in LOCAL and callable(value):

            def noted(*args: Any, **kwargs: Any) -> Any:
                self.made.append(name)
                return value(*args, **kwargs)

            return noted
        return value


class World(NamedTuple):
    api: B2Api
    bucket: Bucket
    version: FileVersion
    large_file_id: str
    path: Path

    @property
    def made(self) -> list[str]:
        made: list[str] = self.api.raw_api.made  # type: ignore[attr-defined]  # it is the class above
        return made


@pytest.fixture
def new_world(tmp_path: Path) -> Callable[[], World]:
    path = tmp_path / "file"
    path.write_bytes(b"content")

    def make() -> World:
        api = B2Api(InMemoryAccountInfo(), api_config=B2HttpApiConfig(_raw_api_class=CountingSimulator))
        api.authorize_account(*api.raw_api.create_account())  # type: ignore[attr-defined]  # the simulator's
        bucket = api.create_bucket("a-bucket", "allPrivate", is_file_lock_enabled=True)
        version = bucket.upload_bytes(b"content", "file")
        large_file = api.services.large_file.start_large_file(bucket.id_, "large", "text/plain", {})
        return World(api, bucket, version, large_file.file_id, path)

    return make


def source() -> UploadSourceBytes:
    return UploadSourceBytes(b"content")


def with_an_application_key(world: World) -> dict[str, Any]:
    """Authorize with a key that S3 takes, and return where that is."""
    key = world.api.create_key(["readFiles", "writeKeys"], "a-key")
    world.api.authorize_account(key.id_, key.application_key)
    return {"endpoint": "https://s3.us-west-001.backblazeb2.com"}


VERBS: dict[str, Callable[[World], dict[str, Any]]] = {
    "api.authorize_account": lambda w: {
        "application_key_id": w.api.account_info.get_application_key_id(),
        "application_key": w.api.account_info.get_application_key(),
    },
    "api.create_bucket": lambda _: {"name": "another-bucket", "bucket_type": "allPrivate"},
    "api.delete_bucket": lambda w: {"bucket": w.bucket},
    "api.list_buckets": lambda _: {},
    "api.get_bucket_by_id": lambda w: {"bucket_id": w.bucket.id_},
    "api.get_bucket_by_name": lambda _: {"bucket_name": "a-bucket"},
    "api.check_bucket_name_restrictions": lambda _: {"bucket_name": "a-bucket"},
    "api.check_bucket_id_restrictions": lambda w: {"bucket_id": w.bucket.id_},
    "api.create_key": lambda _: {"capabilities": ["listFiles"], "key_name": "a-key"},
    "api.delete_key": lambda w: {"application_key": w.api.create_key(["listFiles"], "a-key")},
    "api.delete_key_by_id": lambda w: {"application_key_id": w.api.create_key(["listFiles"], "a-key").id_},
    "api.list_keys": lambda _: {},
    "api.get_key": lambda _: {"key_id": "a key"},
    "api.download_file_by_id": lambda w: {"file_id": w.version.id_},
    "api.get_file_info": lambda w: {"file_id": w.version.id_},
    "api.get_file_info_by_name": lambda _: {"bucket_name": "a-bucket", "file_name": "file"},
    "api.delete_file_version": lambda w: {"file_id": w.version.id_, "file_name": "file"},
    "api.list_parts": lambda w: {"file_id": w.large_file_id},
    "api.cancel_large_file": lambda w: {"file_id": w.large_file_id},
    "api.update_file_legal_hold": lambda w: {
        "file_id": w.version.id_,
        "file_name": "file",
        "legal_hold": LegalHold.ON,
    },
    "api.update_file_retention": lambda w: {
        "file_id": w.version.id_,
        "file_name": "file",
        "file_retention": w.version.file_retention,
    },
    "api.get_download_url_for_fileid": lambda w: {"file_id": w.version.id_},
    "api.get_download_url_for_file_name": lambda _: {"bucket_name": "a-bucket", "file_name": "file"},
    "bucket.update": lambda _: {"bucket_type": "allPublic", "bucket_info": {"a": "b"}},
    "bucket.set_info": lambda _: {"new_bucket_info": {"a": "b"}},
    "bucket.set_type": lambda _: {"bucket_type": "allPublic"},
    "bucket.set_notification_rules": lambda _: {"rules": []},
    "bucket.get_download_authorization": lambda _: {"file_name_prefix": "f", "valid_duration_in_seconds": 60},
    "bucket.presigned_url": lambda _: {"file_name": "file", "seconds": 60},
    "bucket.presigned_urls": lambda _: {"prefix": "f", "seconds": 60},
    "bucket.presigned_s3_url": lambda w: with_an_application_key(w) | {"file_name": "file", "seconds": 60},
    "bucket.allow_browser_uploads": lambda _: {"origins": ["https://www.example.com"]},
    "bucket.browser_upload": lambda _: {"file_name": "new"},
    "bucket.get_download_url": lambda _: {"filename": "file"},
    "bucket.download_file_by_id": lambda w: {"file_id": w.version.id_},
    "bucket.download_file_by_name": lambda _: {"file_name": "file"},
    "bucket.get_file_info_by_id": lambda w: {"file_id": w.version.id_},
    "bucket.get_file_info_by_name": lambda _: {"file_name": "file"},
    "bucket.exists": lambda _: {"file_name": "file"},
    "bucket.delete_many": lambda _: {"items": ["file"]},
    "bucket.delete_prefix": lambda _: {"prefix": "f"},
    "bucket.delete_all": lambda _: {},
    "bucket.copy_many": lambda w: {"pairs": [(w.version, "new")]},
    "bucket.copy_prefix": lambda _: {"prefix": "file", "new_prefix": "new"},
    "bucket.rename_prefix": lambda _: {"prefix": "file", "new_prefix": "new"},
    "bucket.list_file_versions": lambda _: {"file_name": "file"},
    "bucket.ls": lambda _: {"recursive": True},
    "bucket.list_parts": lambda w: {"file_id": w.large_file_id},
    "bucket.list_unfinished_large_files": lambda _: {},
    "bucket.cancel_large_file": lambda w: {"file_id": w.large_file_id},
    "bucket.hide_file": lambda _: {"file_name": "file"},
    "bucket.unhide_file": lambda _: {"file_name": "file"},
    "bucket.delete_file_version": lambda w: {"file_id": w.version.id_, "file_name": "file"},
    "bucket.upload": lambda _: {"upload_source": source(), "file_name": "new"},
    "bucket.upload_bytes": lambda _: {"data_bytes": b"content", "file_name": "new"},
    "bucket.upload_local_file": lambda w: {"local_file": w.path, "file_name": "new"},
    "bucket.upload_unbound_stream": lambda _: {"read_only_object": io.BytesIO(b"content"), "file_name": "new"},
    "bucket.concatenate": lambda _: {"outbound_sources": [source()], "file_name": "new"},
    "bucket.concatenate_stream": lambda _: {"outbound_sources_iterator": [source()], "file_name": "new"},
    "bucket.create_file": lambda _: {"write_intents": [WriteIntent(source())], "file_name": "new"},
    "bucket.create_file_stream": lambda _: {"write_intents_iterator": [WriteIntent(source())], "file_name": "new"},
    "bucket.copy": lambda w: {"file_id": w.version.id_, "new_file_name": "new"},
    "bucket.open": lambda _: {"file_name": "file"},
}
LEFT_TO_THE_SERVICE = {
    ("bucket.update", "cors_rules"),
    ("api.create_bucket", "cors_rules"),
    ("bucket.set_notification_rules", "rules"),
}
"""What has no kind that would be worth knowing here: the service says what is wrong with it."""


LOOKED_AT_LATER = {"bypass_governance", "dry_run", "if_revision_is", "or_hidden", "skip_copied", "unfinished"}
"""Flags go by their truth; and what the bucket is not is for the service to say."""


def cases() -> Iterator[tuple[str, str]]:
    for verb in VERBS:
        owner, _, name = verb.partition(".")
        for parameter in inspect.signature(getattr({"api": B2Api, "bucket": Bucket}[owner], name)).parameters:
            if parameter != "self" and (verb, parameter) not in LEFT_TO_THE_SERVICE:
                yield verb, parameter


def is_text(verb: str, parameter: str) -> bool:
    """Whether any text is of the right kind, though there may be nothing of that name."""
    owner, _, name = verb.partition(".")
    found = inspect.signature(getattr({"api": B2Api, "bucket": Bucket}[owner], name)).parameters[parameter]
    return "str" in str(found.annotation).split(" | ")


def called(verb: str, world: World, arguments: dict[str, Any]) -> None:
    owner, _, name = verb.partition(".")
    result = getattr(getattr(world, owner), name)(**arguments)
    if inspect.isgenerator(result) or isinstance(result, BulkRun):
        list(result)


class Unsent(Exception):
    """A request would have been made."""


def refused_in_a_loop(verb: str, world: World, arguments: dict[str, Any]) -> Exception | None:
    """Return what the verb of the asyncio client raises before a request is made."""
    owner, _, name = verb.partition(".")

    async def unsent(*_args: Any, **_kwargs: Any) -> Any:
        raise Unsent

    async def call() -> None:
        async with b2sdk.aio.B2Api(world.api.account_info) as api:
            api.session.http.request = unsent  # type: ignore[method-assign]
            bucket = b2sdk.aio.Bucket(api, world.bucket.id_, world.bucket.name)
            result = getattr({"api": api, "bucket": bucket}[owner], name)(**arguments)
            if isinstance(result, AsyncIterator):
                async with aclosing(result) as items:  # type: ignore[type-var]  # each of them can be closed
                    await anext(items, None)
            else:
                await result

    try:
        asyncio.run(call())
    except Unsent:
        return None
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    return None


def refused(verb: str, world: World, arguments: dict[str, Any]) -> Exception | None:
    try:
        called(verb, world, arguments)
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    return None


def test_all_verbs_are_known() -> None:
    verbs = {
        f"{owner}.{name}"
        for owner, cls in (("api", B2Api), ("bucket", Bucket))
        for name, value in inspect.getmembers(cls, callable)
        if not name.startswith("_") and len(inspect.signature(value).parameters) > 1
    }
    assert {verb for verb in verbs if not verb.endswith("_CLASS")} == VERBS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_does_its_work_with_the_right_arguments(verb: str, new_world: Callable[[], World]) -> None:
    world = new_world()
    if verb == "bucket.unhide_file":
        world.bucket.hide_file("file")
    if verb == "api.delete_bucket":
        world.api.delete_file_version(world.version.id_, "file")
        world.api.cancel_large_file(world.large_file_id)
    called(verb, world, VERBS[verb](world))


@pytest.mark.parametrize(("verb", "parameter"), list(cases()))
def test_what_a_verb_cannot_take_is_said_before_a_request_is_made(
    verb: str, parameter: str, new_world: Callable[[], World]
) -> None:
    for wrong in WRONG:
        if isinstance(wrong, str) and is_text(verb, parameter):
            continue
        world = new_world()
        arguments = {**VERBS[verb](world), parameter: wrong}
        world.made.clear()
        refusal = refused(verb, world, arguments)
        if isinstance(refusal, AssertionError):
            assert str(refusal) == "update_bucket needs something to update", "as in b2sdk 2.13.1"
        elif refusal is not None and parameter not in LOOKED_AT_LATER:
            assert isinstance(refusal, (TypeError, ValueError, B2Error)), f"{wrong!r}: {refusal!r}"
            assert str(refusal)
            assert world.made == [], f"{wrong!r}: {refusal!r}"
            # There the kinds of all arguments are looked at first.
            in_a_loop = refused_in_a_loop(verb, world, {**VERBS[verb](world), parameter: wrong})
            assert isinstance(in_a_loop, (type(refusal), TypeError)), f"{wrong!r}: {in_a_loop!r}"


A_RANGE = "range_ must be tuple[int, int] | None"
A_LISTENER = "progress_listener must be AbstractProgressListener | None"


@pytest.mark.parametrize(
    ("verb", "parameter", "wrong", "told"),
    [
        ("bucket.upload_bytes", "encryption", "SSE-B2", "encryption must be EncryptionSetting | None, not str"),
        ("bucket.upload_bytes", "legal_hold", "on", "legal_hold must be LegalHold | None, not str"),
        ("bucket.upload_bytes", "content_type", 5, "content_type must be str | None, not int"),
        ("bucket.upload", "upload_source", "text", "a source of content is needed, not str"),
        ("bucket.create_file", "write_intents", [source()], "a write intent is needed, not UploadSourceBytes"),
        ("bucket.ls", "path", Path("x"), "path must be str, not PosixPath"),
        ("bucket.ls", "filters", ["*.txt"], "filters must be Sequence[Filter], not list of str"),
        ("bucket.download_file_by_name", "range_", (10, None), f"{A_RANGE}, not tuple of int, NoneType"),
        ("bucket.download_file_by_name", "range_", ("1", "5"), f"{A_RANGE}, not tuple of str, str"),
        ("bucket.download_file_by_name", "progress_listener", 5, f"{A_LISTENER}, not int"),
        ("api.delete_bucket", "bucket", "a-bucket", "bucket must be an object with an id_, not str"),
        ("api.delete_key", "application_key", "a-key", "application_key must be an object with an id_, not str"),
        ("api.create_key", "bucket_ids", "an id", "bucket_ids must be list[str] | None, not str"),
        ("api.create_key", "bucket_ids", [None], "bucket_ids must be list[str] | None, not list of NoneType"),
    ],
)
def test_the_text_says_what_is_needed(
    verb: str, parameter: str, wrong: Any, told: str, new_world: Callable[[], World]
) -> None:
    world = new_world()
    with pytest.raises(TypeError) as caught:
        called(verb, world, {**VERBS[verb](world), parameter: wrong})
    assert str(caught.value) == told


def test_a_key_in_the_wrong_place_is_not_repeated(new_world: Callable[[], World]) -> None:
    with pytest.raises(TypeError, match=r"^application_key must be str, not bytes$"):
        new_world().api.authorize_account("id", b"a secret")  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("flag", [0, 1, None, "yes"])
def test_flags_of_this_side_go_by_their_truth(flag: Any, new_world: Callable[[], World]) -> None:
    world, truth = new_world(), bool(flag)
    wanted = list(world.bucket.ls(latest_only=truth, recursive=truth))
    assert list(world.bucket.ls(latest_only=flag, recursive=flag)) == wanted
    assert len(world.api.list_buckets(use_cache=flag)) == 1


@pytest.mark.parametrize("target", ["path", Path("path"), None, 5])
def test_a_path_is_no_open_file(target: Any, new_world: Callable[[], World]) -> None:
    file = new_world().bucket.download_file_by_name("file")
    with pytest.raises(TypeError, match=f"must be an open file, not {type(target).__name__}; save_to takes a path"):
        file.save(target)


@pytest.mark.parametrize(
    ("cls", "arguments", "told"),
    [
        (EncryptionSetting, ("SSE-B2",), "mode must be EncryptionMode, not str"),
        (FileRetentionSetting, ("governance", 5), "mode must be RetentionMode, not str"),
        (BucketRetentionSetting, ("governance",), "mode must be RetentionMode, not str"),
        (BucketRetentionSetting, (RetentionMode.GOVERNANCE, 5), "period must be RetentionPeriod | None, not int"),
    ],
)
def test_a_setting_is_not_made_of_what_is_none(cls: Any, arguments: tuple[Any, ...], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        cls(*arguments)
    assert str(caught.value) == told


# --- forgotten values ---


@pytest.mark.parametrize("surface", [b2sdk.v2, b2sdk.v3])
def test_a_forgotten_name_is_not_everything(surface: Any, tmp_path: Path) -> None:
    api = surface.B2Api(
        surface.InMemoryAccountInfo(), api_config=surface.B2HttpApiConfig(_raw_api_class=surface.RawSimulator)
    )
    key_id, key = api.raw_api.create_account()
    api.session.authorize_account("production", key_id, key)
    bucket = api.create_bucket("a-bucket", "allPrivate")
    bucket.upload_bytes(b"content", "file")
    restriction: Any = {"bucket_id": ""} if surface is b2sdk.v2 else {"bucket_ids": []}
    with pytest.raises(ValueError, match="there is no id"):
        api.create_key(["listFiles"], "a-key", **restriction)
    calls: list[Callable[[], Any]] = [
        lambda: api.get_bucket_by_name(None),
        lambda: api.get_bucket_by_id(None),
        lambda: api.get_key(None),
        lambda: api.get_download_url_for_fileid(None),
        lambda: api.get_download_url_for_file_name(None, "file"),
        lambda: bucket.ls(None),
        lambda: bucket.list_file_versions(None),
        lambda: bucket.get_download_authorization(None, 60),
        lambda: surface.B2Folder("a-bucket", None, api),
        lambda: surface.B2Folder(None, "", api),
        lambda: surface.parse_folder(None, api),
        lambda: surface.ReplicationRule("an id", "rule", file_name_prefix=None),
    ]
    for forgotten in calls:
        with pytest.raises(TypeError, match="must be str, not NoneType"):
            forgotten()


def test_an_empty_name_does_not_empty_the_cache_of_names(new_world: Callable[[], World]) -> None:
    api = new_world().api
    api.list_buckets()
    assert api.list_buckets(bucket_id="") == api.list_buckets(bucket_name="") == []
    assert [name for name, _ in api.cache.list_bucket_names_ids()] == ["a-bucket"]


def test_what_stands_for_all_still_does(new_world: Callable[[], World]) -> None:
    world = new_world()
    assert len(world.api.list_buckets(bucket_name=None)) == 1
    assert len(list(world.bucket.ls(""))) == 1
    assert world.api.create_key(["listFiles"], "a-key", bucket_ids=None, name_prefix=None).bucket_ids is None
    assert world.bucket.get_download_authorization("", 60)
    assert str(parse_folder("b2://a-bucket", world.api)) == "B2Folder(a-bucket, )"
    assert world.bucket.upload_bytes(b"", "other", encryption=SSE_B2_AES).server_side_encryption == SSE_B2_AES
