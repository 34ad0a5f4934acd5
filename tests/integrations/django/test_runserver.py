"""A Django project that runs: a file that is uploaded with a form, over HTTP, is in the bucket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from b2sdk.integrations.pytest_plugin import SimulatedAccount
from b2sdk.v3 import Bucket

HERE = Path(__file__).parent


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    deadline = time.monotonic() + 120
    while True:
        assert server.poll() is None, "the server has ended"
        try:
            requests.get(url, timeout=60).close()
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.fixture
def site(b2_sim_account: SimulatedAccount, b2_sim_bucket: Bucket, tmp_path: Path, log: Path) -> Iterator[str]:
    """Run the project, and yield its address."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "uploads.settings",
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "B2_APPLICATION_KEY_ID": b2_sim_account.key_id,
        "B2_APPLICATION_KEY": b2_sim_account.key,
        "UPLOADS_REALM": b2_sim_account.realm,
        "UPLOADS_BUCKET": b2_sim_bucket.name or "",
        "UPLOADS_SQLITE": str(tmp_path / "db.sqlite"),
    }
    manage = [sys.executable, "-m", "django"]
    subprocess.run([*manage, "migrate", "--run-syncdb", "-v", "0"], env=environment, check=True)
    url = f"http://127.0.0.1:{(port := free_port())}"
    with log.open("wb") as output:
        command = [*manage, "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"]
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait()


def test_a_form_uploads_to_the_bucket(
    site: str, b2_sim_bucket: Bucket, b2_sim_account: SimulatedAccount, log: Path
) -> None:
    for content in (b"small", b"large enough for a temporary file " * 1000):
        posted = requests.post(f"{site}/upload", files={"file": ("../my photo.txt", content, "text/html")}, timeout=60)
        assert posted.status_code == 200, posted.text
        document = posted.json()
        name = document["name"]
        assert name.startswith("documents/my_photo")
        assert document["size"] == len(content)
        version = b2_sim_bucket.get_file_info_by_name(f"media/{name}")
        assert (version.size, version.content_type) == (len(content), "text/plain")
        assert requests.get(document["url"], timeout=60).content == content
        assert requests.get(f"{site}/show/{document['id']}", timeout=60).content == content
        assert requests.get(f"{site}/remove/{document['id']}", timeout=60).json() == {"exists": False}

    assert [name for version, name in b2_sim_bucket.ls("media/documents/")] == []
    assert b2_sim_account.key not in log.read_text("utf-8")
