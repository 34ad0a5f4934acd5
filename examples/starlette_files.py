"""A web application that keeps files in B2. They stream through it: none is on its disk, or in memory as a whole.

    pip install 'b2sdk-ng[aio]' starlette uvicorn
    B2_APPLICATION_KEY_ID=... B2_APPLICATION_KEY=... B2_BUCKET=... uvicorn starlette_files:app

    curl --upload-file video.mp4 http://127.0.0.1:8000/files/video.mp4
    curl --range 0-999 http://127.0.0.1:8000/files/video.mp4

A file exists when its last byte has arrived; an upload that the browser cancels makes none, and leaves nothing in B2.
Put your own authentication in front of this: anybody may do anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from b2sdk.aio import B2Api, Bucket, DownloadedFile
from b2sdk.v3.exception import B2Error, FileNotPresent

# What strangers have uploaded must not run as a page of this site.
SAFE = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}


class State(TypedDict):
    """What requests find in ``request.state``."""

    bucket: Bucket


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[State]:
    """Open one client for all requests, in the loop that serves them."""
    async with B2Api() as api:
        realm = os.environ.get("B2_REALM", "production")
        await api.authorize_account(os.environ["B2_APPLICATION_KEY_ID"], os.environ["B2_APPLICATION_KEY"], realm)
        yield {"bucket": await api.get_bucket_by_name(os.environ["B2_BUCKET"])}


async def upload(request: Request) -> Response:
    """Send the body of the request to B2 while it arrives."""
    name, content_type = request.path_params["name"], request.headers.get("content-type")
    try:
        async with request.state.bucket.open(name, "wb", content_type=content_type) as file:
            async for block in request.stream():
                await file.write(block)
    except ClientDisconnect:
        return Response(status_code=400)  # which nobody receives
    except ValueError as error:  # no file can have that name
        raise HTTPException(400, str(error)) from error
    return JSONResponse({"id": file.version.id_, "name": name, "size": file.version.size}, 201)


async def download(request: Request) -> Response:
    """Send a file, or the range of it that was requested."""
    version = await request.state.bucket.get_file_info_by_name(request.path_params["name"])
    headers = {**SAFE, "Accept-Ranges": "bytes", "ETag": f'"{version.id_}"', "Content-Type": version.content_type}
    range_ = requested_range(request, version.size, headers["ETag"])
    if range_ is None:
        status, length = 200, version.size
    else:
        status, length = 206, range_[1] - range_[0] + 1
        headers["Content-Range"] = f"bytes {range_[0]}-{range_[1]}/{version.size}"
    headers["Content-Length"] = str(length)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    # By its id: another version may have become the newest one since.
    file = await request.state.bucket.download_file_by_id(version.id_, range_=range_)
    return DownloadResponse(file, status, headers)


def requested_range(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and the last byte that are requested; ``None`` for the whole file.

    A header with several ranges, or of another form, is ignored, as HTTP allows.
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""), re.ASCII)
    if not match or not any(match.groups()) or request.headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if first:
        range_ = int(first), min(int(last or size), size - 1)
        if last and int(last) < int(first):
            return None
    else:
        range_ = max(size - int(last), 0), size - 1
    if range_[0] >= size:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    return range_


class DownloadResponse(StreamingResponse):
    """A response whose body is a download, which ends with it, also when the browser does not want the rest."""

    def __init__(self, file: DownloadedFile, status: int, headers: dict[str, str]) -> None:
        super().__init__(file.blocks(64 * 1024), status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._file:
            await super().__call__(scope, receive, send)


async def not_found(_request: Request, _error: Exception) -> Response:
    return Response(status_code=404)


async def unavailable(_request: Request, error: Exception) -> Response:
    """B2 was tried for as long as the client is patient; the browser may be so later."""
    return Response(f"The storage is not available: {type(error).__name__}", 503)


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/files/{name:path}", upload, methods=["PUT"]),
        Route("/files/{name:path}", download),
    ],
    exception_handlers={FileNotPresent: not_found, B2Error: unavailable},
)
