from __future__ import annotations

import copy
from typing import Any

import pytest

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.authorization import Authorization, allowed_from_v3, allowed_from_v4

STORAGE: dict[str, Any] = {
    "apiUrl": "https://api.test",
    "downloadUrl": "https://f.test",
    "s3ApiUrl": "https://s3.test",
    "recommendedPartSize": 100,
    "absoluteMinimumPartSize": 5,
    "allowed": {
        "buckets": [{"id": "a", "name": None}],
        "capabilities": ["readFiles"],
        "namePrefix": None,
    },
}
ANSWER: dict[str, Any] = {
    "accountId": "an account",
    "authorizationToken": "a secret token",
    "apiInfo": {"storageApi": STORAGE},
}


def without(*path: str) -> dict[str, Any]:
    answer = copy.deepcopy(ANSWER)
    inner = answer
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return answer


def test_the_response_is_read() -> None:
    assert Authorization.from_response(ANSWER, allowed_from_v4) == Authorization(
        account_id="an account",
        auth_token="a secret token",
        api_url="https://api.test",
        download_url="https://f.test",
        s3_api_url="https://s3.test",
        recommended_part_size=100,
        absolute_minimum_part_size=5,
        allowed=STORAGE["allowed"],
        application_key_expiration_timestamp=None,
        groups_api=None,
    )


def test_a_recommended_part_has_at_least_what_every_part_must_have() -> None:
    storage = {**STORAGE, "recommendedPartSize": 1, "absoluteMinimumPartSize": 5_000_000}
    read = Authorization.from_response({**ANSWER, "apiInfo": {"storageApi": storage}}, allowed_from_v4)
    assert (read.recommended_part_size, read.absolute_minimum_part_size) == (5_000_000, 5_000_000)


@pytest.mark.parametrize("size", [0, -1, 2**63, None, "100", 1.5, True])
@pytest.mark.parametrize("field", ["recommendedPartSize", "absoluteMinimumPartSize"])
def test_a_part_size_that_is_none_is_refused(field: str, size: object) -> None:
    answer = {**ANSWER, "apiInfo": {"storageApi": {**STORAGE, field: size}}}
    with pytest.raises(UnexpectedCloudBehaviour, match=field):
        Authorization.from_response(answer, allowed_from_v4)


def test_what_not_every_key_has_is_read() -> None:
    answer = {
        **ANSWER,
        "applicationKeyExpirationTimestamp": 123,
        "apiInfo": {"storageApi": STORAGE, "groupsApi": {"capabilities": []}},
    }
    read = Authorization.from_response(answer, allowed_from_v4)
    assert (read.application_key_expiration_timestamp, read.groups_api) == (123, {"capabilities": []})


def test_the_restrictions_of_v3_are_beside_the_urls() -> None:
    restrictions = {"bucketId": "a", "bucketName": "b", "capabilities": ["readFiles"], "namePrefix": ""}
    assert allowed_from_v3({**STORAGE, **restrictions}) == restrictions


def test_the_token_is_not_shown() -> None:
    assert "a secret token" not in repr(Authorization.from_response(ANSWER, allowed_from_v4))


@pytest.mark.parametrize(
    "answer",
    [
        *(without(name) for name in ANSWER),
        *(without("apiInfo", "storageApi", name) for name in STORAGE),
        *(without("apiInfo", "storageApi", "allowed", name) for name in STORAGE["allowed"]),
        {**ANSWER, "apiInfo": {"storageApi": None}},
        {**ANSWER, "apiInfo": []},
    ],
)
def test_a_response_without_what_the_protocol_promises_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="an authorization came with") as raised:
        Authorization.from_response(answer, allowed_from_v4)
    assert "a secret token" not in str(raised.value)
