"""aiob2 from PyPI: ``python with_aiob2.py KEY_ID KEY BUCKET_ID BUCKET_NAME``."""

from __future__ import annotations

import asyncio
import sys

import aiob2
import aiohttp

NAME = "a folder/hello+é.txt"


async def main(key_id: str, key: str, bucket_id: str, bucket_name: str) -> None:
    async with aiohttp.ClientSession(trust_env=True) as session:
        client = aiob2.Client(key_id, key, session=session)
        file = await client.upload_file(content_bytes=b"hello world", file_name=NAME, bucket_id=bucket_id)
        sys.stdout.write(f"{file.name}\n")
        by_id = await client.download_file_by_id(file.id)
        by_name = await client.download_file_by_name(NAME, bucket_name)
        if by_id.content == by_name.content:
            sys.stdout.write(f"{by_id.content.decode()}\n")
        large = await client.start_large_file_upload(bucket_id, "large")
        for number in (1, 2):
            await large.upload_part(bytes(5_000_000), number)
        sys.stdout.write(f"{(await large.finish()).name}\n")
        await client.delete_file(file.name, file.id)


asyncio.run(main(*sys.argv[1:]))
