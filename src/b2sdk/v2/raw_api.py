"""The raw API in the dialect v3: keys for one bucket at most, and two older ways to say things about an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from typing_extensions import Unpack, override

from b2sdk.raw_api import endpoints, http
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.values.json import JsonObject

if TYPE_CHECKING:
    from b2sdk.interfaces import Readable
    from b2sdk.raw_api.primitives import Headers
    from b2sdk.v2.older_uploads import FileInfo, UploadToUrl
    from b2sdk.values.encryption import EncryptionSetting
    from b2sdk.values.file_lock import FileRetentionSetting, LegalHold

API_VERSION = "v3"


class AbstractRawApi(endpoints.AbstractRawApi):
    API_VERSION: str = API_VERSION

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
        self._check_key_name(key_name)
        return self._api(
            api_url,
            "b2_create_key",
            account_auth_token,
            {
                "accountId": account_id,
                "capabilities": capabilities,
                "keyName": key_name,
                "validDurationInSeconds": valid_duration_seconds,
                "bucketId": bucket_id,
                "namePrefix": name_prefix,
            },
        )

    if TYPE_CHECKING:

        @overload
        @classmethod
        def get_upload_file_headers(
            cls,
            upload_auth_token: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            file_info: FileInfo,
            server_side_encryption: EncryptionSetting | None,
            file_retention: FileRetentionSetting | None,
            legal_hold: LegalHold | None,
            custom_upload_timestamp: int | None = None,
            cache_control: str | None = None,
        ) -> Headers: ...
        @overload
        @classmethod
        def get_upload_file_headers(
            cls,
            upload_auth_token: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            *,
            file_infos: FileInfo,
            server_side_encryption: EncryptionSetting | None,
            file_retention: FileRetentionSetting | None,
            legal_hold: LegalHold | None,
            custom_upload_timestamp: int | None = None,
            cache_control: str | None = None,
        ) -> Headers: ...
        @classmethod
        def get_upload_file_headers(cls, *args: object, **kwargs: object) -> Headers: ...

        @overload
        def upload_file(
            self,
            upload_url: str,
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
            upload_url: str,
            upload_auth_token: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            **about: Unpack[UploadToUrl],
        ) -> JsonObject: ...
        def upload_file(self, *args: object, **kwargs: object) -> JsonObject: ...

    else:
        get_upload_file_headers = WithOlderArguments(endpoints.AbstractRawApi.get_upload_file_headers)
        upload_file = WithOlderArguments(endpoints.AbstractRawApi.upload_file)


class B2RawHTTPApi(AbstractRawApi, http.B2RawHTTPApi):
    pass
