"""The verbs of a bucket that make links. What they do is spelled as flows, which either client performs."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from typing_extensions import Self, Unpack

from b2sdk import blocking
from b2sdk.docstrings import documented
from b2sdk.links.arguments import check_linked_name
from b2sdk.links.browser import BrowserUpload, check_sha1, mint_upload
from b2sdk.links.cors import BrowserOperation, browser_rule, set_rule
from b2sdk.links.overrides import ResponseOverrides, read_overrides
from b2sdk.links.presigned import PresignedUrls, presign, request_token
from b2sdk.links.s3 import Method, presign_s3, signed_request
from b2sdk.session_state import SessionState
from b2sdk.stored_files.checks import known_name
from b2sdk.values.argument import arguments_checked
from b2sdk.values.file_info import InfoOptions
from b2sdk.values.new_file import NewFileOptions

T = TypeVar("T")


class LinkingApi(Protocol):
    """What links need of the API that a bucket came from."""

    @property
    def session(self) -> SessionState: ...
    @property
    def BUCKET_FACTORY_CLASS(self) -> Any: ...  # noqa: N802  # an attribute of the class


@documented
class FileLinks:
    """The links to the files of a bucket."""

    api: LinkingApi
    id_: str
    name: str | None
    type_: str | None

    def get_download_authorization(self, file_name_prefix: str, valid_duration_in_seconds: int) -> str:
        """Return a token with which programs that have no key download files.

        :param file_name_prefix: what the names of these files start with.
        :param valid_duration_in_seconds: for how long, 1 to 604800 seconds (a week).
        """
        return self._perform(request_token(self.api.session, self.id_, file_name_prefix, valid_duration_in_seconds, {}))

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

    @arguments_checked
    def presigned_s3_url(
        self,
        file_name: str,
        seconds: int,
        *,
        method: Method = "GET",
        file_id: str | None = None,
        content_length: int | None = None,
        file_info: dict[str, str] | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        allow_active_content: bool = False,
        **headers: Unpack[ResponseOverrides],
    ) -> str:
        """Return a URL of the S3-compatible API with which a file can be downloaded or uploaded without a key.

        It is computed here, with Signature Version 4, and makes no call; the key is the one that the account was
        authorized with, whatever it may do. The URL is for this one name, and can be used until its time has passed.

        The headers are those of :meth:`presigned_url`. With ``GET`` they override headers of the response. With
        ``PUT`` they are headers of the request, which the file is stored with: the upload has to be sent with these and
        no other values, and with ``Content-Length`` and ``x-amz-meta-*`` if ``content_length`` and ``file_info`` are
        given. Each use of that URL makes a version.

        :param seconds: for how long the URL is valid, 1 to 604800 seconds (a week).
        :param method: ``GET`` or ``PUT``.
        :param file_id: with ``GET``, the version that is downloaded; ``None`` is the newest.
        :param content_length: with ``PUT``, the only number of bytes that may be uploaded; ``None`` is any.
        :param file_info: with ``PUT``, names and values in ASCII that travel with the file; names become small letters.
        :param region: the region that the service compares signatures with; ``None`` takes it from the endpoint, which
            has it if it is one of B2.
        :param endpoint: where the S3-compatible API is; ``None`` is what the service said.
        :param allow_active_content: whether the headers may let a browser run or show the content.
        :raises MasterKeyRefused: the account was authorized with the master key, which this API does not take.
        :raises ValueError: no URL leads to the name, the region is not known, or another argument makes no sense.
        :raises ActiveContentRefused: the headers would let a browser run or show the content.
        :raises BadFileInfo:
        """
        checked = read_overrides(allow_active_content, **headers)
        request = signed_request(method, file_name, seconds, file_id, content_length, file_info, checked)
        return self._perform(presign_s3(self.api.session, known_name(self.id_, self.name), request, region, endpoint))

    @arguments_checked
    def allow_browser_uploads(
        self,
        origins: list[str],
        *,
        operations: Sequence[BrowserOperation] = ("b2_upload_file",),
        rule_name: str = "browser-uploads",
        max_age_seconds: int = 3600,
    ) -> Self:
        """Let web pages of some origins upload files; return the bucket as the service describes it then.

        A CORS rule is added, or the one of this name replaced; the others stay. If another program changes the bucket
        meanwhile, this is done again with its changes. If the rule is there already, nothing is changed.

        :param origins: of the pages: ``https://www.example.com``, one ``*`` in the host (``https://*.example.com``),
            and ``["https"]`` or ``["*"]`` for all.
        :param operations: what the pages may do; ``b2_download_file_by_name`` lets scripts read what they download by
            :meth:`presigned_url`, and ``s3_put`` send what :meth:`presigned_s3_url` allows.
        :param rule_name: 6 to 50 letters, digits and hyphens.
        :param max_age_seconds: for how long browsers may remember it, up to 86400 seconds (a day).
        :raises ValueError: one of the origins is none, or another argument makes no sense.
        :raises BucketIdNotFound: the bucket was deleted, or the key may no longer see it.
        :raises Conflict: other programs change the bucket all the time.
        :raises B2Error:
        """
        rule = browser_rule(origins, operations, rule_name, max_age_seconds)

        async def allowed() -> Self:
            response = await set_rule(self.api.session, self.id_, rule)
            bucket: Self = self.api.BUCKET_FACTORY_CLASS.from_api_bucket_dict(self.api, response)
            return bucket

        return self._perform(allowed())

    @arguments_checked
    def browser_upload(
        self,
        file_name: str,
        *,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        cache_control: str | None = None,
        expires: str | datetime | None = None,
        content_disposition: str | None = None,
        content_encoding: str | None = None,
        content_language: str | None = None,
        content_sha1: str | None = None,
    ) -> BrowserUpload:
        """Return a request with which a web page uploads a file, as :meth:`allow_browser_uploads` lets it.

        It takes one call, for an upload URL that is not used by this client. Until it ends, after at most 24 hours, the
        page can upload *any* file with it that the key may upload, one after the other. So let the key be one for this
        bucket and a prefix of names, with no capability but ``writeFiles``.

        :param content_sha1: the SHA-1 of the content as hex digits; ``None`` does not let the service compare it.
        :raises ValueError: the name cannot be that of a file, or another argument makes no sense.
        :raises BadFileInfo:
        :raises B2Error:
        """
        info = InfoOptions(file_info, cache_control, expires, content_disposition, content_encoding, content_language)
        file = NewFileOptions(content_type, info).new_file(self.id_, file_name)
        check_sha1(content_sha1)
        return self._perform(mint_upload(self.api.session, file, content_sha1))

    def _presign(
        self, prefix: str, seconds: int, download_url: str | None, headers: dict[str, str]
    ) -> Coroutine[Any, Any, PresignedUrls]:
        name = known_name(self.id_, self.name)
        return presign(self.api.session, self.id_, name, self.type_, prefix, seconds, download_url, headers)

    def _perform(self, flow: Coroutine[Any, Any, T]) -> T:
        return blocking.run(flow)
