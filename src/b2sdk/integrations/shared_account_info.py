"""An account info for a fleet: one authorization and one pool of upload URLs for all processes that share a store.

What is stored and what it means is here; how it is stored is the business of an
:class:`~b2sdk.integrations.account_store.AccountStore`.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Protocol, SupportsIndex, TypeVar
from weakref import ref

from typing_extensions import override

from b2sdk import cancellation
from b2sdk.account_info.abstract import AnyBucket, SharedRenewal
from b2sdk.account_info.auth_data import AuthData
from b2sdk.account_info.auth_data_keeper import AuthDataKeeper
from b2sdk.exception import AccountInfoError, MissingAccountData
from b2sdk.fork import in_this_process, reset_after_fork
from b2sdk.integrations.account_store import (
    NEVER_STORED,
    AccountStore,
    AccountStoreUnavailable,
    AccountStoreUnreadable,
    StoredState,
    StoredUrl,
)

logger: logging.Logger = logging.getLogger(__name__)

URL_LIFETIME_SECONDS = 24 * 60 * 60
"""For how long the service takes uploads at an upload URL, from the moment it gave it out."""
LOCK_SECONDS = 20
"""How long a process that died while it authorized keeps the others waiting. Longer than an authorization takes."""
POLL_SECONDS = 0.05
"""How often those who wait look again, on the average."""
ASK_AGAIN_SECONDS = 5.0
"""For how long a store that was away is left alone by an account info that can do without."""

OnOutage = Literal["raise", "memory"]
R = TypeVar("R")
_AUTH_DATA_FIELDS = frozenset(AuthData._fields)


class Cipher(Protocol):
    """Encrypts what is stored. ``Fernet`` and, to change keys, ``MultiFernet`` of ``cryptography`` are such."""

    def encrypt(self, data: bytes) -> bytes:
        """Return ASCII text."""

    def decrypt(self, token: bytes) -> bytes:
        """Return what was encrypted, or raise something if it was tampered with or the key is another one."""


@dataclass(frozen=True)
class _Origin:
    """Where the upload URL comes from that is about to be used."""

    generation: str
    expires_at: int


_MEMORY = _Origin("memory", 0)
"""An authorization that may be known to this process only."""


_noted: ContextVar[Mapping[ref[SharedAccountInfo], _Origin]] = ContextVar("b2sdk-origins-of-urls")
"""What account infos have recorded last in this thread, or in this task of an event loop. It is never changed."""


class SharedAccountInfo(AuthDataKeeper, SharedRenewal):
    """Shares everything through a store, among threads, processes and hosts.

    - The authorization is one value: nobody ever reads a part of it. Every getter reads the store, so what another
      process has stored is seen at once.
    - An upload URL is taken out of the store for the time of its use. The URL of a process that died is lost, not
      blocked and not used again. It ends 24 hours after it was asked for, and with the authorization it belongs to.
    - A token that expired is renewed once in the whole fleet; see :meth:`renewing`.
    - Names of buckets survive a renewal.

    While the store is unavailable, ``on_outage`` decides: ``"raise"`` raises :class:`AccountStoreUnavailable`.
    ``"memory"`` keeps using the authorization that this process read last, or makes one, which stays in memory; upload
    URLs are then shared among the threads of this process only, and no names of buckets are known. When the store is
    available again, its values are used; if it has lost everything, this process writes its own back. :meth:`clear`
    always raises, as other processes would keep using the deleted values. Offering or dropping an upload URL, and
    saving the name of a bucket, do not raise while the store is unavailable: the call of the service has succeeded.

    Can be used after a ``fork``.
    """

    def __init__(self, store: AccountStore, *, cipher: Cipher | None = None, on_outage: OnOutage = "raise") -> None:
        """Connect to nothing yet.

        :param cipher: encrypts the authorization, key and tokens included, and the upload URLs. Names of buckets are
            not encrypted.
        :raises ValueError: ``on_outage`` is neither of the two.
        """
        super().__init__()
        if on_outage not in ("raise", "memory"):
            raise ValueError("on_outage must be 'raise' or 'memory'")
        self._store = store
        self._cipher = cipher
        self._has_memory = on_outage == "memory"
        self._ask_again_at = 0.0
        self._seen: tuple[str, AuthData] | None = None
        reset_after_fork(store.begin_in_child)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: create one in each process")

    def close(self) -> None:
        """Close the connections that were made from a URL. The object stays usable: the next use opens new ones."""
        self._store.close()

    # --- the authorization ---

    @override
    def clear(self) -> None:
        self._reach(lambda: self._store.clear(_new_generation()))
        super().clear()
        self._seen = None
        self._note(None)

    @override
    def _load_auth_data(self) -> AuthData | None:
        return self._ask(lambda: self._read(self._store.load()), lambda: self._seen and self._seen[1])

    @override
    def _store_auth_data(self, auth_data: AuthData) -> None:
        payload = self._seal(auth_data._asdict())
        self._ask(lambda: self._store.replace(_new_generation(), payload), lambda: None)
        self._seen = payload, auth_data
        self._note(None)

    @override
    def get_account_auth_token(self) -> str:
        self._note(_MEMORY)
        auth_data = self._ask(self._read_for_a_call, lambda: self._seen and self._seen[1])
        if auth_data is None:
            raise MissingAccountData("account_auth_token")
        return auth_data.auth_token

    def _read_for_a_call(self) -> AuthData | None:
        """Read the authorization, and note that upload URLs that are obtained here from now on belong to it."""
        state = self._store.load()
        self._note(_Origin(state.generation, state.now + URL_LIFETIME_SECONDS))
        return self._read(state)

    def _read(self, state: StoredState) -> AuthData | None:
        seen = self._seen
        if state.payload is None:
            if state.generation == NEVER_STORED and seen is not None and self._has_memory:
                self._store.replace(_new_generation(), seen[0])
                return seen[1]
            self._seen = None
            return None
        if seen is None or seen[0] != state.payload:
            self._seen = seen = state.payload, _auth_data(self._unseal(state.payload))
        return seen[1]

    # --- names of buckets ---

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return self._ask(self._store.buckets, list)

    @override
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        pairs = list(dict(name_id_iterable).items())  # a generator may take its time; a name has one id
        self._ask(lambda: self._store.replace_buckets(pairs), lambda: None)

    @override
    def remove_bucket_name(self, bucket_name: str) -> None:
        self._ask(lambda: self._store.remove_bucket(bucket_name), lambda: None)

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        name, id_ = bucket.name, bucket.id_
        self._offer(lambda: self._store.save_bucket(name, id_), lambda: None)  # a bucket that was made is there

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return self._ask(lambda: self._store.bucket_id(bucket_name), lambda: None)

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return self._ask(lambda: self._store.bucket_name(bucket_id), lambda: None)

    # --- upload URLs ---

    @override
    def take_bucket_upload_url(self, bucket_id: str) -> tuple[str, str] | tuple[None, None]:
        take = super().take_bucket_upload_url
        return self._ask(lambda: self._take(_for_files(bucket_id)), lambda: take(bucket_id))

    @override
    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        put = super().put_bucket_upload_url
        self._offer(
            lambda: self._put(_for_files(bucket_id), upload_url, upload_auth_token),
            lambda: put(bucket_id, upload_url, upload_auth_token),
        )

    @override
    def clear_bucket_upload_data(self, bucket_id: str) -> None:
        super().clear_bucket_upload_data(bucket_id)
        self._offer(lambda: self._store.drop_urls(_for_files(bucket_id)), lambda: None)

    @override
    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        take = super().take_large_file_upload_url
        return self._ask(lambda: self._take(_for_parts(file_id)), lambda: take(file_id))

    @override
    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        put = super().put_large_file_upload_url
        self._offer(
            lambda: self._put(_for_parts(file_id), upload_url, upload_auth_token),
            lambda: put(file_id, upload_url, upload_auth_token),
        )

    @override
    def clear_large_file_upload_urls(self, file_id: str) -> None:
        super().clear_large_file_upload_urls(file_id)
        self._offer(lambda: self._store.drop_urls(_for_parts(file_id)), lambda: None)

    def _take(self, target: str) -> tuple[str, str] | tuple[None, None]:
        while (found := self._store.take_url(target)) is not None:
            with suppress(AccountStoreUnreadable):  # encrypted with a key of the past: as good as expired
                url, token = self._unseal(found.payload)
                self._note(_Origin(found.generation, found.expires_at))
                return url, token
        return None, None

    def _put(self, target: str, url: str, token: str) -> None:
        origin = self._origin()
        if origin is not _MEMORY:
            self._store.put_url(target, StoredUrl(self._seal([url, token]), origin.generation, origin.expires_at))

    def _note(self, origin: _Origin | None) -> None:
        """Note where the next upload URL comes from that this thread, or this task of an event loop, obtains."""
        others = {info: other for info, other in _noted.get({}).items() if info() not in (None, self)}
        _noted.set(others if origin is None else {**others, ref(self): origin})

    def _origin(self) -> _Origin:
        origin = _noted.get({}).get(ref(self))
        self._note(None)
        if origin is None:  # from somewhere else: it can be no older than what is stored, as far as one can tell
            state = self._store.load()
            origin = _Origin(state.generation, state.now + URL_LIFETIME_SECONDS)
        return origin

    # --- who authorizes ---

    @override
    @contextmanager
    def renewing(self, rejected_token: str | None = None) -> Iterator[None]:
        """Enter to authorize, as the only one among all who share the store; see :class:`SharedRenewal`.

        A process that dies inside keeps the others waiting for :data:`LOCK_SECONDS`, by the store's clock. While the
        store is away, each process is on its own if it has memory.

        :raises AccountStoreUnavailable: the store is away, and ``on_outage`` is ``"raise"``.
        """
        holder = secrets.token_hex(16)
        while not self._ask(lambda: self._store.try_lock(holder, LOCK_SECONDS), lambda: True):
            if rejected_token is not None and self._has_another_token(rejected_token):
                yield
                return
            cancellation.sleep(random.uniform(0.5, 1.5) * POLL_SECONDS)  # noqa: S311  # spreads those who wait
        try:
            yield
        finally:
            self._offer(lambda: self._store.unlock(holder), lambda: None)  # it ends by itself otherwise

    def _has_another_token(self, token: str) -> bool:
        auth_data = self._load_auth_data()
        return auth_data is not None and auth_data.auth_token != token

    # --- what is kept ---

    def _seal(self, value: object) -> str:
        text = json.dumps(value)
        return text if self._cipher is None else self._cipher.encrypt(text.encode()).decode("ascii")

    def _unseal(self, payload: str) -> Any:
        try:
            return json.loads(payload if self._cipher is None else self._cipher.decrypt(payload.encode()))
        except Exception:  # noqa: BLE001  # each cipher has its own; and they may quote what they were given
            raise AccountStoreUnreadable from None

    # --- a store that is away ---

    def _ask(self, ask: Callable[[], R], instead: Callable[[], R]) -> R:
        """Ask the store, or return what ``instead`` has if it is away and that is what the application wants."""
        if self._has_memory and time.monotonic() < self._ask_again_at:
            return instead()
        try:
            answer = self._reach(ask)
        except AccountStoreUnavailable:
            if not self._has_memory:
                raise
            return instead()
        if self._ask_again_at:
            self._ask_again_at = 0.0
            self._drop_upload_urls()  # those that were obtained meanwhile
        return answer

    def _reach(self, ask: Callable[[], R]) -> R:
        in_this_process(self._store)
        try:
            return ask()
        except Exception as error:  # noqa: BLE001  # the store knows what it means
            translated = self._store.translate(error)
        # Not while the error is handled: it would lead to what the store does not tell.
        if isinstance(translated, AccountStoreUnavailable):
            logger.warning("the store of the account state is unavailable (%s)", type(translated.__cause__).__name__)
            self._ask_again_at = time.monotonic() + ASK_AGAIN_SECONDS
        raise translated

    def _offer(self, offer: Callable[[], None], instead: Callable[[], None]) -> None:
        """Tell the store something that may get lost.

        Once it was sent, it is not kept in memory instead: the store may have it in spite of the error.
        """
        sent = False

        def send() -> None:
            nonlocal sent
            sent = True
            offer()

        with suppress(AccountInfoError):  # what asks for something in return tells what is wrong
            self._ask(send, lambda: None if sent else instead())


def _new_generation() -> str:
    return secrets.token_hex(16)


def _for_files(bucket_id: str) -> str:
    return f"files:{bucket_id}"


def _for_parts(file_id: str) -> str:
    return f"parts:{file_id}"


def _auth_data(value: Mapping[str, Any]) -> AuthData:
    try:
        return AuthData(**{name: value[name] for name in _AUTH_DATA_FIELDS})
    except (KeyError, TypeError):
        raise AccountStoreUnreadable from None
