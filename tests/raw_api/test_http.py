from __future__ import annotations

import io
from typing import Any
from unittest import mock

import pytest

import b2sdk.v2
from b2sdk.error_table import interpret_b2_error
from b2sdk.exception import (
    AccessDenied,
    B2Error,
    BadRequest,
    FileOrBucketNotFound,
    InvalidArgument,
    RetentionWriteError,
    SSECKeyError,
)
from b2sdk.http import B2Http, B2HttpApiConfig
from b2sdk.http.response import ResponseContextManager
from b2sdk.raw_api.http import B2RawHTTPApi
from b2sdk.values.file_lock import LegalHold

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
    http.request.return_value = mock.Mock(content=b'{"an": "answer"}')
    assert B2RawHTTPApi(http).upload_part("https://up.test", TOKEN, 1, 5, "sha1", body) == {"an": "answer"}
    method, url, headers, sent = http.request.call_args.args
    assert (method, url, sent) == ("POST", "https://up.test", body)
    assert (headers["X-Bz-Part-Number"], headers["Accept"]) == ("1", "application/json")
    assert http.request.call_args.kwargs == {"try_count": 1}
    http.request.return_value.close.assert_called_once_with()


def test_a_download_is_the_streamed_response(http: mock.Mock) -> None:
    assert B2RawHTTPApi(http).download_file_from_url(TOKEN, "https://f.test") is http.get_content.return_value
    http.get_content.assert_called_once_with("https://f.test", {"Authorization": TOKEN})


URL, WORDS = "https://f.test/file/b/n", "The object was stored using a form of Server Side Encryption. The correct"


def test_what_a_head_has_no_words_for_is_learned_by_a_get(http: mock.Mock) -> None:
    http.head_content.side_effect = interpret_b2_error(400, None, None, {})
    http.get_content.side_effect = interpret_b2_error(400, "bad_request", WORDS, {})
    with pytest.raises(SSECKeyError) as raised:
        B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert raised.value.__cause__ is http.get_content.side_effect
    http.get_content.assert_called_once_with(URL, {"Authorization": TOKEN})


def test_a_file_that_only_a_head_is_refused_for_is_described_by_a_get_whose_body_is_not_read(http: mock.Mock) -> None:
    http.head_content.side_effect = interpret_b2_error(400, None, None, {})
    response = mock.Mock(headers={"X-Bz-File-Id": "id"})
    http.get_content.return_value = ResponseContextManager(response)
    assert B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n") == {"X-Bz-File-Id": "id"}
    assert response.mock_calls == [mock.call.close()]


def test_a_program_that_overrides_downloads_sees_that_get(http: mock.Mock) -> None:
    class Watched(B2RawHTTPApi):
        def download_file_from_url(self, *args: Any, **kwargs: Any) -> Any:
            seen.append((args, kwargs))
            return super().download_file_from_url(*args, **kwargs)

    seen: list[Any] = []
    http.head_content.side_effect = interpret_b2_error(400, None, None, {})
    http.get_content.return_value = ResponseContextManager(mock.Mock(headers={}))
    Watched(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert seen == [((TOKEN, URL), {})]


@pytest.mark.parametrize("refusal", [(400, "bad_request", WORDS), (401, None, None), (429, None, None)])
def test_a_head_is_not_followed_by_a_get_where_that_would_tell_no_more(
    refusal: tuple[int, str | None, str | None], http: mock.Mock
) -> None:
    http.head_content.side_effect = interpret_b2_error(*refusal, {})
    with pytest.raises(B2Error) as raised:
        B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert raised.value is http.head_content.side_effect
    http.get_content.assert_not_called()


@pytest.mark.parametrize("by", ["head_content", "get_content"])
def test_what_is_not_found_by_name_is_named(by: str, http: mock.Mock) -> None:
    http.head_content.side_effect = interpret_b2_error(400, None, None, {})
    missing = getattr(http, by).side_effect = interpret_b2_error(404, "not_found", "", {})
    with pytest.raises(FileOrBucketNotFound, match=r"^Could not find file \[n\] within bucket \[b\]$") as raised:
        B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert raised.value.__cause__ is missing


@pytest.mark.parametrize(
    ("method", "arguments", "refusal", "explained"),
    [
        ("copy_file", ("f", "n"), (403, "access_denied", ""), SSECKeyError),
        ("hide_file", ("b", "n"), (403, "access_denied", ""), AccessDenied),
        ("copy_file", ("f", "n"), (400, "bad_request", "no"), BadRequest),
        ("update_file_legal_hold", ("f", "n", LegalHold.ON), (403, "access_denied", ""), RetentionWriteError),
        ("get_bucket_notification_rules", ("b",), (403, "access_denied", ""), AccessDenied),
    ],
)
def test_a_refusal_is_raised_in_the_terms_of_the_call(
    method: str, arguments: tuple[Any, ...], refusal: tuple[int, str, str], explained: type[B2Error], http: mock.Mock
) -> None:
    error = interpret_b2_error(*refusal, {})
    http.post_json_return_json.side_effect = http.request_content_return_json.side_effect = error
    with pytest.raises(explained) as raised:
        getattr(B2RawHTTPApi(http), method)(API, TOKEN, *arguments)
    assert error in {raised.value, raised.value.__cause__}
    assert raised.value.server_status == refusal[0]


@pytest.mark.parametrize("name", ["", "a b", "a_b", "ü", "x" * 101, "a\n"])
@pytest.mark.parametrize("dialect", [B2RawHTTPApi, b2sdk.v2.B2RawHTTPApi])
def test_a_key_name_that_the_service_refuses_is_refused_here(name: str, dialect: Any, http: mock.Mock) -> None:
    with pytest.raises(InvalidArgument) as caught:
        dialect(http).create_key(API, TOKEN, "a", ["listFiles"], name, None, None, None)
    assert str(caught.value) == f"key_name must have 1 to 100 letters, digits and hyphens, unlike {name!r}"
    assert http.mock_calls == []


def test_a_look_up_by_name_returns_the_headers(http: mock.Mock) -> None:
    headers = B2RawHTTPApi(http).get_file_info_by_name("https://f.test", TOKEN, "b", "n")
    assert headers is http.head_content.return_value.headers
    http.head_content.assert_called_once_with("https://f.test/file/b/n", {"Authorization": TOKEN})


@pytest.mark.parametrize("realm", ["https://api.test", "http://localhost:8180"])
def test_any_http_origin_is_a_realm(realm: str, http: mock.Mock) -> None:
    B2RawHTTPApi(http).authorize_account(realm, "id", "key")
    B2RawHTTPApi(http).authorize_account(f"{realm}/", "id", "key")
    assert [call.args[0] for call in http.post_json_return_json.call_args_list] == [
        f"{realm}/b2api/v4/b2_authorize_account"
    ] * 2


@pytest.mark.parametrize("realm", ["a-key-in-the-wrong-place", "ftp://api.test", ""])
def test_what_is_no_realm_is_refused_and_not_repeated(realm: str, http: mock.Mock) -> None:
    with pytest.raises(InvalidArgument) as raised:
        B2RawHTTPApi(http).authorize_account(realm, "id", "key")
    assert str(raised.value) == "realm is neither the name of a known realm nor a URL"
    assert http.mock_calls == []


def test_the_configuration_makes_this_raw_api_by_default() -> None:
    default: Any = B2HttpApiConfig.DEFAULT_RAW_API_CLASS
    assert default is B2RawHTTPApi
