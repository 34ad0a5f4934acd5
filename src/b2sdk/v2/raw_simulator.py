"""The simulator in the dialect v3: keys for one bucket at most, and uploads with two older arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from b2sdk.raw_api.endpoints import Answer
from b2sdk.simulator import bucket_simulator, key_simulator, raw
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.v2.raw_api import SingleBucketKeys


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
    def as_key(self) -> Answer:
        shape = super().as_key()
        del shape["bucketIds"]
        return {**shape, "bucketId": self.bucket_id_or_none}

    @override
    def get_allowed(self) -> Answer:
        allowed = super().get_allowed()
        del allowed["buckets"]
        return {"bucketId": self.bucket_id_or_none, "bucketName": self.bucket_name_or_none, **allowed}


class BucketSimulator(bucket_simulator.BucketSimulator):
    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        upload_file = WithOlderArguments(bucket_simulator.BucketSimulator.upload_file)


class RawSimulator(SingleBucketKeys, raw.RawSimulator):
    BUCKET_SIMULATOR_CLASS: ClassVar[type[bucket_simulator.BucketSimulator]] = BucketSimulator
    KEY_SIMULATOR_CLASS: ClassVar[type[key_simulator.KeySimulator]] = KeySimulator

    @override
    def create_key(  # type: ignore[override]  # `bucket_id` stands where the newer dialect has `bucket_ids`
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_id: str | None,
        name_prefix: str | None,
    ) -> Answer:
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
        return self._created_key(answer)

    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        get_upload_file_headers = WithOlderArguments(raw.RawSimulator.get_upload_file_headers)
        upload_file = WithOlderArguments(raw.RawSimulator.upload_file)
