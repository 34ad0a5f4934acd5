"""Where a download goes: a path that is replaced only when the new content is whole, or gone on with after a crash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from b2sdk.exception import DestinationDirectoryDoesntAllowOperation, DestinationIsADirectory
from b2sdk.stream.digest import IncrementalHexDigester
from b2sdk.transfer.local_path import mode_of
from b2sdk.transfer.mtime_file import explain

if sys.platform != "win32":
    import fcntl

SUFFIX = ".b2part"
_SUFFIX_OF_B2SDK = ".b2.sync.tmp"
"""That of what a sync by b2sdk leaves when it is killed."""
_PARTIAL_NAME = re.compile(rf"\..*\.[0-9a-f]{{16}}{re.escape(SUFFIX)}(?:\.json(?:\.new)?)?", re.DOTALL)
_BUFFER_SIZE = 64 * 1024
_O_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows


def is_partial_download(name: str) -> bool:
    """Whether a file is, by its name, a download that is not whole yet, or the note about one."""
    return name.endswith(_SUFFIX_OF_B2SDK) or (name.startswith(".") and _PARTIAL_NAME.fullmatch(name) is not None)


def is_regular_or_absent(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # whatever is wrong with the path is told when the file is made


@contextlib.contextmanager
def replaced_when_whole(path: Path, seen: int | None = None) -> Iterator[Path]:
    """Give a new file beside ``path``, which takes its place when the block ends well and goes away otherwise.

    It gets the rights of the file that it replaces, or those that any new file gets. ``seen`` is the mode of what is
    there (:func:`~b2sdk.transfer.local_path.mode_of`), if somebody has looked already: a look takes 1 % of the CPU time
    of a small file.

    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    target = _Target.of(path, seen)
    beside = _beside(target.path, secrets.token_hex(8))
    _opened(beside).close()
    try:
        yield beside
        target.replace_by(beside)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


