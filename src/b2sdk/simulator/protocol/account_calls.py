"""The calls about accounts, keys and buckets: parameters in, operation, shape out.

What belongs here is, per call, which fields it takes and which operation it is. Tokens and capabilities have been
checked before; transport is the gateway's.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, cast

from b2sdk.simulator.cloud import notifications
from b2sdk.simulator.cloud.buckets import LISTED_TYPES, SETTABLE_TYPES, BucketChanges
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.keys import NewKey
from b2sdk.simulator.cloud.model import BucketType, Dialect
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.protocol import bucket_rules, cors, notification_rules, settings, shapes
from b2sdk.simulator.protocol.calls import Call, Handler
from b2sdk.simulator.protocol.headers import Headers
from b2sdk.simulator.protocol.shapes import Addresses
from b2sdk.values.json import JsonObject

_BUCKET_TYPES: Final = ("allPublic", "allPrivate", "restricted", "snapshot", "shared")
_LARGEST_KEY_PAGE: Final = 10_000


def authorize_account(
    cloud: Cloud, headers: Headers, addresses: Addresses, dialect: Dialect, calls_left: int | None
) -> JsonObject:
    """JsonObject ``b2_authorize_account``, the one call without a token; it may expire after ``calls_left`` calls."""
    key_id, secret = _basic_credentials(headers.get("authorization", ""))
    token = cloud.keys.authorize(key_id, secret, dialect)
    token.calls_left = calls_left
    account_id = token.key.account_id
    suites = cloud.state.accounts[account_id].suites if token.key.is_master else ()
    return shapes.authorization(token, account_id, cloud.state.buckets, addresses, cloud.policy, dialect, suites)


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


def _create_key(call: Call) -> JsonObject:
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
            dialect=call.dialect,
        ),
    )
    return {**shapes.application_key(key, call.dialect), "applicationKey": key.secret}


def _delete_key(call: Call) -> JsonObject:
    key = call.cloud.keys.delete(call.key, call.fields.text("applicationKeyId"), call.dialect)
    return shapes.application_key(key, call.dialect)


def _list_keys(call: Call) -> JsonObject:
    call.check_account()
    limit = call.page_size("maxKeyCount", _LARGEST_KEY_PAGE)
    start = call.fields.optional_text("startApplicationKeyId") or ""
    keys, next_id = call.cloud.keys.list(call.key, call.dialect, start, limit)
    return {"keys": [shapes.application_key(key, call.dialect) for key in keys], "nextApplicationKeyId": next_id}


# --- buckets ---


def _bucket_changes(call: Call, bucket_type: str | None) -> BucketChanges:
    fields, policy = call.fields, call.cloud.policy
    return BucketChanges(
        bucket_type=cast("BucketType | None", bucket_type),
        info=fields.optional_string_map("bucketInfo"),
        cors_rules=(
            cors.read_rules(fields.optional_objects("corsRules")) if policy.checks_rules else fields.raw("corsRules")
        ),
        lifecycle_rules=(
            bucket_rules.read_lifecycle_rules(fields.optional_objects("lifecycleRules"))
            if policy.checks_rules
            else fields.raw("lifecycleRules")
        ),
        encryption=settings.read_encryption(fields.optional_object("defaultServerSideEncryption"), policy),
        default_retention=settings.read_default_retention(fields.optional_object("defaultRetention"), policy),
        file_lock=fields.flag("fileLockEnabled"),
        replication=bucket_rules.read_replication(fields.optional_object("replicationConfiguration")),
    )


def _create_bucket(call: Call) -> JsonObject:
    call.check_account()
    bucket_type = call.fields.choice("bucketType", SETTABLE_TYPES)
    changes = _bucket_changes(call, bucket_type)
    bucket = call.cloud.buckets.create(call.key, call.fields.text("bucketName"), changes)
    return shapes.bucket(bucket, call.key)


def _update_bucket(call: Call) -> JsonObject:
    call.check_account()
    bucket_type = call.fields.optional_choice("bucketType", SETTABLE_TYPES)
    changes = _bucket_changes(call, bucket_type)
    revision = call.fields.optional_integer("ifRevisionIs")
    bucket = call.cloud.buckets.update(call.key, call.fields.text("bucketId"), changes, revision)
    call.cloud.replicas.include_existing(bucket)
    return shapes.bucket(bucket, call.key)


def _delete_bucket(call: Call) -> JsonObject:
    call.check_account()
    return shapes.bucket(call.cloud.buckets.delete(call.key, call.fields.text("bucketId")), call.key)


def _list_buckets(call: Call) -> JsonObject:
    call.check_account()
    fields = call.fields
    types = fields.optional_strings("bucketTypes")
    buckets = call.cloud.buckets.list(
        call.key,
        call.dialect,
        fields.optional_text("bucketId"),
        fields.optional_text("bucketName"),
        LISTED_TYPES if types is None else _read_listed_types(types),
    )
    return {"buckets": [shapes.bucket(bucket, call.key) for bucket in buckets]}


def _read_listed_types(types: list[str]) -> tuple[str, ...]:
    if types == ["all"]:
        return _BUCKET_TYPES
    if not types or not set(types) <= set(_BUCKET_TYPES):
        raise bad_request("bucketTypes must name types of buckets, or be 'all' alone")
    return tuple(types)


def _get_notification_rules(call: Call) -> JsonObject:
    bucket = call.bucket()
    return {"bucketId": bucket.bucket_id, "eventNotificationRules": notifications.rules_of(call.key, bucket)}


def _set_notification_rules(call: Call) -> JsonObject:
    bucket, rules = call.bucket(), call.fields.optional_objects("eventNotificationRules")
    if rules is None:
        raise bad_request("eventNotificationRules is required")
    policy = call.cloud.policy
    if policy.checks_rules:
        read = notification_rules.read_rules(rules, allow_loopback=policy.loopback_webhooks)
        stored = notifications.set_rules(call.key, bucket, read)
    else:
        stored = notifications.keep_rules(call.key, bucket, call.fields.raw("eventNotificationRules"))
    call.cloud.state.report_change(bucket)
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
