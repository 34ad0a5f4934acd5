"""A stream whose SHA-1 follows its content, for uploads whose SHA-1 is not known in advance."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from typing_extensions import Buffer

from b2sdk.interfaces import Digest
from b2sdk.stream.wrapper import StreamWithLengthWrapper

HASH_LENGTH = 40


class StreamWithHash(StreamWithLengthWrapper):
    """Gives the inner stream's bytes, then their SHA-1 as 40 hex digits; hashed as they are read.

    ``hash`` is the digest once the content has ended. The only way back is to the very beginning.
    """

    def __init__(self, stream: Any, stream_length: int | None = None) -> None:
        """``stream_length`` is that of the content; the ``len()`` is 40 more."""
        self.digest: Digest = self.get_digest()
        super().__init__(stream, None if stream_length is None else stream_length + HASH_LENGTH)
        self.hash: str | None = None
        self.hash_read: int = 0

    @classmethod
    def get_digest(cls) -> Digest:
        """Return a new digest; a subclass may hash otherwise."""
        return hashlib.sha1()

    def seek(self, pos: int, whence: int = 0) -> int:
        if (pos, whence) != (0, 0):
            raise io.UnsupportedOperation("Stream with hash can only be seeked to beginning")
        self.digest = self.get_digest()
        self.hash = None
        self.hash_read = 0
        return super().seek(0)

    def read(self, size: int | None = None) -> bytes:
        """Read at most ``size`` bytes of the content, and of the digits after it."""
        data = b""
        if self.hash is None:
            data = super().read(size)
            self.digest.update(data)
            if size is None or size < 0 or len(data) < size:
                self.hash = self.digest.hexdigest()
        if self.hash is not None:
            wanted = HASH_LENGTH if size is None or size < 0 else size - len(data)
            digits = self.hash[self.hash_read : self.hash_read + wanted].encode("ascii")
            self.hash_read += len(digits)
            data = data + digits if digits else data
        return data

    def write(self, data: Buffer) -> int:
        """Refuse it, as the stream is read.

        :raises io.UnsupportedOperation: always.
        """
        raise io.UnsupportedOperation("Cannot accept a write to a read-only stream")
