from __future__ import annotations

import json
from collections import UserDict
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st
from tests.hostile.mutations import VALUES, Mutation, places

from b2sdk.exception import BadRequest, UnexpectedCloudBehaviour
from b2sdk.file_version import FileApi, FileVersionFactory
from b2sdk.values.file_lock import LegalHold
from b2sdk.values.responses import COUNT, FILE_VERSION, TIME
from b2sdk.values.shape import ANYTHING, FLAG, ID, TEXT, Kind, Shape, list_of, map_of, one_of, whole_number

SHAPE = Shape("a thing", {"name": TEXT, "next": TEXT.or_null()}, {"size": whole_number("a size", 0, 10)})
NESTED = Shape("a box", {"thing": SHAPE}, {"things": list_of(SHAPE)})
THING = {"name": "a", "next": None}


@pytest.mark.parametrize("more", [{}, {"next": "b"}, {"size": 10}, {"size": None}, {"what": object()}])
def test_a_response_may_have_more_than_is_promised(more: dict[str, Any]) -> None:
    SHAPE.check({**THING, **more})
    SHAPE.check(UserDict({**THING, **more}))


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (None, "a thing is not an object"),
        ([], "a thing is not an object"),
        ({"next": None}, "a thing came without 'name'"),
        ({"name": "a"}, "a thing came without 'next'"),
        ({**THING, "name": None}, "a thing came with 'name' that is not text"),
        ({**THING, "next": 1}, "a thing came with 'next' that is not text or null"),
        ({**THING, "size": 11}, "a thing came with 'size' that is not a size"),
        ({**THING, "size": True}, "a thing came with 'size' that is not a size"),
    ],
)
def test_the_field_at_fault_is_reported(response: Any, told: str) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match=told):
        SHAPE.check(response)


def test_the_field_at_fault_is_shown_however_deep_it_is() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="a box came with 'thing' that came without 'name'"):
        NESTED.check({"thing": {"next": None}})
    with pytest.raises(UnexpectedCloudBehaviour, match="a box came with 'things' that is not a list, each a thing"):
        NESTED.check({"thing": THING, "things": [THING, None]})


def test_no_value_is_reported_as_it_may_be_a_secret() -> None:
    with pytest.raises(UnexpectedCloudBehaviour) as caught:
        SHAPE.check({**THING, "name": ["a secret"]})
    assert "a secret" not in str(caught.value)


def test_what_contradicts_itself_is_an_error_too_and_others_pass() -> None:
    told = "a thing is not what the protocol promises"
    with pytest.raises(UnexpectedCloudBehaviour, match=told) as caught, SHAPE.reading(THING):
        raise ValueError("neither this nor that")
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(BadRequest), SHAPE.reading(THING):
        raise BadRequest("a refusal", "bad_request")
    with pytest.raises(UnexpectedCloudBehaviour, match="came without"), SHAPE.reading({}):
        pytest.fail("the block is not entered")


KINDS: list[tuple[Kind, list[Any], list[Any]]] = [
    (TEXT, ["", "a", "\u00e9", "\U0001f600"], [None, 1, b"a", "\ud800", ["a"]]),
    (ID, ["a"], ["", None, 1]),
    (FLAG, [True, False], [None, 0, 1, "true"]),
    (ANYTHING, [None, 1, []], []),
    (whole_number("a number", -1, 1), [-1, 0, 1], [2, -2, 1.0, True, float("nan"), "1", None, 10**400]),
    (one_of("a letter", "ab"), ["a", "b"], ["c", None, 1, [], {}]),
    (list_of(TEXT), [[], ["a"], ("a",), {"a"}], ["a", [1], [None], None, {"a": "b"}]),
    (map_of(TEXT), [{}, {"a": "b"}], [[], {"a": 1}, {1: "a"}, None, "a"]),
    (TEXT.or_null(), [None, "a"], [1]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), KINDS, ids=[kind.name for kind, _good, _bad in KINDS])
def test_kinds(kind: Kind, good: list[Any], bad: list[Any]) -> None:
    assert all(map(kind.fits, good))
    assert not any(map(kind.fits, bad))


ENTRY = {
    "accountId": "account",
    "action": "upload",
    "bucketId": "bucket",
    "contentLength": 1,
    "contentMd5": None,
    "contentSha1": "sha1",
    "contentType": "text/plain",
    "fileId": "id",
    "fileInfo": {"src_last_modified_millis": "1"},
    "fileName": "name",
    "fileRetention": {"isClientAuthorizedToRead": True, "value": {"mode": None, "retainUntilTimestamp": None}},
    "legalHold": {"isClientAuthorizedToRead": True, "value": None},
    "replicationStatus": "PENDING",
    "serverSideEncryption": {"algorithm": None, "mode": None},
    "size": 1,
    "uploadTimestamp": 1,
}
LOCKED = {
    **ENTRY,
    "fileRetention": {"isClientAuthorizedToRead": True, "value": {"mode": "governance", "retainUntilTimestamp": 1}},
    "legalHold": {"isClientAuthorizedToRead": True, "value": "on"},
    "serverSideEncryption": {"algorithm": "AES256", "mode": "SSE-B2"},
}


@pytest.mark.parametrize("entry", [ENTRY, LOCKED])
@given(data=st.data())
def test_a_file_version_that_is_taken_has_values_of_the_kinds_that_are_promised(
    entry: dict[str, Any], data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(list(places(entry))))
    value = data.draw(st.sampled_from(VALUES))
    response = json.loads(Mutation("", place, value).text(entry))
    version = None
    with suppress(UnexpectedCloudBehaviour):
        version = FileVersionFactory(cast("FileApi", None)).from_api_response(response)
    if version is None:
        return
    assert all(map(TEXT.fits, (version.id_, version.file_name, version.account_id, version.bucket_id, version.action)))
    assert all(map(TEXT.or_null().fits, (version.content_type, version.content_sha1, version.content_md5)))
    assert map_of(TEXT).fits(version.file_info)
    assert COUNT.or_null().fits(version.size)
    assert all(map(TIME.or_null().fits, (version.upload_timestamp, version.mod_time_millis)))
    assert TIME.or_null().fits(version.file_retention.retain_until)
    assert isinstance(version.legal_hold, LegalHold)
    json.dumps(version.as_dict())


@pytest.mark.parametrize("entry", [ENTRY, LOCKED, {**ENTRY, "fileName": "\u00e9\U0001f600"}])
def test_what_the_service_promises_is_taken(entry: dict[str, Any]) -> None:
    FILE_VERSION.check(entry)
    assert FileVersionFactory(cast("FileApi", None)).from_api_response(entry).file_name == entry["fileName"]
