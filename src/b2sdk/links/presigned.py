"""URLs with a download authorization in them: for one file, or for all whose names have a prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from typing_extensions import Self

from b2sdk.links.arguments import check_linked_name, checked_base, checked_seconds
from b2sdk.links.overrides import as_b2_parameters
from b2sdk.protocol_constants import PUBLIC_BUCKET
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.primitives import file_url
from b2sdk.session_state import SessionState
from b2sdk.values.argument import arguments_checked
from b2sdk.values.responses import DOWNLOAD_AUTHORIZATION


def signed_url(url: str, token: str, parameters: Mapping[str, str] | None = None) -> str:
    """Return a URL with an authorization in it, and the parameters that the authorization is for."""
    return f"{url}?{urlencode({'Authorization': token, **(parameters or {})}, quote_via=quote)}"


class PresignedUrls:
    """The URLs of the files of a bucket whose names have a prefix, which one call has authorized.

    With one of them, the others can be downloaded too. The representation does not show the authorization, and these
    objects are not pickled; the URLs are what is to be stored.
    """

    __slots__ = ("_base", "_parameters", "_token", "bucket_name", "prefix")

    def __init__(
        self, base: str, bucket_name: str, prefix: str, token: str | None, parameters: Mapping[str, str]
    ) -> None:
        """``token`` is ``None`` for a public bucket, whose files need none."""
        self.bucket_name: str = bucket_name
        self.prefix: str = prefix
        self._base = base
        self._token = token
        self._parameters = parameters

    @arguments_checked
    def url(self, file_name: str) -> str:
        """Return the URL of a file, whether or not that exists; nothing is sent.

        :raises ValueError: the name does not begin with the prefix, or no URL leads to it.
        """
        check_linked_name(file_name)
        if not file_name.startswith(self.prefix):
            raise ValueError(f"{file_name!r} does not begin with {self.prefix!r}, which is what was authorized")
        url = file_url(self._base, self.bucket_name, file_name)
        return url if self._token is None else signed_url(url, self._token, self._parameters)

    def __repr__(self) -> str:
        return f"PresignedUrls(bucket_name={self.bucket_name!r}, prefix={self.prefix!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("PresignedUrls are not pickled, as an authorization is in them; store the URLs")


async def presign(
    session: SessionState,
    bucket_id: str,
    bucket_name: str,
    bucket_type: str | None,
    prefix: str,
    seconds: float,
    download_url: str | None,
    overrides: Mapping[str, str],
) -> PresignedUrls:
    """Authorize downloads of the names with a prefix, unless everyone may download them anyway.

    :param overrides: by the names of their headers.
    """
    seconds = checked_seconds(seconds)
    parameters = as_b2_parameters(overrides)
    base = None if download_url is None else checked_base(download_url, "download_url").geturl()
    if base is None:
        base = await session.ask(session.account_info.get_download_url)
    if bucket_type == PUBLIC_BUCKET and not parameters:
        return PresignedUrls(base, bucket_name, prefix, None, parameters)
    token = await request_token(session, bucket_id, prefix, seconds, parameters)
    return PresignedUrls(base, bucket_name, prefix, token, parameters)


async def request_token(
    session: SessionState, bucket_id: str, prefix: str, seconds: int, parameters: Mapping[str, str]
) -> str:
    """Return a token for downloads of the names with a prefix, which repeat the parameters.

    :raises UnexpectedCloudBehaviour: there is none in the response.
    """
    # Raw APIs of programs may not know the keyword.
    more: dict[str, Any] = {"overrides": parameters} if parameters else {}
    response = await session.call(AbstractRawApi.get_download_authorization, bucket_id, prefix, seconds, **more)
    DOWNLOAD_AUTHORIZATION.check(response)
    token: str = response["authorizationToken"]
    return token
