"""Uploads by web pages: what the service lets them do, and what they are given."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from tests.flows.conftest import Connect

from b2sdk.simulator import SimulatorServer
from b2sdk.v3.exception import BucketIdNotFound, Conflict

PAGE = "https://www.example.com"
OTHER_RULE = {
    "corsRuleName": "other-rule",
    "allowedOrigins": ["https"],
    "allowedOperations": ["b2_download_file_by_id"],
    "allowedHeaders": None,
    "exposeHeaders": None,
    "maxAgeSeconds": 60,
}


def names(bucket: Any) -> list[str]:
    return [rule["corsRuleName"] for rule in bucket.cors_rules]


def test_a_rule_is_added_and_the_others_stay(bucket: Any) -> None:
    bucket.update(cors_rules=[OTHER_RULE])

    allowing = bucket.allow_browser_uploads([PAGE])

    assert allowing.cors_rules[0] == OTHER_RULE
    assert names(allowing) == names(bucket.get_fresh_state()) == ["other-rule", "browser-uploads"]
    assert isinstance(allowing, type(bucket))


def test_a_rule_is_replaced_and_another_name_is_another_rule(bucket: Any) -> None:
    bucket.allow_browser_uploads([PAGE])
    bucket.allow_browser_uploads(["https://other.example.com"], rule_name="other-pages")

    changed = bucket.allow_browser_uploads(["https://*.example.com"], max_age_seconds=5)

    assert names(changed) == ["browser-uploads", "other-pages"]
    assert changed.cors_rules[0]["allowedOrigins"] == ["https://*.example.com"]


def test_a_rule_that_is_there_already_changes_nothing(bucket: Any) -> None:
    once = bucket.allow_browser_uploads([PAGE])
    twice = bucket.allow_browser_uploads([PAGE])

    assert (twice.revision, twice.cors_rules) == (once.revision, once.cors_rules)


Meanwhile = Callable[[Any, Callable[[], None]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Return what lets something happen before each update of the bucket by the verb."""

    def meanwhile(api: Any, happen: Callable[[], None]) -> None:
        raw = api.session.raw_api
        update = raw.update_bucket

        def update_bucket(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("if_revision_is") is not None:
                happen()
            return update(*args, **kwargs)

        raw.update_bucket = update_bucket

    return meanwhile


def test_what_another_program_changes_meanwhile_is_kept(bucket: Any, api: Any, meanwhile: Meanwhile) -> None:
    left = [OTHER_RULE]
    meanwhile(api, lambda: bucket.update(cors_rules=[left.pop()]) if left else None)

    assert names(bucket.allow_browser_uploads([PAGE])) == ["other-rule", "browser-uploads"]


def test_it_ends_though_others_change_the_bucket_all_the_time(bucket: Any, api: Any, meanwhile: Meanwhile) -> None:
    times: list[int] = []

    def change() -> None:
        times.append(len(times))
        bucket.update(bucket_info={"times": str(len(times))})

    meanwhile(api, change)

    with pytest.raises(Conflict):
        bucket.allow_browser_uploads([PAGE])
    assert len(times) == 5


def test_a_bucket_that_is_gone_is_not_found(bucket: Any, api: Any) -> None:
    api.delete_bucket(bucket)

    with pytest.raises(BucketIdNotFound):
        bucket.allow_browser_uploads([PAGE])


def send(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Send what a browser sends for a page."""
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  # to the local service
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  # as above
            return response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}, error.read()


def preflight(url: str, method: str, headers: dict[str, str], origin: str = PAGE) -> tuple[int, dict[str, str], bytes]:
    asked = ",".join(sorted(name.lower() for name in headers))
    return send(
        "OPTIONS",
        url,
        {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked},
    )


def test_a_page_of_an_allowed_origin_uploads_and_downloads(connect: Connect) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate").allow_browser_uploads(
            [PAGE], operations=["b2_upload_file", "b2_download_file_by_name"]
        )
        upload = bucket.browser_upload("ä b.txt", content_type="text/plain", file_info={"author": "me"})

        status, allowed, _ = preflight(upload.url, upload.method, upload.headers)
        assert (status, allowed["access-control-allow-origin"]) == (200, PAGE)
        assert allowed["access-control-allow-methods"] == "POST"
        assert set(allowed["access-control-allow-headers"].split(",")) == {name.lower() for name in upload.headers}
        assert allowed["access-control-max-age"] == "3600"

        status, sent, _ = send("POST", upload.url, {"Origin": PAGE, **upload.headers}, b"content")
        assert (status, sent["access-control-allow-origin"]) == (200, PAGE)
        stored = bucket.get_file_info_by_name("ä b.txt")
        assert (stored.content_type, stored.file_info["author"]) == ("text/plain", "me")

        url = bucket.presigned_url("ä b.txt", 60)
        status, headers, content = send("GET", url, {"Origin": PAGE})
        assert (status, headers["access-control-allow-origin"], content) == (200, PAGE, b"content")
        assert "x-bz-content-sha1" in headers["access-control-expose-headers"]


def test_a_page_of_another_origin_or_with_other_headers_does_not(connect: Connect) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        upload = bucket.browser_upload("file")
        assert preflight(upload.url, "POST", upload.headers)[0] == 403

        bucket.allow_browser_uploads([PAGE])

        assert preflight(upload.url, "POST", upload.headers)[0] == 200
        for origin, headers in (("https://other.example.com", upload.headers), (PAGE, {"X-Other": "a"})):
            status, refused, _ = preflight(upload.url, "POST", headers, origin)
            assert (status, "access-control-allow-origin" in refused) == (403, False)
        assert preflight(bucket.presigned_url("file", 60), "GET", {"Range": "a"})[0] == 403


def test_the_url_of_a_page_is_none_of_the_client(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        bucket.upload_bytes(b"content", "first")
        service.journal.clear()

        upload = bucket.browser_upload("file")
        bucket.upload_bytes(b"content", "second")
        pooled = api.account_info.take_bucket_upload_url(bucket.id_)

    assert [entry.endpoint for entry in service.journal.entries] == ["b2_get_upload_url", "b2_upload_file"]
    assert upload.url not in pooled
    assert upload.headers["Authorization"] not in pooled


def test_an_expired_token_is_renewed_for_a_page(connect: Connect, service: SimulatorServer) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        service.clock.advance(25 * 3600 * 1000)

        assert bucket.browser_upload("file").url


@pytest.mark.parametrize(
    "wrong", [{"file_name": ""}, {"file_info": {"a b": "c"}}, {"content_sha1": "none"}, {"expires": 5}]
)
def test_an_upload_that_makes_no_sense_is_refused_before_a_call(
    connect: Connect, service: SimulatorServer, wrong: dict[str, Any]
) -> None:
    with connect() as api:
        bucket = api.create_bucket("test-bucket", "allPrivate")
        service.journal.clear()
        with pytest.raises(Exception, match=r"name|not made|hex|expires"):
            bucket.browser_upload(**{"file_name": "file", **wrong})

    assert service.journal.entries == []
