from __future__ import annotations

import hashlib

from hypothesis import given, strategies as st

from b2sdk.simulator.cloud.content import BLOCK_SIZE, JoinedBlob, MemoryBlob, SliceBlob, digest_blob


def test_blocks_are_bounded() -> None:
    sizes = [len(block) for block in MemoryBlob(b"x" * (2 * BLOCK_SIZE + 1)).blocks(0, 2 * BLOCK_SIZE + 1)]
    assert sizes == [BLOCK_SIZE, BLOCK_SIZE, 1]


@given(st.lists(st.binary(max_size=5), max_size=5), st.integers(0, 30), st.integers(0, 30))
def test_joined_blobs_read_like_one(pieces: list[bytes], start: int, end: int) -> None:
    joined = JoinedBlob([MemoryBlob(piece) for piece in pieces])
    whole = b"".join(pieces)
    assert joined.size == len(whole)
    assert b"".join(joined.blocks(start, end)) == whole[start:end]


@given(st.binary(max_size=20), st.data())
def test_a_slice_of_a_slice_is_a_slice(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    piece = SliceBlob(MemoryBlob(whole), start, end)
    first = data.draw(st.integers(0, piece.size))
    assert b"".join(piece.blocks(first, piece.size)) == whole[start:end][first:]


def test_digests_of_stored_content_can_be_computed_again() -> None:
    again = digest_blob(MemoryBlob(b"hello"))
    assert again.sha1 == hashlib.sha1(b"hello").hexdigest()
