from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from tests.transfer.conftest import failing

from b2sdk.transfer.writer_thread import WriterThread


def queue_blocks(writer: WriterThread, and_then: Callable[[], None] = lambda: None) -> None:
    with writer:
        for _ in range(5):
            writer.queue_write(0, b"abc")
        and_then()


def test_blocks_are_written_at_their_places() -> None:
    file = io.BytesIO()
    with WriterThread(file, 1) as writer:
        writer.queue_write(3, b"def")
        writer.queue_write(0, b"abc")
    assert (file.getvalue(), writer.total) == (b"abcdef", 6)
    assert not writer.is_alive()


def test_a_write_that_fails_is_raised_and_holds_nobody_up() -> None:
    file = io.BytesIO()
    file.close()
    writer = WriterThread(file, 1)
    with pytest.raises(ValueError, match="closed"):
        queue_blocks(writer)
    assert not writer.is_alive()
    assert writer.total == 0


def test_the_failure_of_who_queues_comes_first() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(ZeroDivisionError):
        queue_blocks(WriterThread(file, 1), failing)