class PartialFile(NamedTuple):
    """The beginning of a file that was downloaded earlier, and the note about it, which an empty one does not have."""

    path: Path
    note: Path
    size: int = 0
    """Bytes that are in it, where it is claimed."""

    @classmethod
    def beside(cls, path: Path, file_id: str) -> PartialFile:
        """Return where the partial download of that file version to ``path`` is, or will be."""
        # With the name, of which only the beginning may be readable in that of the partial file.
        version = hashlib.sha1(os.fsencode(path.name) + b"/" + file_id.encode()).hexdigest()[:16]
        path = _beside(path, version)
        return cls(path, path.with_name(path.name + ".json"))

    def go_on(self, file: BinaryIO) -> tuple[int, Any]:
        """Leave in the open file the bytes that are as they were noted, and return their number and their digest.

        They are read and compared with the note, which is written behind the content, so that after a crash it never
        tells of bytes that did not arrive. What is written to the file follows them.
        """
        if not self.size:
            return 0, hashlib.sha1()
        length, digest = self._as_noted()
        if not length:
            self.note.unlink(missing_ok=True)
        file.seek(length)
        file.truncate()
        return length, digest

    def _as_noted(self) -> tuple[int, Any]:
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            length, sha1 = int(note["length"]), str(note["sha1"])
            with self.path.open("rb") as file:
                digester = IncrementalHexDigester(file)
                is_as_noted = length > 0 and digester.update_from_stream(length) == sha1
        except (OSError, ValueError, KeyError, TypeError):
            return 0, hashlib.sha1()
        return (length, digester.digest) if is_as_noted else (0, hashlib.sha1())

    def keep(self, length: int, sha1: str) -> None:
        """Note that so many bytes have arrived, and their SHA-1."""
        written = self.note.with_name(self.note.name + ".new")
        written.write_text(json.dumps({"length": length, "sha1": sha1}), encoding="utf-8")
        written.replace(self.note)

    def discard(self) -> None:
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def continued_beside(path: Path, file_id: str, seen: int | None = None) -> Iterator[tuple[PartialFile, BinaryIO]]:
    """Give the partial download of a file version, and its open file, which takes the place of ``path`` at the end.

    When the block does not end well, the partial file stays, to be gone on with. While it is written by
    another thread or process, it is left to that one, and a new file is begun that nobody goes on with. When it ends
    well, the note has to be gone. ``seen`` is as in :func:`replaced_when_whole`.

    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    target = _Target.of(path, seen)
    partial = PartialFile.beside(target.path, file_id)
    claimed = _claimed(partial)
    is_kept = claimed is not None
    if claimed is None:
        partial = PartialFile.beside(target.path, secrets.token_hex())
        file = _opened(partial.path)
    else:
        partial, file = claimed
    with file:
        try:
            yield partial, file
        except BaseException:
            if not is_kept:
                partial.discard()
            raise
        if sys.platform == "win32":
            file.close()  # Windows renames no open file
        # Before the claim ends, or somebody would write to the file in its new place.
        target.replace_by(partial.path)


def _claimed(partial: PartialFile) -> tuple[PartialFile, BinaryIO] | None:
    """Open the file, which is made if it is missing; return None if somebody else has it.

    Where the system or the file system knows no locks, everybody gets it.
    """
    while True:
        file = _opened(partial.path)
        try:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        except OSError:
            return partial._replace(size=os.fstat(file.fileno()).st_size), file
        with contextlib.suppress(FileNotFoundError):
            there = partial.path.stat()
            if os.path.samestat(there, os.fstat(file.fileno())):
                return partial._replace(size=there.st_size), file
        file.close()  # whoever had it has put it in its place in the meantime


class NotedFile:
    """Writes to a partial file and notes, every so many bytes, how far it has come."""

    NOTE_EVERY = 16 * 1024 * 1024

    def __init__(self, file: Any, partial: PartialFile, kept: int, digest: Any) -> None:
        """``digest`` is that of the bytes that were kept, behind which writing goes on."""
        self._file = file
        self._partial = partial
        self._length = self._noted = kept
        self._digest = digest

    def write(self, block: bytes) -> int:
        count: int = self._file.write(block)
        self._digest.update(block)
        self._length += len(block)
        if self._length - self._noted >= self.NOTE_EVERY:
            self.note()
        return count

    def note(self) -> None:
        """Note how far the file has come, if anything has."""
        if self._length:
            self._file.flush()
            self._partial.keep(self._length, self._digest.hexdigest())
            self._noted = self._length

    def forget(self) -> None:
        """Remove the note, as the file is whole."""
        if self._noted:
            self._partial.note.unlink(missing_ok=True)

    def hex_digest(self) -> str:
        """SHA-1 of the whole file so far, what was kept included."""
        digest: str = self._digest.hexdigest()
        return digest


def _beside(path: Path, token: str) -> Path:
    """Return a path in the same directory, with a token of its own; a note beside it can have a name as well."""
    name = os.fsencode(path.name)[:200].decode("utf-8", errors="ignore")
    return path.with_name(f".{name}.{token}{SUFFIX}")


class _Target(NamedTuple):
    """The path that is to be replaced: where a link leads, not the link. It is looked at once."""

    path: Path
    mode: int
    """That of what is there; 0 if nothing is, and whatever is wrong with the path is told when the file is made."""

    @classmethod
    def of(cls, path: Path, seen: int | None = None) -> _Target:
        """Look at a path, if nobody has.

        :raises DestinationIsADirectory: it is one.
        :raises DestinationDirectoryDoesntAllowOperation: it is a file that may not be written.
        """
        mode = mode_of(path) if seen is None else seen
        if stat.S_ISLNK(mode):
            path = path.resolve()
            mode = mode_of(path)
        if stat.S_ISDIR(mode):
            raise DestinationIsADirectory(f"{str(path)!r} is a directory")
        if mode and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise DestinationDirectoryDoesntAllowOperation(f"not allowed to write to {str(path)!r}")
        return cls(path, mode)

    def replace_by(self, beside: Path) -> None:
        if self.mode:
            beside.chmod(stat.S_IMODE(self.mode))
        try:
            beside.replace(self.path)
        except OSError as error:
            explain(self.path, error)
            raise


def _opened(path: Path) -> BinaryIO:
    """Open a file, which is made if it is missing, to be written from its beginning; what is in it stays."""
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | _O_BINARY, 0o666), "wb", _BUFFER_SIZE)
    except OSError as error:
        explain(path, error)
        raise
