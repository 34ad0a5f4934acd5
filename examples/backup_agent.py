"""Keep backups in B2, as a backup agent of Home Assistant does, or one of another application with an event loop.

The application hands over backups as asynchronous iterators, and receives them as such. They stream: each may be larger
than memory and disk. All uploads together hold at most ``MEMORY``, whatever their size and number.

For Home Assistant, derive ``B2BackupAgent`` from its ``BackupAgent``, and import ``AgentBackup`` and the errors from
there: the methods have its names, arguments and meanings. The client is opened when the integration is set up, and
closed when it is unloaded::

    api = B2Api(limits=LIMITS)
    await api.authorize_account(key_id, key)
    agent = B2BackupAgent(await api.get_bucket_by_name("backups-of-the-house"))
    ...
    await api.close()
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from b2sdk.aio import Bucket, DownloadedFile, Limits
from b2sdk.v3.exception import B2Error, FileNotPresent

MEMORY = 32 * 1024 * 1024
LIMITS = Limits(requests=8, memory=MEMORY)
CONTENT, DESCRIPTION = ".tar", ".json"
"""A backup is two files. The description is made last and deleted first: a backup that has one is complete."""


@dataclass(frozen=True)
class AgentBackup:
    """What the application knows of a backup."""

    backup_id: str
    name: str
    date: str
    size: int
    """In bytes."""
    protected: bool


class BackupAgentError(Exception):
    """B2 could not be reached, or did not accept something; or a backup was not complete."""


class BackupNotFound(BackupAgentError):
    """There is no such backup."""


class B2BackupAgent:
    """Keeps backups in one folder of a bucket."""

    def __init__(self, bucket: Bucket, folder: str = "backups") -> None:
        self._bucket = bucket
        self._folder = folder

    async def async_upload_backup(
        self,
        *,
        open_stream: Callable[[], Coroutine[Any, Any, AsyncIterator[bytes]]],
        backup: AgentBackup,
        **_kwargs: Any,
    ) -> None:
        """Store a backup. None is listed afterwards if this fails or is cancelled."""
        with reported_as_agent_errors():
            async with self._bucket.open(self._path(backup.backup_id, CONTENT), "wb") as file:
                async for block in await open_stream():
                    await file.write(block)
                if file.tell() != backup.size:
                    raise BackupAgentError(f"the backup ended after {file.tell()} of {backup.size} bytes")
            description = json.dumps(asdict(backup)).encode()
            await self._bucket.upload_bytes(description, self._path(backup.backup_id, DESCRIPTION))

    async def async_download_backup(self, backup_id: str, **_kwargs: Any) -> AsyncIterator[bytes]:
        """Return the content of a backup. Its SHA-1 is compared at the end."""
        with reported_as_agent_errors():
            return content_of(await self._bucket.download_file_by_name(self._path(backup_id, CONTENT)))

    async def async_list_backups(self, **_kwargs: Any) -> list[AgentBackup]:
        """Return all backups."""
        with reported_as_agent_errors():
            names = [version.file_name async for version, _ in self._bucket.ls(self._folder)]
            # The client has only so many requests at a time.
            return await asyncio.gather(*(self._describe(name) for name in names if name.endswith(DESCRIPTION)))

    async def async_get_backup(self, backup_id: str, **_kwargs: Any) -> AgentBackup:
        """Return a backup."""
        with reported_as_agent_errors():
            return await self._describe(self._path(backup_id, DESCRIPTION))

    async def async_delete_backup(self, backup_id: str, **_kwargs: Any) -> None:
        """Delete a backup, in all versions that there may be of it."""
        with reported_as_agent_errors():
            names = [self._path(backup_id, suffix) for suffix in (DESCRIPTION, CONTENT)]
            versions = [version for name in names async for version in self._bucket.list_file_versions(name)]
            if not versions:
                raise BackupNotFound(backup_id)
            for version in versions:
                await version.delete()

    async def _describe(self, name: str) -> AgentBackup:
        file = await self._bucket.download_file_by_name(name)
        return AgentBackup(**json.loads(await file.read()))

    def _path(self, backup_id: str, suffix: str) -> str:
        return f"{self._folder}/{backup_id}{suffix}"


async def content_of(file: DownloadedFile) -> AsyncIterator[bytes]:
    """Yield the content of a file. The response is closed at the end, and where nobody wants the rest."""
    with reported_as_agent_errors():
        async with aclosing(file.blocks()) as blocks:
            async for block in blocks:
                yield block


@contextmanager
def reported_as_agent_errors() -> Iterator[None]:
    """Report errors of B2 as the application expects them.

    :raises BackupNotFound: there is no such backup.
    :raises BackupAgentError: B2 could not be reached, or did not accept something.
    """
    try:
        yield
    except FileNotPresent as error:
        raise BackupNotFound(str(error)) from error
    except B2Error as error:
        raise BackupAgentError(str(error)) from error
