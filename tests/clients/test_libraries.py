from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.clients.conftest import Client

    from b2sdk.v3 import Bucket

SCRIPTS = Path(__file__).with_name("scripts")


@pytest.mark.parametrize("name", ["backblaze_b2", "b2_cloud_storage", "tweedegolf"])
def test_a_library_for_node_stores_lists_reads_and_deletes(client: Client, name: str) -> None:
    printed = client.run("node", SCRIPTS / f"{name}.js", client.server.key_id, client.server.key)
    assert printed.splitlines() == ["a folder/hello+é.txt", "hello world", "done"]
    assert client.server.cloud.state.buckets == {}


def test_a_storage_for_django_that_was_written_for_b2sdk_1_stores_and_reads(client: Client, bucket: Bucket) -> None:
    python = client.programs / "python" / "bin" / "python"
    printed = client.run(
        python, SCRIPTS / "with_django_b2.py", client.server.key_id, client.server.key, str(bucket.name)
    )
    assert printed.splitlines()[-3:] == ["FileVersionInfo", "True", "FileNotPresent"]
    assert [(version.file_name, version.size) for version, _ in bucket.ls(recursive=True)] == [("a folder/file", 1200)]


def test_aiob2_stores_in_one_piece_and_in_parts_reads_and_deletes(client: Client, bucket: Bucket) -> None:
    python = client.programs / "python" / "bin" / "python"
    printed = client.run(
        python, SCRIPTS / "with_aiob2.py", client.server.key_id, client.server.key, bucket.get_id(), str(bucket.name)
    )
    assert printed.splitlines()[-3:] == ["a folder/hello+é.txt", "hello world", "large"]
    assert [(version.file_name, version.size) for version, _ in bucket.ls(recursive=True)] == [("large", 10_000_000)]
