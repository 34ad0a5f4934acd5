"""Other paths to this package's modules, for programs that import them so. New programs do not look here."""

from __future__ import annotations

import sys
from types import ModuleType

from b2sdk._internal.aliases import AliasFinder, imported

sys.meta_path.append(AliasFinder())


def __getattr__(name: str) -> ModuleType:
    return imported(__name__, name)
