"""What an account is billed for, counted: transactions by class, and bytes of content::

    with api.counting() as counted:
        bucket.upload_bytes(b"content", "file.txt")
    print(counted.costs.class_c, counted.costs.bytes_up)

What belongs here is how requests are counted, and for whom. The class of each call is data in
:mod:`b2sdk.protocol_constants`; prices, which change, are nowhere.
"""

from __future__ import annotations

import contextlib
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal, ParamSpec, TypeAlias, TypeVar

from b2sdk.exception import B2Error, Cancelled
from b2sdk.fork import PerProcess, new_lock
from b2sdk.lazy_page import Entries
from b2sdk.protocol_constants import (
    ENTRIES_OF_PAGE,
    ENTRIES_PER_TRANSACTION,
    HEX_DIGITS_AT_END,
    TRANSACTION_CLASS,
)

_P = ParamSpec("_P")
_R = TypeVar("_R")

_OF_UPLOADS: Final = "X-Bz-Content-Sha1"
"""A header that all uploads have, and no other requests."""
_COPIES: Final = ("b2_copy_file", "b2_copy_part")
_Entry: TypeAlias = tuple[str, int, int, int, int, int]
"""An endpoint, and what is added to its transactions, and to the other numbers of :class:`Costs`."""
_MOST_ENTRIES: Final = 256
_SHA1_DIGITS: Final = 40
_ENDPOINT_OF_METHOD: Final = {
    "get_file_info_by_id": "b2_get_file_info",
    "get_file_info_by_name": "b2_download_file_by_name",
}


