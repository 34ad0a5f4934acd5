"""The shapes of the rules that are stored with a bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_type_hints

import pytest

import b2sdk.v3
from b2sdk.simulator import Policy
from b2sdk.simulator.cloud import rules


class StrictSimulator(b2sdk.v3.RawSimulator):
    POLICY = Policy()


def fields(shape: type) -> set[str]:
    return set(get_type_hints(shape))


def test_a_stored_rule_has_every_field_of_its_shape() -> None:
    raw = StrictSimulator()
    key_id, key = raw.create_account()
    config = b2sdk.v3.B2HttpApiConfig(_raw_api_class=lambda _b2_http: raw)
    with b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo(), api_config=config) as api:
        api.authorize_account(key_id, key, realm="http://api.example.com")
        cors = {"corsRuleName": "my-rule", "allowedOrigins": ["https"], "maxAgeSeconds": 1}
        cors["allowedOperations"] = ["b2_download_file_by_name"]
        bucket = api.create_bucket(
            "test-bucket",
            "allPrivate",
            cors_rules=[cors],
            lifecycle_rules=[{"fileNamePrefix": "", "daysFromHidingToDeleting": 1}],
            replication=b2sdk.v3.ReplicationConfiguration(
                [b2sdk.v3.ReplicationRule("destination", "one")], key_id, {"their-key": key_id}
            ),
        )
        target: Any = {"targetType": "webhook", "url": "https://example.com"}
        bucket.set_notification_rules(
            [
                {
                    "name": "my-rule",
                    "eventTypes": ["b2:ObjectCreated:*"],
                    "isEnabled": True,
                    "objectNamePrefix": "",
                    "targetConfiguration": target,
                }
            ]
        )
    stored: Any = raw.cloud.state.buckets[bucket.id_]
    assert stored.cors_rules[0].keys() == fields(rules.CorsRule)
    assert stored.lifecycle_rules[0].keys() == fields(rules.LifecycleRule)
    assert stored.notification_rules[0].keys() == fields(rules.NotificationRule)
    assert stored.notification_rules[0]["targetConfiguration"].keys() == fields(rules.Target)
    assert stored.replication.keys() == fields(rules.Replication)
    source = stored.replication["asReplicationSource"]
    assert source.keys() == fields(rules.ReplicationSource)
    assert source["replicationRules"][0].keys() == fields(rules.ReplicationRule)
    assert stored.replication["asReplicationDestination"].keys() == fields(rules.ReplicationDestination)


@pytest.mark.parametrize("checks_rules", [True, False])
def test_a_lifecycle_rule_that_leaves_fields_out_is_applied(checks_rules: bool) -> None:
    class Simulator(b2sdk.v3.RawSimulator):
        POLICY = replace(Policy(), checks_rules=checks_rules)

    raw = Simulator()
    key_id, key = raw.create_account()
    config = b2sdk.v3.B2HttpApiConfig(_raw_api_class=lambda _b2_http: raw)
    with b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo(), api_config=config) as api:
        api.authorize_account(key_id, key, realm="http://api.example.com")
        rule: Any = {"fileNamePrefix": "", "daysFromHidingToDeleting": 1}
        bucket = api.create_bucket("test-bucket", "allPrivate", lifecycle_rules=[rule])
        bucket.upload_bytes(b"content", "file")
        bucket.hide_file("file")
        raw.cloud.clock.advance(3 * 24 * 60 * 60 * 1000)
        api.authorize_account(key_id, key, realm="http://api.example.com")
        assert list(bucket.ls(latest_only=False)) == []
