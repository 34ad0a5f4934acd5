"""What verbs about many files raise besides what calls raise.

They are none of the public names, which are those of b2sdk: programs catch them by what they derive from, or by their
names here.
"""

from __future__ import annotations

from b2sdk.exception.base import B2SimpleError
from b2sdk.exception.client import InvalidUserInput


class IncompleteBulkRun(B2SimpleError):
    """Something of a run failed, or was not sent. Its text names the first failures; its cause is the first error."""


class OverlappingPrefixes(InvalidUserInput):
    """Files would be copied into the prefix that they are read from, or out of one into which they are copied."""
