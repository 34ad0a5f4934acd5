from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import ChecksumMismatch, UnexpectedCloudBehaviour
from b2sdk.transfer.acknowledgement import check_stored, check_stored_sha1, sha1_to_compare

SHA1 = "0123456789abcdef0123456789abcdef01234567"
OTHER = SHA1[::-1]

sha1s = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)


def test_what_is_reported_has_to_be_what_was_sent() -> None:
    check_stored({"partNumber": 3, "fileId": "a", "other": 1}, partNumber=3, fileId="a")
    with pytest.raises(UnexpectedCloudBehaviour, match="partNumber 3, but the service stored 4"):
        check_stored({"partNumber": 4}, partNumber=3)


def test_what_is_not_told_or_not_known_is_not_compared() -> None:
    check_stored({"partNumber": None}, partNumber=3, fileId="a")
    check_stored({"partNumber": 4}, partNumber=None)


@given(sent=sha1s, told=sha1s)
def test_a_sha1_is_compared_whatever_its_case(sent: str, told: str) -> None:
    check_stored_sha1(sent.upper(), sent.lower())
    check_stored_sha1("unverified:" + sent.lower(), sent.upper())
    if sent.lower() != told.lower():
        with pytest.raises(ChecksumMismatch) as caught:
            check_stored_sha1(told, sent)
        assert (caught.value.expected, caught.value.actual) == (sent, told)


@pytest.mark.parametrize("told", ["", "unverified:", SHA1[:-1], SHA1 + "0", "z" * 40, OTHER])
def test_what_is_no_sha1_is_not_that_of_what_was_sent(told: str) -> None:
    with pytest.raises(ChecksumMismatch):
        check_stored_sha1(told, SHA1)


@pytest.mark.parametrize(
    ("told", "sent"), [(None, SHA1), ("none", SHA1), (SHA1, None), (SHA1, "do_not_verify"), (SHA1, SHA1)]
)
def test_a_sha1_that_nobody_knows_is_not_compared(told: str | None, sent: str | None) -> None:
    check_stored_sha1(told, sent)


@pytest.mark.parametrize(
    ("told", "noted", "expected"),
    [
        (SHA1, None, SHA1),
        (SHA1.upper(), OTHER, SHA1),
        ("none", None, None),
        (None, None, None),
        ("", OTHER, OTHER),
        ("none", OTHER.upper(), OTHER),
        ("none", "d41d8cd98f00b204e9800998ecf8427e", None),
        ("none", "", None),
    ],
)
def test_a_download_is_compared_with_what_is_known(told: Any, noted: Any, expected: Any) -> None:
    assert sha1_to_compare(told, noted) == expected


@pytest.mark.parametrize("told", ["x", SHA1[:-1], SHA1 + "0", "unverified:" + SHA1, "None"])
def test_what_the_service_reports_has_to_be_a_sha1(told: str) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="as SHA-1"):
        sha1_to_compare(told, OTHER)
