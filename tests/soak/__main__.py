"""``python -m tests.soak [--seconds 120 | --kills 200] [--seed N]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.flows.conftest import SMALL_PARTS
from tests.soak.kills import Kills
from tests.soak.soak import Soak

from b2sdk.simulator import SimulatorServer

parser = argparse.ArgumentParser(prog="python -m tests.soak")
parser.add_argument("--seconds", type=float, default=120)
parser.add_argument("--kills", type=int, default=0, help="kill so many processes of each kind instead")
parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
arguments = parser.parse_args()

sys.stdout.write(f"seed {arguments.seed}\n")
service = SimulatorServer() if arguments.kills else SimulatorServer(policy=SMALL_PARTS)
with service as server, tempfile.TemporaryDirectory() as directory:
    kind = Kills if arguments.kills else Soak
    soak = kind(server, arguments.seed, Path(directory))
    try:
        if isinstance(soak, Kills):
            soak.run(arguments.kills)
        else:
            soak.run(seconds=arguments.seconds)
    finally:
        sys.stdout.write(f"{soak.report()}\n")
        soak.close()
