"""The classes of fsspec that others derive from here. It has no types; checkers are to know those of this package."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class CachedClass(type):
        """The class of classes of filesystems; calling one returns what the same call returned before."""

    class AsyncFileSystem(metaclass=CachedClass):
        """Has any attribute."""

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        def __reduce__(self) -> tuple[Any, ...]: ...
        @classmethod
        def clear_instance_cache(cls) -> None: ...
        def glob(self, path: Any, maxdepth: int | None = None, **kwargs: Any) -> Any: ...
        def open(self, path: Any, *args: Any, **kwargs: Any) -> Any: ...
        def to_dict(self, *, include_password: bool = True) -> dict[str, Any]: ...

    class AbstractBufferedFile:
        """Has any attribute."""

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...

    class BaseCache:
        """Calls ``fetcher`` with where a range begins and where it ends, without the byte there."""

        size: int
        hit_count: int
        miss_count: int
        total_requested_bytes: int
        fetcher: Callable[[int, int], bytes]

        def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int) -> None: ...

    class Transaction:
        """Has any attribute."""

        files: deque[Any]
        fs: Any

        def __init__(self, fs: Any, **kwargs: Any) -> None: ...
else:
    from fsspec.asyn import AsyncFileSystem
    from fsspec.caching import BaseCache
    from fsspec.spec import AbstractBufferedFile
    from fsspec.transaction import Transaction

    CachedClass = type(AsyncFileSystem)

__all__ = ["AbstractBufferedFile", "AsyncFileSystem", "BaseCache", "CachedClass", "Transaction"]
