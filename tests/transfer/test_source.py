from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from b2sdk.exception import InvalidUploadSource
from b2sdk.stream.range import RangeOfInputStream
from b2sdk.transfer.source import (
    AbstractUploadSource,
    CopySource,
    OutboundTransferSource,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceLocalFileRange,
    UploadSourceStream,
    UploadSourceStreamRange,
)
from b2sdk.values.encryption import SSE_B2_AES, SSE_NONE, EncryptionSetting

CONTENT = b"0123456789"


def sha1_of(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


class Opener:
    """Opens a stream of the content, and counts how often."""

    def __init__(self) -> None:
        self.opened: list[io.BytesIO] = []

    def __call__(self) -> io.BytesIO:
        self.opened.append(io.BytesIO(CONTENT))
        return self.opened[-1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["bytes", "file", "file range", "stream", "stream range", "open stream range"])
def source_and_content(request: pytest.FixtureRequest, path: Path) -> tuple[AbstractUploadSource, bytes]:
    sources: dict[str, tuple[AbstractUploadSource, bytes]] = {
        "bytes": (UploadSourceBytes(CONTENT), CONTENT),
        "file": (UploadSourceLocalFile(path), CONTENT),
        "file range": (UploadSourceLocalFileRange(path, offset=2, length=3), CONTENT[2:5]),
        "stream": (UploadSourceStream(Opener()), CONTENT),
        "stream range": (UploadSourceStreamRange(Opener(), 2, 3), CONTENT[2:5]),
        "open stream range": (UploadSourceStreamRange(Opener(), 2), CONTENT[2:]),
    }
    return sources[request.param]


# --- every source ---


def test_a_source_knows_length_and_sha1_of_what_it_opens(
    source_and_content: tuple[AbstractUploadSource, bytes],
) -> None:
    source, content = source_and_content
    assert (source.get_content_length(), source.get_content_sha1()) == (len(content), sha1_of(content))
    with source.open() as stream:
        assert stream.read() == content
        assert (stream.seek(0), stream.read()) == (0, content)


def test_the_sha1_is_known_once_it_was_asked_for(source_and_content: tuple[AbstractUploadSource, bytes]) -> None:
    source, _ = source_and_content
    assert not source.is_sha1_known()
    source.get_content_sha1()
    assert source.is_sha1_known()


def test_each_open_starts_over(source_and_content: tuple[AbstractUploadSource, bytes]) -> None:
    source, content = source_and_content
    for _ in range(2):
        with source.open() as stream:
            assert stream.read(2) == content[:2]


def test_what_is_here_is_uploaded_not_copied(source_and_content: tuple[AbstractUploadSource, bytes]) -> None:
    source, _ = source_and_content
    assert (source.is_upload(), source.is_copy()) == (True, False)


def test_a_source_of_ones_own_need_not_know_its_sha1() -> None:
    class Own(AbstractUploadSource):
        def get_content_length(self) -> int:
            return 0

        def get_content_sha1(self) -> str | None:
            return None

        def open(self) -> Any:
            return io.BytesIO()

    assert not Own().is_sha1_known()


def test_a_sha1_that_is_given_is_believed(path: Path) -> None:
    sources: list[AbstractUploadSource] = [
        UploadSourceBytes(CONTENT, "given"),
        UploadSourceLocalFile(path, "given"),
        UploadSourceLocalFileRange(path, "given", 1, 2),
        UploadSourceStream(Opener(), 10, "given"),
        UploadSourceStreamRange(Opener(), 1, 2, "given"),
    ]
    assert [(source.get_content_sha1(), source.is_sha1_known()) for source in sources] == [("given", True)] * 5


# --- bytes ---


@pytest.mark.parametrize(
    ("data", "shown"),
    [(b"x" * 20, "b'xxxxxxxxxxxxxxxxxxxx'"), (b"x" * 21, "b'xxxxxxxxxxxxxxxxxxxx'..."), (b"", "b''")],
)
def test_bytes_show_their_beginning(data: bytes, shown: str) -> None:
    source = UploadSourceBytes(data)
    assert repr(source) == f"<UploadSourceBytes data={shown} id={id(source)}>"


def test_bytes_are_hashed_without_being_opened() -> None:
    class NeverOpened(UploadSourceBytes):
        def open(self) -> io.BytesIO:
            raise AssertionError("opened")

    assert NeverOpened(bytearray(CONTENT)).get_content_sha1() == sha1_of(CONTENT)


# --- files ---


def test_the_size_of_a_file_is_taken_once(path: Path) -> None:
    source = UploadSourceLocalFile(path)
    path.write_bytes(b"")
    assert source.get_content_length() == 10
    source.check_path_and_get_size()
    assert source.get_content_length() == 0


@pytest.mark.parametrize("cls", [UploadSourceLocalFile, UploadSourceLocalFileRange])
@pytest.mark.parametrize("kind", ["missing", "directory", "dangling link", "fifo"])
def test_only_a_regular_file_is_a_source(cls: type[UploadSourceLocalFile], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "source"
    if kind == "directory":
        path.mkdir()
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(InvalidUploadSource) as raised:
        cls(path)
    assert str(raised.value) == f"Invalid upload source: {path}"


@pytest.mark.parametrize("cls", [UploadSourceLocalFile, UploadSourceLocalFileRange])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("link", errno.ELOOP),
        ("link/below", errno.ELOOP),
        ("n" * 300, errno.ENAMETOOLONG),
        ("closed/file", errno.EACCES),
        ("file/", errno.ENOTDIR),
        ("file/below", errno.ENOTDIR),
    ],
)
def test_a_path_that_leads_nowhere_is_no_source_and_the_cause_says_why(
    cls: type[UploadSourceLocalFile], name: str, reason: int, as_user: Path
) -> None:
    (as_user / "link").symlink_to("link")
    (as_user / "file").write_bytes(CONTENT)
    (as_user / "closed").mkdir(mode=0)
    path = f"{as_user}/{name}"
    with pytest.raises(InvalidUploadSource, match=re.escape(path)) as raised:
        cls(path)
    cause = raised.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == reason


