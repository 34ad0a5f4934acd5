"""Ranges of stored files in an event loop, from responses that say and send whatever a test wants."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Mapping
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given, strategies as st
from tests.aio.conftest import blocks_of

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.aio.ranges import RangeStream, _Decoder, decoded, url_of_version
from b2sdk.aio.session import AsyncSession
from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    BadRequest,
    InvalidRange,
    TruncatedOutput,
    UnexpectedCloudBehaviour,
    UnknownError,
)
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.transfer.range_stream import MAX_ATTEMPTS, MAX_OTHER_RANGES, StoredFile
from b2sdk.values.byte_range import Range

CONTENT: Final = random.Random(5).randbytes(1000)
URL: Final = "https://f000.example/file/bucket/name?Authorization=secret"
WANTED: Final = Range(100, 299)
STORED: Final = StoredFile("id", len(CONTENT), "")
ENCODINGS: Final = {"gzip": 31, "zlib": 15, "raw": -15}
"""How bodies are encoded, and what zlib has for it."""


class Sent:
    """A response."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, failure: B2Error | None = None) -> None:
        self.status_code = status
        self.headers = {"x-bz-file-id": "id", **headers}
        self.request: Any = SimpleNamespace(url=URL, headers={})
        self.is_closed = False
        self._body = body
        self._failure = failure

    async def take(self, size: int, /) -> bytes:
        block, self._body = self._body[:size], self._body[size:]
        if not block and self._failure is not None:
            raise self._failure
        return block

    def close(self) -> None:
        self.is_closed = True


def part(
    range_: Range,
    count: int | None = None,
    failure: B2Error | None = None,
    headers: Mapping[str, str] | None = None,
) -> Sent:
    """Return a response with a range, of whose body only some bytes may come."""
    served = CONTENT[range_.start : range_.end + 1]
    about = {
        "Content-Range": f"bytes {range_.start}-{range_.end}/{len(CONTENT)}",
        "Content-Length": str(len(served)),
        **(headers or {}),
    }
    return Sent(206, about, served[:count], failure)


class Session:
    """Sends what was prepared, and keeps what was requested."""

    def __init__(self, *responses: Sent) -> None:
        self.responses = list(responses)
        self.sent: list[Sent] = []
        self.requested: list[tuple[int, int] | None] = []
        self.pauses = 0

    async def download(self, url: str, range_: tuple[int, int] | None, _encryption: object) -> Sent:
        assert url == URL
        self.requested.append(range_)
        self.sent.append(self.responses.pop(0))
        return self.sent[-1]

    async def pause_before_retry(self, _method: str, _call: str, attempt: int, attempts: int, *_: object) -> bool:
        self.pauses += 1
        return attempt < attempts


def client_of(session: Any, *, decode_content: bool = False) -> Any:
    return SimpleNamespace(session=session, api_config=B2HttpApiConfig(decode_content=decode_content))


async def received(session: Session, range_: Range = WANTED, first: Sent | None = None, **choices: Any) -> list[bytes]:
    stream = RangeStream(client_of(session), URL, range_, STORED, None, first, **choices)
    blocks = await blocks_of(stream, 64)
    assert await stream.take(64) == b""
    assert all(response.is_closed for response in [*session.sent, first] if response is not None)
    return blocks


async def test_a_range_is_requested_and_comes_in_blocks() -> None:
    session = Session(part(WANTED))
    assert [len(block) for block in await received(session)] == [64, 64, 64, 8]
    assert session.requested == [(100, 299)]


async def test_the_first_response_is_used() -> None:
    session = Session()
    assert b"".join(await received(session, first=part(WANTED))) == CONTENT[100:300]


async def test_a_first_response_that_is_longer_is_read_to_the_end_of_the_range() -> None:
    blocks = await received(Session(), first=part(Range(100, 999)), first_goes_on=True)
    assert b"".join(blocks) == CONTENT[100:300]


async def test_more_than_was_announced_is_refused() -> None:
    for is_first in (False, True):
        longer = part(Range(100, 309), headers={"Content-Range": "bytes 100-299/1000"})
        del longer.headers["Content-Length"]
        session, first = (Session(), longer) if is_first else (Session(longer), None)
        with pytest.raises(UnexpectedCloudBehaviour, match="more than the 200 bytes came"):
            await received(session, first=first)
        assert longer.is_closed


@pytest.mark.parametrize("failure", [None, B2ConnectionError("broken")])
async def test_the_rest_of_a_body_that_broke_is_requested(failure: B2Error | None) -> None:
    session = Session(part(WANTED, 150, failure), part(Range(250, 299), 49), part(Range(299, 299)))
    assert b"".join(await received(session)) == CONTENT[100:300]
    assert session.requested == [(100, 299), (250, 299), (299, 299)]
    assert session.pauses == 0


async def test_an_error_that_will_come_again_is_raised_at_once() -> None:
    session = Session(part(WANTED, 150, BadRequest("no", "bad_request")))
    with pytest.raises(BadRequest):
        await received(session)
    assert session.sent[0].is_closed
    assert len(session.requested) == 1


