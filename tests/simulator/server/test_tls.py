from __future__ import annotations

import json
import ssl
import stat
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

from b2sdk.simulator import Identity, SimulatorServer
from b2sdk.simulator.server.tls import provide_identity

AUTHORIZE = "/b2api/v4/b2_authorize_account"
CREDENTIALS = "Basic dGVzdC1rZXktaWQ6dGVzdC1rZXk="


def authorized(server: SimulatorServer, ca_file: Path | None) -> str:
    """Return the API URL that the service names to a client that trusts ``ca_file``."""
    request = urllib.request.Request(server.url + AUTHORIZE, headers={"Authorization": CREDENTIALS})  # noqa: S310  # https
    context = ssl.create_default_context(cafile=ca_file)
    with urllib.request.urlopen(request, context=context, timeout=10) as response:  # noqa: S310  # as above
        return str(json.load(response)["apiInfo"]["storageApi"]["apiUrl"])


def test_who_trusts_the_generated_certificate_is_served_and_told_https_urls() -> None:
    with SimulatorServer(tls=True) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert authorized(server, server.ca_file) == server.url


def test_who_does_not_trust_it_is_not_served() -> None:
    with SimulatorServer(tls=True) as server, pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        authorized(server, None)


def test_the_files_of_a_generated_certificate_go_with_the_server() -> None:
    with SimulatorServer(tls=True) as server:
        assert server.ca_file is not None
        assert server.ca_file.exists()
    assert not server.ca_file.exists()


def test_a_server_that_keeps_its_data_keeps_its_certificate(tmp_path: Path) -> None:
    ca_file = tmp_path / "tls" / "localhost-ca.pem"
    trusted = set()
    for _ in range(2):
        with SimulatorServer(tls=True, data=tmp_path) as server:
            assert authorized(server, ca_file) == server.url
            trusted.add(ca_file.read_bytes())
    assert len(trusted) == 1


@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_certificate_of_ones_own_is_used(tmp_path: Path, in_one_file: bool) -> None:
    made = provide_identity(tmp_path / "made", "localhost")
    chain, private_key = made.certificate, None
    if not in_one_file:
        key, end, rest = made.certificate.read_text().partition("-----END RSA PRIVATE KEY-----\n")
        if not end:
            key, end, rest = made.certificate.read_text().partition("-----END EC PRIVATE KEY-----\n")
        private_key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
        private_key.write_text(key + end)
        chain.write_text(rest)
    with SimulatorServer(tls=Identity(chain, private_key)) as server:
        assert authorized(server, made.ca) == server.url


def test_what_is_no_certificate_does_not_start(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        SimulatorServer(tls=Identity(nonsense)).start()


def test_another_host_has_another_certificate(tmp_path: Path) -> None:
    made = [provide_identity(tmp_path, host) for host in ("localhost", "127.0.0.1", "b2.test", "fd00::1")]
    assert made[0] == made[1]
    assert len({identity.certificate.read_bytes() for identity in made}) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
def test_nobody_else_may_read_the_private_key(tmp_path: Path) -> None:
    identity = provide_identity(tmp_path / "tls", "localhost")
    assert stat.S_IMODE(identity.certificate.stat().st_mode) == 0o600


def test_a_certificate_is_made_for_the_names_by_which_clients_come(tmp_path: Path) -> None:
    first = provide_identity(tmp_path, "localhost", ["api.backblazeb2.com"])
    before = first.certificate.read_bytes()
    assert {"api.backblazeb2.com", "localhost", "127.0.0.1"} <= set(first.names())
    assert provide_identity(tmp_path, "localhost", ["api.backblazeb2.com"]).certificate.read_bytes() == before
    assert "b2.test" in provide_identity(tmp_path, "localhost", ["b2.test"]).names()
