from __future__ import annotations

import gc
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from b2sdk.simulator.cloud import storage
from b2sdk.simulator.cloud.content import Blob, SliceBlob
from b2sdk.simulator.cloud.storage import HashingSink, TemporaryStorage


def content(blob: Blob) -> bytes:
    return b"".join(blob.blocks(0, blob.size))


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def files_in(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, 10, 11, 1000])
def test_content_comes_back_from_memory_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, directory: Path, size: int
) -> None:
    monkeypatch.setattr(storage, "IN_MEMORY_LIMIT", 10)
    sink = TemporaryStorage().sink()
    for offset in range(0, size, 7):
        sink.write(b"x" * min(7, size - offset))
    blob = sink.keep()
    assert (blob.size, content(blob)) == (size, b"x" * size)


def test_a_file_is_there_above_the_limit_and_as_long_as_its_blob(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setattr(storage, "IN_MEMORY_LIMIT", 10)
    kept = TemporaryStorage()
    small, large = kept.sink(), kept.sink()
    small.write(b"x" * 10)
    large.write(b"x" * 11)
    blob = large.keep()
    assert small.keep().size == 10
    assert len(files_in(directory)) == 1
    copy = SliceBlob(blob, 2, 5)
    del blob
    assert content(copy) == b"xxx"
    del copy, large
    gc.collect()
    assert files_in(directory) == []
    del kept, small
    gc.collect()
    assert list(directory.iterdir()) == []


def test_what_is_kept_cannot_be_discarded(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setattr(storage, "IN_MEMORY_LIMIT", 10)
    sink = TemporaryStorage().sink()
    sink.write(b"x" * 11)
    blob = sink.keep()
    sink.discard()
    assert content(blob) == b"x" * 11


def test_what_is_discarded_leaves_no_file(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setattr(storage, "IN_MEMORY_LIMIT", 10)
    sink = TemporaryStorage().sink()
    sink.write(b"x" * 11)
    sink.discard()
    assert files_in(directory) == []


@given(st.lists(st.binary(max_size=60), max_size=5), st.sampled_from([0, 40]))
def test_a_trailer_is_held_back_however_the_chunks_fall(chunks: list[bytes], trailer_size: int) -> None:
    sink = HashingSink(TemporaryStorage().sink(), trailer_size)
    for chunk in chunks:
        sink.write(chunk)
    whole = b"".join(chunks)
    kept = sink.keep()
    cut = max(len(whole) - trailer_size, 0)
    assert (content(kept.blob), sink.trailer if trailer_size else b"") == (whole[:cut], whole[cut:])
    assert (kept.sha1, kept.md5) == (hashlib.sha1(whole[:cut]).hexdigest(), hashlib.md5(whole[:cut]).hexdigest())
    assert sink.received == len(whole)
