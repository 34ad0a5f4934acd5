from __future__ import annotations

from pathlib import Path

import pytest

from b2sdk.simulator.cloud.content import MemoryBlob
from b2sdk.simulator.cloud.storage import FileBlob
from b2sdk.simulator.disk.bodies import IN_RECORD_LIMIT, BodyDirectory

LARGE = b"x" * (IN_RECORD_LIMIT + 1)


def kept(storage: BodyDirectory, content: bytes) -> FileBlob:
    sink = storage.sink()
    sink.write(content)
    blob = sink.keep()
    assert isinstance(blob, FileBlob)
    return blob


@pytest.fixture
def storage(tmp_path: Path) -> BodyDirectory:
    return BodyDirectory(tmp_path)


def test_small_content_needs_no_file(storage: BodyDirectory, tmp_path: Path) -> None:
    sink = storage.sink()
    sink.write(LARGE[:-1])
    assert isinstance(sink.keep(), MemoryBlob)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_nothing_refers_to_stays_until_the_records_say_so_too(
    storage: BodyDirectory, tmp_path: Path
) -> None:
    kept(storage, LARGE)  # and forgotten at once
    storage.sync()
    unused = storage.unused()
    assert unused == list(tmp_path.iterdir())
    storage.remove(unused)
    assert storage.unused() == list(tmp_path.iterdir()) == []


def test_a_file_that_became_unused_meanwhile_is_not_removed_with_the_others(storage: BodyDirectory) -> None:
    kept(storage, LARGE)
    first = storage.unused()
    kept(storage, LARGE)
    storage.remove(first)
    assert [path.exists() for path in storage.unused()] == [True]


def test_a_file_is_one_blob_however_often_it_is_found(storage: BodyDirectory, tmp_path: Path) -> None:
    name = kept(storage, LARGE).path.name
    another = BodyDirectory(tmp_path)
    blobs = [another.restore(Path(name), len(LARGE)) for _ in range(2)]
    assert blobs[0] is blobs[1]
    assert b"".join(blobs[0].blocks(0, blobs[0].size)) == LARGE


def test_only_what_was_found_survives_the_sweep(storage: BodyDirectory, tmp_path: Path) -> None:
    names = [kept(storage, LARGE).path.name for _ in range(3)]
    another = BodyDirectory(tmp_path)
    found = another.restore(Path(names[1]), len(LARGE))
    another.sweep()
    assert list(tmp_path.iterdir()) == [found.path]
