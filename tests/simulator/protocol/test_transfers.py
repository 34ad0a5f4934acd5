from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from b2sdk.simulator.cloud.clock import DAY_MS
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.storage import IN_MEMORY_LIMIT
from b2sdk.simulator.protocol.messages import RequestHead
from b2sdk.simulator.protocol.shapes import Addresses

if TYPE_CHECKING:
    from tests.simulator.conftest import Service


# --- uploads ---


def test_an_upload_is_there_at_once(service: Service) -> None:
    bucket_id = service.bucket()
    file = service.uploaded(bucket_id, "a/b.txt", b"hello", x_bz_info_Color="dark%20blue")
    assert file["action"] == "upload"
    assert file["contentLength"] == 5
    assert file["contentSha1"] == hashlib.sha1(b"hello").hexdigest()
    assert file["contentMd5"] == hashlib.md5(b"hello").hexdigest()
    assert file["fileInfo"] == {"color": "dark blue"}
    assert file["serverSideEncryption"] == {"mode": "SSE-B2", "algorithm": "AES256"}
    assert service.names(bucket_id) == ["a/b.txt"]
    assert service.download("/file/my-bucket/a/b.txt").body == b"hello"


def test_digits_at_the_end_are_no_content(service: Service) -> None:
    bucket_id, body = service.bucket(), b"x" * 100
    trailer = hashlib.sha1(body).hexdigest().upper().encode()
    file = service.uploaded(bucket_id, "name", body + trailer, x_bz_content_sha1="hex_digits_at_end")
    assert file["contentLength"] == 100
    assert service.download("/file/my-bucket/name").body == body


def test_what_is_not_verified_is_called_so(service: Service) -> None:
    file = service.uploaded(service.bucket(), "name", b"x", x_bz_content_sha1="do_not_verify")
    assert file["contentSha1"] == "unverified:" + hashlib.sha1(b"x").hexdigest()


@pytest.mark.parametrize(
    ("sha1", "body"),
    [
        ("0" * 40, b"content"),
        ("hex_digits_at_end", b"content" + b"0" * 40),
        ("hex_digits_at_end", b"short"),
        ("not a digest", b"content"),
    ],
)
def test_a_wrong_sha1_is_a_bad_request_and_leaves_nothing(service: Service, sha1: str, body: bytes) -> None:
    bucket_id = service.bucket()
    answer = service.upload(bucket_id, "name", body, x_bz_content_sha1=sha1)
    assert answer.refusal == (400, "bad_request")
    assert service.names(bucket_id) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"x_bz_file_name": ""},
        {"x_bz_file_name": "%01"},
        {"x_bz_file_name": "%ff"},
        {"x_bz_file_name": "x" * 1025},
        {"x_bz_info_b2_unheard_of": "x"},
        {"x_bz_info_long": "x" * 2048},
        {"content_language": "de"},
        {"x_bz_custom_upload_timestamp": "99999999999999"},
        {"x_bz_custom_upload_timestamp": "yesterday"},
        {"x_bz_file_legal_hold": "maybe"},
        {"x_bz_file_retention_mode": "governance"},
        {"x_bz_server_side_encryption": "ROT13"},
    ],
)
def test_an_impossible_header_is_a_bad_request(service: Service, headers: dict[str, str]) -> None:
    answer = service.upload(service.bucket(), "name", **headers)
    assert answer.refusal == (400, "bad_request")


@pytest.mark.parametrize("missing", ["X-Bz-File-Name", "X-Bz-Content-Sha1", "Content-Type"])
def test_a_missing_header_is_a_bad_request_that_names_it(service: Service, missing: str) -> None:
    url = service.ok("b2_get_upload_url", bucketId=service.bucket())
    headers = {
        "Authorization": url["authorizationToken"],
        "Content-Length": "1",
        "X-Bz-File-Name": "name",
        "X-Bz-Content-Sha1": hashlib.sha1(b"x").hexdigest(),
        "Content-Type": "text/plain",
    }
    del headers[missing]
    target = "/" + url["uploadUrl"].split("/", 3)[3]
    answer = service.send("POST", target, headers, b"x")
    assert answer.refusal == (400, "bad_request")
    assert missing in answer.json["message"]


