"""Ranges of files: which are fetched together, and how one is fetched in a single request by name.

A range is ``(start, stop)``, without the byte at ``stop``. A negative ``start`` is that of a slice; such
a range goes to the end.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from b2sdk.exception import B2Error, UnexpectedCloudBehaviour, UnsatisfiableRange
from b2sdk.v3 import B2Api, DownloadVersion, EncryptionSetting
from b2sdk.values.byte_range import LastBytes

OK = 200
BLOCK_SIZE = 1024 * 1024
LARGEST_GAP = 64 * 1024
"""Bytes that are fetched between two ranges rather than sending two requests."""
LONGEST_RANGE = 32 * 1024 * 1024
BEHIND_ANY_FILE = 2**50

Bounds = tuple[int, int]


def merge_ranges(ranges: Iterable[Bounds], largest_gap: int = LARGEST_GAP) -> list[Bounds]:
    """Return ranges, in their order, that hold all of these: neighbours are merged, and long ones divided."""
    merged: list[Bounds] = []
    for start, stop in sorted(ranges):
        if start >= stop:
            continue
        if merged and start - merged[-1][1] <= largest_gap:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return [part for whole in merged for part in _divided(whole)]


def _divided(bounds: Bounds) -> Iterator[Bounds]:
    start, stop = bounds
    for begin in range(start, stop, LONGEST_RANGE):
        yield begin, min(begin + LONGEST_RANGE, stop)


def cut(fetched: Iterable[tuple[Bounds, bytes]], bounds: Bounds) -> bytes:
    """Return the content of a range out of merged ones, in their order; shorter where the file ends before."""
    start, stop = bounds
    pieces = [
        memoryview(content)[max(start - begin, 0) : max(stop - begin, 0)]
        for (begin, end), content in fetched
        if begin < stop and start < end
    ]
    return b"".join(pieces)


class Fetched(NamedTuple):
    """A range of a version; shorter than it was asked for where the file ends before."""

    version: DownloadVersion
    content: bytes


def fetch_range(api: B2Api, url: str, bounds: Bounds, encryption: EncryptionSetting | None) -> Fetched | None:
    """Fetch a range of what a URL names, which may be a file's newest version; ``None`` if the file ends before it.

    It takes one request, also where the size is not known. What breaks on the way is requested again, of that version.

    :raises FileOrBucketNotFound: there is no such file.
    """
    start, stop = bounds
    try:
        asked = LastBytes(start) if start < 0 else (start, stop - 1)
        with api.session.download_file_from_url(url, range_=asked, encryption=encryption) as response:
            version = api.download_version_factory.from_response_headers(response.headers)
            first, last = version.range_.as_tuple()
            whole = response.status_code == OK
            if start < 0:
                start, stop = max((version.size or 0) + start, 0), version.size or 0
            if (0 if whole else start) != first or (not whole and last >= stop):
                raise UnexpectedCloudBehaviour(f"bytes {first} to {last} came in place of {start} to {stop - 1}")
            content = _read_body(response.iter_content(BLOCK_SIZE), min(last + 1, stop) - first)
            api.session.meter.add_received(len(content))
    except UnsatisfiableRange:
        return None
    content = content[start - first :]
    stop = min(stop, last + 1)
    if len(content) < stop - start:
        content += fetch_of_version(api, version.id_, (start + len(content), stop), encryption)
    return Fetched(version, content)


def fetch_of_version(api: B2Api, file_id: str, bounds: Bounds, encryption: EncryptionSetting | None) -> bytes:
    """Fetch a range of a version, which must not end before it.

    :raises FileNotPresent: there is no such version.
    """
    start, stop = bounds
    content = io.BytesIO()
    api.download_file_by_id(file_id, range_=(start, stop - 1), encryption=encryption).save(content)
    return content.getvalue()


def _read_body(blocks: Iterator[bytes], length: int) -> bytes:
    """Return what there is of a body, which may break."""
    content = bytearray()
    try:
        for block in blocks:
            content += block
            if len(content) > length:
                break  # not before: a body that is read to its end leaves a connection that can be used again
    except (B2Error, OSError):  # requests raises OSErrors
        pass
    return bytes(content[:length])