@pytest.mark.parametrize("cls", [UploadSourceLocalFile, UploadSourceLocalFileRange])
def test_a_path_may_be_of_bytes(cls: type[UploadSourceLocalFile], path: Path) -> None:
    source = cls(os.fsencode(path))
    with source.open() as stream:
        assert stream.read() == CONTENT
    with pytest.raises(InvalidUploadSource, match="Invalid upload source: nothing"):
        cls(b"nothing")


def test_a_link_to_a_file_is_a_source(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    assert UploadSourceLocalFile(str(tmp_path / "link")).get_content_length() == 10


def test_a_file_shows_path_length_and_sha1(path: Path) -> None:
    source = UploadSourceLocalFile(path)
    assert repr(source) == (
        f"<UploadSourceLocalFile local_path={path} content_length=10 content_sha1=None id={id(source)}>"
    )


# --- ranges of files ---


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [(0, None, CONTENT), (4, None, CONTENT[4:]), (10, None, b""), (0, 0, b""), (7, 3, CONTENT[7:])],
)
def test_a_range_without_length_reaches_to_the_end(
    offset: int, length: int | None, expected: bytes, path: Path
) -> None:
    source = UploadSourceLocalFileRange(path, offset=offset, length=length)
    with source.open() as stream:
        assert stream.read() == expected
    assert (source.content_length, source.file_size, source.offset) == (len(expected), 10, offset)


@pytest.mark.parametrize(("offset", "length"), [(0, 11), (8, 3), (11, None), (-1, 3), (3, -1)])
def test_a_range_must_lie_inside_the_file(offset: int, length: int | None, path: Path) -> None:
    with pytest.raises(ValueError, match=r"^Range length overflow file size$"):
        UploadSourceLocalFileRange(path, offset=offset, length=length)


def test_the_range_of_all_is_the_file_itself(path: Path) -> None:
    with UploadSourceLocalFileRange(path).open() as stream:
        assert isinstance(stream, io.BufferedReader)


def test_closing_a_range_closes_the_file(path: Path) -> None:
    stream = UploadSourceLocalFileRange(path, offset=1).open()
    assert isinstance(stream, RangeOfInputStream)
    stream.close()
    assert stream.stream.closed


def test_a_range_of_a_file_shows_its_offset(path: Path) -> None:
    source = UploadSourceLocalFileRange(path, "sha1", 2, 3)
    assert repr(source) == (
        f"<UploadSourceLocalFileRange local_path={path} offset=2 content_length=3 content_sha1=sha1 id={id(source)}>"
    )


# --- streams ---


