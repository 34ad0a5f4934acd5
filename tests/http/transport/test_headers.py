from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import example, given, strategies as st
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER

from b2sdk.http.transport.headers import case_insensitive, merge, written

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = {"User-Agent": "ours", "Accept-Encoding": "identity"}
names = st.sampled_from(["Authorization", "X-Bz-Info-a", "user-agent", b"Bytes", "a:b", "", "a\r\nb"])
texts = st.sampled_from(["", "token", " a", "a ", "a\r\nb", "a\r\nb: c", SKIP_HEADER, "\u00e9", "\u20ac"]) | st.text(
    max_size=5
)
values = texts | texts.map(str.encode) | st.integers()


def sent_by_urllib3(headers: Any) -> bytes:
    """Return the lines between that of the request and the empty one."""
    sent: list[bytes] = []
    connection = HTTPConnection("a.test")
    connection.send = sent.append  # type: ignore[method-assign, assignment]
    connection.request("GET", "/path", headers=headers)
    return b"".join(sent).removeprefix(b"GET /path HTTP/1.1\r\nHost: a.test\r\n").removesuffix(b"\r\n\r\n")


@given(st.dictionaries(names, values, max_size=4))
@example({"Authorization": "token", "Range": "bytes=0-1"})
@example({"a": "b\r\nc: d"})
@example({"user-agent": "theirs"})
def test_lines_are_those_that_urllib3_would_send_or_there_are_none(headers: dict[Any, Any]) -> None:
    together = {**OWN, **headers}
    found = written(together)
    if found is not None:
        assert found.lines == sent_by_urllib3(together)
        assert dict(found) == together
        assert found == CaseInsensitiveDict(together)


@pytest.mark.parametrize(
    "headers", [{"Authorization": "token"}, {"X-Bz-Info-a%20b": "caf%C3%A9", "Range": "bytes=0-1"}]
)
def test_the_lines_of_usual_headers_are_written(headers: dict[str, str]) -> None:
    found = written({**OWN, **headers})
    assert found is not None
    assert found.lines is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"a": 1},
        {"a": "b\r\nc: d"},
        {"a": "b\r\n"},
        {"a\r\nb": "c"},
        {"a": "\u00e9"},
        {"a": SKIP_HEADER},
        {"a": " b"},
        {"a": ""},
        {"": "a"},
        {"user-agent": "twice"},
        {"Host": "another"},
        {"Transfer-Encoding": "chunked"},
    ],
    ids=repr,
)
def test_what_is_unusual_is_left_to_requests(headers: dict[str, Any]) -> None:
    assert written({**OWN, **headers}) is None


@pytest.mark.parametrize("missing", OWN)
def test_headers_that_urllib3_would_add_to_are_left_to_it(missing: str) -> None:
    assert written({name: value for name, value in OWN.items() if name != missing}) is None


def changed(headers: Any) -> None:
    headers["a"] = "b"


def emptied(headers: Any) -> None:
    del headers["user-agent"]


@pytest.mark.parametrize("change", [changed, emptied])
def test_a_change_of_the_headers_drops_the_lines(change: Callable[[Any], None]) -> None:
    headers, plain = written(OWN), CaseInsensitiveDict(OWN)
    assert headers is not None
    change(headers)
    change(plain)
    assert headers.lines is None
    assert headers == plain


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_headers_of_a_request_take_the_place_of_those_of_the_session(
    one: dict[str, str], other: dict[str, str]
) -> None:
    headers = CaseInsensitiveDict(one)
    expected = {**headers, **other}
    assert merge(headers, other) == merge(dict(headers), other) == expected


def test_headers_of_a_response_are_found_in_any_case() -> None:
    fields = [("Content-Length", "3"), ("x-bz-file-id", "4_z")]
    headers = case_insensitive(fields)
    assert headers == CaseInsensitiveDict(fields)
    assert (headers["content-length"], headers["X-Bz-File-Id"], list(headers.items())) == ("3", "4_z", fields)
    assert isinstance(requests.Response().headers, type(headers))
