"""What the guide says of sizes and costs is what is computed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.integrations.dask.model import archive, listed

PAGE = Path(__file__).parents[3] / "docs" / "cluster.md"
THREADS = 64
IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
LONG = pytest.mark.skipif(not IS_LONG, reason="B2SDK_LONG_TESTS is not set, and a billion names take a while")
PRICED = {  # transactions of class A, B and C for each file, and how many buckets are listed
    "sync with nothing to do, bucket to bucket": (0, 0, 0, 2),
    "sync with nothing to do, directory to bucket": (0, 0, 0, 1),
    "first upload of a directory": (1, 0, 0, 1),
    "first copy to another bucket": (0, 0, 1, 2),
    "first download to a directory": (0, 1, 0, 1),
    "verification of a directory in a bucket": (0, 0, 0, 1),
    "deletion": (1, 0, 0, 1),
}


def rows() -> dict[tuple[str, str], list[str]]:
    found = re.findall(r"^\| (.+?) \| (10 M|1 G) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {(work, files): cells.split(" | ") for work, files, cells in found}


@pytest.mark.parametrize(
    ("files", "size"), [("10 M", 10_000_000), pytest.param("1 G", 1_000_000_000, marks=LONG)], ids=["10 M", "1 G"]
)
def test_the_guide_has_what_is_computed(files: str, size: int) -> None:
    ranges, transactions, busy = listed(archive(size), THREADS)
    assert transactions <= (1.25 if size < 10**8 else 1.05) * size / 1000, "hardly more than one listing"
    assert busy > 0.7
    for work, (class_a, class_b, class_c, buckets) in PRICED.items():
        priced = [size * class_a, size * class_b, size * class_c + buckets * transactions]
        expected = [f"{number:,}" for number in (ranges, *priced)]
        assert rows()[work, files] == expected, f"| {work} | {files} | {' | '.join(expected)} |"
    assert len(rows()) == 2 * len(PRICED)