def test_one_reading_reports_both_length_and_sha1_and_closes_the_stream() -> None:
    opener = Opener()
    source = UploadSourceStream(opener)
    assert (source.get_content_length(), source.get_content_sha1()) == (10, sha1_of(CONTENT))
    assert [stream.closed for stream in opener.opened] == [True]


def test_a_stream_is_not_read_for_what_is_known() -> None:
    opener = Opener()
    source = UploadSourceStream(opener, stream_length=10, stream_sha1="given")
    assert (source.get_content_length(), source.get_content_sha1(), opener.opened) == (10, "given", [])


def test_a_range_of_a_stream_is_no_longer_than_the_stream() -> None:
    source = UploadSourceStreamRange(Opener(), offset=12)
    assert (source.get_content_length(), source.get_content_sha1()) == (0, sha1_of(b""))


def test_streams_show_what_is_known() -> None:
    stream = UploadSourceStream(dict, 10, "sha1")
    part = UploadSourceStreamRange(dict, 2, 3)
    assert repr(stream) == (
        f"<UploadSourceStream stream_opener=<class 'dict'> content_length=10 content_sha1=sha1 id={id(stream)}>"
    )
    assert repr(part) == (
        "<UploadSourceStreamRange stream_opener=<class 'dict'> offset=2 content_length=3 "
        f"content_sha1=None id={id(part)}>"
    )


# --- continuing a stored version ---


@dataclass
class StoredVersion:
    size: int | None
    sha1: str | None
    id_: str = "an id"
    content_type: str | None = "text/plain"
    file_info: dict[str, str] = field(default_factory=lambda: {"a": "b"})
    server_side_encryption: EncryptionSetting = field(default_factory=lambda: SSE_B2_AES)

    def get_content_sha1(self) -> str | None:
        return self.sha1


def stored(size: int) -> StoredVersion:
    return StoredVersion(size, sha1_of(CONTENT[:size]))


def read_all(sources: list[OutboundTransferSource]) -> bytes:
    content = b""
    for source in sources:
        assert isinstance(source, AbstractUploadSource)
        with source.open() as stream:
            content += stream.read()
    return content


@pytest.mark.parametrize("size", [4, 9])
def test_a_file_that_begins_with_the_stored_version_sends_only_the_rest(size: int, path: Path) -> None:
    copied, *sent = UploadSourceLocalFile(path).get_incremental_sources(stored(size), min_part_size=4)
    assert isinstance(copied, CopySource)
    assert (copied.file_id, copied.offset, copied.length) == ("an id", 0, size)
    assert (copied.encryption, copied.source_file_info, copied.source_content_type) == (
        SSE_B2_AES,
        {"a": "b"},
        "text/plain",
    )
    assert [source.get_content_length() for source in sent] == [10 - size]
    assert read_all(sent) == CONTENT[size:]


def test_a_file_that_is_the_stored_version_sends_nothing(path: Path) -> None:
    sources = UploadSourceLocalFile(path).get_incremental_sources(stored(10), min_part_size=4)
    assert [(type(source), source.get_content_length()) for source in sources] == [(CopySource, 10)]


def test_a_stored_version_in_plain_text_is_read_without_encryption(path: Path) -> None:
    version = stored(5)
    version.server_side_encryption = SSE_NONE
    copied, _ = UploadSourceLocalFile(path).get_incremental_sources(version, min_part_size=4)
    assert isinstance(copied, CopySource)
    assert copied.encryption is None


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (None, "there is no version to continue"),
        (StoredVersion(None, "sha1"), "the stored version is too small to be a part"),
        (StoredVersion(3, sha1_of(CONTENT[:3])), "the stored version is too small to be a part"),
        (StoredVersion(11, sha1_of(CONTENT + b"x")), "it is shorter than the stored version"),
        (StoredVersion(5, None), "the SHA-1 of the stored version is not known"),
        (StoredVersion(5, sha1_of(b"other")), "the stored version is not its beginning"),
        (StoredVersion(10, sha1_of(b"other")), "the stored version is not its beginning"),
    ],
)
def test_any_other_file_is_sent_in_full_and_the_log_says_why(
    version: StoredVersion | None, reason: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "b2sdk")
    source = UploadSourceLocalFile(path)
    assert source.get_incremental_sources(version, min_part_size=4) == [source]
    assert caplog.messages == [f"Fallback to full upload for {path} -- {reason}"]


