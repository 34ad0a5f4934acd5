"""Backblaze B2 SDK for Python. Import from :mod:`b2sdk.v3`, or from :mod:`b2sdk.v2` for the older surface."""

from __future__ import annotations

import logging

from b2sdk.version import VERSION

__all__ = ["__version__"]

__version__ = VERSION

# A library says nothing unless the program asks for it.
logging.getLogger("b2sdk").addHandler(logging.NullHandler())
