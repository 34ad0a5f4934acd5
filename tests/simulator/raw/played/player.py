"""Plays the moves that it is given, on the simulator of the b2sdk that the interpreter has.

Each line of the input is JSON: a surface, and moves, which are names with the seed of their choices. Each line of the
output is a list with what every move called and what that gave.
"""

from __future__ import annotations

import json
import sys
import time
from random import Random
from typing import Any

from tests.simulator.raw.played import accounts, surface, uploads, versions
from tests.simulator.raw.played.cloud import MOVES, NOW, Play, failed

__all__ = ["MOVES", "accounts", "main", "surface", "uploads", "versions"]


def played(surface: str, moves: list[tuple[str, int]]) -> list[Any]:
    """Return what the moves gave, in a cloud of their own."""
    play = Play(surface)
    for name, seed in moves:
        play.random = Random(seed)
        try:
            MOVES[name](play)
        except Exception as error:  # noqa: BLE001  # as in a call
            play.log.append(["lost", name, failed(error)])
    return play.log


def main() -> None:
    time.time = lambda: float(NOW)
    time.time_ns = lambda: NOW * 10**9
    time.sleep = lambda _seconds: None
    for line in sys.stdin:
        surface, moves = json.loads(line)
        sys.stdout.write(json.dumps(played(surface, moves)) + "\n")
        sys.stdout.flush()
