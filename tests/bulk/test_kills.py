from __future__ import annotations

import subprocess
import sys

from tests.bulk import deleting

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo


def test_a_run_that_was_killed_can_be_repeated(service: SimulatorServer) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("test-bucket", "allPrivate")
        versions = [bucket.upload_bytes(b"x", str(number)) for number in range(40)]
        command = [sys.executable, deleting.__file__, service.url, service.key_id, service.key]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(5):
                assert process.stdout.readline() == "deleted\n"
                print(file=process.stdin, flush=True)
            process.kill()
        left = {version.file_name for version, _ in bucket.ls()}
        assert len(left) <= 35
        report = bucket.delete_many((version.file_name, version.id_) for version in versions).complete()
        assert (report.done, report.already_done) == (len(left), 40 - len(left))
        assert list(bucket.ls(latest_only=False)) == []
