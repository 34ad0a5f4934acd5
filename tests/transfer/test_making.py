"""One flow makes files for clients that block and for clients that are awaited: here with steps of both kinds."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, ParamSpec, TypeVar

import pytest
from typing_extensions import Self

from b2sdk import blocking
from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.exception import AccessDenied, B2Error, BadRequest, CopySourceTooBig, FileNotPresent, InvalidUploadSource
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener, ProgressListenerForTest
from b2sdk.session_state import Lease, SessionState
from b2sdk.stream.digest import hex_sha1_of_bytes
from b2sdk.transfer.acknowledgement import accept_part
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.making import FileMaking
from b2sdk.transfer.part import Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import fetch_source
from b2sdk.transfer.source import AbstractUploadSource, CopySource, UploadSourceBytes, UploadSourceStream
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.new_file import NewFile

P = ParamSpec("P")
R = TypeVar("R")
LIMITS = PartLimits(minimum=5, recommended=10, maximum=20)
NEW = NewFile("bucket", "name", "text/plain", {"a": "b"})
CONTENT = bytes(range(95))
PARTS = [CONTENT[start : start + 10] for start in range(0, 90, 10)] + [CONTENT[90:]]
SHA1 = hex_sha1_of_bytes(CONTENT)
STORED = CONTENT.swapcase()[::-1]
SILENCE = DoNothingProgressListener()


class Version(NamedTuple):
    id_: str
    content: bytes
    file_info: dict[str, str]
    content_type: str = "text/plain"
    content_sha1: str | None = None

    @property
    def size(self) -> int:
        return len(self.content)


class Service:
    """Has one stored file, and what is made of it; it records what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failures: dict[str, list[BaseException]] = {}
        self.unfinished: dict[str, NewFile] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.versions: dict[str, Version] = {"stored": Version("stored", STORED, {"c": "d"})}
        self.newest_timestamp = 0

    def call(self, call: str) -> None:
        self.calls.append(call)
        if self.failures.get(call):
            raise self.failures[call].pop(0)

    def add(self, content: bytes, new_file: NewFile) -> Version:
        version = Version(f"id {len(self.versions)}", content, dict(new_file.file_info or {}))
        self.versions[version.id_] = version
        return version

    def describe(self, file_id: str) -> dict[str, Any]:
        return {
            "fileId": file_id, "fileName": "name", "accountId": "a", "bucketId": "bucket", "action": "upload",
            "contentLength": self.versions[file_id].size,
        }  # fmt: skip

    def started(self, file_id: str) -> UnfinishedLargeFile:
        new_file = self.unfinished[file_id]
        return UnfinishedLargeFile(
            {
                "fileId": file_id, "fileName": new_file.name, "accountId": "a", "bucketId": new_file.bucket_id,
                "contentType": new_file.content_type, "fileInfo": new_file.file_info or {}, "uploadTimestamp": 10,
                "serverSideEncryption": {"mode": "none"},
                "fileRetention": {"isClientAuthorizedToRead": True, "value": None},
                "legalHold": {"isClientAuthorizedToRead": True, "value": None},
            }
        )  # fmt: skip

    def add_part(self, call: str, file_id: str, number: int, content: bytes) -> dict[str, Any]:
        self.call(f"{call} {number}")
        self.parts[file_id][number] = content
        return {"contentSha1": hex_sha1_of_bytes(content)}

    def finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        parts = [content for _, content in sorted(self.parts[file_id].items())]
        assert sha1s == list(map(hex_sha1_of_bytes, parts))
        new_file = self.unfinished.pop(file_id)
        self.versions[file_id] = Version(file_id, b"".join(parts), dict(new_file.file_info or {}))
        self.call("finish")
        return self.describe(file_id)


