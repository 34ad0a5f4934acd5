"""The calls about accounts, keys and buckets: parameters in, operation, shape out.

What belongs here is, per call, which fields it takes and which operation it is. Tokens and capabilities have been
checked before; transport is the wire's.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, cast

from b2sdk.simulator import cors, encryption, file_lock, lifecycle, notifications, replication, shapes
from b2sdk.simulator.buckets import LISTED_TYPES, SETTABLE_TYPES, BucketChanges
from b2sdk.simulator.calls import Call, Handler
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.fields import Fields
from b2sdk.simulator.headers import Headers
from b2sdk.simulator.keys import NewKey
from b2sdk.simulator.model import BucketType, Dialect
from b2sdk.simulator.refusals import Refusal, bad_request
from b2sdk.simulator.shapes import Addresses, Json

_BUCKET_TYPES: Final = ("allPublic", "allPrivate", "restricted", "snapshot", "shared")
_PAGE: Final = 100
_LARGEST_KEY_PAGE: Final = 10_000


def authorize_account(
    cloud: Cloud, headers: Headers, addresses: Addresses, dialect: Dialect, calls_left: int | None
) -> Json:
    """Answer ``b2_authorize_account``, the one call without a token; it may expire after ``calls_left`` calls."""
    key_id, secret = _basic_credentials(headers.get("authorization", ""))
    token = cloud.keys.authorize(key_id, secret, dialect)
    token.calls_left = calls_left
    return shapes.authorization(token, token.key.account_id, cloud.state.buckets, addresses, cloud.policy, dialect)


def _basic_credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        credentials = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        credentials = ""
    if scheme.lower() != "basic" or ":" not in credentials:
        raise Refusal("unauthorized", "Basic credentials are needed")
    key_id, _, secret = credentials.partition(":")
    return key_id, secret


def _create_key(call: Call) -> Json:
    call.check_account()
    fields = call.fields
    if call.dialect == 4:
        if fields.raw("bucketId") is not None:
            raise bad_request("bucketId is not known in version 4, use bucketIds")
        bucket_ids = fields.optional_strings("bucketIds")
    else:
        bucket_id = fields.optional_text("bucketId")
        bucket_ids = None if bucket_id is None else [bucket_id]
    key = call.cloud.keys.create(
        call.key,
        NewKey(
            name=fields.text("keyName"),
            capabilities=fields.strings("capabilities"),
            bucket_ids=bucket_ids,
            name_prefix=fields.optional_text("namePrefix"),
            seconds_to_live=fields.optional_integer("validDurationInSeconds"),
        ),
    )
    return {**shapes.application_key(key, call.dialect), "applicationKey": key.secret}


def _delete_key(call: Call) -> Json:
    key = call.cloud.keys.delete(call.key, call.fields.text("applicationKeyId"), call.dialect)
    return shapes.application_key(key, call.dialect)


def _list_keys(call: Call) -> Json:
    call.check_account()
    limit = call.fields.optional_integer("maxKeyCount", 0, _LARGEST_KEY_PAGE, "out_of_range") or _PAGE
    start = call.fields.optional_text("startApplicationKeyId") or ""
    keys, next_id = call.cloud.keys.list(call.key, call.dialect, start, limit)
    return {"keys": [shapes.application_key(key, call.dialect) for key in keys], "nextApplicationKeyId": next_id}


# --- buckets ---


def _bucket_changes(fields: Fields, bucket_type: str | None, *, checks_rules: bool) -> BucketChanges:
    return BucketChanges(
        bucket_type=cast("BucketType | None", bucket_type),
        info=fields.optional_string_map("bucketInfo"),
        cors_rules=cors.checked_rules(fields.optional_objects("corsRules"))
        if checks_rules
        else fields.raw("corsRules"),
        lifecycle_rules=(
            lifecycle.checked_rules(fields.optional_objects("lifecycleRules"))
            if checks_rules
            else fields.raw("lifecycleRules")
        ),
        encryption=encryption.from_fields(fields.optional_object("defaultServerSideEncryption")),
        default_retention=file_lock.default_retention_from_fields(fields.optional_object("defaultRetention")),
        file_lock=fields.flag("fileLockEnabled"),
        replication=replication.checked_configuration(fields.optional_object("replicationConfiguration")),
    )


def _create_bucket(call: Call) -> Json:
    call.check_account()
    bucket_type = call.fields.choice("bucketType", SETTABLE_TYPES)
    changes = _bucket_changes(call.fields, bucket_type, checks_rules=call.cloud.policy.checks_rules)
    bucket = call.cloud.buckets.create(call.key, call.fields.text("bucketName"), changes)
    return shapes.bucket(bucket, call.key)


def _update_bucket(call: Call) -> Json:
    call.check_account()
    bucket_type = call.fields.optional_choice("bucketType", SETTABLE_TYPES)
    changes = _bucket_changes(call.fields, bucket_type, checks_rules=call.cloud.policy.checks_rules)
    revision = call.fields.optional_integer("ifRevisionIs")
    bucket = call.cloud.buckets.update(call.key, call.fields.text("bucketId"), changes, revision)
    call.cloud.replicas.include_existing(bucket)
    return shapes.bucket(bucket, call.key)


def _delete_bucket(call: Call) -> Json:
    call.check_account()
    return shapes.bucket(call.cloud.buckets.delete(call.key, call.fields.text("bucketId")), call.key)


def _list_buckets(call: Call) -> Json:
    call.check_account()
    fields = call.fields
    types = fields.optional_strings("bucketTypes")
    buckets = call.cloud.buckets.list(
        call.key,
        call.dialect,
        fields.optional_text("bucketId"),
        fields.optional_text("bucketName"),
        LISTED_TYPES if types is None else _listed_types(types),
    )
    return {"buckets": [shapes.bucket(bucket, call.key) for bucket in buckets]}


def _listed_types(types: list[str]) -> tuple[str, ...]:
    if types == ["all"]:
        return _BUCKET_TYPES
    if not types or not set(types) <= set(_BUCKET_TYPES):
        raise bad_request("bucketTypes must name types of buckets, or be 'all' alone")
    return tuple(types)


def _get_notification_rules(call: Call) -> Json:
    bucket = call.bucket()
    return {"bucketId": bucket.bucket_id, "eventNotificationRules": notifications.rules_of(call.key, bucket)}


def _set_notification_rules(call: Call) -> Json:
    bucket, rules = call.bucket(), call.fields.optional_objects("eventNotificationRules")
    if rules is None:
        raise bad_request("eventNotificationRules is required")
    policy = call.cloud.policy
    if policy.checks_rules:
        stored = notifications.set_rules(call.key, bucket, rules, allow_loopback=policy.loopback_webhooks)
    else:
        stored = notifications.keep_rules(call.key, bucket, call.fields.raw("eventNotificationRules"))
    call.cloud.state.changed(bucket)
    return {"bucketId": bucket.bucket_id, "eventNotificationRules": stored}


HANDLERS: Final[Mapping[str, Handler]] = {
    "b2_create_bucket": _create_bucket,
    "b2_create_key": _create_key,
    "b2_delete_bucket": _delete_bucket,
    "b2_delete_key": _delete_key,
    "b2_get_bucket_notification_rules": _get_notification_rules,
    "b2_list_buckets": _list_buckets,
    "b2_list_keys": _list_keys,
    "b2_set_bucket_notification_rules": _set_notification_rules,
    "b2_update_bucket": _update_bucket,
}
"""Every call about accounts, keys and buckets but ``b2_authorize_account``."""
