from __future__ import annotations

import locale
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests
from hypothesis import given, strategies as st

from b2sdk.exception import BadDateFormat, ClockSkew
from b2sdk.http.hooks import ClockSkewHook, _parse_date


def dated(date: str | None) -> requests.Response:
    response = requests.Response()
    if date is not None:
        response.headers["date"] = date
    return response


def check(date: str | None) -> None:
    ClockSkewHook().post_request("GET", "http://service.test", {}, dated(date))


def now_and(seconds: float) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("seconds", [-595, 0, 595])
def test_ten_minutes_of_skew_are_borne(seconds: int) -> None:
    assert check(now_and(seconds)) is None  # type: ignore[func-returns-value]  # that it returns at all is the point


def test_a_local_clock_behind_is_reported_as_such() -> None:
    with pytest.raises(ClockSkew, match=r"^ClockSkew: local clock is \d+ seconds behind server$") as caught:
        check(now_and(1000))
    assert caught.value.clock_skew_seconds == pytest.approx(-1000, abs=5)


@pytest.mark.parametrize("seconds", [-610, 610])
def test_more_than_ten_minutes_are_not(seconds: int) -> None:
    with pytest.raises(ClockSkew):
        check(now_and(seconds))


def test_a_local_clock_ahead_is_reported_as_such() -> None:
    with pytest.raises(ClockSkew, match=r"^ClockSkew; local clock is \d+ seconds ahead of server$") as caught:
        check(now_and(-1000))
    assert caught.value.clock_skew_seconds == pytest.approx(1000, abs=5)


def test_a_response_without_a_date_passes() -> None:
    assert check(None) is None  # type: ignore[func-returns-value]  # that it returns at all is the point


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2016-12-16T20:52:30Z",
        "Fri, 16 Dec 2016 20:52:30",
        "Fri, 16 Dec 2016 20:52:30 GMT\n",
        "Fri, 16 Dec 2016 20:52:30 +0000",
        "Fre, 16 Dez 2016 20:52:30 GMT",
        "Fri, 31 Feb 2016 20:52:30 GMT",
        "Fri, 16 Dec 2016 24:00:00 GMT",
        "Fri, 16 Dec 0000 20:52:30 GMT",
        "Fri, ١٦ Dec 2016 20:52:30 GMT",
    ],
)
def test_any_other_format_is_refused(text: str) -> None:
    with pytest.raises(BadDateFormat) as caught:
        check(text)
    assert str(caught.value) == f"Date from server: {text}"


@given(st.text())
def test_no_text_is_more_than_a_bad_date(text: str) -> None:
    with pytest.raises(BadDateFormat):
        check(text)


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_every_http_date_is_read_as_the_moment_it_names(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[whole.weekday()]
    month = format_datetime(whole)[8:11]
    text = f"{weekday}, {whole.day:02} {month} {whole.year:04} {whole:%H:%M:%S} GMT"
    assert _parse_date(text) == whole


def test_the_locale_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(locale, "setlocale")
    with pytest.raises(ClockSkew):
        check("Fri, 16 Dec 2016 20:52:30 GMT")
