from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.sync.conftest import Report, stored, version

from b2sdk.exception import (
    B2Error,
    DestinationDirectoryDoesntAllowOperation,
    DestinationIsADirectory,
    NotADirectory,
    UnableToCreateDirectory,
    UnsupportedFilename,
)
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.sync.encryption_provider import SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER as DEFAULT
from b2sdk.sync.report import SyncFileReporter
from b2sdk.sync.transfer_action import B2CopyAction, B2DownloadAction, B2IncrementalUploadAction, B2UploadAction
from b2sdk.transfer.destination import atomic_replacement
from b2sdk.transfer.source import CopySource, UploadSourceLocalFile, UploadSourceLocalFileRange
from b2sdk.values.encryption import SSE_B2_AES, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting

SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"s" * 32, "the id"))
COUNTED = [("update_transfer", 1, 0)]


@pytest.fixture
def provider() -> mock.Mock:
    asked = mock.Mock()
    asked.get_setting_for_upload.return_value = SSE_B2_AES
    asked.get_destination_setting_for_copy.return_value = SSE_B2_AES
    asked.get_source_setting_for_copy.return_value = SSE_C
    asked.get_setting_for_download.return_value = SSE_C
    return asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


# --- uploads ---


def test_an_upload_is_one_call(file: Path, provider: mock.Mock) -> None:
    bucket, report = mock.Mock(), Report()
    action = B2UploadAction(str(file), "a b", "f/a b", 1234, 10, provider)
    action.run(bucket, report)  # type: ignore[arg-type]
    info = {"src_last_modified_millis": "1234"}
    assert provider.mock_calls == [
        mock.call.get_setting_for_upload(bucket=bucket, b2_file_name="f/a b", file_info=info, length=10)
    ]
    assert bucket.mock_calls == [
        mock.call.concatenate(
            [mock.ANY],
            "f/a b",
            progress_listener=mock.ANY,
            file_info=info,
            encryption=SSE_B2_AES,
            large_file_sha1=None,
        )
    ]
    asked_info = provider.get_setting_for_upload.call_args.kwargs["file_info"]
    sent = bucket.concatenate.call_args
    assert sent.kwargs["file_info"] is asked_info, "a provider may add to it"
    assert isinstance(sent.kwargs["progress_listener"], SyncFileReporter)
    (source,) = sent.args[0]
    assert isinstance(source, UploadSourceLocalFile)
    assert source.local_path == str(file)
    assert (report.lines, report.calls) == (["upload 'a b'"], COUNTED)
    assert str(action) == f"b2_upload({file}, f/a b, 1234)"
    assert action.get_bytes() == 10


def test_an_upload_that_fails_is_not_counted(file: Path) -> None:
    bucket, report = mock.Mock(), Report()
    bucket.concatenate.side_effect = ValueError("refused")
    with pytest.raises(ValueError, match="refused"):
        B2UploadAction(str(file), "a", "f/a", 1, 10, DEFAULT).run(bucket, report)  # type: ignore[arg-type]
    assert report.errors == [f"b2_upload({file}, f/a, 1): ValueError('refused') refused"]
    assert report.calls == []


def test_an_upload_needs_no_reporter(file: Path) -> None:
    bucket = mock.Mock()
    B2UploadAction(str(file), "a", "f/a", 1, 10, DEFAULT).run(bucket, None)
    assert bucket.concatenate.call_args.kwargs["progress_listener"] is None


def test_a_file_that_is_gone_is_reported(tmp_path: Path) -> None:
    report = Report()
    action = B2UploadAction(str(tmp_path / "gone"), "a", "f/a", 1, 10, DEFAULT)
    with pytest.raises(Exception, match="gone"):
        action.run(mock.Mock(), report)  # type: ignore[arg-type]
    assert len(report.errors) == 1


