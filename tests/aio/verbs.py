"""Every verb of the asyncio client, each as something that can be cancelled, and what it promises to leave behind."""

from __future__ import annotations

import inspect
import io
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar
from unittest import mock

from tests.flows.conftest import SMALL_PARTS
from tests.hostile.verbs import RULE as PLAIN_RULE

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio import (
    B2Api,
    Bucket,
    ContentOfLength,
    DownloadedFile,
    DownloadVersion,
    FileVersion,
    Limits,
    Opening,
    StoredFileReader,
    StoredFileWriter,
)
from b2sdk.cache import DummyCache
from b2sdk.http import HttpCallback
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.simulator import SimulatorServer
from b2sdk.transfer.source import CopySource, UploadSourceBytes
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold, RetentionMode
from b2sdk.values.name_range import NameRange

T = TypeVar("T")

PART: Final = SMALL_PARTS.minimum_part_size
SMALL, LARGE = b"content", bytes(range(200)) * 3
WRITTEN: Final = b"w" * 600_000
"""More than the buffer of a writer has room for."""
REQUESTS: Final = 4
MEMORY: Final = 3_000_000
CLASSES: Final = (
    B2Api,
    Bucket,
    FileVersion,
    DownloadVersion,
    DownloadedFile,
    StoredFileReader,
    StoredFileWriter,
    Opening,
)


class Unacknowledged(HttpCallback):
    """Keeps the upload URLs that got no response, or none that says that the content is stored."""

    def __init__(self) -> None:
        self.urls: set[str] = set()

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        if "/b2_upload_" in url:
            self.urls.add(url)

    def post_request(self, method: str, url: str, headers: dict[str, str], response: Any) -> None:
        if response.status_code == 200:
            self.urls.discard(url)


class Somewhere:
    """An authorized client, with a bucket that has a small and a large file, and a folder."""

    bucket: Bucket
    small: FileVersion
    large: FileVersion

    def __init__(self, service: SimulatorServer, folder: Path, info: InMemoryAccountInfo, **choices: Any) -> None:
        self.service = service
        self.folder = folder
        self.info = info
        # No bucket is found without a request.
        self.api = B2Api(info, DummyCache(), limits=Limits(requests=REQUESTS, memory=MEMORY, threads=1), **choices)
        self.others: list[B2Api] = []
        """Clients that are to be closed."""
        self.unacknowledged = Unacknowledged()
        self.api.session.http.add_callback(self.unacknowledged)
        self._names = count()

    async def begin(self) -> None:
        await self.authorize()
        self.bucket = await self.api.create_bucket("the-bucket", "allPrivate", is_file_lock_enabled=True)
        self.small = await self.bucket.upload_bytes(SMALL, "small")
        self.large = await self.bucket.upload_bytes(LARGE, "large")

    async def authorize(self) -> None:
        await self.api.authorize_account(self.service.key_id, self.service.key, self.service.url)

    async def authorize_from_environment(self) -> None:
        key = {"B2_APPLICATION_KEY_ID": self.service.key_id, "B2_APPLICATION_KEY": self.service.key}
        with mock.patch.dict(os.environ, {**key, "B2_ENVIRONMENT": self.service.url}):
            await self.api.authorize_from_environment()

    def name(self) -> str:
        """Return a name that nothing has yet."""
        return f"name-{next(self._names)}"

    async def file(self) -> FileVersion:
        return await self.bucket.upload_bytes(SMALL, self.name())

    async def unfinished(self) -> str:
        """Return the id of an unfinished large file with a part."""
        call = self.api.session.call
        started = await call(AbstractRawApi.start_large_file, self.bucket.id_, self.name(), "text/plain", {})
        await call(AbstractRawApi.copy_part, self.small.id_, started["fileId"], 1)
        return str(started["fileId"])

    async def download(self) -> DownloadedFile:
        return await self.bucket.download_file_by_name("large")


Begin = Callable[[], Coroutine[Any, Any, object]]
Unfinished = Literal["none", "resumed", "continued", "kept"]
"""What becomes of the unfinished large file of who is cancelled: it is cancelled, too; the same call resumes it, or
does so if it gets its id; it stays."""


