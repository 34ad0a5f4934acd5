"""Account infos that keep the authorization as one :class:`AuthData`: the getters, spelled once.

Where the value is kept is the subclass's affair.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from typing_extensions import override

from b2sdk.account_info.auth_data import Allowed, AuthData
from b2sdk.account_info.upload_url_pool import UrlPoolAccountInfo
from b2sdk.exception import MissingAccountData


class AuthDataKeeper(UrlPoolAccountInfo):
    """Reads each value out of the one that is kept."""

    @abstractmethod
    def _load_auth_data(self) -> AuthData | None:
        """Return what was stored last, or ``None`` when nothing is stored."""

    @abstractmethod
    def _store_auth_data(self, auth_data: AuthData) -> None:
        """Replace what is stored."""

    def _load_stored(self, wanted: str) -> AuthData:
        auth_data = self._load_auth_data()
        if auth_data is None:
            raise MissingAccountData(wanted)
        return auth_data

    @override
    def _set_auth_data(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        recommended_part_size: int,
        absolute_minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: Allowed,
        application_key_id: str,
    ) -> None:
        self._store_auth_data(
            AuthData(
                account_id,
                auth_token,
                api_url,
                download_url,
                recommended_part_size,
                absolute_minimum_part_size,
                application_key,
                realm,
                s3_api_url,
                allowed,
                application_key_id,
            )
        )

    @override
    def get_account_id(self) -> str:
        return self._load_stored("account_id").account_id

    @override
    def get_application_key_id(self) -> str:
        return self._load_stored("application_key_id").application_key_id

    @override
    def get_application_key(self) -> str:
        return self._load_stored("application_key").application_key

    @override
    def get_account_auth_token(self) -> str:
        return self._load_stored("account_auth_token").auth_token

    @override
    def get_api_url(self) -> str:
        return self._load_stored("api_url").api_url

    @override
    def get_download_url(self) -> str:
        return self._load_stored("download_url").download_url

    @override
    def get_realm(self) -> str:
        return self._load_stored("realm").realm

    @override
    def get_s3_api_url(self) -> str:
        url = self._load_stored("s3_api_url").s3_api_url
        if url is None:
            raise MissingAccountData("s3_api_url")
        return url

    @override
    def get_recommended_part_size(self) -> int:
        return self._load_stored("recommended_part_size").recommended_part_size

    @override
    def get_absolute_minimum_part_size(self) -> int:
        return self._load_stored("absolute_minimum_part_size").absolute_minimum_part_size

    @override
    def get_allowed(self) -> Allowed:
        allowed: Allowed = _copy(self._load_stored("allowed").allowed)
        return allowed


def _copy(value: object) -> Any:
    """Copy what was read from JSON; ``copy.deepcopy``, which knows more, takes four times as long."""
    if isinstance(value, dict):
        return {name: _copy(member) for name, member in value.items()}
    return (
        [_copy(member) if isinstance(member, dict) else member for member in value]
        if isinstance(value, list)
        else value
    )
