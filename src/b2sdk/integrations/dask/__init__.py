"""Work on many files by the workers of a dask cluster. Needs the extra ``dask``.

What is done is divided into ranges of names, each of which is a task: a worker runs the ordinary engine over it.
``account`` makes the client of a worker, ``limit`` ends a range that is too long, ``jobs`` are what is done with a
range, ``tasks`` do it on a worker, ``report`` is what comes of it, and ``run`` submits and collects. Where tasks run,
and that they are done again when a worker dies, is up to dask.
"""

from __future__ import annotations

try:
    import distributed as _distributed  # noqa: F401  # all that is below needs it
except ImportError as _error:
    raise ImportError("a cluster of dask needs distributed: pip install 'b2sdk-ng[dask]'", name=_error.name) from _error

from b2sdk.integrations.dask.account import ApiFromEnvironment
from b2sdk.integrations.dask.fleet import Fleet
from b2sdk.integrations.dask.report import (
    FileFailure,
    FleetEvent,
    FleetReport,
    IncompleteFleetRun,
    RangeDivided,
    RangeFailed,
    RangeFinished,
)
from b2sdk.integrations.dask.run import FleetRun

__all__ = [
    "ApiFromEnvironment",
    "FileFailure",
    "Fleet",
    "FleetEvent",
    "FleetReport",
    "FleetRun",
    "IncompleteFleetRun",
    "RangeDivided",
    "RangeFailed",
    "RangeFinished",
]