class Session(SessionState):
    def __init__(self) -> None:
        self.cleared: list[str] = []
        self.capabilities = ["listFiles"]
        info: Any = InMemoryAccountInfo()
        info.get_allowed = lambda: {"capabilities": self.capabilities}
        info.clear_large_file_upload_urls = self.cleared.append
        self.account_info: AbstractAccountInfo = info

    async def ask(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return call(*args, **kwargs)

    async def call(self, *_args: object, **_kwargs: object) -> Any:
        raise NotImplementedError

    async def renew_token(self, rejected: str) -> bool:
        raise NotImplementedError

    async def mint(self, lease: Lease) -> None:
        raise NotImplementedError

    async def pause_before_retry(
        self, method: str, call: str, attempt: int, attempts: int, error: B2Error, start: float
    ) -> bool:
        raise NotImplementedError


class Steps:
    """The steps of a client that blocks: none of them waits."""

    def __init__(self) -> None:
        self.service = Service()
        self.session = Session()
        self.dropped: list[tuple[str, float | None]] = []

    def run(self, flow: Coroutine[Any, Any, R]) -> R:
        return blocking.run(flow)

    async def wait(self) -> None:
        """Wait as a request does."""

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return call(*args, **kwargs)

    async def content(self, part: UploadPart, sha1: str | None = None) -> bytes:
        source = await fetch_source(part, self.fetch, sha1)
        content: bytes = source.open().read()
        return content

    async def fetch(self, piece: Piece) -> bytes:
        await self.wait()
        self.service.call("download")
        return self.stored(piece.as_copy_source())

    def stored(self, source: CopySource) -> bytes:
        content = self.service.versions[source.file_id].content
        return content if source.length is None else content[source.offset : source.offset + source.length]

    # --- what is asked of them ---

    def read_version(self, response: dict[str, Any]) -> Version:
        return self.service.versions[response["fileId"]]

    async def upload(self, new_file: NewFile, part: UploadPart, progress_listener: AbstractProgressListener) -> Version:
        await self.wait()
        self.service.call("upload")
        return self.service.add(await self.content(part), new_file)

    async def copy(self, new_file: NewFile, source: CopySource, progress_listener: AbstractProgressListener) -> Version:
        await self.wait()
        self.service.call("copy")
        assert (new_file.content_type is None) == (new_file.file_info is None)
        return self.service.add(self.stored(source), new_file)

    async def describe(self, file_id: str) -> Version:
        await self.wait()
        self.service.call("describe")
        return self.service.versions[file_id]

    async def look_up(self, file_id: str) -> dict[str, Any]:
        await self.wait()
        self.service.call("look up")
        if file_id not in self.service.versions:
            raise FileNotPresent(file_id_or_name=file_id)
        return self.service.describe(file_id)

    async def list_versions(self, bucket_id: str, file_name: str) -> dict[str, Any]:
        await self.wait()
        self.service.call("list versions")
        newest = {**self.service.describe("stored"), "uploadTimestamp": self.service.newest_timestamp}
        return {"files": [newest], "nextFileName": None, "nextFileId": None}

    async def list_unfinished(self, bucket_id: str, prefix: str) -> AsyncGenerator[UnfinishedLargeFile, None]:
        self.service.call("list unfinished")
        try:
            for file_id in list(self.service.unfinished):
                await self.wait()
                yield self.service.started(file_id)
        finally:
            self.service.call("listed")

    async def find_unfinished(self, bucket_id: str, file_id: str, prefix: str) -> UnfinishedLargeFile | None:
        await self.wait()
        return self.service.started(file_id) if file_id in self.service.unfinished else None

    async def list_parts(self, file_id: str) -> AsyncGenerator[Part, None]:
        self.service.call("list parts")
        for number, content in self.service.parts[file_id].items():
            await self.wait()
            yield Part(file_id, number, len(content), hex_sha1_of_bytes(content))

    async def start(self, new_file: NewFile) -> UnfinishedLargeFile:
        await self.wait()
        self.service.call("start")
        file_id = f"large {len(self.service.parts)}"
        self.service.unfinished[file_id], self.service.parts[file_id] = new_file, {}
        return self.service.started(file_id)

    def make_parts(self, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None) -> Parts:
        return Parts(self, file_id)

    async def finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        await self.wait()
        return self.service.finish(file_id, sha1s)

    async def cancel(self, file_id: str, seconds: float | None) -> None:
        await self.wait()
        self.dropped.append((file_id, seconds))
        self.service.call("cancel")
        del self.service.unfinished[file_id]


class Parts:
    """Makes each part at once."""

    def __init__(self, steps: Steps, file_id: str) -> None:
        self.steps = steps
        self.file_id = file_id

    async def __aenter__(self) -> Self:
        self.made: list[Any] = []
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        pass

    async def submit(self, task: Coroutine[Any, Any, str]) -> None:
        self.made.append(await task)

    async def upload(self, number: int, part: UploadPart, sha1: str | None) -> None:
        await self.submit(self._upload(number, [part], sha1))

    async def _upload(self, number: int, handed_over: list[UploadPart], sha1: str | None) -> str:
        await self.steps.wait()
        content = await self.steps.content(handed_over.pop(), sha1)
        return accept_part(sha1, self.steps.service.add_part("upload", self.file_id, number, content))

    async def copy(self, number: int, source: CopySource, sha1: str | None) -> None:
        await self.submit(self._copy(number, source, sha1))

    async def _copy(self, number: int, source: CopySource, sha1: str | None) -> str:
        await self.steps.wait()
        content = self.steps.stored(source)
        return accept_part(sha1, self.steps.service.add_part("copy", self.file_id, number, content))

    async def next_of(self, parts: AsyncIterator[PlannedPart]) -> PlannedPart | None:
        return await anext(parts, None)

    def add_made(self, sha1: str) -> None:
        self.made.append(sha1)

    async def sha1s(self) -> list[str]:
        return list(self.made)


class AwaitedSteps(Steps):
    """The steps of a client that is awaited: each of them waits, content is read in threads, parts are tasks."""

    def run(self, flow: Coroutine[Any, Any, R]) -> R:
        async def alone() -> R:
            try:
                return await flow
            finally:
                assert asyncio.all_tasks() == {asyncio.current_task()}, "something is left running"

        return asyncio.run(alone())

    async def wait(self) -> None:
        await asyncio.sleep(0)

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(call, *args, **kwargs)

    def make_parts(self, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None) -> Parts:
        return PartsInTasks(self, file_id)


class PartsInTasks(Parts):
    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        tasks = [made for made in self.made if isinstance(made, asyncio.Task)]
        if exc_val is not None:
            for task in tasks:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def submit(self, task: Coroutine[Any, Any, str]) -> None:
        self.made.append(asyncio.create_task(task))
        await asyncio.sleep(0)

    async def sha1s(self) -> list[str]:
        return [made if isinstance(made, str) else await made for made in self.made]


@pytest.fixture(params=[Steps, AwaitedSteps])
def steps(request: pytest.FixtureRequest) -> Steps:
    made: Steps = request.param()
    return made


def make(steps: Steps, *sources: Any, new_file: NewFile = NEW, **options: Any) -> Version:
    intents = list(WriteIntent.wrap_sources_iterator(sources))
    return steps.run(FileMaking(steps).make(new_file, intents, LIMITS, SILENCE, **options))


def bytes_of(content: bytes = CONTENT) -> UploadSourceBytes:
    return UploadSourceBytes(content)


UPLOADS = [f"upload {number}" for number in range(1, 11)]


# --- one request ---


def test_what_fits_in_one_request_is_one(steps: Steps) -> None:
    assert make(steps, bytes_of(b"content")).content == b"content"
    assert make(steps, bytes_of(b"con"), bytes_of(b"tent")).content == b"content"
    copied = make(steps, CopySource("stored", 10, 6), new_file=NewFile("bucket", "name", "text/plain"))
    assert (copied.content, copied.file_info) == (STORED[10:16], {})
    assert steps.service.calls == ["upload", "upload", "copy"]


def test_what_is_one_request_cannot_be_resumed(steps: Steps) -> None:
    with pytest.raises(ValueError, match="Cannot resume"):
        make(steps, bytes_of(b"content"), continue_large_file_id="large 0")
    flow = FileMaking(steps).make_of_stream(NEW, [WriteIntent(bytes_of(b"content"))], LIMITS, SILENCE, "large 0")
    with pytest.raises(ValueError, match="Cannot resume"):
        steps.run(flow)
    assert steps.service.calls == []


def test_a_source_that_comes_alone_and_a_single_buffer_are_one_request(steps: Steps) -> None:
    making = FileMaking(steps)
    stream = making.make_of_stream(NEW, iter([WriteIntent(bytes_of(b"content"))]), LIMITS, SILENCE)
    buffers = making.make_of_buffers(NEW, iter([bytes_of(b"")]), SILENCE, 1)
    assert (steps.run(stream).content, steps.run(buffers).content) == (b"content", b"")
    assert steps.service.calls == ["upload", "upload"]


# --- large files ---


def test_a_large_file_is_looked_for_started_made_in_parts_and_finished(steps: Steps) -> None:
    version = make(steps, bytes_of())
    assert version.content == CONTENT
    assert version.file_info == {"a": "b", "large_file_sha1": SHA1}
    calls = steps.service.calls
    assert calls[:3] == ["list unfinished", "listed", "start"]
    assert sorted(calls[3:-1]) == sorted(UPLOADS)
    assert calls[-1] == "finish"
    assert steps.session.cleared == [version.id_]


def test_without_the_capability_nothing_is_looked_for(steps: Steps) -> None:
    steps.session.capabilities = []
    assert make(steps, bytes_of()).content == CONTENT
    assert steps.service.calls[0] == "start"


def test_pieces_of_both_kinds_are_downloaded_sent_and_copied(steps: Steps) -> None:
    version = make(
        steps, bytes_of(b"x" * 12), CopySource("stored", 3, 2), bytes_of(b"y" * 10), CopySource("stored"[:], 0, 40)
    )
    assert version.content == b"x" * 12 + STORED[3:5] + b"y" * 10 + STORED[:40]
    assert set(version.file_info) == {"a", "plan_id"}
    assert "download" in steps.service.calls
    assert any(call.startswith("copy") for call in steps.service.calls)


def interrupted(steps: Steps, at: int = 3, **options: Any) -> None:
    steps.service.failures[f"upload {at}"] = [AccessDenied()]
    with pytest.raises(AccessDenied):
        make(steps, bytes_of(), **options)
    steps.service.calls.clear()


def test_after_a_failure_the_same_call_resumes(steps: Steps) -> None:
    interrupted(steps)
    ((file_id, _),) = steps.service.unfinished.items()
    missing = {f"upload {number}" for number in range(1, 11) if number not in steps.service.parts[file_id]}
    version = make(steps, bytes_of())
    assert (version.id_, version.content) == (file_id, CONTENT)
    calls = steps.service.calls
    assert calls[:4] == ["list unfinished", "list parts", "listed", "list versions"]
    assert set(calls[4:-1]) == missing
    assert "upload 3" in missing
    assert "upload 1" not in missing
    assert steps.session.cleared == [file_id] * 2


def test_what_has_been_overtaken_is_not_resumed(steps: Steps) -> None:
    interrupted(steps)
    steps.service.newest_timestamp = 11
    assert make(steps, bytes_of()).id_ == "large 1"


def test_a_file_that_is_chosen_is_resumed_if_it_is_there(steps: Steps) -> None:
    interrupted(steps)
    with pytest.raises(FileNotPresent):
        make(steps, bytes_of(), continue_large_file_id="other")
    assert make(steps, bytes_of(), continue_large_file_id="large 0").id_ == "large 0"
    assert "list unfinished" not in steps.service.calls


def test_a_file_that_was_finished_by_an_attempt_whose_response_was_lost_is_finished(steps: Steps) -> None:
    steps.service.failures["finish"] = [BadRequest("no", "bad_request")]
    assert make(steps, bytes_of()).content == CONTENT
    assert steps.service.calls[-2:] == ["finish", "look up"]


def test_a_file_that_cannot_be_finished_is_an_error(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file_id: str, _sha1s: list[str]) -> dict[str, Any]:
        raise BadRequest("no", "bad_request")

    monkeypatch.setattr(steps.service, "finish", refuse)
    with pytest.raises(BadRequest):
        make(steps, bytes_of())
    assert list(steps.service.unfinished) == ["large 0"]


def test_content_that_changes_while_it_is_sent_leaves_nothing(steps: Steps) -> None:
    opened: list[int] = []

    def open_() -> Any:
        opened.append(1)
        return bytes_of(CONTENT if len(opened) == 1 else CONTENT[::-1]).open()

    with pytest.raises(InvalidUploadSource, match="which the file was to record"):
        make(steps, UploadSourceStream(open_, len(CONTENT)))
    assert steps.dropped == [("large 0", None)]
    assert steps.service.unfinished == {}


def test_that_a_file_cannot_be_dropped_does_not_hide_why_it_is(steps: Steps) -> None:
    steps.service.failures = {"upload 2": [AccessDenied()], "cancel": [B2Error("no")]}
    buffers = map(UploadSourceBytes, PARTS)
    with pytest.raises(AccessDenied):
        steps.run(FileMaking(steps).make_of_buffers(NEW, buffers, SILENCE, 2, is_kept=False))
    assert steps.dropped == [("large 0", None)]


# --- parts that come one by one ---


async def awaited(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def test_buffers_that_are_awaited_are_parts() -> None:
    steps = AwaitedSteps()
    flow = FileMaking(steps).make_of_buffers(NEW, awaited(list(map(UploadSourceBytes, PARTS))), SILENCE, 2)
    assert steps.run(flow).content == CONTENT
    assert steps.service.calls[0] == "start"


class Buffer(UploadSourceBytes):
    alive: ClassVar[weakref.WeakSet[Buffer]]


def buffers() -> Iterator[AbstractUploadSource]:
    Buffer.alive = weakref.WeakSet()
    for content in PARTS:
        gc.collect()
        assert len(Buffer.alive) <= 2
        buffer = Buffer(content)
        Buffer.alive.add(buffer)
        yield buffer
        del buffer


async def awaited_buffers() -> AsyncIterator[AbstractUploadSource]:
    for buffer in buffers():
        yield buffer
        del buffer


@pytest.mark.parametrize("come", [buffers, awaited_buffers])
def test_nothing_keeps_the_content_of_a_part_that_was_sent(come: Callable[[], Any]) -> None:
    steps = Steps()
    assert steps.run(FileMaking(steps).make_of_buffers(NEW, come(), SILENCE, 1)).content == CONTENT


def test_sources_come_while_those_before_them_are_sent(steps: Steps) -> None:
    asked: list[list[str]] = []

    def come() -> Iterator[AbstractUploadSource]:
        for content in PARTS:
            asked.append(list(steps.service.calls))
            yield UploadSourceBytes(content)

    intents = WriteIntent.wrap_sources_iterator(come())
    assert steps.run(FileMaking(steps).make_of_stream(NEW, intents, LIMITS, SILENCE)).content == CONTENT
    assert asked[1] == []
    assert "upload 1" in asked[-1]


@pytest.mark.parametrize("sha1", [SHA1, "0" * 40])
def test_buffers_are_compared_with_the_sha1_that_the_file_info_has(steps: Steps, sha1: str) -> None:
    new_file = NEW._replace(file_info={"large_file_sha1": sha1})
    flow = FileMaking(steps).make_of_buffers(new_file, map(UploadSourceBytes, PARTS), SILENCE, 2)
    if sha1 == SHA1:
        assert steps.run(flow).content == CONTENT
    else:
        with pytest.raises(InvalidUploadSource):
            steps.run(flow)
        assert steps.service.unfinished == {}


# --- copies ---


@pytest.mark.parametrize("told", [None, len(STORED)])
def test_a_copy_that_is_too_big_for_one_request_is_made_in_parts(steps: Steps, told: int | None) -> None:
    steps.service.failures["copy"] = [CopySourceTooBig("too big", "bad_request", told)]
    listener = ProgressListenerForTest()
    new_file = NewFile("bucket", "name")
    version = steps.run(FileMaking(steps).copy(new_file, CopySource("stored"), LIMITS, listener))
    assert version.content == STORED
    assert {name: value for name, value in version.file_info.items() if name != "plan_id"} == {"c": "d"}
    assert steps.service.calls[:2] == ["copy", "describe"]
    assert not any(call.startswith("set_total_bytes") for call in listener.get_calls())


def test_a_copy_that_is_known_to_be_too_big_is_not_tried(steps: Steps) -> None:
    source = CopySource("stored", 0, 41)
    assert steps.run(FileMaking(steps).copy(NEW, source, LIMITS, SILENCE)).content == STORED[:41]
    assert "copy" not in steps.service.calls


# --- where it is awaited ---


class Watched(UploadSourceStream):
    """Records which threads open it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(bytes_of(content).open, len(content))
        self.threads: set[int] = set()

    def get_content_sha1(self) -> str:
        self.threads.add(threading.get_ident())
        return super().get_content_sha1()


def test_content_is_not_read_in_the_event_loop_to_be_hashed() -> None:
    steps, source = AwaitedSteps(), Watched(CONTENT)
    assert make(steps, source).content == CONTENT
    assert source.threads
    assert threading.get_ident() not in source.threads


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_flow_that_is_cancelled_leaves_nothing_running(is_kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = AwaitedSteps()

    async def program() -> None:
        arrived = asyncio.Event()

        async def stuck(*_args: object) -> None:
            arrived.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(steps, "content", stuck)
        flow = FileMaking(steps).make_of_buffers(NEW, map(UploadSourceBytes, PARTS), SILENCE, 2, is_kept)
        task = asyncio.create_task(flow)
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    steps.run(program())
    assert steps.dropped == ([] if is_kept else [("large 0", 1.0)])
    assert list(steps.service.unfinished) == (["large 0"] if is_kept else [])
    assert steps.session.cleared == ["large 0"]
