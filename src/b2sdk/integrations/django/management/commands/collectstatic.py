"""Django's ``collectstatic``, which plans its changes if the storage can, and decides by content what to upload."""

from __future__ import annotations

from typing import Any

from b2sdk.integrations.django.static import B2StaticFilesStorage
from b2sdk.integrations.django.untyped import CollectStatic


class Command(CollectStatic):
    """Does the same as Django's with any other storage."""

    def collect(self) -> dict[str, list[str]]:
        if not isinstance(self.storage, B2StaticFilesStorage):
            return super().collect()
        with self.storage.collecting():
            return super().collect()

    def delete_file(self, path: str, prefixed_path: str, source_storage: Any) -> bool:
        """Return whether a file is to be copied: whether its content differs, whatever the times say."""
        if not isinstance(self.storage, B2StaticFilesStorage):
            return super().delete_file(path, prefixed_path, source_storage)
        with source_storage.open(path) as content:
            is_unchanged = self.storage.is_unchanged(prefixed_path, content)
        if is_unchanged:
            self.unmodified_files.append(prefixed_path)
            self.log(f"Skipping '{path}' (not modified)")
        return not is_unchanged