def test_a_content_type_is_guessed_when_it_is_left_open(service: Service) -> None:
    bucket_id = service.bucket()
    guessed = {
        name: service.uploaded(bucket_id, name, content_type="b2/x-auto")["contentType"]
        for name in ("a.json", "b/c.jpeg", "d.tar.gz", "e", "http://x.html/f")
    }
    assert list(guessed.values()) == ["application/json", "image/jpeg", "application/gzip"] + 2 * [
        "application/octet-stream"
    ]


def test_the_uploader_may_choose_the_timestamp_and_so_the_order(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name", b"new")
    old = service.uploaded(bucket_id, "name", b"old", x_bz_custom_upload_timestamp="1000")
    assert old["uploadTimestamp"] == 1000
    assert service.download("/file/my-bucket/name").body == b"new"


def test_an_upload_to_a_bucket_that_is_gone_is_refused(service: Service) -> None:
    bucket_id = service.bucket()
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=bucket_id)
    answer = service.post(url, {"X-Bz-File-Name": "name", "Content-Type": "a/b"}, b"x")
    assert answer.refusal == (400, "bad_bucket_id")


def test_an_upload_url_takes_post_alone(service: Service) -> None:
    url = service.ok("b2_get_upload_url", bucketId=service.bucket())
    answer = service.send("GET", "/" + url["uploadUrl"].split("/", 3)[3], {"Authorization": service.token})
    assert answer.refusal == (405, "method_not_allowed")


