"""A client that is at work when other processes begin."""

from __future__ import annotations

import io
import multiprocessing
import sys
from pathlib import Path
from typing import Any

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, SqliteAccountInfo

WORK = """
from b2sdk.v3 import B2Api, SqliteAccountInfo
with B2Api(SqliteAccountInfo(path)) as api:
    bucket = api.get_bucket_by_name("the-bucket")
    for number in range(5):
        bucket.upload_bytes(who.encode(), f"{who}/{number}")
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that threads are there at the fork is the point
def test_children_of_any_kind_work_beside_their_parent(method: Any, service: SimulatorServer, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{sys.platform} has no {method}")
    context: Any = multiprocessing.get_context(method)
    path = str(tmp_path / "info")
    with B2Api(SqliteAccountInfo(path)) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        bucket.upload_bytes(b"before", "parent/before")
        children = [context.Process(target=exec, args=(WORK, {"path": path, "who": f"child-{n}"})) for n in range(2)]
        for child in children:
            child.start()
        for number in range(5):
            bucket.upload_bytes(b"parent", f"parent/{number}")
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0, 0]
        names = [version.file_name for version, _ in bucket.ls(recursive=True)]
        assert names == sorted(
            [f"{who}/{n}" for who in ("child-0", "child-1", "parent") for n in range(5)] + ["parent/before"]
        )
        for name in names:
            target = io.BytesIO()
            bucket.download_file_by_name(name).save(target)
            assert target.getvalue().decode() == ("before" if name == "parent/before" else name.partition("/")[0])
        api.account_info.close()  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_inherited_client_works_in_a_forked_child(service: SimulatorServer, tmp_path: Path) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{sys.platform} has no fork")
    with B2Api(SqliteAccountInfo(tmp_path / "info")) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        bucket.upload_bytes(b"before", "before")
        context: Any = multiprocessing.get_context("fork")
        child = context.Process(target=bucket.upload_bytes, args=(b"child", "child"))
        child.start()
        bucket.upload_bytes(b"parent", "parent")
        child.join()
        assert child.exitcode == 0
        assert [version.file_name for version, _ in bucket.ls()] == ["before", "child", "parent"]
        leases = [entry.upload_url_id for entry in service.journal.entries if entry.endpoint == "b2_upload_file"]
        assert len(set(leases)) == 2
        api.account_info.close()  # type: ignore[attr-defined]