class Verb(NamedTuple):
    """What a verb needs, and how it is called then."""

    name: str
    prepare: Callable[[Somewhere], Awaitable[Begin]]
    unfinished: Unfinished = "none"


VERBS: list[Verb] = []


def verb(*names: str, unfinished: Unfinished = "none") -> Callable[[T], T]:
    """Add what prepares a call of verbs and returns what begins it."""

    def add(prepare: T) -> T:
        VERBS.extend(Verb(name, prepare, unfinished) for name in names)  # type: ignore[arg-type]  # of any form
        return prepare

    return add


def called(name: str, call: Callable[[Somewhere], Coroutine[Any, Any, object]], **promised: Any) -> None:
    """Add a verb that needs nothing."""

    async def prepare(here: Somewhere) -> Begin:
        return lambda: call(here)

    verb(name, **promised)(prepare)


def listed(name: str, call: Callable[[Somewhere], AsyncGenerator[Any, None]]) -> None:
    """Add a listing."""
    called(name, lambda here: all_of(call(here)))


async def all_of(items: AsyncGenerator[T, None]) -> list[T]:
    async with aclosing(items) as closed:
        return [item async for item in closed]


async def let_go(coming: Coroutine[Any, Any, DownloadedFile]) -> None:
    async with await coming:
        pass


def public_verbs() -> Iterator[str]:
    """Yield what is awaited, or iterated over, of the classes of the client."""
    for class_ in CLASSES:
        for name in dir(class_):
            found = inspect.unwrap(getattr(class_, name)) if callable(getattr(class_, name)) else None
            if name.startswith("_") or not inspect.isfunction(found) or not found.__module__.startswith("b2sdk.aio"):
                continue
            is_awaited = inspect.iscoroutinefunction(found) or inspect.isasyncgenfunction(found)
            if is_awaited or str(found.__annotations__["return"]).startswith(("AsyncGenerator", "Opening")):
                yield f"{class_.__name__}.{name}"


# --- the account ---

called("B2Api.authorize_account", Somewhere.authorize)
called("B2Api.authorize_from_environment", Somewhere.authorize_from_environment)
called("B2Api.authorize_automatically", lambda here: here.api.authorize_automatically())
called("B2Api.get_account_id", lambda here: here.api.get_account_id())
called("B2Api.check_bucket_id_restrictions", lambda here: here.api.check_bucket_id_restrictions(here.bucket.id_))
called("B2Api.check_bucket_name_restrictions", lambda here: here.api.check_bucket_name_restrictions("the-bucket"))
called("B2Api.create_bucket", lambda here: here.api.create_bucket(here.name(), "allPrivate"))
called("B2Api.list_buckets", lambda here: here.api.list_buckets())
called("B2Api.get_bucket_by_id", lambda here: here.api.get_bucket_by_id(here.bucket.id_))
called("B2Api.get_bucket_by_name", lambda here: here.api.get_bucket_by_name("the-bucket"))
called("B2Api.create_key", lambda here: here.api.create_key(["listFiles"], "the-key"))
listed("B2Api.list_keys", lambda here: here.api.list_keys())
called("B2Api.get_key", lambda here: here.api.get_key(here.service.key_id))
called("B2Api.download_file_by_id", lambda here: let_go(here.api.download_file_by_id(here.large.id_)))
called("B2Api.get_file_info", lambda here: here.api.get_file_info(here.small.id_))
called("B2Api.get_file_info_by_name", lambda here: here.api.get_file_info_by_name("the-bucket", "small"))
called("B2Api.get_download_url_for_fileid", lambda here: here.api.get_download_url_for_fileid("id"))
called(
    "B2Api.get_download_url_for_file_name", lambda here: here.api.get_download_url_for_file_name("the-bucket", "name")
)


@verb("B2Api.close")
async def _(here: Somewhere) -> Begin:
    other = B2Api(here.info, api_config=here.api.api_config)
    here.others.append(other)
    await other.list_buckets()
    return other.close


