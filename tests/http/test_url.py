from __future__ import annotations

import pytest

from b2sdk.http.url import host_of, shown_host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://f001.example.com/file/x", "https://f001.example.com"),
        ("http://127.0.0.1:80?q//x", "http://127.0.0.1:80"),
        ("https://example.com#f", "https://example.com"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_host_ends_where_the_path_begins(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_host_is_shown_without_a_password() -> None:
    assert shown_host("https://user:secret@host.test:8080/path?token=a@b") == "https://host.test:8080"
