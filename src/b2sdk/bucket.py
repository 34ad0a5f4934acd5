"""A bucket, and what can be done with the files in it; those that make, describe or read a file are in
``stored_files``, and those that make links in ``links``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from b2sdk.blocking import call, iterate, run, step
from b2sdk.bulk.crew import BulkRun, ThreadCrew
from b2sdk.bulk.steps import BucketSteps
from b2sdk.bulk.verbs import BulkVerbs
from b2sdk.bulk.work import Task, Work
from b2sdk.docstrings import documented
from b2sdk.exception import BucketIdNotFound, NonExistentBucket
from b2sdk.file_version import (
    FileIdAndName,
    FileVersion,
)
from b2sdk.links.verbs import FileLinks
from b2sdk.listing import Lister
from b2sdk.name_ranges.reading import Workers
from b2sdk.protocol_constants import AUTO_CONTENT_TYPE, LIST_FILE_NAMES_MAX_LIMIT
from b2sdk.stored_files.access import FileAccess, FilesApi
from b2sdk.stored_files.checks import check_hidden, is_described
from b2sdk.suggestions import Misnamed
from b2sdk.transfer.background import FlowInBackground, ThreadCondition
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile
from b2sdk.values.argument import arguments_checked
from b2sdk.values.bucket import CorsRules, read_bucket
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import (
    UNKNOWN_BUCKET_RETENTION,
    BucketRetentionSetting,
)
from b2sdk.values.filter import Filter
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.name_range import ALL_NAMES, NameRange
from b2sdk.values.notification import NotificationRule, NotificationRuleResponse
from b2sdk.values.replication import ReplicationConfiguration
from b2sdk.values.responses import BUCKET, BUCKETS

if TYPE_CHECKING:
    from b2sdk.api import B2Api  # what programs find in a bucket


_Api = TypeVar("_Api")
_Described = TypeVar("_Described", bound="BucketDescription[Any]")


class BucketApi(FilesApi, Protocol):
    """What a bucket needs of the API that it came from."""

    @property
    def BUCKET_FACTORY_CLASS(self) -> type[BucketFactory]: ...  # noqa: N802  # an attribute of the class
    def list_buckets(self, bucket_name: str | None = ..., bucket_id: str | None = ...) -> Sequence[Bucket]: ...
    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = ...) -> FileIdAndName: ...
    def cancel_large_file(self, file_id: str) -> FileIdAndName: ...


@documented
class BucketDescription(Misnamed, Generic[_Api]):
    """What the service says of a bucket, whatever its verbs do: they are up to the class that has them."""

    DEFAULT_CONTENT_TYPE: ClassVar[str] = AUTO_CONTENT_TYPE
    MEANT: ClassVar[Mapping[str, str]] = {
        "bucket_id": "id_",
        "bucket_name": "name",
        "copy_file": "copy",
        "delete": "api.delete_bucket(bucket)",
        "delete_file": "delete_file_version",
        "download": "download_file_by_name",
        "download_file": "download_file_by_name",
        "generate_presigned_url": "presigned_url",
        "get_file_info": "get_file_info_by_name",
        "id": "id_",
        "list_file_names": "ls",
        "list_files": "ls",
        "list_objects": "ls",
        "type": "type_",
        "upload_data": "upload_bytes",
        "upload_file": "upload_local_file",
        "upload_stream": "upload_unbound_stream",
    }

    def __init__(
        self,
        api: _Api,
        id_: str,
        name: str | None = None,
        type_: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        revision: int | None = None,
        bucket_dict: dict[str, Any] | None = None,
        options_set: set[str] | None = None,
        default_server_side_encryption: EncryptionSetting = EncryptionSetting(EncryptionMode.UNKNOWN),  # noqa: B008  # never changed
        default_retention: BucketRetentionSetting = UNKNOWN_BUCKET_RETENTION,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> None:
        """Describe a bucket; no request is made. What is not known is ``None`` or empty.

        :param name: the name; ``None`` where only the id is known.
        :param type_: ``allPrivate`` or ``allPublic``.
        :param revision: a number that each update increases.
        :param options_set: what else the service says of the bucket.
        """
        self.api: _Api = api
        self.id_ = id_
        self.name = name
        self.type_ = type_
        self.bucket_info: dict[str, str] = bucket_info or {}
        self.cors_rules: CorsRules = cors_rules or []
        self.lifecycle_rules: list[LifecycleRule] = lifecycle_rules or []
        self.revision = revision
        self.bucket_dict: dict[str, Any] = bucket_dict or {}
        self.options_set: set[str] = options_set or set()
        self.default_server_side_encryption = default_server_side_encryption
        self.default_retention = default_retention
        self.is_file_lock_enabled = is_file_lock_enabled
        self.replication = replication

    def __repr__(self) -> str:
        return f"Bucket<{self.id_},{self.name},{self.type_}>"

    def get_id(self) -> str:
        """Return the id, which is ``id_`` too."""
        return self.id_

    def _described(self, account_id: str) -> dict[str, Any]:
        result: dict[str, Any] = {"accountId": account_id, "bucketId": self.id_}
        if self.name is not None:
            result["bucketName"] = self.name
        if self.type_ is not None:
            result["bucketType"] = self.type_
        result["bucketInfo"] = self.bucket_info
        result["corsRules"] = self.cors_rules
        result["lifecycleRules"] = self.lifecycle_rules
        result["revision"] = self.revision
        result["options"] = self.options_set
        result["defaultServerSideEncryption"] = self.default_server_side_encryption.as_dict()
        result["isFileLockEnabled"] = self.is_file_lock_enabled
        result["defaultRetention"] = self.default_retention.as_dict()
        result["replication"] = self.replication and self.replication.as_dict()
        return result


@documented
class Bucket(FileAccess, FileLinks, BulkVerbs[BulkRun], BucketDescription["B2Api"]):
    """A bucket as it was when the service described it; :meth:`get_fresh_state` asks again.

    One that was found by name or id in a cache has only these two.
    """

    name: str | None
    if TYPE_CHECKING:
        api: B2Api

    def as_dict(self) -> dict[str, Any]:
        """Return a description with the service's names; ``options`` is a set."""
        return self._described(self.api.account_info.get_account_id())

    # --- the bucket itself ---

    def get_fresh_state(self) -> Bucket:
        """Ask the service for the bucket again; this object stays as it is.

        :raises BucketIdNotFound: it was deleted, or the key may no longer see it.
        """
        try:
            return find_by_id(self.api.list_buckets(bucket_id=self.id_), self.id_)
        except BucketIdNotFound:
            self.api.session.forget_bucket(self.id_)
            raise

    def set_info(self, new_bucket_info: dict[str, str], if_revision_is: int | None = None) -> Bucket:
        """Replace the bucket info; see :meth:`update`.

        :param new_bucket_info: names and values that are kept with the bucket, up to 10; ``{}`` clears.
        :raises Conflict: the revision is another one.
        """
        return self.update(bucket_info=new_bucket_info, if_revision_is=if_revision_is)

    def set_type(self, bucket_type: str) -> Bucket:
        """Make the bucket public or private; see :meth:`update`."""
        return self.update(bucket_type=bucket_type)

    def update(
        self,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        replication: ReplicationConfiguration | None = None,
        is_file_lock_enabled: bool | None = None,
    ) -> Bucket:
        """Replace what is given and leave what is ``None``; return the bucket as the service describes it then.

        An empty value, ``bucket_info={}`` say, clears.

        :param if_revision_is: the revision that the bucket must still have: nothing happens if another program has
            changed it since. ``None`` updates any.
        :raises AssertionError: there is nothing to update.
        :raises Conflict: the revision is another one.
        :raises DisablingFileLockNotSupported: file lock, once on, stays on.
        :raises SourceReplicationConflict: the source of a replication cannot get file lock.
        """
        response = self.api.session.update_bucket(
            self.api.account_info.get_account_id(),
            self.id_,
            bucket_type=bucket_type,
            bucket_info=bucket_info,
            cors_rules=cors_rules,
            lifecycle_rules=lifecycle_rules,
            if_revision_is=if_revision_is,
            default_server_side_encryption=default_server_side_encryption,
            default_retention=default_retention,
            replication=replication,
            is_file_lock_enabled=is_file_lock_enabled,
        )
        return self.api.BUCKET_FACTORY_CLASS.from_api_bucket_dict(self.api, response)

    def get_notification_rules(self) -> list[NotificationRuleResponse]:
        """Return the rules by which the service tells a program of events in the bucket."""
        return self.api.session.get_bucket_notification_rules(self.id_)

    def set_notification_rules(self, rules: Iterable[NotificationRule]) -> list[NotificationRuleResponse]:
        """Replace all rules; return them as the service describes them then.

        :param rules: dictionaries of the form :class:`NotificationRule`; none of them removes all rules.
        """
        return self.api.session.set_bucket_notification_rules(self.id_, rules)

    def get_download_url(self, filename: str) -> str:
        """Return the URL of a file; one in a private bucket needs an authorization besides."""
        return self.api.session.get_download_url_by_name(self._name(), filename)

    @arguments_checked
    def exists(self, file_name: str, *, or_hidden: bool = False) -> bool:
        """Whether there is a file of this name, which costs one transaction of class B.

        A hidden file does not exist, as for downloads. A key that cannot read files cannot find out.

        :param or_hidden: whether a hidden file counts, too, or one of which only older versions are left: any version
            does. This lists versions, which costs one transaction of class C.
        """
        if or_hidden:
            return next(self.list_file_versions(file_name, fetch_count=1), None) is not None
        return run(is_described(step(self.get_file_info_by_name)(file_name)))

    # --- listings ---

    @arguments_checked
    def list_file_versions(
        self, file_name: str, fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT
    ) -> Iterator[FileVersion]:
        """Yield all versions of one file, newest first, hide markers included.

        :raises ValueError: ``fetch_count`` is not positive.
        """
        return iterate(self._lister().versions_of(file_name, fetch_count))

    @arguments_checked
    def ls(
        self,
        path: str = "",
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        *,
        prefetch: bool = False,
        workers: int = 1,
        names: NameRange = ALL_NAMES,
        in_order: bool = True,
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Yield ``(version, None)`` for the files of a folder and ``(first version inside, folder)`` for its folders.

        A ``path`` without trailing slash that is the name of a file gives that file alone, whatever the filters;
        if its newest version is hidden and only the latest is asked for, that is nothing.

        :param path: a folder, a file, or with ``with_wildcard`` a shell pattern whose ``*`` matches ``/`` too.
        :param latest_only: the newest visible version of each file, instead of all versions and hide markers.
        :param recursive: the files in all folders below, instead of the folders.
        :param with_wildcard: whether ``path`` is a pattern, which needs ``recursive``.
        :param filters: which of the files are yielded, a sequence of :class:`Filter`; without any, all are.
        :param prefetch: with ``recursive``, fetch each page in a thread while the one before is worked on. Who stops
            early has asked for one page more, and breaks that request off.
        :param workers: with ``recursive``, in how many ranges of names at most the listing is read at once, each in a
            thread, instead of one page after the other. It yields the same, in the same order. A listing of one page is
            one request; a longer one costs at most a tenth more transactions. What has come takes up to 6 MB of memory
            for each worker, at least 48 MB, until what is before it is used; where that is little, pages are smaller.
        :param names: with ``recursive``, which names are read: the listing begins at the start of the range and ends
            at its end. The versions of one name are in one range.
        :param in_order: whether names come in their order. With several workers and without it, what has come is
            yielded at once: less waits in memory, and no worker waits for who is slow. The versions of one name still
            come together, the newest first.
        :raises ValueError: ``with_wildcard`` or ``names`` without ``recursive``, or ``fetch_count`` or ``workers`` is
            not positive.
        """
        return iterate(
            self._lister().ls(
                path,
                latest_only,
                recursive,
                fetch_count,
                with_wildcard,
                filters,
                FlowInBackground if prefetch else None,
                _threads(workers),
                names,
                in_order,
            )
        )

    def _lister(self) -> Lister:
        session = self.api.session
        return Lister(
            step(session.list_file_names), step(session.list_file_versions), self.id_, self.api.file_version_factory
        )

    # --- large files that are not finished ---

    def list_parts(
        self, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
    ) -> Iterator[Part]:
        """Yield the parts that the service has of an unfinished large file, in their order.

        :param file_id: the id of the unfinished file.
        :raises FileNotPresent: there is no such unfinished file.
        """
        return self.api.services.large_file.list_parts(file_id, start_part_number, batch_size)

    def list_unfinished_large_files(
        self, start_file_id: str | None = None, batch_size: int | None = None, prefix: str | None = None
    ) -> Iterator[UnfinishedLargeFile]:
        """Yield the large files of this bucket that were started and neither finished nor cancelled."""
        return self.api.services.large_file.list_unfinished_large_files(self.id_, start_file_id, batch_size, prefix)

    def cancel_large_file(self, file_id: str) -> FileIdAndName:
        """Drop an unfinished large file and its parts; return what is left of it.

        :param file_id: the id of the unfinished file.
        :raises FileNotPresent: there is no such unfinished file.
        """
        return self.api.cancel_large_file(file_id)

    # --- hiding and deleting ---

    def hide_file(self, file_name: str) -> FileVersion:
        """Add a hide marker, so that the file is found only among its versions; return the marker.

        :raises FileNotPresent: there is no such file.
        :raises FileAlreadyHidden: it is hidden already.
        """
        response = self.api.session.hide_file(self.id_, file_name)
        return self.api.file_version_factory.from_api_response(response)

    def unhide_file(self, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        """Delete the hide marker that is the newest version of the file.

        :raises FileNotPresent: there is no such file.
        :raises FileNotHidden: the newest version is not a hide marker.
        """
        newest = next(self.list_file_versions(file_name, fetch_count=1), None)
        marker = check_hidden(newest, self.name, file_name)
        return self.delete_file_version(marker.id_, file_name, bypass_governance)

    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = False) -> FileIdAndName:
        """Delete one version of a file.

        :raises FileNotPresent: there is no such version of that name.
        :raises AccessDenied: the version is locked.
        """
        return self.api.delete_file_version(file_id, file_name, bypass_governance)

    # --- many files ---

    def _steps(self, workers: int) -> BucketSteps:
        return BucketSteps(self, call, self._lister(), _threads(workers))

    def _make_run(self, tasks: AsyncGenerator[Task, None], workers: int) -> BulkRun:
        def make_crew() -> ThreadCrew:
            self.api.session.keep_connections(workers)
            return ThreadCrew(workers)

        return BulkRun(Work(tasks, workers), make_crew)


def find_by_id(buckets: Iterable[_Described], bucket_id: str) -> _Described:
    """Return the bucket with this id.

    :raises BucketIdNotFound: there is none.
    """
    for bucket in buckets:
        if bucket.id_ == bucket_id:
            return bucket
    raise BucketIdNotFound(bucket_id)


def find_by_name(buckets: Iterable[_Described], bucket_name: str) -> _Described:
    """Return the bucket with this name, whose case the service ignores.

    :raises NonExistentBucket: there is none.
    """
    for bucket in buckets:
        if (bucket.name or "").lower() == bucket_name.lower():
            return bucket
    raise NonExistentBucket(bucket_name)


# The bucket that is given to what programs override: they say of which surface it is, and an override takes no less.
if TYPE_CHECKING:
    AnyBucket: TypeAlias = Any
else:
    AnyBucket = Bucket


@documented
class BucketFactory:
    """Makes buckets of the service's JSON."""

    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket

    @classmethod
    def from_api_response(cls, api: BucketApi, response: Mapping[str, Any]) -> list[Bucket]:
        """Read the response of ``b2_list_buckets``.

        :raises UnexpectedCloudBehaviour: a field that the protocol promises is missing.
        """
        BUCKETS.check(response)
        return [cls.from_api_bucket_dict(api, bucket_dict) for bucket_dict in response["buckets"]]

    @classmethod
    def from_api_bucket_dict(cls, api: BucketApi, bucket_dict: Mapping[str, Any]) -> Bucket:
        """Read one bucket.

        :raises UnrecognizedBucketType: the type is ``null``.
        :raises UnexpectedCloudBehaviour: a field that the protocol promises is missing.
        """
        with BUCKET.reading(bucket_dict):
            return cls.BUCKET_CLASS(api, **read_bucket(bucket_dict))  # type: ignore[arg-type]  # a double may have less


def list_below(
    bucket: Bucket,
    prefix: str,
    *,
    latest_only: bool = True,
    fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
    workers: int = 1,
) -> Iterator[FileVersion]:
    """Yield the versions of all names that begin with ``prefix``, which need not be a folder.

    The parameters are those of :meth:`Bucket.ls`. With several workers, names come in any order.
    """
    return iterate(bucket._lister().below(prefix, latest_only, fetch_count, _threads(workers)))  # noqa: SLF001  # its own


def _threads(most: int) -> Workers:
    return Workers(FlowInBackground, ThreadCondition, most)
