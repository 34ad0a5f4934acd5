from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from b2sdk.stream import digest
from b2sdk.stream.digest import (
    IncrementalHexDigester,
    hex_sha1_of_bytes,
    hex_sha1_of_file,
    hex_sha1_of_stream,
    hex_sha1_of_unlimited_stream,
    hex_sha1s_of_stream,
)

SHA1_OF_HELLO = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"


class DrippingStream(io.BytesIO):
    """Gives fewer bytes than asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(2 if size is None or size < 0 else min(size, 2))


def test_bytes_are_hashed() -> None:
    assert hex_sha1_of_bytes(b"hello") == SHA1_OF_HELLO
    assert hex_sha1_of_bytes(memoryview(b"hello")) == SHA1_OF_HELLO


def test_a_file_is_hashed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    assert hex_sha1_of_file(tmp_path / "file") == hex_sha1_of_file(str(tmp_path / "file")) == SHA1_OF_HELLO


def test_exactly_the_announced_bytes_of_a_stream_are_read() -> None:
    stream = DrippingStream(b"hello, world")
    assert hex_sha1_of_stream(stream, 5) == SHA1_OF_HELLO
    assert stream.tell() == 5


def test_a_stream_that_ends_early_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^content_length\(6\) is more than the size of the file$"):
        hex_sha1_of_stream(io.BytesIO(b"hello"), 6)


@given(st.binary(max_size=50), st.none() | st.integers(0, 60), st.integers(1, 7))
def test_a_stream_is_hashed_to_its_end_or_to_the_limit(content: bytes, limit: int | None, block_size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "BLOCK_SIZE", block_size)
        answer = hex_sha1_of_unlimited_stream(io.BytesIO(content), limit)
    expected = content[:limit]
    assert answer == (hashlib.sha1(expected).hexdigest(), len(expected))


class Counting(ThreadPoolExecutor):
    """Counts the bytes that are hashed in it."""

    count = 0

    def submit(self, fn: Callable[..., None], block: bytes, /) -> Future[None]:  # type: ignore[override]
        self.count += len(block)
        return super().submit(fn, block)


@given(st.binary(max_size=50), st.lists(st.integers(0, 20), max_size=4), st.integers(0, 20), st.integers(1, 7))
def test_a_stream_is_hashed_together_with_its_parts(
    content: bytes, lengths: list[int], rest: int, block_size: int
) -> None:
    stream, length = io.BytesIO(content), sum(lengths) + rest
    parts = [stream.read(length) for length in lengths]
    with pytest.MonkeyPatch.context() as patch, Counting(1) as pool:
        patch.setattr(digest, "BLOCK_SIZE", block_size)
        whole, sha1s = hex_sha1s_of_stream(io.BytesIO(content), length, lengths, pool)
    assert whole == hex_sha1_of_bytes(content[:length])
    assert sha1s == [hex_sha1_of_bytes(part) for part in parts]
    assert pool.count == sum(map(len, parts[1:]))


@given(st.binary(max_size=50), st.lists(st.integers(0, 20), max_size=4), st.integers(1, 7))
def test_a_digest_is_taken_further_step_by_step(content: bytes, limits: list[int], block_size: int) -> None:
    digester = IncrementalHexDigester(io.BytesIO(content), block_size=block_size)
    done = 0
    for limit in limits:
        done = min(done + limit, len(content))
        assert digester.update_from_stream(limit) == digester.hex_digest == hex_sha1_of_bytes(content[:done])
        assert digester.read_bytes == done
    assert digester.update_from_stream() == hex_sha1_of_bytes(content)
