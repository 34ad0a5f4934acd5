"""What a client does in its own way when it makes a file, in threads or in tasks of an event loop.

Which step follows which is not known here; it is in :mod:`b2sdk.transfer.making`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ParamSpec, Protocol, TypeVar

from b2sdk.progress import AbstractProgressListener
from b2sdk.session_state import SessionState
from b2sdk.transfer.copied_metadata import StoredVersion
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.part import PlannedPart, UploadPart
from b2sdk.transfer.source import CopySource
from b2sdk.values.new_file import NewFile

_P = ParamSpec("_P")
_R = TypeVar("_R")
V_co = TypeVar("V_co", bound=StoredVersion, covariant=True)
"""A file version, as the client has them."""


class PartTasks(Protocol):
    """The parts of one large file that are being made, at the same time.

    After the first failure no other part is started, and ``set_error`` of the state of the large file stops those on
    their way. Leaving the context with an exception is such a failure too. When it has been left, none is being made.
    """

    async def next_of(self, parts: AsyncIterator[PlannedPart]) -> PlannedPart | None:
        """Return the part that comes next, ``None`` if none does.

        Raises the first failure of the parts before it, while it is awaited if it comes from elsewhere.
        """

    async def upload(self, number: int, part: UploadPart, sha1: str | None) -> None:
        """Start to upload a part, once there is room; its SHA-1 is what ``accept_part(sha1, response)`` returns.

        What is in the service is downloaded for it. Nothing keeps its content when it has been sent.

        Raises the first failure of the parts before it.
        """

    async def copy(self, number: int, source: CopySource, sha1: str | None) -> None:
        """Start to copy a part within the service; as above."""

    def add_made(self, sha1: str) -> None:
        """Add the next part, which is in the service already."""

    async def sha1s(self) -> list[str]:
        """Wait for all parts and return their SHA-1s in the order in which they were started or added.

        Raises the first failure.
        """


class MakingSteps(Protocol[V_co]):
    """What a client does in its own way. Steps raise the errors of the endpoints that they call."""

    @property
    def session(self) -> SessionState:
        """What asks the account info."""

    async def read(self, call: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call what may read content that is here, or take the time that a program's own iterator takes."""

    def read_version(self, response: dict[str, Any]) -> V_co:
        """Return the version that a response describes."""

    async def upload(self, new_file: NewFile, part: UploadPart, progress_listener: AbstractProgressListener) -> V_co:
        """Upload a file in one request."""

    async def copy(self, new_file: NewFile, source: CopySource, progress_listener: AbstractProgressListener) -> V_co:
        """Copy a file in one request."""

    async def describe(self, file_id: str) -> V_co:
        """Ask for a version, and check that it is this one."""

    async def look_up(self, file_id: str) -> dict[str, Any]:
        """Ask for a version; return the response as it is."""

    async def list_versions(self, bucket_id: str, file_name: str) -> dict[str, Any]:
        """Return the first page of versions from this name on, whose names begin with it."""

    def list_unfinished(self, bucket_id: str, prefix: str) -> AsyncGenerator[UnfinishedLargeFile, None]:
        """Yield the unfinished files whose names begin so."""

    async def find_unfinished(self, bucket_id: str, file_id: str, prefix: str) -> UnfinishedLargeFile | None:
        """Return the unfinished file with this id, if there is one whose name begins so."""

    def list_parts(self, file_id: str) -> AsyncGenerator[Part, None]:
        """Yield the parts that the service has of an unfinished file."""

    async def start(self, new_file: NewFile) -> UnfinishedLargeFile:
        """Start a large file."""

    def make_parts(
        self, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None
    ) -> AbstractAsyncContextManager[PartTasks]:
        """Return what makes parts of an unfinished file.

        :param limit: how many may be on their way or waiting; ``None`` for all of them.
        """

    async def finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        """Finish a large file; return the response as it is."""

    async def cancel(self, file_id: str, seconds: float | None) -> None:
        """Cancel an unfinished file, even where the work that it belongs to has been cancelled.

        :param seconds: how long that may take at most; ``None`` is as long as any call.
        """
