"""The verbs of a bucket that make links. What they do is spelled as flows, which either client performs."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from typing_extensions import Unpack

from b2sdk import blocking
from b2sdk.docstrings import documented
from b2sdk.links.arguments import check_linked_name
from b2sdk.links.overrides import ResponseOverrides, read_overrides
from b2sdk.links.presigned import PresignedUrls, presign
from b2sdk.session_state import SessionState
from b2sdk.stored_files.checks import known_name
from b2sdk.values.argument import arguments_checked

T = TypeVar("T")


class LinkingApi(Protocol):
    """What links need of the API that a bucket came from."""

    @property
    def session(self) -> SessionState: ...


@documented
class FileLinks:
    """The links to the files of a bucket."""

    api: LinkingApi
    id_: str
    name: str | None
    type_: str | None

    @arguments_checked
    def presigned_url(
        self,
        file_name: str,
        seconds: int,
        *,
        download_url: str | None = None,
        allow_active_content: bool = False,
        **overrides: Unpack[ResponseOverrides],
    ) -> str:
        """Return a URL with which a file can be downloaded without a key, whether or not it exists.

        It makes one call, which needs the capability ``shareFiles``, and none for a bucket that is known to be public
        if nothing is overridden: that URL is always valid. The authorization is for names that begin with this one:
        those that are longer can be downloaded with it too.

        The headers ``content_disposition``, ``content_language``, ``expires``, ``cache_control``, ``content_encoding``
        and ``content_type`` of the response can be overridden, with the values that uploads take. They are a part of
        the authorization: with others, the URL is rejected.

        :param seconds: for how long the URL is valid, 1 to 604800 seconds (a week).
        :param download_url: what the URL begins with, of a CDN say, in place of the download URL of the account.
        :param allow_active_content: whether the overrides may let a browser run or show the content: types such as
            HTML, SVG and scripts, and dispositions other than ``attachment``.
        :raises ValueError: no URL leads to the name, or another argument makes no sense.
        :raises ActiveContentRefused: the overrides would let a browser run or show the content.
        :raises B2Error:
        """
        check_linked_name(file_name)
        headers = read_overrides(allow_active_content, **overrides)

        async def url() -> str:
            return (await self._presign(file_name, seconds, download_url, headers)).url(file_name)

        return self._perform(url())

    @arguments_checked
    def presigned_urls(
        self,
        prefix: str,
        seconds: int,
        *,
        download_url: str | None = None,
        allow_active_content: bool = False,
        **overrides: Unpack[ResponseOverrides],
    ) -> PresignedUrls:
        """Return what makes the URLs of all files whose names begin with a prefix, after one call for all of them.

        See :meth:`presigned_url`. With one of the URLs, the other files can be downloaded too.

        :param prefix: what the names begin with; ``""`` is every file of the bucket.
        :param seconds: for how long the URLs are valid from now on, 1 to 604800 seconds (a week).
        :param download_url: what the URLs begin with, of a CDN say, in place of the download URL of the account.
        :param allow_active_content: whether the overrides may let a browser run or show the content.
        :raises ValueError: an argument makes no sense.
        :raises ActiveContentRefused: the overrides would let a browser run or show the content.
        :raises B2Error:
        """
        return self._perform(
            self._presign(prefix, seconds, download_url, read_overrides(allow_active_content, **overrides))
        )

    def _presign(
        self, prefix: str, seconds: int, download_url: str | None, headers: dict[str, str]
    ) -> Coroutine[Any, Any, PresignedUrls]:
        name = known_name(self.id_, self.name)
        return presign(self.api.session, self.id_, name, self.type_, prefix, seconds, download_url, headers)

    def _perform(self, flow: Coroutine[Any, Any, T]) -> T:
        return blocking.run(flow)
