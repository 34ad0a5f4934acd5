"""Programs whose tests forbid connections, by replacing ``socket.socket`` as pytest-socket does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import io, socket, sys
from pathlib import Path
import b2sdk.SURFACE as b2
from b2sdk.SURFACE.exception import FileNotPresent

def no_sockets(*args, **kwargs):
    raise RuntimeError("this program opens no sockets")

socket.socket = no_sockets
api = b2.B2Api(b2.InMemoryAccountInfo(), api_config=b2.B2HttpApiConfig(_raw_api_class=b2.RawSimulator))
account_id, key = api.session.raw_api.create_account()
api.authorize_account(realm="production", application_key_id=account_id, application_key=key)
bucket = api.create_bucket("my-bucket", "allPrivate")
for size in (11, 3000):  # at once, and in parts
    content = b"x" * size
    bucket.upload_bytes(content, "name")
    target = io.BytesIO()
    bucket.download_file_by_name("name").save(target)
    assert target.getvalue() == content
bucket.upload_unbound_stream(io.BytesIO(content), "stream")
bucket.download_file_by_name("stream").save_to("copy")
assert Path("copy").read_bytes() == content
try:
    bucket.download_file_by_name("missing")
except FileNotPresent:
    pass
bucket.hide_file("name")
assert [version.file_name for version, _ in bucket.ls()] == ["stream"]


class Full(io.BytesIO):
    def write(self, block):
        raise OSError("no space left")


try:
    bucket.download_file_by_name("stream").save(Full(), allow_seeking=False)
except OSError as error:
    assert str(error) == "no space left", error
api.close()
assert not {"requests", "urllib3", "http.client", "ssl"} & sys.modules.keys()
"""


@pytest.mark.parametrize("surface", ["v2", "v3"])
def test_the_simulator_in_process_needs_neither_sockets_nor_what_stands_on_them(surface: str, tmp_path: Path) -> None:
    program = PROGRAM.replace("SURFACE", surface)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
