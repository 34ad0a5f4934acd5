from __future__ import annotations

import hashlib

import pytest

from b2sdk.transfer.part import CopyPart, Piece, UploadPart
from b2sdk.transfer.source import CopySource, UploadSourceBytes

STORED = CopySource("id", offset=100, length=50)
LOCAL = UploadSourceBytes(b"0123456789")


def sha1_of(pieces: tuple[Piece, ...]) -> str:
    digest = hashlib.sha1()
    for piece in pieces:
        assert isinstance(piece.source, UploadSourceBytes)
        digest.update(piece.source.data_bytes[piece.offset : piece.offset + piece.length])
    return digest.hexdigest()


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def test_a_piece_of_a_stored_file_has_its_range_in_that_file() -> None:
    assert Piece(STORED, 5, 20).as_copy_source().get_bytes_range() == (105, 124)


def test_a_piece_outside_its_source_cannot_be_copied() -> None:
    with pytest.raises(ValueError, match="Range length overflow source length"):
        Piece(STORED, -5, 20).as_copy_source()


def test_a_piece_that_is_here_is_not_copied() -> None:
    with pytest.raises(TypeError, match="is not a copy source"):
        Piece(LOCAL, 0, 1).as_copy_source()


def test_a_piece_is_split_without_loss() -> None:
    assert Piece(LOCAL, 2, 7).split(3) == (Piece(LOCAL, 2, 3), Piece(LOCAL, 5, 4))


def test_a_whole_source_is_one_part() -> None:
    part = UploadPart.whole(LOCAL)
    assert (part.pieces, part.length) == ((Piece(LOCAL, 0, 10),), 10)


def test_an_upload_with_downloaded_bytes_has_all_lengths_and_is_not_local() -> None:
    part = UploadPart((Piece(LOCAL, 0, 4), Piece(STORED, 0, 6)))
    assert (part.length, part.is_local) == (10, False)


def test_a_copy_is_not_local() -> None:
    part = CopyPart(Piece(STORED, 0, 6))
    assert (part.length, part.is_local) == (6, False)


def test_local_content_is_known_by_the_sha1_of_all_of_it() -> None:
    part = UploadPart((Piece(LOCAL, 0, 4), Piece(LOCAL, 8, 2)))
    assert part.is_local
    assert part.part_id(sha1_of) == sha1(b"012389")


def test_a_copy_is_known_by_the_range_in_the_stored_file() -> None:
    assert CopyPart(Piece(STORED, 5, 20)).part_id(sha1_of) == ["id", 105, 20]


def test_a_mixed_upload_is_known_by_each_of_its_pieces() -> None:
    part = UploadPart((Piece(LOCAL, 0, 4), Piece(STORED, 5, 20)))
    assert part.part_id(sha1_of) == [sha1(b"0123"), ["id", 105, 20]]
