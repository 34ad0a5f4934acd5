from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from b2sdk.error_text import (
    copy_source_size_in,
    reason,
    retry_after_seconds,
    shortened_secret,
    summary_for_log,
    upload_token_in,
    without_secrets,
)

SECRET = "K005-secret"

# --- displayed ---


@pytest.mark.parametrize(
    ("message", "code", "expected"),
    [
        ("a message", "a_code", "a message (a_code)"),
        ("a message", None, "a message (None)"),
        (None, "a_code", "None (a_code)"),
        ("", "", " ()"),
        (None, None, "the service did not say why"),
    ],
)
def test_a_reason_is_message_and_code(message: str | None, code: str | None, expected: str) -> None:
    assert reason(message, code) == expected


@pytest.mark.parametrize("key", ["authorizationToken", "applicationKey"])
@pytest.mark.parametrize("form", ['{"%s": "%s"}', '{"%s":"%s', '[{"%s"\n:\t"%s", junk'])
def test_keys_and_tokens_are_masked_in_invalid_json_too(form: str, key: str) -> None:
    shown = without_secrets(form % (key, SECRET))
    assert shown == form % (key, "******")


@given(
    st.dictionaries(
        st.sampled_from(["authorizationToken", "applicationKey"]), st.from_regex(r"[0-9]{20}", fullmatch=True)
    )
)
def test_keys_and_tokens_are_masked_wherever_the_text_is_truncated(secrets: dict[str, str]) -> None:
    text = json.dumps({"files": [], **secrets})
    for end in range(len(text) + 1):
        shown = without_secrets(text[:end])
        assert not any(character.isdigit() for character in shown)


def test_what_is_not_secret_stays_as_it_is() -> None:
    text = '{"applicationKeyId": "005", "message": "no \\"applicationKey\\" there"}'
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("4_002abcdefghi", "4_002a..."), ("a" * 13, "aaaaaa..."), ("a" * 12, "******"), ("", "******"), (None, "******")],
)
def test_a_secret_is_shown_in_part_only_if_it_is_long(secret: str | None, shown: str) -> None:
    assert shortened_secret(secret) == shown


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (ValueError("a text"), "a text"),
        (ValueError(" of\nseveral\r\n  lines\u2028"), "of several lines"),
        (ValueError(), "ValueError"),
        (ValueError("\n"), "ValueError"),
        (ValueError("x" * 501), "x" * 500),
        (ValueError(f'{{"applicationKey": "{SECRET}"}}'), '{"applicationKey": "******"}'),
        (ValueError(f'{"x" * 480}"applicationKey": "{SECRET}"'), f'{"x" * 480}"applicationKey": "*'),
    ],
)
def test_a_summary_for_a_log_is_one_short_line_without_secrets(error: Exception, summary: str) -> None:
    assert summary_for_log(error) == summary


# --- parsed ---


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        (7, 7),
        ("0", 0),
        ("-1", None),
        ("1.5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_a_whole_number_of_seconds_or_none(value: object, seconds: int | None) -> None:
    assert retry_after_seconds({"retry-after": value}) == seconds


def test_retry_after_is_looked_up_in_lower_case() -> None:
    assert retry_after_seconds({"Retry-After": "5"}) is None


@pytest.mark.parametrize(
    ("message", "token"),
    [
        ("more than one upload using auth token 4_002abcdefghi", "4_002abcdefghi"),
        ("refused: more than one upload using auth token short, again", "short,"),
        ("more than one upload using auth token", None),
        ("in other words", None),
        ("", None),
        (None, None),
    ],
)
def test_the_upload_token_is_parsed_from_the_message(message: str | None, token: str | None) -> None:
    assert upload_token_in(message) == token


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ("Copy source too big: 123", 123),
        ("Copy source too big: 123 bytes", 123),
        (f"Copy source too big: {10**17}", 10**17),
        (f"Copy source too big: {10**18}", None),
        ("Copy source too big: ", None),
        ("too large", None),
        (None, None),
    ],
)
def test_the_size_of_a_copy_source_is_parsed_from_the_message(message: str | None, size: int | None) -> None:
    assert copy_source_size_in(message) == size
