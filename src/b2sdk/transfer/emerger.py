"""Making a file of its sources: what was planned is performed, as one upload, one copy, or parts of a large file.

What belongs here is which request follows which. What is decided on the way is decided by functions of values: of
``plan``, ``resume`` and ``copied_metadata``.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

from b2sdk import cancellation
from b2sdk.account_info.offering import offer
from b2sdk.exception import (
    B2Error,
    BadRequest,
    CopySourceTooBig,
    FileNotPresent,
)
from b2sdk.file_version import FileVersion
from b2sdk.http.overrides import patience, patience_of
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import LARGE_FILE_SHA1
from b2sdk.transfer.acknowledgement import accept_part, check_stored
from b2sdk.transfer.copied_metadata import (
    add_info,
    check_stated_sha1,
    depends_on_stored_size,
    describe_source,
    is_described,
    take_over_metadata,
)
from b2sdk.transfer.copy import CopyManager, complete_metadata
from b2sdk.transfer.download_description import get_stored_version
from b2sdk.transfer.expected_sha1s import Expect, Expected, Sha1s, WholeSha1, expect_unknown
from b2sdk.transfer.large_file import LargeFileServices, Part, UnfinishedLargeFile
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.part import CopyPart, Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import PartSource, expect_parts, make_source
from b2sdk.transfer.plan import plan, plan_stream
from b2sdk.transfer.pool import ThreadPoolMixin
from b2sdk.transfer.protocols import TransferClient
from b2sdk.transfer.resume import (
    Resumable,
    ResumeSearch,
    check_same_info,
    choose_cleanup,
    is_finished,
    is_overtaken,
    lower_case_names,
    pair_with_finished,
)
from b2sdk.transfer.source import AbstractUploadSource, CopySource
from b2sdk.transfer.task_group import TaskGroup
from b2sdk.transfer.upload import UploadManager
from b2sdk.transfer.write_intent import WriteIntent, check_intents
from b2sdk.values.new_file import NewFile
from b2sdk.values.responses import FILE_VERSION, PAGE_OF_FILES

logger: logging.Logger = logging.getLogger(__name__)

PLAN_ID = "plan_id"
"""File-info entry by which an unfinished file that is made of copies is recognized."""


class _Services(TransferClient, Protocol):
    large_file: LargeFileServices
    upload_manager: UploadManager
    copy_manager: CopyManager


class LargeFile(NamedTuple):
    """A file that is to be made in parts."""

    new_file: NewFile
    parts: Iterable[Expected]
    total: int | None
    """Bytes; ``None`` where the end is not known yet."""
    queue_limit: int | None = None
    """How many parts may be on their way or waiting; ``None`` for all of them."""
    is_kept: bool = True
    """Whether the unfinished file stays after a failure, to be resumed."""


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
        """Make a file all of whose sources are known; an unfinished file that is the beginning of it is resumed.

        :raises ValueError: the intents do not make a file, or the file to continue is not the beginning of this one.
        """
        intents = list(check_intents(write_intents))
        planned = plan(intents, limits)
        if not planned.is_large:
            _check_nothing_to_resume(continue_large_file_id)
            manager, send = self._prepare_request(new_file, planned.parts[0], progress_listener)
            with manager.slot():
                return send()
        if len(intents) == 1:
            expect_parts(intents[0].outbound_source, planned.parts)
        new_file = self._prepare(new_file, intents)
        sha1s = Sha1s(self._compute_sha1)
        plan_id = planned.plan_id(sha1s.compute)
        if plan_id is not None:
            new_file = add_info(new_file, PLAN_ID, plan_id)
        parts = self._expect_parts(new_file, intents, planned.parts, sha1s.expect)
        large = LargeFile(new_file, parts, planned.length)
        if continue_large_file_id is not None:
            resumed: Resumable | None = self._fetch_chosen(new_file, continue_large_file_id)
        else:
            search = ResumeSearch(new_file, planned.parts, sha1s.compute, by_plan_id=plan_id is not None)
            resumed = self._find_unfinished(new_file, search)
        return self._make_parts_and_finish(large, resumed, progress_listener)

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
        intents = check_intents(write_intents)
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
        """Make a file of parts that come one by one; two are taken before anything is sent."""
        first_parts = deque(islice(parts, 2))
        if len(first_parts) == 1:
            _check_nothing_to_resume(continue_large_file_id)
            manager, send = self._prepare_request(new_file, first_parts[0], progress_listener)
            with manager.slot():
                return send()
        if len(intents) == 1:
            first_parts.extend(parts)  # all of them: they are known as soon as their only source is
            expect_parts(intents[0].outbound_source, first_parts)
        prepared = self._prepare(new_file, intents)
        known = intents if len(intents) == 1 else []
        expected = self._expect_parts(prepared, known, chain(_drain(first_parts), parts), expect_unknown)
        large = LargeFile(prepared, expected, None, max_queue_size, is_kept)
        resumed = None if continue_large_file_id is None else self._fetch_chosen(prepared, continue_large_file_id)
        return self._make_parts_and_finish(large, resumed, progress_listener)

    def copy(
        self,
        new_file: NewFile,
        source: CopySource,
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
    ) -> FileVersion:
        """Copy a file: the whole of it in one request, if the service does not find it too big, else in parts."""
        if source.length:
            source = self._describe_source(source) if source.length > limits.maximum else source
            return self.make(new_file, [WriteIntent(source)], limits, progress_listener)
        copying = self.services.copy_manager
        try:
            with copying.slot():
                return copying.copy(new_file, source, progress_listener)
        except CopySourceTooBig as error:
            size = error.size or get_stored_version(self.services.api, source.file_id).size or 0
        whole = source.get_copy_source_range(0, size)
        whole.is_whole = True
        whole = self._describe_source(whole)
        logger.debug("copying %s in parts, as it has %d bytes", source.file_id, size)
        return self.make(new_file, [WriteIntent(whole)], limits, _KnownTotalListener(progress_listener))

    def _describe_source(self, source: CopySource) -> CopySource:
        """Return the source with its metadata and SHA-1, which a copy that is made in parts has to repeat."""
        if is_described(source):
            return source
        return describe_source(source, get_stored_version(self.services.api, source.file_id))

    # --- one request ---

    def _prepare_request(
        self, new_file: NewFile, part: PlannedPart, progress_listener: AbstractProgressListener
    ) -> tuple[ThreadPoolMixin, Callable[[], FileVersion]]:
        """Return what makes a file of one part, and whose slot it takes."""
        if isinstance(part, CopyPart):
            copying = self.services.copy_manager
            return copying, partial(
                copying.copy, complete_metadata(new_file), part.piece.as_copy_source(), progress_listener
            )
        sending = self.services.upload_manager
        return sending, partial(sending.send_file, new_file, self._make_source(part), progress_listener)

    def _make_source(self, part: UploadPart, sha1: str | None = None) -> AbstractUploadSource:
        return make_source(part, self.services.session, sha1)

    # --- parts ---

    def _prepare(self, new_file: NewFile, intents: list[WriteIntent]) -> NewFile:
        """Return the file with what a large one records of its content: the SHA-1 of the whole, copied metadata."""
        sha1 = new_file.large_file_sha1
        if len(intents) == 1:
            source = intents[0].outbound_source
            if isinstance(source, CopySource):
                check_stated_sha1(new_file, source)
                has_to_know = depends_on_stored_size(new_file, source)
                size = get_stored_version(self.services.api, source.file_id).size if has_to_know else None
                return take_over_metadata(new_file, source, size)
            sha1 = source.get_content_sha1() if sha1 is None else sha1
        return new_file if sha1 is None else add_info(new_file, LARGE_FILE_SHA1, sha1)

    def _compute_sha1(self, pieces: tuple[Piece, ...]) -> str:
        part = UploadPart(pieces)
        # A source of the program's own may not know its SHA-1 before it is sent.
        return self._make_source(part).get_content_sha1() or PartSource(part, self.services.session).get_content_sha1()

    def _expect_parts(
        self, new_file: NewFile, intents: list[WriteIntent], parts: Iterable[PlannedPart], otherwise: Expect
    ) -> Iterator[Expected]:
        """Return the parts with the SHA-1 of each, where the file records that of the whole and both can be known."""
        sha1 = lower_case_names(new_file.file_info or {}).get(LARGE_FILE_SHA1)
        if sha1 is None:
            return map(otherwise, parts)
        whole = WholeSha1(sha1, new_file.large_file_sha1 is not None, intents)
        return whole.expect_parts(parts, lambda part: self._make_source(part).open(), otherwise)

    def _make_parts_and_finish(
        self, large: LargeFile, resumed: Resumable | None, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        """Send or copy the parts that are missing and finish the file. After a failure it stays, to be resumed."""
        progress_listener.set_total_bytes(large.total or 0)
        file_id = self._start(large.new_file).file_id if resumed is None else resumed.file.file_id
        finished = {} if resumed is None else resumed.parts
        try:
            sha1s = self._make_parts(large, file_id, finished, LargeFileUploadState(progress_listener))
        except BaseException as error:
            cleanup = choose_cleanup(error, is_new=resumed is None, is_kept=large.is_kept)
            if cleanup is not None:
                self._drop(file_id, cleanup.seconds)
            raise
        finally:
            # They are good for no other file.
            offer(self.services.session.account_info.clear_large_file_upload_urls, file_id)
        response = self._finish_large_file(file_id, sha1s)
        check_stored(response, fileId=file_id, fileName=large.new_file.name, contentLength=large.total)
        return self.services.api.file_version_factory.from_api_response(response)

    def _drop(self, file_id: str, seconds: float | None) -> None:
        """Cancel the unfinished file if that is possible; why it is dropped is what the caller has to know.

        :param seconds: how long that may take at most.
        """
        try:
            with cancellation.shield(), patience() if seconds is None else patience_of(seconds):
                self.services.large_file.cancel_large_file(file_id)
        except B2Error as error:
            logger.warning("the unfinished file %s stays: %s", file_id, error)

    def _finish_large_file(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        """Finish the file, or find that it is finished, if that is why the request is rejected."""
        session = self.services.session
        try:
            finished: dict[str, Any] = session.finish_large_file(file_id, sha1s)
        except (BadRequest, FileNotPresent):
            found = self._look_up(file_id)
            if not is_finished(found, file_id):
                raise
            return found
        return finished

    def _look_up(self, file_id: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.services.session.get_file_info_by_id(file_id)
            FILE_VERSION.check(found)
        except B2Error:
            return {}
        return found

    def _make_parts(
        self, large: LargeFile, file_id: str, finished: dict[int, Part], state: LargeFileUploadState
    ) -> list[str]:
        """Make the parts that are not finished and return the SHA-1 of each part, in their order."""
        with TaskGroup[str](large.queue_limit, lambda reason: state.set_error(str(reason))) as group:
            for number, (part, sha1), stored_sha1 in pair_with_finished(large.parts, finished):
                if stored_sha1 is not None:
                    state.update_part_bytes(part.length)
                    group.add_result(stored_sha1)
                else:
                    pool, task = self._prepare_part(large.new_file, file_id, number, part, sha1, state)
                    group.submit(pool, task, partial(accept_part, sha1))
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

    def _prepare_part(
        self,
        new_file: NewFile,
        file_id: str,
        number: int,
        part: PlannedPart,
        expected: str | None,
        state: LargeFileUploadState,
    ) -> tuple[ThreadPoolMixin, Callable[[], dict[str, Any]]]:
        """Return what makes the part in the unfinished file, and returns the response, and the pool to do it in."""
        encryption = new_file.encryption
        if isinstance(part, CopyPart):
            copying, source = self.services.copy_manager, part.piece.as_copy_source()
            return copying, partial(copying.copy_into_part, file_id, source, number, state, encryption)
        sending, content = self.services.upload_manager, self._make_source(part, expected)
        send = sending._upload_part  # noqa: SLF001  # the name is known to programs
        return sending, partial(send, new_file.bucket_id, file_id, content, number, state, None, encryption)

    # --- resuming an unfinished file ---

    def _may_list_files(self) -> bool:
        return "listFiles" in self.services.session.account_info.get_allowed()["capabilities"]

    def _fetch_chosen(self, new_file: NewFile, file_id: str) -> Resumable:
        """Return the unfinished file that the caller names.

        :raises FileNotPresent: there is no such unfinished file.
        :raises ValueError: its file info is not that of the new file.
        """
        large_file = self.services.large_file
        unfinished = large_file.get_unfinished_large_file(new_file.bucket_id, file_id, prefix=new_file.name)
        if unfinished is None:
            raise FileNotPresent(file_id_or_name=file_id)
        check_same_info(unfinished, new_file)
        return Resumable(unfinished, self._list_parts(unfinished))

    def _list_parts(self, unfinished: UnfinishedLargeFile) -> dict[int, Part]:
        return {part.part_number: part for part in self.services.large_file.list_parts(unfinished.file_id)}

    def _find_unfinished(self, new_file: NewFile, search: ResumeSearch) -> Resumable | None:
        """Look for an unfinished file that is the beginning of the new one, and not overtaken by a newer version."""
        if not self._may_list_files():
            logger.debug("not looking for an unfinished file: the key may not list files")
            return None
        candidates = self.services.large_file.list_unfinished_large_files(new_file.bucket_id, prefix=new_file.name)
        for candidate in candidates:
            if search.is_candidate(candidate):
                search.compare(candidate, self._list_parts(candidate))
            if search.is_over:
                break
        best = search.best
        return None if best is None or is_overtaken(best.file, self._list_versions(new_file)) else best

    def _list_versions(self, new_file: NewFile) -> list[dict[str, Any]]:
        name = new_file.name
        page = self.services.session.list_file_versions(new_file.bucket_id, name, None, 100, name)
        PAGE_OF_FILES.check(page)
        versions: list[dict[str, Any]] = page["files"]
        return versions


class _KnownTotalListener(AbstractProgressListener):
    """A listener that has received a total already, and receives only the bytes."""

    def __init__(self, listener: AbstractProgressListener) -> None:
        super().__init__()
        self._listener = listener

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self._listener.bytes_completed(byte_count)


def _drain(parts: deque[PlannedPart]) -> Iterator[PlannedPart]:
    """Hand the parts over, so that nothing keeps the content of one that has been sent."""
    while parts:
        yield parts.popleft()


def _check_nothing_to_resume(large_file_id: str | None) -> None:
    if large_file_id is not None:
        raise ValueError("Cannot resume emerging single part plan.")
