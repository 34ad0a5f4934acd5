"""How large the parts of a file may be, and how a length is divided. Plain arithmetic on numbers of bytes.

The limits of the service are those of the B2 documentation, "Large Files".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from b2sdk.exception import InvalidUserInput, MaxFileSizeExceeded
from b2sdk.protocol_constants import DEFAULT_MAX_PART_SIZE, DEFAULT_MIN_PART_SIZE
from b2sdk.values.argument import arguments_checked

MAX_FILE_SIZE: Final = 10**13
MAX_PARTS: Final = 10_000


class PartLimits(NamedTuple):
    """Sizes of parts in bytes, ``minimum <= recommended <= maximum``; see :func:`choose_part_limits`."""

    minimum: int
    """The least that a part may have, except the last one."""
    recommended: int
    """What an upload part has where nothing speaks against it."""
    maximum: int
    """The most that is copied within the service at once; upload parts stay below ``recommended + minimum``."""

    def for_total(self, length: int) -> PartLimits:
        """Return limits with which a file of this length stays within 10,000 parts.

        The aim is two thirds of that number, which leaves room for the parts that gaps between copies make.

        :raises MaxFileSizeExceeded: no file may have that length.
        """
        if length > MAX_FILE_SIZE:
            raise MaxFileSizeExceeded(length, MAX_FILE_SIZE)
        needed = min(divide_up(3 * length, 2 * MAX_PARTS), self.maximum)
        return self if needed <= self.recommended else self._replace(recommended=needed)


@arguments_checked
def choose_part_limits(
    account_recommended: int,
    *,
    minimum: int | None = None,
    recommended: int | None = None,
    maximum: int | None = None,
) -> PartLimits:
    """Complete the sizes that a caller gave.

    An explicit size is never adjusted. ``account_recommended`` is what the service recommends to the account; it is
    used up to the 5 GB that a part may have, and gives way to an explicit minimum and maximum. The minimum that the
    service tells the account is not used: the default is 5 MB, or less where the other sizes are below that.

    :raises InvalidUserInput: the sizes contradict each other, or nothing fits in a part.
    """
    if recommended is None:
        recommended = max(min(account_recommended, DEFAULT_MAX_PART_SIZE), minimum or 0)
        recommended = recommended if maximum is None else min(recommended, maximum)
    if minimum is None:
        minimum = min(DEFAULT_MIN_PART_SIZE, recommended)
    if maximum is None:
        maximum = max(DEFAULT_MAX_PART_SIZE, recommended)
    limits = PartLimits(minimum, recommended, maximum)
    _check(limits)
    return limits


def _check(limits: PartLimits) -> None:
    if limits.minimum < 0 or limits.recommended < 1:
        raise InvalidUserInput("part sizes have to be positive")
    if limits.minimum > limits.recommended:
        raise InvalidUserInput(
            f"min_part_size value ({limits.minimum}) exceeding recommended_upload_part_size value "
            f"({limits.recommended})"
        )
    if limits.recommended > limits.maximum:
        raise InvalidUserInput(
            f"recommended_upload_part_size value ({limits.recommended}) exceeding max_part_size value "
            f"({limits.maximum})"
        )


def choose_part_ranges(content_length: int, minimum_part_size: int) -> list[tuple[int, int]]:
    """Divide into as many parts as the minimum allows, nearly equal; return ``(offset, length)`` of each.

    :param content_length: bytes to divide.
    :param minimum_part_size: the least bytes of a part.
    :raises ValueError: the content does not make two parts.
    """
    if minimum_part_size < 1 or content_length < 2 * minimum_part_size:
        raise ValueError(f"{content_length} bytes cannot be divided into parts of at least {minimum_part_size}")
    sizes = list(even_sizes(content_length, content_length // minimum_part_size))
    return list(zip(accumulate(sizes, initial=0), sizes, strict=False))


def even_sizes(length: int, count: int) -> Iterator[int]:
    """Divide ``length`` into ``count`` sizes that differ by one at most; the larger ones are the last.

    They are computed one at a time: what a response says of its length must not decide how much memory is taken.
    """
    size, larger = divmod(length, count)
    for number in range(count):
        yield size + 1 if number >= count - larger else size


def copy_sizes(length: int, maximum: int) -> list[int]:
    """Divide what is copied into nearly equal sizes of at most ``maximum``; the larger ones are the first.

    There are as few as possible, or one more: where full parts would leave a last one that is smaller than all of
    them would be with one more, there is one more.
    """
    count = divide_up(length, maximum)
    last = length % maximum or maximum
    if count > 1 and last < length // (count + 1):
        count += 1
    return list(even_sizes(length, count))[::-1]


def divide_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
