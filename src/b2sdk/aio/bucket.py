"""A bucket in an event loop, and what can be done with the files in it; what makes, describes or reads one is in
``aio/stored_files.py``, and what makes links in ``aio/links.py``.

What is decided about them is decided in :mod:`b2sdk.bucket`; what belongs here awaits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from b2sdk import bucket
from b2sdk.aio.bulk import BulkRun, awaited
from b2sdk.aio.file_version import FileVersion
from b2sdk.aio.links import AwaitedLinks
from b2sdk.aio.listings import Ahead, first_of, items, list_parts, list_unfinished
from b2sdk.aio.stored_files import StoredFiles
from b2sdk.aio.verbs import verb
from b2sdk.bucket import BucketDescription, find_by_id
from b2sdk.bulk.steps import BucketSteps
from b2sdk.bulk.verbs import BulkVerbs
from b2sdk.bulk.work import Task, Work
from b2sdk.exception import BucketIdNotFound
from b2sdk.file_version import FileIdAndName
from b2sdk.listing import Lister
from b2sdk.name_ranges.reading import Workers
from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.stored_files.checks import check_hidden, is_described
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.values.filter import Filter
from b2sdk.values.name_range import ALL_NAMES, NameRange
from b2sdk.values.notification import NotificationRuleResponse

if TYPE_CHECKING:
    from b2sdk.aio.api import B2Api


class Bucket(StoredFiles, AwaitedLinks, BulkVerbs[BulkRun], BucketDescription["B2Api"]):
    """A bucket as it was when the service described it; :meth:`get_fresh_state` asks again.

    The verbs are those of :class:`b2sdk.v3.Bucket`, and are awaited; listings are asynchronous generators.
    """

    _IS_AWAITED: ClassVar[bool] = True
    if TYPE_CHECKING:
        api: B2Api

    @verb(bucket.Bucket.as_dict)
    async def as_dict(self) -> dict[str, Any]:
        return self._described(await self.api.get_account_id())

    # --- the bucket itself ---

    @verb(bucket.Bucket.get_fresh_state)
    async def get_fresh_state(self) -> Bucket:
        try:
            return find_by_id(await self.api.list_buckets(bucket_id=self.id_), self.id_)
        except BucketIdNotFound:
            await self.api.session.ask(self.api.session.forget_bucket, self.id_)
            raise

    @verb(bucket.Bucket.set_info)
    async def set_info(self, new_bucket_info: dict[str, str], if_revision_is: int | None = None) -> Bucket:
        return await self.update(bucket_info=new_bucket_info, if_revision_is=if_revision_is)

    @verb(bucket.Bucket.set_type)
    async def set_type(self, bucket_type: str) -> Bucket:
        return await self.update(bucket_type=bucket_type)

    @verb(bucket.Bucket.update)
    async def update(self, *args: Any, **kwargs: Any) -> Bucket:
        account_id, session = await self.api.get_account_id(), self.api.session
        response = await session.call(AbstractRawApi.update_bucket, account_id, self.id_, *args, **kwargs)
        return self.api.BUCKET_FACTORY_CLASS.from_api_bucket_dict(self.api, response)

    @verb(bucket.Bucket.get_notification_rules)
    async def get_notification_rules(self) -> list[NotificationRuleResponse]:
        return await self.api.session.call(AbstractRawApi.get_bucket_notification_rules, self.id_)

    @verb(bucket.Bucket.set_notification_rules)
    async def set_notification_rules(self, *args: Any, **kwargs: Any) -> list[NotificationRuleResponse]:
        return await self.api.session.call(AbstractRawApi.set_bucket_notification_rules, self.id_, *args, **kwargs)

    @verb(bucket.Bucket.exists)
    async def exists(self, file_name: str, *, or_hidden: bool = False) -> bool:
        if or_hidden:
            return await first_of(self.list_file_versions(file_name, fetch_count=1)) is not None
        return await is_described(self.get_file_info_by_name(file_name))

    # --- listings ---

    @verb(bucket.Bucket.list_file_versions)
    def list_file_versions(
        self, file_name: str, fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT
    ) -> AsyncGenerator[FileVersion, None]:
        return items(self._lister().versions_of(file_name, fetch_count))

    @verb(bucket.Bucket.ls)
    def ls(
        self,
        path: str = "",
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        *,
        prefetch: bool = False,
        workers: int = 1,
        names: NameRange = ALL_NAMES,
        in_order: bool = True,
    ) -> AsyncGenerator[tuple[FileVersion, str | None], None]:
        return items(
            self._lister().ls(
                path,
                latest_only,
                recursive,
                fetch_count,
                with_wildcard,
                filters,
                Ahead if prefetch else None,
                Workers(Ahead, asyncio.Condition, workers),
                names,
                in_order,
            )
        )

    def _lister(self) -> Any:
        """Return what lists with versions of this factory."""
        call: Any = self.api.session.call
        names, versions = (
            partial(call, AbstractRawApi.list_file_names),
            partial(call, AbstractRawApi.list_file_versions),
        )
        return Lister(names, versions, self.id_, self.api.file_version_factory)

    # --- large files that are not finished ---

    @verb(bucket.Bucket.list_parts)
    def list_parts(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Part, None]:
        return list_parts(self.api.session, *args, **kwargs)

    @verb(bucket.Bucket.list_unfinished_large_files)
    def list_unfinished_large_files(self, *args: Any, **kwargs: Any) -> AsyncGenerator[UnfinishedLargeFile, None]:
        return list_unfinished(self.api.session, self.id_, *args, **kwargs)

    @verb(bucket.Bucket.cancel_large_file)
    async def cancel_large_file(self, file_id: str) -> FileIdAndName:
        return await self.api.cancel_large_file(file_id)

    # --- hiding and deleting ---

    @verb(bucket.Bucket.hide_file)
    async def hide_file(self, file_name: str) -> FileVersion:
        response = await self.api.session.call(AbstractRawApi.hide_file, self.id_, file_name)
        return self.api.file_version_factory.from_api_response(response)

    @verb(bucket.Bucket.unhide_file)
    async def unhide_file(self, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        newest = await first_of(self.list_file_versions(file_name, fetch_count=1))
        marker = check_hidden(newest, self.name, file_name)
        return await self.delete_file_version(marker.id_, file_name, bypass_governance)

    @verb(bucket.Bucket.delete_file_version)
    async def delete_file_version(self, *args: Any, **kwargs: Any) -> FileIdAndName:
        return await self.api.delete_file_version(*args, **kwargs)

    # --- many files ---

    def _steps(self, workers: int) -> BucketSteps:
        return BucketSteps(self, awaited, self._lister(), Workers(Ahead, asyncio.Condition, workers))

    def _make_run(self, tasks: AsyncGenerator[Task, None], workers: int) -> BulkRun:
        return BulkRun(Work(tasks, workers), workers)


class BucketFactory(bucket.BucketFactory):
    """Makes buckets of the service's JSON."""

    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket  # type: ignore[assignment]  # its verbs are awaited

    if TYPE_CHECKING:

        @classmethod
        def from_api_response(cls, api: B2Api, response: Mapping[str, Any]) -> list[Bucket]: ...  # type: ignore[override]
        @classmethod
        def from_api_bucket_dict(cls, api: B2Api, bucket_dict: Mapping[str, Any]) -> Bucket: ...  # type: ignore[override]
