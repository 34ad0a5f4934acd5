"""Warns that ``b2sdk`` and this package are installed over each other, and says what to do.

It is imported where that has been noticed, and nowhere else: by the package itself when it finds a file of ``b2sdk``
beside its own, and by :mod:`b2sdk.lazy` when the package that contains it is that of ``b2sdk``. What can be noticed
after one of the two was uninstalled, is in the module ``b2sdk.py`` beside this package.
"""

from __future__ import annotations

import sys
import warnings

warnings.warn(
    f"b2sdk and b2sdk-ng are installed over each other in {sys.modules['b2sdk'].__path__[0]!r}, so either may run:"
    " uninstall both, then install b2sdk-ng and what `python -m b2sdk.metapackage` builds",
    RuntimeWarning,
    stacklevel=3,
)
