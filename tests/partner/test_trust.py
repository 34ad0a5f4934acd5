from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidArgument
from b2sdk.exception.partner import UntrustedUrl
from b2sdk.partner.trust import check_realm, trusted_url

PRODUCTION, STAGING = "https://api.backblazeb2.com", "https://api.backblaze.net"


@pytest.mark.parametrize(
    ("realm", "url"),
    [
        (PRODUCTION, "https://api005.backblazeb2.com"),
        (PRODUCTION, "https://groups.backblaze.com/partner/"),
        (PRODUCTION, "https://API005.Backblazeb2.com:443"),
        (STAGING, "https://api900.backblaze.net"),
        ("http://127.0.0.1:8180", "http://127.0.0.1:8181"),
        ("http://localhost:8180", "http://[::1]:8180/path"),
        ("https://127.0.0.1:8180", "https://localhost:8180"),
        ("https://api.example.com", "https://groups.example.com"),
        ("https://b2.example.com", "https://groups.b2.example.com"),
        ("http://b2:8180", "http://b2:8180"),
    ],
)
def test_a_url_under_the_domain_of_the_realm_is_trusted(realm: str, url: str) -> None:
    assert trusted_url(realm, url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("realm", "url"),
    [
        (PRODUCTION, "http://api005.backblazeb2.com"),
        (PRODUCTION, "https://api005.backblaze.net"),
        (PRODUCTION, "https://backblazeb2.com.example.org"),
        (PRODUCTION, "https://notbackblazeb2.com"),
        (PRODUCTION, "https://user@api005.backblazeb2.com"),
        (PRODUCTION, "https://api005.backblazeb2.com?x=1"),
        (PRODUCTION, "https://api005.backblazeb2.com#x"),
        (PRODUCTION, "https://example.org\\.backblazeb2.com"),
        (PRODUCTION, "https://api005.backblazeb2.com:99999"),
        (PRODUCTION, "https://api005.backblazeb2.com\n"),
        (PRODUCTION, "https://"),
        (PRODUCTION, "ftp://api005.backblazeb2.com"),
        (PRODUCTION, "https://127.0.0.1"),
        (PRODUCTION, ""),
        (STAGING, "https://api005.backblazeb2.com"),
        ("http://127.0.0.1:8180", "http://example.org"),
        ("https://api.example.com", "https://example.org"),
        ("https://b2.example.com", "https://example.com"),
        ("http://b2:8180", "http://other:8180"),
        ("http://api.example.com", "http://groups.example.com"),
    ],
)
def test_any_other_url_is_a_strangers(realm: str, url: str) -> None:
    with pytest.raises(UntrustedUrl) as caught:
        trusted_url(realm, url)
    assert not url or url not in str(caught.value)


@pytest.mark.parametrize("realm", [PRODUCTION, STAGING, "http://127.0.0.1:1", "http://localhost:1", "https://[::1]"])
def test_the_service_and_this_machine_are_realms(realm: str) -> None:
    check_realm(realm, trust_realm=False)


@pytest.mark.parametrize("realm", ["https://b2.example.com", "http://api.backblazeb2.com", "http://b2:8180"])
def test_other_realms_need_the_trust_of_the_program(realm: str) -> None:
    with pytest.raises(InvalidArgument, match="trust_realm"):
        check_realm(realm, trust_realm=False)
    check_realm(realm, trust_realm=True)


@pytest.mark.parametrize("realm", ["", "producton", "K001something", "https://a@b", "https://example.com?key"])
def test_what_is_no_url_is_no_realm(realm: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_realm(realm, trust_realm=True)
    assert not realm or realm not in str(caught.value)


@given(
    st.text(max_size=30), st.sampled_from(["https://{}", "https://{}.backblazeb2.com", "https://api.backblazeb2.com{}"])
)
def test_no_text_leads_away_from_the_service(text: str, form: str) -> None:
    try:
        url = trusted_url(PRODUCTION, form.format(text))
    except UntrustedUrl:
        return
    host = url.removeprefix("https://").partition("/")[0].partition(":")[0].lower()
    assert host.endswith(("backblazeb2.com", "backblaze.com"))
    assert "@" not in url
