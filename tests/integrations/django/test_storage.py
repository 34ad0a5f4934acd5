"""The contract of Django's storages, as its documentation describes it, on both front ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.test import override_settings
from tests.integrations.django.conftest import BUCKET, MakeStorage

from b2sdk.integrations.django.untyped import File
from b2sdk.v3 import SSE_B2_AES, Bucket, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting
from b2sdk.v3.exception import FileNotPresent

CUSTOMER_KEY = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"k" * 32, "id"))


def names_in(bucket: Bucket) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


def content_of(bucket: Bucket, name: str) -> bytes:
    with bucket.open(name) as file:
        return file.read()


# --- saving and reading ---


def test_a_saved_file_is_read_again(storage: Any) -> None:
    name = storage.save("photos/cat.txt", ContentFile(b"meow"))

    assert name == "photos/cat.txt"
    assert storage.exists(name)
    assert storage.size(name) == 4
    with storage.open(name) as file:
        assert isinstance(file, File)
        assert (file.size, file.name, file.read()) == (4, name, b"meow")


def test_saving_without_a_name_takes_that_of_the_content(storage: Any) -> None:
    assert storage.save(None, ContentFile(b"1", name="of-the-content.txt")) == "of-the-content.txt"


def test_a_name_that_is_taken_becomes_another_one(storage: Any) -> None:
    first = storage.save("a/b.tar.gz", ContentFile(b"1"))
    second = storage.save("a/b.tar.gz", ContentFile(b"2"))

    assert first == "a/b.tar.gz"
    assert second.startswith("a/b")
    assert second.endswith(".gz")
    assert second != first
    assert [storage.open(name).read() for name in (first, second)] == [b"1", b"2"]


def test_with_overwriting_a_name_is_kept(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(file_overwrite=True)

    assert [storage.save("a.txt", ContentFile(content)) for content in (b"1", b"2")] == ["a.txt", "a.txt"]

    assert content_of(bucket, "a.txt") == b"2"
    assert storage.is_name_available("a.txt")
    assert storage.get_alternative_name("a", ".txt") == "a.txt"


@pytest.mark.parametrize("file_overwrite", [True, False])
def test_a_name_is_shortened_to_the_length_that_a_field_has(
    make_storage: MakeStorage, bucket: Bucket, file_overwrite: bool
) -> None:
    storage = make_storage(file_overwrite=file_overwrite)

    name = storage.save("folder/" + "n" * 80 + ".txt", ContentFile(b"1"), max_length=40)

    assert len(name) <= 40
    assert name.startswith("folder/n")
    assert name.endswith(".txt")
    assert names_in(bucket) == [name]
    assert not storage.is_name_available("n" * 50, max_length=40)


@pytest.mark.parametrize("file_overwrite", [True, False])
def test_a_name_that_cannot_be_shortened_is_refused(
    make_storage: MakeStorage, bucket: Bucket, file_overwrite: bool
) -> None:
    with pytest.raises(SuspiciousFileOperation, match="max_length"):
        make_storage(file_overwrite=file_overwrite).save("folder/name.txt", ContentFile(b"1"), max_length=8)
    assert names_in(bucket) == []


@pytest.mark.parametrize("location", ["media", "/media/", "media/"])
def test_all_names_are_below_the_location(make_storage: MakeStorage, bucket: Bucket, location: str) -> None:
    storage = make_storage(location=location)

    assert storage.save("a/1.txt", ContentFile(b"1")) == "a/1.txt"

    assert names_in(bucket) == ["media/a/1.txt"]
    assert storage.listdir("") == (["a"], [])
    assert storage.url("a/1.txt").partition("?")[0].endswith(f"/{BUCKET}/media/a/1.txt")
    storage.delete("a/1.txt")
    assert names_in(bucket) == []


ESCAPES = ["../a.txt", "a/../../b.txt", "/etc/passwd", "..", "a\\..\\..\\b.txt", "\\b.txt"]


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("location", ["", "media"])
@pytest.mark.parametrize("file_overwrite", [True, False])
def test_no_name_leads_out_of_the_location(name: str, location: str, file_overwrite: bool) -> None:
    from b2sdk.integrations.django import B2Storage  # noqa: PLC0415

    # Nothing leads to a service: the names are refused before.
    storage = B2Storage(bucket_name=BUCKET, location=location, file_overwrite=file_overwrite)
    calls: list[Callable[[], Any]] = [
        lambda: storage.save(name, ContentFile(b"1")),
        lambda: storage._save(name, ContentFile(b"1")),
        lambda: storage.open(name),
        lambda: storage.open(name, "wb"),
        lambda: storage.delete(name),
        lambda: storage.exists(name),
        lambda: storage.size(name),
        lambda: storage.url(name),
        lambda: storage.listdir(name),
        lambda: storage.get_available_name(name),
        lambda: storage.get_modified_time(name),
        lambda: storage.get_created_time(name),
    ]
    for call in calls:
        with pytest.raises(SuspiciousFileOperation):
            call()


@pytest.mark.parametrize("name", ["a\x7f.txt", "a\x00.txt", "n" * 251, "a/" * 600 + "b", "\udc00.txt"])
def test_a_name_that_no_file_can_have_is_suspicious(name: str) -> None:
    from b2sdk.integrations.django import B2Storage  # noqa: PLC0415

    storage = B2Storage(bucket_name=BUCKET)
    for call in (storage.exists, storage.open, lambda bad: storage.save(bad, ContentFile(b"1"))):
        with pytest.raises(SuspiciousFileOperation):
            call(name)


@pytest.mark.parametrize("name", ["a b+c.txt", "ä/ö€.txt", "100%25.txt", "q?a=1&b=2#c.txt", "quote'\".txt"])
def test_names_with_any_characters_are_stored_as_they_are(storage: Any, bucket: Bucket, name: str) -> None:
    assert storage._save(name, ContentFile(b"1")) == name
    assert names_in(bucket) == [name]
    assert storage.exists(name)
    assert storage.open(name).read() == b"1"


def test_what_does_not_exist(storage: Any) -> None:
    assert not storage.exists("missing.txt")
    assert storage.exists("")
    for call in (storage.open, storage.size, storage.get_modified_time, storage.get_created_time):
        with pytest.raises(FileNotFoundError) as caught:
            call("missing.txt")
        assert isinstance(caught.value, FileNotPresent)
    storage.delete("missing.txt")
    assert storage.listdir("missing") == ([], [])


def test_a_folder_is_no_file(storage: Any) -> None:
    storage.save("a/1.txt", ContentFile(b"1"))
    assert not storage.exists("a")


def test_a_folder_is_listed_by_its_folders_and_files(storage: Any, bucket: Bucket) -> None:
    for name in ("1.txt", "a/2.txt", "a/b/3.txt", "a/b/c/4.txt", "ab.txt"):
        storage.save(name, ContentFile(b"1"))
    bucket.upload_bytes(b"", "a/.bzEmpty")

    assert storage.listdir("") == (["a"], ["1.txt", "ab.txt"])
    assert storage.listdir("a") == (["b"], [".bzEmpty", "2.txt"])
    assert storage.listdir("a/b/") == (["c"], ["3.txt"])


# --- deleting ---


def test_deleting_hides(storage: Any, bucket: Bucket) -> None:
    storage.save("a.txt", ContentFile(b"1"))

    storage.delete("a.txt")
    storage.delete("a.txt")

    assert not storage.exists("a.txt")
    assert [version.action for version in bucket.list_file_versions("a.txt")] == ["hide", "upload"]
    assert storage.save("a.txt", ContentFile(b"2")) == "a.txt"


def test_deleting_all_versions(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(delete="all_versions")
    for name in ("a.txt", "a.txt", "a.txt.bak"):
        bucket.upload_bytes(b"1", name)
    bucket.hide_file("a.txt")

    storage.delete("a.txt")

    assert [version.file_name for version, _ in bucket.ls(latest_only=False)] == ["a.txt.bak"]


def test_deleting_needs_a_name(storage: Any) -> None:
    for name in ("", None):
        with pytest.raises(ValueError, match="empty"):
            storage.delete(name)


# --- opening ---


def test_a_file_is_read_from_any_place(storage: Any) -> None:
    storage.save("a.bin", ContentFile(bytes(range(256)) * 16))

    with storage.open("a.bin") as file:
        assert file.seek(3000) == 3000
        assert file.read(3) == bytes([184, 185, 186])
        assert b"".join(file.chunks(1000)) == bytes(range(256)) * 16
        assert not file.writable()


def test_lines_are_read(storage: Any) -> None:
    storage.save("a.txt", ContentFile(b"1\n2\r\n3"))

    with storage.open("a.txt") as file:
        assert list(file) == [b"1\n", b"2\r\n", b"3"]


def test_a_file_is_written_when_it_is_closed(storage: Any, bucket: Bucket) -> None:
    with storage.open("a.txt", "wb") as file:
        file.write(b"some ")
        file.write(b"content")
        assert file.size == 12
        assert not storage.exists("a.txt")

    assert content_of(bucket, "a.txt") == b"some content"


def test_a_file_is_not_written_if_an_exception_ends_the_block(storage: Any) -> None:
    def write_half() -> None:
        with storage.open("a.txt", "wb") as file:
            file.write(b"half of the")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()

    assert not storage.exists("a.txt")


def test_text_is_written_and_read(storage: Any) -> None:
    with storage.open("a.txt", "w") as file:
        file.write("grün\n")
    with storage.open("a.txt", "r") as file:
        assert file.read() == "grün\n"
        assert file.size == 6


def test_a_closed_file_is_opened_again(storage: Any) -> None:
    storage.save("a.txt", ContentFile(b"12"))
    file = storage.open("a.txt")
    assert file.read(1) == b"1"
    assert file.open().read() == b"12"
    file.close()
    assert file.closed
    assert file.open("rb").read() == b"12"
    file.close()


@pytest.mark.parametrize("mode", ["r+b", "a", "x", "ab", "U"])
def test_other_modes_are_refused(storage: Any, mode: str) -> None:
    with pytest.raises(ValueError, match="modes"):
        storage.open("a.txt", mode)


# --- times ---


def test_times_are_aware_or_in_local_time(storage: Any, bucket: Bucket) -> None:
    modified = datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    millis = str(int(modified.timestamp() * 1000))
    version = bucket.upload_bytes(b"1", "a.txt", file_info={"src_last_modified_millis": millis})
    uploaded = datetime.fromtimestamp(0, tz=timezone.utc) + timedelta(milliseconds=version.upload_timestamp)

    assert storage.get_modified_time("a.txt") == modified
    assert storage.get_created_time("a.txt") == uploaded
    assert storage.get_created_time("a.txt").utcoffset() == timedelta()
    with override_settings(USE_TZ=False):
        assert storage.get_modified_time("a.txt") == modified.astimezone().replace(tzinfo=None)
        assert storage.get_created_time("a.txt") == uploaded.astimezone().replace(tzinfo=None)


def test_a_file_that_was_saved_was_modified_then(storage: Any) -> None:
    storage.save("a.txt", ContentFile(b"1"))

    assert storage.get_modified_time("a.txt") == storage.get_created_time("a.txt")


def test_what_the_service_does_not_know_is_not_implemented(storage: Any) -> None:
    for call in (storage.get_accessed_time, storage.path):
        with pytest.raises(NotImplementedError):
            call("a.txt")


# --- what is stored with a file ---


def test_content_types_are_those_of_the_names(storage: Any, bucket: Bucket) -> None:
    html = ContentFile(b"<script>")
    html.content_type = "text/html"
    unknown = ContentFile(b"1")
    unknown.content_type = "application/x-own"
    names = {"a.png": html, "b": unknown, "c.tar.gz": html, "d.css": ContentFile(b"")}
    for name, content in names.items():
        storage.save(name, content)

    found = {name: bucket.get_file_info_by_name(name).content_type for name in names}

    assert found == {
        "a.png": "image/png",
        "b": "application/x-own",
        "c.tar.gz": "application/gzip",
        "d.css": "text/css",
    }


def test_options_describe_what_is_saved_and_written(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(
        content_type="text/x-own", cache_control="max-age=60", file_info={"by": "django"}, encryption="SSE-B2"
    )
    storage.save("saved", ContentFile(b"1"))
    with storage.open("written", "wb") as file:
        file.write(b"1")

    for name in ("saved", "written"):
        version = bucket.get_file_info_by_name(name)
        assert version.content_type == "text/x-own"
        assert version.cache_control == "max-age=60"
        assert version.file_info["by"] == "django"
        assert version.server_side_encryption == SSE_B2_AES


def test_a_customer_key_encrypts_and_reads(make_storage: MakeStorage, bucket: Bucket) -> None:
    storage = make_storage(encryption=CUSTOMER_KEY)
    storage.save("a.txt", ContentFile(b"secret"))

    assert storage.exists("a.txt")
    assert storage.size("a.txt") == 6
    assert storage.get_modified_time("a.txt") == storage.get_created_time("a.txt")
    assert storage.open("a.txt").read() == b"secret"
    assert make_storage().exists("a.txt")
    with pytest.raises(NotImplementedError, match="customer key"):
        storage.url("a.txt")


# --- content of any kind ---


class OnceReadable(io.RawIOBase):
    """A stream that can neither be read again nor says its size."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def seek(self, *_: Any) -> int:
        raise io.UnsupportedOperation("seek")

    def read(self, size: int | None = -1, /) -> bytes:
        return self._rest.read(size)


