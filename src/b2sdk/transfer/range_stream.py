"""A range of a stored file, received whatever breaks on the way, and nothing else: not another range, nor another file.

What belongs here is what a response to a download has to say of itself before a byte of it is used, and how often what
is missing is requested again. It must not know where the bytes go.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from b2sdk import cancellation
from b2sdk.attempts import Attempts
from b2sdk.exception import B2Error, InvalidRange, TruncatedOutput, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion
from b2sdk.interfaces import DownloadResponse, ResponseHead
from b2sdk.lazy import LazyModule, requests_exception
from b2sdk.session import B2Session
from b2sdk.session_state import SessionState
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

if TYPE_CHECKING:
    from b2sdk.http import errors, exchange
else:
    errors, exchange = LazyModule("b2sdk.http.errors"), LazyModule("b2sdk.http.exchange")

logger: logging.Logger = logging.getLogger(__name__)

BLOCK_SIZE: Final = 1024 * 1024
"""Bytes that are taken from a response at a time, if no size is given."""
SMALLEST_BLOCK_SIZE: Final = 8192
MAX_ATTEMPTS: Final = 15
"""How often a stream may break, the first one included, before the download is given up."""
MAX_OTHER_RANGES: Final = 5
"""How often a response may be another range than was requested, if the policy does not say."""

OK: Final = 200
PARTIAL_CONTENT: Final = 206


class StoredFile(NamedTuple):
    """What every response has to agree with that is to be a part of the same file."""

    id_: str
    size: int | None = None
    """``None`` where it is not known, and not looked at."""
    encoding: str | None = None
    """Its ``Content-Encoding``, which is empty for most files; ``None`` as above."""

    @classmethod
    def of(cls, version: DownloadVersion) -> StoredFile:
        return cls(
            version.id_, version.size, _normalize_encoding(version.content_encoding) if version.content_encoding else ""
        )


class RequestedRange:
    """A range of a stored file, and what is decided about receiving it; nothing is sent or read here."""

    def __init__(self, url: str, range_: Range, stored: StoredFile) -> None:
        self._url = url
        self._range = range_
        self._stored = stored
        self.length: int = range_.size()

    def _rest(self, received: int) -> Range:
        return self._range.subrange(received, self.length - 1)

    def _check(self, response: ResponseHead, asked: Range) -> bool:
        """Compare a response with what was requested, and return whether its body has to be decoded."""
        if response.headers.get("x-bz-file-id") != self._stored.id_:
            raise UnexpectedCloudBehaviour("the file was replaced by another version while it was downloaded")
        is_all = asked == Range(0, asked.end) and asked.size() == self._stored.size
        if is_all and response.status_code == OK:
            return check_whole(response, self._stored)
        check_range(response, asked, self._stored)
        return False

    def _log_break(self, received: int, attempt: int, attempts: int, error: Exception | None) -> None:
        if attempt < attempts:
            logger.info(
                "the body of GET %s (file %s, bytes %d to %d) broke after %d bytes, asking for the rest at once, "
                "attempt %d of %d: %s",
                _without_query(self._url),
                self._stored.id_,
                *self._range.as_tuple(),
                received,
                attempt + 1,
                attempts,
                error or "it ended early",
            )


class RangeStream(RequestedRange):
    """A range of a stored file, which can be requested again from any place."""

    def __init__(
        self,
        session: B2Session,
        url: str,
        range_: Range,
        stored: StoredFile,
        encryption: EncryptionSetting | None,
        first_response: DownloadResponse | None = None,
        *,
        first_goes_on: bool = False,
    ) -> None:
        """``first_response`` begins where the range does; it may continue after its end if ``first_goes_on``."""
        super().__init__(url, range_, stored)
        self._session = session
        self._encryption = encryption
        self._first_response = first_response
        self._first_goes_on = first_goes_on

    def blocks(self, chunk_size: int = BLOCK_SIZE, attempts: int = MAX_ATTEMPTS) -> Generator[bytes, None, None]:
        """Yield the range, all of it, requesting again what is missing.

        Raises what broke the last attempt, or why there was no response to another.

        :raises B2ConnectionError: the bodies broke.
        :raises TruncatedOutput: the bodies ended early, without an error.
        :raises InvalidRange: the service keeps sending another range.
        :raises UnexpectedCloudBehaviour: the response is about another version by now, or more came than was announced.
        """
        received = counted = 0
        for attempt in range(1, attempts + 1):
            # Where no response comes, the client has been as patient as its policy says.
            goes_on = self._first_goes_on and self._first_response is not None
            response = self._open(received)
            error: B2Error | None = None
            try:
                for block in _body(response, self.length - received, size_of_blocks(chunk_size, attempt), goes_on):
                    received += len(block)
                    yield block
            except requests_exception() as broken:
                error = errors.translate(broken)
                if attempt == attempts:
                    raise error from broken
            except B2Error as broken:
                if attempt == attempts or not broken.should_retry_http():
                    raise
                error = broken
            finally:
                response.close()
                self._session.meter.add_received(received - counted)
                counted = received
            if received >= self.length:
                return
            self._log_break(received, attempt, attempts, error)
        raise TruncatedOutput(received, self.length)

    def _open(self, received: int) -> DownloadResponse:
        """Return a response whose body begins after the bytes that were received."""
        first, self._first_response = self._first_response, None
        if first is not None:
            return first
        rest = self._rest(received)
        response: DownloadResponse
        range_, attempts = rest.as_tuple(), RangeRequests(self._session, self._url)
        while True:
            with (
                attempts,
                self._session.download_file_from_url(self._url, range_=range_, encryption=self._encryption) as response,
            ):
                attempts.response = response
                if self._check(response, rest):
                    let_decode(response)
                return response


class RangeRequests(Attempts):
    """Attempts to get a file, or a range of it, each of which the block compares with what was requested.

    What stands between client and service (a cache, a proxy) may respond with something else for once; such a response
    is closed unread, and the request is sent again as the retry policy says.
    """

    response: ResponseHead | None = None
    """What the block has got; it is closed if the block fails."""

    def __init__(self, session: SessionState, url: str) -> None:
        self._session = session
        self._url = url
        self._start = time.monotonic()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        response, self.response = self.response, None
        if exc_val is not None and response is not None:
            response.close()
        return super().__exit__(exc_type, exc_val, exc_tb)

    async def recover(self, failure: Exception) -> Exception | None:
        if not isinstance(failure, InvalidRange):
            return failure
        failure.attempts = self.number
        url = _without_query(self._url)
        is_repeated = await self._session.pause_before_retry(
            "GET", url, self.number, MAX_OTHER_RANGES, failure, self._start
        )
        return None if is_repeated else failure


def check_range(response: ResponseHead, asked: Range, stored: StoredFile) -> None:
    """Compare what a response says of itself with the range that was requested.

    A response with status 206 that does not name its range is taken at its word, if it has the length.

    :raises InvalidRange: it is another range; one that only ends with the file is not worth another request.
    """
    headers = response.headers
    try:
        length = _length(headers)
        served, total = _content_range(headers)
    except (ValueError, TypeError, AssertionError):
        raise _other_range(response, asked) from None
    if served is not None:
        is_it = served == asked and (stored.size is None or total in (None, stored.size))
    elif response.status_code == PARTIAL_CONTENT:
        is_it = length is not None
    else:
        # The whole file, which the service does not call a range, even where it was requested as one.
        is_it = asked.start == 0 and asked.size() in (length, stored.size)
    encoding = encoding_of(headers)
    # Nothing says whether a file is stored so that comes encoded and without its length, as from a CDN.
    is_encoded_alike = encoding == stored.encoding or (stored.encoding is None and not (encoding and length is None))
    if is_it and is_encoded_alike and length in (None, asked.size()):
        return
    ends_with_the_file = served is not None and total is not None and served.end + 1 >= total
    if served is not None and served.start == asked.start and ends_with_the_file and served.end < asked.end:
        raise InvalidRange(served.size() if length is None else length, asked.as_tuple())
    raise _other_range(response, asked)


def check_whole(response: ResponseHead, stored: StoredFile) -> bool:
    """Compare what a response says of itself with the whole file, which may be called a range of all its bytes.

    :return: whether the content was encoded on its way, and has to be decoded.
    :raises InvalidRange: it is a part of the file.
    :raises UnexpectedCloudBehaviour: what is stored cannot be had from what came.
    """
    headers = response.headers
    whole = Range(0, max(stored.size or 0, 1) - 1)
    if "Content-Range" in headers:
        check_range(response, whole, stored)
        return False
    is_partial = response.status_code == PARTIAL_CONTENT
    has_other_length = encoding_of(headers) == stored.encoding and _length(headers) not in (None, stored.size)
    if is_partial or has_other_length:
        raise _other_range(response, whole)
    encoding = encoding_of(headers)
    if stored.size is None or encoding == stored.encoding:
        return False
    if stored.encoding:
        raise UnexpectedCloudBehaviour(
            f"a file that is stored with encoding {stored.encoding!r} came with {encoding!r}"
        )
    return True


def let_decode(response: DownloadResponse) -> None:
    """Let a body be decoded that was encoded on its way, as :func:`check_whole` says.

    :raises UnexpectedCloudBehaviour: nothing here knows the encoding.
    """
    exchange.let_decode(cast("Any", response))  # what comes encoded is a response of requests


def encoding_of(headers: Mapping[str, Any]) -> str:
    """Return the ``Content-Encoding``; nothing where a body comes as it is."""
    return _normalize_encoding(headers.get("Content-Encoding"))


def _normalize_encoding(encoding: str | None) -> str:
    return "" if encoding is None or encoding.lower() == "identity" else encoding


def _length(headers: Mapping[str, Any]) -> int | None:
    length = headers.get("Content-Length")
    return None if length is None else int(length)


def _content_range(headers: Mapping[str, Any]) -> tuple[Range | None, int | None]:
    value = headers.get("Content-Range")
    return (None, None) if value is None else Range.from_header_with_size(value)


def _other_range(response: ResponseHead, asked: Range) -> InvalidRange:
    headers = response.headers
    what = headers.get("Content-Range") or f"{headers.get('Content-Length', 'an unknown number of')} bytes"
    encoding = f", {encoding_of(headers)}" if encoding_of(headers) else ""
    served = f"{what} with status {response.status_code}{encoding}"
    length = str(headers.get("Content-Length"))
    return InvalidRange(int(length) if length.isdecimal() and len(length) < 20 else 0, asked.as_tuple(), served=served)


def _body(response: DownloadResponse, wanted: int, chunk_size: int, goes_on: bool) -> Iterator[bytes]:
    """Yield the body up to ``wanted`` bytes; after these there may be more if it ``goes_on``."""
    left = wanted
    for block in response.iter_content(chunk_size):
        cancellation.check()  # a response of the plain transport, or of a session of the program, is not cancelled
        if len(block) > left:
            block = cut_last(block, left, wanted, goes_on)  # noqa: PLW2901  # the rest belongs to another stream
        left -= len(block)
        yield block
        if not left and is_over(response, wanted, goes_on):
            return


def cut_last(block: bytes, left: int, wanted: int, goes_on: bool) -> bytes:
    """Return what is ``left`` of a range in a block that is longer.

    :raises UnexpectedCloudBehaviour: the body was not to go on after the ``wanted`` bytes.
    """
    if not goes_on:
        raise UnexpectedCloudBehaviour(f"more than the {wanted} bytes came that were announced")
    return block[:left]


def is_over(response: ResponseHead, wanted: int, goes_on: bool) -> bool:
    """Whether nothing more is read after the ``wanted`` bytes.

    Other bodies end by themselves, or come with more than there should be.
    """
    return goes_on or response.headers.get("Content-Length") == str(wanted)


def size_of_blocks(chunk_size: int, attempt: int) -> int:
    """Return how many bytes are taken at a time: what arrived of the block in which a stream breaks is lost, so that
    the blocks of one that broke are smaller.
    """
    return max(chunk_size >> (attempt - 1), min(chunk_size, SMALLEST_BLOCK_SIZE))


def _without_query(url: str) -> str:
    return url.partition("?")[0]
