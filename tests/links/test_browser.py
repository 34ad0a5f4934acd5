from __future__ import annotations

import json

import pytest

from b2sdk.links.browser import BrowserUpload, check_sha1, headers_of
from b2sdk.values.new_file import NewFile

SHA1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"


def test_a_page_sends_the_headers_of_an_upload_without_its_length() -> None:
    file = NewFile("a bucket id", "ä b", "text/plain", {"author": "é"})

    assert headers_of(file, "the token", SHA1) == {
        "Authorization": "the token",
        "X-Bz-File-Name": "%C3%A4%20b",
        "Content-Type": "text/plain",
        "X-Bz-Content-Sha1": SHA1,
        "X-Bz-Info-author": "%C3%A9",
    }


def test_the_service_finds_out_the_type_and_compares_no_sha1() -> None:
    headers = headers_of(NewFile("a bucket id", "a"), "the token", None)

    assert (headers["Content-Type"], headers["X-Bz-Content-Sha1"]) == ("b2/x-auto", "do_not_verify")


@pytest.mark.parametrize("sha1", ["", "none", SHA1[:-1], f"{SHA1}0", SHA1.replace("2", "g"), f"{SHA1}\n"])
def test_no_other_sha1_is_taken(sha1: str) -> None:
    with pytest.raises(ValueError, match="40 hex digits"):
        check_sha1(sha1)


def test_what_a_page_gets_is_json_and_shows_no_token() -> None:
    upload = BrowserUpload("https://pod/secret-path", "POST", {"Authorization": "the token", "Content-Type": "a/b"})

    assert json.loads(json.dumps(upload.as_dict())) == {
        "url": "https://pod/secret-path",
        "method": "POST",
        "headers": {"Authorization": "the token", "Content-Type": "a/b"},
    }
    assert f"{upload}" == repr(upload) == "BrowserUpload(method='POST', headers=['Authorization', 'Content-Type'])"
