from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.simulator.server import dashboard

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp, Speak

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = "<script>document.title = 'taken over'</script>&\"'"


def text_of(service: OverHttp, query: str = "") -> str:
    answer = service.send("GET", "/" + query, {})
    assert answer.status == 200
    return answer.body.decode()


def test_an_empty_service_says_so(http_service: OverHttp) -> None:
    shown = text_of(http_service)
    assert "There are no buckets." in shown
    assert "Nothing has been called." in shown


def test_it_shows_buckets_and_requests(http_service: OverHttp) -> None:
    http_service.bucket("my-bucket")
    http_service.faults.add(ApiFault(endpoint="b2_list_buckets", status=503, code="busy"))
    http_service.call("b2_list_buckets", {"accountId": http_service.account_id})
    shown = text_of(http_service)
    assert '<a href="/?bucket=my-bucket">my-bucket</a>' in shown
    assert re.search(r'<tr class="failed">.*POST.*b2_list_buckets.*v4.*503.*injected', shown)


def test_it_shows_what_the_requests_were_about(http_service: OverHttp) -> None:
    http_service.uploaded(http_service.bucket("my-bucket"), "a & b")
    http_service.download("/file/my-bucket/a+%26+b", {"Range": "bytes=0-1"})
    shown = text_of(http_service)
    for about in ("my-bucket", "my-bucket/a &amp; b", "my-bucket/a &amp; b bytes=0-1"):
        assert f"<td>{about}</td>" in shown


def test_it_shows_the_versions_of_the_bucket_that_is_asked_for(http_service: OverHttp) -> None:
    bucket_id = http_service.bucket("my-bucket")
    file = http_service.uploaded(bucket_id, "photos/cat.jpg", b"x" * 12_345)
    http_service.ok("b2_hide_file", bucketId=bucket_id, fileName="photos/cat.jpg")
    shown = text_of(http_service, "?bucket=my-bucket")
    files = shown[shown.index('id="files"') : shown.index('id="requests"')]
    assert files.count("photos/cat.jpg") == 2
    assert "12,345" in shown
    assert file["contentSha1"] in shown


def test_what_is_too_much_for_one_page_continues_at_the_next(
    http_service: OverHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "FILES_SHOWN", 2)
    bucket_id = http_service.bucket("my-bucket")
    for name in ("a", "b", "c & d"):
        http_service.uploaded(bucket_id, name)
    assert 'href="/?bucket=my-bucket&amp;start=c+%26+d">More' in text_of(http_service, "?bucket=my-bucket")
    shown = text_of(http_service, "?bucket=my-bucket&start=c+%26+d")
    assert "<td>c &amp; d</td>" in shown
    assert "<td>a</td>" not in shown


@pytest.mark.parametrize("query", ["?bucket=none", "?start=x", "?&&="])
def test_a_query_that_means_nothing_shows_the_front_page(http_service: OverHttp, query: str) -> None:
    assert "<h2>Buckets</h2>" in text_of(http_service, query)


def test_a_query_that_is_none_is_a_bad_request(http_service: OverHttp) -> None:
    assert http_service.send("GET", "/?bucket=%ff", {}).refusal == (400, "bad_request")


def test_it_shows_no_secret_and_leaves_no_trace(http_service: OverHttp, server: SimulatorServer) -> None:
    token = http_service.token
    http_service.ok("b2_get_upload_url", bucketId=http_service.bucket())
    called = len(server.journal.entries)
    shown = text_of(http_service, "?bucket=my-bucket")
    secrets = [server.key, token, *(lease.token for lease in server.cloud.state.leases.values())]
    assert not [secret for secret in secrets if secret in shown]
    assert len(server.journal.entries) == called


def test_it_takes_no_script_from_a_name(http_service: OverHttp) -> None:
    http_service.uploaded(http_service.bucket(), HOSTILE)
    answer = http_service.send("GET", "/?bucket=my-bucket", {})
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"<script>" not in answer.body


def test_what_cannot_be_seen_is_shown_by_its_code(http_service: OverHttp) -> None:
    http_service.uploaded(http_service.bucket(), "safe\u202egnp.exe\u200b\x9b31m\u2028 ünï☃")
    shown = text_of(http_service, "?bucket=my-bucket")
    assert r"<td>safe\u202egnp.exe\u200b\u009b31m\u2028 ünï☃</td>" in shown
    assert "unicode-bidi: isolate" in shown


def test_it_only_reads(http_service: OverHttp) -> None:
    assert http_service.send("POST", "/", {}).status == 404


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome found: apt-get install chromium")
def test_a_browser_shows_it(speak: Speak, tmp_path: Path) -> None:
    with SimulatorServer() as server, speak(server) as service:
        service.uploaded(service.bucket(), HOSTILE)
        dom = dom_of(f"{server.url}/?bucket=my-bucket", tmp_path)
    assert "<title>B2 simulator</title>" in dom
    rows = {table: re.findall(r"<tr.*?</tr>", part) for table, part in tables_of(dom).items()}
    assert len(rows["buckets"]) == 2
    assert "&lt;script&gt;" in rows["files"][1]
    assert [call for row in rows["requests"] for call in re.findall(r"b2_\w+", row)] == [
        "b2_upload_file",
        "b2_get_upload_url",
        "b2_create_bucket",
        "b2_authorize_account",
    ]


def dom_of(url: str, profile: Path) -> str:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"--user-data-dir={profile}"]
    finished = subprocess.run([str(CHROMIUM), *options, url], capture_output=True, text=True, timeout=60, check=True)
    return finished.stdout


def tables_of(dom: str) -> dict[str, Any]:
    return {match[1]: match[0] for match in re.finditer(r'<table id="(\w+)".*?</table>', dom, re.DOTALL)}
