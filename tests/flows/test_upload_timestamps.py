"""Custom upload timestamps, through both front ends and both surfaces."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import Calls

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import UploadSourceBytes, WriteIntent

SECONDS = 1_795_968_956
CONTENT = b"x" * 500


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


def write(bucket: Any, path: Path, timestamp: int) -> None:
    with bucket.open("file", "wb", custom_upload_timestamp=timestamp) as file:
        file.write(CONTENT)


WAYS: dict[str, Callable[[Any, Path, int], object]] = {
    "bytes": lambda bucket, _, at: bucket.upload_bytes(b"small", "file", custom_upload_timestamp=at),
    "large bytes": lambda bucket, _, at: bucket.upload_bytes(CONTENT, "file", custom_upload_timestamp=at),
    "local file": lambda bucket, path, at: bucket.upload_local_file(path, "file", custom_upload_timestamp=at),
    "source": lambda bucket, _, at: bucket.upload(UploadSourceBytes(CONTENT), "file", custom_upload_timestamp=at),
    "stream": lambda bucket, _, at: bucket.upload_unbound_stream(
        io.BytesIO(CONTENT), "file", custom_upload_timestamp=at
    ),
    "intents": lambda bucket, _, at: bucket.create_file(
        [WriteIntent(UploadSourceBytes(CONTENT))], "file", custom_upload_timestamp=at
    ),
    "stream of intents": lambda bucket, _, at: bucket.create_file_stream(
        [WriteIntent(UploadSourceBytes(CONTENT))], "file", custom_upload_timestamp=at
    ),
    "sources": lambda bucket, _, at: bucket.concatenate(
        [UploadSourceBytes(CONTENT)], "file", custom_upload_timestamp=at
    ),
    "stream of sources": lambda bucket, _, at: bucket.concatenate_stream(
        [UploadSourceBytes(CONTENT)], "file", custom_upload_timestamp=at
    ),
    "file object": write,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_seconds_are_refused_before_anything_is_sent(
    bucket: Any, calls: Calls, tmp_path: Path, way: Callable[[Any, Path, int], object]
) -> None:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    with pytest.raises(ValueError, match=f"{SECONDS} looks like seconds"):
        way(bucket, path, SECONDS)
    assert calls.done == []
    way(bucket, path, SECONDS * 1000)
    (version,) = bucket.list_file_versions("file")
    assert version.upload_timestamp == SECONDS * 1000


@pytest.mark.parametrize("early", [0, 1, 1000, 315_532_800])
def test_early_times_are_taken(bucket: Any, early: int) -> None:
    for content in (b"small", CONTENT):
        assert bucket.upload_bytes(content, "file", custom_upload_timestamp=early).upload_timestamp == early
