"""Where a download goes: a path that is replaced only when the new content is whole, or gone on with after a crash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b2sdk.exception import DestinationDirectoryDoesntAllowOperation
from b2sdk.transfer.mtime_file import check_destination

SUFFIX = ".b2part"
_BLOCK_SIZE = 1024 * 1024


def is_regular_or_absent(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # whatever is wrong with the path is told when the file is made


@contextlib.contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path``, which takes its place when the block ends well and goes away otherwise.

    It gets the rights of the file that it replaces, or those that any new file gets.

    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    path = _target(path)
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}{SUFFIX}")
    _make(beside)
    try:
        yield beside
        _put_in_place(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class PartialFile:
    """The beginning of a file that was downloaded earlier, and the note about it."""

    path: Path
    note: Path

    @classmethod
    def beside(cls, path: Path, file_id: str) -> PartialFile:
        """Return where the partial download of that file version to ``path`` is, or will be."""
        version = hashlib.sha1(file_id.encode()).hexdigest()[:16]
        path = path.with_name(f".{path.name[:100]}.{version}{SUFFIX}")
        return cls(path, path.with_name(path.name + ".json"))

    def kept(self) -> tuple[int, Any]:
        """Return how many bytes of the partial file are as they were noted, and the digest of them.

        They are read and compared with the note, which is written behind the content, so that after a crash it never
        tells of bytes that did not arrive.
        """
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            length, sha1 = int(note["length"]), str(note["sha1"])
            with self.path.open("rb") as file:
                digest = _digest_of_beginning(file, length)
        except (OSError, ValueError, KeyError, TypeError):
            return 0, hashlib.sha1()
        return (length, digest) if length > 0 and digest.hexdigest() == sha1 else (0, hashlib.sha1())

    def keep(self, length: int, sha1: str) -> None:
        """Note that so many bytes have arrived, and their SHA-1."""
        written = self.note.with_name(self.note.name + ".new")
        written.write_text(json.dumps({"length": length, "sha1": sha1}), encoding="utf-8")
        written.replace(self.note)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


@contextlib.contextmanager
def continued_beside(path: Path, file_id: str) -> Iterator[PartialFile]:
    """Give the partial download of a file version, which takes the place of ``path`` when the block ends well.

    When it does not, the partial file stays, to be gone on with.

    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    path = _target(path)
    partial = PartialFile.beside(path, file_id)
    if not partial.path.exists():
        _make(partial.path)
    yield partial
    _put_in_place(partial.path, path)
    partial.note.unlink(missing_ok=True)


class NotedFile:
    """Writes to a partial file and notes, every so many bytes, how far it has come."""

    NOTE_EVERY = 16 * 1024 * 1024

    def __init__(self, file: Any, partial: PartialFile, kept: int, digest: Any) -> None:
        """``digest`` is that of the bytes that were kept, behind which writing goes on."""
        self._file = file
        self._partial = partial
        self._length = self._noted = kept
        self._digest = digest
        file.seek(kept)
        file.truncate()

    def write(self, block: bytes) -> int:
        count: int = self._file.write(block)
        self._digest.update(block)
        self._length += len(block)
        if self._length - self._noted >= self.NOTE_EVERY:
            self.note()
        return count

    def note(self) -> None:
        """Note how far the file has come."""
        self._file.flush()
        self._partial.keep(self._length, self._digest.hexdigest())
        self._noted = self._length

    def hex_digest(self) -> str:
        """SHA-1 of the whole file so far, what was kept included."""
        digest: str = self._digest.hexdigest()
        return digest


def _target(path: Path) -> Path:
    """Return the path that is to be replaced: where a link leads, not the link."""
    path = path.resolve() if path.is_symlink() else path
    check_destination(path)
    return path


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except PermissionError as error:
        raise DestinationDirectoryDoesntAllowOperation from error


def _put_in_place(beside: Path, path: Path) -> None:
    if path.exists():
        shutil.copymode(path, beside)
    beside.replace(path)


def _digest_of_beginning(file: Any, length: int) -> Any:
    digest = hashlib.sha1()
    while length > 0 and (block := file.read(min(_BLOCK_SIZE, length))):
        digest.update(block)
        length -= len(block)
    return digest
