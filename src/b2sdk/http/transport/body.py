"""Bodies of responses: each block is returned as it arrives, and waiting for one can be cancelled.

requests lets urllib3 decode each body, even if it is not encoded: that waits for full blocks, and drops an incomplete
one when a connection breaks. Also, a thread that works for a transfer cannot be interrupted while it waits for one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

import requests
from requests.exceptions import ChunkedEncodingError, SSLError
from urllib3 import HTTPResponse, exceptions

from b2sdk import cancellation
from b2sdk.cancellation import Cancellation
from b2sdk.http.transport.connection import ReceivedResponse, shut_down


class Streamed(requests.Response):
    """A response of an adapter of ours."""

    _content_consumed: bool

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """Yield the body, decoded only if urllib3's headers name an encoding; raises what requests raises."""
        raw = self.raw
        is_as_it_comes = (
            type(chunk_size) is int
            and not decode_unicode
            and not self._content_consumed
            and type(raw) in (ReceivedResponse, HTTPResponse)
            and "content-encoding" not in raw.headers
        )
        blocks = self._blocks(chunk_size) if is_as_it_comes else super().iter_content(chunk_size, decode_unicode)
        work = cancellation.current()
        return blocks if work is None else self._given_up(blocks, work)

    def _blocks(self, chunk_size: int | None) -> Generator[bytes, None, None]:
        try:
            yield from self.raw.stream(chunk_size, decode_content=False)
        except exceptions.ProtocolError as error:
            raise ChunkedEncodingError(error) from error
        except exceptions.ReadTimeoutError as error:
            raise requests.ConnectionError(error) from error
        except exceptions.SSLError as error:
            raise SSLError(error) from error
        self._content_consumed = True

    def _given_up(self, blocks: Iterator[Any], work: Cancellation) -> Generator[Any, None, None]:
        """Yield the blocks until the work is cancelled."""
        # Read before a block is: with the last one, the connection may belong to another request.
        wake = partial(shut_down, getattr(getattr(self.raw, "connection", None), "answering", None))
        while True:
            # Not while the caller processes the block: the connection may be returned to the pool by then.
            try:
                work.add(self, wake)
                block = next(blocks, None)
            except Exception:
                self.close()
                work.check()
                raise
            finally:
                work.remove(self)
            if block is None:
                return
            yield block
