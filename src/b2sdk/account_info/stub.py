"""An account info for tests: its state is open to be read and set, and it caches no bucket lookups.

A test that counts requests, or that wants to see what was stored, needs no more than this.
"""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo, AnyBucket, NamedBucket
from b2sdk.account_info.auth_data import Allowed
from b2sdk.account_info.upload_url_pool import UploadUrlPool


class StubAccountInfo(AbstractAccountInfo):
    """Getters return the attributes as they are: ``None`` before :meth:`set_auth_data`, and no error.

    Lookups of buckets find nothing, so every lookup reaches the service; :attr:`buckets` and
    :meth:`list_bucket_names_ids` show what was saved. Bucket upload URLs are not kept, those of large files are.
    """

    # Getters promise values, and tests may read them before they are set: the attributes are annotated as they are
    # once set.
    account_id: str
    auth_token: str
    api_url: str
    download_url: str
    recommended_part_size: int
    absolute_minimum_part_size: int
    application_key: str
    realm: str
    s3_api_url: str
    allowed: Allowed
    application_key_id: str
    buckets: dict[str, NamedBucket]
    """The buckets saved, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    @override
    def clear(self) -> None:
        for name in StubAccountInfo.__annotations__:
            setattr(self, name, None)
        self.buckets = {}
        self._large_file_uploads = UploadUrlPool()

    @override
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
        self.account_id = account_id
        self.auth_token = auth_token
        self.api_url = api_url
        self.download_url = download_url
        self.recommended_part_size = recommended_part_size
        self.absolute_minimum_part_size = absolute_minimum_part_size
        self.application_key = application_key
        self.realm = realm
        self.s3_api_url = s3_api_url
        self.allowed = allowed
        self.application_key_id = application_key_id

    @override
    def get_account_id(self) -> str:
        return self.account_id

    @override
    def get_application_key_id(self) -> str:
        return self.application_key_id

    @override
    def get_application_key(self) -> str:
        return self.application_key

    @override
    def get_account_auth_token(self) -> str:
        return self.auth_token

    @override
    def get_api_url(self) -> str:
        return self.api_url

    @override
    def get_download_url(self) -> str:
        return self.download_url

    @override
    def get_realm(self) -> str:
        return self.realm

    @override
    def get_s3_api_url(self) -> str:
        return self.s3_api_url

    @override
    def get_recommended_part_size(self) -> int:
        return self.recommended_part_size

    @override
    def get_absolute_minimum_part_size(self) -> int:
        return self.absolute_minimum_part_size

    @override
    def get_allowed(self) -> Allowed:
        return self.allowed

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return [(bucket.name, id_) for id_, bucket in self.buckets.items()]

    @override
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        """Forget the saved buckets; the given pairs are not remembered."""
        self.buckets = {}

    @override
    def remove_bucket_name(self, bucket_name: str) -> None:
        """Do nothing: saved values stay visible."""

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        self.buckets[bucket.id_] = bucket

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return None

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return None

    def get_bucket_upload_data(self, bucket_id: str) -> NamedBucket | tuple[None, None]:
        """Return the bucket saved under this id, or ``(None, None)``."""
        return self.buckets.get(bucket_id, (None, None))

    @override
    def take_bucket_upload_url(self, bucket_id: str) -> tuple[None, None]:
        return None, None

    @override
    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        """Do nothing: each upload asks for a URL of its own."""

    @override
    def clear_bucket_upload_data(self, bucket_id: str) -> None:
        self.buckets.pop(bucket_id, None)

    @override
    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        return self._large_file_uploads.take(file_id)

    @override
    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._large_file_uploads.put(file_id, upload_url, upload_auth_token)

    @override
    def clear_large_file_upload_urls(self, file_id: str) -> None:
        self._large_file_uploads.clear_for_key(file_id)
