"""Programs that override a verb, or replace one, see what comes through it: what they see is recorded here."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import b2sdk.v1
import b2sdk.v2
import b2sdk.v3
from b2sdk.v3 import UploadSourceBytes, WriteIntent

ABOUT: dict[str, Any] = {
    "content_type": "text/plain",
    "file_info": {"a": "b"},
    "progress_listener": None,
    "encryption": None,
    "file_retention": None,
    "legal_hold": None,
    "large_file_sha1": None,
    "custom_upload_timestamp": 1_700_000_000_000,
    "cache_control": "no-store",
    "expires": None,
    "content_disposition": None,
    "content_encoding": None,
    "content_language": None,
}
"""What a verb hands on of a call that gives three of them."""
GIVEN: dict[str, Any] = {
    "file_info": {"a": "b"},
    "custom_upload_timestamp": 1_700_000_000_000,
    "cache_control": "no-store",
}
OF_AN_UPLOAD: dict[str, Any] = {"recommended_upload_part_size": None}
OF_A_FILE: dict[str, Any] = {**OF_AN_UPLOAD, "continue_large_file_id": None}
OF_SEVERAL: dict[str, Any] = {**OF_A_FILE, "min_part_size": None, "max_part_size": None}

Call = Callable[[Any, Path], Any]
CALLS: dict[str, Call] = {
    "upload_bytes": lambda bucket, _: bucket.upload_bytes(b"content", "name", "text/plain", **GIVEN),
    "upload_local_file": lambda bucket, path: bucket.upload_local_file(path, "name", "text/plain", **GIVEN),
    "upload": lambda bucket, _: bucket.upload(source(), "name", "text/plain", **GIVEN),
    "concatenate": lambda bucket, _: bucket.concatenate([source()], "name", "text/plain", **GIVEN),
    "concatenate_stream": lambda bucket, _: bucket.concatenate_stream(iter([source()]), "name", "text/plain", **GIVEN),
    "create_file": lambda bucket, _: bucket.create_file([WriteIntent(source())], "name", "text/plain", **GIVEN),
}
SEEN: dict[tuple[str, str], dict[str, Any]] = {
    ("upload_bytes", "upload"): ABOUT,
    ("upload_bytes", "create_file"): {**ABOUT, **OF_AN_UPLOAD},
    ("upload_local_file", "concatenate"): {**ABOUT, "min_part_size": None},
    ("upload_local_file", "create_file"): {**ABOUT, **OF_SEVERAL},
    ("upload", "create_file"): {**ABOUT, **OF_AN_UPLOAD},
    ("concatenate", "create_file"): {**ABOUT, **OF_SEVERAL},
    ("concatenate_stream", "create_file_stream"): {**ABOUT, **OF_A_FILE},
}
"""The keywords with which a verb calls another, by the two."""
CONTENT = {
    "upload": "UploadSourceBytes",
    "concatenate": "list of UploadSourceLocalFile",
    "create_file": "list of WriteIntent",
    "create_file_stream": "generator",
}
"""What the first argument is then."""
SURFACES = [b2sdk.v1, b2sdk.v2, b2sdk.v3]


def source() -> UploadSourceBytes:
    return UploadSourceBytes(b"content")


def kind_of(content: Any) -> str:
    if isinstance(content, list):
        return f"list of {', '.join(type(one).__name__ for one in content)}"
    return type(content).__name__


class Seen:
    """The calls of one method of buckets, which is done all the same."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def around(self, inherited: Callable[..., Any]) -> Callable[..., Any]:
        def method(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((args, kwargs))
            return inherited(*args, **kwargs)

        return method


def authorized(surface: Any, raw_api: Any = None, **classes: Any) -> Any:
    api_class = type("OwnApi", (surface.B2Api,), classes)
    config = surface.B2HttpApiConfig(_raw_api_class=raw_api or surface.RawSimulator)
    api = api_class(surface.InMemoryAccountInfo(), api_config=config)
    key_id, key = api.session.raw_api.create_account()
    api.authorize_account(realm="production", application_key_id=key_id, application_key=key)
    return api


def bucket_of(surface: Any, bucket_class: Any) -> Any:
    factory = type("OwnFactory", (surface.BucketFactory,), {"BUCKET_CLASS": bucket_class})
    api = authorized(surface, BUCKET_CLASS=bucket_class, BUCKET_FACTORY_CLASS=factory)
    return api.create_bucket("my-bucket", "allPublic")


def own_bucket(bucket_class: Any) -> Any:
    return bucket_of(b2sdk.v3, bucket_class)


def in_a_subclass(surface: Any, seen: Seen, _monkeypatch: pytest.MonkeyPatch) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return seen.around(getattr(super(bucket_class, self), seen.name))(*args, **kwargs)

    bucket_class: Any = type("OwnBucket", (surface.Bucket,), {seen.name: method})
    return bucket_of(surface, bucket_class)


def on_the_class(surface: Any, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Any:
    inherited = getattr(surface.Bucket, seen.name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return seen.around(inherited.__get__(self))(*args, **kwargs)

    monkeypatch.setattr(surface.Bucket, seen.name, method)
    return authorized(surface).create_bucket("my-bucket", "allPublic")


def on_an_object(surface: Any, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Any:
    bucket = authorized(surface).create_bucket("my-bucket", "allPublic")
    monkeypatch.setattr(bucket, seen.name, seen.around(getattr(bucket, seen.name)))
    return bucket


WAYS = [in_a_subclass, on_the_class, on_an_object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__.rpartition(".")[2])
@pytest.mark.parametrize(("verb", "overridden"), SEEN)
def test_a_verb_calls_one_that_is_overridden(  # fixtures and parameters
    verb: str, overridden: str, surface: Any, way: Callable[..., Any], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(overridden)
    bucket = way(surface, seen, monkeypatch)
    version = CALLS[verb](bucket, path)
    (((content, *rest), keywords),) = seen.calls
    assert rest == ["name"]
    assert keywords == SEEN[verb, overridden]
    assert kind_of(content) == CONTENT[overridden]
    assert version.file_name == "name"
    assert version.file_info == {"a": "b", "b2-cache-control": "no-store"}


@pytest.mark.parametrize("verb", ["upload_bytes", "upload_local_file", "upload", "concatenate"])
def test_an_override_decides_what_is_made_and_what_comes_of_it(verb: str, path: Path) -> None:
    class Own(b2sdk.v3.Bucket):
        def create_file(self, write_intents: Any, file_name: str, *args: Any, **kwargs: Any) -> Any:
            kwargs["file_info"]["own"] = "1"
            return [super().create_file(write_intents, f"own/{file_name}", *args, **kwargs)]

    (version,) = CALLS[verb](own_bucket(Own), path)
    assert version.file_name == "own/name"
    assert version.file_info == {"a": "b", "own": "1", "b2-cache-control": "no-store"}


def test_an_override_sees_arguments_before_they_are_checked() -> None:
    class Own(b2sdk.v3.Bucket):
        def create_file(self, write_intents: Any, file_name: str, *args: Any, **kwargs: Any) -> Any:
            kwargs["custom_upload_timestamp"] = int(kwargs["custom_upload_timestamp"])
            return super().create_file(write_intents, file_name.strip("/"), *args, **kwargs)

    timestamp: Any = "1700000000000"
    version = own_bucket(Own).upload_bytes(b"content", "/name", custom_upload_timestamp=timestamp)
    assert (version.file_name, version.upload_timestamp) == ("name", 1_700_000_000_000)


def test_an_incremental_upload_goes_through_an_override_with_what_is_copied_and_what_is_sent(tmp_path: Path) -> None:
    seen: list[tuple[str, list[str], Any]] = []

    class Own(b2sdk.v3.Bucket):
        def concatenate(self, outbound_sources: Any, file_name: str, *args: Any, **kwargs: Any) -> Any:
            sources = list(outbound_sources)
            seen.append((file_name, [type(one).__name__ for one in sources], kwargs["large_file_sha1"]))
            return super().concatenate(sources, file_name, *args, **kwargs)

    bucket, path = own_bucket(Own), tmp_path / "file"
    path.write_bytes(b"a" * 300)
    bucket.upload_local_file(path, "name")
    path.write_bytes(b"a" * 300 + b"b" * 300)
    bucket.upload_local_file(path, "name", upload_mode=b2sdk.v3.UploadMode.INCREMENTAL)
    assert seen == [
        ("name", ["UploadSourceLocalFile"], None),
        ("name", ["CopySource", "UploadSourceLocalFileRange"], hashlib.sha1(path.read_bytes()).hexdigest()),
    ]


def test_a_sync_uploads_through_an_override(path: Path) -> None:
    seen: list[str] = []

    class Own(b2sdk.v3.Bucket):
        def create_file(self, write_intents: Any, file_name: str, *args: Any, **kwargs: Any) -> Any:
            seen.append(file_name)
            return super().create_file(write_intents, file_name, *args, **kwargs)

    bucket = own_bucket(Own)
    destination = b2sdk.v3.B2Folder("my-bucket", "", bucket.api)
    b2sdk.v3.Synchronizer(1).sync_folders(b2sdk.v3.LocalFolder(str(path.parent)), destination, 0, None)
    assert seen == ["file"]


# --- parts of a client that a program replaces ---


def test_a_session_class_of_a_program_makes_each_call() -> None:
    seen: list[str] = []

    class OwnSession(b2sdk.v3.B2Session):
        def upload_file(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(f"upload {args[1]}")
            return super().upload_file(*args, **kwargs)

        def copy_file(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(f"copy to {args[1]}")
            return super().copy_file(*args, **kwargs)

    bucket = authorized(b2sdk.v3, SESSION_CLASS=OwnSession).create_bucket("my-bucket", "allPublic")
    version = bucket.upload_bytes(b"content", "name")
    bucket.copy(version.id_, "copied")
    assert seen == ["upload name", "copy to copied"]


def test_a_download_manager_class_of_a_program_makes_each_download() -> None:
    seen: list[str] = []

    class OwnManager(b2sdk.v3.DownloadManager):
        def download_file_from_url(self, url: str, *args: Any, **kwargs: Any) -> Any:
            seen.append(url)
            return super().download_file_from_url(url, *args, **kwargs)

    services = type("OwnServices", (b2sdk.v3.Services,), {"DOWNLOAD_MANAGER_CLASS": OwnManager})
    bucket = authorized(b2sdk.v3, SERVICES_CLASS=services).create_bucket("my-bucket", "allPublic")
    version = bucket.upload_bytes(b"content", "name")
    bucket.download_file_by_name("name")
    bucket.api.download_file_by_id(version.id_)
    version.download()
    by_id = bucket.api.get_download_url_for_fileid(version.id_)
    assert seen == [bucket.get_download_url("name"), by_id, by_id]


def test_the_methods_of_a_raw_api_of_a_program_are_called() -> None:
    seen: list[str] = []

    class OwnRawApi(b2sdk.v3.RawSimulator):
        def upload_file(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(f"upload {args[2]}")
            return super().upload_file(*args, **kwargs)

        def start_large_file(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(f"start {args[3]}")
            return super().start_large_file(*args, **kwargs)

    bucket = authorized(b2sdk.v3, raw_api=OwnRawApi).create_bucket("my-bucket", "allPublic")
    bucket.upload_bytes(b"content", "name")
    bucket.upload_unbound_stream(io.BytesIO(bytes(500)), "large")
    assert seen == ["upload name", "start large"]
