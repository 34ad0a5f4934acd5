"""A download as the client sees it, without a connection: the part of a ``requests.Response`` that is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from typing_extensions import Self


class CaseInsensitive(Mapping[str, Any]):
    """Header fields that are found in any case; equal to every mapping with the same names in whatever case."""

    __hash__ = None  # type: ignore[assignment]  # like other mappings

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = {name.lower(): (name, value) for name, value in fields.items()}

    def __getitem__(self, name: str) -> Any:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {name.lower(): value for name, value in self.items()} == {
            str(name).lower(): value for name, value in other.items()
        }

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass
class FakeRaw:
    """The stream below a response."""

    data_bytes: bytes = field(repr=False)
    _position: int = 0

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    def read(self, size: int | None = None) -> bytes:
        """Return up to ``size`` bytes, less only at the end."""
        end = None if size is None or size < 0 else self._position + size
        content = self.data_bytes[self._position : end]
        self._position += len(content)
        return content


@dataclass(frozen=True)
class FakeRequest:
    """What a response says about its request."""

    url: str
    headers: Mapping[str, str] = field(repr=False)


class DownloadedFile(Protocol):
    """What a response is made of: a :class:`~b2sdk.simulator.raw.file_simulator.FileSimulator`, say."""

    @property
    def data_bytes(self) -> bytes | None:
        """The content."""

    def as_download_headers(
        self, account_auth_token_or_none: str | None = None, range_: tuple[int, int] | None = None
    ) -> Mapping[str, Any]:
        """Return the headers of a download."""


class FakeResponse:
    """The response to a download. Its headers are those of the file, also after :attr:`data_bytes` was changed."""

    def __init__(
        self,
        account_auth_token_or_none: str | None,
        file_sim: DownloadedFile,
        url: str,
        range_: tuple[int, int] | None = None,
    ) -> None:
        """``range_`` is the first and the last byte; it may reach beyond the end, where there is nothing to send."""
        content = file_sim.data_bytes or b""
        self.raw: FakeRaw = FakeRaw(content if range_ is None else content[range_[0] : range_[1] + 1])
        self.headers: Mapping[str, Any] = file_sim.as_download_headers(account_auth_token_or_none, range_)
        self.url = url
        self.range_ = range_
        self.status_code = 200 if range_ is None else 206

    @property
    def data_bytes(self) -> bytes:
        """What the body delivers; less than the headers promise makes a truncated download."""
        return self.raw.data_bytes

    @data_bytes.setter
    def data_bytes(self, value: bytes) -> None:
        self.raw = FakeRaw(value)

    @property
    def request(self) -> FakeRequest:
        """What was asked for."""
        headers = {} if self.range_ is None else {"Range": f"{self.range_[0]}-{self.range_[1]}"}
        return FakeRequest(self.url, CaseInsensitive(headers))

    def iter_content(self, chunk_size: int = 1) -> Iterator[bytes]:
        """Yield the body in pieces of ``chunk_size`` bytes, the last one perhaps shorter."""
        while piece := self.raw.read(chunk_size):
            yield piece

    def close(self) -> None:
        """Do nothing: there is no connection to give back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        """Leave the response open: the reader of its body decides when it is done."""
