from __future__ import annotations

import copy
import gc
import io
import pickle
import threading
import zipfile
from errno import ENOENT
from typing import Any

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting
from b2sdk.v3.exception import B2Error, BadFileInfo, FileNotPresent, SSECKeyError

CONTENT = bytes(range(256)) * 8
PART = 500


def customer_key(secret: bytes) -> EncryptionSetting:
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(secret, None))


def all_versions(bucket: Any) -> list[tuple[str, str]]:
    return [(version.file_name, version.action) for version, _ in bucket.ls(latest_only=False, recursive=True)]


def unfinished(bucket: Any) -> list[str]:
    return [file.file_name for file in bucket.list_unfinished_large_files()]


def forget(files: list[Any]) -> None:
    files.clear()
    gc.collect()


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def test_what_was_written_can_be_read(bucket: Any) -> None:
    with bucket.open("file", "wb", part_size=PART) as target:
        for start in range(0, len(CONTENT), 300):
            assert target.write(CONTENT[start : start + 300]) == len(CONTENT[start : start + 300])
        assert target.tell() == len(CONTENT)
        assert all(name != "file" or action == "start" for name, action in all_versions(bucket))
    assert target.version.size == len(CONTENT)
    with bucket.open("file") as source:
        assert source.read() == CONTENT


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART])
def test_any_size_makes_one_version(bucket: Any, size: int) -> None:
    with bucket.open("file", "wb", part_size=PART) as target:
        target.write(CONTENT[:size])
    assert all_versions(bucket) == [("file", "upload")]
    assert bucket.open("file").read() == CONTENT[:size]
    assert unfinished(bucket) == []


@pytest.mark.parametrize("size", [10, 3 * PART])
def test_an_exception_leaves_nothing(bucket: Any, size: int) -> None:
    def write_and_fail() -> None:
        with bucket.open("file", "wb", part_size=PART) as target:
            target.write(CONTENT[:size])
            raise KeyError("changed my mind")

    with pytest.raises(KeyError):
        write_and_fail()
    assert all_versions(bucket) == []
    assert unfinished(bucket) == []


@pytest.mark.parametrize("size", [0, 10, 3 * PART])
def test_an_exception_while_text_is_written_leaves_nothing(bucket: Any, size: int) -> None:
    def write_and_fail() -> None:
        with bucket.open("file", "wb", part_size=PART) as target:
            text = io.TextIOWrapper(target, encoding="utf-8")
            text.write("x" * size)
            raise KeyError("changed my mind")

    with pytest.raises(KeyError):
        write_and_fail()
    gc.collect()
    assert all_versions(bucket) == []
    assert unfinished(bucket) == []


@pytest.mark.parametrize("size", [0, 10, 3 * PART])
def test_text_is_whole_when_its_wrapper_is_detached_in_the_block(bucket: Any, size: int) -> None:
    with bucket.open("file", "wb", part_size=PART) as target:
        text = io.TextIOWrapper(target, encoding="utf-8")
        text.write("x" * size)
        text.detach()
    assert bucket.open("file").read() == b"x" * size


def test_a_writer_that_is_forgotten_leaves_nothing(bucket: Any) -> None:
    files = [bucket.open("file", "wb", part_size=PART)]
    files[0].write(CONTENT)
    with pytest.warns(ResourceWarning, match="was neither closed nor aborted"):
        forget(files)
    assert all_versions(bucket) == []
    assert unfinished(bucket) == []


