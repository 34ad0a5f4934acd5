"""Making a file of its sources: what was planned is performed, as one upload, one copy, or parts of a large file."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

from b2sdk.exception import B2Error, BadRequest, CopySourceTooBig, FileNotPresent, check_text, reading
from b2sdk.file_version import FileVersion
from b2sdk.progress import AbstractProgressListener
from b2sdk.transfer.client import TransferClient
from b2sdk.transfer.copy import CopyManager, with_metadata_of
from b2sdk.transfer.engine import TaskGroup
from b2sdk.transfer.large_file import LargeFileServices, Part, UnfinishedLargeFile
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.part import CopyPart, Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import expect_parts, source_of
from b2sdk.transfer.plan import plan, plan_stream
from b2sdk.transfer.resume import finished_parts, info_sent, noted, refusal
from b2sdk.transfer.source import AbstractUploadSource, CopySource
from b2sdk.transfer.state import LargeFileUploadState
from b2sdk.transfer.upload import UploadManager
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.new_file import AUTO_CONTENT_TYPE, NewFile
from b2sdk.vocabulary import LARGE_FILE_SHA1

logger: logging.Logger = logging.getLogger(__name__)

PLAN_ID = "plan_id"
"""File-info entry by which an unfinished file that is made of copies is recognized."""


class _Services(TransferClient, Protocol):
    large_file: LargeFileServices
    upload_manager: UploadManager
    copy_manager: CopyManager


class Planned(NamedTuple):
    """A file that is to be made in parts."""

    new_file: NewFile
    parts: Iterable[PlannedPart]
    total: int | None
    """Bytes; ``None`` where the end is not known yet."""
    queue_limit: int | None = None
    """How many parts may be on their way or waiting; ``None`` for all of them."""
    is_kept: bool = True
    """Whether the unfinished file stays after a failure, to be gone on with."""


class Emerger:
    """Makes files for one session."""

    DEFAULT_STREAMING_MAX_QUEUE_SIZE = 100

    def __init__(self, services: _Services) -> None:
        self.services = services

    def make(
        self,
        new_file: NewFile,
        write_intents: Iterable[WriteIntent],
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None = None,
    ) -> FileVersion:
        """Make a file all of whose sources are known; an unfinished file that was begun so is gone on with.

        :raises ValueError: the intents do not make a file, or the file to continue is not the beginning of this one.
        """
        intents = list(write_intents)
        planned = plan(intents, limits)
        if not planned.is_large:
            _refuse_to_continue(continue_large_file_id)
            return self._make_whole(new_file, planned.parts[0], progress_listener)
        if len(intents) == 1:
            expect_parts(intents[0].outbound_source, planned.parts)
        new_file = self._prepared(new_file, intents)
        plan_id = planned.plan_id(self._sha1_of)
        if plan_id is not None:
            new_file = _with_info(new_file, PLAN_ID, plan_id)
        large = Planned(new_file, planned.parts, planned.length)
        if continue_large_file_id is not None:
            chosen = self._chosen(new_file, continue_large_file_id)
            return self._finish(large, chosen, self._listed_parts(chosen), progress_listener)
        unfinished, finished = self._found(new_file, planned.parts, by_plan_id=plan_id is not None)
        return self._finish(large, unfinished, finished, progress_listener)

    def make_of_stream(
        self,
        new_file: NewFile,
        write_intents: Iterable[WriteIntent],
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None = None,
        max_queue_size: int = DEFAULT_STREAMING_MAX_QUEUE_SIZE,
    ) -> FileVersion:
        """Make a file whose sources come one by one, sorted by offset."""
        intents = iter(write_intents)
        first_intents = list(islice(intents, 2))
        parts = plan_stream(chain(first_intents, intents), limits)
        return self._make_of_parts(
            new_file, parts, first_intents, progress_listener, continue_large_file_id, max_queue_size
        )

    def make_of_buffers(
        self,
        new_file: NewFile,
        buffers: Iterator[AbstractUploadSource],
        progress_listener: AbstractProgressListener,
        max_queue_size: int,
        is_kept: bool = True,
    ) -> FileVersion:
        """Make a file whose content comes in buffers, each of which is a part.

        Unless ``is_kept``, nothing of it stays after a failure.
        """
        parts = map(UploadPart.whole, buffers)
        return self._make_of_parts(new_file, parts, [], progress_listener, None, max_queue_size, is_kept)

    def _make_of_parts(
        self,
        new_file: NewFile,
        parts: Iterator[PlannedPart],
        intents: list[WriteIntent],
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None,
        max_queue_size: int,
        is_kept: bool = True,
    ) -> FileVersion:
        """Make a file of parts that come one by one; two are asked for before anything is sent."""
        first_parts = deque(islice(parts, 2))
        if len(first_parts) == 1:
            _refuse_to_continue(continue_large_file_id)
            return self._make_whole(new_file, first_parts[0], progress_listener)
        large = Planned(
            self._prepared(new_file, intents), chain(_emptied(first_parts), parts), None, max_queue_size, is_kept
        )
        unfinished = finished = None
        if continue_large_file_id is not None:
            unfinished = self._chosen(large.new_file, continue_large_file_id)
            finished = self._listed_parts(unfinished)
        return self._finish(large, unfinished, finished or {}, progress_listener)

    def copy(
        self,
        new_file: NewFile,
        source: CopySource,
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
    ) -> FileVersion:
        """Copy a file: the whole of it in one request, if the service does not find it too big, else in parts."""
        if source.length:
            source = self._described(new_file, source) if source.length > limits.maximum else source
            return self.make(new_file, [WriteIntent(source)], limits, progress_listener)
        copying = self.services.copy_manager
        try:
            with copying.turn():
                return copying.copy(new_file, source, progress_listener)
        except CopySourceTooBig as error:
            size = error.size or self.services.api.get_file_info(source.file_id).size or 0
        whole = self._described(new_file, source.get_copy_source_range(0, size))
        logger.debug("copying %s in parts, as it has %d bytes", source.file_id, size)
        return self.make(new_file, [WriteIntent(whole)], limits, _WithKnownTotal(progress_listener))

    def _described(self, new_file: NewFile, source: CopySource) -> CopySource:
        """Return the source with its metadata, which a copy that is made in parts has to repeat."""
        known = source.source_file_info is not None and source.source_content_type is not None
        if known or new_file.content_type is not None:
            return source
        version = self.services.api.get_file_info(source.file_id)
        return CopySource(
            source.file_id,
            offset=source.offset,
            length=source.length,
            encryption=source.encryption,
            source_file_info=version.file_info,
            source_content_type=version.content_type,
        )

    # --- one request ---

    def _make_whole(
        self, new_file: NewFile, part: PlannedPart, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        if isinstance(part, CopyPart):
            if new_file.file_info and new_file.content_type is None:
                new_file = new_file._replace(content_type=AUTO_CONTENT_TYPE)
            elif new_file.content_type is not None and new_file.file_info is None:
                new_file = new_file._replace(file_info={})
            elif new_file.content_type is None:
                new_file = new_file._replace(file_info=None)
            copying = self.services.copy_manager
            with copying.turn():
                return copying.copy(new_file, part.piece.as_copy_source(), progress_listener)
        sending = self.services.upload_manager
        with sending.turn():
            return sending.send_file(new_file, self._source(part), progress_listener)

    def _source(self, part: UploadPart) -> Any:
        return source_of(part, self.services.session)

    # --- parts ---

    def _prepared(self, new_file: NewFile, intents: list[WriteIntent]) -> NewFile:
        """Return the file with what a large one notes of its content: the SHA-1 of the whole, the copied metadata."""
        sha1 = new_file.large_file_sha1
        if len(intents) == 1:
            source = intents[0].outbound_source
            new_file = with_metadata_of(new_file, source) if isinstance(source, CopySource) else new_file
            sha1 = source.get_content_sha1() if sha1 is None else sha1
        return new_file if sha1 is None else _with_info(new_file, LARGE_FILE_SHA1, sha1)

    def _sha1_of(self, pieces: tuple[Piece, ...]) -> str:
        sha1: str = self._source(UploadPart(pieces)).get_content_sha1()
        return sha1

    def _finish(
        self,
        large: Planned,
        unfinished: UnfinishedLargeFile | None,
        finished: dict[int, Part],
        progress_listener: AbstractProgressListener,
    ) -> FileVersion:
        """Send or copy the parts that are missing and finish the file. After a failure it stays, to be continued."""
        progress_listener.set_total_bytes(large.total or 0)
        if unfinished is None:
            unfinished = self._start(large.new_file)
        try:
            sha1s = self._performed(large, unfinished.file_id, finished, LargeFileUploadState(progress_listener))
        except BaseException:
            if not large.is_kept:
                self._drop(unfinished.file_id)
            raise
        finally:
            # They are good for no other file.
            self.services.session.account_info.clear_large_file_upload_urls(unfinished.file_id)
        answer = self._finished(unfinished.file_id, sha1s)
        return self.services.api.file_version_factory.from_api_response(answer)

    def _drop(self, file_id: str) -> None:
        """Cancel the unfinished file if that is possible; why it is dropped is what the caller has to know."""
        try:
            self.services.large_file.cancel_large_file(file_id)
        except B2Error as error:
            logger.warning("the unfinished file %s stays: %s", file_id, error)

    def _finished(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        """Finish the file. If that is refused because it is finished, the answer to an earlier attempt was lost."""
        session = self.services.session
        try:
            finished: dict[str, Any] = session.finish_large_file(file_id, sha1s)
        except (BadRequest, FileNotPresent):
            found = self._looked_up(file_id)
            if found.get("action") != "upload":
                raise
            return found
        return finished

    def _looked_up(self, file_id: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.services.session.get_file_info_by_id(file_id)
        except B2Error:
            return {}
        return found

    def _performed(
        self, large: Planned, file_id: str, finished: dict[int, Part], state: LargeFileUploadState
    ) -> list[str]:
        """Make the parts that are not finished and return the SHA-1 of each part, in their order."""
        with TaskGroup[str](large.queue_limit, lambda reason: state.set_error(str(reason))) as group:
            for number, part in enumerate(large.parts, 1):
                if number in finished and finished[number].content_length == part.length:
                    state.update_part_bytes(part.length)
                    group.add_result(finished[number].content_sha1)
                else:
                    copies = isinstance(part, CopyPart)
                    pool = self.services.copy_manager if copies else self.services.upload_manager
                    group.submit(pool, self._task(large.new_file, file_id, number, part, state))
            return group.results()

    def _start(self, new_file: NewFile) -> UnfinishedLargeFile:
        return self.services.large_file.start_large_file(
            new_file.bucket_id,
            new_file.name,
            new_file.content_type,
            new_file.file_info or {},
            encryption=new_file.encryption,
            file_retention=new_file.file_retention,
            legal_hold=new_file.legal_hold,
            custom_upload_timestamp=new_file.custom_upload_timestamp,
        )

    def _task(
        self, new_file: NewFile, file_id: str, number: int, part: CopyPart | UploadPart, state: LargeFileUploadState
    ) -> Callable[[], str]:
        """Return what makes the part in the unfinished file, and returns its SHA-1."""

        def perform() -> str:
            if isinstance(part, CopyPart):
                answer = self.services.copy_manager.copy_into_part(
                    file_id, part.piece.as_copy_source(), number, state, new_file.encryption
                )
            else:
                answer = self.services.upload_manager.send_part(
                    new_file.bucket_id, file_id, self._source(part), number, state, new_file.encryption
                )
            with reading("a part"):
                check_text(answer["contentSha1"])
            sha1: str = answer["contentSha1"]
            return sha1

        return perform

    # --- going on with an unfinished file ---

    def _may_list_files(self) -> bool:
        return "listFiles" in self.services.session.account_info.get_allowed()["capabilities"]

    def _chosen(self, new_file: NewFile, file_id: str) -> UnfinishedLargeFile:
        """Return the unfinished file that the caller names.

        :raises FileNotPresent: there is no such unfinished file.
        :raises ValueError: its file info is not that of the new file.
        """
        unfinished = self.services.large_file.get_unfinished_large_file(
            new_file.bucket_id, file_id, prefix=new_file.name
        )
        if unfinished is None:
            raise FileNotPresent(file_id_or_name=file_id)
        if noted(unfinished.file_info or {}) != info_sent(new_file):
            raise ValueError("Cannot manually resume unfinished large file with different file_info")
        return unfinished

    def _listed_parts(self, unfinished: UnfinishedLargeFile) -> dict[int, Part]:
        return {part.part_number: part for part in self.services.large_file.list_parts(unfinished.file_id)}

    def _found(
        self, new_file: NewFile, parts: tuple[PlannedPart, ...], by_plan_id: bool
    ) -> tuple[UnfinishedLargeFile | None, dict[int, Part]]:
        """Look for an unfinished file that is the beginning of this one; without a plan id the first one is taken."""
        best: tuple[UnfinishedLargeFile | None, dict[int, Part]] = None, {}
        if not self._may_list_files():
            logger.debug("not looking for an unfinished file: the key may not list files")
            return best
        candidates = self.services.large_file.list_unfinished_large_files(new_file.bucket_id, prefix=new_file.name)
        for candidate in candidates:
            if candidate.file_name != new_file.name:
                continue
            reason = refusal(candidate, new_file, by_plan_id)
            finished = None if reason else finished_parts(self._listed_parts(candidate), parts, self._sha1_of)
            if finished is None:
                logger.debug("Rejecting %s: %s", candidate.file_id, reason or "its parts are not those of this file")
            elif best[0] is None or len(finished) > len(best[1]):
                best = candidate, finished
                if not by_plan_id:
                    break
        if best[0] is not None and self._is_overtaken(best[0]):
            logger.debug("Rejecting %s: the file would end up behind a version that is newer", best[0].file_id)
            return None, {}
        return best

    def _is_overtaken(self, unfinished: UnfinishedLargeFile) -> bool:
        """Whether the file has been written or hidden since: a large file counts as uploaded when it was started."""
        name = unfinished.file_name
        answer = self.services.session.list_file_versions(unfinished.bucket_id, name, None, 100, name)
        with reading("a listing of versions"):
            newer = (one for one in answer["files"] if one["fileName"] == name and one["action"] != "start")
            newest = next(newer, None)
            return newest is not None and newest["uploadTimestamp"] > (unfinished.upload_timestamp or 0)


class _WithKnownTotal(AbstractProgressListener):
    """A listener that has been told a total already, and is to learn the bytes only."""

    def __init__(self, listener: AbstractProgressListener) -> None:
        super().__init__()
        self._listener = listener

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self._listener.bytes_completed(byte_count)


def _emptied(parts: deque[PlannedPart]) -> Iterator[PlannedPart]:
    """Hand the parts over, so that nothing keeps the content of one that has been sent."""
    while parts:
        yield parts.popleft()


def _refuse_to_continue(large_file_id: str | None) -> None:
    if large_file_id is not None:
        raise ValueError("Cannot resume emerging single part plan.")


def _with_info(new_file: NewFile, name: str, value: str) -> NewFile:
    return new_file._replace(file_info={**(new_file.file_info or {}), name: value})
