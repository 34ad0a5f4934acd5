from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st

from b2sdk.simulator.cloud.permissions import CAPABILITY_OF_CALL, SUITE_OF_CALL

if TYPE_CHECKING:
    from tests.simulator.conftest import Service

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["all", "SSE-C", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "accountId",
    "bucketId",
    "bucketIds",
    "bucketInfo",
    "bucketName",
    "bucketType",
    "bucketTypes",
    "bypassGovernance",
    "capabilities",
    "contentType",
    "corsRules",
    "defaultRetention",
    "defaultServerSideEncryption",
    "delimiter",
    "destinationBucketId",
    "eventNotificationRules",
    "fileId",
    "fileInfo",
    "fileLockEnabled",
    "fileName",
    "fileNamePrefix",
    "fileRetention",
    "ifRevisionIs",
    "keyName",
    "largeFileId",
    "legalHold",
    "lifecycleRules",
    "maxFileCount",
    "maxKeyCount",
    "maxPartCount",
    "metadataDirective",
    "namePrefix",
    "partNumber",
    "partSha1Array",
    "prefix",
    "range",
    "replicationConfiguration",
    "serverSideEncryption",
    "sourceFileId",
    "startFileId",
    "startFileName",
    "startPartNumber",
    "validDurationInSeconds",
    "applicationKeyId",
    "customUploadTimestamp",
]
CALLS = st.sampled_from(sorted(CAPABILITY_OF_CALL))
FIELDS_OF_PARTNERS = [
    "accountId",
    "adminAccountId",
    "computerId",
    "email",
    "groupId",
    "groupName",
    "maxComputerCount",
    "maxGroupCount",
    "maxMemberCount",
    "memberAccountId",
    "memberEmail",
    "region",
    "startComputerId",
    "startEmail",
    "startGroupId",
    "storage",
    "term",
]


def plausible(service: Service) -> dict[str, Any]:
    """Return a right value for every field, so that one wrong value is what a call stumbles over."""
    listed = service.ok("b2_list_buckets", accountId=service.account_id)["buckets"]
    bucket_id = listed[0]["bucketId"] if listed else service.bucket()
    return {
        "accountId": service.account_id,
        "bucketId": bucket_id,
        "bucketName": "another-bucket",
        "bucketType": "allPrivate",
        "capabilities": ["listFiles"],
        "contentType": "text/plain",
        "eventNotificationRules": [],
        "fileName": "name",
        "fileNamePrefix": "",
        "keyName": "key",
        "validDurationInSeconds": 60,
    }


@given(CALLS, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_no_parameters_make_a_call_fail_inside(cloud_service: Service, name: str, wrong: dict[str, Any]) -> None:
    answer = cloud_service.call(name, {**plausible(cloud_service), **wrong})
    assert answer.status < 500, answer.body
    if answer.status >= 400:
        assert set(answer.json) == {"status", "code", "message"}


@given(
    st.sampled_from(sorted(SUITE_OF_CALL)),
    st.dictionaries(st.sampled_from(FIELDS_OF_PARTNERS), JSON, max_size=3),
    st.sampled_from(["POST", "in a list", "GET"]),
)
def test_no_parameters_make_a_call_of_a_partner_fail_inside(
    cloud_service: Service, name: str, wrong: dict[str, Any], way: str
) -> None:
    partners, own = cloud_service.cloud.partners, cloud_service.account_id
    groups = partners.groups_of(partners.enable(own)) or [partners.create_group(own, "Customers")]
    right = {"adminAccountId": own, "groupId": groups[0].group_id, "accountId": own, "term": 7, "storage": 1}
    params = {**right, "memberEmail": "a@example.com", "email": "b@example.com", **wrong}
    target = f"/api/backup/v1/{name}" if name.startswith("bz_") else f"/b2api/v3/{name}"
    headers = {"Authorization": cloud_service.token}
    if way == "GET":
        answer = cloud_service.send("GET", f"{target}?{urlencode(params)}", headers)
    else:
        body = json.dumps([params] if way == "in a list" else params).encode()
        answer = cloud_service.send("POST", target, headers, body)
    assert answer.status < 500, answer.body
    if answer.status >= 400:
        assert set(answer.json) == {"status", "code", "message"}


RULES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        [
            "corsRuleName",
            "allowedOrigins",
            "allowedOperations",
            "maxAgeSeconds",
            "fileNamePrefix",
            "daysFromHidingToDeleting",
            "asReplicationSource",
            "replicationRules",
            "sourceApplicationKeyId",
            "mode",
            "algorithm",
            "period",
            "name",
            "eventTypes",
            "targetConfiguration",
            "retainUntilTimestamp",
            "customerKey",
            "customerKeyMd5",
        ],
        JSON,
    ),
)


@given(
    CALLS,
    st.sampled_from(
        ["corsRules", "lifecycleRules", "eventNotificationRules", "replicationConfiguration", "fileRetention"]
    ),
    RULES | st.lists(RULES, max_size=2),
)
def test_no_nested_object_makes_a_call_fail_inside(
    cloud_service: Service, name: str, field: str, value: dict[str, Any] | list[Any]
) -> None:
    answer = cloud_service.call(name, {**plausible(cloud_service), field: value})
    assert answer.status < 500, answer.body


