"""Static files: ``collectstatic`` with and without this package's command, and names that contain hashes."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import override_settings
from tests.integrations.django.conftest import BUCKET, MakeStorage

from b2sdk.integrations.django import B2ManifestStaticFilesStorage, B2StaticFilesStorage
from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.v3 import Bucket
from b2sdk.v3.exception import B2Error

OURS = ["b2sdk.integrations.django", "django.contrib.staticfiles"]
DJANGOS_ONLY = ["django.contrib.staticfiles"]
Collect = Callable[..., str]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A folder with static files, which refer to each other."""
    folder = tmp_path / "sources"
    for name, content in {
        "css/base.css": "@import url('colors.css');\nbody { background: url(../img/dot.png) }",
        "css/colors.css": "p { color: red }",
        "img/dot.png": "dot",
        "robots.txt": "all",
    }.items():
        write(folder / name, content)
    return folder


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


@contextmanager
def project(sources: Path, storage: Any, apps: list[str] = OURS) -> Iterator[None]:
    """Be a project whose static files are in a folder, and are collected to a storage."""
    with override_settings(STATICFILES_DIRS=[str(sources)], INSTALLED_APPS=apps, STATICFILES_FINDERS=FINDERS):
        storages._storages["staticfiles"] = storage
        from django.contrib.staticfiles.storage import staticfiles_storage  # noqa: PLC0415

        staticfiles_storage._wrapped = storage
        try:
            yield
        finally:
            del storages._storages["staticfiles"]


FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]


def collect(sources: Path, storage: Any, apps: list[str] = OURS, **options: Any) -> str:
    """Run the command, and return what it says at the end."""
    from django.contrib.staticfiles import finders  # noqa: PLC0415

    finders.get_finder.cache_clear()
    with project(sources, storage, apps):
        out = io.StringIO()
        call_command("collectstatic", interactive=False, stdout=out, **options)
        return out.getvalue().strip().splitlines()[-1]


def names_in(bucket: Bucket) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


def content_of(bucket: Bucket, name: str) -> bytes:
    with bucket.open(name) as file:
        return file.read()


NAMES = ["css/base.css", "css/colors.css", "img/dot.png", "robots.txt"]


@pytest.fixture(params=["ours", "Django's"])
def apps(request: pytest.FixtureRequest) -> list[str]:
    """The command that runs."""
    return OURS if request.param == "ours" else DJANGOS_ONLY


# --- plain ---


def test_static_files_are_collected(make_storage: MakeStorage, bucket: Bucket, sources: Path, apps: list[str]) -> None:
    storage = make_storage(B2StaticFilesStorage)

    assert collect(sources, storage, apps) == "4 static files copied."

    assert names_in(bucket) == [f"static/{name}" for name in NAMES]
    assert content_of(bucket, "static/css/colors.css") == b"p { color: red }"
    assert collect(sources, storage, apps) == "0 static files copied, 4 unmodified."
    assert len(list(bucket.ls(recursive=True, latest_only=False))) == 4


def test_a_file_that_changed_is_collected_again(
    make_storage: MakeStorage, bucket: Bucket, sources: Path, apps: list[str]
) -> None:
    storage = make_storage(B2StaticFilesStorage)
    collect(sources, storage, apps)
    write(sources / "robots.txt", "none")
    os.utime(sources / "robots.txt", (2e9, 2e9))

    assert collect(sources, storage, apps) == "1 static file copied, 3 unmodified."

    assert content_of(bucket, "static/robots.txt") == b"none"


def test_an_older_file_with_other_content_is_collected(
    make_storage: MakeStorage, bucket: Bucket, sources: Path
) -> None:
    storage = make_storage(B2StaticFilesStorage)
    collect(sources, storage)
    write(sources / "robots.txt", "non")
    os.utime(sources / "robots.txt", (1e9, 1e9))

    assert collect(sources, storage) == "1 static file copied, 3 unmodified."

    assert content_of(bucket, "static/robots.txt") == b"non"


def test_a_newer_file_with_the_same_content_is_not_collected(
    make_storage: MakeStorage, bucket: Bucket, sources: Path
) -> None:
    storage = make_storage(B2StaticFilesStorage)
    collect(sources, storage)
    for name in NAMES:
        os.utime(sources / name, (2e9, 2e9))

    assert collect(sources, storage) == "0 static files copied, 4 unmodified."

    assert len(list(bucket.ls(recursive=True, latest_only=False))) == 4


def test_another_cache_control_is_stored(make_storage: MakeStorage, bucket: Bucket, sources: Path) -> None:
    collect(sources, make_storage(B2StaticFilesStorage))

    collect(sources, make_storage(B2StaticFilesStorage, cache_control="max-age=60"))

    assert {version.cache_control for version, _ in bucket.ls(recursive=True)} == {"max-age=60"}
    assert collect(sources, make_storage(B2StaticFilesStorage, cache_control="max-age=60")).startswith("0 static")


