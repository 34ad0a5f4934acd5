"""The classes of Django that others derive from here. It has no types; checkers are to know those of this package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

    class File:
        """What Django's storages open and save."""

        file: Any
        name: str | None
        mode: str

        def __init__(self, file: Any, name: str | None = None) -> None: ...
        @property
        def closed(self) -> bool: ...
        @property
        def size(self) -> int: ...
        def chunks(self, chunk_size: int | None = None) -> Iterator[Any]: ...
        def close(self) -> None: ...
        def seek(self, offset: int, whence: int = 0, /) -> int: ...
        def seekable(self) -> bool: ...
        def read(self, size: int | None = -1, /) -> Any: ...
        def open(self, mode: str | None = None) -> Any: ...
        def write(self, data: Any, /) -> int: ...
        def __enter__(self) -> Self: ...
        def __exit__(
            self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
        ) -> None: ...

    class InMemoryUploadedFile(File):
        """What a browser has sent, if it is small."""

    class TemporaryUploadedFile(File):
        """What a browser has sent, if it is large."""

        def temporary_file_path(self) -> str: ...

    class Storage:
        """Where Django keeps files."""

        def open(self, name: str, mode: str = "rb") -> Any: ...
        def save(self, name: str | None, content: Any, max_length: int | None = None) -> str: ...
        def get_available_name(self, name: str, max_length: int | None = None) -> str: ...
        def get_alternative_name(self, file_root: str, file_ext: str) -> str: ...
        def get_valid_name(self, name: str) -> str: ...
        def generate_filename(self, filename: str) -> str: ...
        def path(self, name: str) -> str: ...

    class ManifestFilesMixin(Storage):
        """Names files by their content."""

        manifest_name: str
        manifest_strict: bool
        manifest_storage: Any

        def __init__(self, *args: Any, manifest_storage: Any = None, **kwargs: Any) -> None: ...
        def load_manifest(self) -> tuple[dict[str, str], str]: ...
        def save_manifest(self) -> None: ...
        def post_process(self, paths: Any, dry_run: bool = False, **options: Any) -> Iterable[Any]: ...

    class AppConfig:
        """An application of a project."""

        name: str
        label: str
        verbose_name: str

    class CollectStatic:
        """Django's command ``collectstatic``."""

        storage: Any
        dry_run: bool
        unmodified_files: list[str]

        def collect(self) -> dict[str, list[str]]: ...
        def delete_file(self, path: str, prefixed_path: str, source_storage: Any) -> bool: ...
        def log(self, msg: str, level: int = 2) -> None: ...
else:
    from django.apps import AppConfig
    from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
    from django.contrib.staticfiles.storage import ManifestFilesMixin
    from django.core.files.base import File
    from django.core.files.storage import Storage
    from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile

__all__ = [
    "AppConfig",
    "CollectStatic",
    "File",
    "InMemoryUploadedFile",
    "ManifestFilesMixin",
    "Storage",
    "TemporaryUploadedFile",
]
