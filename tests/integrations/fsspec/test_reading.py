"""The verbs that read content."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from typing_extensions import Self

from b2sdk.integrations.fsspec.ranges import fetch_range
from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.simulator import Faults, WireFault
from b2sdk.v3 import Bucket

CONTENT = bytes(range(256)) * 4
READER = "b2sdk.integrations.fsspec.reading.fetch_range"
DOWNLOADS = {"b2_download_file_by_name", "b2_download_file_by_id"}


@pytest.fixture
def path(bucket: Bucket, root: str) -> str:
    bucket.upload_bytes(CONTENT, "folder/file")
    return f"{root}/folder/file"


def downloads(journal: CallJournal) -> list[str]:
    return [entry.endpoint for entry in journal.entries if entry.endpoint in DOWNLOADS]


places = st.none() | st.integers(-1200, 1200)


@settings(max_examples=30)
@given(places, places)
def test_a_range_is_a_slice(path: str, fs: Any, start: int | None, end: int | None) -> None:
    assert fs.cat_file(path, start, end) == CONTENT[start:end]


@pytest.mark.parametrize(
    ("start", "end", "calls"),
    [
        (None, None, 1),
        (0, None, 1),
        (10, 20, 1),
        (10, None, 1),
        (0, 9999, 1),
        (1000, 9999, 1),
        (20, 10, 0),
        (2000, None, 1),
        (-10, None, 1),
        (-9999, None, 1),
    ],
)
def test_a_range_is_one_request(
    fs: Any, path: str, b2_sim_journal: CallJournal, start: int | None, end: int | None, calls: int
) -> None:
    fs.cat_file(path, start, end)
    assert downloads(b2_sim_journal) == ["b2_download_file_by_name"] * calls


def test_an_empty_file_has_no_ranges(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"", "empty")
    assert [fs.cat_file(f"{root}/empty", *bounds) for bounds in ((), (0, 5), (-5, None), (3, None))] == [b""] * 4


def test_a_range_that_breaks_is_completed(fs: Any, root: str, bucket: Bucket, b2_sim_faults: Faults) -> None:
    content = CONTENT * 1000
    bucket.upload_bytes(content, "large")
    fs.get_client()
    b2_sim_faults.add(WireFault(kind="truncate", endpoint="b2_download_file_by_name", after_bytes=300_000))
    assert fs.cat_file(f"{root}/large", 5, 900_000) == content[5:900_000]


def test_a_folder_cannot_be_read(fs: Any, path: str, root: str) -> None:
    fs.ls(root)
    for verb in (fs.cat_file, fs.open):
        with pytest.raises(IsADirectoryError):
            verb(f"{root}/folder")
        with pytest.raises(IsADirectoryError):
            verb(root)


def test_opening_a_folder_that_is_not_known_says_so(fs: Any, path: str, root: str) -> None:
    with pytest.raises(IsADirectoryError):
        fs.open(f"{root}/folder")
    with pytest.raises(FileNotFoundError):
        fs.open(f"{path}/below")


def test_ranges_are_fetched_together(fs: Any, path: str, b2_sim_journal: CallJournal) -> None:
    wanted = [(0, 10), (500, 600), (5, 7), (600, 700), (1020, 2000)]
    contents = fs.cat_ranges([path] * 5, [start for start, _ in wanted], [end for _, end in wanted])
    assert contents == [CONTENT[start:end] for start, end in wanted]
    assert len(downloads(b2_sim_journal)) == 1


def test_a_gap_may_be_too_large(fs: Any, path: str, b2_sim_journal: CallJournal) -> None:
    assert fs.cat_ranges([path, path], [0, 100], [10, 110], max_gap=10) == [CONTENT[:10], CONTENT[100:110]]
    assert len(downloads(b2_sim_journal)) == 2


def test_ranges_may_be_of_any_kind(fs: Any, path: str, root: str) -> None:
    contents = fs.cat_ranges([path, path, path, f"{root}/none", path], [-4, None, 10, 0, 5], [None, -1000, None, 5, 5])
    assert contents[:3] == [CONTENT[-4:], CONTENT[:-1000], CONTENT[10:]]
    assert isinstance(contents[3], FileNotFoundError)
    assert contents[4] == b""
    assert fs.cat_ranges([path, path], 1, 3) == [CONTENT[1:3]] * 2
    with pytest.raises(FileNotFoundError):
        fs.cat_ranges([path, f"{root}/none"], 0, 5, on_error="raise")
    with pytest.raises(TypeError):
        fs.cat_ranges(path, 0, 5)
    with pytest.raises(ValueError, match="length"):
        fs.cat_ranges([path], [0, 1], 5)


def test_ranges_of_a_file_are_of_one_version(
    make_fs: Callable[..., Any], path: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version is uploaded between the requests for two ranges; it is shorter than the second one."""
    fs = make_fs(max_concurrency=1)
    fetched: list[Any] = []

    def fetch_and_replace(*arguments: Any) -> Any:
        fetched.append(fetch_range(*arguments))
        if len(fetched) == 1:
            bucket.upload_bytes(b"n" * 300, "folder/file")
        return fetched[-1]

    monkeypatch.setattr(READER, fetch_and_replace)
    assert fs.cat_ranges([path] * 3, [0, 100, 250], [10, 110, 400], max_gap=0) == [b"n" * 10, b"n" * 10, b"n" * 50]
    assert len({one.version.id_ for one in fetched}) == 2


