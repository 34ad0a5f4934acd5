"""What sets account infos of v1 apart: one part size, arguments with defaults, realms of their own, fewer getters.

A program's own account info implements ``get_minimum_part_size`` and ``_set_auth_data`` with one ``minimum_part_size``
(the size that the service recommends); it may lack what later versions ask for. What is stored in files has both sizes,
so all surfaces read the same ones.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo as _AnyAccountInfo
from b2sdk.account_info.auth_data import Allowed
from b2sdk.protocol_constants import REALM_URLS
from b2sdk.v2 import abstract_account_info as v2

DEFAULT_ABSOLUTE_MINIMUM_PART_SIZE = 5_000_000
"""Bytes. What the service says is not among the values that v1 stores."""


class OldAccountInfoMethods(_AnyAccountInfo):
    """Mixed in before the class that stores."""

    REALM_URLS: ClassVar[Mapping[str, str]] = REALM_URLS
    """The names of realms that the session knows; a subclass may have others."""

    @override
    def set_auth_data(  # type: ignore[override]  # one part size, and another order
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        minimum_part_size: int,
        application_key: str,
        realm: str,
        allowed: Allowed | None = None,
        application_key_id: str | None = None,
        s3_api_url: str | None = None,
    ) -> None:
        """Store the result of an authorization; ``allowed=None`` means ``DEFAULT_ALLOWED``.

        :raises AssertionError: ``allowed`` does not have the structure that ``allowed_is_valid`` asks for.
        """
        if allowed is None:
            allowed = self.DEFAULT_ALLOWED
        if not self.allowed_is_valid(allowed):
            raise AssertionError(allowed)
        data: dict[str, Any] = {
            "account_id": account_id,
            "auth_token": auth_token,
            "api_url": api_url,
            "download_url": download_url,
            "minimum_part_size": minimum_part_size,
            "application_key": application_key,
            "realm": realm,
            "allowed": allowed,
            "application_key_id": application_key_id,
        }
        parameters = inspect.signature(self._set_auth_data).parameters.values()
        # The URL came later, and older subclasses do not take it.
        if any(one.name == "s3_api_url" or one.kind is one.VAR_KEYWORD for one in parameters):
            data["s3_api_url"] = s3_api_url
        self._set_auth_data(**data)


class MinimumPartSizeTranslator(OldAccountInfoMethods):
    """For what stores two part sizes: the one that is given is the one that the service recommends."""

    def get_minimum_part_size(self) -> int:
        return self.get_recommended_part_size()

    @override
    def _set_auth_data(  # type: ignore[override]  # as above
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str | None = None,
        allowed: Allowed | None = None,
        application_key_id: str | None = None,
    ) -> None:
        super()._set_auth_data(  # type: ignore[safe-super]  # the class mixed in with provides it
            account_id,
            auth_token,
            api_url,
            download_url,
            minimum_part_size,
            DEFAULT_ABSOLUTE_MINIMUM_PART_SIZE,
            application_key,
            realm,
            s3_api_url,  # type: ignore[arg-type]  # as it was given; the getter says that it is missing
            self.DEFAULT_ALLOWED if allowed is None else allowed,
            account_id if application_key_id is None else application_key_id,  # once, the account had one key
        )


class AbstractAccountInfo(OldAccountInfoMethods, v2.AbstractAccountInfo):
    @abstractmethod
    def get_minimum_part_size(self) -> int:
        """Return the part size, in bytes, that the service recommends.

        :raises MissingAccountData: nothing was stored yet.
        """

    @abstractmethod
    @override
    def _set_auth_data(  # type: ignore[override]  # one part size
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: Allowed,
        application_key_id: str,
    ) -> None:
        """Store all values, replacing the old ones as a whole; called with keywords."""

    # What follows came later. What a subclass has in its place is used.

    @override
    def get_recommended_part_size(self) -> int:
        return self.get_minimum_part_size()

    @override
    def get_absolute_minimum_part_size(self) -> int:
        return DEFAULT_ABSOLUTE_MINIMUM_PART_SIZE

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return None

    @override
    def get_s3_api_url(self) -> str:
        return None  # type: ignore[return-value]  # nothing is known, and nothing is wrong


# For type checkers, as in v2: each account info is one of them.
if TYPE_CHECKING:
    OfThisSurface: TypeAlias = AbstractAccountInfo
else:
    OfThisSurface = OldAccountInfoMethods