class Rot13(File):
    """A program's own file, which reads otherwise than the file below it."""

    def chunks(self, chunk_size: int | None = None) -> Any:
        for chunk in super().chunks(chunk_size):
            yield bytes((byte + 1) % 256 for byte in chunk)


class Alike:
    """Has the methods of Django's ``File`` that saving needs, and reads otherwise than its ``read``."""

    def chunks(self) -> list[bytes]:
        return [b"a", b"b"]

    def seek(self, *_: Any) -> int:
        return 1

    def read(self, *_: Any) -> bytes:
        return b"x"

    def close(self) -> None:
        """Do nothing."""


def _read(file: File) -> File:
    file.read()
    return file


def _with_own_chunks(file: Any) -> Any:
    file.chunks = lambda: [b"a", b"b"]
    return file


CONTENTS: dict[str, tuple[Callable[[Path], Any], bytes]] = {
    "bytes": (lambda _: ContentFile(b"content"), b"content"),
    "empty": (lambda _: ContentFile(b""), b""),
    "text": (lambda _: ContentFile("grün"), "grün".encode()),
    "a local file": (lambda path: File(path.open("rb")), b"lokal"),
    "a local file that was read": (lambda path: _read(File(path.open("rb"))), b"lokal"),
    "a local text": (lambda path: File(path.open(encoding="utf-8")), b"lokal"),
    "a file-like object": (lambda _: io.BytesIO(b"content"), b"content"),
    "a stream": (lambda _: File(OnceReadable(b"content"), "name"), b"content"),
    "a wrapped file": (lambda path: File(File(path.open("rb"))), b"lokal"),
    "an object with its own chunks": (lambda _: _with_own_chunks(ContentFile(b"1")), b"ab"),
    "something like a file": (lambda _: Alike(), b"ab"),
    "a file of the program": (lambda _: Rot13(io.BytesIO(b"abc")), b"bcd"),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_content_of_any_kind_is_saved(storage: Any, bucket: Bucket, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "local"
    path.write_bytes(b"lokal")
    make, expected = CONTENTS[kind]

    content = make(path)
    storage.save("a", content)

    assert content_of(bucket, "a") == expected
    content.close()
