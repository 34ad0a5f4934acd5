"""Links to files, which are followed without a key."""

from __future__ import annotations

import copy
import pickle
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import STRICT_FRONT_ENDS, FrontEnd, HttpFrontEnd, authorize
from tests.flows.conftest import Connect

from b2sdk.links import ActiveContentRefused, MasterKeyRefused, s3
from b2sdk.links.signature_v4 import Endpoint, SigningKey, path_of, presign
from b2sdk.simulator import SimulatorServer

ODD_NAME = "folder/ä b+c?d=e&f#g%.txt"
AS_ATTACHMENT = "attachment; filename=\"a b.txt\"; filename*=UTF-8''%c3%a4.txt"


def fetch(url: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310  # it is the local service
        return response.read(), dict(response.headers)


def status_of(url: str) -> int:
    try:
        fetch(url)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    return 200


def download(api: Any, front_end: FrontEnd, url: str) -> bytes:
    """Download without a key."""
    if isinstance(front_end, HttpFrontEnd):
        return fetch(url)[0]
    with api.session.raw_api.download_file_from_url(None, url) as response:
        return b"".join(response.iter_content(1024))


def calls(service: SimulatorServer) -> list[str]:
    return [entry.endpoint for entry in service.journal.entries]


@STRICT_FRONT_ENDS
@pytest.mark.parametrize("name", ["file", ODD_NAME])
def test_a_file_is_downloaded_by_its_presigned_url(api: Any, front_end: FrontEnd, bucket: Any, name: str) -> None:
    bucket.upload_bytes(b"content", name)

    url = bucket.presigned_url(name, 60)

    assert url.startswith(f"{bucket.get_download_url(name)}?Authorization=")
    assert download(api, front_end, url) == b"content"


@STRICT_FRONT_ENDS
def test_one_authorization_is_good_for_all_names_with_the_prefix(api: Any, front_end: FrontEnd, bucket: Any) -> None:
    for name in ("shared/a", "shared/b c"):
        bucket.upload_bytes(name.encode(), name)

    urls = bucket.presigned_urls("shared/", 60)

    for name in ("shared/a", "shared/b c"):
        assert download(api, front_end, urls.url(name)) == name.encode()


@STRICT_FRONT_ENDS
def test_a_url_of_a_public_bucket_needs_no_authorization(api: Any, front_end: FrontEnd) -> None:
    bucket = api.create_bucket("public-bucket", "allPublic")
    bucket.upload_bytes(b"content", "file")

    assert bucket.presigned_url("file", 60) == bucket.get_download_url("file")
    assert bucket.presigned_urls("", 60).url("file") == bucket.get_download_url("file")
    assert download(api, front_end, bucket.presigned_url("file", 60)) == b"content"


def test_a_public_bucket_takes_a_call_only_for_what_is_overridden(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("public-bucket", "allPublic")
        bucket.upload_bytes(b"content", "file")
        service.journal.clear()
        bucket.presigned_url("file", 60)
        bucket.presigned_urls("f", 60)
        assert calls(service) == []

        url = bucket.presigned_url("file", 60, content_disposition="attachment")

        assert calls(service) == ["b2_get_download_authorization"]
        assert fetch(url)[1]["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("is_for_many", [False, True])
def test_headers_are_overridden_and_cannot_be_changed(connect: Connect, *, is_for_many: bool) -> None:
    overrides: dict[str, Any] = {
        "content_disposition": AS_ATTACHMENT,
        "content_language": "de",
        "expires": "Thu, 01 Dec 1994 16:00:00 GMT",
        "cache_control": "max-age=3600",
        "content_encoding": "identity",
        "content_type": "text/plain; charset=utf-8",
    }
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        bucket.upload_bytes(b"content", "file", content_type="text/html", cache_control="no-store")

        if is_for_many:
            url = bucket.presigned_urls("f", 60, **overrides).url("file")
        else:
            url = bucket.presigned_url("file", 60, **overrides)

    content, headers = fetch(url)
    assert content == b"content"
    assert {name: headers[name] for name in headers if name.lower().replace("-", "_") in overrides} == {
        "Content-Disposition": AS_ATTACHMENT,
        "Content-Language": "de",
        "Expires": "Thu, 01 Dec 1994 16:00:00 GMT",
        "Cache-Control": "max-age=3600",
        "Content-Encoding": "identity",
        "Content-Type": "text/plain; charset=utf-8",
    }
    assert status_of(url.replace("b2ContentLanguage=de", "b2ContentLanguage=en")) in (401, 403)
    assert status_of(url.replace("&b2ContentLanguage=de", "")) in (401, 403)


def test_an_authorization_ends_and_opens_no_other_file(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        for name in ("file", "other"):
            bucket.upload_bytes(b"content", name)
        url = bucket.presigned_url("file", 1)

    assert status_of(url.replace("/file?", "/other?")) == 401
    service.clock.advance(2000)
    assert status_of(url) == 401


def test_another_host_may_serve_the_files(bucket: Any) -> None:
    at_cdn = bucket.presigned_url("file", 60, download_url="https://cdn.example.com/")

    assert at_cdn.startswith("https://cdn.example.com/file/test-bucket/file?Authorization=")
    urls = bucket.presigned_urls("", 60, download_url="http://localhost:8000", content_language="de")
    parts = urlsplit(urls.url("file"))
    assert (parts.netloc, parts.path) == ("localhost:8000", "/file/test-bucket/file")
    assert parse_qs(parts.query).keys() == {"Authorization", "b2ContentLanguage"}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"seconds": 0}, ValueError),
        ({"seconds": 604_801}, ValueError),
        ({"seconds": 1.5}, ValueError),
        ({"download_url": "http://cdn.example.com"}, ValueError),
        ({"content_type": "text/html"}, ActiveContentRefused),
        ({"content_disposition": "inline"}, ActiveContentRefused),
        ({"content_language": "de\r\nSet-Cookie: a=b"}, ValueError),
        ({"content_length": "5"}, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_call(
    connect: Connect, service: SimulatorServer, wrong: dict[str, Any], error: type[Exception]
) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        service.journal.clear()
        for verb, name in ((bucket.presigned_url, "file"), (bucket.presigned_urls, "f")):
            with pytest.raises(error):
                verb(name, **{"seconds": 60, **wrong})
        with pytest.raises(ValueError, match=r"'\.'"):
            bucket.presigned_url("folder/../file", 60)

    assert calls(service) == []


def test_what_a_browser_may_run_can_be_allowed(bucket: Any) -> None:
    url = bucket.presigned_url("page", 60, content_type="text/html", allow_active_content=True)

    assert url.endswith("&b2ContentType=text%2Fhtml")


def test_urls_are_made_for_names_with_the_prefix_only(bucket: Any) -> None:
    urls = bucket.presigned_urls("shared/", 60)

    for name in ("other", "shared", "shared/../other", ""):
        with pytest.raises(ValueError, match=r"name|begin"):
            urls.url(name)
    with pytest.raises(TypeError, match="file_name must be str"):
        urls.url(None)


def test_urls_do_not_show_their_authorization(bucket: Any) -> None:
    urls = bucket.presigned_urls("shared/", 60)
    token = parse_qs(urlsplit(urls.url("shared/a")).query)["Authorization"][0]

    assert repr(urls) == f"{urls}" == "PresignedUrls(bucket_name='test-bucket', prefix='shared/')"
    assert not hasattr(urls, "__dict__")
    assert copy.deepcopy(urls) is copy.copy(urls) is urls
    with pytest.raises(TypeError, match="not pickled") as refused:
        pickle.dumps(urls)
    assert token not in str(refused.value)


S3 = Endpoint("https", "s3.us-west-001.backblazeb2.com", "us-west-001")
NOON = "20270115T120000Z"


@pytest.fixture
def of_application_key(api: Any, front_end: FrontEnd, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> SigningKey:
    """Authorize the bucket's account with an application key, at noon."""
    key = api.create_key(["readFiles", "writeFiles"], "presigning")
    authorize(api, front_end, key.id_, key.application_key)
    monkeypatch.setattr(s3, "now", lambda: NOON)
    monkeypatch.setattr(type(api.account_info), "get_s3_api_url", lambda _: "https://s3.us-west-001.backblazeb2.com/")
    return SigningKey(key.id_, key.application_key)


def test_a_download_is_presigned_for_s3(bucket: Any, of_application_key: SigningKey) -> None:
    url = bucket.presigned_s3_url(ODD_NAME, 60, file_id="4_id", content_disposition=AS_ATTACHMENT)

    parameters = {"response-content-disposition": AS_ATTACHMENT, "versionId": "4_id"}
    path = path_of("test-bucket", ODD_NAME)
    assert url == presign("GET", S3, path, of_application_key, NOON, 60, parameters, {})


def test_an_upload_is_presigned_for_s3(bucket: Any, of_application_key: SigningKey) -> None:
    url = bucket.presigned_s3_url(
        "new", 60, method="PUT", content_type="text/plain", content_length=5, file_info={"Author": "me"}
    )

    headers = {"content-type": "text/plain", "content-length": "5", "x-amz-meta-author": "me"}
    assert url == presign("PUT", S3, "/test-bucket/new", of_application_key, NOON, 60, {}, headers)
    assert "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-meta-author" in url


def test_another_endpoint_has_a_region(bucket: Any, of_application_key: SigningKey) -> None:
    url = bucket.presigned_s3_url("file", 60, endpoint="http://localhost:9000", region="local")

    at = Endpoint("http", "localhost:9000", "local")
    assert url == presign("GET", at, "/test-bucket/file", of_application_key, NOON, 60, {}, {})
    with pytest.raises(ValueError, match="region"):
        bucket.presigned_s3_url("file", 60, endpoint="http://localhost:9000")


def test_a_master_key_signs_nothing_for_s3(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bucket.api.account_info), "is_master_key", lambda _: True)

    with pytest.raises(MasterKeyRefused):
        bucket.presigned_s3_url("file", 60, endpoint="https://s3.us-west-001.backblazeb2.com")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_a_browser_may_run_has_to_be_allowed_in_s3(
    bucket: Any, of_application_key: SigningKey, method: str
) -> None:
    with pytest.raises(ActiveContentRefused):
        bucket.presigned_s3_url("page", 60, method=method, content_type="image/svg+xml")

    assert bucket.presigned_s3_url("page", 60, method=method, content_type="text/html", allow_active_content=True)
