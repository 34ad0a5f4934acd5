"""The file beside a target that a download is written to, and the checkpoint that says how much of it may be kept.

A target has one, whichever version is downloaded. So what a killed process has left is found by the next one, which
resumes or removes it. Who writes to it holds a lock, which ends with the process. Meanwhile others take the next one of
the same target.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import BinaryIO, NamedTuple

from b2sdk.interfaces import Digest
from b2sdk.stream.digest import IncrementalHexDigester
from b2sdk.transfer.local_file import raise_destination_error

if sys.platform != "win32":
    import fcntl

SUFFIX = ".b2part"
_CHECKPOINT_SUFFIX = ".json"
_UNFINISHED_CHECKPOINT_SUFFIX = ".json.new"
_SUFFIX_OF_B2SDK = ".b2.sync.tmp"
"""That of what a sync by b2sdk leaves when it is killed."""
_PARTIAL_NAME = re.compile(rf"\..*\.[0-9a-f]{{16}}{re.escape(SUFFIX)}(?:\.json(?:\.new)?)?", re.DOTALL)
_BUFFER_SIZE = 64 * 1024
_OPEN_FLAGS: int = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
"""The names can be predicted, so another user may have put a link there."""
_MOST_AT_A_TIME = 256
"""Downloads to one target; two hexadecimal digits number them."""


def is_partial_download(name: str) -> bool:
    """Whether a file is, by its name, a download that is not whole yet, or the checkpoint of one."""
    return name.endswith(_SUFFIX_OF_B2SDK) or (name.startswith(".") and _PARTIAL_NAME.fullmatch(name) is not None)


class PartialFile(NamedTuple):
    """The beginning of a file version that is downloaded. It has a checkpoint, unless it is empty."""

    path: Path
    version: str
    """Id of the version; empty if it is not to be resumed."""
    size: int = 0
    """Bytes that are in it, where it is claimed."""

    @classmethod
    def beside(cls, path: Path, version: str = "", number: int = 0) -> PartialFile:
        """Return the one of a target that has this number; numbers above 0 are for downloads at the same time."""
        return cls(Path(_make_name(_beginning_of_names(path), number)), version)

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint is."""
        return self.path.with_name(self.path.name + _CHECKPOINT_SUFFIX)

    def resume(self, file: BinaryIO) -> tuple[int, Digest]:
        """Leave in the open file the bytes that match the checkpoint, and return their number and their digest.

        They are read and compared with the checkpoint, which is written after the content, so that after a crash it
        never counts bytes that did not arrive. What is written to the file follows them.
        """
        if not self.size:
            return 0, hashlib.sha1()
        length, digest = self._verify_checkpoint()
        if not length:
            self._remove_checkpoint()
        file.seek(length)
        file.truncate()
        return length, digest

    def is_of_its_version(self) -> bool:
        """Whether what is there belongs to the version that is to be downloaded."""
        return bool(self.version) and self._read_checkpoint()[0] == self.version

    def _read_checkpoint(self) -> tuple[str, int, str]:
        """Return version, length and SHA-1; nothing of each if the checkpoint does not make sense."""
        try:
            checkpoint = json.loads(self.checkpoint.read_text(encoding="utf-8"))
            return str(checkpoint["version"]), int(checkpoint["length"]), str(checkpoint["sha1"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", 0, ""

    def _verify_checkpoint(self) -> tuple[int, Digest]:
        version, length, sha1 = self._read_checkpoint()
        if version == self.version and length > 0:
            with contextlib.suppress(OSError), self.path.open("rb") as file:
                digester = IncrementalHexDigester(file)
                if digester.update_from_stream(length) == sha1:
                    return length, digester.digest
        return 0, hashlib.sha1()

    def write_checkpoint(self, length: int, sha1: str) -> None:
        """Record that so many bytes have arrived, and their SHA-1."""
        written = self.path.with_name(self.path.name + _UNFINISHED_CHECKPOINT_SUFFIX)
        checkpoint = {"version": self.version, "length": length, "sha1": sha1}
        written.write_text(json.dumps(checkpoint), encoding="utf-8")
        written.replace(self.checkpoint)

    def discard(self) -> None:
        """Remove the file and its checkpoint; only who has claimed it may."""
        self._remove_checkpoint()
        self.path.unlink(missing_ok=True)

    def _remove_checkpoint(self) -> None:
        for suffix in (_CHECKPOINT_SUFFIX, _UNFINISHED_CHECKPOINT_SUFFIX):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


class CheckpointedFile:
    """Writes to a partial file and records, every so many bytes, how far it has come."""

    CHECKPOINT_EVERY = 16 * 1024 * 1024

    def __init__(self, file: BinaryIO, partial: PartialFile, kept: int, digest: Digest) -> None:
        """``digest`` is that of the ``kept`` bytes, after which writing continues."""
        self._file = file
        self._partial = partial
        self._length = self._checkpointed = kept
        self._digest = digest

    def write(self, block: bytes) -> int:
        count = self._file.write(block)
        self._digest.update(block)
        self._length += len(block)
        if self._length - self._checkpointed >= self.CHECKPOINT_EVERY:
            self.save_checkpoint()
        return count

    def save_checkpoint(self) -> None:
        """Record how far the file has come, if anything has arrived."""
        if self._length:
            self._file.flush()
            self._partial.write_checkpoint(self._length, self._digest.hexdigest())
            self._checkpointed = self._length

    def remove_checkpoint(self) -> None:
        """Remove the checkpoint, as the file is complete."""
        if self._checkpointed:
            self._partial.checkpoint.unlink(missing_ok=True)

    def hex_digest(self) -> str:
        """Return the SHA-1 of the whole file so far, what was kept included."""
        return self._digest.hexdigest()


# --- who has it ---


class Claim(NamedTuple):
    """A partial file that nobody else writes to while the file is open. Its place in the file is the beginning."""

    partial: PartialFile
    file: BinaryIO
    is_found_again: bool
    """Whether who comes next looks for it first."""


def claim(path: Path, version: str = "", rights: int = 0o666) -> Claim:
    """Make the partial file of a target, or take over what is left of it.

    What is left of the same version stays in it. What is left of others is removed, and so is what downloads left that
    ran while another one wrote to the target.

    :param rights: those that it gets, less the umask, if it is made.
    :raises DestinationError: it cannot be made; its subclasses say why.
    """
    beginning = _beginning_of_names(path)
    token = ""
    for number in range(_MOST_AT_A_TIME):
        partial = PartialFile(Path(_make_name(beginning, number)), version)
        try:
            claimed = _try_claim(partial, rights)
        except _NoLocksError:
            # Two processes may write to one file then, so only those share a name that write the same.
            if version:
                token = hashlib.sha1(version.encode()).hexdigest()[:16]
            break
        if claimed is not None:
            _remove_leftovers(beginning, number + 1)
            return Claim(*claimed, is_found_again=number == 0)
    name = f"{beginning.removesuffix(_digest_of(path.name))}{token or secrets.token_hex(8)}{SUFFIX}"
    partial = PartialFile(Path(name), version)
    file = _open(partial.path, rights, os.O_CREAT)
    return Claim(partial._replace(size=os.fstat(file.fileno()).st_size), file, is_found_again=bool(token))


def remove_unless_claimed(path: Path) -> None:
    """Remove a partial download or its checkpoint, unless it is being written.

    :raises OSError: it cannot be removed.
    """
    whose = str(path).removesuffix(_UNFINISHED_CHECKPOINT_SUFFIX).removesuffix(_CHECKPOINT_SUFFIX)
    if not whose.endswith(SUFFIX) or not os.path.lexists(whose):
        path.unlink(missing_ok=True)
    elif whose == str(path):  # a checkpoint goes with its file
        with _open(path) as file:
            try:
                is_free = _is_locked_by_us(file) and _is_there(path, os.fstat(file.fileno()))
            except _NoLocksError:
                file.close()  # Windows removes no open file, and none that another process has open
                is_free = True
            if is_free:
                PartialFile(path, "").discard()


class _NoLocksError(Exception):
    """The system or the file system knows no locks."""


def _try_claim(partial: PartialFile, rights: int) -> tuple[PartialFile, BinaryIO] | None:
    """Make the file, or open what is left of the same version; return None if it belongs to another."""
    while True:
        try:
            # What is not to be resumed is held open here, and written by other code: a buffer would take
            # a system call.
            buffering = _BUFFER_SIZE if partial.version else 0
            file, is_new = _open(partial.path, rights, os.O_CREAT | os.O_EXCL, buffering), True
        except FileExistsError:
            try:
                file, is_new = _open(partial.path), False
            except FileNotFoundError:
                continue  # it has just been put in its place
            except OSError:
                return None  # of another user, or no file
        try:
            if not _is_locked_by_us(file):
                file.close()
                return None
            status = os.fstat(file.fileno())
            if _is_there(partial.path, status):
                if is_new or (_is_ours(status) and partial.is_of_its_version()):
                    return PartialFile(partial.path, partial.version, status.st_size), file
                partial.discard()
        except _NoLocksError:
            file.close()
            if is_new:
                partial.path.unlink()
            raise
        except OSError:
            file.close()
            return None  # in a directory in which everybody removes only what is theirs
        file.close()


def _is_locked_by_us(file: BinaryIO) -> bool:
    """Lock the file until it is closed, unless it is locked already."""
    if sys.platform == "win32":
        raise _NoLocksError
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _NoLocksError from error
    return True


def _is_there(path: Path, status: os.stat_result) -> bool:
    """Whether the file is still at its path; who had it before may have put it in its place, or removed it."""
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return False
    return there.st_ino == status.st_ino and there.st_dev == status.st_dev


def _is_ours(status: os.stat_result) -> bool:
    """Whether the file is one to which nobody else has another way."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and status.st_uid == os.geteuid()


def _remove_leftovers(beginning: str, number: int) -> None:
    while number < _MOST_AT_A_TIME and os.access(path := _make_name(beginning, number), os.F_OK):
        with contextlib.suppress(OSError):
            remove_unless_claimed(Path(path))
        number += 1


def _open(path: Path, rights: int = 0o666, flags: int = 0, buffering: int = _BUFFER_SIZE) -> BinaryIO:
    """Open a file to be written from its beginning; what is in it stays."""
    try:
        return os.fdopen(os.open(path, _OPEN_FLAGS | flags, rights), "wb", buffering)
    except FileExistsError:
        raise
    except OSError as error:
        if flags:
            raise_destination_error(path, error)
        raise


# --- names ---


def _beginning_of_names(path: Path) -> str:
    """Return what the names of all partial files of a target begin with, short enough for those of checkpoints."""
    name = path.name
    # Of a long name, only the beginning is readable: that of a checkpoint has to fit any file system.
    is_usual = len(name) <= 100 and name.isascii()
    readable = name if is_usual else os.fsencode(name)[:100].decode("utf-8", errors="ignore")
    return f"{str(path).removesuffix(name)}.{readable}.{_digest_of(name)}"


def _digest_of(name: str) -> str:
    return hashlib.sha1(os.fsencode(name)).hexdigest()[:14]


def _make_name(beginning: str, number: int) -> str:
    return f"{beginning}{number:02x}{SUFFIX}"
