"""How many functions of this package are on the stack when it sends, or writes what it has received.

A frame takes 0.1 to 0.2 microseconds, and a reader of a traceback a moment. Those of Python, requests and urllib3 are
not counted.
"""

from __future__ import annotations

import io
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import b2sdk
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo

SOURCE = str(Path(b2sdk.__file__).parent)
PART = 5_000_000


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with SimulatorServer() as server:
        api = B2Api(InMemoryAccountInfo())
        account = server.create_account()
        api.authorize_account(account.key_id, account.key, realm=server.url)
        bucket = api.create_bucket("frames", "allPrivate")
        bucket.upload_bytes(b"content", "file")
        bucket.upload_bytes(b"content", "hidden")
        yield bucket
        api.close()


def own_frames(frame: FrameType | None) -> list[str]:
    """Return the functions of this package on the stack, but those of the simulator, the outermost first."""
    found: list[str] = []
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(SOURCE) and not path.startswith(f"{SOURCE}/simulator"):
            found.insert(0, f"{path[len(SOURCE) + 1 :]} {frame.f_code.co_name}")
        frame = frame.f_back
    return found


@contextmanager
def seen(is_meant: Callable[[Any], bool]) -> Iterator[list[list[str]]]:
    """Give the frames below which a function of C was called, for each call, in all threads that begin in the block."""
    stacks: list[list[str]] = []

    def look(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and is_meant(function) and (frames := own_frames(frame)):
            stacks.append(frames)

    before = sys.getprofile()
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield stacks
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def sends(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    return getattr(function, "__name__", "") in {"send", "sendall"} and isinstance(owner, socket.socket)


def deepest(stacks: list[list[str]]) -> list[str]:
    return max(stacks, key=len)


@pytest.mark.parametrize(
    ("most", "call"),
    [
        pytest.param(8, lambda bucket, _: bucket.upload_bytes(b"content", "bytes"), id="upload_bytes"),
        pytest.param(8, lambda bucket, path: bucket.upload_local_file(path, "local"), id="upload_local_file"),
        pytest.param(8, lambda bucket, _: bucket.download_file_by_name("file").save(io.BytesIO()), id="download"),
        pytest.param(10, lambda bucket, _: list(bucket.ls()), id="ls"),
        pytest.param(7, lambda bucket, _: bucket.api.create_bucket("frames-2", "allPrivate"), id="create_bucket"),
        pytest.param(9, lambda bucket, _: bucket.copy(bucket.get_file_info_by_name("file").id_, "copy"), id="copy"),
        pytest.param(8, lambda bucket, _: bucket.get_file_info_by_name("file"), id="get_file_info_by_name"),
        pytest.param(7, lambda bucket, _: bucket.hide_file("hidden"), id="hide_file"),
    ],
)
def test_few_functions_are_between_a_verb_and_the_socket(
    most: int, call: Callable[[Bucket, Path], object], bucket: Bucket, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with seen(sends) as stacks:
        call(bucket, path)
    assert len(deepest(stacks)) <= most, deepest(stacks)


def test_few_functions_are_between_a_thread_and_the_part_that_it_sends(bucket: Bucket) -> None:
    with seen(sends) as stacks:
        bucket.upload_unbound_stream(io.BytesIO(bytes(2 * PART + 1)), "large", recommended_upload_part_size=PART)
    parts = [stack for stack in stacks if any(frame.endswith(" upload_part") for frame in stack)]
    assert len(deepest(parts)) <= 10, deepest(parts)


def test_few_functions_are_between_a_download_and_the_file(bucket: Bucket) -> None:
    class File(io.BytesIO):
        pass

    file = File()
    downloaded = bucket.download_file_by_name("file")
    with seen(lambda function: getattr(function, "__self__", None) is file and function.__name__ == "write") as stacks:
        downloaded.save(file)
    assert len(deepest(stacks)) <= 4, deepest(stacks)
