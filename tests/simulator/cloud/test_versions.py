from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, strategies as st

from b2sdk.simulator.cloud.versions import Folder, Versions, Way

NAMES = st.text(alphabet="ab/é\U0010ffff", min_size=1, max_size=5)
ORDERS = st.tuples(st.integers(0, 3), st.integers(0, 10**6))


@dataclass(frozen=True)
class Thing:
    file_id: str
    name: str
    order: tuple[int, int]
    shown: bool = True


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    entries = draw(st.lists(st.tuples(NAMES, st.integers(0, 3), st.booleans()), max_size=12))
    return [
        Thing(str(number), name, (timestamp, number), shown) for number, (name, timestamp, shown) in enumerate(entries)
    ]


def stored(entries: Sequence[Thing]) -> Versions[Thing]:
    versions: Versions[Thing] = Versions()
    for entry in entries:
        versions.add(entry)
    return versions


def shown(versions: Sequence[Thing]) -> Sequence[Thing]:
    return [version for version in versions if version.shown]


def naive(entries: Sequence[Thing], way: Way) -> list[Folder | Thing]:
    """Sort everything by UTF-8 bytes, then fold."""
    found: list[Folder | Thing] = []
    inverted = sorted(entries, key=lambda thing: (-thing.order[0], -thing.order[1]))
    for thing in sorted(inverted, key=lambda thing: thing.name.encode()):
        if not thing.shown or not thing.name.startswith(way.prefix) or thing.name.encode() < way.start.encode():
            continue
        rest = thing.name[len(way.prefix) :]
        if way.delimiter and way.delimiter in rest:
            folder = Folder(way.prefix + rest[: rest.index(way.delimiter) + len(way.delimiter)])
            if folder not in found:
                found.append(folder)
        else:
            found.append(thing)
    return found


WAYS = st.builds(Way, st.text("ab/é", max_size=3), st.text("ab/é", max_size=2), st.sampled_from(["", "/", "a", "//"]))


@given(things(), WAYS)
def test_a_walk_shows_what_sorting_everything_would(entries: list[Thing], way: Way) -> None:
    assert list(stored(entries).walk(way, shown)) == naive(entries, way)


@given(things(), st.data())
def test_what_is_removed_is_never_seen_again(entries: list[Thing], data: st.DataObject) -> None:
    versions = stored(entries)
    kept = [entry for entry in entries if data.draw(st.booleans())]
    for entry in entries:
        if entry not in kept:
            versions.remove(entry)
    assert list(versions.walk(Way(), shown)) == naive(kept, Way())
    assert bool(versions) == bool(kept)


@given(things(), st.data())
def test_a_walk_from_a_version_is_the_rest_of_the_whole_walk(entries: list[Thing], data: st.DataObject) -> None:
    everything = list(stored(entries).walk(Way(), lambda versions: versions))
    if not everything:
        return
    place = data.draw(st.integers(0, len(everything) - 1))
    first = everything[place]
    assert isinstance(first, Thing)
    way = Way(start=first.name)
    assert list(stored(entries).walk_from_version(way, first.file_id, lambda versions: versions)) == everything[place:]


@given(things(), st.data())
def test_a_walk_continues_after_a_version_that_was_deleted_meanwhile(entries: list[Thing], data: st.DataObject) -> None:
    versions = stored(entries)
    everything = list(versions.walk(Way(), lambda found: found))
    if not everything:
        return
    place = data.draw(st.integers(0, len(everything) - 1))
    gone = everything[place]
    assert isinstance(gone, Thing)
    versions.remove(gone)
    rest = versions.walk_from_version(Way(start=gone.name), gone.file_id, lambda found: found)
    assert list(rest) == everything[place + 1 :]


def test_an_unknown_version_to_begin_with_leaves_nothing_out() -> None:
    versions = stored([Thing("1", "a", (0, 1)), Thing("2", "a", (0, 2))])
    entries = versions.walk_from_version(Way(start="a"), "never seen", lambda found: found)
    assert [entry.file_id for entry in entries if isinstance(entry, Thing)] == ["2", "1"]


def test_the_iteration_survives_removal() -> None:
    versions = stored([Thing(str(number), f"name-{number}", (0, number)) for number in range(5)])
    for thing in versions:
        versions.remove(thing)
    assert not versions
