"""Tokens: every endpoint bound to the account, upload URLs lent and given back, one re-authorization per expiry.

The endpoints are spelled in :mod:`b2sdk.raw_api.endpoints`; here each is one line. A binder takes the URL and token
parameters out of the endpoint's signature and provides them at each attempt, from the account info, so that a token
renewed in between (by this thread, another one or another process) is the one that is used.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from b2sdk.account_info.abstract import AbstractAccountInfo, SharedRenewal
from b2sdk.cache import AbstractCache, AuthInfoCache
from b2sdk.exception import B2Error, InvalidAuthToken, MissingAccountData, Unauthorized, check_text, reading
from b2sdk.fork import renew_in_children
from b2sdk.http.client import B2Http
from b2sdk.lazy import Later
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.http import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.values.authorization import Allowed, Authorization, allowed_from_v4
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.vocabulary import ALL_CAPABILITIES, REALM_URLS

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Endpoint = Callable[Concatenate[Any, str, str, _P], _R]


_NameOnly = Callable[..., None]


def account_call(endpoint: _Endpoint[_P, _R]) -> Callable[[_NameOnly], Callable[Concatenate[B2Session, _P], _R]]:
    """Make of the decorated method, which is only a name, an endpoint that takes ``(api_url, token, ...)``."""
    name = endpoint.__name__

    def call(self: B2Session, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        def attempt(token: str, _is_repeat: bool) -> _R:
            # Looked up by name at every attempt: programs replace methods on the raw API while it is in use.
            result: _R = getattr(self.raw_api, name)(self.account_info.get_api_url(), token, *args, **kwargs)
            return result

        return self._with_valid_token(attempt)

    return lambda _name_only: _presented_as(endpoint, call)


def upload_call(
    endpoint: _Endpoint[_P, _R], target: str, mint: str, take: str, put: str
) -> Callable[[_NameOnly], Callable[Concatenate[B2Session, str, _P], _R]]:
    """Make of the decorated method an endpoint that takes ``(upload_url, upload_auth_token, ...)``.

    ``target`` is what the URL is for; it is the first parameter instead of these two.

    The URL is lent for one attempt and goes back to the pool only when the service has answered that the upload is
    done. After any failure it is dropped: the service may still be busy with it, and two uploads at once are an error.
    """
    name = endpoint.__name__

    def call(self: B2Session, /, *args: Any, **kwargs: Any) -> _R:
        target_id, rest = (kwargs.pop(target), args) if target in kwargs else (args[0], args[1:])

        def attempt(token: str, is_repeat: bool) -> _R:
            # The repeat follows a rejected token; whatever is in the pool may be as old as that one.
            url, upload_token = (None, None) if is_repeat else getattr(self.account_info, take)(target_id)
            if url is None:
                answer = getattr(self.raw_api, mint)(self.account_info.get_api_url(), token, target_id)
                url, upload_token = _url_and_token(answer)
            result: _R = getattr(self.raw_api, name)(url, upload_token, *rest, **kwargs)
            getattr(self.account_info, put)(target_id, url, upload_token)
            return result

        return self._with_valid_token(attempt)

    return lambda _name_only: _presented_as(endpoint, call, target)


def _url_and_token(answer: Mapping[str, Any]) -> tuple[str, str]:
    with reading("an upload URL"):
        check_text(answer["uploadUrl"], answer["authorizationToken"])
        return answer["uploadUrl"], answer["authorizationToken"]


_Call = TypeVar("_Call", bound=Callable[..., Any])


def _presented_as(endpoint: Callable[..., Any], call: _Call, *first_parameters: str) -> _Call:
    """Give ``call`` the name and documentation of its endpoint, and the signature that callers see."""
    signature = inspect.signature(endpoint)
    self_parameter, _url, _token, *rest = signature.parameters.values()
    added = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in first_parameters]
    call.__name__ = endpoint.__name__
    call.__qualname__ = f"B2Session.{endpoint.__name__}"
    call.__doc__ = endpoint.__doc__
    call.__signature__ = signature.replace(parameters=[self_parameter, *added, *rest])  # type: ignore[attr-defined]  # inspect reads it
    return call


class B2Session:
    """The endpoints for one account, with its state in an account info.

    An endpoint method raises what its call raises (see :mod:`b2sdk.exception`), and ``MissingAccountData`` when the
    account has not been authorized. A rejected token is replaced once per call, by one ``b2_authorize_account``
    however many threads notice it.
    """

    # SQLite takes a megabyte of memory, which programs with another account info can do without.
    SQLITE_ACCOUNT_INFO_CLASS: ClassVar[Any] = Later("b2sdk.account_info.sqlite", "SqliteAccountInfo")
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = B2Http

    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
    ) -> None:
        """Without an account info, the SQLite file at its default location is used."""
        self._b2_http = self.B2HTTP_CLASS(api_config)
        self.raw_api: AbstractRawApi = api_config.raw_api_class(self._b2_http)
        if cache is None:
            cache, account_info = self._default_cache(account_info)
        elif account_info is None:
            account_info = self.SQLITE_ACCOUNT_INFO_CLASS()
        self.account_info: AbstractAccountInfo = account_info
        self.cache: AbstractCache = cache
        self.authorization: Authorization | None = None
        """What the last authorization through this session said; ``None`` before the first."""
        self._unlock()
        renew_in_children(self._unlock)

    def _unlock(self) -> None:
        self._renewal = threading.Lock()

    def _default_cache(self, account_info: AbstractAccountInfo | None) -> tuple[AbstractCache, AbstractAccountInfo]:
        account_info = self.SQLITE_ACCOUNT_INFO_CLASS() if account_info is None else account_info
        return AuthInfoCache(account_info), account_info

    def keep_connections(self, count: int) -> None:
        """Keep as many connections open as there are threads that may send at the same time."""
        self._b2_http.keep_connections(count)

    def wait_to_repeat_upload(self, call: str, attempt: int, attempts: int, error: B2Error, start: float) -> bool:
        """Wait as :meth:`B2Http.wait_to_repeat` does; an upload is repeated by whoever has its content."""
        return self._b2_http.wait_to_repeat("POST", call, attempt, attempts, error, start)

    def close(self) -> None:
        """Close the connections. The session opens new ones when it is used again."""
        self._b2_http.close()

    # --- authorization ---

    def authorize_automatically(self) -> bool:
        """Authorize again with the stored key.

        :return: whether there was a key to do so with.
        """
        try:
            realm = self.account_info.get_realm()
            key_id = self.account_info.get_application_key_id()
            key = self.account_info.get_application_key()
        except MissingAccountData:
            return False
        self.authorize_account(realm, key_id, key)
        return True

    def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        """Exchange the key for a token and store what the service says about the account.

        :param realm: a name from ``REALM_URLS``, or the URL of a service.
        :raises Unauthorized: the key is wrong, has expired, or (code ``unsupported``) needs a newer dialect.
        :raises BucketIdNotFound: the key is restricted to a bucket id that never existed.
        :raises TransactionCapExceeded: the account's cap for today is used up.
        :raises UnexpectedCloudBehaviour: the answer is not what the protocol promises.
        """
        answer = self.raw_api.authorize_account(REALM_URLS.get(realm, realm), application_key_id, application_key)
        authorization = Authorization.from_answer(answer, self._read_allowed)
        if not self.account_info.is_same_account(authorization.account_id, realm):
            self.cache.clear()
        self.account_info.set_auth_data(
            account_id=authorization.account_id,
            auth_token=authorization.auth_token,
            api_url=authorization.api_url,
            download_url=authorization.download_url,
            recommended_part_size=authorization.recommended_part_size,
            absolute_minimum_part_size=authorization.absolute_minimum_part_size,
            application_key=application_key,
            realm=realm,
            s3_api_url=authorization.s3_api_url,
            allowed=authorization.allowed,
            application_key_id=application_key_id,
        )
        self.authorization = authorization

    def _read_allowed(self, storage_api: Mapping[str, Any]) -> Allowed:
        return allowed_from_v4(storage_api)

    def _with_valid_token(self, attempt: Callable[[str, bool], _R]) -> _R:
        """Call ``attempt(token, is_repeat)``; once more with a new token when the service rejects the first."""
        token = self.account_info.get_account_auth_token()
        try:
            return attempt(token, False)
        except Unauthorized as error:
            # A refusal without a code has no body to tell more (HEAD), so it may be about the token as well.
            if isinstance(error, InvalidAuthToken) or not error.code:
                if not self._renew_token(token):
                    raise
            else:
                raise self._with_key_information(error) from error
        try:
            return attempt(self.account_info.get_account_auth_token(), True)
        except InvalidAuthToken:
            raise
        except Unauthorized as error:
            raise self._with_key_information(error) from error

    def _renew_token(self, rejected: str) -> bool:
        """Replace the rejected token unless somebody has done so by now; return whether there is another one."""
        with self._renewal, self._alone_among_sessions(rejected):
            if self.account_info.get_account_auth_token() != rejected:
                return True
            return self.authorize_automatically()

    def _alone_among_sessions(self, rejected: str) -> AbstractContextManager[None]:
        info = self.account_info
        return info.renewing(rejected) if isinstance(info, SharedRenewal) else nullcontext()

    def _with_key_information(self, error: Unauthorized) -> Unauthorized:
        """Return the refusal with the restrictions of the key, the usual reason for it, in its text."""
        allowed = self.account_info.get_allowed()
        parts = []
        if set(allowed["capabilities"]) != set(ALL_CAPABILITIES):
            parts.append(f"with capabilities '{','.join(allowed['capabilities'])}'")
        parts += self._bucket_restrictions(allowed)
        if allowed["namePrefix"] is not None:
            parts.append(f"restricted to files that start with '{allowed['namePrefix']}'")
        told = f"{error.message or 'unauthorized'} for application key {', '.join(parts or ['with no restrictions'])}"
        return Unauthorized(told, error.code).in_place_of(error)

    def _bucket_restrictions(self, allowed: Allowed) -> Sequence[str]:
        if not allowed["buckets"]:
            return []
        return [f"restricted to buckets {[bucket['name'] for bucket in allowed['buckets']]}"]

    # --- endpoints ---

    @account_call(AbstractRawApi.cancel_large_file)
    def cancel_large_file(self) -> None: ...
    @account_call(AbstractRawApi.copy_file)
    def copy_file(self) -> None: ...
    @account_call(AbstractRawApi.copy_part)
    def copy_part(self) -> None: ...
    @account_call(AbstractRawApi.create_bucket)
    def create_bucket(self) -> None: ...
    @account_call(AbstractRawApi.create_key)
    def create_key(self) -> None: ...
    @account_call(AbstractRawApi.delete_bucket)
    def delete_bucket(self) -> None: ...
    @account_call(AbstractRawApi.delete_file_version)
    def delete_file_version(self) -> None: ...
    @account_call(AbstractRawApi.delete_key)
    def delete_key(self) -> None: ...
    @account_call(AbstractRawApi.finish_large_file)
    def finish_large_file(self) -> None: ...
    @account_call(AbstractRawApi.get_bucket_notification_rules)
    def get_bucket_notification_rules(self) -> None: ...
    @account_call(AbstractRawApi.get_download_authorization)
    def get_download_authorization(self) -> None: ...
    @account_call(AbstractRawApi.get_file_info_by_id)
    def get_file_info_by_id(self) -> None: ...
    @account_call(AbstractRawApi.get_file_info_by_name)
    def get_file_info_by_name(self) -> None: ...
    @account_call(AbstractRawApi.get_upload_part_url)
    def get_upload_part_url(self) -> None: ...
    @account_call(AbstractRawApi.get_upload_url)
    def get_upload_url(self) -> None: ...
    @account_call(AbstractRawApi.hide_file)
    def hide_file(self) -> None: ...
    @account_call(AbstractRawApi.list_buckets)
    def list_buckets(self) -> None: ...
    @account_call(AbstractRawApi.list_file_names)
    def list_file_names(self) -> None: ...
    @account_call(AbstractRawApi.list_file_versions)
    def list_file_versions(self) -> None: ...
    @account_call(AbstractRawApi.list_keys)
    def list_keys(self) -> None: ...
    @account_call(AbstractRawApi.list_parts)
    def list_parts(self) -> None: ...
    @account_call(AbstractRawApi.list_unfinished_large_files)
    def list_unfinished_large_files(self) -> None: ...
    @account_call(AbstractRawApi.set_bucket_notification_rules)
    def set_bucket_notification_rules(self) -> None: ...
    @account_call(AbstractRawApi.start_large_file)
    def start_large_file(self) -> None: ...
    @account_call(AbstractRawApi.update_bucket)
    def update_bucket(self) -> None: ...
    @account_call(AbstractRawApi.update_file_legal_hold)
    def update_file_legal_hold(self) -> None: ...
    @account_call(AbstractRawApi.update_file_retention)
    def update_file_retention(self) -> None: ...
    @upload_call(
        AbstractRawApi.upload_file, "bucket_id", "get_upload_url", "take_bucket_upload_url", "put_bucket_upload_url"
    )
    def upload_file(self) -> None: ...
    @upload_call(
        AbstractRawApi.upload_part,
        "file_id",
        "get_upload_part_url",
        "take_large_file_upload_url",
        "put_large_file_upload_url",
    )
    def upload_part(self) -> None: ...

    def download_file_from_url(
        self, url: str, range_: tuple[int, int] | None = None, encryption: EncryptionSetting | None = None
    ) -> AbstractContextManager[Any]:
        """Request a file; see :meth:`AbstractRawApi.download_file_from_url`."""
        return self._with_valid_token(
            lambda token, _is_repeat: self.raw_api.download_file_from_url(
                token, url, range_=range_, encryption=encryption
            )
        )

    def get_download_url_by_id(self, file_id: str) -> str:
        return self.raw_api.get_download_url_by_id(self.account_info.get_download_url(), file_id)

    def get_download_url_by_name(self, bucket_name: str, file_name: str) -> str:
        return self.raw_api.get_download_url_by_name(self.account_info.get_download_url(), bucket_name, file_name)
