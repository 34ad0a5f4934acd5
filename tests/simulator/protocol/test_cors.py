from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator.cloud.rules import CorsRule
from b2sdk.simulator.protocol import cors

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Service

RULE: CorsRule = {
    "corsRuleName": "downloads",
    "allowedOrigins": ["https://*.example.com"],
    "allowedOperations": ["b2_download_file_by_name", "b2_upload_file"],
    "allowedHeaders": ["range", "x-bz-*"],
    "exposeHeaders": ["x-bz-content-sha1"],
    "maxAgeSeconds": 60,
}
ORIGIN = "https://www.example.com"


def created(service: Service, *rules: Any) -> Answer:
    params = {"accountId": service.account_id, "bucketName": "my-bucket", "bucketType": "allPrivate"}
    return service.call("b2_create_bucket", {**params, "corsRules": list(rules)})


def test_rules_come_back_as_they_went(service: Service) -> None:
    assert created(service, RULE).json["corsRules"] == [RULE]


@pytest.mark.parametrize(
    "wrong",
    [
        {"corsRuleName": "short"},
        {"corsRuleName": "b2-reserved"},
        {"allowedOrigins": []},
        {"allowedOrigins": ["*", "https://a.com"]},
        {"allowedOrigins": ["https://*.*.com"]},
        {"allowedOrigins": ["a.com"]},
        {"allowedOrigins": ["https", "https://a.com"]},
        {"allowedOrigins": ["https", "https"]},
        {"allowedOrigins": ["https://a.com/path"]},
        {"allowedOperations": []},
        {"allowedOperations": ["b2_list_files"]},
        {"allowedHeaders": ["a b"]},
        {"exposeHeaders": ["x-*y"]},
        {"exposeHeaders": [""]},
        {"maxAgeSeconds": 86_401},
        {"maxAgeSeconds": None},
        {"exposeHeaders": ["x" * 1000]},
    ],
)
def test_an_impossible_rule_is_a_bad_request(service: Service, wrong: dict[str, Any]) -> None:
    assert created(service, {**RULE, **wrong}).refusal == (400, "bad_request")


def test_rules_differ_in_name(service: Service) -> None:
    assert created(service, RULE, RULE).refusal == (400, "bad_request")


@pytest.mark.parametrize(
    ("pattern", "origin", "matches"),
    [
        ("*", "http://any.where", True),
        ("https", "https://any.where:8443", True),
        ("https", "http://any.where", False),
        ("https://*", "https://any.where", True),
        ("https://*:8443", "https://any.where:8443", True),
        ("https://*.example.com", "https://www.example.com", True),
        ("https://*.example.com", "https://example.com", False),
        ("https://a.com", "https://a.com:1", False),
        ("https://a.com", "https://axcom", False),
    ],
)
def test_an_origin_is_matched_whole(pattern: str, origin: str, matches: bool) -> None:
    rule: CorsRule = {**RULE, "allowedOrigins": [pattern]}
    assert (cors.find_rule([rule], origin, "b2_upload_file") is rule) == matches


def test_the_first_rule_that_matches_counts() -> None:
    rules: list[CorsRule] = [{**RULE, "allowedOperations": ["s3_get"]}, {**RULE, "allowedHeaders": None}, RULE]
    assert cors.find_rule(rules, ORIGIN, "b2_upload_file", ["Range"]) is RULE
    assert cors.find_rule(rules, ORIGIN, "b2_upload_file") is rules[1]


def preflight(service: Service, target: str, origin: str = ORIGIN, headers: str = "range, x-bz-info-a") -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": headers}
    return service.send("OPTIONS", target, asked)


def test_a_preflight_is_allowed_by_the_rules(service: Service) -> None:
    created(service, RULE)
    allowed = preflight(service, "/file/my-bucket/name")
    assert allowed.status == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert allowed.headers["access-control-allow-methods"] == "GET"
    assert allowed.headers["access-control-allow-headers"] == "range, x-bz-info-a"
    assert allowed.headers["access-control-max-age"] == "60"
    for target, origin, headers in (
        ("/file/my-bucket/name", "https://evil.com", ""),
        ("/file/my-bucket/name", ORIGIN, "cookie"),
        ("/file/no-bucket/name", ORIGIN, ""),
        ("/b2api/v4/b2_download_file_by_id?fileId=x", ORIGIN, ""),
        ("/b2api/v4/b2_list_buckets", ORIGIN, ""),
    ):
        refused = preflight(service, target, origin, headers)
        assert refused.refusal == (403, "access_denied")
        assert "access-control-allow-origin" not in refused.headers


def test_a_preflight_of_an_upload_asks_the_bucket_of_the_url(service: Service) -> None:
    bucket_id = created(service, RULE).json["bucketId"]
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)["uploadUrl"]
    assert preflight(service, "/" + url.split("/", 3)[3]).status == 200


def test_a_page_may_read_the_response_when_a_rule_says_so(service: Service) -> None:
    bucket_id = created(service, RULE).json["bucketId"]
    answer = service.upload(bucket_id, "name", origin=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    answer = service.download("/file/my-bucket/name", {"Origin": ORIGIN})
    assert answer.headers["access-control-expose-headers"] == "x-bz-content-sha1"
    answer = service.download("/file/my-bucket/name", {"Origin": "https://evil.com"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_rule_that_was_not_checked_may_leave_fields_out() -> None:
    rule: Any = {"allowedOrigins": ["https"], "allowedOperations": ["b2_upload_file"]}
    assert cors.find_rule([rule], ORIGIN, "b2_upload_file", ["Range"]) is None
    assert cors.find_rule([rule], ORIGIN, "b2_upload_file") is rule
