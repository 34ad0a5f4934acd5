"""The account as v1 has it: keys and file info are dictionaries, downloads go to a destination."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, overload

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo as _AnyAccountInfo
from b2sdk.cache import AbstractCache
from b2sdk.docstrings import documented
from b2sdk.http.config import B2HttpApiConfig as _AnyConfig
from b2sdk.progress import AbstractProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.transfer.download import DownloadedFile
from b2sdk.v1.account_info import AbstractAccountInfo
from b2sdk.v1.bucket import Bucket, BucketFactory
from b2sdk.v1.download_dest import AbstractDownloadDestination, download_file_and_return_info_dict
from b2sdk.v1.file_version import FileVersionInfo, FileVersionInfoFactory, file_version_info_from_id_and_name
from b2sdk.v1.session import B2Session, GivenRawApi, configuration
from b2sdk.v2 import api as v2
from b2sdk.values.argument import arguments_checked
from b2sdk.values.encryption import EncryptionSetting

if TYPE_CHECKING:
    from b2sdk.v2.inherited import parameters_of


@documented
class B2Api(v2.B2Api):
    SESSION_CLASS: ClassVar[Callable[..., B2Session]] = B2Session
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
    BUCKET_FACTORY_CLASS: type[BucketFactory] = BucketFactory
    FILE_VERSION_FACTORY_CLASS: ClassVar[Callable[..., FileVersionInfoFactory]] = FileVersionInfoFactory

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        session: B2Session
        file_version_factory: FileVersionInfoFactory

        @property
        @override
        def account_info(self) -> AbstractAccountInfo: ...
        @parameters_of(v2.B2Api.create_bucket)
        def create_bucket(self) -> Bucket: ...
        @parameters_of(v2.B2Api.list_buckets)
        def list_buckets(self) -> list[Bucket]: ...  # type: ignore[override]  # a list of a subclass
        @parameters_of(v2.B2Api.get_bucket_by_name)
        def get_bucket_by_name(self) -> Bucket: ...

    @override
    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        raw_api: AbstractRawApi | None = None,
        max_upload_workers: int | None = 10,
        max_copy_workers: int | None = 10,
        api_config: _AnyConfig | None = None,
    ) -> None:
        """Make a client; no request is made.

        :param raw_api: what makes the requests; ``None`` makes one by ``api_config``.
        :raises InvalidArgument: both are given.
        """
        super().__init__(
            account_info,
            cache,
            max_upload_workers,
            max_copy_workers,
            configuration(raw_api, api_config),
        )

    @override
    def _open_session(
        self, account_info: _AnyAccountInfo | None, cache: AbstractCache | None, api_config: _AnyConfig
    ) -> B2Session:
        if isinstance(api_config, GivenRawApi):
            return self.SESSION_CLASS(account_info=account_info, cache=cache, raw_api=api_config.raw_api)
        return self.SESSION_CLASS(account_info=account_info, cache=cache, api_config=api_config)

    # --- buckets ---

    @arguments_checked
    @override
    def get_bucket_by_id(self, bucket_id: str) -> Bucket:
        """Return a bucket of which nothing but the id is known; no request is made, so it need not exist."""
        return self.BUCKET_CLASS(self, bucket_id)

    def check_bucket_restrictions(self, bucket_name: str | None) -> None:
        """Check, without a request, that the key may use the bucket; see :meth:`check_bucket_name_restrictions`.

        :param bucket_name: the name; ``None`` stands for all buckets.
        :raises RestrictedBucket: it may not.
        """
        self.check_bucket_name_restrictions(bucket_name)

    # --- keys ---

    @override
    def create_key(  # type: ignore[override]  # a dictionary
        self,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None = None,
        bucket_id: str | None = None,
        name_prefix: str | None = None,
    ) -> dict[str, Any]:
        """Create an application key; return it with the service's names, its secret as ``applicationKey``.

        :param bucket_id: the id of the bucket that the key is restricted to; ``None`` is all.
        """
        return super().create_key(capabilities, key_name, valid_duration_seconds, bucket_id, name_prefix).as_dict()

    @override
    def delete_key(self, application_key_id: str) -> dict[str, Any]:  # type: ignore[override]  # as above
        """Delete a key; tokens that were made with it stop working."""
        return self.delete_key_by_id(application_key_id).as_dict()

    @override
    def list_keys(  # type: ignore[override]  # as above
        self, start_application_key_id: str | None = None
    ) -> dict[str, Any]:
        """Return one page, of up to 1000 keys, as the service says it: ``keys`` and ``nextApplicationKeyId``.

        :param start_application_key_id: the id that is listed first; ``None`` begins with the first there is.
        """
        page: dict[str, Any] = self.session.list_keys(
            self.get_account_id(),
            max_key_count=self.DEFAULT_LIST_KEY_COUNT,
            start_application_key_id=start_application_key_id,
        )
        return page

    @override
    def get_key(self, key_id: str) -> dict[str, Any] | None:  # type: ignore[override]  # as above
        """Return exactly that key, or ``None``.

        :param key_id: the id of the key.
        """
        found: list[dict[str, Any]] = self.list_keys(start_application_key_id=key_id)["keys"]
        return next((key for key in found if key["applicationKeyId"] == key_id), None)

    # --- files by id ---

    @overload  # type: ignore[override]  # the destination takes the position of the listener
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: None = None,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile: ...
    @overload
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: AbstractDownloadDestination,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> dict[str, Any]: ...
    @override
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: AbstractDownloadDestination | None = None,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile | dict[str, Any]:
        """Download a version of a file to a destination; without one, return what is saved later."""
        file = super().download_file_by_id(file_id, progress_listener, range_, encryption)
        return file if download_dest is None else download_file_and_return_info_dict(file, download_dest, range_)

    @override
    def get_file_info(self, file_id: str) -> dict[str, Any]:  # type: ignore[override]  # a dictionary
        """Describe a version of a file as the service does.

        :raises FileNotPresent: there is no such version.
        """
        response: dict[str, Any] = self.session.get_file_info_by_id(file_id)
        return response

    @override
    def get_file_info_by_name(self, bucket_name: str, file_name: str) -> FileVersionInfo:  # type: ignore[override]  # no headers
        return self.get_bucket_by_name(bucket_name).get_file_info_by_name(file_name)

    @override
    def cancel_large_file(self, file_id: str) -> FileVersionInfo:  # type: ignore[override]  # a version that stands for it
        """Drop an unfinished large file and its parts."""
        return file_version_info_from_id_and_name(super().cancel_large_file(file_id), self)
