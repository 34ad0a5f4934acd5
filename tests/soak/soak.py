"""A soak: operations in a random order, under random faults, with a model of what must be in the bucket.

A file has one content of those that were sent under its name, and the newest that was acknowledged if nothing has
been sent since. Everything random comes from the seed.
"""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from b2sdk.exception import B2Error
from b2sdk.http import B2HttpApiConfig, RetryPolicy, Timeouts
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import ApiFault, Entry, WireFault
from b2sdk.v3 import B2Api, InMemoryAccountInfo

QUICK = RetryPolicy(first_wait=0.001, max_wait=0.002, jitter=0.0, retry_after_cap=0.002, rate_limit_window=0.002)
NAMES = [f"{folder}file-{number}" for folder in ("", "a/", "a/b/") for number in range(4)]
STATUSES = {
    401: "expired_auth_token",
    408: "request_timeout",
    429: "too_many_requests",
    500: "internal_error",
    503: "busy",
}
KINDS = ("reset-before-response", "reset-mid-request", "truncate", "corrupt", "cut", "stall")
JSON_ANSWERS = ("b2_list_file_versions", "b2_get_upload_url", "b2_upload_part", "b2_finish_large_file", "b2_copy_file")
UPLOADS = ("b2_upload_file", "b2_upload_part")


class Lost(AssertionError):
    """The bucket is not what it must be."""


