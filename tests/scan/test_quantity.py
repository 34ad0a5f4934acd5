from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from b2sdk.scan.quantity import format_and_scale_fraction, format_and_scale_number


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0 B"),
        (999.9, "999 B"),
        (1000, "1.00 kB"),
        (9999, "10.00 kB"),
        (10049, "10.0 kB"),
        (99949, "99.9 kB"),
        (99999, "100.0 kB"),
        (999500, "1000 kB"),
        (1000000, "1.00 MB"),
        (123456789, "123 MB"),
        (10**9, "1.00 GB"),
        (10**12, "1.00 TB"),
        (10**15, "1.00 PB"),
        (10**18, "1.00 EB"),
        (10**30, "1000000 YB"),
    ],
)
def test_an_amount_has_a_prefix_and_three_digits(amount: float, expected: str) -> None:
    assert format_and_scale_number(amount, "B") == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 1, "0 / 1 B"),
        (999, 999, "999 / 999 B"),
        (1, 1000, "0.00 / 1.00 kB"),
        (500, 1000, "0.50 / 1.00 kB"),
        (5, 10000, "0.0 / 10.0 kB"),
        (12345, 123456, "12 / 123 kB"),
        (3, 10**12, "0.00 / 1.00 TB"),
    ],
)
def test_a_fraction_has_the_prefix_of_the_whole(numerator: float, denominator: float, expected: str) -> None:
    assert format_and_scale_fraction(numerator, denominator, "B") == expected


@given(st.integers(1, 10**27 - 1))
def test_what_is_written_is_the_amount(amount: int) -> None:
    number, unit = format_and_scale_number(amount, "B").split(" ")
    factor = 1000 ** (["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"].index(unit))
    assert float(number) * factor == pytest.approx(amount, rel=0.0051)
