"""What a session knows of its account and decides about its calls, apart from performing them.

What belongs here sends nothing and waits for nothing, so that a session whose calls are awaited decides the same as
one whose calls block: whether another attempt is of use and what it takes, what becomes of an upload URL, what is
stored of an authorization, and what a rejection means for this account.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.account_info.offering import offer
from b2sdk.attempts import Attempts
from b2sdk.cache import AbstractCache
from b2sdk.costs import ClientMeter
from b2sdk.exception import B2Error, BucketIdNotFound, InvalidAuthToken, MissingAccountData, Unauthorized
from b2sdk.protocol_constants import ALL_CAPABILITIES, REALM_URLS
from b2sdk.values.authorization import Allowed, Authorization, allowed_from_v4
from b2sdk.values.json import JsonObject
from b2sdk.values.responses import UPLOAD_URL

_P = ParamSpec("_P")
_R = TypeVar("_R")
_TakeUrl: TypeAlias = Callable[[str], tuple[str, str] | tuple[None, None]]
_PutUrl: TypeAlias = Callable[[str, str, str], None]


def needs_another_token(attempt: int, failure: Exception) -> bool:
    """Whether a call is to be made again with another token of the account: once, when the first is rejected."""
    return attempt == 1 and is_about_the_token(failure)


def is_about_the_token(failure: Exception) -> bool:
    # A rejection without a code has no body that says more (HEAD), so it may be about the token as well.
    return isinstance(failure, Unauthorized) and (isinstance(failure, InvalidAuthToken) or not failure.code)


class Lease(ABC):
    """The upload URLs that one upload has, one after the other, each for one attempt.

    A URL comes from the pool of the account info, or is minted where that has none. It goes back there only when the
    service has responded that the upload is done. After any failure it is dropped: the service may still be busy with
    it, and two uploads at once are an error.
    """

    PARAMETER: ClassVar[str]
    """The name of what an upload URL is for, in the signatures of uploads."""

    MINT: ClassVar[str]
    """The endpoint that mints a URL, which is called with the API's URL, the account's token and the target."""

    url: str
    token: str

    def __init__(self, target_id: str) -> None:
        self.target_id = target_id
        self.is_pooled: bool = False

    @abstractmethod
    def take(self, account_info: AbstractAccountInfo) -> _TakeUrl:
        """Return what takes a URL out of the pool, to be called with the target."""

    @abstractmethod
    def put(self, account_info: AbstractAccountInfo) -> _PutUrl:
        """Return what gives a URL back to the pool, to be called with the target, the URL and its token."""

    def take_pooled(self, account_info: AbstractAccountInfo) -> bool:
        """Take a URL out of the pool; return whether there was one."""
        url, token = self.take(account_info)(self.target_id)
        if url is None or token is None:
            return False
        self.url, self.token, self.is_pooled = url, token, True
        return True

    def accept(self, response: JsonObject) -> None:
        """Take the URL that has been minted.

        :raises UnexpectedCloudBehaviour: there is none in the response.
        """
        UPLOAD_URL.check(response)
        self.url, self.token, self.is_pooled = response["uploadUrl"], response["authorizationToken"], False

    def needs_another_url(self, failure: Exception) -> bool:
        """Whether the upload is to be sent again to a minted URL.

        A pooled one whose token is rejected is old, which says nothing of the account's token.
        """
        return self.is_pooled and is_about_the_token(failure)

    def explain(self, failure: Exception) -> Exception:
        """Return the error that a failure for good is in terms of the target."""
        return failure


class BucketLease(Lease):
    """That of a file, which is uploaded to a bucket."""

    PARAMETER: ClassVar[str] = "bucket_id"
    MINT: ClassVar[str] = "get_upload_url"

    @override
    def take(self, account_info: AbstractAccountInfo) -> _TakeUrl:
        return account_info.take_bucket_upload_url

    @override
    def put(self, account_info: AbstractAccountInfo) -> _PutUrl:
        return account_info.put_bucket_upload_url

    @override
    def explain(self, failure: Exception) -> Exception:
        if not isinstance(failure, BucketIdNotFound) or failure.bucket_id == self.target_id:
            return failure
        named = type(failure)(self.target_id).in_place_of(failure)  # only the URL named the bucket
        named.__cause__ = failure
        return named


class LargeFileLease(Lease):
    """That of a part, which is uploaded to a large file."""

    PARAMETER: ClassVar[str] = "file_id"
    MINT: ClassVar[str] = "get_upload_part_url"

    @override
    def take(self, account_info: AbstractAccountInfo) -> _TakeUrl:
        return account_info.take_large_file_upload_url

    @override
    def put(self, account_info: AbstractAccountInfo) -> _PutUrl:
        return account_info.put_large_file_upload_url


class StoredKey(NamedTuple):
    """What an account is authorized with again."""

    realm: str
    key_id: str
    key: str

    def __repr__(self) -> str:
        return f"StoredKey(realm={self.realm!r}, key_id={self.key_id!r})"


class SessionState(ABC):
    """The account of a session: its account info, its cache of bucket names, and what rejections mean for it.

    What a session performs in its own way is asked for as coroutines; those of one whose calls block never wait.
    """

    account_info: AbstractAccountInfo
    cache: AbstractCache
    meter: ClientMeter
    """What counts the requests of the client."""
    authorization: Authorization | None = None
    """What the last authorization through this session said; ``None`` before the first."""

    @abstractmethod
    async def ask(self, call: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call what may block for a while: the account info, or the cache."""

    @abstractmethod
    async def call(
        self, endpoint: Callable[Concatenate[Any, str, str, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Call an endpoint that takes ``(api_url, token, ...)``, with those of the account.

        A rejected token is replaced once, by one ``b2_authorize_account`` however many callers notice it.
        """

    @abstractmethod
    async def renew_token(self, rejected: str) -> bool:
        """Replace the rejected token unless another task or thread has done so; return whether there is another one."""

    @abstractmethod
    async def mint(self, lease: Lease) -> None:
        """Get a new upload URL for a lease."""

    @abstractmethod
    async def pause_before_retry(
        self, method: str, call: str, attempt: int, attempts: int, error: B2Error, start: float
    ) -> bool:
        """Wait as the retry policy says; return False, at once, where it says to give up.

        It is for code that knows more about a request than its response; see :meth:`RequestRules.seconds_before_retry`.
        """

    def stored_key(self) -> StoredKey | None:
        """Return the key that the account info has; ``None`` where it has none."""
        info = self.account_info
        try:
            return StoredKey(info.get_realm(), info.get_application_key_id(), info.get_application_key())
        except MissingAccountData:
            return None

    def url_of_realm(self, realm: str) -> str:
        """Return the URL that a name from ``REALM_URLS`` stands for; anything else is a URL already."""
        return self._realm_urls().get(realm, realm)

    def store_authorization(self, response: JsonObject, key: StoredKey) -> None:
        """Store what the response to an authorization with a key says about the account.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        authorization = Authorization.from_response(response, self._read_allowed)
        if not self.account_info.is_same_account(authorization.account_id, key.realm):
            self.cache.clear()
        self.account_info.set_auth_data(
            account_id=authorization.account_id,
            auth_token=authorization.auth_token,
            api_url=authorization.api_url,
            download_url=authorization.download_url,
            **self._part_sizes(authorization),
            application_key=key.key,
            realm=key.realm,
            s3_api_url=authorization.s3_api_url,
            allowed=authorization.allowed,
            application_key_id=key.key_id,
        )
        self.authorization = authorization

    def _realm_urls(self) -> Mapping[str, str]:
        return REALM_URLS

    def _part_sizes(self, authorization: Authorization) -> dict[str, int]:
        """Return the part sizes under the names that the account info has for them."""
        return {
            "recommended_part_size": authorization.recommended_part_size,
            "absolute_minimum_part_size": authorization.absolute_minimum_part_size,
        }

    def _read_allowed(self, storage_api: JsonObject) -> Allowed:
        return allowed_from_v4(storage_api)

    def explain(self, failure: Exception) -> Exception:
        """Return what is raised for a failure that another token does not cure: a rejection names what the key may do.

        A bucket that is not found is forgotten.
        """
        if isinstance(failure, BucketIdNotFound):
            self.forget_bucket(failure.bucket_id)
        if not isinstance(failure, Unauthorized) or isinstance(failure, InvalidAuthToken):
            return failure
        explained = self._with_key_information(failure)
        explained.__cause__ = failure
        return explained

    def forget_bucket(self, bucket_id: str | None) -> None:
        """Forget the name of a bucket that is no more, so that it is looked up again: it may be another's by now."""
        if bucket_id is not None:
            self.cache.forget_bucket(bucket_id)

    def _with_key_information(self, error: Unauthorized) -> Unauthorized:
        """Return the rejection with the restrictions of the key, the usual reason for it, in its text."""
        allowed = self.account_info.get_allowed()
        parts = []
        if set(allowed["capabilities"]) != set(ALL_CAPABILITIES):
            parts.append(f"with capabilities '{','.join(allowed['capabilities'])}'")
        parts += self._bucket_restrictions(allowed)
        if allowed["namePrefix"] is not None:
            parts.append(f"restricted to files that start with '{allowed['namePrefix']}'")
        text = f"{error.message or 'unauthorized'} for application key {', '.join(parts or ['with no restrictions'])}"
        return Unauthorized(text, error.code).in_place_of(error)

    def _bucket_restrictions(self, allowed: Allowed) -> Sequence[str]:
        if not allowed["buckets"]:
            return []
        return [f"restricted to buckets {[bucket['name'] for bucket in allowed['buckets']]}"]


class Authorized(Attempts):
    """Attempts with the token of the account: a second one, with a new token, when the service rejects the first."""

    def __init__(self, session: SessionState, token: str) -> None:
        self._session = session
        self.token: str = token

    @override
    async def recover(self, failure: Exception) -> Exception | None:
        session = self._session
        if not needs_another_token(self.number, failure):
            return await session.ask(session.explain, failure)
        if not await session.renew_token(self.token):
            return failure
        self.token = await session.ask(session.account_info.get_account_auth_token)
        return None


class Leased(Attempts):
    """Attempts at one upload, each with an upload URL that no other upload has."""

    def __init__(self, session: SessionState, lease: Lease) -> None:
        """``lease`` has its first URL."""
        self._session = session
        self._lease = lease

    @override
    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        if exc_val is None:
            self._put_back()
        return super().__exit__(exc_type, exc_val, exc_tb)

    @override
    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        if exc_val is None:
            await self._session.ask(self._put_back)
        return super().__exit__(exc_type, exc_val, exc_tb)

    def _put_back(self) -> None:
        # That it could not be given back is no failure of the upload.
        lease = self._lease
        offer(lease.put(self._session.account_info), lease.target_id, lease.url, lease.token)

    @override
    async def recover(self, failure: Exception) -> Exception | None:
        session, lease = self._session, self._lease
        if lease.needs_another_url(failure):
            await session.mint(lease)
            return None
        return await session.ask(session.explain, lease.explain(failure))
