"""Destinations of downloads: what they are called with, what is in them, and what is left after a failure."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CONTENT = b"0123456789" * 15
NOTED = {"src_last_modified_millis": "1500000000123", "x": "y"}


class Broken(Exception):  # it is what it says
    pass


@pytest.fixture
def file(bucket: Any) -> Any:
    return bucket.upload_bytes(CONTENT, "dir/file", "text/plain", NOTED)


@pytest.fixture
def listener_that_raises(surface: ModuleType) -> Any:
    class Listener(surface.AbstractProgressListener):  # type: ignore[misc, name-defined]  # of whichever surface
        def set_total_bytes(self, total_byte_count: int) -> None: ...

        def bytes_completed(self, byte_count: int) -> None:
            raise Broken

    return Listener()


def answer_for(file: Any, length: int) -> dict[str, Any]:
    return {
        "fileId": file.id_,
        "fileName": "dir/file",
        "contentType": "text/plain",
        "contentLength": length,
        "contentSha1": file.content_sha1,
        "fileInfo": NOTED,
    }


@pytest.mark.parametrize("range_", [None, (10, 19)])
def test_a_download_to_memory_returns_what_was_downloaded(
    api: Any, bucket: Any, file: Any, surface: ModuleType, range_: tuple[int, int] | None
) -> None:
    content = CONTENT if range_ is None else CONTENT[10:20]
    for download, key in (
        (bucket.download_file_by_name, "dir/file"),
        (bucket.download_file_by_id, file.id_),
        (api.download_file_by_id, file.id_),
    ):
        destination, listener = surface.DownloadDestBytes(), surface.ProgressListenerForTest()
        assert download(key, destination, listener, range_) == answer_for(file, len(content))
        assert destination.get_bytes_written() == content
        assert (destination.content_length, destination.range_) == (len(CONTENT), range_)
        assert listener.get_calls()[0] == f"set_total_bytes({len(content)})"
        assert listener.get_calls()[-1] == f"bytes_completed({len(content)})"


def test_a_local_file_has_the_content_and_the_time_of_the_original(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "saved"
    bucket.download_file_by_name("dir/file", surface.DownloadDestLocalFile(str(path)))
    assert path.read_bytes() == CONTENT
    assert int(path.stat().st_mtime * 1000) == 1_500_000_000_123


def test_a_place_in_a_local_file_is_written_to(bucket: Any, file: Any, surface: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_bytes(b"-" * 30)
    bucket.download_file_by_id(file.id_, surface.PreSeekedDownloadDest(str(path), 5), range_=(0, 9))
    assert path.read_bytes() == b"-" * 5 + CONTENT[:10] + b"-" * 15


@pytest.mark.parametrize("is_there", [True, False])
def test_a_download_that_fails_leaves_a_local_file_as_it_was(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path, listener_that_raises: Any, is_there: bool
) -> None:
    path = tmp_path / "saved"
    if is_there:
        path.write_bytes(b"what was there")
    with pytest.raises(Broken):
        bucket.download_file_by_name("dir/file", surface.DownloadDestLocalFile(str(path)), listener_that_raises)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("saved", b"what was there")] * is_there


def test_a_download_that_fails_leaves_the_rest_of_a_file_that_it_was_to_go_into(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path, listener_that_raises: Any
) -> None:
    path = tmp_path / "saved"
    path.write_bytes(b"-" * 30)
    with pytest.raises(Broken):
        bucket.download_file_by_name("dir/file", surface.PreSeekedDownloadDest(str(path), 20), listener_that_raises)
    assert path.read_bytes()[:20] == b"-" * 20


def test_a_download_that_fails_leaves_nothing_in_memory(
    bucket: Any, file: Any, surface: ModuleType, listener_that_raises: Any
) -> None:
    destination = surface.DownloadDestBytes()
    with pytest.raises(Broken):
        bucket.download_file_by_name("dir/file", destination, listener_that_raises)
    with pytest.raises(Exception, match="data not written yet"):
        destination.get_bytes_written()


@pytest.mark.parametrize(
    ("name", "error"),
    [("missing/saved", FileNotFoundError), ("a-file/saved", NotADirectoryError), ("a-directory", IsADirectoryError)],
)
def test_what_is_in_the_way_of_a_file_is_the_error_of_the_system(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path, name: str, error: type[OSError]
) -> None:
    (tmp_path / "a-file").write_bytes(b"")
    (tmp_path / "a-directory").mkdir()
    with pytest.raises(error) as caught:
        bucket.download_file_by_name("dir/file", surface.DownloadDestLocalFile(str(tmp_path / name)))
    assert caught.value.filename == str(tmp_path / name)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_missing_right_is_the_error_of_the_system(
    bucket: Any, file: Any, surface: ModuleType, as_user: Path, is_there: bool
) -> None:
    path = as_user / "saved"
    if is_there:
        path.write_bytes(b"")
        path.chmod(0o400)
    else:
        as_user.chmod(0o500)
    with pytest.raises(PermissionError) as caught:
        bucket.download_file_by_name("dir/file", surface.DownloadDestLocalFile(str(path)))
    assert caught.value.filename == str(path)
    as_user.chmod(0o700)


def test_a_subclass_with_another_mode_writes_in_place(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path
) -> None:
    class Appending(surface.DownloadDestLocalFile):  # type: ignore[misc, name-defined]  # of whichever surface
        MODE = "ab"

    path = tmp_path / "saved"
    path.write_bytes(b"before ")
    bucket.download_file_by_name("dir/file", Appending(str(path)))
    assert path.read_bytes() == b"before " + CONTENT


def test_a_destination_of_the_program_is_reported_of_the_file_and_left_by_what_went_wrong(
    bucket: Any, file: Any, surface: ModuleType, listener_that_raises: Any
) -> None:
    told: list[Any] = []

    class Own(surface.AbstractDownloadDestination):  # type: ignore[misc, name-defined]  # of whichever surface
        def make_file_context(self, **about: Any) -> Any:
            told.append(about)
            return self.context()

        @contextlib.contextmanager
        def context(self) -> Any:
            buffer = io.BytesIO()
            try:
                yield buffer
            except BaseException as error:
                told.append(type(error))
                raise
            told.append(buffer.getvalue())

    bucket.download_file_by_name("dir/file", Own(), range_=(0, 4))
    with pytest.raises(Broken):
        bucket.download_file_by_id(file.id_, Own(), listener_that_raises)
    assert told[1::2] == [CONTENT[:5], Broken]
    assert told[0] == {
        "file_id": file.id_,
        "file_name": "dir/file",
        "content_length": len(CONTENT),
        "content_type": "text/plain",
        "content_sha1": file.content_sha1,
        "file_info": NOTED,
        "mod_time_millis": 1_500_000_000_123,
        "range_": (0, 4),
    }


def test_a_listener_around_a_destination_gets_it_and_is_closed(bucket: Any, file: Any, surface: ModuleType) -> None:
    listener, destination = surface.ProgressListenerForTest(), surface.DownloadDestBytes()
    bucket.download_file_by_name("dir/file", surface.DownloadDestProgressWrapper(destination, listener))
    assert destination.get_bytes_written() == CONTENT
    assert listener.get_calls()[0] == f"set_total_bytes({len(CONTENT)})"
    assert listener.get_calls()[-2:] == [f"bytes_completed({len(CONTENT)})", "close()"]


def test_without_destination_the_content_is_read_later(
    bucket: Any, file: Any, surface: ModuleType, tmp_path: Path
) -> None:
    later = bucket.download_file_by_id(file.id_)
    assert isinstance(later, surface.DownloadedFile)
    later.save_to(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == CONTENT
    file.download().save_to(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == CONTENT


def test_a_file_that_is_opened_to_be_read_needs_no_destination(bucket: Any, file: Any, surface: ModuleType) -> None:
    with bucket.open("dir/file") as opened:
        assert opened.read() == CONTENT
    key = surface.EncryptionSetting(
        surface.EncryptionMode.SSE_C, surface.EncryptionAlgorithm.AES256, surface.EncryptionKey(b"k" * 32, "id")
    )
    bucket.upload_bytes(CONTENT, "secret", encryption=key)
    with bucket.open("secret", encryption=key) as opened:
        assert opened.read() == CONTENT


def test_there_is_no_file_to_download(bucket: Any, surface: ModuleType) -> None:
    from b2sdk.v1.exception import FileNotPresent  # noqa: PLC0415  # the class of all surfaces

    with pytest.raises(FileNotPresent):
        bucket.download_file_by_name("nothing", surface.DownloadDestBytes())
