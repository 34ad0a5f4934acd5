"""A client that has worked before the processes were made in which it goes on, as modules of servers have one."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TypedDict

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.v3 import B2Api, InMemoryAccountInfo, SqliteAccountInfo, UploadUrlPool

SMALL, LARGE = 150, 450
"""Bytes: one request, and several parts, at a service with parts of 200 bytes."""
FILES = 7
"""How many there are before."""
KINDS = ("memory", "sqlite", "sql")

_used: dict[int, set[str]] = {}


class Told(TypedDict):
    """What was done, also before the process was made, to be compared with what is in the bucket."""

    process: int
    failure: str | None
    uploaded: list[tuple[str, str]]
    """Names and SHA-1s."""
    used: dict[int, list[str]]
    """Upload URLs by process, those of its parent included."""


class TellingPool(UploadUrlPool):
    def put(self, key: str, url: str, auth_token: str) -> None:
        _used.setdefault(os.getpid(), set()).add(url)
        super().put(key, url, auth_token)


class InMemory(InMemoryAccountInfo):
    BUCKET_UPLOAD_POOL_CLASS = LARGE_FILE_UPLOAD_POOL_CLASS = TellingPool


class Sqlite(SqliteAccountInfo):
    BUCKET_UPLOAD_POOL_CLASS = LARGE_FILE_UPLOAD_POOL_CLASS = TellingPool


def account_info(kind: str, path: str) -> AbstractAccountInfo:
    if kind == "memory":
        return InMemory()
    if kind == "sqlite":
        return Sqlite(path)
    # Imported here, as that takes half of the time in which a spawned process starts.
    from sqlalchemy import create_engine  # noqa: PLC0415

    from b2sdk.integrations.sql import SqlAccountInfo  # noqa: PLC0415
    from b2sdk.integrations.sql_tables import create_account_tables  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{path}")
    create_account_tables(engine)
    return SqlAccountInfo(engine)


class Client:
    """Uploads and downloads, and compares."""

    def __init__(self, url: str, key_id: str, key: str, kind: str, path: str) -> None:
        self.api = B2Api(account_info(kind, path))
        self.api.authorize_account(key_id, key, realm=url)
        self.bucket = self.api.get_bucket_by_name("shared")
        self.made_by: int = os.getpid()
        self._uploaded_before: list[tuple[str, str]] = []
        told = self.work("before")
        assert told["failure"] is None, told["failure"]
        self._uploaded_before += told["uploaded"]

    def work(self, name: str) -> Told:
        """Upload a small and a large file, download the large one, and one that was there before."""
        uploaded = self._uploaded_before.copy()
        failure = None
        try:
            for kind, size in (("small", SMALL), ("large", LARGE)):
                content = f"{os.getpid()} {name} ".encode() * size
                uploaded.append(self._upload(f"{kind}/{name}/{os.getpid()}", content[:size]))
            number = os.getpid() % FILES
            there = f"there/{number}", hashlib.sha1(b"%d" % number).hexdigest()
            for asked, sha1 in (uploaded[-1], there):
                found = self._download(asked)
                assert found == sha1, f"{asked} has SHA-1 {found}"
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10_000)  # keeps the process busy, so that others get work, too
        except Exception as error:  # noqa: BLE001  # reported
            failure = repr(error)
        used = {process: sorted(urls) for process, urls in _used.items()}
        return {"process": os.getpid(), "failure": failure, "uploaded": uploaded, "used": used}

    def _upload(self, name: str, content: bytes) -> tuple[str, str]:
        sha1 = hashlib.sha1(content).hexdigest()
        self.bucket.upload_bytes(content, name)
        return name, sha1

    def _download(self, name: str) -> str:
        target = io.BytesIO()
        self.bucket.download_file_by_name(name).save(target)
        return hashlib.sha1(target.getvalue()).hexdigest()


def from_environment() -> Client:
    url, key_id, key, kind, path = (os.environ[f"SERVED_{name}"] for name in ("URL", "KEY_ID", "KEY", "KIND", "PATH"))
    return Client(url, key_id, key, kind, path)
