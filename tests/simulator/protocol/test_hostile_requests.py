"""However wrong a request is, it is the client's fault: the service neither fails with a 500 nor waits for more.

``B2SDK_LONG_TESTS=1`` tries a hundred times as much of what is random.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given, settings, strategies as st

from b2sdk.simulator.cloud.permissions import CAPABILITY_OF_CALL

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, BothFrontEnds, Target

EFFORT = 100 if os.environ.get("B2SDK_LONG_TESTS") else 1
RANDOM = settings(max_examples=60 * EFFORT)

NOT_JSON = {"b2_authorize_account", "b2_download_file_by_id", "b2_download_file_by_name"}
CALLS: Final = sorted(CAPABILITY_OF_CALL.keys() - NOT_JSON)
Forms = Mapping[str, Mapping[str, Any]]

WRONG_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    10**400,
    "",
    "0",
    "\ud800",
    "\x00\n",
    "\u00fc" * 3000,
    [],
    [None],
    [[]],
    ["BUCKET", "BUCKET"],
    {},
    {"": None},
    {"a": {"b": []}},
)
WRONG_BODIES: Final = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"{}}",
    b"\xff\xfe",
    b'{"bucketId": NaN}',
    b'{"bucketId": 1e999}',
    b'{"bucketId": ' + b"9" * 5000 + b"}",
    b'{"bucketId": "\\ud800"}',
    b'{"bucketId": ' + b"[" * 100_000,
    b'{"a": "' + b"a" * 3_000_000 + b'"}',
)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
HEADER_VALUES: Final = (
    "",
    "%",
    "%ff",
    "%00",
    "-1",
    "9" * 400,
    "bytes=-",
    "bytes=9-1",
    "bytes=" + "9" * 5000 + "-",
    "none",
    "true",
    "a" * 8000,
    "{}",
)
UPLOAD_HEADERS: Final = (
    "authorization",
    "content-type",
    "x-bz-file-name",
    "x-bz-content-sha1",
    "x-bz-part-number",
    "x-bz-info-color",
    "x-bz-info-src_last_modified_millis",
    "x-bz-info-b2-expires",
    "x-bz-custom-upload-timestamp",
    "x-bz-file-legal-hold",
    "x-bz-file-retention-mode",
    "x-bz-file-retention-retain-until-timestamp",
    "x-bz-server-side-encryption",
    "x-bz-server-side-encryption-customer-algorithm",
    "x-bz-server-side-encryption-customer-key",
    "x-bz-server-side-encryption-customer-key-md5",
    "x-bz-test-mode",
    "origin",
)
DOWNLOAD_HEADERS: Final = ("Authorization", "range", "origin", *UPLOAD_HEADERS[-5:-2])


def altered(form: Any) -> Iterator[Any]:
    """Yield the form with one value in it, however deep, replaced by each of the wrong ones, or left out."""
    places = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for place, value in list(places):
        for wrong in (*WRONG_VALUES, *altered(value)):
            changed = deepcopy(form)
            changed[place] = wrong
            yield changed
    if isinstance(form, dict):
        yield from ({name: form[name] for name in form if name != absent} for absent in form)


def check(answer: Answer) -> None:
    """Refuse responses that blame the server, and errors without the three fields that clients read."""
    assert answer.status < 500, answer.body
    if answer.status >= 400 and answer.body:
        assert {*answer.json} >= {"status", "code", "message"}
        assert answer.json["status"] == answer.status


def test_every_call_has_a_form_that_is_right(forms: Forms, fresh_target: Callable[[], Target]) -> None:
    assert sorted(forms) == CALLS
    for name, form in forms.items():
        assert fresh_target().post(name, form).status == 200


@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_a_wrong_field_is_refused_or_carried_out(
    name: str, forms: Forms, fresh_target: Callable[[], Target]
) -> None:
    target = fresh_target()
    for number, form in enumerate(altered(dict(forms[name]))):
        answer = target.post(name, form, dialect=4 - number % 4)
        check(answer)
        if answer.status == 200:
            target = fresh_target()


@pytest.mark.parametrize("method", METHODS)
def test_every_call_minds_its_method(method: str, fresh_target: Callable[[], Target]) -> None:
    target = fresh_target()
    for name in (*CALLS, *sorted(NOT_JSON), "b2_upload_file", "b2_upload_part", "b2_none"):
        check(target.both.send(method, f"/b2api/v2/{name}", {"Authorization": target.both.token}))


@pytest.mark.parametrize("body", WRONG_BODIES, ids=range(len(WRONG_BODIES)))
def test_a_body_that_is_no_json_object_is_refused(body: bytes, fresh_target: Callable[[], Target]) -> None:
    target = fresh_target()
    for name in CALLS:
        check(target.both.send("POST", f"/b2api/v3/{name}", {"Authorization": target.both.token}, body))


@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_a_wrong_query_is_refused_or_carried_out(
    name: str, forms: Forms, fresh_target: Callable[[], Target]
) -> None:
    target = fresh_target()
    for field in forms[name]:
        for value in (*HEADER_VALUES, "[", "[" * 9000, '{"a"', "1,2", "\x00", "ü"):
            fields = {other: target.ids.get(str(kept), str(kept)) for other, kept in forms[name].items()}
            query = urlencode({**fields, field: value})
            check(target.both.send("GET", f"/b2api/v1/{name}?{query}", {"Authorization": target.both.token}))


@pytest.mark.parametrize("header", UPLOAD_HEADERS)
@pytest.mark.parametrize("kind", ["file", "part"])
def test_an_upload_with_a_wrong_header_is_refused_or_stored(
    header: str, kind: str, customer_key: Mapping[str, str], fresh_target: Callable[[], Target]
) -> None:
    target = fresh_target()
    for value in HEADER_VALUES:
        if kind == "file":
            url = target.both.ok("b2_get_upload_url", bucketId=target.ids["BUCKET"])
            headers = {"x-bz-file-name": "new", "content-type": "a/b", header: value}
        else:
            url = target.both.ok("b2_get_upload_part_url", fileId=target.ids["LARGE"])
            headers = {**customer_key, "x-bz-part-number": "1", header: value}
        check(target.both.post(url, headers, b"content"))


@pytest.mark.parametrize("header", DOWNLOAD_HEADERS)
def test_a_download_with_a_wrong_header_is_refused_or_sent(header: str, fresh_target: Callable[[], Target]) -> None:
    target = fresh_target()
    for value in HEADER_VALUES:
        for path in ("/file/my-bucket/file", f"/b2api/v4/b2_download_file_by_id?fileId={target.ids['FILE']}"):
            check(target.both.download(path, {header: value}))


PIECES = st.sampled_from(sorted("/?&=%;+~[@")) | st.sampled_from(
    ["//", "..", "%2F", "%00", "%FF", "%ED%A0%80", "file/my-bucket/", "b2api/v4/", "b2_list_buckets", "b2_upload_file"]
)


@RANDOM
@given(pieces=st.lists(PIECES, max_size=12), method=st.sampled_from(METHODS))
def test_a_path_may_be_anything(both_front_ends: Callable[[], BothFrontEnds], pieces: list[str], method: str) -> None:
    target = "/" + "".join(pieces)
    assume(target.partition("?")[0] != "/")  # where the HTTP front_end alone has a page
    with closing(both_front_ends()) as both:
        both.bucket()
        check(both.send(method, target, {"Authorization": both.token}))
