"""The verbs that make files, without a service: what each asks its maker for, and that it returns what that returns."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from b2sdk.exception import BadFileInfo, CopyArgumentsMismatch, InvalidUserInput
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.stored_files.creation import FileCreation, FileRequest, PartSizes
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.source import CopySource, UploadMode, UploadSourceBytes, UploadSourceLocalFile
from b2sdk.transfer.stream_buffers import BufferSizes
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.encryption import SSE_B2_AES
from b2sdk.values.file_lock import LegalHold
from b2sdk.values.new_file import NewFile, NewFileOptions

RECOMMENDED = 100_000_000
LIMITS = PartLimits(5_000_000, RECOMMENDED, 5_000_000_000)


class Maker:
    """Returns what it is asked for."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: (name, args, kwargs)


class Files(FileCreation):
    """A bucket without a service."""

    id_ = "bucket id"
    maker: Any = Maker()

    @property
    def _maker(self) -> Any:
        return self.maker

    def _recommended_part_size(self) -> int:
        return RECOMMENDED

    def _upload_incrementally(
        self,
        source: UploadSourceLocalFile,
        file_name: str,
        options: NewFileOptions,
        progress_listener: AbstractProgressListener | None,
        min_part_size: int | None,
    ) -> Any:
        return "incrementally", (source, file_name, options, progress_listener, min_part_size), {}


ABOUT: dict[str, Any] = {
    "content_type": "text/plain",
    "file_info": {"a": "b"},
    "legal_hold": LegalHold.ON,
    "custom_upload_timestamp": 5,
    "cache_control": "no-store",
    "expires": datetime(1994, 11, 6, 8, 49, 37, tzinfo=timezone.utc),
}
MADE = NewFile(
    "bucket id",
    "name",
    content_type="text/plain",
    file_info={"a": "b", "b2-cache-control": "no-store", "b2-expires": "Sun, 06 Nov 1994 08:49:37 GMT"},
    encryption=SSE_B2_AES,
    legal_hold=LegalHold.ON,
    custom_upload_timestamp=5,
    large_file_sha1="a" * 40,
)
VERBS: dict[str, tuple[str, Callable[[Any, Path], Any]]] = {
    "upload_bytes": ("make", lambda files, _: files.upload_bytes(b"ab", "name", **whole())),
    "upload": ("make", lambda files, _: files.upload(UploadSourceBytes(b"ab"), "name", **whole())),
    "concatenate": ("make", lambda files, _: files.concatenate([UploadSourceBytes(b"ab")], "name", **whole())),
    "create_file": (
        "make",
        lambda files, _: files.create_file([WriteIntent(UploadSourceBytes(b"ab"))], "name", **whole()),
    ),
    "upload_local_file": (
        "make",
        lambda files, path: files.upload_local_file(path, "name", sha1_sum="a" * 40, encryption=SSE_B2_AES, **ABOUT),
    ),
    "concatenate_stream": (
        "make_of_stream",
        lambda files, _: files.concatenate_stream([UploadSourceBytes(b"ab")], "name", **whole()),
    ),
    "create_file_stream": (
        "make_of_stream",
        lambda files, _: files.create_file_stream([WriteIntent(UploadSourceBytes(b"ab"))], "name", **whole()),
    ),
}


def whole() -> dict[str, Any]:
    return {**ABOUT, "encryption": SSE_B2_AES, "large_file_sha1": "a" * 40}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"ab")
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_asks_for_a_file_with_all_that_it_was_given(verb: str, path: Path) -> None:
    method, call = VERBS[verb]
    name, (new_file, intents, limits, listener, continued), keywords = call(Files(), path)
    assert (name, keywords) == (method, {})
    assert new_file == MADE
    assert [(intent.destination_offset, intent.length) for intent in intents] == [(0, 2)]
    assert limits == LIMITS
    assert isinstance(listener, DoNothingProgressListener)
    assert continued is None


