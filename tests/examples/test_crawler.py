"""The crawler on a site of the test, and a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo
from examples import crawler

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
def bucket(service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("B2_APPLICATION_KEY_ID", service.key_id)
    monkeypatch.setenv("B2_APPLICATION_KEY", service.key)
    monkeypatch.setenv("B2_REALM", service.url)
    api = B2Api(InMemoryAccountInfo())
    api.authorize_account(service.key_id, service.key, service.url)
    return api.create_bucket("copy-of-a-site", "allPrivate")


@asynccontextmanager
async def site(**pages: Handler | str) -> AsyncIterator[str]:
    """Serve pages of HTML, or what handlers make, by their names; yield the URL."""
    app = web.Application()
    for name, page in pages.items():
        app.router.add_get("/" if name == "start" else f"/{name}", page if callable(page) else html(page))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        listening = web.TCPSite(runner, "127.0.0.1", 0)
        await listening.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def html(page: str) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    return handle


def links(*names: str) -> str:
    return "".join(f'<p><a href="/{name}">{name}</a>' for name in names)


def crawl(bucket: Bucket, **pages: Handler | str) -> tuple[int, set[str]]:
    """Run the program; return its exit status, and the names of what it stored without the host."""

    async def main() -> int:
        async with site(**pages) as url:
            return await crawler.main(url, bucket.name or "")

    status = asyncio.run(main())
    return status, {version.file_name.partition("/")[2] for version, _ in bucket.ls(recursive=True)}


def test_what_can_be_reached_is_copied(bucket: Bucket) -> None:
    async def image(_request: web.Request) -> web.Response:
        return web.Response(body=bytes(1_000_000), content_type="image/png")

    async def moved(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/there")

    status, names = crawl(
        bucket,
        start=links("one#place", "moved?from=start") + '<a href="http://elsewhere.invalid/"><img src="image"></a>',
        one=links("", "one?page=2"),
        moved=moved,
        there="żółw",
        image=image,
        unknown="nothing leads here",
    )

    assert status == 0
    assert names == {"index.html", "one", "one?page=2", "there", "image"}
    (found,) = [version for version, _ in bucket.ls(recursive=True) if version.file_name.endswith("image")]
    assert (found.size, found.content_type) == (1_000_000, "image/png")


def test_256_pages_come_and_go_at_a_time(bucket: Bucket) -> None:
    names = [f"page-{number}" for number in range(300)]
    coming = 0
    all_are_coming = asyncio.Event()

    async def page(request: web.Request) -> web.StreamResponse:
        nonlocal coming
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        await response.write(b"the beginning, ")
        coming += 1
        if coming == crawler.AT_A_TIME:
            all_are_coming.set()
        await all_are_coming.wait()  # which it never is with fewer at a time
        await response.write(b"the end")
        return response

    status, stored = crawl(bucket, start=links(*names), **dict.fromkeys(names, page))

    assert status == 0
    assert stored == {"index.html", *names}
    assert {version.size for version, _ in bucket.ls(recursive=True, with_wildcard=True, path="*page-*")} == {22}


def test_what_a_site_does_not_want_copied_is_not(bucket: Bucket) -> None:
    async def robots(_request: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /private\n")

    _, names = crawl(bucket, start=links("private", "public"), private="", public="", **{"robots.txt": robots})

    assert names == {"index.html", "public"}


def test_what_cannot_be_copied_is_reported(
    bucket: Bucket, service: SimulatorServer, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"not all")
        assert request.transport is not None
        request.transport.close()
        return response

    too_long = "x" * 1100
    status, names = crawl(
        bucket, start=links("missing", "broken", "page", too_long), broken=broken, page="", **{too_long: ""}
    )

    assert status == 1
    assert names == {"index.html", "page"}
    told = capsys.readouterr()
    assert "2 pages copied, 3 not" in told.out
    assert {line.partition(": ")[0].rpartition("/")[2] for line in told.err.splitlines()} == {
        "missing",
        "broken",
        too_long,
    }


def test_an_error_that_nobody_expects_ends_the_crawl(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_url: str) -> str:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(crawler, "name_of", fail)

    with pytest.raises(RuntimeError, match="a mistake"):
        crawl(bucket, start="")