def test_large_content_comes_back_as_it_went(service: Service) -> None:
    bucket_id, body = service.bucket(), bytes(range(256)) * (IN_MEMORY_LIMIT // 256 + 1000)
    file = service.uploaded(bucket_id, "large", body)
    assert file["contentSha1"] == hashlib.sha1(body).hexdigest()
    assert service.download("/file/my-bucket/large").body == body
    part = service.download("/file/my-bucket/large", {"Range": f"bytes={IN_MEMORY_LIMIT - 5}-{IN_MEMORY_LIMIT + 9}"})
    assert part.body == body[IN_MEMORY_LIMIT - 5 : IN_MEMORY_LIMIT + 10]


UPLOAD_HEADERS = [
    "X-Bz-File-Name",
    "Content-Type",
    "X-Bz-Content-Sha1",
    "X-Bz-Info-color",
    "X-Bz-Info-b2-expires",
    "X-Bz-Custom-Upload-Timestamp",
    "X-Bz-File-Retention-Mode",
    "X-Bz-File-Retention-Retain-Until-Timestamp",
    "X-Bz-File-Legal-Hold",
    "X-Bz-Server-Side-Encryption",
    "X-Bz-Server-Side-Encryption-Customer-Key",
    "X-Bz-Part-Number",
    "Content-Length",
    "Origin",
    "X-Bz-Test-Mode",
]


@given(st.dictionaries(st.sampled_from(UPLOAD_HEADERS), st.text(max_size=10) | st.sampled_from(["%ff", "\udcff", "1"])))
def test_no_headers_make_an_upload_fail_inside(cloud_service: Service, headers: dict[str, str]) -> None:
    known = cloud_service.cloud.state.find_bucket_named("my-bucket")
    bucket_id = cloud_service.bucket(fileLockEnabled=True) if known is None else known.bucket_id
    url = cloud_service.ok("b2_get_upload_url", bucketId=bucket_id)
    base = {"X-Bz-File-Name": "name", "Content-Type": "a/b"}
    answer = cloud_service.post(url, {**base, **headers}, b"x")
    assert answer.status < 500, answer.body


# --- upload URLs ---


def begun(service: Service, url: dict[str, str]) -> RequestHead:
    """Return the head of an upload of three bytes."""
    headers = {
        "authorization": url["authorizationToken"],
        "content-length": "3",
        "content-type": "a/b",
        "x-bz-file-name": "name",
        "x-bz-content-sha1": hashlib.sha1(b"abc").hexdigest(),
    }
    return RequestHead("POST", "/" + url["uploadUrl"].split("/", 3)[3], headers, Addresses.at("http://b2.test"))


def test_two_uploads_at_a_time_with_one_token_are_refused(cloud_service: Service) -> None:
    url = cloud_service.ok("b2_get_upload_url", bucketId=cloud_service.bucket())
    first, second = (cloud_service.gateway.begin(begun(cloud_service, url)) for _ in range(2))
    second.receive(b"abc")
    answer = second.complete()
    assert answer.status == 400
    assert isinstance(answer.body, bytes)
    assert b"auth_token_limit" in answer.body
    assert f"more than one upload using auth token {url['authorizationToken']}".encode() in answer.body
    first.receive(b"abc")
    assert first.complete().status == 200


def test_one_token_serves_many_uploads_one_after_the_other(service: Service) -> None:
    bucket_id = service.bucket()
    url = service.ok("b2_get_upload_url", bucketId=bucket_id)
    for number in range(3):
        headers = {"X-Bz-File-Name": f"name-{number}", "Content-Type": "a/b"}
        assert service.post(url, headers, b"x").status == 200
    assert len(service.names(bucket_id)) == 3


def test_an_upload_that_cancels_ends_its_url_and_leaves_nothing(cloud_service: Service) -> None:
    bucket_id = cloud_service.bucket()
    url = cloud_service.ok("b2_get_upload_url", bucketId=bucket_id)
    exchange = cloud_service.gateway.begin(begun(cloud_service, url))
    exchange.receive(b"ab")
    exchange.abandon()
    assert cloud_service.names(bucket_id) == []
    assert cloud_service.journal.entries[-2].status is None
    answer = cloud_service.post(url, {"X-Bz-File-Name": "name", "Content-Type": "a/b"}, b"x")
    assert answer.refusal == (401, "bad_auth_token")


def test_a_body_that_is_too_short_or_too_long_is_a_bad_request(cloud_service: Service) -> None:
    url = cloud_service.ok("b2_get_upload_url", bucketId=cloud_service.bucket())
    for body in (b"ab", b"abcd"):
        exchange = cloud_service.gateway.begin(begun(cloud_service, url))
        exchange.receive(body)
        assert exchange.complete().status == 400


def test_an_upload_token_expires_after_a_day_and_serves_no_other_url(service: Service) -> None:
    bucket_id = service.bucket()
    one, other = (service.ok("b2_get_upload_url", bucketId=bucket_id) for _ in range(2))
    headers = {"X-Bz-File-Name": "name", "Content-Type": "a/b"}
    mixed = {**one, "authorizationToken": other["authorizationToken"]}
    assert service.post(mixed, headers, b"x").refusal == (401, "bad_auth_token")
    service.clock.advance(DAY_MS)
    assert service.post(one, headers, b"x").refusal == (401, "expired_auth_token")


# --- downloads ---


NAMES = ["a b", "a+b", "a%41", "a?b", "a#b", "a//b", "/a", "a/", "ünï/☃", "a&b=c", "~!$'()*;:@", "a\\b", "..", "%2F"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_encoded_and_decoded_once(service: Service, name: str) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, name, b"content", x_bz_info_value=quote(name))
    answer = service.download("/file/my-bucket/" + quote(name))
    assert (answer.status, answer.body) == (200, b"content")
    assert service.names(bucket_id) == [name]
    assert "+" not in answer.headers["x-bz-file-name"]


def test_a_plus_in_a_path_is_a_space(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "a+b", b"plus")
    assert service.download("/file/my-bucket/a+b").status == 404
    service.uploaded(bucket_id, "a b", b"space")
    for path, content in (("a+b", b"space"), ("a%20b", b"space"), ("a%2Bb", b"plus"), ("a%2bb", b"plus")):
        assert service.download(f"/file/my-bucket/{path}").body == content


def test_what_needs_no_encoding_is_taken_with_and_without_it(service: Service) -> None:
    bucket_id, plain = service.bucket(), "azAZ09._-/~!$'()*;=:@"
    service.uploaded(bucket_id, plain, x_bz_file_name=plain, x_bz_info_color=plain)
    assert service.names(bucket_id) == [plain]
    for path in (plain, quote(plain, safe="")):
        answer = service.download(f"/file/my-bucket/{path}?b2ContentLanguage={path}")
        assert (answer.headers["x-bz-info-color"], answer.headers["content-language"]) == (plain, plain)


@pytest.mark.parametrize("character", ["&", ",", "#", '"', "<", "[", "\\", "^", "`", "{", "|", "%", "%4", "%zz", " x"])
def test_what_is_not_percent_encoded_is_refused(service: Service, character: str) -> None:
    bucket_id, said = service.bucket(), f"Bad character in percent-encoded string: {ord(character[0])} "
    text = f"a{character}"
    for headers in ({"x_bz_file_name": text}, {"x_bz_info_color": text}):
        answer = service.upload(bucket_id, "name", **headers)
        assert answer.refusal == (400, "bad_request")
        assert answer.json["message"].startswith(said)
    assert service.versions(bucket_id) == []


@pytest.mark.parametrize("character", [",", '"', "<", "[", "\\", "^", "`", "{", "|", "%", "%4", "%zz"])
@pytest.mark.parametrize(
    "target", ["/file/my-bucket/a{}z", "/file/my-bucket/name?b2Expires={}", "/b2api/v2/b2_list_keys?x={}"]
)
def test_a_target_that_is_not_percent_encoded_is_refused(service: Service, target: str, character: str) -> None:
    service.uploaded(service.bucket(), "name")
    answer = service.download(target.format(character))
    assert answer.refusal == (400, "bad_request")
    assert answer.json["message"].startswith(f"Bad character in percent-encoded string: {ord(character[0])} ")


def test_a_deployment_may_take_what_is_not_percent_encoded(service_with: Callable[[Policy], Service]) -> None:
    service = service_with(Policy(strict_encoding=False))
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "", x_bz_file_name="a b,c%", x_bz_info_color="dark blue")
    answer = service.download("/file/my-bucket/a b,c%?nothing")
    assert (answer.status, answer.headers["x-bz-info-color"]) == (200, "dark%20blue")


