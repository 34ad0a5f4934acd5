"""A download as the client sees it, without a connection: the part of a ``requests.Response`` that is used."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from b2sdk.simulator.messages import Block, Reply

if TYPE_CHECKING:
    from typing_extensions import Self


class CaseInsensitive(Mapping[str, str]):
    """Header fields that are found in any case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = {name.lower(): (name, value) for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(dict(self))


class BlockReader:
    """A stream over blocks."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._held: Block = b""
        self._position = 0

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    def read(self, size: int | None = None) -> bytes:
        """Return up to ``size`` bytes, less only at the end."""
        missing = sys.maxsize if size is None or size < 0 else size
        pieces: list[Block] = []
        while missing and (block := self._held or next(self._blocks, b"")):
            piece = block[:missing]
            self._held = block[len(piece) :]
            missing -= len(piece)
            pieces.append(piece)
        content = b"".join(pieces)
        self._position += len(content)
        return content


@dataclass(frozen=True)
class SentRequest:
    """What a response says about its request."""

    url: str
    headers: Mapping[str, str] = field(repr=False)


class SimulatedResponse:
    """The answer to a download; its body is read while it is open."""

    def __init__(self, reply: Reply, url: str, request_headers: Mapping[str, str]) -> None:
        self.status_code = reply.status
        self.headers = CaseInsensitive({**reply.headers, "Content-Length": str(reply.length)})
        self.url = url
        self.request = SentRequest(url, CaseInsensitive(request_headers))
        self.raw = BlockReader(iter((reply.body,)) if isinstance(reply.body, bytes) else reply.body)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the response open: whoever reads its body decides when it is done."""

    def iter_content(self, chunk_size: int = 1) -> Iterator[bytes]:
        """Yield the body in pieces of ``chunk_size`` bytes, the last one perhaps shorter."""
        while piece := self.raw.read(chunk_size):
            yield piece

    def close(self) -> None:
        """Drop what has not been read."""
        self.raw = BlockReader(iter(()))
