from __future__ import annotations

from typing import Any

import pytest

from b2sdk.links.cors import browser_rule, with_rule


def rule(**changes: Any) -> Any:
    defaults: dict[str, Any] = {
        "origins": ["https://www.example.com"],
        "operations": ["b2_upload_file"],
        "rule_name": "browser-uploads",
        "max_age_seconds": 3600,
    }
    return browser_rule(**{**defaults, **changes})


def test_a_rule_allows_what_an_upload_sends() -> None:
    assert rule() == {
        "corsRuleName": "browser-uploads",
        "allowedOrigins": ["https://www.example.com"],
        "allowedOperations": ["b2_upload_file"],
        "allowedHeaders": [
            "authorization",
            "content-type",
            "x-bz-content-sha1",
            "x-bz-file-name",
            "x-bz-info-*",
        ],
        "exposeHeaders": ["x-bz-content-sha1", "x-bz-file-id"],
        "maxAgeSeconds": 3600,
    }


def test_more_operations_have_more_headers() -> None:
    found = rule(operations=["b2_upload_part", "b2_download_file_by_name", "s3_put"])

    assert found["allowedOperations"] == ["b2_upload_part", "b2_download_file_by_name", "s3_put"]
    assert {"range", "x-bz-part-number", "x-amz-meta-*", "authorization"} <= set(found["allowedHeaders"])


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.example.com",
        "https://example.com:8443",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "https://*.example.com",
        "https://*",
        "https://*:8443",
        "https",
        "*",
    ],
)
def test_an_origin_is_that_of_a_page(origin: str) -> None:
    assert rule(origins=[origin])["allowedOrigins"] == [origin]


def test_origins_are_what_browsers_send() -> None:
    origins = ["https://WWW.Example.com", "https://a.example.com", "https://a.example.com"]

    assert rule(origins=origins)["allowedOrigins"] == ["https://www.example.com", "https://a.example.com"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"origins": []}, "no origin"),
        ({"origins": ["www.example.com"]}, "is no origin"),
        ({"origins": ["https://www.example.com/"]}, "is no origin"),
        ({"origins": ["https://www.example.com/page"]}, "is no origin"),
        ({"origins": ["ftp://www.example.com"]}, "is no origin"),
        ({"origins": ["https://*.*.example.com"]}, "is no origin"),
        ({"origins": ["https://*.example.com:*"]}, "is no origin"),
        ({"origins": ["https://user@example.com"]}, "is no origin"),
        ({"origins": ["null"]}, "is no origin"),
        ({"origins": ["https://a.example.com", "*"]}, "alone"),
        ({"origins": ["https", "https://a.example.com"]}, "alone"),
        ({"origins": [f"https://{number:03}.example.com" for number in range(50)]}, "less than 1000"),
        ({"operations": []}, "operations"),
        ({"operations": "b2_upload_file"}, "operations"),
        ({"operations": ["b2_delete_file_version"]}, "operations"),
        ({"rule_name": "short"}, "rule_name"),
        ({"rule_name": "b2-uploads"}, "rule_name"),
        ({"rule_name": "browser_uploads"}, "rule_name"),
        ({"max_age_seconds": -1}, "max_age_seconds"),
        ({"max_age_seconds": 86_401}, "max_age_seconds"),
    ],
)
def test_what_the_service_would_not_take_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        rule(**changes)


def test_a_text_is_no_list_of_origins() -> None:
    with pytest.raises(TypeError, match="origins must be"):
        rule(origins="https://www.example.com")


def test_a_rule_takes_the_place_of_the_one_with_its_name() -> None:
    ours, others = rule(), [{"corsRuleName": "other-one"}, {"corsRuleName": "other-two"}]
    older = rule(max_age_seconds=5)

    assert with_rule(others, ours) == [*others, ours]
    assert with_rule([others[0], older, others[1]], ours) == [others[0], ours, others[1]]
