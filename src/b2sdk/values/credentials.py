"""What an environment says of an application key, in the variables that the ``b2`` command line reads too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from b2sdk.exception import MissingAccountData

KEY_ID_VARIABLE = "B2_APPLICATION_KEY_ID"
KEY_VARIABLE = "B2_APPLICATION_KEY"
REALM_VARIABLE = "B2_ENVIRONMENT"
DEFAULT_REALM = "production"


class Credentials(NamedTuple):
    """An application key, and the realm that knows it."""

    key_id: str
    key: str
    realm: str | None
    """``None`` is the usual one."""

    def __repr__(self) -> str:
        return f"Credentials(key_id={self.key_id!r}, realm={self.realm!r})"  # the secret is not shown

    def as_arguments(self) -> dict[str, str]:
        """Return the arguments of ``authorize_account``, whose order differs between surfaces."""
        return {
            "application_key_id": self.key_id,
            "application_key": self.key,
            "realm": self.realm or DEFAULT_REALM,
        }


def credentials_in(environment: Mapping[str, str]) -> Credentials | None:
    """Return what an environment says; ``None`` if it has no key, or only half of one. An empty variable is none."""
    key_id, key = environment.get(KEY_ID_VARIABLE), environment.get(KEY_VARIABLE)
    return Credentials(key_id, key, environment.get(REALM_VARIABLE) or None) if key_id and key else None


def credentials_needed_in(environment: Mapping[str, str]) -> Credentials:
    """Return what an environment says.

    :raises MissingAccountData: names the variable that is missing.
    """
    found = credentials_in(environment)
    if found is None:
        missing = [name for name in (KEY_ID_VARIABLE, KEY_VARIABLE) if not environment.get(name)]
        raise MissingAccountData(f"the environment has no application key: {' and '.join(missing)} must be set")
    return found
