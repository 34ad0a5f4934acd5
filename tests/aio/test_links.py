"""Links in an event loop, with an account info that blocks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.aio.loops import watched

import b2sdk.aio
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.simulator import SimulatorServer


def test_links_are_made_without_blocking_the_loop(service: SimulatorServer, tmp_path: Path) -> None:
    info = SqliteAccountInfo(str(tmp_path / "account.db"))

    async def links() -> list[str]:
        async with b2sdk.aio.B2Api(info) as api:
            await api.authorize_account(service.key_id, service.key, realm=service.url)
            bucket = await api.create_bucket("test-bucket", "allPrivate")
            bucket = await bucket.allow_browser_uploads(["https://www.example.com"])
            return [
                await bucket.presigned_url("file", 60),
                (await bucket.presigned_urls("f", 60)).url("file"),
                await bucket.presigned_s3_url("file", 60, region="local"),
                (await bucket.browser_upload("file")).url,
            ]

    with watched() as blocked:
        made = asyncio.run(links())

    assert all(url.startswith("http://") for url in made)
    assert blocked == []
