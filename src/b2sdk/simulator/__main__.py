"""``python -m b2sdk.simulator``: the service over HTTP until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from b2sdk.simulator.policy import Policy
from b2sdk.simulator.server import DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_KEY_ID, SimulatorServer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("b2sdk-simulator", description="A Backblaze B2 service on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen at; 0, the default, takes a free one")
    parser.add_argument("--key-id", default=DEFAULT_KEY_ID, help="id of the master key (default: %(default)s)")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the master key (default: %(default)s)")
    parser.add_argument("--account-id", default=DEFAULT_ACCOUNT_ID, help="the account (default: %(default)s)")
    parser.add_argument("--minimum-part-size", type=int, default=Policy.minimum_part_size, metavar="BYTES")
    parser.add_argument("--recommended-part-size", type=int, default=Policy.recommended_part_size, metavar="BYTES")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    policy = Policy(minimum_part_size=options.minimum_part_size, recommended_part_size=options.recommended_part_size)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        server = SimulatorServer(
            host=options.host,
            port=options.port,
            key_id=options.key_id,
            key=options.key,
            account_id=options.account_id,
            policy=policy,
        )
        server.start()
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    sys.stdout.write(f"B2 simulator at {server.url}\n")
    sys.stdout.write(f"  key id      {server.key_id}\n  key         {server.key}\n  account id  {server.account_id}\n")
    sys.stdout.flush()
    stopping.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
