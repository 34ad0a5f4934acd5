"""How a range of names is divided into ranges that may be worked on by several machines.

All that is known of a range is a sample: the entries at its start, as one cheap request lists them. What is behind is
estimated as if it were like these, which may be wrong by any factor: so a range is divided only where more are wanted,
and who works on one that is longer than it seemed hands back the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, inf
from typing import Final, NamedTuple

from b2sdk.name_ranges.scale import Scale, Span
from b2sdk.values.name_range import NameRange

SAMPLE_SIZE: Final = 1000
"""Entries: as many as one transaction lists."""
MOST_WAYS: Final = 16
"""Into how many parts a range is divided at once: so many that samples of ranges that are divided cost little beside
those of ranges that are not."""
_LEARNED: Final = 50
"""Names of a sample that tell which characters are to be expected."""
_ENOUGH: Final = 1.5
"""Parts. A range of less is not divided."""
_MOST_PLAUSIBLE: Final = 10**10
"""Entries. If more are expected, those behind the sample are unlike it, and it is only tried how far they reach."""
_BEHIND_ALL: Final = "\U0010ffff"


class SampledEntry(NamedTuple):
    """A file, or one version of it."""

    name: str
    size: int


class Sample(NamedTuple):
    """The first entries of a range, in order."""

    entries: Sequence[SampledEntry]
    is_all: bool
    """Whether there are no others in the range."""


class PartSize(NamedTuple):
    """How large a part may be."""

    entries: int
    size: int
    """Bytes."""


def divide(names: NameRange, samples: Sequence[Sample], most: PartSize, ways: int) -> list[NameRange]:
    """Return the parts of a range, which is itself if it is small enough, or nobody knows where to divide it.

    :param samples: one of each place where there are such names; that with most of them counts.
    :param most: what is small enough.
    :param ways: how many parts are wanted at most, where they are not known exactly.
    """
    expected, scale, sample = max(map(_expect, [names] * len(samples), samples), key=lambda found: found[0])
    if sample.is_all:
        return names.divide(*_exact_points(sample, most))
    size = sum(entry.size for entry in sample.entries)
    in_a_part = max(1, min(most.entries, most.size * len(sample.entries) // max(1, size)))
    if scale is None or expected < _ENOUGH * in_a_part:
        return [names]
    span = _span(sample)
    counts = _even(expected, in_a_part, ways) if expected <= _MOST_PLAUSIBLE else _growing(expected, in_a_part, ways)
    points = [scale.point(span, span.first, count) for count in counts]
    return names.divide(*(point for point in points if point is not None))


def _expect(names: NameRange, sample: Sample) -> tuple[float, Scale | None, Sample]:
    """Return how many entries are to be expected in a range, and the scale, if there is one."""
    if sample.is_all or _span(sample).first == _span(sample).last:
        return len(sample.entries), None, sample
    scale, span = Scale(), _span(sample)
    for entry in (*sample.entries[:: max(1, len(sample.entries) // _LEARNED)], sample.entries[-1]):
        scale.learn(entry.name)
    end = _BEHIND_ALL if names.end is None else names.end
    return max(len(sample.entries), scale.estimate(span, span.first, end)), scale, sample


def _span(sample: Sample) -> Span:
    return Span(sample.entries[0].name, sample.entries[-1].name, len(sample.entries))


def _exact_points(sample: Sample, most: PartSize) -> Iterator[str]:
    """Yield where parts begin that are as large as they may be, or one file larger."""
    entries = size = 0
    for entry in sample.entries:
        if entries >= most.entries or size >= most.size:
            yield entry.name
            entries = size = 0
        entries += 1
        size += entry.size


def _even(expected: float, in_a_part: int, ways: int) -> list[int]:
    ways = min(ways, ceil(expected / in_a_part))
    return [int(expected * way / ways) for way in range(1, ways)]


def _growing(expected: float, in_a_part: int, ways: int) -> list[int]:
    exponent = (1000.0 if expected == inf else _log2(expected)) - _log2(in_a_part)
    return [in_a_part << int(exponent * way / ways) for way in range(1, ways)]


def _log2(number: float) -> int:
    return int(number).bit_length() - 1
