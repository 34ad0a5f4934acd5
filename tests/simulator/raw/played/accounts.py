"""Calls about the account, its keys and its buckets."""

from __future__ import annotations

from tests.simulator.raw.played.cloud import CAPABILITIES, Play, move

# --- accounts, keys and tokens ---


@move
def authorize(play: Play) -> None:
    key_id, key, is_confined = play.rarely(
        play.of(*play.keys), ("nobody", "x", False), (play.account_id, "wrong", False)
    )
    answer = play.call(play.raw.authorize_account, "http://realm", key_id, key)
    if answer is not None:
        (play.confined if is_confined else play.tokens).append(answer["authorizationToken"])


@move
def expire(play: Play) -> None:
    if len(play.tokens) > 1:
        play.call(play.raw.expire_auth_token, play.of(*play.tokens[1:]))


@move
def create_key(play: Play) -> None:
    bucket_id = play.of(None, play.bucket_id())
    prefix = play.of(None, None, "a/")
    buckets = bucket_id if play.surface == "v2" or bucket_id is None else play.of([bucket_id], play.bucket_ids[:2])
    answer = play.call(
        play.raw.create_key,
        play.raw.API_URL,
        play.token(),
        play.account_id,
        play.of(*CAPABILITIES),
        play.rarely("key", "bad name!", "", "k" * 101),
        play.of(None, None, 3600, 0, 86400000, 86400001),
        buckets,
        prefix,
    )
    if answer is not None:
        is_confined = buckets is not None or prefix is not None
        play.keys.append((answer["applicationKeyId"], answer["applicationKey"], is_confined))
        play.key_ids.append(answer["applicationKeyId"])


@move
def delete_key(play: Play) -> None:
    play.call(play.raw.delete_key, play.raw.API_URL, play.token(), play.of(*play.key_ids))


@move
def list_keys(play: Play) -> None:
    start = play.of(None, *play.key_ids)
    play.call(play.raw.list_keys, play.raw.API_URL, play.token(), play.account_id, play.of(1, 2, 1000, 20_000), start)


# --- buckets ---


@move
def create_bucket(play: Play) -> None:
    name = play.rarely(
        f"bucket-{len(play.bucket_ids)}", play.of(*play.bucket_names), "b", "no_good", "", "First", "b2-x"
    )
    answer = play.call(
        play.raw.create_bucket,
        play.raw.API_URL,
        play.token(),
        play.account_id,
        name,
        play.of("allPrivate", "allPublic"),
        bucket_info=play.of(None, {}, {"a": "b"}, {f"n{number}": "x" for number in range(12)}, {"a b": "ü"}),
        cors_rules=play.rarely(None, [], [{"any": "thing"}]),
        lifecycle_rules=play.rarely(None, [], [{"daysFromHidingToDeleting": 1, "fileNamePrefix": ""}], [{"x": 1}]),
        default_server_side_encryption=play.encryption(),
        is_file_lock_enabled=play.of(None, True, False),
    )
    if answer is not None:
        play.bucket_ids.append(answer["bucketId"])
        play.bucket_names.append(answer["bucketName"])


@move
def update_bucket(play: Play) -> None:
    play.raw.current_token = play.master  # b2sdk returns what that one may read, whose call it is or not
    play.call(
        play.raw.update_bucket,
        play.raw.API_URL,
        play.token(),
        play.account_id,
        play.bucket_id(),
        play.rarely(None, "allPrivate", "allPublic"),
        play.of(None, {}, {"c": "d"}),
        play.rarely(None, [], [{"any": "thing"}]),
        play.rarely(None, [], [{"daysFromHidingToDeleting": 1, "fileNamePrefix": ""}]),
        play.rarely(None, 1, 2),
        default_server_side_encryption=play.encryption(),
        default_retention=play.default_retention(),
        replication=play.replication(),
        is_file_lock_enabled=play.rarely(None, True, False),
    )


@move
def delete_bucket(play: Play) -> None:
    if len(play.bucket_ids) > 2:
        play.call(
            play.raw.delete_bucket, play.raw.API_URL, play.token(), play.account_id, play.of(*play.bucket_ids[2:])
        )


@move
def list_buckets(play: Play) -> None:
    bucket_id, name = play.of((None, None), (None, None), (play.bucket_id(), None), (None, play.bucket_name()))
    play.call(play.raw.list_buckets, play.raw.API_URL, play.any_token(), play.account_id, bucket_id, name)


@move
def notification_rules(play: Play) -> None:
    rule = {
        "name": play.of("rule-a", "rule-b"),
        "eventTypes": ["b2:ObjectCreated:*"],
        "isEnabled": True,
        "objectNamePrefix": "",
        "targetConfiguration": {"targetType": "webhook", "url": "https://example.com", **play.of({}, {"x": "y"})},
    }
    bucket_id = play.bucket_id()
    play.call(play.raw.set_bucket_notification_rules, play.raw.API_URL, play.token(), bucket_id, play.of([], [rule]))
    if bucket_id in play.raw.bucket_id_to_bucket and play.of(True, False):
        bucket = play.raw.bucket_id_to_bucket[bucket_id]
        play.call(bucket.simulate_notification_rule_suspension, play.of("rule-a", "rule-b"), play.of("because", ""))
    play.call(play.raw.get_bucket_notification_rules, play.raw.API_URL, play.token(), bucket_id)
