"""Buckets of v0: files are listed page by page, as the service says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk.docstrings import documented
from b2sdk.v1 import bucket as v1

if TYPE_CHECKING:
    from b2sdk.v0.api import B2Api
    from b2sdk.v2.inherited import parameters_of


@documented
class Bucket(v1.Bucket):
    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        api: B2Api

        @parameters_of(v1.Bucket.get_fresh_state)
        def get_fresh_state(self) -> Bucket: ...

    def list_file_names(
        self, start_filename: str | None = None, max_entries: int | None = None, prefix: str | None = None
    ) -> dict[str, Any]:
        """Return a page of the newest versions, and where the next one begins: ``files`` and ``nextFileName``."""
        page: dict[str, Any] = self.api.session.list_file_names(self.id_, start_filename, max_entries, prefix)
        return page

    @override
    def list_file_versions(  # type: ignore[override]  # a page of all files
        self,
        start_filename: str | None = None,
        start_file_id: str | None = None,
        max_entries: int | None = None,
        prefix: str | None = None,
    ) -> dict[str, Any]:
        """Return a page of all versions; where the next one begins is ``nextFileName`` and ``nextFileId``.

        :param start_file_id: the first version of ``start_filename`` that is listed; ``None`` is its newest.
        """
        page: dict[str, Any] = self.api.session.list_file_versions(
            self.id_, start_filename, start_file_id, max_entries, prefix
        )
        return page


class BucketFactory(v1.BucketFactory):
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
