"""``python -m b2sdk.simulator``: the service over HTTP until it is told to stop."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from b2sdk.simulator.policy import Policy
from b2sdk.simulator.server import DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_KEY_ID, SimulatorServer
from b2sdk.simulator.tls import Identity


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("b2sdk-simulator", description="A Backblaze B2 service on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen at; 0, the default, takes a free one")
    parser.add_argument("--control-port", type=int, help="another port for the control routes and the page")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep everything there (default: in memory)")
    parser.add_argument("--key-id", default=DEFAULT_KEY_ID, help="id of the master key (default: %(default)s)")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the master key (default: %(default)s)")
    parser.add_argument("--account-id", default=DEFAULT_ACCOUNT_ID, help="the account (default: %(default)s)")
    parser.add_argument("--minimum-part-size", type=int, default=Policy.minimum_part_size, metavar="BYTES")
    parser.add_argument("--recommended-part-size", type=int, default=Policy.recommended_part_size, metavar="BYTES")
    parser.add_argument("--tls", action="store_true", help="speak TLS, with a certificate made for this machine")
    parser.add_argument("--certificate", type=Path, metavar="PEM", help="speak TLS, with this certificate chain")
    parser.add_argument("--private-key", type=Path, metavar="PEM", help="its key, unless it is in the same file")
    parser.add_argument("--deliver-events", action="store_true", help="notify webhooks on this machine of events")
    return parser


def _server(options: argparse.Namespace) -> SimulatorServer:
    own = None if options.certificate is None else Identity(options.certificate, options.private_key)
    return SimulatorServer(
        host=options.host,
        port=options.port,
        control_port=options.control_port,
        key_id=options.key_id,
        key=options.key,
        account_id=options.account_id,
        policy=Policy(minimum_part_size=options.minimum_part_size, recommended_part_size=options.recommended_part_size),
        data=options.data,
        tls=own or options.tls,
        deliver_events=options.deliver_events,
    )


def _description(server: SimulatorServer) -> str:
    facts: dict[str, object] = {"key id": server.key_id, "key": server.key, "account id": server.account_id}
    if server.control_url != server.url:
        facts["control"] = server.control_url
    if server.ca_file is not None:
        facts["CA file"] = server.ca_file
    lines = [f"  {name:<12}{value}\n" for name, value in facts.items()]
    return f"B2 simulator at {server.url}\n{''.join(lines)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    with _signals() as told:
        try:
            server = _server(options)
            server.start()
        except (ImportError, OSError, ValueError) as error:
            parser.exit(1, f"{parser.prog}: {error}\n")
        sys.stdout.write(_description(server))
        sys.stdout.flush()
        told.recv(1)
        server.stop()
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket from which a byte can be read when the process has been told to stop.

    An event would not do: a signal that comes just before the main thread waits for a lock does not interrupt the wait.
    """
    told, telling = socket.socketpair()
    with told, telling:
        telling.setblocking(False)
        before = signal.set_wakeup_fd(telling.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield told
        finally:
            signal.set_wakeup_fd(before)


if __name__ == "__main__":
    sys.exit(main())
