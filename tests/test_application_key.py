from __future__ import annotations

from typing import Any

import pytest

from b2sdk.application_key import ApplicationKey, BaseApplicationKey, FullApplicationKey
from b2sdk.exception import UnexpectedCloudBehaviour

MANDATORY: dict[str, Any] = {
    "keyName": "a key",
    "applicationKeyId": "an id",
    "capabilities": ["listFiles", "readFiles"],
    "accountId": "an account",
}
OPTIONAL: dict[str, Any] = {
    "expirationTimestamp": 123,
    "bucketIds": ["a bucket"],
    "namePrefix": "docs/",
    "options": ["s3"],
}
SECRET = {"applicationKey": "the secret"}


def attributes(key: BaseApplicationKey) -> list[Any]:
    return [
        key.key_name,
        key.id_,
        key.capabilities,
        key.account_id,
        key.expiration_timestamp_millis,
        key.bucket_ids,
        key.name_prefix,
        key.options,
    ]


@pytest.mark.parametrize(
    ("optional", "read"),
    [
        (OPTIONAL, [123, ["a bucket"], "docs/", ["s3"]]),
        ({}, [None] * 4),
        (dict.fromkeys(OPTIONAL), [None] * 4),
    ],
)
def test_a_key_is_read_from_a_response(optional: dict[str, Any], read: list[Any]) -> None:
    listed = ApplicationKey.from_api_response({**MANDATORY, **optional, "somethingNew": 1})
    created = FullApplicationKey.from_create_response({**MANDATORY, **optional, **SECRET})
    expected = ["a key", "an id", ["listFiles", "readFiles"], "an account", *read]
    assert attributes(listed) == attributes(created) == expected
    assert created.application_key == "the secret"


@pytest.mark.parametrize("optional", [OPTIONAL, {}])
def test_a_key_is_described_without_what_it_does_not_have(optional: dict[str, Any]) -> None:
    answer = {**MANDATORY, **optional}
    assert ApplicationKey.from_api_response(answer).as_dict() == answer
    assert FullApplicationKey.from_create_response({**answer, **SECRET}).as_dict() == {**answer, **SECRET}


def test_a_restriction_to_no_bucket_is_not_the_lack_of_a_restriction() -> None:
    key = ApplicationKey.from_api_response({**MANDATORY, "bucketIds": []})
    assert key.bucket_ids == []
    assert key.as_dict()["bucketIds"] == []


@pytest.mark.parametrize("name", [*MANDATORY, *SECRET])
def test_a_key_without_what_every_key_has_is_an_error(name: str) -> None:
    answer = {**MANDATORY, **SECRET}
    del answer[name]
    with pytest.raises(UnexpectedCloudBehaviour, match="application key came without"):
        FullApplicationKey.from_create_response(answer)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [([], True), (["readFiles"], True), (["readFiles", "listFiles"], True), (["readFiles", "writeFiles"], False)],
)
def test_a_key_has_all_of_some_capabilities_or_not(asked: list[str], expected: bool) -> None:
    assert ApplicationKey.from_api_response(MANDATORY).has_capabilities(iter(asked)) is expected


def test_a_key_shows_its_name_and_id_and_no_secret() -> None:
    key = FullApplicationKey.from_create_response({**MANDATORY, **SECRET})
    assert repr(key) == "FullApplicationKey('a key', 'an id')"
