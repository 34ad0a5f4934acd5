from __future__ import annotations

from typing import Any

import pytest

from b2sdk.exception import BadFileInfo
from b2sdk.links.s3 import MasterKeyRefused, read_signing_key, signed_request
from b2sdk.v3 import InMemoryAccountInfo

NOTHING: dict[str, Any] = {"file_id": None, "content_length": None, "file_info": None, "headers": {}}


def request(method: str, file_name: str = "file", seconds: float = 60, **more: Any) -> Any:
    return signed_request(method, file_name, seconds, **{**NOTHING, **more})


def test_a_download_overrides_headers_of_the_response() -> None:
    found = request("GET", file_id="4_id", headers={"Content-Type": "text/plain", "Expires": "a date"})

    assert found.parameters == {
        "response-content-type": "text/plain",
        "response-expires": "a date",
        "versionId": "4_id",
    }
    assert found.headers == {}


def test_an_upload_has_to_be_sent_with_its_headers() -> None:
    found = request("PUT", content_length=5, file_info={"Author": "me"}, headers={"Content-Type": "text/plain"})

    assert found.headers == {"content-length": "5", "content-type": "text/plain", "x-amz-meta-author": "me"}
    assert found.parameters == {}


@pytest.mark.parametrize(
    ("method", "more", "told"),
    [
        ("DELETE", {}, "one of GET, PUT"),
        ("get", {}, "one of GET, PUT"),
        ("GET", {"content_length": 5}, "for PUT"),
        ("GET", {"file_info": {}}, "for PUT"),
        ("PUT", {"file_id": "4_id"}, "for GET"),
        ("PUT", {"content_length": -1}, "number of bytes"),
        ("PUT", {"content_length": 1.5}, "number of bytes"),
        ("PUT", {"file_info": {"author": "ä"}}, "printable ASCII"),
        ("PUT", {"file_info": {"author": "a\nb"}}, "printable ASCII"),
        ("PUT", {"file_name": "a//b"}, "//"),
        ("GET", {"file_name": "a/../b"}, "leads"),
        ("PUT", {"file_name": "./b"}, "leads"),
        ("GET", {"seconds": 604_801}, "604800"),
        ("PUT", {"seconds": 0}, "604800"),
    ],
)
def test_what_makes_no_sense_is_refused(method: str, more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        request(method, **more)


@pytest.mark.parametrize("file_info", [{"a b": "c"}, {"a": 5}, {"a": "1", "A": "2"}])
def test_file_info_is_that_of_uploads(file_info: dict[str, Any]) -> None:
    with pytest.raises(BadFileInfo):
        request("PUT", file_info=file_info)


@pytest.mark.parametrize(
    ("key_id", "is_taken"), [("aabbcc", False), ("001aabbcc0000000000", False), ("001aabbcc0000000001", True)]
)
def test_a_master_key_is_refused(key_id: str, *, is_taken: bool) -> None:
    info = InMemoryAccountInfo()
    info.set_auth_data(
        account_id="aabbcc",
        auth_token="token",
        api_url="https://api",
        download_url="https://f",
        recommended_part_size=100,
        absolute_minimum_part_size=5,
        application_key="the secret",
        realm="production",
        s3_api_url="https://s3",
        allowed={"buckets": None, "capabilities": [], "namePrefix": None},
        application_key_id=key_id,
    )

    if is_taken:
        assert read_signing_key(info) == (key_id, "the secret")
    else:
        with pytest.raises(MasterKeyRefused, match="application key"):
            read_signing_key(info)
