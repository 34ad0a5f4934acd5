"""What transfers need of the client that they belong to, and of its pools, so that they need not know more."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeAlias, TypeVar

from typing_extensions import ParamSpec

from b2sdk.file_version import DownloadVersionFactory, FileVersionFactory
from b2sdk.session import B2Session

P = ParamSpec("P")
R = TypeVar("R")

AnyFile: TypeAlias = Any
"""A file to write to, in methods that programs override: each has its own idea of one."""
AnyResponse: TypeAlias = Any
"""A :class:`~b2sdk.interfaces.DownloadResponse`, in methods that programs override: they may expect one of requests."""


class Describing(Protocol):
    """What makes objects of what the service describes."""

    @property
    def file_version_factory(self) -> FileVersionFactory: ...
    @property
    def download_version_factory(self) -> DownloadVersionFactory: ...


class TransferApi(Describing, Protocol):
    """The account that the files are in."""

    @property
    def session(self) -> B2Session: ...


class TransferClient(Protocol):
    """What the transfers of one account share."""

    api: TransferApi
    session: B2Session


class Pool(Protocol):
    """What runs tasks: a thread pool of this package, an executor of :mod:`concurrent.futures`, or a program's own."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...