@verb("B2Api.delete_bucket")
async def _(here: Somewhere) -> Begin:
    bucket = await here.api.create_bucket(here.name(), "allPrivate")
    return lambda: here.api.delete_bucket(bucket)


@verb("B2Api.delete_key")
async def _(here: Somewhere) -> Begin:
    key = await here.api.create_key(["listFiles"], "the-key")
    return lambda: here.api.delete_key(key)


@verb("B2Api.delete_key_by_id")
async def _(here: Somewhere) -> Begin:
    key = await here.api.create_key(["listFiles"], "the-key")
    return lambda: here.api.delete_key_by_id(key.id_)


@verb("B2Api.delete_file_version")
async def _(here: Somewhere) -> Begin:
    version = await here.file()
    return lambda: here.api.delete_file_version(version.id_, version.file_name)


@verb("Bucket.delete_file_version")
async def _(here: Somewhere) -> Begin:
    version = await here.file()
    return lambda: here.bucket.delete_file_version(version.id_, version.file_name)


@verb("B2Api.list_parts")
async def _(here: Somewhere) -> Begin:
    file_id = await here.unfinished()
    return lambda: all_of(here.api.list_parts(file_id, batch_size=1))


@verb("Bucket.list_parts")
async def _(here: Somewhere) -> Begin:
    file_id = await here.unfinished()
    return lambda: all_of(here.bucket.list_parts(file_id))


@verb("B2Api.cancel_large_file")
async def _(here: Somewhere) -> Begin:
    file_id = await here.unfinished()
    return lambda: here.api.cancel_large_file(file_id)


@verb("Bucket.cancel_large_file")
async def _(here: Somewhere) -> Begin:
    file_id = await here.unfinished()
    return lambda: here.bucket.cancel_large_file(file_id)


RULE: Final[Any] = PLAIN_RULE
RETENTION: Final = FileRetentionSetting(RetentionMode.GOVERNANCE, 4_000_000_000_000)
HOLD: Final = LegalHold.ON
S3: Final = "https://s3.example.com"

called("B2Api.update_file_legal_hold", lambda here: here.api.update_file_legal_hold(here.small.id_, "small", HOLD))
called("B2Api.update_file_retention", lambda here: here.api.update_file_retention(here.small.id_, "small", RETENTION))

# --- a bucket ---

called("Bucket.as_dict", lambda here: here.bucket.as_dict())
called("Bucket.get_fresh_state", lambda here: here.bucket.get_fresh_state())
called("Bucket.set_info", lambda here: here.bucket.set_info({"name": "value"}))
called("Bucket.set_type", lambda here: here.bucket.set_type("allPrivate"))
called("Bucket.update", lambda here: here.bucket.update(bucket_type="allPrivate"))
called("Bucket.get_notification_rules", lambda here: here.bucket.get_notification_rules())
called("Bucket.set_notification_rules", lambda here: here.bucket.set_notification_rules([RULE]))
called("Bucket.get_download_authorization", lambda here: here.bucket.get_download_authorization("", 1000))
called("Bucket.presigned_url", lambda here: here.bucket.presigned_url("small", 60))
called("Bucket.presigned_urls", lambda here: here.bucket.presigned_urls("", 60))
called("Bucket.presigned_s3_url", lambda here: here.bucket.presigned_s3_url("small", 60, endpoint=S3, region="east"))
called("Bucket.allow_browser_uploads", lambda here: here.bucket.allow_browser_uploads(["https://example.com"]))
called("Bucket.browser_upload", lambda here: here.bucket.browser_upload("new"))
called("Bucket.get_download_url", lambda here: here.bucket.get_download_url("small"))
listed("Bucket.list_file_versions", lambda here: here.bucket.list_file_versions("small", fetch_count=1))
listed("Bucket.ls", lambda here: here.bucket.ls("", recursive=True, fetch_count=1, prefetch=True))
listed("Bucket.ls", lambda here: here.bucket.ls("", recursive=True, fetch_count=1, workers=3))
listed("Bucket.ls", lambda here: here.bucket.ls("", recursive=True, names=NameRange("l", "t")))
listed("Bucket.list_unfinished_large_files", lambda here: here.bucket.list_unfinished_large_files(batch_size=1))
called("Bucket.download_file_by_id", lambda here: let_go(here.bucket.download_file_by_id(here.large.id_)))
called("Bucket.download_file_by_name", lambda here: let_go(here.bucket.download_file_by_name("large")))
called("Bucket.get_file_info_by_id", lambda here: here.bucket.get_file_info_by_id(here.small.id_))
called("Bucket.get_file_info_by_name", lambda here: here.bucket.get_file_info_by_name("small"))
called("Bucket.exists", lambda here: here.bucket.exists("small"))
called("Bucket.exists", lambda here: here.bucket.exists("small", or_hidden=True))


