"""The account: authorization, buckets, keys, and whatever is addressed by a file id alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar

from typing_extensions import Self

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.application_key import ApplicationKey, BaseApplicationKey, CreatedKey, FullApplicationKey
from b2sdk.blocking import iterate
from b2sdk.bucket import Bucket, BucketFactory, find_by_id, find_by_name
from b2sdk.cache import AbstractCache
from b2sdk.cancellation import is_interruption
from b2sdk.costs import Costs, Counting, counting
from b2sdk.docstrings import documented
from b2sdk.exception import (
    FileNotPresent,
    RestrictedBucket,
    RestrictedBucketMissing,
    UnexpectedCloudBehaviour,
)
from b2sdk.file_version import (
    DownloadVersion,
    DownloadVersionFactory,
    FileIdAndName,
    FileVersion,
    FileVersionFactory,
)
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.paging import KEYS, pages
from b2sdk.progress import AbstractProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi, download_url_by_id
from b2sdk.session import B2Session
from b2sdk.session_state import SessionState
from b2sdk.suggestions import Misnamed
from b2sdk.transfer.download import DownloadedFile, check_downloaded
from b2sdk.transfer.download_description import get_stored_version
from b2sdk.transfer.large_file import Part
from b2sdk.transfer.services import Services
from b2sdk.values.argument import arguments_checked
from b2sdk.values.bucket import CorsRules
from b2sdk.values.credentials import credentials_needed_in
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.replication import ReplicationConfiguration
from b2sdk.values.responses import LEGAL_HOLD, RETENTION


@documented
class Account(Misnamed):
    """What an account decides about its buckets and keys, however its calls are made.

    What belongs here sends nothing. The methods ask the account info and the cache, which may block.
    """

    API_VERSION: ClassVar[str] = "v4"
    MEANT: ClassVar[Mapping[str, str]] = {
        "authorize": "authorize_account",
        "bucket": "get_bucket_by_name",
        "buckets": "list_buckets",
        "create_application_key": "create_key",
        "delete_file": "delete_file_version",
        "download_file": "download_file_by_id",
        "download_file_by_name": "get_bucket_by_name(...).download_file_by_name",
        "get_bucket": "get_bucket_by_name",
        "get_buckets": "list_buckets",
        "list_files": "get_bucket_by_name(...).ls",
        "ls": "get_bucket_by_name(...).ls",
        "upload_bytes": "get_bucket_by_name(...).upload_bytes",
        "upload_file": "get_bucket_by_name(...).upload_local_file",
        "upload_local_file": "get_bucket_by_name(...).upload_local_file",
    }
    DEFAULT_LIST_KEY_COUNT: int = 1000
    BUCKET_CLASS: ClassVar[Any]
    BUCKET_FACTORY_CLASS: Any
    APPLICATION_KEY_CLASS: ClassVar[type[ApplicationKey]] = ApplicationKey
    FULL_APPLICATION_KEY_CLASS: ClassVar[type[CreatedKey]] = FullApplicationKey
    session: SessionState

    @property
    def account_info(self) -> AbstractAccountInfo:
        """The account info of the session."""
        return self.session.account_info

    @property
    def cache(self) -> AbstractCache:
        """The cache of the names of buckets."""
        return self.session.cache

    @property
    def costs(self) -> Costs:
        """What this client has requested so far: transactions by class, and bytes."""
        return self.session.meter.costs

    def counting(self) -> AbstractContextManager[Counting]:
        """Return a context manager that counts what this client requests in its block, in threads and tasks too.

        What it yields has ``costs``, in the block and after it. Blocks may be nested. A listing makes its requests
        when it is iterated, and a download when it is saved.
        """
        return counting(self.session.meter)

    def _remember_allowed_buckets(self) -> None:
        buckets = self.account_info.get_allowed()["buckets"] or []
        if any(bucket["name"] is None for bucket in buckets):
            raise RestrictedBucketMissing
        for bucket in buckets:
            self.cache.save_bucket(self.BUCKET_CLASS(self, bucket["id"], name=bucket["name"]))

    def _created_bucket(self, response: Mapping[str, Any], name: str, bucket_type: str) -> Any:
        bucket = self.BUCKET_FACTORY_CLASS.from_api_bucket_dict(self, response)
        if (bucket.name, bucket.type_) != (name, bucket_type):
            raise UnexpectedCloudBehaviour(f"asked for bucket {name} ({bucket_type}), got {bucket}")
        self.cache.save_bucket(bucket)
        return bucket

    def _listed_buckets(self, response: Mapping[str, Any], *, are_all: bool) -> list[Any]:
        buckets: list[Any] = self.BUCKET_FACTORY_CLASS.from_api_response(self, response)
        if are_all:
            self.cache.set_bucket_name_cache(buckets)
        else:
            for bucket in buckets:
                self.cache.save_bucket(bucket)
        return buckets

    def _cached_buckets(self, bucket_name: str | None, bucket_id: str | None) -> list[Any]:
        return [
            self.BUCKET_CLASS(self, id_, name=name)
            for name, id_ in self.cache.list_bucket_names_ids()
            if bucket_name in (None, name) and bucket_id in (None, id_)
        ]

    def _known_by_id(self, bucket_id: str) -> Any:
        """Return a bucket that is in the cache, or ``None``."""
        name = self.cache.get_bucket_name_or_none_from_bucket_id(bucket_id)
        return None if name is None else self.BUCKET_CLASS(self, bucket_id, name=name)

    def _known_by_name(self, bucket_name: str) -> Any:
        """Return a bucket that is in the cache, or ``None``."""
        id_ = self.cache.get_bucket_id_or_none_from_bucket_name(bucket_name)
        return None if id_ is None else self.BUCKET_CLASS(self, id_, name=bucket_name)

    def _check_bucket_restrictions(self, key: str, value: str | None) -> None:
        buckets = self.account_info.get_allowed()["buckets"]
        if buckets and value not in (bucket[key] for bucket in buckets):
            raise RestrictedBucket(str([bucket["name"] for bucket in buckets]))

    def _created_key(self, response: dict[str, Any], capabilities: Iterable[str], key_name: str) -> Any:
        key = self.FULL_APPLICATION_KEY_CLASS.from_create_response(response)
        if set(key.capabilities) != set(capabilities) or key.key_name != key_name:
            raise UnexpectedCloudBehaviour(f"asked for key {key_name} with {capabilities}, got {key.key_name}")
        return key


@documented
class B2Api(Account):
    """An account of the service.

    Building one makes no request; :meth:`authorize_account` is the first. After :meth:`close`, or at the end of a
    ``with`` block, no connection is left open. One object may be used by many threads.
    """

    session: B2Session
    SESSION_CLASS: ClassVar[Callable[..., B2Session]] = B2Session
    SERVICES_CLASS: ClassVar[Callable[..., Services]] = Services
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
    BUCKET_FACTORY_CLASS: type[BucketFactory] = BucketFactory
    FILE_VERSION_FACTORY_CLASS: ClassVar[Callable[..., FileVersionFactory]] = FileVersionFactory
    DOWNLOAD_VERSION_FACTORY_CLASS: ClassVar[Callable[..., DownloadVersionFactory]] = DownloadVersionFactory

    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        max_upload_workers: int | None = None,
        max_copy_workers: int | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        max_download_workers: int | None = None,
        save_to_buffer_size: int | None = None,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
    ) -> None:
        """Make a client; no request is made.

        :raises ValueError: one of the numbers of threads is not positive.
        """
        self.session = self._open_session(account_info, cache, api_config)
        self.api_config = api_config
        self.file_version_factory: FileVersionFactory = self.FILE_VERSION_FACTORY_CLASS(self)
        self.download_version_factory: DownloadVersionFactory = self.DOWNLOAD_VERSION_FACTORY_CLASS(self)
        self.services: Services = self.SERVICES_CLASS(
            api=self,
            max_upload_workers=max_upload_workers,
            max_copy_workers=max_copy_workers,
            max_download_workers=max_download_workers,
            save_to_buffer_size=save_to_buffer_size,
            check_download_hash=check_download_hash,
            max_download_streams_per_file=max_download_streams_per_file,
        )
        self.session.keep_connections(self.services.count_of_workers())

    def _open_session(
        self, account_info: AbstractAccountInfo | None, cache: AbstractCache | None, api_config: B2HttpApiConfig
    ) -> B2Session:
        return self.SESSION_CLASS(account_info=account_info, cache=cache, api_config=api_config)

    @property
    def raw_api(self) -> AbstractRawApi:
        """The endpoints that the session calls."""
        return self.session.raw_api

    def close(self) -> None:
        """End the threads and close the connections. There are new ones if the object is used after all.

        Waits for tasks that were submitted to the managers of the transfers; an interruption breaks them off.
        """
        self.services.close()
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if is_interruption(exc_val):
            self.services.break_off()
        self.close()

    # --- authorization ---

    def authorize_automatically(self) -> bool:
        """Authorize again with the stored key.

        :return: whether there was a key to do so with.
        """
        return self.session.authorize_automatically()

    def authorize_account(self, application_key_id: str, application_key: str, realm: str = "production") -> None:
        """Exchange the key for a token and store what the service says about the account.

        Buckets that the key is restricted to are put into the cache.

        :param application_key_id: the account id stands for the master key.
        :param application_key: the secret of the key.
        :raises RestrictedBucketMissing: a bucket that the key is restricted to no longer exists. The account is
            authorized all the same.
        :raises Unauthorized: see :meth:`B2Session.authorize_account`, which tells the other errors too.
        """
        self.session.authorize_account(realm, application_key_id, application_key)
        self._remember_allowed_buckets()

    def authorize_from_environment(self) -> None:
        """Authorize with the key of the environment: ``B2_APPLICATION_KEY_ID`` and ``B2_APPLICATION_KEY``.

        ``B2_ENVIRONMENT`` is the realm, a name or a URL; without it, it is ``production``. An empty variable counts as
        missing.

        :raises MissingAccountData: one of the first two is missing.
        :raises Unauthorized: see :meth:`authorize_account`, which tells the other errors too.
        """
        self.authorize_account(**credentials_needed_in(os.environ).as_arguments())

    def get_account_id(self) -> str:
        """Return the id of the account.

        :raises MissingAccountData: the account has not been authorized.
        """
        return self.account_info.get_account_id()

    # --- buckets ---

    def create_bucket(
        self,
        name: str,
        bucket_type: str,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> Bucket:
        """Create a bucket; what is ``None`` is left to the service.

        :param name: 6 to 63 letters, digits and hyphens; no other bucket of the service has it.
        :raises DuplicateBucketName: the name is taken, perhaps by another account.
        :raises WrongEncryptionModeForBucketDefault: only SSE-B2 can be a default.
        """
        response = self.session.create_bucket(
            self.get_account_id(),
            name,
            bucket_type,
            bucket_info=bucket_info,
            cors_rules=cors_rules,
            lifecycle_rules=lifecycle_rules,
            default_server_side_encryption=default_server_side_encryption,
            is_file_lock_enabled=is_file_lock_enabled,
            replication=replication,
        )
        bucket: Bucket = self._created_bucket(response, name, bucket_type)
        return bucket

    def delete_bucket(self, bucket: Bucket) -> None:
        """Delete an empty bucket. The caches may know its name for a while.

        :param bucket: the bucket, or anything else with its ``id_``.
        :raises BadRequest: with the code ``cannot_delete_non_empty_bucket``; hide markers and unfinished large
            files count too.
        """
        self.session.delete_bucket(self.get_account_id(), id_of("bucket", bucket))

    @arguments_checked
    def list_buckets(
        self, bucket_name: str | None = None, bucket_id: str | None = None, *, use_cache: bool = False
    ) -> list[Bucket]:
        """List all buckets, or the one of that name or id if there is one.

        :param bucket_name: the only bucket that is listed; ``None`` lists all.
        :param bucket_id: the same, by its id.
        :param use_cache: whether buckets that are in the cache are returned without a request; they have only name and
            id.
        :raises ValueError: both name and id are given.
        :raises RestrictedBucket: the key is restricted to other buckets; without name and id, to any.
        """
        check_name_or_id(bucket_name, bucket_id)
        if bucket_id is not None:
            self.check_bucket_id_restrictions(bucket_id)
        else:
            self.check_bucket_name_restrictions(bucket_name)
        if use_cache and (cached := self._cached_buckets(bucket_name, bucket_id)):
            return cached
        response = self.session.list_buckets(self.get_account_id(), bucket_name=bucket_name, bucket_id=bucket_id)
        return self._listed_buckets(response, are_all=bucket_name is None and bucket_id is None)

    @arguments_checked
    def get_bucket_by_id(self, bucket_id: str) -> Bucket:
        """Return a bucket; one that is in the cache has only name and id.

        :raises RestrictedBucket: the key is restricted to other buckets.
        :raises BucketIdNotFound: there is no such bucket.
        :raises TypeError: the id is no text; ``None`` stands for no bucket.
        """
        self.check_bucket_id_restrictions(bucket_id)
        known: Bucket | None = self._known_by_id(bucket_id)
        return known or find_by_id(self.list_buckets(bucket_id=bucket_id), bucket_id)

    @arguments_checked
    def get_bucket_by_name(self, bucket_name: str) -> Bucket:
        """Return a bucket; one that is in the cache has only name and id.

        :raises RestrictedBucket: the key is restricted to other buckets.
        :raises NonExistentBucket: there is no such bucket.
        :raises TypeError: the name is no text; ``None`` stands for no bucket.
        """
        self.check_bucket_name_restrictions(bucket_name)
        known: Bucket | None = self._known_by_name(bucket_name)
        return known or find_by_name(self.list_buckets(bucket_name=bucket_name), bucket_name)

    def check_bucket_name_restrictions(self, bucket_name: str | None) -> None:
        """Check, without a request, that the key may use the bucket.

        :param bucket_name: the name; ``None`` stands for all buckets.
        :raises RestrictedBucket: it may not.
        """
        self._check_bucket_restrictions("name", bucket_name)

    def check_bucket_id_restrictions(self, bucket_id: str | None) -> None:
        """Check, without a request, that the key may use the bucket.

        :param bucket_id: the id; ``None`` stands for all buckets.
        :raises RestrictedBucket: it may not.
        """
        self._check_bucket_restrictions("id", bucket_id)

    # --- keys ---

    @arguments_checked
    def create_key(
        self,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None = None,
        bucket_ids: list[str] | None = None,
        name_prefix: str | None = None,
    ) -> FullApplicationKey:
        """Create an application key; its secret is known only from what this returns.

        :raises ValueError: ``bucket_ids`` is empty, or has an empty id.
        """
        check_restriction(bucket_ids)
        response = self.session.create_key(
            self.get_account_id(), capabilities, key_name, valid_duration_seconds, bucket_ids, name_prefix
        )
        key: FullApplicationKey = self._created_key(response, capabilities, key_name)
        return key

    def delete_key(self, application_key: BaseApplicationKey) -> ApplicationKey:
        """Delete a key; tokens that were made with it stop working.

        :param application_key: the key, or anything else with its ``id_``.
        """
        return self.delete_key_by_id(id_of("application_key", application_key))

    def delete_key_by_id(self, application_key_id: str) -> ApplicationKey:
        """Delete a key; tokens that were made with it stop working."""
        return self.APPLICATION_KEY_CLASS.from_api_response(self.session.delete_key(application_key_id))

    @arguments_checked
    def list_keys(self, start_application_key_id: str | None = None) -> Iterator[ApplicationKey]:
        """Yield the keys in the order of their ids.

        :param start_application_key_id: the id that is listed first; ``None`` begins with the first there is.
        """

        async def fetch(start: str | None) -> Mapping[str, Any]:
            return self.session.list_keys(
                self.get_account_id(), max_key_count=self.DEFAULT_LIST_KEY_COUNT, start_application_key_id=start
            )

        return iterate(pages(fetch, start_application_key_id, KEYS, self.APPLICATION_KEY_CLASS.from_api_response))

    @arguments_checked
    def get_key(self, key_id: str) -> ApplicationKey | None:
        """Return exactly that key, or ``None``.

        :param key_id: the id of the key.
        """
        return the_same_key(key_id, next(self.list_keys(start_application_key_id=key_id), None))

    # --- files by id ---

    def download_file_by_id(
        self,
        file_id: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request a version of a file; its content is read when the result is saved.

        :raises FileNotPresent: there is no such version.
        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        url = self.session.get_download_url_by_id(file_id)
        manager = self.services.download_manager
        try:
            file = manager.download_file_from_url(url, progress_listener, range_, encryption)
            return file if file.download_version.id_ == file_id else check_downloaded(file, id_=file_id)
        except FileNotPresent as error:
            error.file_id_or_name = file_id
            raise

    def get_file_info(self, file_id: str) -> FileVersion:
        """Describe a version of a file.

        :raises FileNotPresent: there is no such version.
        """
        return get_stored_version(self, file_id)

    def get_file_info_by_name(self, bucket_name: str, file_name: str) -> DownloadVersion:
        """Describe the newest version of a file, without its content; see :meth:`Bucket.get_file_info_by_name`.

        :raises NonExistentBucket: there is no such bucket.
        :raises FileNotPresent: there is no such file, or it is hidden.
        """
        return self.get_bucket_by_name(bucket_name).get_file_info_by_name(file_name)

    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        """Delete one version of a file.

        :raises FileNotPresent: there is no such version of that name.
        :raises AccessDenied: the version is locked.
        """
        response = self.session.delete_file_version(file_id, file_name, bypass_governance)
        return FileIdAndName.from_cancel_or_delete_response(response)

    def list_parts(
        self, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
    ) -> Iterator[Part]:
        """Yield the parts that the service has of an unfinished large file, in their order.

        :param file_id: the id of the unfinished file.
        :raises FileNotPresent: there is no such unfinished file.
        """
        return self.services.large_file.list_parts(file_id, start_part_number, batch_size)

    def cancel_large_file(self, file_id: str) -> FileIdAndName:
        """Drop an unfinished large file and its parts; return what is left of it.

        :param file_id: the id of the unfinished file.
        :raises FileNotPresent: there is no such unfinished file.
        """
        return self.services.large_file.cancel_large_file(file_id)

    def update_file_legal_hold(self, file_id: str, file_name: str, legal_hold: LegalHold) -> LegalHold:
        """Set or lift the legal hold of a version; return what the service reports.

        :param legal_hold: ``LegalHold.ON`` or ``LegalHold.OFF``.
        :raises RetentionWriteError: the key does not allow it.
        """
        return read_legal_hold(self.session.update_file_legal_hold(file_id, file_name, legal_hold))

    def update_file_retention(
        self, file_id: str, file_name: str, file_retention: FileRetentionSetting, bypass_governance: bool = False
    ) -> FileRetentionSetting:
        """Set the retention of a version; return what the service reports.

        :param file_retention: the mode, and until when; ``NO_RETENTION_FILE_SETTING`` ends one.
        :raises RetentionWriteError: the key, or the retention that is in force, does not allow it.
        """
        return read_retention(self.session.update_file_retention(file_id, file_name, file_retention, bypass_governance))

    @arguments_checked
    def get_download_url_for_fileid(self, file_id: str) -> str:
        """Return the URL of a version of a file; one in a private bucket needs an authorization besides."""
        return download_url_by_id(self.account_info.get_download_url(), self.API_VERSION, file_id)

    @arguments_checked
    def get_download_url_for_file_name(self, bucket_name: str, file_name: str) -> str:
        """Return the URL of a file; a private bucket needs an authorization besides.

        :raises RestrictedBucket: the key is restricted to other buckets.
        """
        self.check_bucket_name_restrictions(bucket_name)
        return self.session.get_download_url_by_name(bucket_name, file_name)


def check_restriction(bucket_ids: Sequence[str] | None) -> None:
    """Refuse a restriction to nothing, which may be a forgotten value, before it becomes a key for everything.

    :raises ValueError: there is no bucket id, or an empty one.
    """
    if bucket_ids is not None and not (bucket_ids and all(bucket_ids)):
        raise ValueError("a key is restricted to buckets by their ids, and to none of them by None; there is no id")


def check_name_or_id(bucket_name: str | None, bucket_id: str | None) -> None:
    """Refuse to look for a bucket by two things.

    :raises ValueError: both name and id are given.
    """
    if bucket_name is not None and bucket_id is not None:
        raise ValueError("Provide either bucket_name or bucket_id, not both")


def the_same_key(key_id: str, first: ApplicationKey | None) -> ApplicationKey | None:
    """Return the first key of those from an id on, if it is the one with that id."""
    return first if first is not None and first.id_ == key_id else None


def read_legal_hold(response: Mapping[str, Any]) -> LegalHold:
    """Read the response of ``b2_update_file_legal_hold``.

    :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
    """
    with LEGAL_HOLD.reading(response):
        return LegalHold.from_server_response(response)


def read_retention(response: Mapping[str, Any]) -> FileRetentionSetting:
    """Read the response of ``b2_update_file_retention``.

    :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
    """
    with RETENTION.reading(response):
        return FileRetentionSetting.from_server_response(response)


def id_of(name: str, described: Any) -> str:
    """Return the id of what an argument describes.

    :raises TypeError: it describes nothing, such as a name.
    """
    try:
        id_: str = described.id_
    except AttributeError:
        raise TypeError(f"{name} must be an object with an id_, not {type(described).__name__}") from None
    return id_
