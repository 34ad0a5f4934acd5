from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.http import B2Http
from b2sdk.http.transport.connection import ONE_PIECE
from b2sdk.http.transport.pool import SEND_BLOCK_SIZE

if TYPE_CHECKING:
    from tests.http.conftest import ScriptedServer


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many bytes were given to the socket each time."""
    lengths: list[int] = []
    send = http.client.HTTPConnection.send

    def measured(connection: http.client.HTTPConnection, data: Any) -> None:
        lengths.append(len(data))
        send(connection, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", measured)
    return lengths


@pytest.mark.parametrize("body", [b"x" * 1000, io.BytesIO(b"x" * 1000)], ids=["bytes", "file"])
def test_a_small_request_goes_in_one_piece(server: ScriptedServer, client: B2Http, sent: list[int], body: Any) -> None:
    server.will_answer()
    client.request("POST", server.url, {}, data=body)
    assert server.received[0].body == b"x" * 1000
    assert sent == [len(server.received[0].head) + 4 + 1000]


def test_blocks_of_a_large_one_are_not_copied(server: ScriptedServer, client: B2Http, sent: list[int]) -> None:
    server.will_answer()
    content = bytes(range(256)) * 2048
    client.request("POST", server.url, {}, data=io.BytesIO(content))
    assert server.received[0].body == content
    assert sent[1:] == [SEND_BLOCK_SIZE, SEND_BLOCK_SIZE]
    assert sent[0] < ONE_PIECE


def test_what_does_not_fit_with_the_headers_follows_them(
    server: ScriptedServer, client: B2Http, sent: list[int]
) -> None:
    server.will_answer()
    client.request("POST", server.url, {}, data=b"x" * ONE_PIECE)
    assert server.received[0].body == b"x" * ONE_PIECE
    assert sent == [len(server.received[0].head) + 4, ONE_PIECE]


def test_a_body_that_fails_sends_nothing_and_the_next_request_is_whole(server: ScriptedServer, client: B2Http) -> None:
    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError("cannot be read")

    with pytest.raises(Exception, match="cannot be read"):
        client.request("POST", server.url, {}, data=Failing(b"content"), try_count=1)
    server.will_answer()
    client.request("POST", server.url, {}, data=b"content")
    assert [received.body for received in server.received] == [b"content"]
