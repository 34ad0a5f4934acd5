"""What tests of syncs share: paths and folders that are nowhere, and a bucket and a report that write down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

from b2sdk.exception import UnsupportedFilename
from b2sdk.file_version import FileVersion
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting

DAY = 24 * 60 * 60 * 1000
NOW = 1000 * DAY


def local(name: str, mod_time: int = 100, size: int = 10) -> LocalPath:
    return LocalPath("/elsewhere/" + name, name, mod_time, size)


def version(
    name: str,
    mod_time: int = 100,
    action: str = "upload",
    *,
    id_: str | None = None,
    size: int = 10,
    sha1: str | None = None,
    file_info: dict[str, str] | None = None,
) -> FileVersion:
    return FileVersion(
        mock.Mock(),
        id_ or f"id_{name}_{mod_time}",
        name,
        0 if action == "hide" else size,
        "text/plain",
        sha1,
        file_info,
        mod_time,
        "account",
        "bucket",
        action,
        None,
        EncryptionSetting(EncryptionMode.NONE),
    )


def stored(name: str, *versions: FileVersion | int) -> B2Path:
    """Return a file in a bucket, of these versions or versions of these times, the newest first; -1 hides."""
    made = [
        one if isinstance(one, FileVersion) else version(name, abs(one), "upload" if one >= 0 else "hide")
        for one in versions or (100,)
    ]
    return B2Path(name, made[0], made)


def hidden(name: str, mod_time: int = 100, *older: int) -> B2Path:
    return stored(name, version(name, mod_time, "hide"), *older)


class Folder(AbstractFolder):
    """A folder of these paths."""

    def __init__(self, kind: str, paths: Iterable[AbstractPath] = (), bucket: Any = None) -> None:
        self.kind = kind
        self.paths = list(paths)
        self.bucket = bucket or mock.MagicMock()
        self.walks = 0

    def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[AbstractPath]:
        self.walks += 1
        yield from self.paths

    def folder_type(self) -> str:
        return self.kind

    def make_full_path(self, file_name: str) -> str:
        if file_name.startswith("illegal"):
            raise UnsupportedFilename("illegal file name", file_name)
        return ("/dir/" if self.kind == "local" else "folder/") + file_name

    def ensure_present(self) -> None:
        pass

    def ensure_non_empty(self) -> None:
        pass


class Report:
    """Records its calls, as a program's own reporter might."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.calls: list[tuple[Any, ...]] = []

    def print_completion(self, message: str) -> None:
        self.lines.append(message)

    def error(self, message: str) -> None:
        self.errors.append(message)

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.calls.append((name, *args))
