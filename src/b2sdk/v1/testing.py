"""What helps to test against a service: the names of :mod:`b2sdk.v2.testing`. Needs the extra ``testing``."""

from __future__ import annotations

from b2sdk.v2.testing import *  # noqa: F403  # all of them
from b2sdk.v2.testing import __all__ as __all__