@dataclass(frozen=True)
class Costs:
    """What was requested, as the service counts it for its bills. Two of them can be added, and subtracted.

    Each request to which the service responded is a transaction, an attempt that it rejected too; a page of a listing
    with more than 1,000 entries is one for each started thousand. Bytes are those of the content of files.
    """

    transactions: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Transactions of each endpoint, by its name, such as ``b2_upload_file``; those without are left out. What is
    requested by HEAD is ``b2_download_file_by_name``."""
    failed: int = 0
    """How many of the transactions are requests that the service responded to with an error."""
    bytes_up: int = 0
    """Sent in uploads, also in those that failed."""
    bytes_down: int = 0
    """Received in downloads."""
    bytes_copied: int = 0
    """Copied within the service."""

    @property
    def class_a(self) -> int:
        """Transactions of class A, which are free: uploads, deletions."""
        return self._of_class("A")

    @property
    def class_b(self) -> int:
        """Transactions of class B: downloads, and descriptions of files."""
        return self._of_class("B")

    @property
    def class_c(self) -> int:
        """Transactions of class C: listings, copies, and most calls about buckets and keys."""
        return self._of_class("C")

    def _of_class(self, wanted: Literal["A", "B", "C"]) -> int:
        return sum(count for name, count in self.transactions.items() if TRANSACTION_CLASS.get(name) == wanted)

    def __add__(self, other: Costs) -> Costs:
        return self._combine(other, 1)

    def __sub__(self, other: Costs) -> Costs:
        return self._combine(other, -1)

    def since(self, before: Costs) -> Costs:
        """Return what has been added to what was counted ``before``."""
        return self - before

    def _combine(self, other: Costs, sign: int) -> Costs:
        names = sorted({*self.transactions, *other.transactions})
        counts = {name: self.transactions.get(name, 0) + sign * other.transactions.get(name, 0) for name in names}
        return Costs(
            {name: count for name, count in counts.items() if count},
            self.failed + sign * other.failed,
            self.bytes_up + sign * other.bytes_up,
            self.bytes_down + sign * other.bytes_down,
            self.bytes_copied + sign * other.bytes_copied,
        )


def transactions_of_page(entries: int) -> int:
    """Return how many transactions a page of a listing with so many entries is."""
    return max(1, -(-entries // ENTRIES_PER_TRANSACTION))


class Meter:
    """Counts requests; may be used by any number of threads.

    What is counted is appended to a queue, which takes no lock, and summed up when there is much of it, or when the sum
    is wanted.
    """

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque()
        self._lock = PerProcess(new_lock)
        self._sum = Costs()

    @property
    def costs(self) -> Costs:
        """What has been counted so far."""
        with self._lock():
            entries = [self._entries.popleft() for _ in range(len(self._entries))]
            self._sum += _sum_of(entries)
            return self._sum

    def take(self, entry: _Entry) -> None:
        """Count."""
        self._entries.append(entry)
        if len(self._entries) > _MOST_ENTRIES:
            _ = self.costs

    def add(self, costs: Costs) -> None:
        """Count what is expected, or was counted elsewhere."""
        for endpoint, count in costs.transactions.items():
            self.take((endpoint, count, 0, 0, 0, 0))
        self.take(("", 0, costs.failed, costs.bytes_up, costs.bytes_down, costs.bytes_copied))


class Counting(Meter):
    """What is counted in a block, while and after it is."""

    def __init__(self, client: ClientMeter | None) -> None:
        super().__init__()
        self._client = client

    def covers(self, client: ClientMeter) -> bool:
        """Whether what a client requests in the block is counted."""
        return self._client is None or self._client is client


_blocks: ContextVar[tuple[Counting, ...]] = ContextVar("b2sdk-counting", default=())


@contextlib.contextmanager
def counting(client: ClientMeter | None = None) -> Iterator[Counting]:
    """Count what is requested in the block, in its threads and tasks too; blocks may be nested.

    :param client: the only client whose requests are counted; ``None`` counts those of all.
    """
    block = Counting(client)
    token = _blocks.set((*_blocks.get(), block))
    try:
        yield block
    finally:
        _blocks.reset(token)


class ClientMeter(Meter):
    """Counts the requests of one client, and for the blocks in which they are made."""

    def _add(
        self, endpoint: str, transactions: int, failed: int = 0, up: int = 0, down: int = 0, copied: int = 0
    ) -> None:
        self._take_also((endpoint, transactions, failed, up, down, copied))

    def _take_also(self, entry: _Entry) -> None:
        # As `take`, without its call: this is a part of each request.
        self._entries.append(entry)
        if len(self._entries) > _MOST_ENTRIES:
            _ = self.costs
        for block in _blocks.get():
            if block.covers(self):
                block.take(entry)

    def add_success(self, url: str, headers: Mapping[str, str]) -> None:
        """Count a request that has succeeded."""
        sent = _length_of_content(headers) if _OF_UPLOADS in headers else 0
        self._take_also((endpoint_of(url, headers), 1, 0, sent, 0, 0))

    def add_failure(self, url: str, headers: Mapping[str, str], body: object, failure: BaseException) -> None:
        """Count a request that has failed.

        :param body: what was sent, perhaps not all of it.
        :param failure: an error of this package if there was a response.
        """
        answered = int(isinstance(failure, B2Error) and not isinstance(failure, Cancelled))
        sent = _content_sent(headers, body) if _OF_UPLOADS in headers else 0
        self._take_also((endpoint_of(url, headers), answered, answered, sent, 0, 0))

    def add_response(self, url: str, response: Any) -> None:
        """Count what a response to a call says beyond that there was one: entries of a page, bytes of a copy.

        It has not been checked yet; one that makes no sense says nothing.
        """
        endpoint = url[url.rfind("/") + 1 :]
        if not isinstance(response, dict):
            return
        if endpoint in _COPIES:
            self._add(endpoint, 0, copied=_number(response.get("contentLength")))
        elif endpoint in ENTRIES_OF_PAGE:
            entries = response.get(ENTRIES_OF_PAGE[endpoint])
            count = entries.about() if isinstance(entries, Entries) else _length(entries)
            if further := transactions_of_page(count) - 1:
                self._add(endpoint, further)

    def add_received(self, count: int) -> None:
        """Count content that was received."""
        if count:
            self._add("", 0, down=count)

    def counted(self, call: Callable[_P, _R], name: str) -> Callable[_P, _R]:
        """Return a method of a raw API that sends nothing, so that its calls are counted as requests."""

        def perform(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            is_by_url = name == "download_file_from_url"
            endpoint = endpoint_of(str(args[1]), {}) if is_by_url else _ENDPOINT_OF_METHOD.get(name, f"b2_{name}")
            bodies = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, io.IOBase)]
            try:
                response = call(*args, **kwargs)
            except B2Error:
                self._add(endpoint, 1, 1, sum(body.tell() for body in bodies))
                raise
            self._add(endpoint, 1, 0, sum(body.tell() for body in bodies))
            self.add_response(endpoint, response)
            return response

        return perform


def _sum_of(entries: Iterable[_Entry]) -> Costs:
    counts: dict[str, int] = {}
    failures = sent = received = copies = 0
    for endpoint, transactions, failed, up, down, copied in entries:
        if transactions:
            counts[endpoint] = counts.get(endpoint, 0) + transactions
        failures += failed
        sent += up
        received += down
        copies += copied
    return Costs(counts, failures, sent, received, copies)


def endpoint_of(url: str, headers: Mapping[str, str]) -> str:
    """Return the name of the endpoint that a request is for."""
    if _OF_UPLOADS in headers:
        return "b2_upload_part" if "X-Bz-Part-Number" in headers else "b2_upload_file"
    before, _, rest = url.partition("/b2api/")
    if rest and "/file/" not in before:
        name = rest.split("/", 2)[1]
        return name if name in TRANSACTION_CLASS else name.partition("?")[0]
    return "b2_download_file_by_name"


def _length_of_content(headers: Mapping[str, str]) -> int:
    """Return how many bytes of content an upload has, without the SHA-1 behind them."""
    length = int(headers.get("Content-Length", 0))
    return length - _SHA1_DIGITS if headers[_OF_UPLOADS] == HEX_DIGITS_AT_END else length


def _content_sent(headers: Mapping[str, str], body: object) -> int:
    length = _length_of_content(headers)
    if hasattr(body, "tell"):
        with contextlib.suppress(OSError, ValueError):  # a program's own stream may be closed, or be a pipe
            sent: int = body.tell()
            return min(length, sent)
    return length


def _number(value: object) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0
