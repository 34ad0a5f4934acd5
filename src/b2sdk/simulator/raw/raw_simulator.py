"""A raw API to use in place of the one over HTTP, for tests of programs that use this SDK.

What belongs here is which bucket a call is about: it goes on to that bucket's method of the same name, which tests
may override. Calls about the account are the endpoints themselves. Rules are the cloud's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any, ClassVar, cast

from b2sdk.exception import (
    BadJson,
    BadRequest,
    BadUploadUrl,
    FileNotPresent,
    NonExistentBucket,
    UploadTokenUsedConcurrently,
)
from b2sdk.interfaces import Readable
from b2sdk.raw_api.endpoints import MetadataDirectiveMode
from b2sdk.raw_api.primitives import writable
from b2sdk.simulator.cloud.content import MemoryBlob, digest_blob
from b2sdk.simulator.cloud.large_files import LARGEST_PART_NUMBER
from b2sdk.simulator.cloud.model import BucketType
from b2sdk.simulator.raw.account_simulator import AccountSimulator
from b2sdk.simulator.raw.bucket_simulator import BucketSimulator
from b2sdk.simulator.raw.file_simulator import FileSimulator, PartSimulator
from b2sdk.simulator.raw.in_process import InProcessApi
from b2sdk.simulator.raw.key_simulator import KeySimulator
from b2sdk.simulator.raw.part_sender import parts_sent_by
from b2sdk.simulator.raw.response import CaseInsensitive, FakeResponse
from b2sdk.values.bucket import CorsRules
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.file_name import b2_url_decode
from b2sdk.values.json import JsonObject
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.notification import NotificationRule, NotificationRuleResponse
from b2sdk.values.replication import ReplicationConfiguration

__all__ = [
    "BucketSimulator",
    "FakeResponse",
    "FileSimulator",
    "KeySimulator",
    "PartSimulator",
    "RawSimulator",
]

Range = tuple[int, int]


class RawSimulator(AccountSimulator):
    """A raw API with a cloud of its own.

    Ids, tokens and timestamps are small numbers counted from fixed beginnings, so that tests can write down what they
    expect. Part sizes are small too: ``MIN_PART_SIZE`` bytes. Views of buckets and keys can be read,
    changed, and replaced by subclasses.

    The calls take the parameters of :class:`~b2sdk.raw_api.endpoints.AbstractRawApi`, and return or raise what it does,
    but for what a docstring here says. Failures: ``faults.add``, :meth:`set_upload_errors`, :meth:`expire_auth_token`.
    """

    BUCKET_SIMULATOR_CLASS: ClassVar[type[BucketSimulator]] = BucketSimulator
    MAX_PART_ID = LARGEST_PART_NUMBER
    MAX_DURATION_IN_SECONDS = 86400000
    UPLOAD_PART_MATCHER = re.compile("https://upload.example.com/part/([^/]*)")
    UPLOAD_URL_MATCHER = re.compile("https://upload.example.com/([^/]*)/([^/]*)")
    DOWNLOAD_URL_MATCHER = re.compile(
        InProcessApi.DOWNLOAD_URL + r"(?:/b2api/v[0-9]+/b2_download_file_by_id\?fileId=(?P<file_id>[^/]+)"
        "|/file/(?P<bucket_name>[^/]+)/(?P<file_name>.+))$"
    )

    def __init__(self, b2_http: object = None) -> None:
        """``b2_http`` is what the raw API over HTTP takes in its place; it is not used."""
        super().__init__()
        self.b2_http = b2_http
        self.bucket_name_to_bucket: dict[str, BucketSimulator] = {}
        self.file_id_to_bucket_id: dict[str, str] = {}
        self.currently_used_auth_tokens: defaultdict[str, Any] = defaultdict(Lock)
        self.upload_errors: list[BaseException] = []

    # --- what tests arrange ---

    @property
    def bucket_id_counter(self) -> Iterator[int]:
        """The numbers in the bucket ids to come."""
        return self.ids.bucket_numbers

    @bucket_id_counter.setter
    def bucket_id_counter(self, numbers: Iterator[int]) -> None:
        self.ids.bucket_numbers = numbers

    def set_upload_errors(self, errors: list[BaseException]) -> None:
        """Let the next uploads of files raise these, one each.

        :raises AssertionError: errors set before are still to be raised.
        """
        if self.upload_errors:
            raise AssertionError("there are upload errors left")
        self.upload_errors = list(errors)

    # --- which bucket ---

    # The names with an underscore are those of b2sdk: tests that look into a bucket, or put another in its place, call
    # and patch them.

    def _get_bucket_by_id(self, bucket_id: str) -> BucketSimulator:
        try:
            return self.bucket_id_to_bucket[bucket_id]
        except KeyError as error:
            raise NonExistentBucket(bucket_id) from error

    def _get_bucket_by_name(self, bucket_name: str) -> BucketSimulator:
        try:
            return self.bucket_name_to_bucket[bucket_name]
        except KeyError as error:
            raise NonExistentBucket(bucket_name) from error

    def _get_bucket_id_or_none_for_bucket_name(self, bucket_name: str) -> str | None:
        bucket = self.bucket_name_to_bucket.get(bucket_name)
        return None if bucket is None else bucket.bucket_id

    def _bucket_matches(self, bucket: BucketSimulator, bucket_id: str | None, bucket_name: str | None) -> bool:
        return bucket_id in (None, bucket.bucket_id) and bucket_name in (None, bucket.bucket_name)

    def _bucket_of(self, file_id: str) -> BucketSimulator:
        return self._get_bucket_by_id(self.file_id_to_bucket_id[file_id])

    def _record_bucket(self, answer: JsonObject, bucket_id: str) -> JsonObject:
        """Record in which bucket the file of a response is."""
        if (file_id := answer.get("fileId")) is not None:
            self.file_id_to_bucket_id[file_id] = answer.get("bucketId", bucket_id)
        return answer

    # --- buckets ---

    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> JsonObject:
        """Give out a token; the bucket of a trial, which no call creates, is there from now on.

        :raises InvalidAuthToken: the key id or the key is wrong.
        """
        with self.cloud.lock:
            new = [b for id_, b in self.cloud.state.buckets.items() if id_ not in self.bucket_id_to_bucket]
        for made in new:
            bucket = self.BUCKET_SIMULATOR_CLASS(self, made.account_id, made.bucket_id, made.name, made.bucket_type)
            self.bucket_name_to_bucket[made.name] = self.bucket_id_to_bucket[made.bucket_id] = bucket
        return super().authorize_account(realm_url, application_key_id, application_key)

    def create_bucket(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_name: str,
        bucket_type: str,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        is_file_lock_enabled: bool | None = None,
        replication: ReplicationConfiguration | None = None,
    ) -> JsonObject:
        """Create a bucket, whose rules are taken as they come unless the policy checks them.

        :raises BadJson: the name is not one of a bucket.
        """
        try:
            answer = super().create_bucket(
                api_url,
                account_auth_token,
                account_id,
                bucket_name,
                bucket_type,
                bucket_info,
                cors_rules,
                lifecycle_rules,
                default_server_side_encryption,
                is_file_lock_enabled,
                replication,
            )
        except BadRequest as error:
            is_name = error.message is not None and error.message.startswith("illegal bucket name")
            if is_name and not self.cloud.policy.checks_rules:
                raise BadJson(error.message) from error
            raise
        if self.cloud.policy.checks_rules:  # as they are stored: with every field
            cors_rules, lifecycle_rules = answer["corsRules"], answer["lifecycleRules"]
        bucket = self.BUCKET_SIMULATOR_CLASS(
            self,
            account_id,
            answer["bucketId"],
            bucket_name,
            cast("BucketType", bucket_type),
            bucket_info,
            cors_rules,
            lifecycle_rules,
            default_server_side_encryption=default_server_side_encryption,
            is_file_lock_enabled=is_file_lock_enabled,
            replication=replication,
        )
        self.bucket_name_to_bucket[bucket_name] = self.bucket_id_to_bucket[bucket.bucket_id] = bucket
        return bucket.bucket_dict(account_auth_token)

    def update_bucket(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_id: str,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        replication: ReplicationConfiguration | None = None,
        is_file_lock_enabled: bool | None = None,
    ) -> JsonObject:
        bucket = self._get_bucket_by_id(bucket_id)
        self.check_allowed(account_auth_token, "b2_update_bucket")
        bucket._update_bucket(  # noqa: SLF001  # tests override it by this name
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
        return bucket.bucket_dict(account_auth_token)

    def delete_bucket(self, api_url: str, account_auth_token: str, account_id: str, bucket_id: str) -> JsonObject:
        """Delete a bucket, also with files in it."""
        bucket = self._get_bucket_by_id(bucket_id)
        answer = bucket.bucket_dict(account_auth_token)
        super().delete_bucket(api_url, account_auth_token, account_id, bucket_id)
        del self.bucket_name_to_bucket[bucket.bucket_name], self.bucket_id_to_bucket[bucket_id]
        return answer

    def list_buckets(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_id: str | None = None,
        bucket_name: str | None = None,
    ) -> JsonObject:
        answer = super().list_buckets(api_url, account_auth_token, account_id, bucket_id, bucket_name)
        found = [self._get_bucket_by_id(bucket["bucketId"]) for bucket in answer["buckets"]]
        return {"buckets": [bucket.bucket_dict(account_auth_token) for bucket in found]}

    def get_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str
    ) -> list[NotificationRuleResponse]:
        self.check_allowed(account_auth_token, "b2_get_bucket_notification_rules")
        return self._get_bucket_by_id(bucket_id).get_notification_rules()

    def set_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str, rules: Iterable[NotificationRule]
    ) -> list[NotificationRuleResponse]:
        self.check_allowed(account_auth_token, "b2_set_bucket_notification_rules")
        return self._get_bucket_by_id(bucket_id).set_notification_rules(rules)

    # --- listings ---

    def list_file_names(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_name: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        bucket = self._get_bucket_by_id(bucket_id)
        return bucket.list_file_names(account_auth_token, start_file_name, max_file_count, prefix)

    def list_file_versions(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_name: str | None = None,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        bucket = self._get_bucket_by_id(bucket_id)
        return bucket.list_file_versions(account_auth_token, start_file_name, start_file_id, max_file_count, prefix)

    def list_parts(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        start_part_number: int | None,
        max_part_count: int | None,
    ) -> JsonObject:
        self.check_allowed(account_auth_token, "b2_list_parts")
        return self._bucket_of(file_id).list_parts(file_id, start_part_number, max_part_count)

    def list_unfinished_large_files(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        start_file_id: str | None = None,
        max_file_count: int | None = None,
        prefix: str | None = None,
    ) -> JsonObject:
        bucket = self._get_bucket_by_id(bucket_id)
        return bucket.list_unfinished_large_files(account_auth_token, start_file_id, max_file_count, prefix)

    # --- files ---

    def get_file_info_by_id(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        return self._bucket_of(file_id).get_file_info_by_id(account_auth_token, file_id)

    def get_file_info_by_name(
        self, api_url: str, account_auth_token: str, bucket_name: str, file_name: str
    ) -> CaseInsensitive:
        """Return the headers of a download of the newest version.

        :raises NonExistentBucket: there is no bucket of this name.
        :raises FileNotPresent: there is no such file, or the newest version is a hide marker.
        """
        return self._get_bucket_by_name(bucket_name).get_file_info_by_name(account_auth_token, file_name)

    def hide_file(self, api_url: str, account_auth_token: str, bucket_id: str, file_name: str) -> JsonObject:
        return self._record_bucket(
            self._get_bucket_by_id(bucket_id).hide_file(account_auth_token, file_name), bucket_id
        )

    def delete_file_version(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        bypass_governance: bool = False,
    ) -> JsonObject:
        try:
            bucket = self._bucket_of(file_id)
        except KeyError as error:
            raise FileNotPresent(file_id_or_name=file_id) from error
        return bucket.delete_file_version(account_auth_token, file_id, file_name, bypass_governance)

    def update_file_retention(
        self,
        api_url: str,
        account_auth_token: str,
        file_id: str,
        file_name: str,
        file_retention: FileRetentionSetting,
        bypass_governance: bool = False,
    ) -> JsonObject:
        bucket = self._bucket_of(file_id)
        return bucket.update_file_retention(account_auth_token, file_id, file_name, file_retention, bypass_governance)

    def update_file_legal_hold(
        self, api_url: str, account_auth_token: str, file_id: str, file_name: str, legal_hold: LegalHold
    ) -> JsonObject:
        bucket = self._bucket_of(file_id)
        return bucket.update_file_legal_hold(account_auth_token, file_id, file_name, legal_hold)

    # --- downloads ---

    def download_file_from_url(
        self,
        account_auth_token_or_none: str | None,
        url: str,
        range_: Range | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> AbstractContextManager[Any]:
        """Return the response to a download.

        :raises AssertionError: the URL is none of a file.
        :raises SSECKeyError: the file is encrypted with another customer key.
        """
        found = self.DOWNLOAD_URL_MATCHER.match(url)
        if found is None:
            raise AssertionError(url)
        file_id, bucket_name, name = found.group("file_id", "bucket_name", "file_name")
        token = account_auth_token_or_none
        if file_id is not None:
            return self._bucket_of(file_id).download_file_by_id(token, file_id, url, range_, encryption)
        bucket = self._get_bucket_by_name(bucket_name)
        path, _, _query = name.partition("?")
        return bucket.download_file_by_name(token, b2_url_decode(path), url, range_, encryption)

    def get_download_authorization(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        file_name_prefix: str,
        valid_duration_in_seconds: int,
        *,
        overrides: Mapping[str, str] | None = None,
    ) -> JsonObject:
        self._get_bucket_by_id(bucket_id)
        return super().get_download_authorization(
            api_url, account_auth_token, bucket_id, file_name_prefix, valid_duration_in_seconds, overrides=overrides
        )

    # --- uploads ---

    def get_upload_url(self, api_url: str, account_auth_token: str, bucket_id: str) -> JsonObject:
        return self._get_bucket_by_id(bucket_id).get_upload_url(account_auth_token)

    def get_upload_part_url(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        return self._bucket_of(file_id).get_upload_part_url(account_auth_token, file_id)

    def upload_file(
        self,
        upload_url: str,
        upload_auth_token: str,
        file_name: str,
        content_length: int,
        content_type: str,
        content_sha1: str,
        file_info: dict[str, str] | None,
        data_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> JsonObject:
        """Add a file, or raise the next of the upload errors that were set."""
        writable(server_side_encryption)
        bucket_id, upload_id = _parse_upload_url(self.UPLOAD_URL_MATCHER, upload_url, upload_auth_token)
        bucket = self._get_bucket_by_id(bucket_id)
        with self._exclusively(upload_auth_token):
            if self.upload_errors:
                raise self.upload_errors.pop(0)
            answer = bucket.upload_file(
                upload_id,
                upload_auth_token,
                file_name,
                content_length,
                content_type,
                content_sha1,
                file_info,
                data_stream,
                server_side_encryption,
                file_retention,
                legal_hold,
                custom_upload_timestamp,
            )
        return self._record_bucket(answer, bucket_id)

    def upload_part(
        self,
        upload_url: str,
        upload_auth_token: str,
        part_number: int,
        content_length: int,
        sha1_sum: str,
        input_stream: Readable,
        server_side_encryption: EncryptionSetting | None = None,
    ) -> JsonObject:
        (file_id,) = _parse_upload_url(self.UPLOAD_PART_MATCHER, upload_url, upload_auth_token)
        send = partial(super().upload_part, upload_url, upload_auth_token)
        with self._exclusively(upload_auth_token), parts_sent_by(send):
            return self._bucket_of(file_id).upload_part(
                file_id, part_number, content_length, sha1_sum, input_stream, server_side_encryption
            )

    @contextmanager
    def _exclusively(self, upload_auth_token: str) -> Iterator[None]:
        lock = self.currently_used_auth_tokens[upload_auth_token]
        if not lock.acquire(blocking=False):
            raise UploadTokenUsedConcurrently(upload_auth_token)
        try:
            yield
        finally:
            lock.release()

    # --- large files ---

    def start_large_file(
        self,
        api_url: str,
        account_auth_token: str,
        bucket_id: str,
        file_name: str,
        content_type: str | None,
        file_info: dict[str, str] | None,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> JsonObject:
        answer = self._get_bucket_by_id(bucket_id).start_large_file(
            account_auth_token,
            file_name,
            content_type,
            file_info,
            server_side_encryption,
            file_retention,
            legal_hold,
            custom_upload_timestamp=custom_upload_timestamp,
        )
        return self._record_bucket(answer, bucket_id)

    def finish_large_file(
        self, api_url: str, account_auth_token: str, file_id: str, part_sha1_array: list[str]
    ) -> JsonObject:
        return self._bucket_of(file_id).finish_large_file(account_auth_token, file_id, part_sha1_array)

    def cancel_large_file(self, api_url: str, account_auth_token: str, file_id: str) -> JsonObject:
        self.check_allowed(account_auth_token, "b2_cancel_large_file")
        return self._bucket_of(file_id).cancel_large_file(file_id)

    # --- copies ---

    def copy_file(
        self,
        api_url: str,
        account_auth_token: str,
        source_file_id: str,
        new_file_name: str,
        bytes_range: Range | None = None,
        metadata_directive: MetadataDirectiveMode | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        destination_bucket_id: str | None = None,
        destination_server_side_encryption: EncryptionSetting | None = None,
        source_server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
    ) -> JsonObject:
        bucket = self._bucket_of(source_file_id)
        answer = bucket.copy_file(
            account_auth_token,
            source_file_id,
            new_file_name,
            bytes_range,
            metadata_directive,
            content_type,
            file_info,
            destination_bucket_id,
            destination_server_side_encryption=destination_server_side_encryption,
            source_server_side_encryption=source_server_side_encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
        )
        if (copy_id := answer.get("fileId")) is not None:
            # In another bucket it may be the id of a file, which keeps it.
            self.file_id_to_bucket_id.setdefault(copy_id, destination_bucket_id or bucket.bucket_id)
        return answer

    def copy_part(
        self,
        api_url: str,
        account_auth_token: str,
        source_file_id: str,
        large_file_id: str,
        part_number: int,
        bytes_range: Range | None = None,
        destination_server_side_encryption: EncryptionSetting | None = None,
        source_server_side_encryption: EncryptionSetting | None = None,
    ) -> JsonObject:
        """Add a part that is uploaded to the large file's bucket.

        :raises ValueError: the part is to be encrypted with SSE-B2, which B2 does not offer for such copies.
        """
        encryption = destination_server_side_encryption
        if encryption is not None and encryption.mode is EncryptionMode.SSE_B2:
            raise ValueError("unsupported sse mode for copy_part!")
        source, target = self._bucket_of(source_file_id), self._bucket_of(large_file_id)
        content, bytes_range = source.excerpt(source_file_id, bytes_range, source_server_side_encryption)
        copy = partial(
            super().copy_part,
            api_url,
            account_auth_token,
            source_file_id,
            large_file_id,
            part_number,
            bytes_range,
            target.encryption_of(large_file_id),
            source.encryption_of(source_file_id),
        )
        with parts_sent_by(lambda *_part: copy()):
            return target.upload_part(
                large_file_id,
                part_number,
                len(content),
                digest_blob(MemoryBlob(content)).sha1,
                BytesIO(content),
                server_side_encryption=encryption,
            )


def _parse_upload_url(matcher: re.Pattern[str], upload_url: str, upload_auth_token: str) -> tuple[str, ...]:
    """Return what an upload URL is for.

    :raises BadUploadUrl: it is none of these URLs.
    :raises AssertionError: the token is not that of the URL, which is the same text.
    """
    found = matcher.match(upload_url)
    if found is None:
        raise BadUploadUrl(upload_url)
    if upload_url != upload_auth_token:
        raise AssertionError("the token is not that of the upload URL")
    return cast("tuple[str, ...]", found.groups())
