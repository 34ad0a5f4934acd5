"""A distribution named ``b2sdk`` that holds no module and requires this one: ``python -m b2sdk.metapackage DIRECTORY``.

Where it is installed, a requirement of ``b2sdk`` is satisfied, and no installer installs the other one, whose files
have the same names. It is a wheel, which is a zip archive with three files of metadata
(https://packaging.python.org/en/latest/specifications/binary-distribution-format/), so neither a build tool nor the
network is needed. Equal arguments make equal bytes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from b2sdk.version import VERSION

__all__ = ["build_wheel", "main"]

_RELEASE = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*", re.ASCII)
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip archive can tell

_METADATA = """\
Metadata-Version: 2.1
Name: b2sdk
Version: {version}
Summary: Takes the place of b2sdk and requires b2sdk-ng
Description-Content-Type: text/plain
Requires-Dist: b2sdk-ng>={required}
Provides-Extra: full
Requires-Dist: b2sdk-ng[full]>={required}; extra == "full"

There are no modules in this distribution. It tells installers that requirements of b2sdk
are met by b2sdk-ng, whose package has the same name.
"""
_WHEEL = f"""\
Wheel-Version: 1.0
Generator: b2sdk-ng {VERSION}
Root-Is-Purelib: true
Tag: py3-none-any
"""


def build_wheel(directory: Path, version: str = VERSION) -> Path:
    """Write the wheel into the directory, which is made if it is missing, and return its path.

    ``version`` is the one of ``b2sdk`` to pass for, such as ``2.10.1`` where something requires just that. The wheel's
    has a local label behind it (``2.10.1+ng``), which no requirement looks at: so installers that are offered both
    versions take this one. Raises :class:`ValueError` for a version that is not numbers with dots, and
    :class:`OSError` if the wheel cannot be written.
    """
    if not _RELEASE.fullmatch(version):
        raise ValueError(f"{version!r} is no version such as 2.10.1")
    version += "+ng"
    information = f"b2sdk-{version}.dist-info"
    files = {
        f"{information}/METADATA": _METADATA.format(version=version, required=VERSION),
        f"{information}/WHEEL": _WHEEL,
    }
    record = f"{information}/RECORD"
    files[record] = "".join(f"{name},{_digest(text)},{len(text)}\n" for name, text in files.items()) + f"{record},,\n"
    directory.mkdir(parents=True, exist_ok=True)
    wheel = directory / f"b2sdk-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # wherever it is made, so that the mode counts
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, text)
    return wheel


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the wheel that the command line asks for, and print where it is."""
    parser = argparse.ArgumentParser(
        "python -m b2sdk.metapackage",
        description="Build a wheel named b2sdk that holds nothing and requires b2sdk-ng.",
    )
    parser.add_argument("directory", type=Path, help="where the wheel is written to; made if it is missing")
    parser.add_argument(
        "--version",
        default=VERSION,
        help="which b2sdk it passes for, such as 2.10.1 (default: %(default)s)",
    )
    chosen = parser.parse_args(arguments)
    try:
        print(build_wheel(chosen.directory, chosen.version))  # noqa: T201  # this is what the command is for
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
