from __future__ import annotations

import pytest

from b2sdk.bulk.work import concerns_all
from b2sdk.exception import (
    AccessDenied,
    BadRequest,
    ClockSkew,
    ConnectionImpossible,
    FileNotPresent,
    InvalidAuthToken,
    MissingAccountData,
    ServiceError,
    StorageCapExceeded,
    TooManyRequests,
    Unauthorized,
    UnknownHost,
)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionImpossible("certificate"),
        ClockSkew(700),
        InvalidAuthToken("expired", "expired_auth_token"),
        MissingAccountData("key"),
        StorageCapExceeded(),
        Unauthorized("wrong key", "unauthorized"),
        UnknownHost(),
        RuntimeError("the client is closed"),
    ],
)
def test_what_would_fail_for_every_file_concerns_all(error: Exception) -> None:
    assert concerns_all(error)


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied(),
        BadRequest("bad", "bad_request"),
        FileNotPresent(),
        ServiceError("503"),
        TooManyRequests(),
        ValueError("a name"),
    ],
)
def test_what_is_about_one_file_does_not(error: Exception) -> None:
    assert not concerns_all(error)


def test_a_refusal_that_the_session_explains_is_about_one_file() -> None:
    explained = Unauthorized("not allowed for application key", "unauthorized")
    explained.__cause__ = Unauthorized("not allowed", "unauthorized")
    assert not concerns_all(explained)
