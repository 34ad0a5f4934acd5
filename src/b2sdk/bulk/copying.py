"""Copying many files: what is copied, what of it is there already, and one task for each file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple, TypeAlias

from b2sdk.bulk.events import Action, BulkEvent, Outcome
from b2sdk.bulk.steps import BucketSteps, each, version_of_item
from b2sdk.bulk.work import Task
from b2sdk.exception import FileAlreadyHidden, FileNotPresent
from b2sdk.exception.bulk import OverlappingPrefixes
from b2sdk.file_version import BaseFileVersion, FileIdAndName, FileVersion
from b2sdk.protocol_constants import LARGE_FILE_SHA1, SRC_LAST_MODIFIED_MILLIS
from b2sdk.transfer.making import PLAN_ID
from b2sdk.values.encryption import EncryptionSetting, without_key_id
from b2sdk.values.file_name import problem_as_stored_name

Source: TypeAlias = BaseFileVersion | FileIdAndName | tuple[str, str] | str
"""A version, as an object or as ``(name, id)``; or a name, which stands for its newest version."""

HIDDEN: Final = "hide"
_OF_THE_COPY: Final = (LARGE_FILE_SHA1, PLAN_ID)
"""File info that a copy made in parts may have, and its source not."""


def is_copy(version: BaseFileVersion, of: BaseFileVersion) -> bool:
    """Whether a version is what a copy of the other one would be: the same content, content type and file info.

    Where the SHA-1 of one of them is not known, as that of a large file may be, the content counts as the same if the
    size and a time of modification in the file info are.
    """
    if _is_marker(of) or _is_marker(version):
        return _is_marker(of) and _is_marker(version)
    if (version.size, version.content_type, _info(version)) != (of.size, of.content_type, _info(of)):
        return False
    sha1, sha1_of = version.get_content_sha1(), of.get_content_sha1()
    if sha1 is None or sha1_of is None:
        return SRC_LAST_MODIFIED_MILLIS in _info(of)
    return sha1 == sha1_of


def _is_marker(version: BaseFileVersion) -> bool:
    return isinstance(version, FileVersion) and version.action == HIDDEN


def _info(version: BaseFileVersion) -> dict[str, str]:
    """Return the file info, but for what a copy may have of its own."""
    info = {name.lower(): value for name, value in without_key_id(version.file_info).items()}
    return {name: value for name, value in info.items() if name not in _OF_THE_COPY}


def check_prefixes(bucket_id: str, prefix: str, new_bucket_id: str, new_prefix: str) -> None:
    """Check that what is written is not read, nor the other way round.

    :raises OverlappingPrefixes: one of the prefixes begins with the other, in one bucket.
    """
    is_overlapping = prefix.startswith(new_prefix) or new_prefix.startswith(prefix)
    if bucket_id == new_bucket_id and is_overlapping:
        raise OverlappingPrefixes(
            f"files below {prefix!r} cannot be copied to {new_prefix!r}, as one contains the other"
        )


class Copying(NamedTuple):
    """How files are copied."""

    steps: BucketSteps
    """The bucket that has them."""
    destination: BucketSteps
    dry_run: bool
    skip_copied: bool
    source_encryption: EncryptionSetting | None
    destination_encryption: EncryptionSetting | None

    async def of_pairs(self, pairs: Iterable[object] | AsyncIterable[object]) -> AsyncGenerator[Task, None]:
        """Yield a task for each pair.

        :raises TypeError: a pair is none of a source and a name.
        :raises ValueError: a source is in another bucket.
        """
        async with aclosing(each(pairs)) as taken:
            async for pair in taken:
                if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], str)):
                    raise TypeError(f"(source, new name) is copied, not {type(pair).__name__}")
                yield CopyGiven(self, *pair)

    async def of_prefix(self, prefix: str, new_prefix: str) -> AsyncGenerator[Task, None]:
        """Yield a task for the newest version of each visible file below a prefix."""
        async with aclosing(self.pairs(prefix, new_prefix, latest_only=True)) as pairs:
            async for versions, existing in pairs:
                new_name = new_prefix + versions[0].file_name[len(prefix) :]
                yield CopyListed(self, versions[0], new_name, existing[0] if existing else None)

    async def pairs(
        self, prefix: str, new_prefix: str, *, latest_only: bool
    ) -> AsyncGenerator[tuple[list[FileVersion], list[FileVersion]], None]:
        """Yield the versions of each name below a prefix, newest first, with those of the new name."""
        there = self.destination.names_below(new_prefix, latest_only=latest_only)
        async with (
            aclosing(self.steps.names_below(prefix, latest_only=latest_only)) as names,
            aclosing(there) as others,
        ):
            other: list[FileVersion] | None = []
            async for versions in names:
                relative = versions[0].file_name[len(prefix) :]
                while other is not None and (not other or other[0].file_name[len(new_prefix) :] < relative):
                    other = await anext(others, None) if self.skip_copied else None
                is_same = other is not None and other[0].file_name[len(new_prefix) :] == relative
                yield versions, other if other is not None and is_same else []

    async def copy(self, version: BaseFileVersion | None, file_id: str, new_name: str) -> BaseFileVersion:
        """Copy a version; what is known of it saves requests."""
        bucket = self.destination.bucket
        copy: BaseFileVersion = await self.steps.call(
            bucket.copy,
            file_id,
            new_name,
            source_encryption=self.source_encryption,
            destination_encryption=self.destination_encryption,
            source_file_info=None if version is None else version.file_info,
            source_content_type=None if version is None else version.content_type,
        )
        return copy

    async def hide(self, new_name: str) -> str | None:
        """Hide a name; return the id of the marker, ``None`` if the name cannot be seen anyway."""
        try:
            marker = await self.steps.call(self.destination.bucket.hide_file, new_name)
        except (FileAlreadyHidden, FileNotPresent):
            return None
        file_id: str = marker.id_
        return file_id


def check_new_name(name: str) -> None:
    """Check the name of a copy, also where nothing is sent.

    :raises ValueError: no file may have it.
    """
    problem = problem_as_stored_name(name)
    if problem is not None:
        raise ValueError(problem)


class _CopyFile(Task):
    """Copies one version."""

    def __init__(self, copying: Copying, name: str, new_name: str) -> None:
        self._copying = copying
        self._name = name
        self._new_name = new_name
        self._id: str | None = None
        self._version: BaseFileVersion | None = None

    async def find(self) -> BaseFileVersion | None:
        """Say what is copied; return what has the name of the copy already."""
        raise NotImplementedError

    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        copying = self._copying
        check_new_name(self._new_name)
        existing = await self.find()
        if existing is not None and self._version is not None and is_copy(existing, self._version):
            events.append(self.event(Outcome.ALREADY_DONE, new_file_id=existing.id_))
        elif copying.dry_run:
            events.append(self.event(Outcome.WOULD_DO))
        elif self._id is not None:
            copy = await copying.copy(self._version, self._id, self._new_name)
            events.append(self.event(Outcome.DONE, new_file_id=copy.id_))
        return ()

    def event(self, outcome: Outcome, error: Exception | None = None, *, new_file_id: str | None = None) -> BulkEvent:
        size = None if self._version is None else self._version.size
        return BulkEvent(Action.COPY, outcome, self._name, self._id, size, error, self._new_name, new_file_id)


class CopyListed(_CopyFile):
    """Copies a version that was listed, with what was listed at the destination."""

    def __init__(self, copying: Copying, version: FileVersion, new_name: str, existing: FileVersion | None) -> None:
        super().__init__(copying, version.file_name, new_name)
        self._id, self._version, self._existing = version.id_, version, existing

    async def find(self) -> BaseFileVersion | None:
        return self._existing


class CopyGiven(_CopyFile):
    """Copies what a program gave, and looks up what is not known."""

    def __init__(self, copying: Copying, source: object, new_name: str) -> None:
        name, self._id_given, version = version_of_item(source, copying.steps.bucket.id_, "copied")
        super().__init__(copying, name, new_name)
        self._id, self._version = self._id_given, version

    async def find(self) -> BaseFileVersion | None:
        copying = self._copying
        if self._id is None:
            newest = await copying.steps.newest(self._name)
            if newest is None or newest.action == HIDDEN:
                raise FileNotPresent(file_id_or_name=self._name)
            self._id, self._version = newest.id_, newest
        if not copying.skip_copied:
            return None
        existing = await copying.destination.newest(self._new_name)
        if existing is not None and self._version is None:
            self._version = await copying.steps.call(copying.steps.bucket.get_file_info_by_id, self._id)
        return existing
