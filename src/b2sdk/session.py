"""Every endpoint bound to the account: tokens, leases of upload URLs, one re-authorization per expiry.

The endpoints are spelled in :mod:`b2sdk.raw_api.endpoints`; here each is one line. A binder takes the URL and token
parameters out of the endpoint's signature and provides them at each attempt, from the account info, so that a token
renewed in between (by this thread, another one or another process) is the one that is used.

What belongs here performs what :mod:`b2sdk.session_state` decides.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from typing_extensions import override

from b2sdk import cancellation
from b2sdk.account_info.abstract import AbstractAccountInfo, SharedRenewal
from b2sdk.cache import AbstractCache, AuthInfoCache
from b2sdk.costs import ClientMeter
from b2sdk.exception import B2Error
from b2sdk.fork import PerProcess, new_lock
from b2sdk.http.client import B2Http
from b2sdk.http.rates import Pacing
from b2sdk.lazy import LazyAttribute
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.http import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig, B2RawHTTPApi
from b2sdk.session_state import (
    Authorized,
    BucketLease,
    LargeFileLease,
    Lease,
    Leased,
    SessionState,
    StoredKey,
)
from b2sdk.values.argument import Parameters, arguments_checked
from b2sdk.values.encryption import EncryptionSetting

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Endpoint = Callable[Concatenate[Any, str, str, _P], _R]


_NameOnly = Callable[..., None]


def account_call(endpoint: _Endpoint[_P, _R]) -> Callable[[_NameOnly], Callable[Concatenate[B2Session, _P], _R]]:
    """Make of the decorated method, which is only a name, an endpoint that takes ``(api_url, token, ...)``."""
    name = endpoint.__name__
    parameters = parameters_of_call(endpoint)

    def call(self: B2Session, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        parameters.check(args, kwargs)
        attempts = Authorized(self, self.account_info.get_account_auth_token())
        while True:
            with attempts:
                # Looked up by name at every attempt: programs replace methods on the raw API while it is in use.
                call = self._endpoint(name)
                result: _R = call(self.account_info.get_api_url(), attempts.token, *args, **kwargs)
                return result

    return lambda _name_only: _present_as(endpoint, call)


def upload_call(
    endpoint: _Endpoint[_P, _R], lease_class: type[Lease]
) -> Callable[[_NameOnly], Callable[Concatenate[B2Session, str, _P], _R]]:
    """Make of the decorated method an endpoint that takes ``(upload_url, upload_auth_token, ...)``.

    The first parameter is the target of the upload instead of these two.
    """
    name = endpoint.__name__
    parameter = lease_class.PARAMETER
    parameters = parameters_of_call(endpoint, parameter)

    def call(self: B2Session, /, *args: Any, **kwargs: Any) -> _R:
        parameters.check(args, kwargs)
        target_id, rest = (kwargs.pop(parameter), args) if parameter in kwargs else (args[0], args[1:])
        lease = lease_class(target_id)
        if not lease.take_pooled(self.account_info):
            self._mint(lease)
        attempts = Leased(self, lease)
        while True:
            with attempts:
                call = self._endpoint(name)
                result: _R = call(lease.url, lease.token, *rest, **kwargs)
                return result

    return lambda _name_only: _present_as(endpoint, call, parameter)


def parameters_of_call(endpoint: Callable[..., Any], *first: str) -> Parameters:
    """Return the parameters of an endpoint that a caller gives: not URL and token, but those named ``first``."""
    return Parameters(partial(_given_parameters, endpoint, *first))


def _given_parameters(endpoint: Callable[..., Any], *first: str) -> Iterator[inspect.Parameter]:
    yield from map(_text_parameter, first)
    _self, _url, _token, *rest = inspect.signature(endpoint).parameters.values()
    yield from rest


def _text_parameter(name: str) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="str")


_DOWNLOAD = parameters_of_call(AbstractRawApi.download_file_from_url, "url")


_Call = TypeVar("_Call", bound=Callable[..., Any])


def _present_as(endpoint: Callable[..., Any], call: _Call, *first_parameters: str) -> _Call:
    """Give ``call`` the name and documentation of its endpoint, and the signature that callers see."""
    signature = inspect.signature(endpoint)
    self_parameter, _url, _token, *rest = signature.parameters.values()
    added = [_text_parameter(name) for name in first_parameters]
    call.__name__ = endpoint.__name__
    call.__qualname__ = f"B2Session.{endpoint.__name__}"
    call.__doc__ = endpoint.__doc__
    call.__signature__ = signature.replace(parameters=[self_parameter, *added, *rest])  # type: ignore[attr-defined]  # inspect reads it
    return call


class B2Session(SessionState):
    """The endpoints for one account, with its state in an account info.

    An endpoint method raises what its call raises (see :mod:`b2sdk.exception`), and ``MissingAccountData`` when the
    account has not been authorized. A rejected token is replaced once per call, by one ``b2_authorize_account``
    however many threads notice it.
    """

    # SQLite takes a megabyte of memory, which programs with another account info can do without.
    SQLITE_ACCOUNT_INFO_CLASS: ClassVar[Any] = LazyAttribute("b2sdk.account_info.sqlite", "SqliteAccountInfo")
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = B2Http

    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
    ) -> None:
        """Without an account info, the SQLite file at its default location is used."""
        self._b2_http = self._open_http(api_config)
        self.raw_api: AbstractRawApi = api_config.raw_api_class(self._b2_http)
        self.meter: ClientMeter = self._b2_http.meter
        self.pacing: Pacing = self._b2_http.pacing
        self._is_over_http = isinstance(self.raw_api, B2RawHTTPApi)
        if self._is_over_http:
            self._b2_http.open()
        if cache is None:
            cache, account_info = self._default_cache(account_info)
        elif account_info is None:
            account_info = self.SQLITE_ACCOUNT_INFO_CLASS()
        self.account_info: AbstractAccountInfo = account_info
        self.cache: AbstractCache = cache
        self._renewal = PerProcess(new_lock)  # held while a request is sent

    def _default_cache(self, account_info: AbstractAccountInfo | None) -> tuple[AbstractCache, AbstractAccountInfo]:
        account_info = self.SQLITE_ACCOUNT_INFO_CLASS() if account_info is None else account_info
        return AuthInfoCache(account_info), account_info

    def _open_http(self, api_config: B2HttpApiConfig) -> B2Http:
        return self.B2HTTP_CLASS(api_config)

    def keep_connections(self, count: int) -> None:
        """Keep as many connections open as there are threads that may send at the same time."""
        self._b2_http.keep_connections(count)

    @override
    async def ask(self, call: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return call(*args, **kwargs)

    @override
    async def call(
        self, endpoint: Callable[Concatenate[Any, str, str, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        result: _R = getattr(self, endpoint.__name__)(*args, **kwargs)
        return result

    @override
    async def renew_token(self, rejected: str) -> bool:
        return self._renew_token(rejected)

    @override
    async def mint(self, lease: Lease) -> None:
        self._mint(lease)

    @override
    async def pause_before_retry(
        self, method: str, call: str, attempt: int, attempts: int, error: B2Error, start: float
    ) -> bool:
        seconds = self._b2_http.seconds_before_retry(method, call, attempt, attempts, error, start)
        if seconds is not None:
            self._b2_http.wait(seconds)
        return seconds is not None

    def close(self) -> None:
        """Close the connections. The session opens new ones when it is used again."""
        self._b2_http.close()

    # --- authorization ---

    def authorize_automatically(self) -> bool:
        """Authorize again with the stored key.

        :return: whether there was a key to do so with.
        """
        stored = self.stored_key()
        if stored is None:
            return False
        self.authorize_account(*stored)
        return True

    @arguments_checked
    def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        """Exchange the key for a token and store what the service says about the account.

        :param realm: a name from ``REALM_URLS``, or the URL of a service.
        :raises Unauthorized: the key is wrong, has expired, or (code ``unsupported``) needs a newer dialect.
        :raises BucketIdNotFound: the key is restricted to a bucket id that never existed.
        :raises TransactionCapExceeded: the account's cap for today is used up.
        :raises UnexpectedCloudBehaviour: the response is not what the protocol promises.
        """
        key = StoredKey(realm, application_key_id, application_key)
        response = self._endpoint("authorize_account")(self.url_of_realm(realm), application_key_id, application_key)
        self.store_authorization(response, key)

    def _renew_token(self, rejected: str) -> bool:
        """Replace the rejected token unless another thread has done so; return whether there is another one."""
        renewal = self._renewal()
        cancellation.acquire(renewal)
        try:
            with self._alone_among_sessions(rejected):
                if self.account_info.get_account_auth_token() != rejected:
                    return True
                return self.authorize_automatically()
        finally:
            renewal.release()

    def _endpoint(self, name: str) -> Callable[..., Any]:
        endpoint: Callable[..., Any] = getattr(self.raw_api, name)
        # Over HTTP, requests are counted where they are sent.
        return endpoint if self._is_over_http else self.meter.counted(endpoint, name)

    def _mint(self, lease: Lease) -> None:
        attempts = Authorized(self, self.account_info.get_account_auth_token())
        while True:
            with attempts:
                mint = self._endpoint(lease.MINT)
                return lease.accept(mint(self.account_info.get_api_url(), attempts.token, lease.target_id))

    def _alone_among_sessions(self, rejected: str) -> AbstractContextManager[None]:
        info = self.account_info
        return info.renewing(rejected) if isinstance(info, SharedRenewal) else nullcontext()

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
    @upload_call(AbstractRawApi.upload_file, BucketLease)
    def upload_file(self) -> None: ...
    @upload_call(AbstractRawApi.upload_part, LargeFileLease)
    def upload_part(self) -> None: ...

    def download_file_from_url(
        self, url: str, range_: tuple[int, int] | None = None, encryption: EncryptionSetting | None = None
    ) -> AbstractContextManager[Any]:
        """Request a file; see :meth:`AbstractRawApi.download_file_from_url`."""
        _DOWNLOAD.check((url, range_, encryption), {})
        attempts = Authorized(self, self.account_info.get_account_auth_token())
        while True:
            with attempts:
                token = attempts.token
                download = self._endpoint("download_file_from_url")
                response: AbstractContextManager[Any] = download(token, url, range_=range_, encryption=encryption)
                return response

    @arguments_checked
    def get_download_url_by_id(self, file_id: str) -> str:
        """Return the URL of a file version; no request is sent."""
        return self.raw_api.get_download_url_by_id(self.account_info.get_download_url(), file_id)

    @arguments_checked
    def get_download_url_by_name(self, bucket_name: str, file_name: str) -> str:
        """Return the URL of the newest version of a file; no request is sent."""
        return self.raw_api.get_download_url_by_name(self.account_info.get_download_url(), bucket_name, file_name)