@pytest.mark.parametrize(("failure", "raised"), [(None, TruncatedOutput), (B2ConnectionError("no"), B2ConnectionError)])
async def test_bodies_that_keep_breaking_are_given_up(failure: B2Error | None, raised: type[B2Error]) -> None:
    session = Session(*(part(Range(100 + number, 299), 1, failure) for number in range(MAX_ATTEMPTS)))
    with pytest.raises(raised):
        await received(session)
    assert len(session.requested) == MAX_ATTEMPTS
    assert all(response.is_closed for response in session.sent)


async def test_another_range_is_requested_again_after_a_wait() -> None:
    session = Session(part(Range(0, 199)), part(WANTED))
    assert b"".join(await received(session)) == CONTENT[100:300]
    assert session.pauses == 1


async def test_a_service_that_keeps_sending_another_range_is_given_up() -> None:
    session = Session(*(part(Range(0, 199)) for _ in range(MAX_OTHER_RANGES)))
    with pytest.raises(InvalidRange):
        await received(session)
    assert all(response.is_closed for response in session.sent)
    assert session.pauses == MAX_OTHER_RANGES


async def test_another_version_is_refused_and_its_response_closed() -> None:
    session = Session(part(WANTED, headers={"x-bz-file-id": "other"}))
    with pytest.raises(UnexpectedCloudBehaviour, match="replaced by another version"):
        await received(session)
    assert session.sent[0].is_closed


async def test_who_stops_reading_closes_the_response() -> None:
    session = Session(part(WANTED))
    stream = RangeStream(client_of(session), URL, WANTED, STORED, None)
    assert await stream.take(64) == CONTENT[100:164]
    stream.close()
    assert session.sent[0].is_closed


async def test_a_version_is_downloaded_by_its_id() -> None:
    info = InMemoryAccountInfo()
    session = AsyncSession(info)
    info.set_auth_data(
        account_id="account",
        auth_token="token",
        api_url="https://api.example",
        download_url="https://f000.example",
        recommended_part_size=100_000_000,
        absolute_minimum_part_size=5_000_000,
        application_key="key",
        realm="production",
        s3_api_url="https://s3.example",
        allowed=None,
        application_key_id="key id",
    )
    assert (await url_of_version(session, "4_z")).endswith("b2_download_file_by_id?fileId=4_z")
    await session.close()


# --- what was encoded on its way ---


def encode(content: bytes, kind: str, level: int = -1) -> bytes:
    encoder = zlib.compressobj(level, wbits=ENCODINGS[kind])
    return encoder.compress(content) + encoder.flush()


def packed(body: bytes, encoding: str = "gzip") -> Sent:
    return Sent(200, {"Content-Encoding": encoding, "Transfer-Encoding": "chunked"}, body)


@pytest.mark.parametrize("kind", ENCODINGS)
@pytest.mark.parametrize("size", [1, 64, 1000])
async def test_a_whole_file_that_was_encoded_is_decoded(kind: str, size: int) -> None:
    session: Any = AsyncSession()
    response = packed(encode(CONTENT, kind), "gzip" if kind == "gzip" else "deflate")
    blocks = await blocks_of(decoded(client_of(session), response), size)
    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) <= size
    await session.close()


async def test_what_the_client_decodes_is_left_to_it() -> None:
    response = packed(b"")
    assert decoded(client_of(Session(), decode_content=True), response) is response


async def test_an_encoding_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="not stored with: 'br'"):
        decoded(client_of(Session()), packed(b"", "br"))


async def test_closing_what_is_decoded_closes_the_response() -> None:
    response = packed(b"")
    decoded(client_of(Session()), response).close()
    assert response.is_closed


def decode(encoded: bytes, cuts: list[int], size: int) -> bytes:
    decoder, content = _Decoder(), b""
    places = sorted({0, len(encoded), *(cut % (len(encoded) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        decoder.add(encoded[start:end])
        while block := decoder.next(size):
            assert len(block) <= size
            content += block
    return content


CONTENTS = st.binary(max_size=300) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=3), st.integers(1, 2000))


@given(
    content=CONTENTS,
    kind=st.sampled_from(sorted(ENCODINGS)),
    level=st.integers(0, 9),
    cuts=st.lists(st.integers(0, 5000), max_size=8) | st.just([1]),
    size=st.integers(1, 700),
)
def test_content_is_decoded_however_it_is_cut(
    content: bytes, kind: str, level: int, cuts: list[int], size: int
) -> None:
    assert decode(encode(content, kind, level), cuts, size) == content


def test_one_piece_of_gzip_may_follow_another() -> None:
    assert decode(gzip.compress(b"one, ") + gzip.compress(b"two"), [3, 30], 2) == b"one, two"


@pytest.mark.parametrize("encoded", [b"no such thing", b"\x1fno", encode(CONTENT, "gzip")[:-8] + b"\0" * 8])
def test_what_is_not_what_it_was_said_to_be_is_an_error(encoded: bytes) -> None:
    with pytest.raises(UnknownError):
        decode(encoded, [1], 100)
