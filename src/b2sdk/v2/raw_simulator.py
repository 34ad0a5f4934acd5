"""The simulator in the dialect v3: keys for one bucket at most, and uploads with two older arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, overload

from typing_extensions import Unpack, override

from b2sdk.raw_api import endpoints
from b2sdk.simulator.raw import bucket_simulator, key_simulator, raw_simulator
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.v2.raw_api import AbstractRawApi
from b2sdk.values.json import JsonObject

if TYPE_CHECKING:
    from b2sdk.interfaces import Readable
    from b2sdk.v2.older_uploads import FileInfo, UploadToUrl
    from b2sdk.values.encryption import EncryptionSetting
    from b2sdk.values.file_lock import FileRetentionSetting, LegalHold


class KeySimulator(key_simulator.KeySimulator):
    def __init__(
        self,
        account_id: str,
        name: str,
        application_key_id: str,
        key: str,
        capabilities: list[str],
        expiration_timestamp_or_none: int | None,
        bucket_id_or_none: str | None,
        bucket_name_or_none: str | None,
        name_prefix_or_none: str | None,
    ) -> None:
        super().__init__(
            account_id,
            name,
            application_key_id,
            key,
            capabilities,
            expiration_timestamp_or_none,
            None if bucket_id_or_none is None else [{"id": bucket_id_or_none, "name": bucket_name_or_none}],
            name_prefix_or_none,
        )

    def _only_bucket(self) -> dict[str, str | None]:
        return {"id": None, "name": None} if not self.buckets_or_none else self.buckets_or_none[0]

    @property
    def bucket_id_or_none(self) -> str | None:
        return self._only_bucket()["id"]

    @bucket_id_or_none.setter
    def bucket_id_or_none(self, bucket_id: str | None) -> None:
        self.buckets_or_none = None if bucket_id is None else [{"id": bucket_id, "name": self.bucket_name_or_none}]

    @property
    def bucket_name_or_none(self) -> str | None:
        return self._only_bucket()["name"]

    @bucket_name_or_none.setter
    def bucket_name_or_none(self, name: str | None) -> None:
        self._only_bucket()["name"] = name

    @override
    def as_key(self) -> JsonObject:
        shape = super().as_key()
        del shape["bucketIds"]
        return {**shape, "bucketId": self.bucket_id_or_none}

    @override
    def get_allowed(self) -> JsonObject:
        allowed = super().get_allowed()
        del allowed["buckets"]
        return {"bucketId": self.bucket_id_or_none, "bucketName": self.bucket_name_or_none, **allowed}


class BucketSimulator(bucket_simulator.BucketSimulator):
    if TYPE_CHECKING:

        @overload
        def upload_file(
            self,
            upload_id: str,
            upload_auth_token: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            file_info: FileInfo,
            data_stream: Readable,
            server_side_encryption: EncryptionSetting | None = None,
            file_retention: FileRetentionSetting | None = None,
            legal_hold: LegalHold | None = None,
            custom_upload_timestamp: int | None = None,
            cache_control: str | None = None,
        ) -> JsonObject: ...
        @overload
        def upload_file(
            self,
            upload_id: str,
            upload_auth_token: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            **about: Unpack[UploadToUrl],
        ) -> JsonObject: ...
        def upload_file(self, *args: object, **kwargs: object) -> JsonObject: ...

    else:
        upload_file = WithOlderArguments(bucket_simulator.BucketSimulator.upload_file)


class RawSimulator(AbstractRawApi, raw_simulator.RawSimulator):
    KEY_SIMULATOR_CLASS: ClassVar[type[key_simulator.KeySimulator]] = KeySimulator

    @override
    def create_key(  # type: ignore[override]  # `bucket_id` has the position of `bucket_ids` of the newer dialect
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_id: str | None,
        name_prefix: str | None,
    ) -> JsonObject:
        answer = super().create_key(
            api_url,
            account_auth_token,
            account_id,
            capabilities,
            key_name,
            valid_duration_seconds,
            bucket_id,
            name_prefix,
        )
        return self._add_key(answer)

    @override
    def get_download_url_by_id(self, download_url: str, file_id: str) -> str:
        # The URL is that of the newest version of the API, as what tests count on.
        return endpoints.download_url_by_id(download_url, raw_simulator.RawSimulator.API_VERSION, file_id)
