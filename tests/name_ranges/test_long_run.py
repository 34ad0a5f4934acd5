"""Listings in ranges of random buckets in the simulator, in which files appear and vanish meanwhile.

With ``B2SDK_LONG_TESTS=1`` for a minute, or as many seconds as it says if it says more; else a few times.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any, NamedTuple

import pytest
from tests.conftest import InProcessFrontEnd, authorize

import b2sdk.v3
from b2sdk.bucket import list_below
from b2sdk.exception import FileAlreadyHidden, FileNotPresent

SECONDS = int(os.environ.get("B2SDK_LONG_TESTS", "0"))
LONGEST = max(SECONDS, 60) if SECONDS else 0
FEW = 4
"""How many buckets are listed at least."""
ALPHABETS = [
    "ab/",
    "0123456789",
    "0123456789abcdef",
    "aZ.-_/ ",
    "\u00e9\u4e00\u9fff/",
    "\U0001f600\ud7ff\ue000\uffff\U0010ffff",
]


class Round(NamedTuple):
    """A bucket, and how it is listed."""

    chosen: random.Random
    bucket: Any
    of_key: Any
    """The bucket as seen by a key that sees only what begins with the prefix."""
    prefix: str
    stays: list[str]
    """Names whose versions do not change."""
    comes_and_goes: list[str]


def names_of(chosen: random.Random, count: int) -> list[str]:
    alphabet, numbers = chosen.choice(ALPHABETS), chosen.random() < 0.3
    common = chosen.choice(["", "", "a/", "photos/2026/"])
    if numbers:
        return [f"{common}{number:0{chosen.choice([4, 9])}}" for number in range(count)]
    found = {common + "".join(chosen.choices(alphabet, k=chosen.randint(1, 6))) for _ in range(count)}
    return sorted(name for name in found if "//" not in name and not name.startswith("/") and not name.endswith("/"))


def _folder_of(names: list[str]) -> list[str]:
    return [folder + slash for folder, slash, _ in (name.rpartition("/") for name in names[len(names) // 2 :][:1])]


def let_nothing_vanish_from_a_page(front_end: InProcessFrontEnd) -> None:
    """Let nothing be deleted while a page is made, which the simulator in the process looks up once more."""
    simulator, lock = front_end.connect(b2sdk.v3).session.raw_api, threading.Lock()

    def one_at_a_time(call: Callable[..., Any]) -> Callable[..., Any]:
        def perform(*args: Any, **kwargs: Any) -> Any:
            with lock:
                return call(*args, **kwargs)

        return perform

    for name in ("list_file_names", "list_file_versions", "delete_file_version"):
        setattr(simulator, name, one_at_a_time(getattr(simulator, name)))


def prepared(chosen: random.Random) -> Round:
    front_end = InProcessFrontEnd(b2sdk.v3, is_forgiving=False)
    let_nothing_vanish_from_a_page(front_end)
    api = front_end.connect(b2sdk.v3)
    authorize(api, front_end)
    bucket = api.create_bucket("test-bucket", "allPrivate")
    names = names_of(chosen, chosen.choice([0, 3, 40, 150]))
    stays = [name for name in names if chosen.random() < 0.7]
    for name in names:
        for _ in range(chosen.choice([1, 1, 1, 2, 9])):
            bucket.upload_bytes(b"", name)
        if chosen.random() < 0.1:
            bucket.hide_file(name)
    prefix = chosen.choice(["", *(name[: chosen.randint(1, 4)] for name in names[:1]), *_folder_of(names)])
    key = api.create_key(["listBuckets", "listFiles"], "key", bucket_ids=[bucket.id_], name_prefix=prefix or None)
    restricted = front_end.connect(b2sdk.v3)
    authorize(restricted, front_end, key.id_, key.application_key)
    of_key = restricted.get_bucket_by_name("test-bucket")
    return Round(chosen, bucket, of_key, prefix, stays, sorted(set(names) - set(stays)) or ["zz"])


def meddle(one: Round) -> None:
    """Change one of the files that come and go."""
    name = one.chosen.choice(one.comes_and_goes)
    what = one.chosen.randrange(3)
    if what == 0:
        one.bucket.upload_bytes(b"", name)
    elif what == 1:
        with suppress(FileAlreadyHidden, FileNotPresent):
            one.bucket.hide_file(name)
    else:
        for version in list(one.bucket.list_file_versions(name)):
            version.delete()


def listed(one: Round, meddles: Callable[[], None], *, latest_only: bool, in_order: bool) -> list[tuple[str, str]]:
    """List in ranges; something happens while each page is used."""
    options: dict[str, Any] = {
        "latest_only": latest_only,
        "fetch_count": one.chosen.randint(1, 7),
        "workers": one.chosen.randint(1, 8),
    }
    if not one.prefix or one.prefix.endswith("/"):
        listing = one.of_key.ls(one.prefix, recursive=True, in_order=in_order, **options)
        found: Iterator[Any] = (version for version, _ in listing)
    else:
        found = list_below(one.of_key, one.prefix, **options)
    versions = []
    for version in found:
        versions.append((version.file_name, version.id_))
        if one.chosen.random() < 0.1:
            meddles()
    return versions


def check(one: Round) -> None:
    latest_only, in_order = one.chosen.random() < 0.5, one.chosen.random() < 0.6
    if one.prefix and not one.prefix.endswith("/"):
        in_order = False
    listing = one.bucket.ls("", latest_only=latest_only, recursive=True)
    stays = set(one.stays)
    expected = [
        (version.file_name, version.id_)
        for version, _ in listing
        if version.file_name in stays and version.file_name.startswith(one.prefix)
    ]
    found = listed(one, lambda: meddle(one), latest_only=latest_only, in_order=in_order)
    names = [name for name, _ in groupby(found, lambda pair: pair[0])]
    assert len(names) == len(set(names)), "the versions of one name come together"
    if in_order:
        assert names == sorted(names)
    else:
        found.sort(key=lambda pair: pair[0])
    assert [pair for pair in found if pair[0] in stays] == expected
    assert len(set(found)) == len(found)


@pytest.mark.timeout(LONGEST + 300)
def test_listings_in_ranges_miss_nothing_that_stays_and_repeat_nothing() -> None:
    end, seed = time.monotonic() + LONGEST, 0
    while seed < FEW or time.monotonic() < end:
        seed += 1
        one = prepared(random.Random(seed))
        for _ in range(3):
            try:
                check(one)
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error
