"""The certificate of the server over TLS: a given one, or one that is made for this machine."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key, both files in PEM."""

    certificate: Path
    """The chain: the server's certificate first."""
    private_key: Path | None = None
    """Not needed where the key is in the same file."""
    ca: Path | None = None
    """What clients have to trust; ``None`` when they do already."""

    def context(self) -> ssl.SSLContext:
        """Return what a server needs.

        :raises OSError: a file cannot be read or is not what it should be (``ssl.SSLError`` is one).
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.private_key)
        return context

    def names(self) -> list[str]:
        """Return the hosts that the certificate is for; none without ``cryptography``, which reads them."""
        try:
            from cryptography import x509  # noqa: PLC0415  # a large library, which comes with `trustme`
        except ImportError:  # pragma: no cover  # as below
            return []
        certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        try:
            found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return []
        addresses = map(str, found.value.get_values_for_type(x509.IPAddress))
        return [*found.value.get_values_for_type(x509.DNSName), *addresses]


def provide_identity(directory: Path, host: str, names: Iterable[str] = ()) -> Identity:
    """Return the identity in ``directory`` for ``host`` and ``names``, made at the first time, and when names are new.

    That for one loopback host is for all.

    :raises ImportError: ``trustme``, which makes it, is not installed.
    """
    name = _HOSTS[0] if host in _HOSTS else host.replace(":", "_")
    identity = Identity(directory / f"{name}.pem", ca=directory / f"{name}-ca.pem")
    if not identity.certificate.exists() or not set(names) <= set(identity.names()):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _generate(identity, dict.fromkeys((*_HOSTS, host, *names)))
    return identity


def _generate(identity: Identity, hosts: Collection[str]) -> None:
    try:
        import trustme  # noqa: PLC0415  # brings a large library, which only this needs
    except ImportError as error:  # pragma: no cover  # the extra is installed wherever the tests run
        raise ImportError("A certificate is made with trustme: pip install 'b2sdk-ng[simulator]'") from error
    ca = trustme.CA()
    chain = ca.issue_cert(*hosts).private_key_and_cert_chain_pem.bytes()
    if identity.ca is not None:
        ca.cert_pem.write_to_path(str(identity.ca))
    descriptor = os.open(identity.certificate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(chain)