def test_what_is_cleared_and_collected_again_stays(make_storage: MakeStorage, bucket: Bucket, sources: Path) -> None:
    storage = make_storage(B2StaticFilesStorage)
    bucket.upload_bytes(b"1", "static/old/a/gone.txt")
    bucket.upload_bytes(b"1", "elsewhere.txt")
    collect(sources, storage)

    collect(sources, storage, clear=True)

    assert names_in(bucket) == ["elsewhere.txt", *(f"static/{name}" for name in NAMES)]
    assert len(list(bucket.list_file_versions("static/robots.txt"))) == 1


def test_a_dry_run_changes_nothing(make_storage: MakeStorage, bucket: Bucket, sources: Path, apps: list[str]) -> None:
    assert collect(sources, make_storage(B2StaticFilesStorage), apps, dry_run=True) == "4 static files copied."
    assert names_in(bucket) == []


def test_a_command_that_fails_changes_nothing(make_storage: MakeStorage, bucket: Bucket, sources: Path) -> None:
    write(sources / "css" / "base.css", "p { background: url(missing.png) }")

    with pytest.raises(Exception, match=r"missing\.png"):
        collect(sources, make_storage(B2ManifestStaticFilesStorage))

    assert names_in(bucket) == []


def test_outside_of_the_command_files_are_saved_at_once(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(B2StaticFilesStorage, location="")

    storage.save("a.txt", ContentFile(b"1"))
    storage.save("a.txt", ContentFile(b"2"))

    assert content_of(bucket, "a.txt") == b"2"
    storage.delete("a.txt")
    assert names_in(bucket) == []


def test_what_there_will_be_is_looked_at(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(B2StaticFilesStorage)
    bucket.upload_bytes(b"12", "static/a/old.txt")
    bucket.upload_bytes(b"1", "static/a/deleted.txt")

    with storage.collecting():
        storage.save("a/new.txt", ContentFile(b"123"))
        storage.save("a/b/new.txt", ContentFile(b"1"))
        storage.delete("a/deleted.txt")

        assert storage.listdir("") == (["a"], [])
        assert [sorted(part) for part in storage.listdir("a")] == [["b"], ["new.txt", "old.txt"]]
        assert [storage.size(f"a/{name}") for name in ("old.txt", "new.txt")] == [2, 3]
        with storage.open("a/new.txt") as new, storage.open("a/old.txt") as old:
            assert (new.read(), old.read()) == (b"123", b"12")
        with storage.open("a/new.txt", "r") as text:
            assert text.read() == "123"
        assert storage.get_modified_time("a/new.txt") > storage.get_modified_time("a/old.txt")
        assert [storage.exists(name) for name in ("", "a", "a/b", "a/new.txt", "a/deleted.txt", "c")] == [
            *[True] * 4,
            *[False] * 2,
        ]
        for call in (storage.open, storage.size, storage.get_modified_time):
            with pytest.raises(FileNotFoundError):
                call("a/deleted.txt")
        assert names_in(bucket) == ["static/a/deleted.txt", "static/a/old.txt"]

    assert names_in(bucket) == ["static/a/b/new.txt", "static/a/new.txt", "static/a/old.txt"]


# --- names that contain hashes ---


def manifest_of(bucket: Bucket) -> dict[str, str]:
    names: dict[str, str] = json.loads(content_of(bucket, "static/staticfiles.json"))["paths"]
    return names


def test_names_contain_hashes(make_storage: MakeStorage, bucket: Bucket, sources: Path, apps: list[str]) -> None:
    storage = make_storage(B2ManifestStaticFilesStorage)

    collect(sources, storage, apps)

    names = manifest_of(bucket)
    assert set(names) == set(NAMES)
    assert names_in(bucket) == sorted(
        ["static/staticfiles.json", *(f"static/{name}" for name in [*names, *names.values()])]
    )
    css = content_of(bucket, f"static/{names['css/base.css']}").decode()
    for name in ("css/colors.css", "img/dot.png"):
        assert names[name].rpartition("/")[2] in css
    hashed, plain = (bucket.get_file_info_by_name(f"static/{name}") for name in (names["robots.txt"], "robots.txt"))
    assert hashed.cache_control == "public, max-age=31536000, immutable"
    assert plain.cache_control is None
    assert bucket.get_file_info_by_name("static/staticfiles.json").cache_control is None


def test_collecting_again_uploads_nothing(
    make_storage: MakeStorage, bucket: Bucket, sources: Path, apps: list[str]
) -> None:
    collect(sources, make_storage(B2ManifestStaticFilesStorage), apps)
    before = [version.id_ for version, _ in bucket.ls(recursive=True, latest_only=False)]

    collect(sources, make_storage(B2ManifestStaticFilesStorage), apps)

    assert [version.id_ for version, _ in bucket.ls(recursive=True, latest_only=False)] == before


def test_urls_are_those_of_the_manifest(make_storage: MakeStorage, bucket: Bucket, sources: Path) -> None:
    collect(sources, make_storage(B2ManifestStaticFilesStorage))

    storage = make_storage(B2ManifestStaticFilesStorage, custom_domain="cdn.example.com")

    assert storage.url("robots.txt") == f"https://cdn.example.com/static/{manifest_of(bucket)['robots.txt']}"
    assert storage.manifest_hash
    with pytest.raises(ValueError, match="manifest entry"):
        storage.url("missing.txt")


def test_a_storage_with_a_manifest_needs_no_service_to_be_made() -> None:
    storage = B2ManifestStaticFilesStorage(bucket_name=BUCKET, custom_domain="cdn.example.com")
    with override_settings(DEBUG=True):
        assert storage.url("a.css") == "https://cdn.example.com/static/a.css"


def test_a_manifest_may_be_elsewhere(make_storage: MakeStorage, bucket: Bucket, sources: Path, tmp_path: Path) -> None:
    from django.core.files.storage import FileSystemStorage  # noqa: PLC0415

    elsewhere = FileSystemStorage(str(tmp_path / "manifest"))
    collect(sources, make_storage(B2ManifestStaticFilesStorage, manifest_storage=elsewhere))

    assert elsewhere.exists("staticfiles.json")
    assert "static/staticfiles.json" not in names_in(bucket)


def test_a_manifest_takes_no_signed_urls() -> None:
    with pytest.raises(ImproperlyConfigured, match="signed_urls"):
        B2ManifestStaticFilesStorage(bucket_name=BUCKET, signed_urls=True)


# --- many files ---

MANY = 1000 if os.environ.get("B2SDK_LONG_TESTS") else 100


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    for number in range(MANY):
        write(folder / f"{number % 10}" / f"{number}.txt", f"content {number}")
    return folder


@pytest.fixture
def over_http(request: pytest.FixtureRequest, b2_sim_account: Any) -> dict[str, Any]:
    return {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}


@pytest.mark.parametrize("kind", [B2StaticFilesStorage, B2ManifestStaticFilesStorage])
def test_many_files_take_one_listing_and_one_upload_each(
    kind: type[Any], over_http: dict[str, Any], b2_sim_api: Any, b2_sim_journal: CallJournal, many: Path
) -> None:
    bucket = b2_sim_api.create_bucket(BUCKET, "allPublic")
    storage = kind(bucket_name=BUCKET, **over_http)
    with_hashes = kind is B2ManifestStaticFilesStorage
    before = len(b2_sim_journal.entries)

    collect(many, storage)
    first = Counter(entry.endpoint for entry in b2_sim_journal.entries[before:])
    before = len(b2_sim_journal.entries)
    storage.close()
    storage = kind(bucket_name=BUCKET, **over_http)
    collect(many, storage)
    second = Counter(entry.endpoint for entry in b2_sim_journal.entries[before:])
    storage.close()

    uploads = 2 * MANY + 1 if with_hashes else MANY
    urls = first.pop("b2_get_upload_url")
    assert 1 <= urls <= 16
    assert first == {
        "b2_authorize_account": 1,
        "b2_list_buckets": 1,
        "b2_list_file_names": 1,
        "b2_upload_file": uploads,
    }
    assert second["b2_list_file_names"] == 1
    assert set(second) <= {"b2_authorize_account", "b2_list_buckets", "b2_list_file_names"}
    assert len(list(bucket.ls(recursive=True, latest_only=False))) == uploads


def test_an_upload_that_fails_fails_the_command_and_leaves_no_manifest(
    over_http: dict[str, Any], b2_sim_api: Any, b2_sim_service: SimulatorServer, sources: Path
) -> None:
    bucket = b2_sim_api.create_bucket(BUCKET, "allPublic")
    storage = B2ManifestStaticFilesStorage(bucket_name=BUCKET, **over_http)
    collect(sources, storage)
    manifest = manifest_of(bucket)
    write(sources / "robots.txt", "none")
    b2_sim_service.faults.add(ApiFault(endpoint="b2_upload_file", status=403, code="cap_exceeded"))

    with pytest.raises(B2Error):
        collect(sources, storage)

    assert manifest_of(bucket) == manifest
    collect(sources, storage)
    assert manifest_of(bucket) != manifest
    storage.close()
