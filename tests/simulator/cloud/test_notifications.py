from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Service

TARGET: dict[str, Any] = {"targetType": "webhook", "url": "https://example.com/hook"}
RULE: dict[str, Any] = {
    "name": "uploads",
    "eventTypes": ["b2:ObjectCreated:Upload"],
    "isEnabled": True,
    "objectNamePrefix": "a/",
    "targetConfiguration": TARGET,
}


def set_rules(service: Service, *rules: Any) -> Answer:
    known = service.cloud.state.find_bucket_named("my-bucket")
    bucket_id = service.bucket() if known is None else known.bucket_id
    params = {"bucketId": bucket_id, "eventNotificationRules": list(rules)}
    return service.call("b2_set_bucket_notification_rules", params)


def test_a_fresh_bucket_has_no_rules(service: Service) -> None:
    bucket_id = service.bucket()
    answer = service.ok("b2_get_bucket_notification_rules", bucketId=bucket_id)
    assert answer == {"bucketId": bucket_id, "eventNotificationRules": []}


def test_rules_are_stored_by_name_with_what_the_service_adds(service: Service) -> None:
    other = {**RULE, "name": "another", "objectNamePrefix": "b/"}
    stored = set_rules(service, RULE, other).json["eventNotificationRules"]
    assert [rule["name"] for rule in stored] == ["another", "uploads"]
    assert (stored[0]["isSuspended"], stored[0]["suspensionReason"], stored[0]["maxEventsPerBatch"]) == (False, "", 1)
    assert stored[0]["targetConfiguration"] == {"customHeaders": None, "hmacSha256SigningSecret": None, **TARGET}
    bucket = service.cloud.state.find_bucket_named("my-bucket")
    assert bucket is not None
    assert service.ok("b2_get_bucket_notification_rules", bucketId=bucket.bucket_id)["eventNotificationRules"] == stored
    assert set_rules(service).json["eventNotificationRules"] == []


@pytest.mark.parametrize("headers", [None, [], [{"name": "X-Color", "value": "blue"}]])
@pytest.mark.parametrize("secret", [None, "0123456789abcdefghijABCDEFGHIJ01"])
def test_a_target_comes_back_as_it_was_set(service: Service, headers: Any, secret: str | None) -> None:
    target = {**TARGET, "customHeaders": headers, "hmacSha256SigningSecret": secret}
    stored = set_rules(service, {**RULE, "targetConfiguration": target}).json["eventNotificationRules"]
    assert stored[0]["targetConfiguration"] == target


def test_a_suspended_rule_stays_suspended_when_it_is_sent_again(service: Service) -> None:
    set_rules(service, RULE)
    bucket = service.cloud.state.find_bucket_named("my-bucket")
    assert bucket is not None
    rule = bucket.notification_rules[0]
    rule["isSuspended"], rule["suspensionReason"] = True, "no answer"
    stored = set_rules(service, {**RULE, "isSuspended": False}).json["eventNotificationRules"][0]
    assert (stored["isSuspended"], stored["suspensionReason"]) == (True, "no answer")


@pytest.mark.parametrize(
    ("types", "code"),
    [
        ([], "event_types_empty"),
        (["b2:Nonsense"], "event_type_invalid"),
        (["b2:ObjectCreated:Upload", "b2:ObjectDeleted:Delete"], "event_type_categories"),
        (["b2:ObjectCreated:*", "b2:ObjectCreated:Upload"], "event_type_overlap"),
        (["b2:ObjectCreated:Upload", "b2:ObjectCreated:Upload"], "event_type_overlap"),
    ],
)
def test_event_types_are_refused_with_codes_of_their_own(service: Service, types: list[str], code: str) -> None:
    assert set_rules(service, {**RULE, "eventTypes": types}).refusal == (400, code)


@pytest.mark.parametrize(
    ("types", "prefix", "status"),
    [
        (["b2:ObjectCreated:Upload"], "a/b", 400),
        (["b2:ObjectCreated:*"], "", 400),
        (["b2:ObjectCreated:Copy"], "a/", 200),
        (["b2:ObjectCreated:Upload"], "b/", 200),
    ],
)
def test_rules_must_not_overlap(service: Service, types: list[str], prefix: str, status: int) -> None:
    other = {**RULE, "name": "another", "eventTypes": types, "objectNamePrefix": prefix}
    answer = set_rules(service, RULE, other)
    assert answer.status == status
    if status == 400:
        assert answer.json["code"] == "event_type_overlap"


def target(**changes: Any) -> dict[str, Any]:
    return {**RULE, "targetConfiguration": {**TARGET, **changes}}


HEADER = {"name": "X-Key", "value": "v"}


@pytest.mark.parametrize(
    "rule",
    [
        {**RULE, "name": "short"},
        {**RULE, "name": "b2-reserved"},
        {**RULE, "isEnabled": None},
        {**RULE, "objectNamePrefix": None},
        {**RULE, "targetConfiguration": None},
        {**RULE, "maxEventsPerBatch": 51},
        target(url="http://example.com"),
        target(targetType="carrier pigeon"),
        target(hmacSha256SigningSecret="short"),
        target(customHeaders=[HEADER, {"name": "x-key", "value": "w"}]),
        target(customHeaders=[{"name": "X-Bz-Key", "value": "v"}]),
        target(customHeaders=[{"name": "X-Key", "value": "v" * 2048}]),
        target(customHeaders=[{"name": f"X-{number}", "value": "v"} for number in range(11)]),
    ],
)
def test_an_impossible_rule_is_a_bad_request(service: Service, rule: Any) -> None:
    assert set_rules(service, rule).refusal == (400, "bad_request")


def test_two_rules_of_one_name_are_a_bad_request(service: Service) -> None:
    assert set_rules(service, RULE, {**RULE, "objectNamePrefix": "z"}).refusal == (400, "bad_request")


def test_a_secret_and_headers_are_kept(service: Service) -> None:
    configuration = {"hmacSha256SigningSecret": "s" * 32, "customHeaders": [HEADER]}
    stored = set_rules(service, target(**configuration)).json["eventNotificationRules"][0]
    assert stored["targetConfiguration"] == {**TARGET, **configuration}
