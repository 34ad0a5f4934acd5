from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from b2sdk.transfer.source import CopySource, UploadSourceLocalFile, UploadSourceLocalFileRange
from b2sdk.values.encryption import EncryptionAlgorithm, EncryptionMode, EncryptionSetting

SSE_B2 = EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@dataclass
class Stored:
    """The version of a file that the service has."""

    size: int | None = 0
    sha1: str | None = None
    id_: str = "id"
    content_type: str | None = "text/plain"
    file_info: dict[str, str] = field(default_factory=lambda: {"k": "v"})
    server_side_encryption: EncryptionSetting = field(default_factory=lambda: SSE_B2)

    def get_content_sha1(self) -> str | None:
        return self.sha1


class Counted(UploadSourceLocalFile):
    opened = 0

    def open(self) -> io.BufferedReader:
        self.opened += 1
        return super().open()


@pytest.fixture
def local(tmp_path: Path) -> Counted:
    path = tmp_path / "file"
    path.write_bytes(b"beginning and end")
    return Counted(path)


def beginning() -> Stored:
    return Stored(size=9, sha1=sha1(b"beginning"))


def test_a_stored_beginning_is_copied_and_the_rest_is_sent(local: Counted) -> None:
    copy, rest = local.get_incremental_sources(beginning(), min_part_size=5)
    assert isinstance(copy, CopySource)
    assert (copy.file_id, copy.offset, copy.length) == ("id", 0, 9)
    assert isinstance(rest, UploadSourceLocalFileRange)
    with rest.open() as stream:
        assert stream.read() == b" and end"


def test_the_copy_knows_what_the_stored_version_is_like(local: Counted) -> None:
    copy = local.get_incremental_sources(beginning(), min_part_size=5)[0]
    assert isinstance(copy, CopySource)
    assert copy.encryption == SSE_B2
    assert (copy.source_file_info, copy.source_content_type) == ({"k": "v"}, "text/plain")


def test_a_stored_version_without_encryption_gives_none(local: Counted) -> None:
    stored = beginning()
    stored.server_side_encryption = EncryptionSetting(EncryptionMode.NONE)
    copy = local.get_incremental_sources(stored, min_part_size=5)[0]
    assert isinstance(copy, CopySource)
    assert copy.encryption is None


def test_nothing_is_sent_of_a_file_that_is_stored_already(local: Counted) -> None:
    sources = local.get_incremental_sources(Stored(17, sha1(b"beginning and end")), min_part_size=5)
    assert [type(source) for source in sources] == [CopySource]


@pytest.mark.parametrize(
    "stored",
    [
        None,
        Stored(size=None),
        Stored(size=4, sha1=sha1(b"begi")),
        Stored(size=18, sha1=sha1(b"beginning and end.")),
        Stored(size=9, sha1=None),
        Stored(size=9, sha1=sha1(b"Beginning")),
        Stored(size=17, sha1=sha1(b"another of 17 byt")),
    ],
    ids=["none", "hide marker", "too small", "longer", "unknown SHA-1", "other beginning", "other content"],
)
def test_a_version_that_cannot_be_continued_is_not_used(local: Counted, stored: Stored | None) -> None:
    assert local.get_incremental_sources(stored, min_part_size=5) == [local]


def test_a_small_version_is_not_used_by_default(local: Counted) -> None:
    assert local.get_incremental_sources(beginning()) == [local]


def test_nothing_is_read_of_a_version_that_is_too_small(local: Counted) -> None:
    local.get_incremental_sources(beginning())
    assert local.opened == 0


@pytest.mark.parametrize("stored", [beginning(), Stored(9, sha1(b"Beginning"))], ids=["continued", "in full"])
def test_the_content_is_read_once(local: Counted, stored: Stored) -> None:
    local.get_incremental_sources(stored, min_part_size=5)
    assert local.get_content_sha1() == sha1(b"beginning and end")
    assert local.opened == 1


def test_a_sha1_that_was_given_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"beginning and end")
    source = UploadSourceLocalFile(path, content_sha1="given")
    assert len(source.get_incremental_sources(beginning(), min_part_size=5)) == 2
    assert source.content_sha1 == "given"


def test_what_is_appended_meanwhile_is_left_for_the_next_time(local: Counted) -> None:
    with Path(local.local_path).open("ab") as file:
        file.write(b", and more")
    rest = local.get_incremental_sources(beginning(), min_part_size=5)[1]
    assert rest.get_content_length() == 8
    assert local.get_content_sha1() == sha1(b"beginning and end")
