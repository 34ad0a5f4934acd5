from __future__ import annotations

import hashlib
import io
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given, settings, strategies as st

from b2sdk.exception import AccessDenied, B2ConnectionError, InvalidRange, PartSha1Mismatch, ServiceError
from b2sdk.progress import DoNothingProgressListener
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.v3 import (
    SSE_B2_AES,
    B2Api,
    B2HttpApiConfig,
    Bucket,
    BucketSimulator,
    CopySource,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    InMemoryAccountInfo,
    OutboundTransferSource,
    RawSimulator,
    UploadSourceBytes,
    UploadSourceLocalFile,
    WriteIntent,
)

STORED = bytes(range(256)) * 4
MINIMUM = 200
PATIENCE = 10
"""Seconds after which something that should have happened has not."""
MAXIMUM = 500
"""What is copied at once; twice the minimum, as copies are divided evenly."""


class Roomy(BucketSimulator):
    MAX_SIMPLE_COPY_SIZE = MAXIMUM


class Simulator(RawSimulator):
    BUCKET_SIMULATOR_CLASS = Roomy

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def list_parts(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append("list_parts")
        return super().list_parts(*args, **kwargs)

    def download_file_from_url(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append("download_file_from_url")
        return super().download_file_from_url(*args, **kwargs)


SimulatorT = TypeVar("SimulatorT", bound=Simulator)


class Cloud(Generic[SimulatorT]):
    """A bucket in process."""

    def __init__(self, simulator: SimulatorT) -> None:
        self.simulator = simulator
        config = B2HttpApiConfig(_raw_api_class=lambda _: self.simulator)
        self.api = B2Api(InMemoryAccountInfo(), api_config=config)
        self.api.authorize_account(*self.simulator.create_account(), realm="production")
        self.bucket: Bucket = self.api.create_bucket("bucket", "allPrivate")

    def content(self, name: str, encryption: EncryptionSetting | None = None) -> bytes:
        target = io.BytesIO()
        self.bucket.download_file_by_name(name, encryption=encryption).save(target)
        return target.getvalue()


@pytest.fixture
def cloud() -> Iterator[Cloud[Simulator]]:
    cloud = Cloud(Simulator())
    yield cloud
    cloud.api.close()


def sse_c(letter: bytes) -> EncryptionSetting:
    key = EncryptionKey(letter * 32, f"key {letter.decode()}")
    return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)


# --- whatever it is made of, the file is what was asked for ---

encryptions = st.sampled_from([None, SSE_B2_AES, sse_c(b"a"), sse_c(b"b")])
ranges = st.tuples(st.integers(0, 800), st.integers(1, 224))
segments = st.lists(st.one_of(st.integers(0, 450), ranges), min_size=1, max_size=6)


def reading(encryption: EncryptionSetting | None) -> EncryptionSetting | None:
    """Return what has to be said to read a file that is encrypted so."""
    return None if encryption is None or encryption.key is None else encryption


def content_of(segment: int | tuple[int, int], number: int) -> bytes:
    if isinstance(segment, int):
        return bytes([number]) * segment
    offset, length = segment
    return STORED[offset : offset + length]


@given(segments=segments, of_source=encryptions, of_file=encryptions, is_stream=st.booleans())
@settings(max_examples=60)
def test_sources_one_behind_the_other_give_their_bytes(
    cloud: Cloud[Simulator],
    segments: list[int | tuple[int, int]],
    of_source: EncryptionSetting | None,
    of_file: EncryptionSetting | None,
    is_stream: bool,
) -> None:
    stored = cloud.bucket.upload_bytes(STORED, "stored", encryption=of_source)
    sources: list[OutboundTransferSource] = []
    for number, segment in enumerate(segments):
        if isinstance(segment, int):
            sources.append(UploadSourceBytes(content_of(segment, number)))
        else:
            info, type_ = stored.file_info, stored.content_type
            sources.append(CopySource(stored.id_, *segment, of_source, info, type_))
    intents = WriteIntent.wrap_sources_iterator(sources)
    make = cloud.bucket.create_file_stream if is_stream else cloud.bucket.create_file
    version = make(intents, "made", encryption=of_file, max_part_size=MAXIMUM)
    expected = b"".join(content_of(segment, number) for number, segment in enumerate(segments))
    assert cloud.content("made", reading(of_file)) == expected
    assert version.size == len(expected)


@given(length=st.integers(0, len(STORED)), cuts=st.lists(st.integers(0, len(STORED)), max_size=6))
@settings(max_examples=60)
def test_copies_over_an_upload_give_the_same_bytes(cloud: Cloud[Simulator], length: int, cuts: list[int]) -> None:
    stored = cloud.bucket.upload_bytes(STORED, "stored")
    content = STORED[:length]
    ends = sorted({cut for cut in cuts if 0 < cut <= length})
    copies = [
        WriteIntent(CopySource(stored.id_, start, end - start), start)
        for start, end in zip([0, *ends], ends, strict=False)
    ]
    cloud.bucket.create_file([WriteIntent(UploadSourceBytes(content)), *copies], "made", max_part_size=MAXIMUM)
    assert cloud.content("made") == content


# --- what fails ---


class Endless(Simulator):
    """Reads what is sent over and over again, and rejects part 3, if it should, when the others have started."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__()
        self.refuses = refuses
        self.begun = threading.Semaphore(0)
        self.sent: list[int] = []

    def wait_for_others(self) -> None:
        for _ in range(2):
            assert self.begun.acquire(timeout=PATIENCE)

    def upload_part(self, *args: Any, **kwargs: Any) -> Any:
        number, stream = args[2], args[5]
        if number == 3 and self.refuses:
            self.wait_for_others()
            raise AccessDenied
        self.begun.release()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            stream.seek(0)
            stream.read()
        self.sent.append(number)
        return {}


@pytest.mark.parametrize("round_", range(5))
def test_a_failure_stops_the_parts_on_their_way_and_is_what_is_reported(round_: int) -> None:
    cloud = Cloud(Endless(refuses=True))
    cloud.api.services.upload_manager.set_thread_pool_size(3)
    with pytest.raises(AccessDenied):
        cloud.bucket.upload_bytes(bytes(20 * MINIMUM), "large")
    cloud.api.close()
    assert cloud.simulator.sent == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_is_raised_in_the_caller_stops_the_parts_on_their_way(error: type[BaseException]) -> None:
    cloud = Cloud(Endless(refuses=False))

    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if not data:
                cloud.simulator.wait_for_others()
                raise error
            return data

    with pytest.raises(error):
        cloud.bucket.upload_unbound_stream(Interrupted(bytes(2 * MINIMUM)), "large", buffers_count=4)
    assert cloud.simulator.sent == []
    cloud.api.close()


def test_parts_behind_a_failure_are_not_sent(cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.api.services.upload_manager.set_thread_pool_size(1)
    numbers: list[int] = []

    def refuse(_url: str, _token: str, part_number: int, *_args: Any, **_kwargs: Any) -> Any:
        numbers.append(part_number)
        raise ServiceError("busy")

    monkeypatch.setattr(cloud.simulator, "upload_part", refuse)
    with pytest.raises(Exception, match="after 5 tries"):
        cloud.bucket.upload_bytes(bytes(10 * MINIMUM), "large")
    assert numbers == [1] * 5


def test_an_attempt_is_a_call_of_the_session_that_programs_may_replace(
    cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = cloud.api.session
    original, calls = session.upload_part, []

    def now_and_then(*args: Any, **kwargs: Any) -> Any:
        calls.append((args[1], kwargs))
        if len(calls) % 2:
            raise B2ConnectionError
        return original(*args, **kwargs)

    monkeypatch.setattr(session, "upload_part", now_and_then)
    cloud.api.services.upload_manager.set_thread_pool_size(1)
    cloud.bucket.upload_bytes(STORED[:600], "large")
    assert cloud.content("large") == STORED[:600]
    assert calls == [(number, {"server_side_encryption": None}) for number in (1, 1, 2, 2, 3, 3)]


# --- going on ---


def begun(cloud: Cloud[Simulator], sources: list[Any], parts: int) -> str:
    """Begin a file of these sources, of which so many parts are finished."""
    uploading = cloud.api.session.upload_part

    def limited(file_id: str, part_number: int, *args: Any, **kwargs: Any) -> Any:
        if part_number > parts:
            raise AccessDenied
        return uploading(file_id, part_number, *args, **kwargs)

    before = {file.file_id for file in cloud.bucket.list_unfinished_large_files()}
    cloud.api.services.upload_manager.set_thread_pool_size(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.api.session, "upload_part", limited)
        if before:
            patch.setattr("b2sdk.transfer.making.may_list_files", lambda _account_info: False)
        with pytest.raises(AccessDenied):
            cloud.bucket.concatenate(sources, "large")
    (new,) = {file.file_id for file in cloud.bucket.list_unfinished_large_files()} - before
    return new


def test_of_files_with_a_plan_id_the_one_with_most_parts_is_resumed(cloud: Cloud[Simulator]) -> None:
    stored = cloud.bucket.upload_bytes(STORED, "stored")
    sources = [UploadSourceBytes(STORED), CopySource(stored.id_, length=MINIMUM)]
    ids = [begun(cloud, sources, parts) for parts in (1, 3, 2)]
    assert cloud.bucket.concatenate(sources, "large").id_ == ids[1]
    assert cloud.content("large") == STORED + STORED[:MINIMUM]


def test_of_files_without_a_plan_id_the_first_is_resumed(cloud: Cloud[Simulator]) -> None:
    ids = [begun(cloud, [UploadSourceBytes(STORED)], parts) for parts in (1, 3)]
    assert cloud.bucket.upload_bytes(STORED, "large").id_ == ids[0]


def test_why_a_file_is_not_resumed_is_logged(cloud: Cloud[Simulator], caplog: pytest.LogCaptureFixture) -> None:
    unnoted = cloud.api.services.large_file.start_large_file(cloud.bucket.id_, "large", "b2/x-auto", {}).file_id
    part = UploadSourceBytes(STORED[:200])
    state = LargeFileUploadState(DoNothingProgressListener())
    cloud.api.services.upload_manager._upload_part(cloud.bucket.id_, unnoted, part, 1, state, None, None)
    with caplog.at_level(logging.DEBUG, "b2sdk"):
        cloud.bucket.upload_bytes(STORED[::-1], "large")
        cloud.bucket.upload_bytes(STORED, "large", file_info={"a": "b"})
    assert f"Rejecting {unnoted}: its parts are not those of this file" in caplog.messages
    assert f"Rejecting {unnoted}: its file info differs" in caplog.messages


def test_files_with_a_longer_name_are_not_looked_at(cloud: Cloud[Simulator]) -> None:
    begun(cloud, [UploadSourceBytes(STORED)], 1)
    cloud.bucket.upload_bytes(STORED, "larg")
    assert "list_parts" not in cloud.simulator.calls


def test_a_piece_that_is_downloaded_is_fetched_once_for_a_part_that_is_sent_twice(
    cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = cloud.bucket.upload_bytes(STORED, "stored")
    sending, failures = cloud.api.session.upload_part, [B2ConnectionError()]

    def failing_behind(*args: Any, **kwargs: Any) -> Any:
        answer = sending(*args, **kwargs)
        if failures:
            raise failures.pop()
        return answer

    monkeypatch.setattr(cloud.api.session, "upload_part", failing_behind)
    sources = [UploadSourceBytes(b"x" * 380), CopySource(stored.id_, offset=7, length=150)]
    cloud.bucket.concatenate(sources, "large")
    assert cloud.simulator.calls == ["download_file_from_url"]
    assert cloud.content("large") == b"x" * 380 + STORED[7:157]


def test_a_piece_of_which_less_comes_is_no_part(cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch) -> None:
    stored = cloud.bucket.upload_bytes(STORED, "stored")
    downloading = cloud.simulator.download_file_from_url

    def cut(token: str, url: str, range_: tuple[int, int], **options: Any) -> Any:
        return downloading(token, url, range_=(range_[0], range_[1] - 1), **options)

    monkeypatch.setattr(cloud.simulator, "download_file_from_url", cut)
    sources = [UploadSourceBytes(b"x" * 380), CopySource(stored.id_, offset=7, length=150)]
    with pytest.raises(InvalidRange):
        cloud.bucket.concatenate(sources, "large")
    assert [version.file_name for version, _ in cloud.bucket.ls()] == ["stored"]


def test_the_parts_of_a_local_file_announce_what_was_read_for_the_whole(
    cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    (tmp_path / "file").write_bytes(STORED)
    sending, sent = cloud.api.session.upload_part, []

    def observed(file_id: str, number: int, length: int, sha1: str, *args: Any, **kwargs: Any) -> Any:
        sent.append((number, length, sha1))
        return sending(file_id, number, length, sha1, *args, **kwargs)

    monkeypatch.setattr(cloud.api.session, "upload_part", observed)
    version = cloud.bucket.upload_local_file(tmp_path / "file", "large")
    assert version.get_content_sha1() == hashlib.sha1(STORED).hexdigest()
    parts = [(number, STORED[(number - 1) * 200 : number * 200]) for number in range(1, 5)] + [(5, STORED[800:])]
    assert sorted(sent) == [(number, len(part), hashlib.sha1(part).hexdigest()) for number, part in parts]


def test_a_local_file_that_changes_behind_its_sha1_is_refused(
    cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(STORED)
    starting = cloud.api.session.start_large_file

    def changing(*args: Any, **kwargs: Any) -> Any:
        path.write_bytes(STORED[::-1])
        return starting(*args, **kwargs)

    monkeypatch.setattr(cloud.api.session, "start_large_file", changing)
    with pytest.raises(PartSha1Mismatch):
        cloud.bucket.upload_local_file(path, "large")
    assert list(cloud.bucket.ls()) == []


def test_an_unfinished_file_is_compared_with_what_was_read_for_the_whole(
    cloud: Cloud[Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    (tmp_path / "file").write_bytes(STORED)
    unfinished = begun(cloud, [UploadSourceLocalFile(tmp_path / "file")], 3)
    opened = []

    class Source(UploadSourceLocalFile):
        def open(self) -> Any:
            opened.append(self)
            return super().open()

    assert cloud.bucket.concatenate([Source(tmp_path / "file")], "large").id_ == unfinished
    assert len(opened) == 3  # for the SHA-1, and for the two parts that were missing
