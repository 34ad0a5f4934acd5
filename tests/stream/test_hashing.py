from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.stream.hashing import StreamWithHash


def with_hash(content: bytes) -> bytes:
    return content + hashlib.sha1(content).hexdigest().encode()


@given(st.binary(max_size=60), st.lists(st.integers(0, 70), max_size=20))
def test_the_hash_follows_the_content_in_reads_of_any_size(content: bytes, sizes: list[int]) -> None:
    stream = StreamWithHash(io.BytesIO(content), len(content))
    read = b"".join(map(stream.read, sizes))
    assert read == with_hash(content)[: sum(sizes)]
    assert read + stream.read() == with_hash(content)
    assert (stream.read(), stream.read(5), stream.read(-1)) == (b"", b"", b"")
    assert len(stream) == len(content) + 40


@pytest.mark.parametrize("size", [None, -1])
def test_one_read_gives_all(size: int | None) -> None:
    assert StreamWithHash(io.BytesIO(b"hello")).read(size) == with_hash(b"hello")


def test_one_read_may_hold_the_end_of_the_content_and_the_beginning_of_the_hash() -> None:
    stream = StreamWithHash(io.BytesIO(b"hello"))
    assert (stream.read(3), stream.read(3)) == (b"hel", b"loa")


def test_the_hash_is_known_once_the_content_has_ended() -> None:
    stream = StreamWithHash(io.BytesIO(b"hello"))
    stream.read(5)
    assert (stream.hash, stream.hash_read) == (None, 0)
    stream.read(7)
    assert (stream.hash, stream.hash_read) == (hashlib.sha1(b"hello").hexdigest(), 7)


@given(st.integers(0, 50))
def test_after_going_back_everything_comes_again(first: int) -> None:
    stream = StreamWithHash(io.BytesIO(b"hello"))
    stream.read(first)
    assert stream.seek(0) == 0
    assert (stream.hash, stream.read()) == (None, with_hash(b"hello"))


@pytest.mark.parametrize("arguments", [(1,), (0, io.SEEK_END), (0, io.SEEK_CUR)])
def test_there_is_no_way_but_back_to_the_beginning(arguments: tuple[int, ...]) -> None:
    with pytest.raises(io.UnsupportedOperation, match=r"^Stream with hash can only be seeked to beginning$"):
        StreamWithHash(io.BytesIO(b"hello")).seek(*arguments)


def test_it_cannot_be_written_to() -> None:
    with pytest.raises(io.UnsupportedOperation, match=r"^Cannot accept a write to a read-only stream$"):
        StreamWithHash(io.BytesIO()).write(b"x")


def test_without_a_length_there_is_no_len() -> None:
    with pytest.raises(TypeError):
        len(StreamWithHash(io.BytesIO()))


def test_a_subclass_chooses_another_digest() -> None:
    class StreamWithMd5(StreamWithHash):
        @classmethod
        def get_digest(cls) -> Any:
            return hashlib.md5()

    stream = StreamWithMd5(io.BytesIO(b"hello"))
    stream.read()
    assert stream.hash == hashlib.md5(b"hello").hexdigest()