def test_a_stream_is_asked_for_in_buffers() -> None:
    verb: Any = Files().upload_unbound_stream
    stream = io.BytesIO(b"abc")
    name, (new_file, content, sizes, listener), keywords = verb(
        stream, "name", buffer_size=2, buffers_count=3, read_size=1, **whole()
    )
    assert (name, keywords) == ("make_of_content", {"max_queue_size": 2})
    assert new_file == MADE
    assert content is stream
    assert sizes == BufferSizes(2, LIMITS.minimum, 1)
    assert isinstance(listener, DoNothingProgressListener)


def test_a_copy_is_asked_for_with_its_source() -> None:
    verb: Any = Files().copy
    name, (new_file, source, limits, _), keywords = verb(
        "id", "name", "text/plain", {}, offset=1, length=2, source_encryption=SSE_B2_AES, min_part_size=6_000_000
    )
    assert (name, keywords) == ("copy", {})
    assert new_file == NewFile("bucket id", "name", "text/plain", {})
    assert isinstance(source, CopySource)
    assert (source.file_id, source.offset, source.length, source.encryption) == ("id", 1, 2, SSE_B2_AES)
    assert limits == LIMITS._replace(minimum=6_000_000)


def test_an_incremental_upload_is_left_to_what_can_look_at_the_bucket(path: Path) -> None:
    verb: Any = Files().upload_local_file
    name, (source, file_name, options, listener, size), _ = verb(
        path, "name", "text/plain", upload_mode=UploadMode.INCREMENTAL, min_part_size=7
    )
    assert (name, source.local_path, file_name, listener, size) == ("incrementally", path, "name", None, 7)
    assert options == NewFileOptions("text/plain")


@pytest.mark.parametrize("verb", ["upload_bytes", "upload", "concatenate", "create_file", "create_file_stream"])
def test_what_a_verb_returns_may_be_awaited(verb: str, path: Path) -> None:
    class Later(Maker):
        def __getattr__(self, name: str) -> Callable[..., Any]:
            async def make(*request: Any) -> tuple[str, Any]:
                await asyncio.sleep(0)
                return name, FileRequest(*request).new_file

            return make

    class AsyncFiles(Files):
        maker = Later()

    method, call = VERBS[verb]

    async def program() -> Any:
        return await call(AsyncFiles(), path)

    assert asyncio.run(program()) == (method, MADE)


@pytest.mark.parametrize(
    ("sizes", "limits"),
    [
        (PartSizes(), LIMITS),
        (PartSizes(recommended=7_000_000), LIMITS._replace(recommended=7_000_000)),
        (PartSizes(minimum=6_000_000), LIMITS._replace(minimum=6_000_000)),
        (PartSizes(maximum=200_000_000), LIMITS._replace(maximum=200_000_000)),
    ],
)
def test_sizes_that_are_not_given_are_those_of_the_account_and_the_service(
    sizes: PartSizes, limits: PartLimits
) -> None:
    assert sizes.limits(RECOMMENDED) == limits


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"file_name": ""}, ValueError),
        ({"file_name": "a//b"}, ValueError),
        ({"file_info": {"ä": "b"}}, BadFileInfo),
        ({"cache_control": "\ud800"}, BadFileInfo),
        ({"content_type": 5}, TypeError),
        ({"encryption": "SSE-B2"}, TypeError),
        ({"legal_hold": "on"}, TypeError),
        ({"progress_listener": 5}, TypeError),
        ({"custom_upload_timestamp": -1}, ValueError),
        ({"min_part_size": 2, "max_part_size": 1}, InvalidUserInput),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked_for(
    wrong: dict[str, Any], error: type[Exception]
) -> None:
    asked: list[str] = []

    class Asked(Maker):
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return lambda *_args: asked.append(name)

    class AskedFiles(Files):
        maker = Asked()

    arguments = {"write_intents": [WriteIntent(UploadSourceBytes(b"ab"))], "file_name": "name", **wrong}
    with pytest.raises(error):
        AskedFiles().create_file(**arguments)
    assert asked == []


def test_a_copy_has_both_content_type_and_file_info_or_none() -> None:
    with pytest.raises(CopyArgumentsMismatch, match="only when content type is set"):
        Files().copy("id", "name", cache_control="no-store")
