from __future__ import annotations

from typing import Any

import pytest

from b2sdk.links.arguments import check_linked_name, checked_base, checked_seconds


@pytest.mark.parametrize("seconds", [1, 60, 604_800, 60.0])
def test_a_link_is_good_for_up_to_a_week(seconds: float) -> None:
    assert repr(checked_seconds(seconds)) == str(int(seconds))


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, float("nan"), float("inf")])
def test_it_is_good_for_no_other_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="1 to 604800"):
        checked_seconds(seconds)


@pytest.mark.parametrize("name", ["a", "a/b", "...", "a/.b", "a..", ".a/b.", "ä", "a b?c=d#e", "a/"])
def test_a_url_leads_to_most_names(name: str) -> None:
    check_linked_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/./b", "a/..", "../a", "\ud800"])
def test_a_name_that_no_url_leads_to_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        check_linked_name(name)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://cdn.example.com", "https://cdn.example.com"),
        ("https://cdn.example.com:8443/", "https://cdn.example.com:8443"),
        ("https://example.com/b2/", "https://example.com/b2"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://b2.localhost", "http://b2.localhost"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_a_base_is_a_host_and_perhaps_a_path(url: str, base: str) -> None:
    assert checked_base(url, "download_url").geturl() == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cdn.example.com",
        "//cdn.example.com",
        "http://cdn.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "ftp://cdn.example.com",
        "https://",
        "https:///path",
        "https://name:secret@cdn.example.com",
        "https://cdn.example.com?a=b",
        "https://cdn.example.com#a",
        "https://cdn.example.com:port",
        "https://[::1",
        "https://cdn.example.com/a b",
        "https://cdn.example.com/\n",
        "https://cdn.exämple.com",
    ],
)
def test_no_other_base_is_taken_or_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="download_url has to be https") as refused:
        checked_base(url, "download_url")

    chain: Any = refused.value
    assert "secret" not in f"{chain!r} {chain.__context__!r} {chain.__cause__!r}"
