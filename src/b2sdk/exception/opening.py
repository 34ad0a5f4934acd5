"""What opening a file raises besides what calls raise: errors that Python's own ``open`` has, too.

They are none of the public names, which are those of b2sdk: programs catch them by what they derive from.
"""

from __future__ import annotations

from errno import ENOENT

from b2sdk.exception.service import FileNotPresent


class NoFileToOpen(FileNotPresent, FileNotFoundError):
    """There is no file to open; for programs that open local files as well."""

    errno: int | None = ENOENT
    strerror: str | None = "No such file or directory"

    @property
    def filename(self) -> str | None:
        """The name in the bucket."""
        return self.file_id_or_name
