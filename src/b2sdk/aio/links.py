"""The links to the files of a bucket, in an event loop. What becomes of a verb is decided in :mod:`b2sdk.links`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, override

from b2sdk import bucket
from b2sdk.aio.verbs import verb
from b2sdk.links import BrowserUpload, PresignedUrls
from b2sdk.links.verbs import FileLinks

if TYPE_CHECKING:
    from b2sdk.aio.api import B2Api


class AwaitedLinks:
    """The links to the files of a bucket."""

    if TYPE_CHECKING:
        api: B2Api
    id_: str
    name: str | None
    type_: str | None

    @verb(bucket.Bucket.get_download_authorization)
    async def get_download_authorization(self, *args: Any, **kwargs: Any) -> str:
        token: str = await self._links.get_download_authorization(*args, **kwargs)
        return token

    @verb(bucket.Bucket.presigned_url)
    async def presigned_url(self, *args: Any, **kwargs: Any) -> str:
        url: str = await self._links.presigned_url(*args, **kwargs)
        return url

    @verb(bucket.Bucket.presigned_urls)
    async def presigned_urls(self, *args: Any, **kwargs: Any) -> PresignedUrls:
        urls: PresignedUrls = await self._links.presigned_urls(*args, **kwargs)
        return urls

    @verb(bucket.Bucket.presigned_s3_url)
    async def presigned_s3_url(self, *args: Any, **kwargs: Any) -> str:
        url: str = await self._links.presigned_s3_url(*args, **kwargs)
        return url

    @verb(bucket.Bucket.allow_browser_uploads)
    async def allow_browser_uploads(self, *args: Any, **kwargs: Any) -> Self:
        allowing: Self = await self._links.allow_browser_uploads(*args, **kwargs)
        return allowing

    @verb(bucket.Bucket.browser_upload)
    async def browser_upload(self, *args: Any, **kwargs: Any) -> BrowserUpload:
        upload: BrowserUpload = await self._links.browser_upload(*args, **kwargs)
        return upload

    @property
    def _links(self) -> Any:
        return _Flows(self)


class _Flows(FileLinks):
    """The verbs that block, which return what is awaited."""

    def __init__(self, of: AwaitedLinks) -> None:
        self.api, self.id_, self.name, self.type_ = of.api, of.id_, of.name, of.type_

    @override
    def _perform(self, flow: Coroutine[Any, Any, Any]) -> Any:
        return flow