def test_ranges_are_fetched_at_the_same_time(
    make_fs: Callable[..., Any], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = make_fs(max_concurrency=4)
    barrier = threading.Barrier(4, timeout=60)

    def fetch_together(*arguments: Any) -> Any:
        barrier.wait()
        return fetch_range(*arguments)

    monkeypatch.setattr(READER, fetch_together)
    starts: list[int | None] = [0, 100, 200, 300]
    assert fs.cat_ranges([path] * 4, starts, [5, 105, 205, 305], max_gap=0) == [
        CONTENT[start : start + 5] for start in (0, 100, 200, 300)
    ]


def test_cat_reads_one_file_or_several(fs: Any, path: str, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"other", "folder/other")
    bucket.upload_bytes(b"deep", "folder/below/deep")
    both = {path: CONTENT, f"{root}/folder/other": b"other"}
    assert fs.cat(path) == CONTENT
    assert fs.cat(f"b2://{root}/folder/*") == both
    assert fs.cat([path, f"{root}/folder/other"]) == both
    assert fs.cat(f"{root}/folder", recursive=True) == {**both, f"{root}/folder/below/deep": b"deep"}
    missing = f"{root}/none"
    assert fs.cat([path, missing], on_error="omit") == {path: CONTENT}
    assert type(fs.cat([path, missing], on_error="return")[missing]) is FileNotFoundError
    with pytest.raises(FileNotFoundError):
        fs.cat([path, missing])
    with pytest.raises(FileNotFoundError):
        fs.cat(f"{root}/none*")


def test_names_with_brackets_are_literal_in_verbs_for_one_file(
    fs: Any, root: str, bucket: Bucket, tmp_path: Path
) -> None:
    path = f"{root}/a[1]*?#.txt"
    fs.pipe_file(path, b"x")
    fs.cp_file(path, f"{root}/b[1]")
    fs.get_file(path, tmp_path / "file")
    assert (fs.cat_file(path), fs.info(path)["size"], (tmp_path / "file").read_bytes()) == (b"x", 1, b"x")
    fs.rm_file(path)
    assert fs.find(root) == [f"{root}/b[1]"]


# --- downloads ---


class Callback:
    """What fsspec's callbacks are called with."""

    def __init__(self) -> None:
        self.size: int | None = None
        self.value = 0
        self.children: list[Callback] = []

    def set_size(self, size: int) -> None:
        self.size = size

    def relative_update(self, increment: int = 1) -> None:
        self.value += increment

    def branched(self, source: str, target: str, **_: Any) -> Callback:
        self.children.append(Callback())
        return self.children[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_file_is_saved_with_its_folders_and_its_time(fs: Any, root: str, bucket: Bucket, tmp_path: Path) -> None:
    bucket.upload_bytes(CONTENT, "file", file_info={"src_last_modified_millis": "1700000000000"})
    callback = Callback()
    target = tmp_path / "a" / "b"
    fs.get_file(f"{root}/file", str(target), callback=callback)
    assert (target.read_bytes(), int(target.stat().st_mtime)) == (CONTENT, 1_700_000_000)
    assert (callback.size, callback.value) == (len(CONTENT), len(CONTENT))


def test_a_file_is_saved_to_an_open_file(fs: Any, path: str) -> None:
    for keywords in ({"outfile": (first := io.BytesIO())}, {}):
        fs.get_file(path, None if keywords else first, **keywords)
    assert first.getvalue() == CONTENT * 2


def test_a_missing_file_makes_no_file(fs: Any, root: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fs.get_file(f"{root}/none", str(tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_saved_as_a_folder(fs: Any, path: str, root: str, tmp_path: Path) -> None:
    fs.get_file(f"{root}/folder", str(tmp_path / "folder"))
    assert (tmp_path / "folder").is_dir()


def test_many_files_are_saved_after_one_listing(
    fs: Any, root: str, bucket: Bucket, tmp_path: Path, b2_sim_journal: CallJournal
) -> None:
    for number in range(8):
        bucket.upload_bytes(b"%d" % number, f"many/{number % 2}/{number}")
    fs.get_client()
    before = len(b2_sim_journal.entries)
    callback = Callback()
    fs.get(f"{root}/many/", str(tmp_path), recursive=True, callback=callback)
    saved = {file.relative_to(tmp_path).as_posix(): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    assert saved == {f"{number % 2}/{number}": str(number) for number in range(8)}
    calls = [entry.endpoint for entry in b2_sim_journal.entries[before:]]
    assert calls.count("b2_list_file_names") == 1
    assert calls.count("b2_download_file_by_name") <= 9
    assert callback.value == callback.size == len(callback.children)


def test_a_name_cannot_leave_the_target(fs: Any, root: str, bucket: Bucket, tmp_path: Path) -> None:
    bucket.upload_bytes(b"x", "many/../../x")
    with pytest.raises(ValueError, match="outside"):
        fs.get(f"{root}/many/", str(tmp_path / "in"), recursive=True)
    assert not (tmp_path / "x").exists()
