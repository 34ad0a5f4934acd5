from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from b2sdk.simulator.__main__ import main
from b2sdk.v3 import B2Api, InMemoryAccountInfo
from b2sdk.v3.exception import BadRequest

MODULE = [sys.executable, "-m", "b2sdk.simulator"]


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the service; it is killed if it does not end."""
    with subprocess.Popen([*MODULE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_serves_until_it_is_reported_to_stop(number: signal.Signals) -> None:
    with running("--key-id", "my-id", "--key", "my-key", "--account-id", "0123456789ab", "--partner") as process:
        assert process.stdout is not None
        said = [process.stdout.readline().split() for _ in range(4)]
        address = urlsplit(said[0][-1])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/b2api/v4/b2_authorize_account")
        response = connection.getresponse()
        assert (response.status, response.read()[:1]) == (401, b"{")
        credentials = {"Authorization": f"Basic {b64encode(b'my-id:my-key').decode()}"}
        connection.request("GET", "/b2api/v4/b2_authorize_account", headers=credentials)
        assert sorted(json.load(connection.getresponse())["apiInfo"]) == ["backupApi", "groupsApi", "storageApi"]
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        connection.close()
    assert (process.returncode, errors) == (0, "")
    assert [words[-1] for words in said[1:]] == ["my-id", "my-key", "0123456789ab"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there")
def test_a_signal_that_comes_before_it_waits_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told:
        def write(self, _text: str) -> None:
            signal.raise_signal(signal.SIGTERM)

        def flush(self) -> None: ...

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "stdout", Told())
    try:
        assert main([]) == 0
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there")
def test_it_says_where_everything_else_is(tmp_path: Path) -> None:
    with running("--tls", "--control-port", "0", "--data", str(tmp_path), "--deliver-events") as process:
        assert process.stdout is not None
        said = dict(process.stdout.readline().rstrip().rsplit(" ", 1) for _ in range(6))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    facts = {name.strip(): value for name, value in said.items()}
    assert facts["CA file"] == str(tmp_path / "tls" / "localhost-ca.pem")
    assert facts["control"].startswith("https://127.0.0.1:")
    assert facts["control"] != facts["B2 simulator at"]


def test_it_may_be_told_what_it_allows() -> None:
    with running("--policy", "minimum_parts=1", "--policy", "bucket_name_lengths=3-5") as process:
        assert process.stdout is not None
        with B2Api(InMemoryAccountInfo()) as api:
            api.authorize_account("test-key-id", "test-key", realm=process.stdout.readline().split()[-1])
            assert api.create_bucket("short", "allPrivate").name == "short"
            with pytest.raises(BadRequest):
                api.create_bucket("longer", "allPrivate")


def test_a_policy_that_there_is_not_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main(["--policy", "minimal_parts=1"])
    assert caught.value.code == 1
    assert "there is no policy 'minimal_parts', only " in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--port", "--control-port", "--proxy-port"])
@pytest.mark.parametrize("port", ["8999999", "65536", "-1"])
def test_a_port_that_there_is_not_is_said_in_one_line(
    option: str, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main([option, port, "--tls"])
    assert caught.value.code == 1
    assert f"a port is a number from 0 to 65535, not {port}" in capsys.readouterr().err


def test_it_may_be_told_names_by_which_it_is_reached() -> None:
    with running("--allow-host", "b2.test", "--allow-host", "*.files.test") as process:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().split()[-1])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        answered = []
        for host in ("b2.test", "eu.files.test", "evil.example"):
            connection.request("GET", "/journal", headers={"Host": host})
            response = connection.getresponse()
            response.read()
            answered.append(response.status)
        connection.close()
    assert answered == [200, 200, 403]


def test_a_certificate_that_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main(["--certificate", str(tmp_path / "none.pem"), "--private-key", str(tmp_path / "none.key")])
    assert caught.value.code == 1
    assert "No such file" in capsys.readouterr().err


def test_it_does_not_serve_the_world_with_credentials_that_everybody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--host", "0.0.0.0"])  # noqa: S104  # which is what is refused
    assert caught.value.code == 1
    assert "choose a key id and a key" in capsys.readouterr().err


@pytest.mark.parametrize(
    "module", ["b2sdk.simulator", "b2sdk.simulator.protocol.gateway", "b2sdk.simulator.raw.raw_simulator"]
)
def test_only_the_server_needs_aiohttp(module: str) -> None:
    program = f"import sys; sys.modules['aiohttp'] = None; import {module}"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_server_says_what_to_install() -> None:
    program = "import sys; sys.modules['aiohttp'] = None; from b2sdk.simulator import SimulatorServer"
    finished = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert "pip install 'b2sdk-ng[simulator]'" in finished.stderr


def test_the_command_says_in_one_line_what_to_install() -> None:
    program = (
        "import sys, runpy; sys.modules['aiohttp'] = None; runpy.run_module('b2sdk.simulator', run_name='__main__')"
    )
    finished = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    said = "b2sdk-simulator: The HTTP simulator needs aiohttp: pip install 'b2sdk-ng[simulator]'\n"
    assert (finished.returncode, finished.stderr) == (1, said)