def test_a_stored_version_below_5_mb_is_not_continued(path: Path) -> None:
    source = UploadSourceLocalFile(path)
    assert source.get_incremental_sources(stored(5)) == [source]


@pytest.mark.parametrize("version", [stored(5), StoredVersion(5, sha1_of(b"other"))])
def test_a_file_that_was_read_to_compare_it_is_not_read_again(version: StoredVersion, path: Path) -> None:
    source = UploadSourceLocalFile(path)
    source.get_incremental_sources(version, min_part_size=4)
    path.unlink()
    assert source.get_content_sha1() == sha1_of(CONTENT)


# --- copies ---

STORED = CopySource("an id", 10, 20, SSE_B2_AES, {"a": "b"}, "text/plain")


def test_what_is_stored_is_copied_not_uploaded() -> None:
    assert (STORED.is_copy(), STORED.is_upload()) == (True, False)


@pytest.mark.parametrize(
    ("source", "length", "bytes_range"),
    [
        (STORED, 20, (10, 29)),
        (CopySource("f", 0, 1), 1, (0, 0)),
        (CopySource("f"), None, None),
        (CopySource("f", 0, 0), 0, None),
    ],
)
def test_a_copy_is_of_a_range_or_of_all(
    source: CopySource, length: int | None, bytes_range: tuple[int, int] | None
) -> None:
    assert (source.get_content_length(), source.get_bytes_range()) == (length, bytes_range)


@pytest.mark.parametrize("length", [None, 0])
def test_an_offset_needs_a_length(length: int | None) -> None:
    with pytest.raises(ValueError, match=r"^Cannot copy with non zero offset and unknown or zero length$"):
        CopySource("f", 1, length)


def test_a_part_of_a_copy_is_counted_from_its_beginning_and_keeps_the_rest() -> None:
    part = STORED.get_copy_source_range(5, 15)
    assert {**vars(part), "offset": 10, "length": 20} == vars(STORED)
    assert part.get_bytes_range() == (15, 29)


def test_a_part_of_a_copy_must_lie_inside() -> None:
    with pytest.raises(ValueError, match=r"^Range length overflow source length$"):
        STORED.get_copy_source_range(5, 16)


@pytest.mark.parametrize(
    ("source", "sha1"),
    [
        (CopySource("f", source_file_info={"large_file_sha1": "x"}), "x"),
        (CopySource("f", source_file_info={}), None),
        (CopySource("f"), None),
        (CopySource("f", 0, 5, source_file_info={"large_file_sha1": "x"}), None),
    ],
)
def test_only_a_copy_of_all_may_know_its_sha1(source: CopySource, sha1: str | None) -> None:
    assert source.get_content_sha1() == sha1


def test_a_copy_shows_its_parts_and_no_secret() -> None:
    assert repr(STORED) == (
        "<CopySource file_id=an id offset=10 length=20 "
        "encryption=<EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256, None)> "
        f"source_content_type=text/plain source_file_info={{'a': 'b'}} id={id(STORED)}>"
    )


@pytest.mark.parametrize("processors", [None, 1, 2])
@pytest.mark.parametrize("make", [UploadSourceLocalFile, UploadSourceLocalFileRange])
def test_a_file_that_is_read_for_its_sha1_notes_those_of_its_parts(
    path: Path, monkeypatch: pytest.MonkeyPatch, processors: int | None, make: Any
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    source = make(path)
    source.expect_parts([4, 4, 2])
    assert source.sha1_of_part(0, 4) is None
    assert source.get_content_sha1() == sha1_of(CONTENT)
    noted = [source.sha1_of_part(*place) for place in [(0, 4), (4, 4), (8, 2), (0, 8), (4, 2)]]
    assert noted == [sha1_of(CONTENT[:4]), sha1_of(CONTENT[4:8]), sha1_of(CONTENT[8:]), None, None]


def test_a_file_whose_sha1_is_given_is_not_read_for_those_of_its_parts(path: Path) -> None:
    source = UploadSourceLocalFile(path, content_sha1="given")
    source.expect_parts([4, 6])
    path.unlink()
    assert (source.get_content_sha1(), source.sha1_of_part(0, 4)) == ("given", None)


def test_of_a_file_that_has_grown_as_much_is_hashed_as_will_be_sent(path: Path) -> None:
    source = UploadSourceLocalFile(path)
    path.write_bytes(CONTENT + b"more")
    assert source.get_content_sha1() == sha1_of(CONTENT)
