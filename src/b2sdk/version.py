"""The version of this package and of the interpreter, and the user agent made of them."""

from __future__ import annotations

import sys

VERSION = "2.13.100"
PYTHON_VERSION = ".".join(map(str, sys.version_info[:3]))
USER_AGENT = f"backblaze-b2/{VERSION} python/{PYTHON_VERSION}"

__all__ = ["PYTHON_VERSION", "USER_AGENT", "VERSION"]
