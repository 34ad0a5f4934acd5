"""Pages in a browser, of another origin than the service, which upload and download by links."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.serving import serve_wsgi

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo

CHROMIUM = os.environ.get("B2SDK_CHROMIUM")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="B2SDK_CHROMIUM does not name a browser: nox -s browser")

SEND = """
async ({url, method, headers, text}) => {
    try {
        const response = await fetch(url, {method, headers, body: text});
        return {status: response.status, text: await response.text(), sha1: response.headers.get("X-Bz-Content-Sha1")};
    } catch (error) {
        return {failed: error.name};
    }
}
"""
NAME = "from a page/ä b+c.txt"


def page(_environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [b"<!doctype html><title>A page</title>"]


class Page:
    """A page in a tab of the browser."""

    def __init__(self, tab: Any, origin: str) -> None:
        tab.goto(origin)
        self.tab = tab
        self.origin = origin

    def fetch(
        self, url: str, method: str = "GET", headers: dict[str, str] | None = None, text: str | None = None
    ) -> Any:
        return self.tab.evaluate(SEND, {"url": url, "method": method, "headers": headers or {}, "text": text})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only this session has it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def pages(browser: Any) -> Iterator[Callable[[], Page]]:
    with serve_wsgi(page) as first, serve_wsgi(page) as second:
        origins = [first, second]
        yield lambda: Page(browser.new_page(), origins.pop(0))


@pytest.fixture
def bucket(service: SimulatorServer) -> Iterator[Bucket]:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        yield api.create_bucket("test-bucket", "allPrivate")


def test_a_page_uploads_a_file_and_downloads_it(bucket: Bucket, pages: Callable[[], Page]) -> None:
    page = pages()
    bucket.allow_browser_uploads([page.origin], operations=["b2_upload_file", "b2_download_file_by_name"])
    upload = bucket.browser_upload(NAME, content_type="text/plain", file_info={"author": "é"}, cache_control="no-store")

    sent = page.fetch(**json.loads(json.dumps(upload.as_dict())), text="content of the page")

    assert sent["status"] == 200
    assert json.loads(sent["text"])["fileName"] == NAME
    stored = bucket.get_file_info_by_name(NAME)
    assert (stored.content_type, stored.file_info["author"], stored.cache_control) == ("text/plain", "é", "no-store")

    for url in (
        bucket.presigned_url(NAME, 60),
        bucket.presigned_urls("from a page/", 60, content_language="de").url(NAME),
    ):
        received = page.fetch(url)
        assert (received["status"], received["text"]) == (200, "content of the page")
        assert received["sha1"] == f"unverified:{stored.content_sha1}"


def test_a_browser_saves_what_is_an_attachment(bucket: Bucket, pages: Callable[[], Page]) -> None:
    bucket.upload_bytes(b"content", "file", content_type="text/html")
    url = bucket.presigned_url("file", 60, content_disposition='attachment; filename="named by the link.txt"')
    tab = pages().tab

    with tab.expect_download() as download:
        tab.evaluate("url => { location.href = url }", url)

    assert download.value.suggested_filename == "named by the link.txt"
    assert download.value.path().read_bytes() == b"content"


def test_a_page_of_another_origin_cannot(bucket: Bucket, pages: Callable[[], Page]) -> None:
    allowed, other = pages(), pages()
    bucket.allow_browser_uploads([allowed.origin], operations=["b2_upload_file", "b2_download_file_by_name"])
    upload = bucket.browser_upload("file")
    bucket.upload_bytes(b"content", "stored")

    assert other.fetch(**upload.as_dict(), text="content") == {"failed": "TypeError"}
    assert [version.file_name for version, _ in bucket.ls()] == ["stored"]
    assert other.fetch(bucket.presigned_url("stored", 60)) == {"failed": "TypeError"}
    assert allowed.fetch(**upload.as_dict(), text="content")["status"] == 200