def test_a_download_reports_what_is_known_of_the_file(service: Service) -> None:
    file = service.uploaded(service.bucket(), "a b", b"hello", x_bz_info_color="dark%2Bblue")
    headers = service.download("/file/my-bucket/a%20b").headers
    assert headers["x-bz-file-id"] == file["fileId"]
    assert headers["x-bz-file-name"] == "a%20b"
    assert headers["x-bz-content-sha1"] == file["contentSha1"]
    assert headers["x-bz-upload-timestamp"] == str(file["uploadTimestamp"])
    assert headers["x-bz-info-color"] == "dark%2Bblue"
    assert headers["x-bz-server-side-encryption"] == "AES256"
    assert headers["content-type"] == "text/plain"
    assert headers["content-length"] == "5"
    assert headers["accept-ranges"] == "bytes"


def test_head_is_a_download_without_a_body(service: Service) -> None:
    service.uploaded(service.bucket(), "name", b"hello")
    got, headed = (service.download("/file/my-bucket/name", method=method) for method in ("GET", "HEAD"))
    assert headed.body == b""
    assert (headed.status, headed.headers["content-length"]) == (200, "5")
    assert set(headed.headers) == set(got.headers)


def test_an_error_to_head_has_no_body(service: Service) -> None:
    answer = service.download("/file/my-bucket/nothing", method="HEAD")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
        ("bytes=7-", 206, "bytes 7-9/10", b"789"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=8-99", 206, "bytes 8-9/10", b"89"),
        ("bytes=0-9", 200, None, b"0123456789"),
        ("bytes=-99", 200, None, b"0123456789"),
        ("bytes=4-2", 200, None, b"0123456789"),
        ("bytes=0-1,3-4", 200, None, b"0123456789"),
        ("lines=1-2", 200, None, b"0123456789"),
        ("bytes=-", 200, None, b"0123456789"),
    ],
)
def test_a_range(service: Service, asked: str, status: int, content_range: str | None, body: bytes) -> None:
    service.uploaded(service.bucket(), "name", b"0123456789")
    answer = service.download("/file/my-bucket/name", {"Range": asked})
    assert (answer.status, answer.headers.get("content-range"), answer.body) == (status, content_range, body)
    assert answer.headers["x-bz-content-sha1"] == hashlib.sha1(b"0123456789").hexdigest()


