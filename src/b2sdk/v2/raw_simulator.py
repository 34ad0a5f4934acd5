"""The simulator in the dialect v3."""

from __future__ import annotations

from b2sdk.simulator import raw
from b2sdk.v2.raw_api import SingleBucketKeys


class RawSimulator(SingleBucketKeys, raw.RawSimulator):
    pass