@given(st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS"]), st.text(max_size=20), st.binary(max_size=50))
def test_no_target_and_no_body_make_the_wire_fail_inside(
    cloud_service: Service, method: str, path: str, body: bytes
) -> None:
    for prefix in ("/", "/file/", "/file/my-bucket/", "/b2api/v4/", "/b2api/v4/b2_list_buckets?", "/b2api/v9/"):
        answer = cloud_service.send(method, prefix + path, {"Authorization": cloud_service.token}, body)
        assert answer.status < 500, answer.body


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b'{"bucketName": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_a_body_that_is_no_json_object_is_a_bad_request(service: Service, body: bytes) -> None:
    answer = service.send("POST", "/b2api/v4/b2_list_buckets", {"Authorization": service.token}, body)
    assert answer.refusal == (400, "bad_request")


def test_a_body_beyond_all_measure_is_refused(service: Service) -> None:
    body = b'{"a": "' + b"x" * 3_000_000 + b'"}'
    answer = service.send("POST", "/b2api/v4/b2_list_buckets", {"Authorization": service.token}, body)
    assert answer.refusal == (400, "bad_request")


def test_many_threads_upload_at_a_time(cloud_service: Service) -> None:
    bucket_id = cloud_service.bucket()
    assert cloud_service.token
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: cloud_service.uploaded(bucket_id, f"{number % 10}"), range(100)))
    assert len({answer["fileId"] for answer in answers}) == 100
    assert len(cloud_service.versions(bucket_id, maxFileCount=1000)) == 100


def test_null_is_absent_and_unknown_fields_are_ignored(service: Service) -> None:
    answer = service.call("b2_list_buckets", {"accountId": service.account_id, "bucketId": None, "unknown": 1})
    assert answer.json == {"buckets": []}


@pytest.mark.parametrize("dialect", [1, 2, 3, 4])
def test_every_call_is_there_in_every_dialect(service: Service, dialect: int) -> None:
    for name in CAPABILITY_OF_CALL:
        assert b"There is no such call" not in service.call(name, {}, dialect=dialect).body


def test_an_unknown_call_is_not_found(service: Service) -> None:
    assert service.call("b2_make_coffee").refusal == (404, "not_found")


def test_parameters_may_come_in_the_query_of_a_get(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "a/b")
    target = f"/b2api/v2/b2_list_file_names?bucketId={bucket_id}&maxFileCount=5&prefix=a%2F"
    answer = service.send("GET", target, {"Authorization": service.token})
    assert [file["fileName"] for file in answer.json["files"]] == ["a/b"]


@pytest.mark.parametrize("types", ["all", "%5B%22all%22%5D", "allPrivate%2CallPublic"])
def test_a_list_in_a_query_is_json_or_separated_by_commas(service: Service, types: str) -> None:
    service.bucket()
    target = f"/b2api/v4/b2_list_buckets?accountId={service.account_id}&bucketTypes={types}"
    assert len(service.send("GET", target, {"Authorization": service.token}).json["buckets"]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("prefix=&delimiter=/", 200),
        ("prefix=a=b", 200),
        ("&&prefix=&", 200),
        ("prefix&delimiter=/", 400),
        ("prefix=&delimiter", 400),
    ],
)
def test_a_query_parameter_has_an_equals_sign(service: Service, query: str, status: int) -> None:
    target = f"/b2api/v2/b2_list_file_names?bucketId={service.bucket()}&{query}"
    answer = service.send("GET", target, {"Authorization": service.token})
    assert answer.status == status
    if status == 400:
        assert (answer.json["code"], answer.json["message"][:16]) == ("bad_request", "Bad query string")


def test_an_empty_query_is_none(service: Service) -> None:
    service.uploaded(service.bucket(), "name")
    assert service.download("/file/my-bucket/name?").status == 200


def test_other_methods_are_not_allowed(service: Service) -> None:
    answer = service.send("DELETE", "/b2api/v4/b2_list_buckets", {"Authorization": service.token})
    assert answer.refusal == (405, "method_not_allowed")


def test_a_bug_inside_is_an_internal_error(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service.cloud.buckets, "list", lambda *_: 1 / 0)
    answer = service.call("b2_list_buckets", {"accountId": service.account_id})
    assert answer.refusal == (500, "internal_error")
    assert "ZeroDivisionError" in caplog.text


def test_json_responses_have_the_headers_of_the_service(service: Service) -> None:
    answer = service.call("b2_list_buckets", {"accountId": service.account_id})
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["cache-control"] == "max-age=0, no-cache, no-store"
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_the_journal_reports_calls_in_order_without_secrets(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name")
    entries = [entry.as_json() for entry in service.journal.entries]
    told = [(entry["endpoint"], entry["status"]) for entry in entries]
    assert told == [
        ("b2_authorize_account", 200),
        ("b2_create_bucket", 200),
        ("b2_get_upload_url", 200),
        ("b2_upload_file", 200),
    ]
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4]
    assert entries[3]["uploadUrlId"] is not None
    assert service.token not in json.dumps(entries)