@pytest.mark.parametrize(("body", "asked"), [(b"0123456789", "bytes=10-"), (b"", "bytes=0-0"), (b"01", "bytes=-0")])
def test_a_range_outside_the_content_cannot_be_satisfied(service: Service, body: bytes, asked: str) -> None:
    service.uploaded(service.bucket(), "name", body)
    answer = service.download("/file/my-bucket/name", {"Range": asked})
    assert answer.refusal == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(body)}"


@given(content=st.binary(min_size=1, max_size=40), data=st.data())
def test_a_range_within_the_content_is_that_slice(cloud_service: Service, content: bytes, data: st.DataObject) -> None:
    if cloud_service.cloud.state.find_bucket_named("my-bucket") is None:
        cloud_service.bucket()
    bucket = cloud_service.cloud.state.find_bucket_named("my-bucket")
    assert bucket is not None
    cloud_service.uploaded(bucket.bucket_id, "name", content)
    first = data.draw(st.integers(0, len(content) - 1))
    last = data.draw(st.integers(first, len(content) - 1))
    answer = cloud_service.download("/file/my-bucket/name", {"Range": f"bytes={first}-{last}"})
    assert answer.body == content[first : last + 1]


@pytest.mark.parametrize("dialect", [1, 2, 3, 4])
def test_a_download_by_id_reaches_any_version(service: Service, dialect: int) -> None:
    bucket_id = service.bucket()
    old = service.uploaded(bucket_id, "name", b"old")
    service.uploaded(bucket_id, "name", b"new")
    target = f"/b2api/v{dialect}/b2_download_file_by_id?fileId={old['fileId']}"
    assert service.download(target).body == b"old"


def test_a_download_by_id_may_be_posted(service: Service) -> None:
    file = service.uploaded(service.bucket(), "name", b"old")
    assert service.call("b2_download_file_by_id", {"fileId": file["fileId"]}, dialect=2).body == b"old"


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        ("/file/no-bucket/name", (404, "not_found")),
        ("/file/my-bucket/nothing", (404, "not_found")),
        ("/file/my-bucket/", (404, "not_found")),
        ("/file/my-bucket", (404, "not_found")),
        ("/b2api/v4/b2_download_file_by_id?fileId=nonsense", (400, "bad_request")),
        ("/b2api/v4/b2_download_file_by_id", (400, "bad_request")),
    ],
)
def test_what_is_not_there_cannot_be_downloaded(service: Service, target: str, refusal: tuple[int, str]) -> None:
    service.bucket()
    assert service.download(target).refusal == refusal


def test_a_private_bucket_needs_a_token(service: Service) -> None:
    file = service.uploaded(service.bucket(), "name")
    by_id = f"/b2api/v4/b2_download_file_by_id?fileId={file['fileId']}"
    for target in ("/file/my-bucket/name", by_id):
        assert service.download(target, token=None).refusal == (401, "unauthorized")
        assert service.download(target, token="wrong").refusal == (401, "bad_auth_token")


