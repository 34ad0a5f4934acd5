"""A whole B2 service on one's own machine: one cloud, two doors.

:class:`RawSimulator` is the raw API over a cloud in the same process. :class:`SimulatorServer` serves a cloud over
HTTP to any B2 client; it needs the extra ``simulator`` and is imported only when it is asked for. ``python -m
b2sdk.simulator`` is the same from the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from b2sdk.simulator.clock import Clock
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.faults import ApiFault, Entry, Faults, Journal, WireFault
from b2sdk.simulator.policy import Policy

if TYPE_CHECKING:
    from b2sdk.simulator.raw import RawSimulator
    from b2sdk.simulator.server import Credentials, SimulatorServer
    from b2sdk.simulator.tls import Identity

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


def __getattr__(name: str) -> Any:
    if name in ("Credentials", "SimulatorServer"):
        from b2sdk.simulator import server  # noqa: PLC0415  # aiohttp is an extra

        return getattr(server, name)
    if name == "Identity":
        from b2sdk.simulator.tls import Identity  # noqa: PLC0415  # the server alone needs `ssl`

        return Identity
    if name == "RawSimulator":
        from b2sdk.simulator.raw import RawSimulator  # noqa: PLC0415  # the server needs nothing of the raw API

        return RawSimulator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
