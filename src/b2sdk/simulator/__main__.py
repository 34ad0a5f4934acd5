"""``python -m b2sdk.simulator``: the service over HTTP until it is interrupted."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from b2sdk.simulator.cloud.policy import Policy, with_settings
from b2sdk.simulator.server.tls import Identity

try:
    from b2sdk.simulator.server.server import DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_KEY_ID, SimulatorServer
except ImportError as _error:  # the web server is an extra
    sys.exit(f"b2sdk-simulator: {_error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("b2sdk-simulator", description="A Backblaze B2 service on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen at; 0, the default, takes a free one")
    parser.add_argument("--control-port", type=int, help="another port for the control routes and the page")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep everything there (default: in memory)")
    parser.add_argument("--key-id", default=DEFAULT_KEY_ID, help="id of the master key (default: %(default)s)")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the master key (default: %(default)s)")
    parser.add_argument("--account-id", default=DEFAULT_ACCOUNT_ID, help="the account (default: %(default)s)")
    parser.add_argument("--partner", action="store_true", help="the account is that of a partner, with a group")
    parser.add_argument("--minimum-part-size", type=int, default=Policy.minimum_part_size, metavar="BYTES")
    parser.add_argument("--recommended-part-size", type=int, default=Policy.recommended_part_size, metavar="BYTES")
    parser.add_argument(
        "--policy", action="append", default=[], metavar="NAME=VALUE", help="what this service allows; repeatable"
    )
    parser.add_argument("--tls", action="store_true", help="speak TLS, with a certificate made for this machine")
    parser.add_argument("--certificate", type=Path, metavar="PEM", help="speak TLS, with this certificate chain")
    parser.add_argument("--private-key", type=Path, metavar="PEM", help="its key, unless it is in the same file")
    parser.add_argument("--deliver-events", action="store_true", help="notify webhooks on this machine of events")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a name by which clients reach it; repeatable"
    )
    parser.add_argument(
        "--proxy-port", type=int, help="be a proxy there, for clients with the address of the real service built in"
    )
    return parser


def _server(options: argparse.Namespace) -> SimulatorServer:
    sizes = Policy(minimum_part_size=options.minimum_part_size, recommended_part_size=options.recommended_part_size)
    own = None if options.certificate is None else Identity(options.certificate, options.private_key)
    return SimulatorServer(
        host=options.host,
        port=options.port,
        control_port=options.control_port,
        key_id=options.key_id,
        key=options.key,
        account_id=options.account_id,
        partner=options.partner,
        policy=with_settings(sizes, options.policy),
        data=options.data,
        tls=own or options.tls,
        deliver_events=options.deliver_events,
        allow_hosts=options.allow_host,
        proxy_port=options.proxy_port,
    )


def _description(server: SimulatorServer) -> str:
    facts: dict[str, object] = {"key id": server.key_id, "key": server.key, "account id": server.account_id}
    if server.control_url != server.url:
        facts["control"] = server.control_url
    if server.proxy_url is not None:
        facts["proxy"] = server.proxy_url
    if server.ca_file is not None:
        facts["CA file"] = server.ca_file
    lines = [f"  {name:<12}{value}\n" for name, value in facts.items()]
    return f"B2 simulator at {server.url}\n{''.join(lines)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    with _signals() as stopping:
        try:
            server = _server(options)
            server.start()
        except (ImportError, OSError, ValueError) as error:
            parser.exit(1, f"{parser.prog}: {error}\n")
        sys.stdout.write(_description(server))
        sys.stdout.flush()
        stopping.recv(1)
        server.stop()
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket from which a byte can be read when the process is to stop.

    An event would not do: a signal that comes just before the main thread waits for a lock does not interrupt the wait.
    """
    stopping, stopper = socket.socketpair()
    with stopping, stopper:
        stopper.setblocking(False)
        before = signal.set_wakeup_fd(stopper.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield stopping
        finally:
            signal.set_wakeup_fd(before)


if __name__ == "__main__":
    sys.exit(main())
