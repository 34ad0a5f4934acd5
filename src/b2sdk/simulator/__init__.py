"""A whole B2 service on your own machine: one cloud, two front ends.

:class:`RawSimulator` is the raw API over a cloud in the same process. :class:`SimulatorServer` serves a cloud over
HTTP to any B2 client; it needs the extra ``simulator`` and is imported only when it is asked for. ``python -m
b2sdk.simulator`` is the same from the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from b2sdk.lazy import LazyModule
from b2sdk.simulator.cloud.clock import Clock
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.protocol.faults import ApiFault, Entry, Faults, Journal, WireFault

if TYPE_CHECKING:
    from b2sdk.simulator.raw.raw_simulator import RawSimulator
    from b2sdk.simulator.server.server import Credentials, SimulatorServer
    from b2sdk.simulator.server.tls import Identity

__all__ = [
    "ApiFault",
    "Clock",
    "Cloud",
    "Credentials",
    "Entry",
    "Faults",
    "Identity",
    "Journal",
    "Policy",
    "RawSimulator",
    "SimulatorServer",
    "WireFault",
]


_LATER: Mapping[str, LazyModule] = {
    "Credentials": LazyModule("b2sdk.simulator.server.server"),  # aiohttp is an extra
    "Identity": LazyModule("b2sdk.simulator.server.tls"),  # the server alone needs `ssl`
    "RawSimulator": LazyModule("b2sdk.simulator.raw.raw_simulator"),  # the server needs nothing of the client
    "SimulatorServer": LazyModule("b2sdk.simulator.server.server"),
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(_LATER[name], name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
