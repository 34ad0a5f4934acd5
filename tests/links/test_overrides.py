from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.links import ActiveContentRefused
from b2sdk.links.overrides import as_b2_parameters, read_overrides

ALL = {
    "content_disposition": "attachment; filename=\"a; b.pdf\"; filename*=UTF-8''%c3%a4.pdf",
    "content_language": "de, en",
    "expires": "Thu, 01 Dec 1994 16:00:00 GMT",
    "cache_control": "max-age=3600",
    "content_encoding": "gzip",
    "content_type": 'text/plain; charset="utf-8"',
}
ACTIVE_TYPES = [
    "text/html",
    "TEXT/HTML ; charset=utf-8",
    "application/xhtml+xml",
    "image/svg+xml",
    "image/SVG+XML",
    "text/xml",
    "application/xml",
    "application/rss+xml",
    "text/xsl",
    "application/xml-dtd",
    "text/javascript",
    "application/x-javascript",
    "application/ecmascript",
    "text/javascript1.5",
    "text/vbscript",
    "multipart/x-mixed-replace; boundary=x",
    "multipart/related",
    "message/rfc822",
    "*/*",
    "unknown/unknown",
    "application/unknown",
]
SHOWN = ["inline", "Inline; filename=a.txt", "INLINE ;filename=a", "form-data", "hybrid"]


def read(**overrides: Any) -> dict[str, str]:
    return read_overrides(False, **overrides)


def test_every_header_has_a_parameter_of_the_service() -> None:
    assert as_b2_parameters(read(**ALL)) == {
        "b2ContentDisposition": ALL["content_disposition"],
        "b2ContentLanguage": "de, en",
        "b2Expires": "Thu, 01 Dec 1994 16:00:00 GMT",
        "b2CacheControl": "max-age=3600",
        "b2ContentEncoding": "gzip",
        "b2ContentType": ALL["content_type"],
    }


def test_what_is_none_is_left_as_it_is_stored() -> None:
    assert read(**dict.fromkeys(ALL)) == {}


def test_a_time_is_written_as_a_date() -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))

    assert read(expires=moment) == {"Expires": "Wed, 02 Jan 2030 01:04:05 GMT"}


@pytest.mark.parametrize("content_type", ACTIVE_TYPES)
def test_a_type_that_browsers_run_has_to_be_allowed(content_type: str) -> None:
    with pytest.raises(ActiveContentRefused, match="allow_active_content"):
        read(content_type=content_type)

    assert read_overrides(True, content_type=content_type) == {"Content-Type": content_type}


@pytest.mark.parametrize("disposition", SHOWN)
def test_what_is_not_saved_has_to_be_allowed(disposition: str) -> None:
    with pytest.raises(ActiveContentRefused, match="allow_active_content"):
        read(content_disposition=disposition)

    assert read_overrides(True, content_disposition=disposition) == {"Content-Disposition": disposition}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/pdf", "image/png", "application/octet-stream", "application/json"]
)
def test_other_types_are_taken(content_type: str) -> None:
    assert read(content_type=content_type) == {"Content-Type": content_type}


@pytest.mark.parametrize(
    "overrides",
    [
        {"content_type": "text/plain, text/html"},
        {"content_type": "text/plain; a=b, text/html"},
        {"content_type": "html"},
        {"content_type": ""},
        {"content_type": "text/plain;"},
        {"content_disposition": "; filename=a"},
        {"content_disposition": "attachment; filename"},
        {"content_disposition": 'attachment; filename="a'},
        {"content_disposition": "attachment, inline"},
        {"expires": "tomorrow"},
        {"cache_control": "  "},
        {"content_language": "de\ud800"},
    ],
)
@pytest.mark.parametrize("allows", [True, False])
def test_what_the_header_cannot_be_is_refused(overrides: dict[str, str], *, allows: bool) -> None:
    with pytest.raises(ValueError, match=r"header|HTTP-date") as refused:
        read_overrides(allows, **overrides)

    assert not isinstance(refused.value, ActiveContentRefused)


@given(
    st.sampled_from(sorted(set(ALL) - {"expires"})),
    st.characters(categories=["Cc"]),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_no_control_character_is_taken(name: str, control: str, before: str, after: str) -> None:
    with pytest.raises(ValueError, match="header"):
        read_overrides(True, **{name: f"{before}{control}{after}"})


@pytest.mark.parametrize(("name", "value"), [("content_type", b"text/plain"), ("expires", 5), ("content-type", "a/b")])
def test_a_wrong_kind_or_name_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=name):
        read(**{name: value})
