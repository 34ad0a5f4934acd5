"""Making a file of its sources: one upload, one copy, or the parts of a large file, and which request follows which.

It is one flow (see :mod:`b2sdk.blocking`) for every client. What belongs here says what is done, one step after the
other; how a step is done is up to the client (:class:`~b2sdk.transfer.making_steps.MakingSteps`). What is decided on
the way is decided by functions of values: of ``plan``, ``resume``, ``copied_metadata`` and ``expected_sha1s``.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import chain, islice
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from typing_extensions import Self, override

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.offering import offer
from b2sdk.exception import B2Error, BadRequest, CopySourceTooBig, FileNotPresent
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import LARGE_FILE_SHA1
from b2sdk.transfer.acknowledgement import check_stored
from b2sdk.transfer.copied_metadata import (
    StoredVersion,
    add_info,
    check_stated_sha1,
    depends_on_stored_size,
    describe_source,
    is_described,
    take_over_metadata,
)
from b2sdk.transfer.copy import complete_metadata
from b2sdk.transfer.expected_sha1s import Expect, Expectations, Sha1s, choose_expectations, expect_unknown
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.making_steps import MakingSteps
from b2sdk.transfer.part import CopyPart, PlannedPart, UploadPart
from b2sdk.transfer.part_source import expect_parts
from b2sdk.transfer.plan import Plan, plan, plan_stream
from b2sdk.transfer.resume import (
    Resumable,
    ResumeSearch,
    check_same_info,
    choose_cleanup,
    is_finished,
    is_overtaken,
    lower_case_names,
    sha1_of_made,
)
from b2sdk.transfer.source import AbstractUploadSource, CopySource
from b2sdk.transfer.write_intent import WriteIntent, check_intents
from b2sdk.values.new_file import NewFile
from b2sdk.values.responses import FILE_VERSION, PAGE_OF_FILES

logger: logging.Logger = logging.getLogger(__name__)

V = TypeVar("V", bound=StoredVersion)
"""A file version, as the client has them."""
_Coming: TypeAlias = PlannedPart | AbstractUploadSource
"""A part, or a source that is to be one."""
_NONE: Final[Iterator[_Coming]] = iter(())

PLAN_ID: Final = "plan_id"
"""File-info entry by which an unfinished file that is made of copies is recognized."""
MOST_WAITING: Final = 100
"""How many parts of a stream of intents may be on their way or waiting."""


class FileMaking(Generic[V]):
    """Makes files."""

    def __init__(self, steps: MakingSteps[V]) -> None:
        self._steps = steps

    async def make(
        self,
        new_file: NewFile,
        write_intents: Iterable[WriteIntent],
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None = None,
    ) -> V:
        """Make a file all of whose sources are known; an unfinished file that is the beginning of it is resumed.

        :raises ValueError: the intents do not make a file, or the file to continue is not the beginning of this one.
        """
        # To plan one takes no time. Of others there may be many, or the program does something for each.
        if isinstance(write_intents, list) and len(write_intents) == 1:
            intents, planned = plan_file(write_intents, limits, continue_large_file_id)
        else:
            intents, planned = await self._steps.read(plan_file, write_intents, limits, continue_large_file_id)
        return await self.make_planned(new_file, intents, planned, progress_listener, continue_large_file_id)

    async def make_planned(
        self,
        new_file: NewFile,
        intents: Sequence[WriteIntent],
        planned: Plan,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None,
    ) -> V:
        """Make a file as :func:`plan_file` has planned it."""
        if not planned.is_large:
            return await self._make_at_once(new_file, planned.parts[0], progress_listener)
        if len(intents) == 1:
            expect_parts(intents[0].outbound_source, planned.parts)
        new_file = await self._prepare(new_file, intents)
        sha1s = Sha1s()
        plan_id = await self._steps.read(planned.plan_id, sha1s.compute)
        if plan_id is not None:
            new_file = add_info(new_file, PLAN_ID, plan_id)
        expectations = _expect(new_file, intents, planned.parts, sha1s.expect)
        parts = _PartsInOrder(self._steps, planned.parts)
        large = _LargeFile(new_file, parts, expectations, planned.length)
        if continue_large_file_id is not None:
            resumed: Resumable | None = await self._fetch_chosen(new_file, continue_large_file_id)
        else:
            search = ResumeSearch(new_file, planned.parts, sha1s.compute, by_plan_id=plan_id is not None)
            resumed = await self._find_unfinished(new_file, search)
        return await self._make_parts_and_finish(large, resumed, progress_listener)

    async def make_of_stream(
        self,
        new_file: NewFile,
        write_intents: Iterable[WriteIntent],
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None = None,
        max_queue_size: int = MOST_WAITING,
    ) -> V:
        """Make a file whose sources come one by one, sorted by offset."""
        intents = check_intents(write_intents)
        first_intents = await self._steps.read(list, islice(intents, 2))
        planned = plan_stream(chain(first_intents, intents), limits)
        parts = _PartsInOrder(self._steps, (), planned)
        return await self._make_of_parts(
            new_file, parts, first_intents, progress_listener, continue_large_file_id, max_queue_size
        )

    async def make_of_buffers(
        self,
        new_file: NewFile,
        buffers: Iterator[AbstractUploadSource] | AsyncIterator[AbstractUploadSource],
        progress_listener: AbstractProgressListener,
        max_queue_size: int,
        is_kept: bool = True,
        length: int | None = None,
    ) -> V:
        """Make a file whose content comes in buffers, each of which is a part.

        :param is_kept: whether something of it stays after a failure.
        :param length: of the whole content, where that is known.
        """
        parts = _PartsInOrder(self._steps, (), buffers)
        return await self._make_of_parts(new_file, parts, [], progress_listener, None, max_queue_size, is_kept, length)

    async def _make_of_parts(
        self,
        new_file: NewFile,
        parts: _PartsInOrder,
        intents: list[WriteIntent],
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None,
        max_queue_size: int,
        is_kept: bool = True,
        length: int | None = None,
    ) -> V:
        """Make a file of parts that come one by one, once it is known whether there is more than one."""
        if await parts.is_one():
            _check_nothing_to_resume(continue_large_file_id)
            return await self._make_at_once(new_file, parts.ahead.popleft(), progress_listener)
        if len(intents) == 1:
            await parts.look_ahead()  # all of them: they are known as soon as their only source is
            expect_parts(intents[0].outbound_source, parts.ahead)
        prepared = await self._prepare(new_file, intents)
        expectations = _expect(prepared, intents if len(intents) == 1 else [], parts.ahead, expect_unknown)
        large = _LargeFile(prepared, parts, expectations, length, max_queue_size, is_kept)
        resumed = None if continue_large_file_id is None else await self._fetch_chosen(prepared, continue_large_file_id)
        return await self._make_parts_and_finish(large, resumed, progress_listener)

    async def copy(
        self,
        new_file: NewFile,
        source: CopySource,
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
    ) -> V:
        """Copy a file: the whole of it in one request, if the service does not find it too big, else in parts."""
        if source.length:
            source = await self._describe_source(source) if source.length > limits.maximum else source
            return await self.make(new_file, [WriteIntent(source)], limits, progress_listener)
        try:
            return await self._steps.copy(new_file, source, progress_listener)
        except CopySourceTooBig as error:
            size = error.size
        return await self.copy_in_parts(new_file, source, size, limits, progress_listener)

    async def copy_in_parts(
        self,
        new_file: NewFile,
        source: CopySource,
        size: int | None,
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
    ) -> V:
        """Copy the whole of a file that was found too big for one request. The listener has received a total already.

        :param size: bytes, as the service says; ``None`` if it does not.
        """
        if not size:
            size = (await self._steps.describe(source.file_id)).size or 0
        whole = source.get_copy_source_range(0, size)
        whole.is_whole = True
        whole = await self._describe_source(whole)
        logger.debug("copying %s in parts, as it has %d bytes", source.file_id, size)
        return await self.make(new_file, [WriteIntent(whole)], limits, _KnownTotalListener(progress_listener))

    async def _describe_source(self, source: CopySource) -> CopySource:
        """Return the source with its metadata and SHA-1, which a copy that is made in parts has to repeat."""
        if is_described(source):
            return source
        return describe_source(source, await self._steps.describe(source.file_id))

    async def _make_at_once(
        self, new_file: NewFile, part: PlannedPart, progress_listener: AbstractProgressListener
    ) -> V:
        if isinstance(part, CopyPart):
            source = part.piece.as_copy_source()
            return await self._steps.copy(complete_metadata(new_file), source, progress_listener)
        return await self._steps.upload(new_file, part, progress_listener)

    # --- parts ---

    async def _prepare(self, new_file: NewFile, intents: Sequence[WriteIntent]) -> NewFile:
        """Return the file with what a large one records of its content: the SHA-1 of the whole, copied metadata."""
        sha1 = new_file.large_file_sha1
        if len(intents) == 1:
            source = intents[0].outbound_source
            if isinstance(source, CopySource):
                check_stated_sha1(new_file, source)
                has_to_know = depends_on_stored_size(new_file, source)
                size = (await self._steps.describe(source.file_id)).size if has_to_know else None
                return take_over_metadata(new_file, source, size)
            sha1 = await self._steps.read(source.get_content_sha1) if sha1 is None else sha1
        return new_file if sha1 is None else add_info(new_file, LARGE_FILE_SHA1, sha1)

    async def _make_parts_and_finish(
        self, large: _LargeFile, resumed: Resumable | None, progress_listener: AbstractProgressListener
    ) -> V:
        """Send or copy the parts that are missing and finish the file. After a failure it stays, to be resumed."""
        steps = self._steps
        progress_listener.set_total_bytes(large.total or 0)
        file_id = (await steps.start(large.new_file)).file_id if resumed is None else resumed.file.file_id
        finished = {} if resumed is None else resumed.parts
        try:
            sha1s = await self._make_parts(large, file_id, finished, LargeFileUploadState(progress_listener))
        except BaseException as error:
            cleanup = choose_cleanup(error, is_new=resumed is None, is_kept=large.is_kept)
            if cleanup is not None:
                await self._drop(file_id, cleanup.seconds)
            raise
        finally:
            # They are good for no other file.
            await self._steps.session.ask(offer, steps.session.account_info.clear_large_file_upload_urls, file_id)
        response = await self._finish(file_id, sha1s)
        check_stored(response, fileId=file_id, fileName=large.new_file.name, contentLength=large.total)
        return steps.read_version(response)

    async def _make_parts(
        self, large: _LargeFile, file_id: str, finished: dict[int, Part], state: LargeFileUploadState
    ) -> list[str]:
        """Make the parts that are not finished and return the SHA-1 of each part, in their order."""
        number = 0
        async with self._steps.make_parts(large.new_file, file_id, state, large.queue_limit) as tasks:
            while (planned := await tasks.next_of(large.parts)) is not None:
                number += 1
                part, sha1 = await self._steps.read(large.expectations.expect, planned)
                stored_sha1 = sha1_of_made(finished.get(number), part, sha1)
                if stored_sha1 is not None:
                    state.update_part_bytes(part.length)
                    tasks.add_made(stored_sha1)
                elif isinstance(part, CopyPart):
                    await tasks.copy(number, part.piece.as_copy_source(), sha1)
                else:
                    await tasks.upload(number, part, sha1)
                del planned, part  # so that nothing keeps it while the next one is awaited, perhaps for its memory
            large.expectations.check()
            return await tasks.sha1s()

    async def _finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        """Finish the file, or find that it is finished, if that is why the request is rejected."""
        try:
            return await self._steps.finish(file_id, sha1s)
        except (BadRequest, FileNotPresent):
            found = await self._look_up(file_id)
            if not is_finished(found, file_id):
                raise
            return found

    async def _look_up(self, file_id: str) -> dict[str, Any]:
        try:
            found = await self._steps.look_up(file_id)
            FILE_VERSION.check(found)
        except B2Error:
            return {}
        return found

    async def _drop(self, file_id: str, seconds: float | None) -> None:
        """Cancel the unfinished file if that is possible; why it is dropped is what the caller has to know."""
        try:
            await self._steps.cancel(file_id, seconds)
        except B2Error as error:
            logger.warning("the unfinished file %s stays: %s", file_id, error)

    # --- resuming an unfinished file ---

    async def _fetch_chosen(self, new_file: NewFile, file_id: str) -> Resumable:
        """Return the unfinished file that the caller names.

        :raises FileNotPresent: there is no such unfinished file.
        :raises ValueError: its file info is not that of the new file.
        """
        unfinished = await self._steps.find_unfinished(new_file.bucket_id, file_id, new_file.name)
        if unfinished is None:
            raise FileNotPresent(file_id_or_name=file_id)
        check_same_info(unfinished, new_file)
        return Resumable(unfinished, await self._list_parts(unfinished))

    async def _list_parts(self, unfinished: UnfinishedLargeFile) -> dict[int, Part]:
        return {part.part_number: part async for part in self._steps.list_parts(unfinished.file_id)}

    async def _find_unfinished(self, new_file: NewFile, search: ResumeSearch) -> Resumable | None:
        """Look for an unfinished file that is the beginning of the new one, and not overtaken by a newer version."""
        if not await self._steps.session.ask(may_list_files, self._steps.session.account_info):
            logger.debug("not looking for an unfinished file: the key may not list files")
            return None
        async with aclosing(self._steps.list_unfinished(new_file.bucket_id, new_file.name)) as candidates:
            async for candidate in candidates:
                if search.is_candidate(candidate):
                    await self._steps.read(search.compare, candidate, await self._list_parts(candidate))
                if search.is_over:
                    break
        best = search.best
        return None if best is None or is_overtaken(best.file, await self._list_versions(new_file)) else best

    async def _list_versions(self, new_file: NewFile) -> list[dict[str, Any]]:
        page = await self._steps.list_versions(new_file.bucket_id, new_file.name)
        PAGE_OF_FILES.check(page)
        versions: list[dict[str, Any]] = page["files"]
        return versions


def plan_file(
    write_intents: Iterable[WriteIntent], limits: PartLimits, continue_large_file_id: str | None
) -> tuple[list[WriteIntent], Plan]:
    """Return the intents, checked, and the parts of the file that they make.

    :raises TypeError: something among the intents is none.
    :raises ValueError: see :meth:`FileMaking.make`.
    """
    intents = list(check_intents(write_intents))
    planned = plan(intents, limits)
    if not planned.is_large:
        _check_nothing_to_resume(continue_large_file_id)
    return intents, planned


def _check_nothing_to_resume(large_file_id: str | None) -> None:
    if large_file_id is not None:
        raise ValueError("Cannot resume emerging single part plan.")


def may_list_files(account_info: AbstractAccountInfo) -> bool:
    """Whether the key may look for unfinished files."""
    return "listFiles" in account_info.get_allowed()["capabilities"]


def _expect(
    new_file: NewFile, intents: Sequence[WriteIntent], parts: Sequence[PlannedPart], otherwise: Expect
) -> Expectations:
    """Return what is expected of the parts, where the file records the SHA-1 of the whole and theirs can be known."""
    recorded = lower_case_names(new_file.file_info or {}).get(LARGE_FILE_SHA1)
    return choose_expectations(recorded, new_file.large_file_sha1 is not None, intents, parts, otherwise)


@runtime_checkable
class Foreseen(Protocol):
    """Sources that are known to be the last before others would be made, which may have to wait for those."""

    async def is_over(self) -> bool:
        """Whether no other comes."""


class _PartsInOrder(AsyncIterator[PlannedPart]):
    """The parts of a file: those that are known, then those that come one by one, such as buffers of a stream.

    They are handed over, so that nothing keeps the content of one that has been sent.
    """

    def __init__(
        self,
        steps: MakingSteps[StoredVersion],
        known: Iterable[PlannedPart],
        coming: Iterator[_Coming] | AsyncIterator[_Coming] = _NONE,
    ) -> None:
        self.ahead: deque[PlannedPart] = deque(known)
        """Those that have come and have not been taken."""
        self._steps = steps
        self._coming = coming

    async def look_ahead(self, count: int | None = None) -> None:
        """Let so many parts come, if there are so many; ``None`` for all of them."""
        while count is None or len(self.ahead) < count:
            try:
                self.ahead.append(await self._take())
            except StopAsyncIteration:
                return

    async def is_one(self) -> bool:
        """Whether there is one part and no other."""
        await self.look_ahead(1)
        if isinstance(self._coming, Foreseen):
            return len(self.ahead) == 1 and await self._coming.is_over()
        await self.look_ahead(2)
        return len(self.ahead) == 1

    @override
    def __aiter__(self) -> Self:
        return self

    @override
    async def __anext__(self) -> PlannedPart:
        return self.ahead.popleft() if self.ahead else await self._take()

    async def _take(self) -> PlannedPart:
        come: _Coming | None
        if isinstance(self._coming, AsyncIterator):
            come = await self._coming.__anext__()
        else:
            come = await self._steps.read(_next_of, self._coming)
            if come is None:
                raise StopAsyncIteration
        return come if isinstance(come, UploadPart | CopyPart) else UploadPart.whole(come)


def _next_of(items: Iterator[_Coming]) -> _Coming | None:
    return next(items, None)


class _LargeFile(NamedTuple):
    """A file that is to be made in parts."""

    new_file: NewFile
    parts: _PartsInOrder
    expectations: Expectations
    total: int | None
    """Bytes; ``None`` where the end is not known yet."""
    queue_limit: int | None = None
    """How many parts may be on their way or waiting; ``None`` for all of them."""
    is_kept: bool = True
    """Whether the unfinished file stays after a failure, to be resumed."""


class _KnownTotalListener(AbstractProgressListener):
    """A listener that has received a total already, and receives only the bytes."""

    def __init__(self, listener: AbstractProgressListener) -> None:
        super().__init__()
        self._listener = listener

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self._listener.bytes_completed(byte_count)
