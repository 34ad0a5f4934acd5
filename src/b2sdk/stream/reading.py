"""Reading from a stream that the program brought, which may give what no file gives."""

from __future__ import annotations

from b2sdk.interfaces import Readable


def read_bytes(stream: Readable, size: int) -> bytes:
    """Return what ``read(size)`` of the stream gives; no bytes at its end.

    :raises TypeError: it gives something else: text, or ``None`` as there is nothing at the moment.
    :raises ValueError: it gives more than ``size`` bytes.
    """
    data = stream.read(size)
    if type(data) is not bytes:
        data = as_bytes(data, stream)
    if len(data) > size:
        raise ValueError(f"read({size}) of {stream!r} returned {len(data)} bytes")
    return data


def as_bytes(data: object, stream: object) -> bytes:
    """Return what a stream has given, as bytes.

    :raises TypeError: it is something else.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    hint = ": a stream that does not block cannot be uploaded" if data is None else ""
    raise TypeError(f"{stream!r} returned {type(data).__name__} instead of bytes{hint}")
