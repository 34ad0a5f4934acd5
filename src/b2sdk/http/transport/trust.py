"""Which certificates are trusted, read once for all connections of a client.

urllib3 reads the bundle again for each connection. That of certifi, which requests brings, takes 20 ms of CPU time and
0.8 MB each time: with 32 connections, more than 1,000 small files take. What is trusted stays what requests would
trust; what belongs here is only that connections share it.
"""

from __future__ import annotations

import ssl
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import ssl_

_OWN_CHOICES = (
    "assert_fingerprint", "assert_hostname", "cert_file", "key_password", "ssl_maximum_version", "ssl_minimum_version",
    "ssl_version",
)  # fmt: skip
"""Attributes of a pool that ask for more than a bundle: what they name belongs to that pool, and a certificate of the
client's own is read for each connection, as it may be a new one by then."""


class SharedTrust:
    """The TLS contexts of one client, by the bundle that they were made of. One thread at a time may use it."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[str | None, str | None], ssl.SSLContext] = {}

    def share_with(self, pool: HTTPConnectionPool) -> None:
        """Let the connections of a pool use the one context for what requests configured the pool to trust."""
        if isinstance(pool, HTTPSConnectionPool) and _asks_for_a_bundle_only(pool):
            bundle = pool.ca_certs, pool.ca_cert_dir
            try:
                context = self._contexts[bundle] = self._contexts.get(bundle) or _context(*bundle)
            except OSError:
                return  # the bundle cannot be read, which each connection will say as requests does
            pool.conn_kw["ssl_context"] = context
            pool.ca_certs = pool.ca_cert_dir = None  # or they would be read into it again


def _asks_for_a_bundle_only(pool: HTTPSConnectionPool) -> bool:
    return (
        (pool.ca_certs is not None or pool.ca_cert_dir is not None)
        and not any(getattr(pool, name, None) for name in _OWN_CHOICES)
        and pool.assert_hostname is not False
        and pool.conn_kw.get("ssl_context") is None
        # The connection to such a proxy is made with the paths of the pool.
        and (pool.proxy is None or pool.proxy.scheme != "https")
        and not ssl_.IS_PYOPENSSL
    )


def _context(ca_certs: str | None, ca_cert_dir: str | None) -> ssl.SSLContext:
    context: Any = ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(ca_certs, ca_cert_dir)
    context.set_alpn_protocols(ssl_.ALPN_PROTOCOLS)
    context.set_alpn_protocols = _are_said_already
    shared: ssl.SSLContext = context
    return shared


def _are_said_already(_protocols: object) -> None:
    """Stand before the method of a shared context.

    urllib3 sets the same protocols at each connection, on whichever context it is given, and makes that of its own
    class. OpenSSL lets threads share a context that none of them changes: each change frees a list which a connection
    that begins at the same moment copies. Python's GIL keeps the two apart, and is nothing to build on.
    """
