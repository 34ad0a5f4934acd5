from __future__ import annotations

from itertools import islice
from typing import Any

from hypothesis import given, strategies as st

from b2sdk.blocking import iterate
from b2sdk.integrations.dask.limit import RangeLimit, RangeOfB2Folder
from b2sdk.name_ranges.division import PartSize
from b2sdk.scan.pairs import Pair, pair_up
from b2sdk.scan.path import LocalPath
from b2sdk.v3 import B2Api
from b2sdk.values.name_range import ALL_NAMES, NameRange

NAMES = st.sets(st.text("abc", min_size=1, max_size=3), max_size=25)
MUCH = 10**9


def paths(names: Any, size: int = 1) -> list[LocalPath]:
    return [LocalPath(f"/{name}", name, 0, size) for name in sorted(names)]


def names_of_pair(pair: Pair) -> tuple[str | None, ...]:
    return tuple(None if path is None else path.relative_path for path in pair)


async def batches(names: NameRange, of: set[str], at_once: int) -> Any:
    """Yield what a folder has in a range, so many at a time before it is compared."""
    files = iter(paths(name for name in of if name in names))
    while some := list(islice(files, at_once)):
        yield iter(some)


@given(NAMES, NAMES, st.integers(1, 10), st.integers(1, 30), st.integers(1, 30))
def test_what_is_compared_part_by_part_is_compared_as_a_whole(
    source: set[str], destination: set[str], most: int, ahead: int, ahead_there: int
) -> None:
    names: NameRange | None = ALL_NAMES
    compared: list[tuple[str | None, ...]] = []
    while names is not None:
        limit = RangeLimit(PartSize(most, MUCH))
        before = len(compared)
        flow = pair_up(batches(names, source, ahead), batches(names, destination, ahead_there))
        compared += map(names_of_pair, limit.of(iterate(flow)))
        assert len(compared) - before == most or limit.end is None
        names = limit.rest(names)
    everything = sorted(source | destination)
    assert compared == [
        (name if name in source else None, name if name in destination else None) for name in everything
    ]


def test_a_range_ends_when_there_were_enough_bytes() -> None:
    limit = RangeLimit(PartSize(1000, 25))
    pairs: list[Pair] = [(path, None) for path in paths("abcde", 10)]
    assert [*map(names_of_pair, limit.of(iter(pairs)))] == [("a", None), ("b", None), ("c", None)]
    assert limit.rest(NameRange("", "x")) == NameRange("d", "x")


def test_a_range_that_was_no_longer_has_no_rest() -> None:
    limit = RangeLimit(PartSize(3, MUCH))
    assert len(list(limit.of((None, path) for path in paths("abc")))) == 3
    assert limit.rest(ALL_NAMES) is None


def test_the_versions_of_one_name_are_never_apart(api: B2Api) -> None:
    bucket = api.create_bucket("some-bucket", "allPrivate")
    for name in ("in/a", "in/b", "in/b", "in/b", "in/c"):
        bucket.upload_bytes(b"x", name)
    names: NameRange | None = ALL_NAMES
    found = []
    while names is not None:
        limit = RangeLimit(PartSize(2, MUCH))
        folder = RangeOfB2Folder("some-bucket", "in", api, names=names)
        versions = limit.of_versions(folder.get_file_versions(), folder.prefix)
        found.append([version.file_name for version in versions])
        names = limit.rest(names)
    assert found == [["in/a", "in/b", "in/b", "in/b"], ["in/c"]]
