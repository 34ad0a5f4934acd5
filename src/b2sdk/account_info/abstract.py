"""The interface between the SDK and the place where account state is kept.

To write an account info, this is the only file to read. What follows from stored values alone (is this the master key,
is this the same account) is decided here; how values are stored is not known here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from b2sdk.account_info.auth_data import UNRESTRICTED, Allowed
from b2sdk.exception import MissingAccountData
from b2sdk.protocol_constants import ALL_CAPABILITIES

_MASTER_KEY_CLUSTER_LENGTH = 3
_MASTER_KEY_NUMBER = "0" * 10


class NamedBucket(Protocol):
    """All that is read of a bucket here."""

    @property
    def name(self) -> Any:
        """A string. A bucket object may be without, but such a one is not given to be remembered."""

    @property
    def id_(self) -> str:
        """The id of the bucket."""


# The bucket that is given to what programs override: they say which class it is of, and an override takes no less.
if TYPE_CHECKING:
    AnyBucket: TypeAlias = Any
else:
    AnyBucket = NamedBucket


class AbstractAccountInfo(ABC):
    """Keeps what an authorization returned, names of buckets, and upload URLs that are free to use.

    The methods are called from several threads at once, several times per request, so they must be thread-safe and
    should be cheap; when the storage is shared, several processes call them too. A getter raises
    :class:`~b2sdk.exception.MissingAccountData` when the value was never stored, and only then: the SDK takes it to
    mean that an authorization is needed. Failures of the storage itself pass through in the storage's own classes, but
    those of offering and forgetting upload URLs are logged instead: what has been uploaded stays so.
    """

    DEFAULT_ALLOWED: Allowed = UNRESTRICTED
    """Stored when :meth:`set_auth_data` is given ``allowed=None``."""

    @classmethod
    def all_capabilities(cls) -> list[str]:
        """Every capability a key can have."""
        return ALL_CAPABILITIES

    @classmethod
    def allowed_is_valid(cls, allowed: Allowed) -> bool:
        """Whether the keys ``buckets``, ``capabilities`` and ``namePrefix`` are there; values are not looked at."""
        return {"buckets", "capabilities", "namePrefix"} <= allowed.keys()

    @abstractmethod
    def clear(self) -> None:
        """Forget everything, upload URLs included. No error when there is nothing."""

    # --- bucket names --------------------------------------------------------------------------------------------

    @abstractmethod
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        """Return the remembered buckets as ``(name, id)``; empty when there are none, never an error for that."""

    @abstractmethod
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        """Remember these ``(name, id)`` pairs and no others. The iterable may be a generator."""

    @abstractmethod
    def remove_bucket_name(self, bucket_name: str) -> None:
        """Forget one bucket. No error when the name is unknown."""

    @abstractmethod
    def save_bucket(self, bucket: AnyBucket) -> None:
        """Remember one bucket; only ``bucket.name`` and ``bucket.id_`` may be read."""

    @abstractmethod
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        """Return the id, or ``None`` when the name is unknown; never an error for that."""

    @abstractmethod
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        """Return the name, or ``None`` when the id is unknown; never an error for that."""

    # --- the authorization ---------------------------------------------------------------------------------------

    @abstractmethod
    def get_account_id(self) -> str:
        """Return the account id.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_application_key_id(self) -> str:
        """Return the id of the key that authorized; of a master key too, whose id differs from the account id.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_application_key(self) -> str:
        """Return the secret part of the key; needed to authorize again when the token expires.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_account_auth_token(self) -> str:
        """Return the token that goes with each request. It may have expired; the SDK finds out by using it.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_api_url(self) -> str:
        """Return the base URL of API calls.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_download_url(self) -> str:
        """Return the base URL of downloads.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_realm(self) -> str:
        """Return the realm, a name or a URL, exactly as it was stored.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_s3_api_url(self) -> str:
        """Return the base URL of the S3-compatible API.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_recommended_part_size(self) -> int:
        """Return the part size, in bytes, that the service recommends.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_absolute_minimum_part_size(self) -> int:
        """Return the smallest part size, in bytes, that the service takes (the last part may be smaller).

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def get_allowed(self) -> Allowed:
        """Return what the key may do; changing the result must not change what is stored.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    def _set_auth_data(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        recommended_part_size: int,
        absolute_minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: Allowed,
        application_key_id: str,
    ) -> None:
        """Store all values, replacing the old ones as a whole: a reader sees either the old or the new state.

        Called by :meth:`set_auth_data` with positional arguments, and with a valid ``allowed``.
        """

    def set_auth_data(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        recommended_part_size: int,
        absolute_minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: Allowed | None,
        application_key_id: str,
    ) -> None:
        """Store the result of an authorization; ``allowed=None`` means :attr:`DEFAULT_ALLOWED`.

        :raises AssertionError: ``allowed`` does not have the structure that :meth:`allowed_is_valid` asks for.
        """
        if allowed is None:
            allowed = self.DEFAULT_ALLOWED
        if not self.allowed_is_valid(allowed):
            raise AssertionError(allowed)
        self._set_auth_data(
            account_id,
            auth_token,
            api_url,
            download_url,
            recommended_part_size,
            absolute_minimum_part_size,
            application_key,
            realm,
            s3_api_url,
            allowed,
            application_key_id,
        )

    def is_same_key(self, application_key_id: str, realm: str) -> bool:
        """Whether this key, in this realm, is the stored one; ``False`` when nothing is stored."""
        try:
            return self.get_application_key_id() == application_key_id and self.get_realm() == realm
        except MissingAccountData:
            return False

    def is_same_account(self, account_id: str, realm: str) -> bool:
        """Whether this account, in this realm, is the stored one; ``False`` when nothing is stored."""
        try:
            return self.get_account_id() == account_id and self.get_realm() == realm
        except MissingAccountData:
            return False

    def is_master_key(self) -> bool:
        """Whether the stored key is the account's master key.

        Old master keys have the account id as their id; newer ones have a three-character cluster, the account id and
        ten zeros.

        :raises MissingAccountData: nothing was stored yet.
        """
        account_id = self.get_account_id()
        key_id = self.get_application_key_id()
        return key_id == account_id or key_id[_MASTER_KEY_CLUSTER_LENGTH:] == account_id + _MASTER_KEY_NUMBER

    # --- upload URLs ---------------------------------------------------------------------------------------------
    # An upload URL serves one upload at a time, and its token is bound to it. Taking must hand out a pair to one
    # caller only, among all threads and processes that share the storage.

    @abstractmethod
    def take_bucket_upload_url(self, bucket_id: str) -> tuple[str, str] | tuple[None, None]:
        """Remove and return a ``(url, token)`` of the bucket; ``(None, None)`` when there is none."""

    @abstractmethod
    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        """Offer a pair that nobody uses any more to the next upload."""

    @abstractmethod
    def clear_bucket_upload_data(self, bucket_id: str) -> None:
        """Forget the bucket's pairs. No error when there are none."""

    @abstractmethod
    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        """Remove and return a ``(url, token)`` for parts of the file; ``(None, None)`` when there is none."""

    @abstractmethod
    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        """Offer a pair that nobody uses any more to the next part."""

    @abstractmethod
    def clear_large_file_upload_urls(self, file_id: str) -> None:
        """Forget the file's pairs. No error when there are none."""


class SharedRenewal(ABC):
    """What an account info also is when several sessions share it and should not all replace the same token.

    A class of its own, so that an account info that knows nothing of it stays as it is.
    """

    @abstractmethod
    def renewing(self, rejected_token: str | None = None) -> AbstractContextManager[None]:
        """Return a context manager for an authorization that other processes may be about to make as well.

        Entering waits while another process is inside, until that has left or died. It may end sooner when the stored
        token is no longer ``rejected_token``; without one it is exclusive. So the caller first checks inside whether
        an authorization is still needed. Two may be inside at once when the first takes much longer than an
        authorization does, which costs one more authorization.
        """