@verb("Bucket.hide_file")
async def _(here: Somewhere) -> Begin:
    name = (await here.file()).file_name
    return lambda: here.bucket.hide_file(name)


@verb("Bucket.unhide_file")
async def _(here: Somewhere) -> Begin:
    name = (await here.file()).file_name
    await here.bucket.hide_file(name)
    return lambda: here.bucket.unhide_file(name)


# --- making files ---

NEW: Final = "new"
"""The name of what is made. A call that follows finds what the one before it has not finished."""

PARTS: Final[dict[str, Any]] = {"min_part_size": PART, "max_part_size": PART}


def uploaded() -> list[UploadSourceBytes]:
    return [UploadSourceBytes(LARGE), UploadSourceBytes(SMALL)]


def intents(here: Somewhere) -> list[WriteIntent]:
    return [
        WriteIntent(CopySource(here.large.id_, offset=3, length=PART), 0),
        WriteIntent(UploadSourceBytes(SMALL), PART),
        WriteIntent(CopySource(here.large.id_, offset=0, length=PART // 2), PART + len(SMALL)),
    ]


async def blocks() -> AsyncGenerator[bytes, None]:
    for start in range(0, len(LARGE), 100):
        yield LARGE[start : start + 100]


called("Bucket.upload_bytes", lambda here: here.bucket.upload_bytes(SMALL, NEW))
called("Bucket.upload_bytes", lambda here: here.bucket.upload_bytes(LARGE, NEW), unfinished="resumed")
called("Bucket.upload", lambda here: here.bucket.upload(UploadSourceBytes(LARGE), NEW), unfinished="resumed")
called(
    "Bucket.create_file",
    lambda here: here.bucket.create_file(intents(here), NEW, min_part_size=PART),
    unfinished="resumed",
)
called("Bucket.concatenate", lambda here: here.bucket.concatenate(uploaded(), NEW), unfinished="resumed")
called("Bucket.copy", lambda here: here.bucket.copy(here.small.id_, NEW))
called("Bucket.copy", lambda here: here.bucket.copy(here.large.id_, NEW, **PARTS), unfinished="resumed")
called(
    "Bucket.upload_unbound_stream",
    lambda here: here.bucket.upload_unbound_stream(io.BytesIO(LARGE), NEW),
    unfinished="kept",
)
called(
    "Bucket.upload_unbound_stream",
    lambda here: here.bucket.upload_unbound_stream(ContentOfLength(blocks(), len(LARGE)), NEW),
    unfinished="kept",
)


@verb("Bucket.upload_local_file", unfinished="resumed")
async def _(here: Somewhere) -> Begin:
    path = here.folder / "content"
    path.write_bytes(LARGE)
    return lambda: here.bucket.upload_local_file(path, NEW)


async def id_to_continue(here: Somewhere) -> str | None:
    """Return that of what the last call has not finished."""
    found = await all_of(here.bucket.list_unfinished_large_files())
    return found[0].file_id if found else None


@verb("Bucket.create_file_stream", unfinished="continued")
async def _(here: Somewhere) -> Begin:
    chosen = await id_to_continue(here)
    return lambda: here.bucket.create_file_stream(
        iter(intents(here)), NEW, min_part_size=PART, continue_large_file_id=chosen
    )


@verb("Bucket.concatenate_stream", unfinished="continued")
async def _(here: Somewhere) -> Begin:
    chosen = await id_to_continue(here)
    return lambda: here.bucket.concatenate_stream(iter(uploaded()), NEW, continue_large_file_id=chosen)


# --- versions ---

called("FileVersion.download", lambda here: let_go(here.large.download()))
called("FileVersion.get_fresh_state", lambda here: here.small.get_fresh_state())
called("FileVersion.update_legal_hold", lambda here: here.small.update_legal_hold(HOLD))
called("FileVersion.update_retention", lambda here: here.small.update_retention(RETENTION))


@verb("FileVersion.delete")
async def _(here: Somewhere) -> Begin:
    return (await here.file()).delete


@verb("DownloadVersion.delete")
async def _(here: Somewhere) -> Begin:
    version = await here.bucket.get_file_info_by_name((await here.file()).file_name)
    return version.delete


@verb("DownloadVersion.update_legal_hold")
async def _(here: Somewhere) -> Begin:
    version = await here.bucket.get_file_info_by_name("small")
    return lambda: version.update_legal_hold(HOLD)


@verb("DownloadVersion.update_retention")
async def _(here: Somewhere) -> Begin:
    version = await here.bucket.get_file_info_by_name("small")
    return lambda: version.update_retention(RETENTION)


# --- content ---


@verb("DownloadedFile.blocks")
async def _(here: Somewhere) -> Begin:
    file = await here.download()
    return lambda: all_of(file.blocks(100))


@verb("DownloadedFile.read")
async def _(here: Somewhere) -> Begin:
    return (await here.download()).read


@verb("DownloadedFile.save")
async def _(here: Somewhere) -> Begin:
    file = await here.download()
    return lambda: file.save(io.BytesIO())


TARGET: Final = "target"
"""The file in the folder that is saved to."""


@verb("DownloadedFile.save_to")
async def _(here: Somewhere) -> Begin:
    file = await here.download()
    return lambda: file.save_to(here.folder / TARGET)


@verb("DownloadedFile.save_to")
async def _(here: Somewhere) -> Begin:
    file = await here.download()
    return lambda: file.save_to(here.folder / TARGET, resume=True)


@verb("DownloadedFile.save_to")
async def _(here: Somewhere) -> Begin:
    file = await here.download()
    return lambda: file.save_to(os.devnull)


# --- file objects ---


async def read_opened(here: Somewhere) -> None:
    async with here.bucket.open("large") as file:
        assert await file.read() == LARGE


called("Bucket.open", read_opened)


@verb("StoredFileReader.read")
async def _(here: Somewhere) -> Begin:
    return (await here.bucket.open("large")).read


@verb("StoredFileReader.readinto")
async def _(here: Somewhere) -> Begin:
    file, buffer = await here.bucket.open("large"), bytearray(100)
    return lambda: file.readinto(buffer)


@verb("StoredFileReader.seek")
async def _(here: Somewhere) -> Begin:
    file = await here.bucket.open("large")
    return lambda: file.seek(5)


@verb("StoredFileReader.tell")
async def _(here: Somewhere) -> Begin:
    return (await here.bucket.open("large")).tell


@verb("StoredFileReader.close")
async def _(here: Somewhere) -> Begin:
    return (await here.bucket.open("large")).close


async def opened_to_write(here: Somewhere) -> StoredFileWriter:
    return await here.bucket.open(NEW, "wb", part_size=200_000)


@verb("Bucket.open", "StoredFileWriter.write")
async def _(here: Somewhere) -> Begin:
    async def write() -> None:
        async with here.bucket.open(NEW, "wb", part_size=200_000) as file:
            await file.write(WRITTEN)

    return write


@verb("StoredFileWriter.close")
async def _(here: Somewhere) -> Begin:
    file = await opened_to_write(here)
    await file.write(WRITTEN)
    return file.close


@verb("StoredFileWriter.abort")
async def _(here: Somewhere) -> Begin:
    file = await opened_to_write(here)
    await file.write(WRITTEN)
    return file.abort