class Soak:
    """One run against a server of its own, which has small parts."""

    def __init__(self, server: SimulatorServer, seed: int, directory: Path) -> None:
        self.random = random.Random(seed)
        self.server = server
        self.directory = directory
        self.done: Counter[str] = Counter()
        """Operations by name and end."""
        self.faults: Counter[str] = Counter()
        """Faults that were met, by kind."""
        self.may_be: dict[str, list[bytes | None]] = {name: [None] for name in NAMES}
        """What may be there under each name; ``None`` is nothing."""
        self.reused: list[Entry] = []
        config = B2HttpApiConfig(retry_policy=QUICK, timeouts=Timeouts(read=0.3, slow_call=0.3))
        self.api = B2Api(InMemoryAccountInfo(), api_config=config)
        self.observer = B2Api(InMemoryAccountInfo())
        for api in (self.observer, self.api):
            api.authorize_account(server.key_id, server.key, realm=server.url)
        self.observed = self.observer.create_bucket("the-bucket", "allPrivate")
        self.bucket = self.api.get_bucket_by_name("the-bucket")
        parallel = cast("Any", self.api.services.download_manager.strategies)[0]
        parallel.min_part_size = parallel.LONGEST_RANGE = 200

    def close(self) -> None:
        self.api.close()
        self.observer.close()

    def run(self, *, seconds: float, operations: int | None = None) -> None:
        """Go on for so long, or for so many operations; raises :class:`Lost`."""
        end = time.monotonic() + seconds
        count = 0
        while time.monotonic() < end and (operations is None or count < operations):
            self.step()
            count += 1
            if count % 50 == 0:
                self.check_everything()
        self.check_everything()

    def step(self) -> None:
        operation = self.random.choice(OPERATIONS)
        name = self.random.choice(NAMES)
        try:
            operation(self, name)
        except B2Error as error:
            end = type(error).__name__
        else:
            end = "succeeded"
        self.server.faults.clear()
        self.done[f"{operation.__name__} {end}"] += 1

    def _begin_trouble(self) -> None:
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 6))):
            self._add_fault()

    def _add_fault(self) -> None:
        skip = self.random.randrange(4)
        if self.random.random() < 0.5:
            status = self.random.choice(list(STATUSES))
            self.server.faults.add(ApiFault(endpoint="*", status=status, code=STATUSES[status], skip=skip))
            return
        # A stall takes time, so there are fewer.
        kind: Any = self.random.choices(KINDS, weights=(6, 6, 6, 3, 2, 1))[0]
        after = self.random.randrange(300)
        # Content without a checksum, as that of a large stream, cannot tell that a byte is another one.
        on = "*" if kind != "corrupt" else self.random.choice(JSON_ANSWERS)
        self.server.faults.add(WireFault(kind=kind, endpoint=on, skip=skip, after_bytes=after, seconds=0.6))

    # --- operations ---

    def _content(self) -> bytes:
        return self.random.randbytes(self.random.choice((0, 1, 150, 450, 1000)))

    def _sending(self, name: str, content: bytes, send: Callable[[], object]) -> None:
        self.may_be[name] = [*self.may_be[name], content]
        self._begin_trouble()
        send()
        self.may_be[name] = [content]

    def upload(self, name: str) -> None:
        content = self._content()
        self._sending(name, content, lambda: self.bucket.upload_bytes(content, name))

    def upload_stream(self, name: str) -> None:
        content = self._content()
        self._sending(name, content, lambda: self.bucket.upload_unbound_stream(io.BytesIO(content), name))

    def upload_file(self, name: str) -> None:
        content = self._content()
        path = self.directory / "source"
        path.write_bytes(content)
        self._sending(name, content, lambda: self.bucket.upload_local_file(path, name))

    def copy(self, name: str) -> None:
        source = self.random.choice(NAMES)
        (content, *others) = self.may_be[source]
        if content is None or others:
            return
        version = self.observed.get_file_info_by_name(source)
        small: Any = {"min_part_size": 200, "max_part_size": 200}
        self._sending(name, content, lambda: self.bucket.copy(version.id_, name, **small))

    def download(self, name: str) -> None:
        target = io.BytesIO()
        self._begin_trouble()
        self.bucket.download_file_by_name(name).save(target)
        self._compare(name, target.getvalue())

    def download_to_disk(self, name: str) -> None:
        target = self.directory / "target"
        target.write_bytes(b"before")
        self._begin_trouble()
        try:
            self.bucket.download_file_by_name(name).save_to(target, resume=self.random.random() < 0.5)
        except B2Error:
            if target.read_bytes() != b"before":
                raise Lost(f"{target} was touched") from None
            raise
        self._compare(name, target.read_bytes())

    def hide(self, name: str) -> None:
        self.may_be[name] = [*self.may_be[name], None]
        self._begin_trouble()
        self.bucket.hide_file(name)
        self.may_be[name] = [None]

    def remove(self, name: str) -> None:
        # While versions are deleted, newest first, what is below comes to light.
        below = [self._content_of(old.id_) for old in self.observed.list_file_versions(name) if old.action == "upload"]
        self.may_be[name] = [*self.may_be[name], *below, None]
        self._begin_trouble()
        for version in list(self.bucket.list_file_versions(name)):
            if version.action == "start":
                self.bucket.cancel_large_file(version.id_)
            else:
                self.bucket.delete_file_version(version.id_, name)
        self.may_be[name] = [None]

    def _content_of(self, id_: str) -> bytes:
        target = io.BytesIO()
        self.observed.download_file_by_id(id_).save(target)
        return target.getvalue()

    def list_names(self, _name: str) -> None:
        self._begin_trouble()
        listed = {version.file_name for version, _ in self.bucket.ls(recursive=True, fetch_count=3)}
        for name, contents in self.may_be.items():
            if (name in listed) != any(content is not None for content in contents) and len(contents) == 1:
                raise Lost(f"{name} is {'there' if name in listed else 'missing'}")

    # --- what must hold ---

    def _compare(self, name: str, content: bytes | None) -> None:
        if content not in self.may_be[name]:
            raise Lost(f"{name} is none of what was sent")

    def check_everything(self) -> None:
        """Compare the bucket with the model, and look at what was called."""
        there = {version.file_name for version, _ in self.observed.ls(recursive=True)}
        for name in NAMES:
            target = io.BytesIO()
            if name in there:
                self.observed.download_file_by_name(name).save(target)
            self._compare(name, target.getvalue() if name in there else None)
        if not there <= set(NAMES):
            raise Lost("there are files that nobody made")
        failed: set[str | None] = set()
        for entry in self.server.journal.entries:
            if entry.fault is not None:
                self.faults[entry.fault] += 1
            if entry.endpoint in UPLOADS:
                if entry.upload_url_id in failed:
                    raise Lost(f"an upload URL was used after a failure: {entry}")
                if entry.fault is not None or entry.status != 200:
                    failed.add(entry.upload_url_id)
        self.server.journal.clear()

    def report(self) -> str:
        operations, faults = sum(self.done.values()), sum(self.faults.values())
        lines = [
            f"{operations} operations, {faults} faults met",
            *(f"{n:7} {what}" for what, n in sorted(self.done.items())),
        ]
        return "\n".join([*lines, *(f"{n:7} {kind}" for kind, n in sorted(self.faults.items()))])


OPERATIONS: tuple[Callable[[Soak, str], None], ...] = (
    Soak.upload,
    Soak.upload_stream,
    Soak.upload_file,
    Soak.copy,
    Soak.download,
    Soak.download_to_disk,
    Soak.hide,
    Soak.remove,
    Soak.list_names,
)
