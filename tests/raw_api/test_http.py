from __future__ import annotations

import io
from typing import Any
from unittest import mock

import pytest

from b2sdk.exception import InvalidArgument
from b2sdk.http import B2Http, B2HttpApiConfig
from b2sdk.raw_api.http import B2RawHTTPApi

API, TOKEN = "https://api.test", "token"


@pytest.fixture
def http() -> mock.Mock:
    recorder: mock.Mock = mock.create_autospec(B2Http, instance=True)
    return recorder


def test_a_call_is_a_post_of_json(http: mock.Mock) -> None:
    assert B2RawHTTPApi(http).delete_bucket(API, TOKEN, "a", "b") is http.post_json_return_json.return_value
    http.post_json_return_json.assert_called_once_with(
        f"{API}/b2api/v4/b2_delete_bucket", {"Authorization": TOKEN}, {"accountId": "a", "bucketId": "b"}
    )


def test_notification_rules_are_a_get_with_a_query(http: mock.Mock) -> None:
    http.request_content_return_json.return_value = {"eventNotificationRules": []}
    assert B2RawHTTPApi(http).get_bucket_notification_rules(API, TOKEN, "b") == []
    http.request_content_return_json.assert_called_once_with(
        "GET",
        f"{API}/b2api/v4/b2_get_bucket_notification_rules",
        {"Authorization": TOKEN},
        try_count=http.TRY_COUNT_OTHER,
        params={"bucketId": "b"},
    )


def test_a_body_is_sent_with_one_attempt(http: mock.Mock) -> None:
    body = io.BytesIO(b"hello")
    answer = B2RawHTTPApi(http).upload_part("https://up.test", TOKEN, 1, 5, "sha1", body)
    assert answer is http.post_content_return_json.return_value
    url, headers, sent = http.post_content_return_json.call_args.args
    assert (url, headers["X-Bz-Part-Number"], sent) == ("https://up.test", "1", body)
    assert http.post_content_return_json.call_args.kwargs == {"try_count": 1}


def test_a_download_is_the_streamed_answer(http: mock.Mock) -> None:
    assert B2RawHTTPApi(http).download_file_from_url(TOKEN, "https://f.test") is http.get_content.return_value
    http.get_content.assert_called_once_with("https://f.test", {"Authorization": TOKEN})


def test_a_look_up_by_name_returns_the_headers(http: mock.Mock) -> None:
    headers = B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert headers is http.head_content.return_value.headers
    http.head_content.assert_called_once_with("https://f.test/file/b/n", {"Authorization": TOKEN})


@pytest.mark.parametrize("realm", ["https://api.test", "http://localhost:8180"])
def test_any_http_origin_is_a_realm(realm: str, http: mock.Mock) -> None:
    B2RawHTTPApi(http).authorize_account(realm, "id", "key")
    assert http.post_json_return_json.call_args.args[0] == f"{realm}/b2api/v4/b2_authorize_account"


@pytest.mark.parametrize("realm", ["a-key-in-the-wrong-place", "ftp://api.test", ""])
def test_what_is_no_realm_is_refused_and_not_repeated(realm: str, http: mock.Mock) -> None:
    with pytest.raises(InvalidArgument) as raised:
        B2RawHTTPApi(http).authorize_account(realm, "id", "key")
    assert str(raised.value) == "realm is neither the name of a known realm nor a URL"
    assert http.mock_calls == []


def test_the_configuration_makes_this_raw_api_by_default() -> None:
    default: Any = B2HttpApiConfig.DEFAULT_RAW_API_CLASS
    assert default is B2RawHTTPApi
