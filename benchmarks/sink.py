"""A service for benchmarks: it responds as B2 does, keeps no content, and is cheap, so that clients are measured.

    python benchmarks/sink.py DIRECTORY DELAY

Uploads are counted and dropped; downloads are zeros of the size that was uploaded. A bucket ``made-up-N`` lists N files
that nobody uploaded, and ``made-up-KIND-N`` N files with names of a kind (``made_up.py``). Nothing is checked, as what
is measured is known to be right.

It prints one line of JSON: its URLs ``near`` (HTTP), ``tls``, and ``far``, which is ``tls`` behind a line
that takes DELAY seconds for a round trip, in handshakes too; ``slow``, which is ``far``, and a page of a listing takes
as long as the real service takes for it; and ``ca``, the certificate to trust, which is made in DIRECTORY. Then it
reads commands, a line of JSON each: ``{"tally": true}`` prints what was called since the last time, ``{"forget":
BUCKET}`` empties a bucket, ``{"keep": [BUCKET, NAME, SIZE, SHA1]}`` puts a file there, ``{"make_up": BUCKET}`` makes
the pages of a bucket, so that no client pays for that. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from math import ceil
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, unquote, unquote_plus

from entries import ACCOUNT, Json, bucket_entry, encoded, file_entry
from line import NearEnd
from made_up import made_up_bucket, made_up_file

from b2sdk.simulator.server.tls import provide_identity

BLOCK: Final = bytes(1 << 20)
HIGH_WATER: Final = 4 << 20
DIGEST_LENGTH: Final = 40
AT_END: Final = "hex_digits_at_end"
LONGEST_PAGE: Final = 10_000
SECONDS_PER_ENTRY: Final = 1e-4
"""What the real service takes for a page of a listing: a second for 10,000 entries."""
BUCKETS: Final = ("work", "small")
CAPABILITIES: Final = (
    "listBuckets",
    "listFiles",
    "readFiles",
    "shareFiles",
    "writeFiles",
    "deleteFiles",
    "readBuckets",
)


@dataclass
class Request:
    """A request. ``left`` is how much of its body is to come; of that of an upload, only the end is kept."""

    method: str
    target: str
    headers: dict[str, str]
    is_tls: bool
    left: int
    body: bytearray = field(default_factory=bytearray)

    @property
    def origin(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{self.headers['host']}"

    @property
    def path(self) -> list[str]:
        return self.target.partition("?")[0].split("/")[1:]

    @property
    def is_upload(self) -> bool:
        return "/b2_upload_" in self.target

    def fields(self) -> Json:
        if self.method == "POST":
            return dict(json.loads(self.body or b"{}"))
        query = self.target.partition("?")[2]
        return {name: values[-1] for name, values in parse_qs(query).items()}

    def content(self) -> tuple[int, str | None]:
        """Return size and SHA-1 of what was uploaded."""
        size, sha1 = int(self.headers["content-length"]), self.headers.get("x-bz-content-sha1")
        return (size - DIGEST_LENGTH, self.body.decode()) if sha1 == AT_END else (size, sha1)


@dataclass
class Answer:
    """What is sent, and how many zeros follow it."""

    body: bytes = b""
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    zeros: int = 0
    entries: int = 0
    """Of a listing."""

    @classmethod
    def json(cls, body: bytes, *, status: str = "200 OK", entries: int = 0) -> Answer:
        return cls(body, status, {"Content-Type": "application/json"}, entries=entries)


class Sink:
    """What was uploaded: names, sizes and digests; and what was called since it was asked last."""

    def __init__(self) -> None:
        self.connections = 0
        self.calls: Counter[str] = Counter()
        self.listed = 0
        self._buckets: dict[str, dict[str, Json]] = {}
        self._files: dict[str, Json] = {}
        self._minted = 0
        self._calls: dict[str, Callable[[Request], Json | Answer]] = {
            "b2_authorize_account": self._authorize,
            "b2_list_buckets": self._list_buckets,
            "b2_create_bucket": lambda request: bucket_entry(request.fields()["bucketName"]),
            "b2_get_upload_url": self._upload_url,
            "b2_get_upload_part_url": self._upload_url,
            "b2_upload_file": self._upload_file,
            "b2_upload_part": self._upload_part,
            "b2_start_large_file": self._start_large_file,
            "b2_finish_large_file": lambda request: self._settle(self._files[request.fields()["fileId"]]),
            "b2_list_unfinished_large_files": lambda _: {"files": [], "nextFileId": None},
            "b2_get_file_info": self._file,
            "b2_copy_file": self._copy_file,
            "b2_delete_file_version": self._delete,
            "b2_list_file_names": self._list_files,
            "b2_list_file_versions": self._list_files,
        }

    def obey(self, order: Json) -> Json:
        if "forget" in order:
            self._buckets.pop(order["forget"], None)
        if "keep" in order:
            bucket, name, size, sha1 = order["keep"]
            self._settle(file_entry(bucket, name, self._mint(), size, sha1, {}))
        if "make_up" in order:
            made_up_bucket(order["make_up"])
        tally = {"connections": self.connections, "calls": dict(self.calls), "listed": self.listed}
        if "tally" in order:
            self.connections = self.listed = 0
            self.calls.clear()
        return tally

    def answer(self, request: Request) -> Answer:
        path = request.path
        call = path[0] if path[0] == "file" else path[2]
        if path[0] == "file":
            self.calls["b2_download_file_by_name"] += 1
            return self._download(request, self._buckets[path[1]][unquote_plus("/".join(path[2:]))])
        self.calls[call] += 1
        if call == "b2_download_file_by_id":
            return self._download(request, self._file(request))
        answer = self._calls[call](request)
        if isinstance(answer, Answer):
            self.listed += max(1, ceil(answer.entries / 1000))
        return answer if isinstance(answer, Answer) else Answer.json(encoded(answer))

    def _mint(self) -> str:
        self._minted += 1
        return f"4_zsink_f{self._minted:012}"

    def _settle(self, entry: Json) -> Json:
        self._files[entry["fileId"]] = self._buckets.setdefault(entry["bucketId"], {})[entry["fileName"]] = entry
        return entry

    def _authorize(self, request: Request) -> Json:
        one = {"capabilities": CAPABILITIES, "bucketId": None, "bucketName": None, "namePrefix": None}
        several = {"capabilities": CAPABILITIES, "buckets": None, "namePrefix": None}
        urls = dict.fromkeys(("apiUrl", "downloadUrl", "s3ApiUrl"), request.origin)
        storage = {**urls, "absoluteMinimumPartSize": 5_000_000, "recommendedPartSize": 100_000_000}
        account = {"accountId": ACCOUNT, "authorizationToken": "4_token", "applicationKeyExpirationTimestamp": None}
        dialect = request.path[1]
        if dialect in ("v1", "v2"):
            return {**account, **storage, "minimumPartSize": 100_000_000, "allowed": one}
        scope = {"allowed": several} if dialect == "v4" else {**one, "infoType": "storageApi"}
        return {**account, "apiInfo": {"storageApi": {**storage, **scope}}}

    def _list_buckets(self, request: Request) -> Json:
        fields = request.fields()
        asked = fields.get("bucketName") or fields.get("bucketId")
        return {"buckets": [bucket_entry(name) for name in ([asked] if asked else BUCKETS)]}

    def _upload_url(self, request: Request) -> Json:
        fields = request.fields()
        target = fields.get("bucketId") or fields["fileId"]
        call = "b2_upload_file" if "bucketId" in fields else "b2_upload_part"
        owner = {"bucketId" if "bucketId" in fields else "fileId": target}
        url = f"{request.origin}/b2api/{request.path[1]}/{call}/{target}/{self._mint()}"
        return {**owner, "uploadUrl": url, "authorizationToken": self._mint()}

    def _upload_file(self, request: Request) -> Json:
        size, sha1 = request.content()
        prefix = "x-bz-info-"
        info = {
            name.removeprefix(prefix): unquote(value)
            for name, value in request.headers.items()
            if name.startswith(prefix)
        }
        name = unquote_plus(request.headers["x-bz-file-name"])
        return self._settle(file_entry(request.path[3], name, self._mint(), size, sha1, info))

    def _upload_part(self, request: Request) -> Json:
        size, sha1 = request.content()
        entry = self._files[request.path[3]]
        entry["contentLength"] = entry["size"] = entry["size"] + size
        part = int(request.headers["x-bz-part-number"])
        return {"fileId": request.path[3], "partNumber": part, "contentLength": size, "contentSha1": sha1}

    def _start_large_file(self, request: Request) -> Json:
        fields = request.fields()
        entry = file_entry(
            fields["bucketId"], fields["fileName"], self._mint(), 0, None, dict(fields.get("fileInfo") or {})
        )
        self._files[entry["fileId"]] = entry
        return entry

    def _file(self, request: Request) -> Json:
        file_id = request.fields()["fileId"]
        return self._files.get(file_id) or made_up_file(file_id)

    def _copy_file(self, request: Request) -> Json:
        fields = request.fields()
        source = self._files[fields["sourceFileId"]]
        bucket = fields.get("destinationBucketId") or source["bucketId"]
        return self._settle({**source, "fileId": self._mint(), "fileName": fields["fileName"], "bucketId": bucket})

    def _delete(self, request: Request) -> Json:
        fields = request.fields()
        entry = self._files.pop(fields["fileId"], None)
        if entry is not None and self._buckets[entry["bucketId"]].get(entry["fileName"]) is entry:
            del self._buckets[entry["bucketId"]][entry["fileName"]]
        return {"fileId": fields["fileId"], "fileName": fields["fileName"]}

    def _list_files(self, request: Request) -> Answer:
        fields = request.fields()
        bucket, start = fields["bucketId"], fields.get("startFileName") or ""
        count = min(int(fields.get("maxFileCount") or 100), LONGEST_PAGE)
        prefix = fields.get("prefix") or ""
        if made_up := made_up_bucket(bucket):
            body, entries = made_up.page(start, prefix, count)
            return Answer.json(body, entries=entries)
        kept = self._buckets.get(bucket, {})
        names = sorted(name for name in kept if name >= start and name.startswith(prefix))
        following = names[count] if len(names) > count else None
        files = [kept[name] for name in names[:count]]
        next_id = kept[following]["fileId"] if following else None
        page = {"files": files, "nextFileName": following, "nextFileId": next_id}
        return Answer.json(encoded(page), entries=len(files))

    def _download(self, request: Request, entry: Json) -> Answer:
        size = entry["size"]
        first, last = 0, size - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Type": entry["contentType"],
            "x-bz-content-sha1": entry["contentSha1"] or "none",
            "X-Bz-File-Id": entry["fileId"],
            "X-Bz-File-Name": quote(entry["fileName"]),
            "X-Bz-Upload-Timestamp": str(entry["uploadTimestamp"]),
        }
        headers |= {f"X-Bz-Info-{name}": quote(value) for name, value in entry["fileInfo"].items()}
        status = "200 OK"
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or last), last)
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
            status = "206 Partial Content"
        return Answer(b"", status, headers, last - first + 1)


class Conversation(asyncio.BufferedProtocol):
    """One connection: requests in, responses out, one after the other."""

    # What arrives is looked at before anything else is received, so one buffer serves all connections.
    _received = bytearray(len(BLOCK))
    _view = memoryview(_received)

    def __init__(self, sink: Sink, *, is_tls: bool, seconds_per_entry: float = 0) -> None:
        self._sink = sink
        self._is_tls = is_tls
        self._seconds_per_entry = seconds_per_entry
        self._head = bytearray()
        self._request: Request | None = None
        self._owed = 0
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # as this is a stream
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._sink.connections += 1

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        data = self._view[:nbytes]
        if self._request is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._request = self._parse(bytes(self._head[:end]).decode("latin-1"))
            data = memoryview(bytes(self._head[end + 4 :]))
            self._head.clear()
        self._take(self._request, data)

    def _parse(self, head: str) -> Request:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        if "expect" in headers:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(method, target, headers, self._is_tls, int(headers.get("content-length", 0)))

    def _take(self, request: Request, data: memoryview) -> None:
        request.left -= len(data)
        if request.is_upload:
            request.body += data[-DIGEST_LENGTH:]
            del request.body[:-DIGEST_LENGTH]
        else:
            request.body += data
        if request.left <= 0:
            self._request = None
            self._reply(request)

    def _reply(self, request: Request) -> None:
        try:
            answer = self._sink.answer(request)
        except KeyError as error:
            body = encoded({"status": 404, "code": "not_found", "message": f"nothing here: {error}"})
            answer = Answer.json(body, status="404 Not Found")
        if delay := answer.entries * self._seconds_per_entry:
            asyncio.get_running_loop().call_later(delay, self._send, request, answer)
        else:
            self._send(request, answer)

    def _send(self, request: Request, answer: Answer) -> None:
        length = len(answer.body) + answer.zeros
        lines = [f"HTTP/1.1 {answer.status}", f"Content-Length: {length}", f"Date: {date(int(time.time()))}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if request.method == "HEAD":
            self._transport.write(head)
            return
        if answer.zeros <= HIGH_WATER // 16:
            self._transport.write(head + answer.body + bytes(answer.zeros))
            return
        self._transport.write(head)
        self._owed = answer.zeros
        self._pay()

    def _pay(self) -> None:
        for _ in range(HIGH_WATER // len(BLOCK)):
            if not self._owed or self._is_paused or self._transport.is_closing():
                return
            size = min(self._owed, len(BLOCK))
            self._owed -= size
            self._transport.write(memoryview(BLOCK)[:size])
        # A lost connection does not pause the protocol; its loss is reported in the next turn of the loop.
        asyncio.get_running_loop().call_soon(self._pay)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._pay()

    def connection_lost(self, exc: Exception | None) -> None:
        self._owed = 0


@lru_cache(maxsize=1)
def date(seconds: int) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))


def ports(*servers: asyncio.Server) -> Iterator[int]:
    for server in servers:
        yield server.sockets[0].getsockname()[1]


async def serve(directory: Path, delay: float) -> None:
    loop, sink, host = asyncio.get_running_loop(), Sink(), "127.0.0.1"
    identity = provide_identity(directory, host)
    plain = await loop.create_server(partial(Conversation, sink, is_tls=False), host, 0, backlog=256)
    context = identity.context()
    behind_a_line = []
    for seconds in (0, SECONDS_PER_ENTRY):
        conversation = partial(Conversation, sink, is_tls=True, seconds_per_entry=seconds)
        behind_a_line.append(await loop.create_server(conversation, host, 0, ssl=context, backlog=256))
    near_port, tls_port, slow_port = ports(plain, *behind_a_line)
    lines = [
        await loop.create_server(partial(NearEnd, delay / 2, host, port), host, 0, backlog=256)
        for port in (tls_port, slow_port)
    ]
    doors = {"near": f"http://{host}:{near_port}", "tls": f"https://{host}:{tls_port}", "ca": str(identity.ca)}
    doors |= {door: f"https://{host}:{port}" for door, port in zip(("far", "slow"), ports(*lines), strict=True)}
    print(json.dumps(doors), flush=True)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        print(json.dumps(sink.obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2])))
