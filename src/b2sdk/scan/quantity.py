"""Amounts as people read them: ``1.23 MB``."""

from __future__ import annotations

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")


def format_and_scale_number(x: float, unit: str) -> str:
    """Write an amount with a decimal prefix and about three digits: ``1.23 MB`` for 1234567 and the unit ``B``."""
    scale, decimals = _scale_and_decimals(x)
    if not scale:
        return f"{int(x)} {unit}"
    return f"{x / 1000**scale:.{decimals}f} {_PREFIXES[scale]}{unit}"


def format_and_scale_fraction(numerator: float, denominator: float, unit: str) -> str:
    """Write ``numerator / denominator``, both with the prefix of the denominator: ``0.50 / 1.23 MB``."""
    scale, decimals = _scale_and_decimals(denominator)
    if not scale:
        return f"{int(numerator)} / {int(denominator)} {unit}"
    done, total = (f"{x / 1000**scale:.{decimals}f}" for x in (numerator, denominator))
    return f"{done} / {total} {_PREFIXES[scale]}{unit}"


def _scale_and_decimals(x: float) -> tuple[int, int]:
    digits = len(str(abs(int(x))))
    scale = min((digits - 1) // 3, len(_PREFIXES) - 1)
    return scale, max(0, 3 - (digits - 3 * scale))
