"""The endpoints about an account, its keys and its buckets."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from b2sdk.exception import WrongEncryptionModeForBucketDefault
from b2sdk.raw_api.primitives import Primitives, given, serialize
from b2sdk.values.bucket import CorsRules
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting
from b2sdk.values.json import JsonObject
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.notification import NotificationRule, NotificationRuleResponse
from b2sdk.values.replication import ReplicationConfiguration
from b2sdk.values.responses import NOTIFICATION_RULES


class AccountEndpoints(Primitives):
    """Those of :class:`~b2sdk.raw_api.endpoints.AbstractRawApi` that are about no file."""

    # --- account and keys ---

    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> JsonObject:
        """Exchange a key for a token, URLs, part sizes and what the key may do.

        :param realm_url: the base URL of the service, without a path.
        :raises InvalidAuthToken: the key is wrong or expired.
        """
        credentials = b64encode(f"{application_key_id}:{application_key}".encode()).decode("ascii")
        return self._api(realm_url.rstrip("/"), "b2_authorize_account", f"Basic {credentials}", {})

    def create_key(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_ids: list[str] | None,
        name_prefix: str | None,
    ) -> JsonObject:
        """Create an application key; the response is the only one that contains its secret.

        :param capabilities: what the key may do, such as ``readFiles``.
        :param valid_duration_seconds: 1 to 86,400,000, which is 1,000 days; ``None`` for a key that does not expire.
        :param bucket_ids: the buckets that the key is limited to; ``None`` for all of them.
        :param name_prefix: the beginning of the file names that the key is limited to.
        """
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
                "bucketIds": bucket_ids,
                "namePrefix": name_prefix,
            },
        )

    def _check_key_name(self, name: str) -> None:
        """Refuse a name that the service would refuse; a service in the same process may take any."""

    def delete_key(self, api_url: str, account_auth_token: str, application_key_id: str) -> JsonObject:
        """Delete an application key; tokens that it has authorized stay valid until they expire."""
        return self._api(api_url, "b2_delete_key", account_auth_token, {"applicationKeyId": application_key_id})

    def list_keys(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        max_key_count: int | None = None,
        start_application_key_id: str | None = None,
    ) -> JsonObject:
        """Return a page of application keys, without their secrets.

        :param max_key_count: entries of the page, at most 10,000; by default 100.
        :param start_application_key_id: the first key of the page, ``nextApplicationKeyId`` of the page before.
        """
        return self._api(
            api_url,
            "b2_list_keys",
            account_auth_token,
            {
                "accountId": account_id,
                "maxKeyCount": max_key_count,
                "startApplicationKeyId": start_application_key_id,
            },
        )

    # --- buckets ---

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
        """Create a bucket.

        :raises WrongEncryptionModeForBucketDefault: the default encryption is not SSE-B2.
        """
        return self._api(
            api_url,
            "b2_create_bucket",
            account_auth_token,
            {
                "accountId": account_id,
                "bucketName": bucket_name,
                "bucketType": bucket_type,
                **given(
                    bucketInfo=bucket_info,
                    corsRules=cors_rules,
                    lifecycleRules=lifecycle_rules,
                    defaultServerSideEncryption=_bucket_default(default_server_side_encryption),
                    fileLockEnabled=None if is_file_lock_enabled is None else bool(is_file_lock_enabled),
                    replicationConfiguration=serialize(replication),
                ),
            },
        )

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
        """Replace what is given, leave the rest; with ``if_revision_is`` only if nobody else has updated since.

        :raises AssertionError: there is nothing to update.
        :raises WrongEncryptionModeForBucketDefault: the default encryption is not SSE-B2.
        """
        changes = given(
            bucketInfo=bucket_info,
            bucketType=bucket_type,
            corsRules=cors_rules,
            lifecycleRules=lifecycle_rules,
            defaultServerSideEncryption=_bucket_default(default_server_side_encryption),
            defaultRetention=serialize(default_retention),
            replicationConfiguration=serialize(replication),
            fileLockEnabled=None if is_file_lock_enabled is None else bool(is_file_lock_enabled),
        )
        if not changes:
            raise AssertionError("update_bucket needs something to update")
        condition = given(ifRevisionIs=if_revision_is)
        params = {"accountId": account_id, "bucketId": bucket_id, **condition, **changes}
        return self._api(api_url, "b2_update_bucket", account_auth_token, params)

    def delete_bucket(self, api_url: str, account_auth_token: str, account_id: str, bucket_id: str) -> JsonObject:
        """Delete an empty bucket and return what it was.

        :raises BadRequest: there are files in it; hide markers and unfinished large files count.
        """
        params = {"accountId": account_id, "bucketId": bucket_id}
        return self._api(api_url, "b2_delete_bucket", account_auth_token, params)

    def list_buckets(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        bucket_id: str | None = None,
        bucket_name: str | None = None,
    ) -> JsonObject:
        """Return all buckets, or the one with this id or name.

        A key that is restricted to buckets has to name one of them.
        """
        return self._api(
            api_url,
            "b2_list_buckets",
            account_auth_token,
            {
                "accountId": account_id,
                "bucketTypes": ["all"],
                "bucketId": bucket_id,
                "bucketName": bucket_name,
            },
        )

    def get_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str
    ) -> list[NotificationRuleResponse]:
        """Return the event notification rules of a bucket."""
        return self._api(
            api_url,
            "b2_get_bucket_notification_rules",
            account_auth_token,
            {"bucketId": bucket_id},
            method="GET",
            version="v4",  # the rules have no older dialect
            read=_notification_rules,
        )

    def set_bucket_notification_rules(
        self, api_url: str, account_auth_token: str, bucket_id: str, rules: Iterable[NotificationRule]
    ) -> list[NotificationRuleResponse]:
        """Replace all event notification rules of a bucket and return the new ones."""
        params = {"bucketId": bucket_id, "eventNotificationRules": list(rules)}
        return self._api(
            api_url, "b2_set_bucket_notification_rules", account_auth_token, params, read=_notification_rules
        )


def _bucket_default(setting: EncryptionSetting | None) -> dict[str, Any] | None:
    if setting is not None and not setting.mode.can_be_set_as_bucket_default():
        raise WrongEncryptionModeForBucketDefault(setting.mode)
    return serialize(setting)


def _notification_rules(answer: JsonObject) -> list[NotificationRuleResponse]:
    NOTIFICATION_RULES.check(answer)
    rules: list[NotificationRuleResponse] = answer["eventNotificationRules"]
    return rules