def test_an_incremental_upload_copies_what_is_there(file: Path, provider: mock.Mock) -> None:
    bucket = mock.Mock()
    old = version("f/a", sha1=hex_sha1_of_bytes(b"01234"), size=5)
    action = B2IncrementalUploadAction(str(file), "a", "f/a", 1, 10, provider, old, 2)
    action.run(bucket, None)
    copied, sent = bucket.concatenate.call_args.args[0]
    assert isinstance(copied, CopySource)
    assert isinstance(sent, UploadSourceLocalFileRange)
    assert (copied.file_id, copied.length, sent.offset, sent.content_length) == (old.id_, 5, 5, 5)
    assert copied.encryption is SSE_C, "a listing does not tell the key"
    assert provider.mock_calls[-1] == mock.call.get_source_setting_for_copy(bucket=bucket, source_file_version=old)
    assert bucket.concatenate.call_args.kwargs["large_file_sha1"] == hex_sha1_of_bytes(b"0123456789")
    assert action.large_file_sha1 == hex_sha1_of_bytes(b"0123456789")


def test_an_incremental_copy_leaves_to_the_service_what_nobody_knows(file: Path) -> None:
    bucket = mock.Mock()
    old = version("f/a", sha1=hex_sha1_of_bytes(b"01234"), size=5)
    B2IncrementalUploadAction(str(file), "a", "f/a", 1, 10, DEFAULT, old, 2).run(bucket, None)
    assert bucket.concatenate.call_args.args[0][0].encryption is None


@pytest.mark.parametrize("old", [None, version("f/a", sha1="0" * 40, size=5)])
def test_an_incremental_upload_of_another_file_sends_all(file: Path, provider: mock.Mock, old: Any) -> None:
    bucket = mock.Mock()
    action = B2IncrementalUploadAction(str(file), "a", "f/a", 1, 10, provider, old, 2)
    action.run(bucket, None)
    (source,) = bucket.concatenate.call_args.args[0]
    assert isinstance(source, UploadSourceLocalFile)
    assert bucket.concatenate.call_args.kwargs["large_file_sha1"] is None
    assert not provider.get_source_setting_for_copy.called
    assert str(action) == f"b2_upload({file}, f/a, 1)"


# --- downloads ---


def downloading(content: bytes = b"new") -> mock.Mock:
    """Return a bucket whose downloads write this."""
    bucket = mock.Mock()
    bucket.download_file_by_id.return_value.save_to.side_effect = lambda path, **_: Path(path).write_bytes(content)
    return bucket


def download(path: Path, root: Path | None = None, encryption_settings_provider: Any = DEFAULT) -> B2DownloadAction:
    source = stored("d/a b", version("f/d/a b", 1234, id_="the id"))
    return B2DownloadAction(
        source, "f/d/a b", str(path), encryption_settings_provider, root=None if root is None else str(root)
    )


def test_a_download_is_one_call_and_can_be_resumed(tmp_path: Path, provider: mock.Mock) -> None:
    bucket, report, path = downloading(), Report(), tmp_path / "d" / "e" / "a b"
    action = download(path, tmp_path, provider)
    action.run(bucket, report)  # type: ignore[arg-type]
    assert provider.mock_calls == [
        mock.call.get_setting_for_download(bucket=bucket, file_version=action.source_path.selected_version)
    ]
    assert bucket.mock_calls == [
        mock.call.download_file_by_id("the id", progress_listener=mock.ANY, encryption=SSE_C),
        mock.call.download_file_by_id().save_to(path, resume=True),
    ]
    assert path.read_bytes() == b"new"
    assert (report.lines, report.calls) == (["dnload 'd/a b'"], COUNTED)
    assert str(action) == f"b2_download(f/d/a b, the id, {path}, 1234)"
    assert action.get_bytes() == 10


def test_names_from_the_bucket_do_not_control_the_terminal(tmp_path: Path) -> None:
    report = Report()
    source = stored("\x1b[2J", version("\x1b[2J"))
    for action in (
        B2DownloadAction(source, "\x1b[2J", str(tmp_path / "a"), DEFAULT),
        B2CopyAction("\x1b[2J", source, "b", mock.Mock(), mock.Mock(), DEFAULT),
    ):
        action.run(mock.Mock(), report, dry_run=True)  # type: ignore[arg-type]
    assert report.lines == ["dnload '\\x1b[2J'", "copy '\\x1b[2J'"]


