from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import BadFileInfo
from b2sdk.values.file_info import InfoOptions, check_file_info, http_date, parse_http_date

MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=timezone.utc)


@pytest.mark.parametrize("file_info", [None, {}, {"a": "b"}])
def test_without_header_entries_the_file_info_itself_comes_back(file_info: dict[str, str] | None) -> None:
    assert InfoOptions(file_info).merge() is file_info


def test_each_header_has_an_entry() -> None:
    options = InfoOptions(
        cache_control="no-cache",
        expires="never",
        content_disposition="inline",
        content_encoding="gzip",
        content_language="de",
    )
    assert options.merge() == {
        "b2-cache-control": "no-cache",
        "b2-expires": "never",
        "b2-content-disposition": "inline",
        "b2-content-encoding": "gzip",
        "b2-content-language": "de",
    }


def test_the_file_info_of_the_caller_is_not_changed() -> None:
    file_info = {"a": "b"}
    assert InfoOptions(file_info, cache_control="x").merge() == {"a": "b", "b2-cache-control": "x"}
    assert file_info == {"a": "b"}


def test_a_header_wins_over_an_entry_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    options = InfoOptions({"b2-expires": "old", "b2-cache-control": "same"}, cache_control="same", expires="new")
    assert options.merge() == {"b2-expires": "new", "b2-cache-control": "same"}
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "Overwriting file info key b2-expires with value new (previous value old)")
    ]


def test_expires_may_be_a_time_of_any_zone() -> None:
    moment = MOMENT.astimezone(timezone(timedelta(hours=2)))
    assert InfoOptions(expires=moment).merge() == {"b2-expires": "Sun, 06 Nov 1994 08:49:37 GMT"}


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_three_forms_of_an_http_date_are_read(text: str) -> None:
    assert parse_http_date(text) == MOMENT


@pytest.mark.parametrize("text", ["", "tomorrow", "1994-11-06T08:49:37Z"])
def test_what_is_no_http_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid HTTP-date"):
        parse_http_date(text)


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(timezone.utc)))  # noqa: DTZ001  # Hypothesis adds the zone
def test_a_time_comes_back_to_the_second(moment: datetime) -> None:
    assert parse_http_date(http_date(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize("file_info", [None, {}, {"a": ""}, {"src_last_modified_millis": "1", "b2-x": "ü \x01"}])
def test_tokens_name_entries(file_info: dict[str, str] | None) -> None:
    check_file_info(file_info)  # raises otherwise


@pytest.mark.parametrize(
    ("file_info", "problem"),
    [
        ({"": "x"}, "'' is not made of the characters"),
        ({"a b": "x"}, "'a b' is not made of the characters"),
        ({"a\n": "x"}, r"'a\\n' is not made of the characters"),
        ({"ü": "x"}, "'ü' is not made of the characters"),
        ({1: "x"}, "1 is not made of the characters"),
        ({"a": 1}, "the value of 'a' is not a string"),
        ({"a": None}, "the value of 'a' is not a string"),
        ({"a": "\ud800"}, "the value of 'a' is not valid Unicode"),
        ({"Author": "x", "b": "", "author": "y"}, "'Author' and 'author' are the same name to the service"),
        ("a", "a mapping of names to values is needed, not str"),
        ([("a", "b")], "a mapping of names to values is needed, not list"),
    ],
)
def test_what_cannot_be_a_header_is_refused(file_info: dict[Any, Any], problem: str) -> None:
    with pytest.raises(BadFileInfo, match=f"^Bad file info: {problem}"):
        check_file_info(file_info)
