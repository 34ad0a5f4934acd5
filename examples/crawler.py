"""Copy a web site into a bucket: 256 pages at a time, each on its way to B2 while it arrives.

    pip install 'b2sdk-ng[aio]'
    B2_APPLICATION_KEY_ID=... B2_APPLICATION_KEY=... python crawler.py https://example.com/ bucket

How much memory that takes does not depend on the size of the pages; see ``Limits.memory``.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import AsyncIterable, AsyncIterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import aiohttp
from typing_extensions import override

from b2sdk.aio import B2Api, Bucket, Limits
from b2sdk.v3.exception import B2Error

AT_A_TIME = 256
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)


class Crawler:
    """Copies what can be reached from one page, and is on the same host."""

    def __init__(self, session: aiohttp.ClientSession, bucket: Bucket, start: str) -> None:
        self._session = session
        self._bucket = bucket
        self._start = start
        self._robots = RobotFileParser()
        self._found: set[str] = set()
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self.copied = 0
        self.failures: dict[str, Exception] = {}
        """Why pages could not be copied, by their URLs."""

    async def crawl(self) -> None:
        """Copy everything; return when no page is left."""
        await self._read_robots()
        self._add(self._start)
        workers = [asyncio.create_task(self._work()) for _ in range(AT_A_TIME)]
        everything = asyncio.create_task(self._waiting.join())
        try:
            done, _ = await asyncio.wait([everything, *workers], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a worker ends by what it did not expect, and by nothing else
        finally:
            for task in [everything, *workers]:
                task.cancel()
            await asyncio.gather(everything, *workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            url = await self._waiting.get()
            try:
                await self._copy(url)
            # `ValueError`: no file can have the name of this page.
            except (aiohttp.ClientError, asyncio.TimeoutError, B2Error, ValueError) as error:
                self.failures[url] = error
            self._waiting.task_done()

    async def _copy(self, url: str) -> None:
        async with self._session.get(url, allow_redirects=False, raise_for_status=True) as response:
            if "Location" in response.headers:
                self._add(urljoin(url, response.headers["Location"]))
                return
            content: AsyncIterable[bytes] = response.content.iter_any()
            if response.content_type == "text/html":
                content = self._looking_for_links(content, url, response.charset)
            await self._bucket.upload_unbound_stream(content, name_of(url), content_type=response.content_type)
            self.copied += 1

    async def _looking_for_links(
        self, content: AsyncIterable[bytes], url: str, charset: str | None
    ) -> AsyncIterator[bytes]:
        """Pass a page on, block by block, and add what it links to."""
        parser, decoder = LinkParser(), decoder_of(charset)
        async for block in content:
            parser.feed(decoder.decode(block))
            while parser.links:
                self._add(urljoin(url, parser.links.pop()))
            yield block

    async def _read_robots(self) -> None:
        async with self._session.get(urljoin(self._start, "/robots.txt")) as response:
            self._robots.parse((await response.text()).splitlines() if response.ok else [])

    def _add(self, url: str) -> None:
        url = urldefrag(url).url
        is_here = urlsplit(url)[:2] == urlsplit(self._start)[:2]
        if is_here and url not in self._found and self._robots.can_fetch("*", url):
            self._found.add(url)
            self._waiting.put_nowait(url)


class LinkParser(HTMLParser):
    """Collects what a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]


def decoder_of(charset: str | None) -> codecs.IncrementalDecoder:
    """Return what makes text of blocks that end anywhere, whatever a server says of them."""
    try:
        return codecs.getincrementaldecoder(charset or "utf-8")("replace")
    except LookupError:
        return codecs.getincrementaldecoder("utf-8")("replace")


def name_of(url: str) -> str:
    """Return the name of the file that a page becomes."""
    _, host, path, query, _ = urlsplit(url)
    path = path or "/"
    return host + path + ("index.html" if path.endswith("/") else "") + (f"?{query}" if query else "")


async def main(start: str, bucket_name: str) -> int:
    """Copy the site, report what could not be copied, and return an exit status."""
    connector = aiohttp.TCPConnector(limit=AT_A_TIME)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session,
        B2Api(limits=Limits(requests=AT_A_TIME)) as api,
    ):
        realm = os.environ.get("B2_REALM", "production")
        await api.authorize_account(os.environ["B2_APPLICATION_KEY_ID"], os.environ["B2_APPLICATION_KEY"], realm)
        crawler = Crawler(session, await api.get_bucket_by_name(bucket_name), start)
        await crawler.crawl()
    for url, error in crawler.failures.items():
        print(f"{url}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"{crawler.copied} pages copied, {len(crawler.failures)} not")
    return 1 if crawler.failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:3])))
