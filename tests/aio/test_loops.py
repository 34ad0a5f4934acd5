"""What watches the loops of all tests here finds what blocks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.aio.loops import MOST_CPU_SECONDS, MOST_TO_HASH, on_uvloop

from b2sdk.transfer.source import UploadSourceLocalFile


def compute() -> None:
    end = time.thread_time() + 1.5 * MOST_CPU_SECONDS
    while time.thread_time() < end:
        pass


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (UploadSourceLocalFile, "os.stat"),
        (lambda _path: hashlib.sha1(b"x" * (MOST_TO_HASH + 1)), "a hash of 65537 bytes"),
        (lambda _path: hashlib.md5().update(b"x" * (MOST_TO_HASH + 1)), "a hash of 65537 bytes"),
        (lambda _path: compute(), "seconds of CPU time"),
    ],
    ids=["file", "sha1", "md5", "computing"],
)
def test_what_blocks_is_recorded_in_a_loop_and_only_there(
    loop: list[str], tmp_path: Path, call: Callable[[Path], object], what: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")

    async def run(*, is_in_thread: bool) -> None:
        if is_in_thread:
            await asyncio.to_thread(call, path)
        else:
            with contextlib.suppress(Exception):  # as code does that takes it for a failure like others
                call(path)

    call(path)
    asyncio.run(run(is_in_thread=True))
    assert loop == []
    asyncio.run(run(is_in_thread=False))
    noted, loop[:] = list(loop), []
    assert [what in text for text in noted] == [True]


def test_the_other_loop_is_another() -> None:
    async def kind() -> str:
        return type(asyncio.get_running_loop()).__module__

    with on_uvloop():
        assert asyncio.run(kind()) == "uvloop"
    assert asyncio.run(kind()).startswith("asyncio.")
