"""Transactions: nothing is changed before their end, and nothing at all if they fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from b2sdk.integrations.fsspec import B2FileSystem, held
from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import Bucket


def stored(bucket: Bucket) -> dict[str, int]:
    return {version.file_name: version.size or 0 for version, _ in bucket.ls(recursive=True)}


@pytest.fixture
def old(bucket: Bucket, root: str) -> str:
    """Return the path of a folder with files."""
    for name in ("old/a", "old/b", "old/c"):
        bucket.upload_bytes(b"old", name)
    return f"{root}/old"


def change_all(fs: B2FileSystem, old: str, local: Path) -> None:
    """Make a change of every kind."""
    local.write_bytes(b"local")
    fs.pipe_file(f"{old}/a", b"piped")
    fs.pipe({f"{old}/p1": b"1", f"{old}/p2": b"2"})
    fs.put_file(local, f"{old}/put")
    local.write_bytes(b"changed since")
    with fs.open(f"{old}/opened", "wb") as file:
        file.write(b"opened")
    with fs.open(f"{old}/text.gz", "wt", compression="gzip") as file:
        file.write("text")
    with fs.open(f"{old}/c", "ab") as file:
        file.write(b"er")
    fs.touch(f"{old}/touched")
    fs.cp_file(f"{old}/b", f"{old}/copied")
    fs.rm_file(f"{old}/b")


def test_changes_are_made_at_the_end(
    fs: Any, make_fs: Callable[..., Any], old: str, bucket: Bucket, tmp_path: Path
) -> None:
    other = make_fs(batch_size=2)
    with fs.transaction:
        change_all(fs, old, tmp_path / "local")
        assert stored(bucket) == {"old/a": 3, "old/b": 3, "old/c": 3}
        assert fs.cat_file(f"{old}/a") == b"old"
        assert other.ls(old, detail=False) == [f"{old}/{name}" for name in "abc"]
    names = ["a", "c", "copied", "opened", "p1", "p2", "put", "text.gz", "touched"]
    assert other.ls(old, detail=False) == fs.find(old) == [f"{old}/{name}" for name in names]
    assert fs.cat([f"{old}/{name}" for name in ("a", "c", "copied", "opened", "put")]) == {
        f"{old}/a": b"piped",
        f"{old}/c": b"older",
        f"{old}/copied": b"old",
        f"{old}/opened": b"opened",
        f"{old}/put": b"local",
    }
    assert fs.info(f"{old}/put")["mtime"] > 0
    fs.pipe_file(f"{old}/after", b"at once")
    assert stored(bucket)["old/after"] == 7


def test_an_exception_changes_nothing(fs: Any, old: str, bucket: Bucket, tmp_path: Path) -> None:
    def leave() -> None:
        with fs.transaction:
            change_all(fs, old, tmp_path / "local")
            fs.rm(old, recursive=True)
            with fs.open(f"{old}/large", "wb", block_size=1) as file:
                file.write(bytes(3 * file.blocksize))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave()
    assert stored(bucket) == {"old/a": 3, "old/b": 3, "old/c": 3}
    assert len(list(bucket.ls(latest_only=False, recursive=True))) == 3
    assert list(bucket.list_unfinished_large_files()) == []
    fs.pipe_file(f"{old}/after", b"at once")
    assert stored(bucket)["old/after"] == 7


def test_a_transaction_may_be_started_and_ended_without_a_block(fs: Any, root: str, bucket: Bucket) -> None:
    fs.start_transaction()
    fs.pipe_file(f"{root}/a", b"x")
    assert stored(bucket) == {}
    fs.end_transaction()
    assert stored(bucket) == {"a": 1}


def test_moves_and_deletions_take_part(fs: Any, old: str, bucket: Bucket) -> None:
    with fs.transaction:
        fs.mv(f"{old}/a", f"{old}/moved")
        fs.rm(f"{old}/[bc]")
        with pytest.raises(FileNotFoundError):
            fs.rm(f"{old}/none")
        assert set(stored(bucket)) == {"old/a", "old/b", "old/c"}
    assert set(stored(bucket)) == {"old/moved"}


def test_large_files_are_sent_before_the_end_and_small_ones_are_held(
    make_fs: Callable[..., Any], root: str, b2_sim_journal: CallJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "IN_MEMORY", 10)
    fs = make_fs(default_block_size=1)
    size = fs.get_client().account_info.get_absolute_minimum_part_size()
    large, small = f"{root}/large", f"{root}/small"
    with fs.transaction:
        for path, content in ((large, bytes(2 * size + 5)), (small, b"s" * size)):
            with fs.open(path, "wb") as file:
                for start in range(0, len(content), 1000):
                    file.write(content[start : start + 1000])
                assert file.tell() == len(content)
        assert b2_sim_journal.calls("b2_finish_large_file") == []
        assert b2_sim_journal.calls("b2_upload_file") == []
    assert fs.sizes([large, small]) == [2 * size + 5, size]
    assert len(b2_sim_journal.calls("b2_upload_file")) == 1


def test_an_error_at_the_end_says_what_was_made_and_discards_the_rest(
    fs: Any, root: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        with fs.transaction:
            fs.pipe({f"{root}/{name}": b"x" for name in "abcd"})
            names = [file.path for file in fs.transaction.files]
            monkeypatch.setattr(fs.transaction.files[2]._writer, "close", refuse)
            expected.append(names[1])

    def refuse() -> None:
        raise PermissionError(13, "no", "third")

    expected: list[str] = []
    with pytest.raises(PermissionError, match=r"the first 2 of 4 changes .* were made") as caught:
        fail()
    assert caught.value.filename == "third"
    assert repr(expected[0]) in str(caught.value)
    assert len(stored(bucket)) == 2
    fs.pipe_file(f"{root}/after", b"")
    assert "after" in stored(bucket)


def test_a_file_that_is_not_complete_is_not_made(fs: Any, root: str, bucket: Bucket) -> None:
    def end_early() -> None:
        with fs.transaction:
            fs.open(f"{root}/open", "wb").write(b"half")

    with pytest.raises(ValueError, match="still open"):
        end_early()
    assert stored(bucket) == {}


def test_a_file_is_made_or_discarded_by_hand(fs: Any, root: str, bucket: Bucket) -> None:
    files = [fs.open(f"{root}/{name}", "wb", autocommit=False) for name in "ab"]
    for file in files:
        file.write(b"x")
        file.close()
    assert stored(bucket) == {}
    files[0].commit()
    files[0].commit()
    files[1].discard()
    files[1].commit()
    assert stored(bucket) == {"a": 1}


def test_a_file_is_created_in_a_transaction_only_if_there_is_none(fs: Any, old: str) -> None:
    with fs.transaction:
        with pytest.raises(FileExistsError):
            fs.pipe_file(f"{old}/a", b"x", mode="create")
        fs.pipe_file(f"{old}/new", b"x", mode="create")
        with pytest.raises(ValueError, match="mode"):
            fs.pipe_file(f"{old}/new", b"x", mode="other")
    assert fs.cat_file(f"{old}/new") == b"x"


def test_what_cannot_be_sent_is_held_no_longer(
    fs: Any, root: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = fs.open(f"{root}/a", "wb", autocommit=False)
    file.write(b"x")
    file.close()

    def refuse() -> None:
        raise PermissionError

    monkeypatch.setattr(file._writer, "_open_writer", refuse)
    with pytest.raises(PermissionError):
        file.commit()
    assert file._writer.closed
    assert stored(bucket) == {}
