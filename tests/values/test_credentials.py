from __future__ import annotations

import pytest

from b2sdk.exception import MissingAccountData
from b2sdk.values.credentials import Credentials, credentials_in, credentials_needed_in

WHOLE = {"B2_APPLICATION_KEY_ID": "an-id", "B2_APPLICATION_KEY": "a-secret"}


def test_an_environment_may_have_a_key() -> None:
    assert credentials_in(WHOLE) == credentials_needed_in(WHOLE) == Credentials("an-id", "a-secret", None)


def test_it_may_have_a_realm_too() -> None:
    found = credentials_needed_in({**WHOLE, "B2_ENVIRONMENT": "https://example.com"})
    assert found == Credentials("an-id", "a-secret", "https://example.com")
    assert found.as_arguments() == {
        "application_key_id": "an-id",
        "application_key": "a-secret",
        "realm": "https://example.com",
    }


def test_without_a_realm_it_is_the_usual_one() -> None:
    assert credentials_needed_in({**WHOLE, "B2_ENVIRONMENT": ""}).as_arguments()["realm"] == "production"


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("missing", [*([name] for name in WHOLE), list(WHOLE)])
def test_what_is_missing_is_named(missing: list[str], value: str | None) -> None:
    environment = {name: value if name in missing else kept for name, kept in WHOLE.items()}
    given = {name: kept for name, kept in environment.items() if kept is not None}
    assert credentials_in(given) is None
    with pytest.raises(MissingAccountData) as caught:
        credentials_needed_in(given)
    assert str(caught.value).endswith(f"{' and '.join(missing)} must be set")
    assert "secret" not in str(caught.value)


def test_the_secret_is_not_shown() -> None:
    assert repr(credentials_in(WHOLE)) == "Credentials(key_id='an-id', realm=None)"
