"""A request's token, which nothing shows, with whichever version of requests."""

from __future__ import annotations

import http.client
import io
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.http.conftest import ScriptedServer

from b2sdk.exception import B2ConnectionError, B2Error
from b2sdk.http import B2Http, B2HttpApiConfig
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

SECRET = "4_0b2_secret"
UNSENDABLE = [
    f"{SECRET}\n",
    f"{SECRET}\r\n",
    f"{SECRET}\r\nX-More: yes",
    f"{SECRET}\nmore",
    f"\n{SECRET}",
    f"{SECRET}€",
]
"""Versions of requests differ in which of these they refuse; what they let pass, `http.client` refuses."""
ODD = [*UNSENDABLE, f" {SECRET}", f"\t{SECRET}", f"{SECRET}\x00", f"{SECRET} \x7f", f"@{SECRET}"]


class OwnSession(requests.Session):
    """A session that is asked as requests means it."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **kwargs)


@pytest.fixture(params=[requests.Session, OwnSession])
def client(request: pytest.FixtureRequest, transport: str) -> Iterator[B2Http]:
    http_client = B2Http(B2HttpApiConfig(request.param, install_clock_skew_hook=False))
    yield http_client
    http_client.close()


def everything_shown(error: BaseException) -> str:
    """Return the traceback, and what who follows the chain, suppressed or not, finds there."""
    texts = traceback.format_exception(error)
    links: list[BaseException | None] = [error]
    while links:
        if (link := links.pop()) is not None:
            texts += [str(link), repr(link), str(link.args)]
            links += [link.__cause__, link.__context__]
    return "\n".join(texts)


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("name", ["Authorization", "X-Bz-Server-Side-Encryption-Customer-Key"])
@pytest.mark.parametrize("data", [None, b"{}", io.BytesIO(b"content")], ids=["no body", "bytes", "stream"])
def test_a_header_that_cannot_be_sent_is_quoted_nowhere(
    client: B2Http, server: ScriptedServer, caplog: pytest.LogCaptureFixture, name: str, value: str, data: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will_answer()
    refused: B2Error | None = None
    try:
        client.request("GET" if data is None else "POST", server.url, {name: value}, data, try_count=1)
    except B2Error as error:
        refused = error
    assert refused is not None or value not in UNSENDABLE
    assert refused is None or SECRET not in everything_shown(refused)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("parameter", ["Authorization", "X-Amz-Signature"])
def test_an_authorization_in_a_url_that_fails_is_quoted_nowhere(
    client: B2Http, caplog: pytest.LogCaptureFixture, waits: list[float], method: str, parameter: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(B2ConnectionError) as caught:
        client.request(
            method, f"http://127.0.0.1:1/file/b/x?a=b&{parameter}={SECRET}&b2-cache-control=x", {}, try_count=2
        )
    assert "127.0.0.1" in str(caught.value)
    assert len(waits) == 1
    assert SECRET not in everything_shown(caught.value) + caplog.text


def test_the_cause_of_a_failure_is_shown_where_it_quotes_nothing(client: B2Http) -> None:
    with pytest.raises(B2ConnectionError) as caught:
        client.request("GET", "http://127.0.0.1:1/file/b/x?a=b", {"Authorization": SECRET}, try_count=1)
    assert isinstance(caught.value.__cause__, requests.ConnectionError)


def test_no_library_logs_or_prints_a_secret_of_a_whole_session(
    service: SimulatorServer,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 9)
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "http.client", "b2sdk", "charset_normalizer", "chardet"):
        caplog.set_level(logging.DEBUG, logger=name)
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        bucket.upload_bytes(b"content", "file")
        download_token = bucket.get_download_authorization("", 60)
        target = io.BytesIO()
        url = f"{api.get_download_url_for_file_name('the-bucket', 'file')}?Authorization={download_token}"
        with api.session.raw_api.download_file_from_url(download_token, url) as response:
            target.write(response.content)
        key = api.create_key(["listFiles"], "a-key")
        secrets = [service.key, api.account_info.get_account_auth_token(), download_token, key.application_key]
    assert target.getvalue() == b"content"
    told = caplog.text + "".join(capsys.readouterr())
    assert "Authorization=******" in told, "urllib3 says what it asks for"
    assert [secret for secret in secrets if secret in told] == []


def test_each_wait_is_logged_with_host_call_error_and_seconds(
    client: B2Http, server: ScriptedServer, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> None:
    caplog.set_level(logging.INFO, logger="b2sdk")
    server.will_answer(b"<html>\nBusy\n" + b"x" * 10_000, status=503)
    server.will_answer()
    client.request("GET", f"{server.url}?Authorization={SECRET}", {"Authorization": SECRET})
    (record,) = [one for one in caplog.records if one.levelno == logging.INFO]
    line = record.getMessage()
    assert (
        f"for 1 seconds because that is what the default exponential backoff is: GET {server.url}, attempt 1: " in line
    )
    assert "503 non_json_response <html> Busy x" in line
    assert len(line) < 1000
    assert "\n" not in line