def test_a_public_bucket_needs_no_token_except_to_override_headers(service: Service) -> None:
    service.uploaded(service.bucket(bucketType="allPublic"), "name")
    assert service.download("/file/my-bucket/name", token=None).body == b"content"
    overriding = "/file/my-bucket/name?b2ContentType=a/b"
    assert service.download(overriding, token=None).refusal == (401, "unauthorized")
    assert service.download(overriding).headers["content-type"] == "a/b"


def test_the_token_may_be_in_the_query_of_a_download_by_name(service: Service) -> None:
    service.uploaded(service.bucket(), "name")
    target = f"/file/my-bucket/name?Authorization={quote(service.token)}"
    assert service.download(target, token=None).body == b"content"


def test_stored_headers_come_back_and_may_be_overridden(service: Service) -> None:
    bucket_id = service.bucket(bucketInfo={"Cache-Control": "max-age=1"})
    service.uploaded(bucket_id, "plain")
    info = {"x_bz_info_b2_cache_control": "max-age%3D2", "x_bz_info_b2_content_disposition": "attachment"}
    file = service.uploaded(bucket_id, "own", **info)
    assert file["fileInfo"] == {"b2-cache-control": "max-age=2", "b2-content-disposition": "attachment"}
    assert service.download("/file/my-bucket/plain").headers["cache-control"] == "max-age=1"
    own = service.download("/file/my-bucket/own").headers
    assert (own["cache-control"], own["content-disposition"]) == ("max-age=2", "attachment")
    assert not [name for name in own if name.startswith("x-bz-info-b2-")]
    overridden = service.download("/file/my-bucket/own?b2CacheControl=no-store").headers
    assert overridden["cache-control"] == "no-store"


def test_an_override_cannot_smuggle_headers(service: Service) -> None:
    service.uploaded(service.bucket(), "name")
    answer = service.download("/file/my-bucket/name?b2ContentType=a%0d%0aSet-Cookie:%20b")
    assert answer.refusal == (400, "bad_request")


def test_a_download_authorization_serves_its_prefix_for_its_time(service: Service) -> None:
    bucket_id = service.bucket()
    for name in ("in/1", "out/1"):
        service.uploaded(bucket_id, name)
    granted = service.ok(
        "b2_get_download_authorization", bucketId=bucket_id, fileNamePrefix="in/", validDurationInSeconds=60
    )
    token = granted["authorizationToken"]
    assert service.download("/file/my-bucket/in/1", token=token).status == 200
    assert service.download("/file/my-bucket/out/1", token=token).refusal == (401, "unauthorized")
    assert service.download("/file/my-bucket/in/1?b2ContentType=a/b", token=token).refusal == (401, "unauthorized")
    service.clock.advance(60_000)
    assert service.download("/file/my-bucket/in/1", token=token).refusal == (401, "expired_auth_token")


def test_a_download_authorization_may_fix_the_headers(service: Service) -> None:
    bucket_id = service.bucket()
    service.uploaded(bucket_id, "name")
    granted = service.ok(
        "b2_get_download_authorization",
        bucketId=bucket_id,
        fileNamePrefix="",
        validDurationInSeconds=60,
        b2ContentType="a/b",
    )
    token = granted["authorizationToken"]
    assert service.download("/file/my-bucket/name", token=token).refusal == (401, "unauthorized")
    assert service.download("/file/my-bucket/name?b2ContentType=a/b", token=token).headers["content-type"] == "a/b"


@pytest.mark.parametrize("seconds", [0, 604_801, None])
def test_a_download_authorization_lasts_up_to_a_week(service: Service, seconds: int | None) -> None:
    params = {"bucketId": service.bucket(), "fileNamePrefix": "", "validDurationInSeconds": seconds}
    assert service.call("b2_get_download_authorization", params).refusal == (400, "bad_request")


def test_strict_names_are_a_matter_of_policy(service_with: Callable[[Policy], Service]) -> None:
    strict = service_with(Policy(strict_names=True))
    bucket_id = strict.bucket()
    for name in ("/a", "a/", "a//b", "x" * 251):
        assert strict.upload(bucket_id, name).refusal == (400, "bad_request")
