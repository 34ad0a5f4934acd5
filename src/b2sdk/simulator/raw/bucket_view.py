"""A bucket as tests of other programs see and change it.

What belongs here is the view: attributes of the cloud's bucket by the names that callers know, the views of the
versions in it, and what is shown of the bucket. The calls are in ``bucket_simulator``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from b2sdk.exception import FileNotPresent
from b2sdk.simulator.cloud.model import SSE_B2, Bucket, BucketType, FileVersion
from b2sdk.simulator.raw.counters import BucketNumbers
from b2sdk.simulator.raw.file_simulator import FileSimulator
from b2sdk.simulator.raw.in_process import InProcessApi
from b2sdk.simulator.raw.model_attributes import (
    ModelAttribute,
    bucket_retention,
    encryption_setting,
    stored_default_retention,
    stored_encryption,
)
from b2sdk.simulator.raw.response import FakeResponse
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.json import JsonObject
from b2sdk.values.replication import ReplicationConfiguration

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import Replication


class BucketView:
    """A view of a bucket in the cloud of ``api``, which gets it if it has none with this id.

    On its own, with anything else for ``api``, it has a cloud to itself, where every token is good.
    """

    FIRST_FILE_NUMBER: ClassVar[int] = 9999
    FIRST_FILE_ID: ClassVar[str] = str(FIRST_FILE_NUMBER)
    FILE_SIMULATOR_CLASS: ClassVar[type[FileSimulator]] = FileSimulator
    RESPONSE_CLASS: ClassVar[type[FakeResponse]] = FakeResponse
    MAX_SIMPLE_COPY_SIZE: ClassVar[int] = 200

    account_id: ModelAttribute[str] = ModelAttribute("account_id")
    bucket_id: ModelAttribute[str] = ModelAttribute("bucket_id")
    bucket_name: ModelAttribute[str] = ModelAttribute("name")
    bucket_type: ModelAttribute[BucketType] = ModelAttribute("bucket_type")
    bucket_info: ModelAttribute[dict[str, str]] = ModelAttribute("info")
    cors_rules: ModelAttribute[list[Any]] = ModelAttribute("cors_rules")
    lifecycle_rules: ModelAttribute[list[Any]] = ModelAttribute("lifecycle_rules")
    revision: ModelAttribute[int] = ModelAttribute("revision")
    default_server_side_encryption: ModelAttribute[EncryptionSetting] = ModelAttribute(
        "encryption", encryption_setting, stored_encryption
    )
    default_retention: ModelAttribute[BucketRetentionSetting] = ModelAttribute(
        "default_retention", bucket_retention, stored_default_retention
    )

    file_id_counter: BucketNumbers = BucketNumbers("file_numbers")
    """The numbers that are the ids to come."""
    upload_timestamp_counter: BucketNumbers = BucketNumbers("timestamps")
    """The upload timestamps to come."""
    upload_url_counter: BucketNumbers = BucketNumbers("upload_numbers")
    """The numbers in the upload URLs to come."""

    def __init__(
        self,
        api: Any,
        account_id: str,
        bucket_id: str,
        bucket_name: str,
        bucket_type: BucketType,
        bucket_info: dict[str, str] | None = None,
        cors_rules: list[Any] | None = None,
        lifecycle_rules: list[Any] | None = None,
        options_set: set[str] | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> None:
        self.api = api
        self._is_alone = not isinstance(api, InProcessApi)
        self._service = InProcessApi(None if self._is_alone else api)
        self.model: Bucket = self._find_or_create(account_id, bucket_id, bucket_name, bucket_type)
        self.bucket_info: dict[str, str] = dict(bucket_info or {})
        self.cors_rules: list[Any] = cors_rules or []
        self.lifecycle_rules: list[Any] = lifecycle_rules or []
        self.options_set: set[str] = options_set or set()
        if default_server_side_encryption is not None:
            self.default_server_side_encryption: EncryptionSetting = default_server_side_encryption
        self.is_file_lock_enabled = is_file_lock_enabled
        self.replication = replication
        self.file_id_to_file: dict[str, FileSimulator] = {}
        self.file_name_and_id_to_file: dict[tuple[str, str], FileSimulator] = {}

    def _find_or_create(self, account_id: str, bucket_id: str, name: str, bucket_type: BucketType) -> Bucket:
        cloud = self._service.cloud
        with cloud.lock:
            if account_id not in cloud.state.accounts:
                cloud.keys.create_account(account_id)
            if bucket_id not in cloud.state.buckets:
                cloud.state.buckets[bucket_id] = Bucket(
                    bucket_id=bucket_id, account_id=account_id, name=name, bucket_type=bucket_type, encryption=SSE_B2
                )
                cloud.state.bucket_ids[cloud.state.key_of_name(name)] = bucket_id
            return cloud.state.buckets[bucket_id]

    # --- what tests look at ---

    @property
    def is_file_lock_enabled(self) -> bool | None:
        """Whether versions may be locked; ``None`` when nobody has said so."""
        return True if self.model.file_lock else self._file_lock_denied

    @is_file_lock_enabled.setter
    def is_file_lock_enabled(self, value: bool | None) -> None:
        self.model.file_lock = bool(value)
        self._file_lock_denied = None if value is None else False

    @property
    def replication(self) -> ReplicationConfiguration | None:
        """What is said about replication, which is not carried out here."""
        return self._replication

    @replication.setter
    def replication(self, value: ReplicationConfiguration | None) -> None:
        self._replication = value
        self.model.replication = None if value is None else cast("Replication", value.as_dict())

    @property
    def owner_token(self) -> str:
        """A token that may do everything, for calls that are made without one."""
        return self._service.owner_token(self.account_id)

    def _where(self, token: str) -> tuple[str, str]:
        """Return the first two arguments of an endpoint."""
        if self._is_alone:
            self._service.admit(token, self.account_id)
        return self._service.API_URL, token

    @property
    def _as_owner(self) -> tuple[str, str]:
        return self._where(self.owner_token)

    def _where_read(self, token: str) -> tuple[str, str]:
        """Return like :meth:`_where`, for calls that any token serves for unless the policy is to check it."""
        return self._where(token) if self._service.cloud.policy.checks_readers else self._as_owner

    def capabilities_of(self, account_auth_token: str) -> Sequence[str]:
        """Return what the token's key may do."""
        return self._service.capabilities_of(self._where(account_auth_token)[1])

    def version(self, name: str, file_id: str) -> FileVersion | None:
        """Return the version that the cloud has under this name and id."""
        versions = self.model.versions.of(name)
        return next((version for version in versions if version.file_id == file_id), None)

    def get_file(self, file_id: str, file_name: str) -> FileSimulator:
        """Return a version.

        :raises FileNotPresent: there is none with this id and name.
        """
        try:
            return self.file_name_and_id_to_file[file_name, file_id]
        except KeyError as error:
            raise FileNotPresent(file_id_or_name=file_id) from error

    def _view(self, file: FileSimulator) -> FileSimulator:
        self.file_id_to_file[file.file_id] = self.file_name_and_id_to_file[file.name, file.file_id] = file
        return file

    def _forget(self, file: FileSimulator) -> None:
        del self.file_name_and_id_to_file[file.name, file.file_id]
        if self.file_id_to_file.get(file.file_id) is file:  # a copy from another bucket may have the id of a file
            del self.file_id_to_file[file.file_id]

    def _new_file(
        self,
        version: FileVersion,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        encryption: EncryptionSetting | None,
        retention: FileRetentionSetting | None,
        legal_hold: LegalHold | None,
    ) -> FileSimulator:
        is_content = version.action == "upload"
        content = b"".join(version.content.blob.blocks(0, version.content.size)) if is_content else None
        file = self.FILE_SIMULATOR_CLASS(
            version.account_id,
            self,
            version.file_id,
            version.action,
            version.name,
            content_type,
            content_sha1,
            file_info,
            content,
            version.timestamp,
            server_side_encryption=encryption or self.default_server_side_encryption,
            file_retention=retention,
            legal_hold=legal_hold or LegalHold.UNSET,
        )
        if legal_hold is LegalHold.UNSET:
            version.legal_hold = None
        return self._view(file)

    def _next_file_id(self) -> str:  # tests that make versions by hand ask for it
        return str(next(self.file_id_counter))

    def _view_of_entry(self, entry: Mapping[str, Any]) -> FileSimulator:
        """Return the view of what the cloud lists, also if it was made without this view."""
        known = self.file_name_and_id_to_file.get((entry["fileName"], entry["fileId"]))
        return self._view_of(self._find_version(entry)) if known is None else known

    def _view_of(self, version: FileVersion) -> FileSimulator:
        known = self.file_name_and_id_to_file.get((version.name, version.file_id))
        if known is not None:
            return known
        return self._new_file(version, version.content_type, version.sha1, dict(version.info), None, None, None)

    def _find_version(self, answer: Mapping[str, Any]) -> FileVersion:
        version = self.version(answer["fileName"], answer["fileId"])
        if version is None:
            raise FileNotPresent(file_id_or_name=answer["fileId"])
        return version

    # --- what is shown ---

    def _check_capability(self, account_auth_token: str, capability: str) -> bool:  # subclasses that show more ask it
        return capability in self.capabilities_of(account_auth_token)

    def is_allowed_to_read_bucket_encryption_setting(self, account_auth_token: str) -> bool:
        """Return whether the token's key sees the default encryption."""
        return self._check_capability(account_auth_token, "readBucketEncryption")

    def is_allowed_to_read_bucket_retention(self, account_auth_token: str) -> bool:
        """Return whether the token's key sees whether versions may be locked, and the default retention."""
        return self._check_capability(account_auth_token, "readBucketRetentions")

    def bucket_dict(self, account_auth_token: str) -> JsonObject:
        """Return the bucket as the token's key may see it."""
        return {
            "accountId": self.account_id,
            "bucketName": self.bucket_name,
            "bucketId": self.bucket_id,
            "bucketType": self.bucket_type,
            "bucketInfo": self.bucket_info,
            "corsRules": self.cors_rules,
            "lifecycleRules": self.lifecycle_rules,
            "options": self.options_set,
            "revision": self.revision,
            "defaultServerSideEncryption": self._encryption_dict(account_auth_token),
            "fileLockConfiguration": self._file_lock_dict(account_auth_token),
            "replicationConfiguration": (
                None
                if self.replication is None
                else {"isClientAuthorizedToRead": True, "value": self.replication.as_dict()}
            ),
        }

    def _encryption_dict(self, token: str) -> JsonObject:
        if not self.is_allowed_to_read_bucket_encryption_setting(token):
            return {"isClientAuthorizedToRead": False, "value": {"mode": EncryptionMode.UNKNOWN.value}}
        return {"isClientAuthorizedToRead": True, "value": self.default_server_side_encryption.as_dict()}

    def _file_lock_dict(self, token: str) -> JsonObject:
        if not self.is_allowed_to_read_bucket_retention(token):
            return {"isClientAuthorizedToRead": False, "value": None}
        default = {"period": None, **self.default_retention.as_dict()}
        value = {"defaultRetention": default, "isFileLockEnabled": self.is_file_lock_enabled}
        return {"isClientAuthorizedToRead": True, "value": value}
