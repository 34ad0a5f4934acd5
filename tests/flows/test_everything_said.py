"""The properties of a new file come back, and the listener gets its bytes, in whichever way the file is made."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import Calls

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    SSE_B2_AES,
    AbstractProgressListener,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
    UploadSourceBytes,
    WriteIntent,
)
from b2sdk.v3.exception import BadRequest

SIZES = {"one request": 5, "parts": 1000}
SAID = {
    "content_type": "text/x-said",
    "file_info": {"color": "blå"},
    "cache_control": "private, max-age=5",
    "expires": "Thu, 01 Dec 2050 16:00:00 GMT",
    "content_disposition": "inline",
    "content_encoding": "br",
    "content_language": "de",
    "legal_hold": LegalHold.ON,
    "file_retention": FileRetentionSetting(RetentionMode.GOVERNANCE, (int(time.time()) + 3600) * 1000),
}
INFO = {
    "color": "blå",
    "b2-cache-control": "private, max-age=5",
    "b2-expires": "Thu, 01 Dec 2050 16:00:00 GMT",
    "b2-content-disposition": "inline",
    "b2-content-encoding": "br",
    "b2-content-language": "de",
}

Way = Callable[[Any, Path, dict[str, Any]], Any]


def sources(path: Path) -> list[UploadSourceBytes]:
    return [UploadSourceBytes(path.read_bytes())]


def intents(path: Path) -> list[WriteIntent]:
    return [WriteIntent(source) for source in sources(path)]


def copied(bucket: Any, path: Path, said: dict[str, Any]) -> Any:
    source = bucket.upload_bytes(path.read_bytes(), "source")
    said = {name: value for name, value in said.items() if name != "custom_upload_timestamp"}
    if "encryption" in said:
        said["destination_encryption"] = said.pop("encryption")
    return bucket.copy(source.id_, "file", length=source.size, min_part_size=200, max_part_size=200, **said)


WAYS: dict[str, Way] = {
    "upload_bytes": lambda bucket, path, said: bucket.upload_bytes(path.read_bytes(), "file", **said),
    "upload_local_file": lambda bucket, path, said: bucket.upload_local_file(path, "file", **said),
    "upload": lambda bucket, path, said: bucket.upload(sources(path)[0], "file", **said),
    "upload_unbound_stream": lambda bucket, path, said: bucket.upload_unbound_stream(
        io.BytesIO(path.read_bytes()), "file", **said
    ),
    "concatenate": lambda bucket, path, said: bucket.concatenate(sources(path), "file", **said),
    "concatenate_stream": lambda bucket, path, said: bucket.concatenate_stream(iter(sources(path)), "file", **said),
    "create_file": lambda bucket, path, said: bucket.create_file(intents(path), "file", **said),
    "create_file_stream": lambda bucket, path, said: bucket.create_file_stream(iter(intents(path)), "file", **said),
    "copy": copied,
}


@pytest.fixture
def service(small_parts_service: SimulatorServer) -> SimulatorServer:
    return small_parts_service


@pytest.fixture
def bucket(api: Any) -> Any:
    return api.create_bucket("locked-bucket", "allPrivate", is_file_lock_enabled=True)


@pytest.fixture(params=SIZES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"x" * SIZES[request.param])
    return path


@pytest.mark.parametrize("way", WAYS)
def test_everything_said_of_a_file_comes_back(bucket: Any, path: Path, calls: Calls, way: str) -> None:
    said = {**SAID, "encryption": SSE_B2_AES, "custom_upload_timestamp": 1_500_000_000_000}
    made = WAYS[way](bucket, path, said)
    assert ("start_large_file" in calls.done[-8:]) == (path.stat().st_size > 400)
    for version in (made, bucket.get_file_info_by_id(made.id_)):
        assert version.content_type == "text/x-said"
        assert version.file_info.items() >= INFO.items()
        assert version.server_side_encryption == SSE_B2_AES
        assert version.file_retention == SAID["file_retention"]
        assert version.legal_hold is LegalHold.ON
        assert way == "copy" or version.upload_timestamp == 1_500_000_000_000


class Listener(AbstractProgressListener):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[int] = []
        self.closed = 0

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self.told.append(byte_count)

    def close(self) -> None:
        super().close()
        self.closed += 1


@pytest.mark.parametrize("way", WAYS)
def test_a_listener_is_called_with_all_bytes_and_closed_by_who_made_it(bucket: Any, path: Path, way: str) -> None:
    with Listener() as listener:
        WAYS[way](bucket, path, {"progress_listener": listener})
        assert (listener.told[-1], listener.closed) == (path.stat().st_size, 0)
    assert listener.closed == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_listener_is_closed_once_after_a_failure_too(bucket: Any, path: Path, calls: Calls, way: str) -> None:
    if path.stat().st_size > 400:
        calls.refuse("finish_large_file", after=int(way == "copy"))  # whose source is large as well
    else:
        calls.refuse("copy_file" if way == "copy" else "upload_file", after=0)
    listener = Listener()
    with pytest.raises(BadRequest, match="no more"), listener:
        WAYS[way](bucket, path, {"progress_listener": listener})
    assert listener.closed == 1
