"""How a part gets to the cloud when a bucket's ``upload_part`` is called.

That method, which tests override, does not receive the URL to which a part was sent, nor that it was copied. Its caller
leaves the call that sends the part here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Send = Callable[..., Any]
"""Takes what the endpoint ``upload_part`` takes after URL and token."""

_SENDER: ContextVar[Send | None] = ContextVar("sender", default=None)


def current_sender() -> Send | None:
    """Return the call by which parts go to the cloud now; ``None`` when nobody left word."""
    return _SENDER.get()


@contextmanager
def parts_sent_by(send: Send) -> Iterator[None]:
    """Let parts that are uploaded meanwhile, by this thread, go to the cloud by this call."""
    token = _SENDER.set(send)
    try:
        yield
    finally:
        _SENDER.reset(token)
