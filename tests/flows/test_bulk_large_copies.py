"""Copying many files that are too large for one request."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from tests.flows.test_bulk_copies import Copies

from b2sdk.simulator import SimulatorServer

LARGE = bytes(range(250)) * 4


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def test_large_files_are_copied_in_parts_and_recognized(api: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "copy", partial(bucket.copy, max_part_size=200))
    copies = Copies(api.session.raw_api)
    bucket.upload_bytes(LARGE, "old/large", file_info={"src_last_modified_millis": "1700000000000"})
    started = copies.count["start_large_file"]
    assert bucket.copy_prefix("old/", "new/").complete().done == 1
    assert copies.count["start_large_file"] - started == 1
    assert bucket.copy_prefix("old/", "new/").complete().already_done == 1
    report = bucket.rename_prefix("old/", "new/").complete()
    assert (report.already_done, report.done) == (1, 1)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["new/large"]
