"""The classes of fsspec that others derive from here. It has no types; checkers are to know those of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class AsyncFileSystem:
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
else:
    from fsspec.asyn import AsyncFileSystem
    from fsspec.spec import AbstractBufferedFile

__all__ = ["AbstractBufferedFile", "AsyncFileSystem"]
