"""Backblaze B2 SDK for Python. Import from :mod:`b2sdk.v3`; older ones are ``v2``, ``v1`` and ``v0``."""

from __future__ import annotations

import logging
import os

from b2sdk.version import VERSION

__all__ = ["__version__"]

__version__ = VERSION
__distribution__ = "b2sdk-ng"

# A library says nothing unless the program asks for it.
logging.getLogger("b2sdk").addHandler(logging.NullHandler())

# Every b2sdk 2 has this file, and this package has not.
if os.path.exists(f"{__path__[0]}/v2/_compat.py"):  # noqa: PTH110  # pathlib costs 2 ms
    import b2sdk.mixture  # noqa: F401

TYPE_CHECKING = False  # for type checkers, who know it by its name, it is true
if not TYPE_CHECKING:

    def __getattr__(name):  # noqa: ANN001, ANN202
        """Import a surface that a program uses as an attribute only: where one imports all others, it is one."""
        if name in {"_internal", "v0", "v1", "v2", "v3"}:
            import importlib  # noqa: PLC0415

            return importlib.import_module(f"b2sdk.{name}")
        raise AttributeError(f"module 'b2sdk' has no attribute {name!r}")
