"""Files that nobody uploaded: their names, and the pages that list them.

All pages of a bucket are cut out of one text, which is made before: so a page costs each client a copy, the first one
too.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from entries import Json, encoded, file_entry
from workloads import FILES_IN_A_DIRECTORY

SMALL_SIZE: Final = 1000
"""Bytes of a made-up file."""
SMALL_SHA1: Final = hashlib.sha1(bytes(SMALL_SIZE)).hexdigest()
_FIRST_DAY: Final = datetime(2015, 1, 1, tzinfo=timezone.utc)
_DAYS: Final = 3650
_LAST_CHARACTER: Final = "\U0010ffff"
_ID_DIGITS: Final = 80
_NOTHING_FOLLOWS: Final = {"nextFileName": None, "nextFileId": None}


def made_up_name(number: int) -> str:
    """Return the name of a file in the kind ``numbers``; the order of numbers is that of names."""
    return f"directory-{number // FILES_IN_A_DIRECTORY:06}/file-{number:08}.txt"


def made_up_millis(number: int) -> int:
    """Return when a made-up file was modified."""
    return 1_400_000_000_000 + 1000 * number


def _numbers(total: int) -> list[str]:
    return [made_up_name(number) for number in range(total)]


def _hashes(total: int) -> list[str]:
    """Names as of files that are stored by their content: all are equally likely."""
    digests = sorted(hashlib.sha1(b"%d" % number).hexdigest() for number in range(total))
    return [f"objects/{digest[:2]}/{digest[2:]}" for digest in digests]


def _dates(total: int) -> list[str]:
    """Names as of logs of ten years, of which each has more than the one before."""
    days = ((number / total) ** 0.5 * _DAYS for number in range(total))
    return [
        f"logs/{_FIRST_DAY + timedelta(days=day):%Y/%m/%d/%H-%M-%S}-host-{number % 40:02}.log.gz"
        for number, day in enumerate(days)
    ]


KINDS: Final[dict[str, Callable[[int], list[str]]]] = {"numbers": _numbers, "hashes": _hashes, "dates": _dates}


class MadeUpBucket:
    """The files of one bucket, each in one version."""

    def __init__(self, bucket: str, names: Sequence[str]) -> None:
        """Write all entries.

        :param names: in order; ASCII, without anything that JSON has another spelling for.
        """
        self._bucket = bucket
        self._names = names
        self._text, self._ends = bytearray(), array("Q", [0])
        template = encoded(self._entry("%(name)s", "%(id)s", "%(millis)s")).decode() + ","
        for number, name in enumerate(names):
            values = {"name": name, "id": self._id(number), "millis": made_up_millis(number)}
            self._text += (template % values).encode()
            self._ends.append(len(self._text))

    def _id(self, number: int) -> str:
        return f"4_z{self._bucket}_f{number:0{_ID_DIGITS - len(self._bucket)}}"

    def _entry(self, name: str, file_id: str, millis: str) -> Json:
        info = {"src_last_modified_millis": millis}
        return file_entry(self._bucket, name, file_id, SMALL_SIZE, SMALL_SHA1, info)

    def entry(self, number: int) -> Json:
        """Return the entry of one file."""
        return self._entry(self._names[number], self._id(number), str(made_up_millis(number)))

    def page(self, start: str, prefix: str, count: int) -> tuple[bytes, int]:
        """Return the page that begins with a name, and how many entries it has."""
        names, ends = self._names, self._ends
        first = bisect_left(names, max(start, prefix))
        behind = bisect_left(names, prefix + _LAST_CHARACTER)
        end = max(first, min(first + count, behind))
        following = {"nextFileName": names[end], "nextFileId": self._id(end)} if end < behind else _NOTHING_FOLLOWS
        with memoryview(self._text) as text:
            # Without the comma behind the last one.
            entries = text[ends[first] : ends[end] - (end > first)]
            return b"".join((b'{"files":[', entries, b"],", encoded(following)[1:])), end - first


_NAME: Final = "made-up-(?:([a-z]+)-)?([0-9]+)"


@lru_cache(maxsize=2)
def _made(bucket: str, kind: str, total: int) -> MadeUpBucket:
    return MadeUpBucket(bucket, KINDS[kind](total))


def made_up_bucket(bucket: str) -> MadeUpBucket | None:
    """Return the bucket ``made-up-N`` or ``made-up-KIND-N`` of N files; ``None`` if that is not its name."""
    found = re.fullmatch(_NAME, bucket)
    return None if found is None else _made(bucket, found[1] or "numbers", int(found[2]))


def made_up_file(file_id: str) -> Json:
    """Return the entry of a file.

    :raises KeyError: no such file was made up.
    """
    found = re.fullmatch(f"4_z({_NAME})_f([0-9]+)", file_id)
    bucket = made_up_bucket(found[1]) if found else None
    if found is None or bucket is None:
        raise KeyError(file_id)
    return bucket.entry(int(found[4]))
