"""Syncs that have been done, and what they are done with: directories and buckets, and what is in them."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from tests.aio.surface import Blocking, hidden

import b2sdk.aio
from b2sdk.exception import IncompleteSync
from b2sdk.scan.parse import parse_folder
from b2sdk.sync.events import ActionDone
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.sync.report import SyncReport
from b2sdk.sync.synchronizer import Synchronizer
from b2sdk.values.name_range import ALL_NAMES, NameRange

DELETE = KeepOrDeleteMode.DELETE
KEEP = KeepOrDeleteMode.KEEP_BEFORE_DELETE
DAY = 24 * 60 * 60 * 1000


class Synced:
    """A finished sync: what was printed, and its events."""

    def __init__(self, api: Any, source: object, dest: object, *, provider: Any = None, **options: Any) -> None:
        self.out = io.StringIO()
        self.events: list[Any] = []
        self.failure: IncompleteSync | None = None
        self.names: NameRange = options.pop("names", ALL_NAMES)
        now = options.pop("now", round(time.time() * 1000))
        workers = options.pop("workers", 3)
        arguments = {} if provider is None else {"encryption_settings_provider": provider}
        with SyncReport(self.out, True) as self.report:
            arguments |= {"now_millis": now, "reporter": self.report}
            try:
                if type(api) is Blocking:
                    synced = self._sync_in_a_loop(hidden(api), (str(source), str(dest)), (workers, options), arguments)
                    api.loop.run(synced)
                else:
                    folders: list[Any] = [parse_folder(str(folder), api) for folder in (source, dest)]
                    source_folder, dest_folder = (folder.with_names(self.names) for folder in folders)
                    synchronizer = Synchronizer(workers, on_event=self.events.append, **options)
                    synchronizer.sync_folders(source_folder, dest_folder, **arguments)
            except IncompleteSync as error:
                self.failure = error

    async def _sync_in_a_loop(
        self,
        api: b2sdk.aio.B2Api,
        names: Iterable[str],
        choices: tuple[int, dict[str, Any]],
        arguments: dict[str, Any],
    ) -> None:
        source, dest = [(await b2sdk.aio.parse_folder(name, api)).with_names(self.names) for name in names]
        synchronizer = b2sdk.aio.Synchronizer(choices[0], **choices[1])
        async with aclosing(synchronizer.sync_folders(source, dest, **arguments)) as events:
            async for event in events:
                self.events.append(event)

    @property
    def lines(self) -> list[str]:
        return sorted(self.out.getvalue().splitlines())

    @property
    def done(self) -> list[str]:
        """What was done with which file; of each kind of action, in the order of the names."""
        return sorted(f"{event.kind} {event.path}" for event in self.events if isinstance(event, ActionDone))


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return content and time of each file, by its relative path."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns // 1_000_000)
        for path in root.rglob("*")
        if path.is_file()
    }


def make(root: Path, files: dict[str, bytes] | Iterable[str], mod_time: int = 1_500_000_000_123) -> Path:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name] if isinstance(files, dict) else name.encode())
        # In the middle of the millisecond: a time is read through a float, which may be a little less.
        os.utime(path, ns=(mod_time * 1_000_000 + 500_000,) * 2)
    return root


def stored(bucket: Any, name: str, content: bytes = b"content", mod_time: int = 1000, **about: Any) -> Any:
    return bucket.upload_bytes(content, name, file_info={"src_last_modified_millis": str(mod_time)}, **about)


def versions(bucket: Any) -> list[tuple[str, str]]:
    return [(version.file_name, version.action) for version in all_versions(bucket)]


def all_versions(bucket: Any) -> list[Any]:
    return [version for version, _ in bucket.ls("", False, True)]


def content(bucket: Any, name: str, **options: Any) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name, **options).save(target)
    return target.getvalue()