def test_a_link_is_replaced_not_written_through(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.write_bytes(b"precious")
    path = root / "link"
    path.symlink_to(outside)
    download(path, root).run(downloading(), None)
    assert not path.is_symlink()
    assert path.read_bytes() == b"new"
    assert outside.read_bytes() == b"precious"
    assert list(root.iterdir()) == [path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("closed/file", DestinationDirectoryDoesntAllowOperation), ("closed/missing/file", UnableToCreateDirectory)],
)
def test_a_directory_that_nobody_may_look_into_is_reported(as_user: Path, path: str, expected: type[B2Error]) -> None:
    (as_user / "closed").mkdir()
    (as_user / "closed").chmod(0)
    bucket = downloading()
    save_to = bucket.download_file_by_id.return_value.save_to
    save_to.side_effect = lambda path, **_: atomic_replacement(path).__enter__()
    with pytest.raises(expected):
        download(as_user / path, as_user).do_action(bucket, None)


def test_a_download_that_fails_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    bucket, report = mock.Mock(), Report()
    bucket.download_file_by_id.side_effect = ValueError("refused")
    with pytest.raises(ValueError, match="refused"):
        download(path, tmp_path).run(bucket, report)  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert report.errors == [f"b2_download(f/d/a b, the id, {path}, 1234): ValueError('refused') refused"]
    assert report.calls == []


def test_nothing_is_asked_for_that_has_no_place(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "directory").mkdir(parents=True)
    (root / "file").write_bytes(b"old")
    (root / "link").symlink_to(tmp_path)
    bucket = mock.Mock()
    for name, error in (
        ("directory", DestinationIsADirectory),
        ("file/below", NotADirectory),
        ("link/new", UnsupportedFilename),
        ("link", DestinationIsADirectory),
    ):
        with pytest.raises(error):
            download(root / name, root).run(bucket, None)
    assert bucket.mock_calls == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["root"]
    assert (root / "file").read_bytes() == b"old"


# --- copies ---


def test_a_copy_is_one_call(provider: mock.Mock) -> None:
    bucket, source_bucket, dest_bucket, report = mock.Mock(), mock.Mock(), mock.Mock(), Report()
    old = version("f/a b", 1234, id_="the id", file_info={"color": "red"})
    action = B2CopyAction("f/a b", stored("a b", old), "g/a b", source_bucket, dest_bucket, provider)
    action.run(bucket, report)  # type: ignore[arg-type]
    assert provider.mock_calls == [
        mock.call.get_source_setting_for_copy(bucket=source_bucket, source_file_version=old),
        mock.call.get_destination_setting_for_copy(
            bucket=dest_bucket, source_file_version=old, dest_b2_file_name="g/a b"
        ),
    ]
    assert bucket.mock_calls == [
        mock.call.copy(
            "the id",
            "g/a b",
            length=10,
            progress_listener=mock.ANY,
            destination_encryption=SSE_B2_AES,
            source_encryption=SSE_C,
            source_file_info={"color": "red"},
            source_content_type="text/plain",
        )
    ]
    assert (report.lines, report.calls) == (["copy 'a b'"], COUNTED)
    assert str(action) == "b2_copy(f/a b, the id, g/a b, 1234)"
    assert action.get_bytes() == 10


def test_a_copy_that_fails_is_not_counted() -> None:
    bucket, report = mock.Mock(), Report()
    bucket.copy.side_effect = ValueError("refused")
    with pytest.raises(ValueError, match="refused"):
        B2CopyAction("a", stored("a"), "b", mock.Mock(), mock.Mock(), DEFAULT).run(bucket, report)  # type: ignore[arg-type]
    assert report.errors == ["b2_copy(a, id_a_100, b, 100): ValueError('refused') refused"]
    assert (report.lines, report.calls) == ([], [])


def test_copies_and_downloads_need_no_reporter(tmp_path: Path) -> None:
    B2CopyAction("a", stored("a"), "b", mock.Mock(), mock.Mock(), DEFAULT).run(mock.Mock(), None)
    download(tmp_path / "a", tmp_path).run(downloading(), None)
    assert (tmp_path / "a").read_bytes() == b"new"