@pytest.mark.parametrize("mode", ["wt", "w"])
@pytest.mark.parametrize("size", [0, 10, 3 * PART])
def test_text_is_written_and_read(bucket: Any, mode: str, size: int) -> None:
    text = "zażółć\n" * (size // 7)
    with bucket.open("text", mode, part_size=PART, content_type="text/plain", newline="\r\n") as target:
        assert target.writable()
        target.write(text)
    assert target.version.content_type == "text/plain"
    assert bucket.open("text").read() == text.replace("\n", "\r\n").encode()
    for file in (bucket.open("text", "rt"), bucket.open("text", "r", encoding="utf-8")):
        with file:
            assert file.readlines() == text.splitlines(keepends=True)
    with bucket.open("text", "rt", encoding="ascii", errors="replace", newline="") as source:
        assert source.read() == text.replace("\n", "\r\n").encode().decode("ascii", "replace")


@pytest.mark.parametrize("size", [0, 10, 3 * PART])
def test_an_exception_leaves_no_text(bucket: Any, size: int) -> None:
    def write_and_fail() -> None:
        with bucket.open("file", "wt", part_size=PART) as target:
            target.write("x" * size)
            raise KeyError("changed my mind")

    with pytest.raises(KeyError):
        write_and_fail()
    gc.collect()
    assert all_versions(bucket) == []
    assert unfinished(bucket) == []


def test_text_that_cannot_be_encoded_leaves_nothing(bucket: Any) -> None:
    def write_and_fail() -> None:
        with bucket.open("file", "wt", encoding="ascii") as target:
            target.write("good")
            target.write("ż")

    with pytest.raises(UnicodeEncodeError):
        write_and_fail()
    assert all_versions(bucket) == []


def test_text_that_is_aborted_or_forgotten_leaves_nothing(bucket: Any) -> None:
    target = bucket.open("file", "wt")
    target.write("x" * 10_000)
    target.abort()
    assert target.closed
    target.close()
    files = [bucket.open("file", "wt")]
    files[0].write("x" * 10_000)
    with pytest.warns(ResourceWarning, match="was neither closed nor aborted"):
        forget(files)
    assert all_versions(bucket) == []


def test_bytes_under_text_can_be_detached(bucket: Any) -> None:
    text = bucket.open("file", "wt")
    text.write("x")
    target = text.detach()
    del text
    gc.collect()
    target.close()
    assert bucket.open("file").read() == b"x"


def test_a_failure_of_the_service_is_raised_and_leaves_nothing(bucket: Any, api: Any) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise B2Error("no")

    api.session.raw_api.upload_part = refuse
    target = bucket.open("file", "wb", part_size=PART)
    with pytest.raises(B2Error, match="no"):
        target.write(CONTENT * 1000)
    assert target.closed
    assert unfinished(bucket) == []


def test_closing_twice_makes_one_version(bucket: Any) -> None:
    target = bucket.open("file", "wb")
    target.write(b"x")
    target.close()
    target.close()
    assert all_versions(bucket) == [("file", "upload")]
    with pytest.raises(ValueError, match="closed file"):
        target.write(b"y")


def test_everything_said_of_the_file_is_kept(bucket: Any) -> None:
    key = EncryptionKey(b"k" * 32, "key id")
    setting = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    with bucket.open(
        "file", "wb", part_size=PART, content_type="text/x-test", file_info={"a": "b"}, encryption=setting
    ) as target:
        target.write(CONTENT)
    assert target.version.content_type == "text/x-test"
    assert target.version.file_info["a"] == "b"
    assert bucket.open("file", encryption=setting).read() == CONTENT


@pytest.mark.parametrize("given", [None, b"w" * 32], ids=["without a key", "with another key"])
def test_what_has_a_customer_key_is_not_opened_without_it(bucket: Any, given: bytes | None) -> None:
    bucket.upload_bytes(CONTENT, "file", encryption=customer_key(b"k" * 32))
    with pytest.raises(SSECKeyError, match="Wrong or no SSE-C key"):
        bucket.open("file", encryption=given and customer_key(given))


def test_other_programs_write_through_it(bucket: Any) -> None:
    with bucket.open("archive.zip", "wb", part_size=PART) as target, zipfile.ZipFile(target, "w") as archive:
        for number in range(20):
            archive.writestr(f"member-{number}", b"x" * 100)
    with zipfile.ZipFile(bucket.open("archive.zip")) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 20


def test_text_is_written_and_read_through_a_wrapper(bucket: Any) -> None:
    with io.TextIOWrapper(bucket.open("text", "wb"), encoding="utf-8") as target:
        target.write("zażółć\n" * 100)
    with io.TextIOWrapper(bucket.open("text"), encoding="utf-8") as source:
        assert source.readlines() == ["zażółć\n"] * 100


def test_bad_arguments_are_refused_before_any_call(bucket: Any, api: Any) -> None:
    api.session.raw_api = None  # any call would fail on it
    with pytest.raises(ValueError, match="'rb' or 'wb'"):
        bucket.open("file", "r+")
    with pytest.raises(ValueError, match="file name"):
        bucket.open("", "wb")
    with pytest.raises(BadFileInfo):
        bucket.open("file", "wb", file_info={"a b": ""})


def test_bad_arguments_of_text_are_refused_before_any_call(bucket: Any, api: Any) -> None:
    api.session.raw_api = None  # any call would fail on it
    with pytest.raises(ValueError, match="bytes have no encoding, errors or newline: a file of text has the mode 'wt'"):
        bucket.open("file", "wb", encoding="utf-8")
    for mode in ("rt", "wt"):
        for wrong in ({"encoding": "no such"}, {"errors": "no such"}):
            with pytest.raises(LookupError):
                bucket.open("file", mode, **wrong)
        with pytest.raises(ValueError, match="newline"):
            bucket.open("file", mode, newline="x")


def test_a_file_that_is_not_there_cannot_be_read(bucket: Any) -> None:
    with pytest.raises(FileNotPresent, match="File not present: nothing") as caught:
        bucket.open("nothing")
    for error in (caught.value, copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):  # noqa: S301  # our own bytes
        assert isinstance(error, FileNotFoundError)
        assert (error.errno, error.filename, error.strerror) == (ENOENT, "nothing", "No such file or directory")
        assert str(error) == "File not present: nothing"
        assert isinstance(error, FileNotPresent)
        assert error.bucket_name == bucket.name


def test_text_of_a_file_that_is_not_there_cannot_be_read(bucket: Any) -> None:
    with pytest.raises(FileNotFoundError, match="File not present: nothing"):
        bucket.open("nothing", "rt")


def test_no_thread_is_left(bucket: Any) -> None:
    before = set(threading.enumerate())
    with bucket.open("file", "wb", part_size=PART) as target:
        target.write(CONTENT)
    bucket.api.close()
    assert set(threading.enumerate()) <= before
