"""Application keys as the user sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from typing_extensions import Self

from b2sdk.docstrings import documented
from b2sdk.values.responses import APPLICATION_KEY, CREATED_KEY


@documented
class BaseApplicationKey:
    """What is common to a key that was listed and a key that was just created."""

    _OPTIONAL_FIELDS: ClassVar[Mapping[str, str]] = {
        "expirationTimestamp": "expiration_timestamp_millis",
        "bucketIds": "bucket_ids",
        "namePrefix": "name_prefix",
        "options": "options",
    }
    """The service's names of what a key may have, and ours."""

    def __init__(
        self,
        key_name: str,
        application_key_id: str,
        capabilities: list[str],
        account_id: str,
        expiration_timestamp_millis: int | None = None,
        bucket_ids: list[str] | None = None,
        name_prefix: str | None = None,
        options: list[str] | None = None,
    ) -> None:
        """Describe a key; no request is made."""
        self.key_name = key_name
        self.id_ = application_key_id
        self.capabilities = capabilities
        self.account_id = account_id
        self.expiration_timestamp_millis = expiration_timestamp_millis
        self.bucket_ids = bucket_ids
        self.name_prefix = name_prefix
        self.options = options

    @classmethod
    def parse_response_dict(cls, response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the constructor arguments.

        :raises UnexpectedCloudBehaviour:
        """
        APPLICATION_KEY.check(response)
        mandatory = {
            "key_name": response["keyName"],
            "application_key_id": response["applicationKeyId"],
            "capabilities": response["capabilities"],
            "account_id": response["accountId"],
        }
        optional = {
            ours: response[theirs] for theirs, ours in cls._OPTIONAL_FIELDS.items() if response.get(theirs) is not None
        }
        return {**mandatory, **optional}

    def has_capabilities(self, capabilities: Iterable[str]) -> bool:
        """Whether the key has all of these.

        :param capabilities: names, such as ``readFiles``; see ``ALL_CAPABILITIES``.
        """
        return set(capabilities) <= set(self.capabilities)

    def as_dict(self) -> dict[str, Any]:
        """Return the service's form, without what the key does not have."""
        optional = {theirs: getattr(self, ours) for theirs, ours in self._OPTIONAL_FIELDS.items()}
        return {
            "keyName": self.key_name,
            "applicationKeyId": self.id_,
            "capabilities": self.capabilities,
            "accountId": self.account_id,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key_name!r}, {self.id_!r})"


@documented
class ApplicationKey(BaseApplicationKey):
    """A key as it is listed: its secret cannot be had any more."""

    @classmethod
    def from_api_response(cls, response: Mapping[str, Any]) -> Self:
        """Read what the service says of a key.

        :raises UnexpectedCloudBehaviour:
        """
        return cls(**cls.parse_response_dict(response))


@documented
class CreatedKey(BaseApplicationKey):
    """What a key with its secret can do, whatever its restrictions are called."""

    application_key: str

    @classmethod
    def from_create_response(cls, response: Mapping[str, Any]) -> Self:
        """Read what the service says of a key that it has just created.

        :raises UnexpectedCloudBehaviour:
        """
        return cls(**cls.parse_response_dict(response))

    @classmethod
    def parse_response_dict(cls, response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the constructor arguments, secret included.

        :raises UnexpectedCloudBehaviour:
        """
        result = super().parse_response_dict(response)
        CREATED_KEY.check(response)
        result["application_key"] = response["applicationKey"]
        return result

    def as_dict(self) -> dict[str, Any]:
        """Return the service's form, secret included."""
        return {**super().as_dict(), "applicationKey": self.application_key}


@documented
class FullApplicationKey(CreatedKey):
    """A key as it is created: only here is its secret known, as ``application_key``."""

    def __init__(
        self,
        key_name: str,
        application_key_id: str,
        application_key: str,
        capabilities: list[str],
        account_id: str,
        expiration_timestamp_millis: int | None = None,
        bucket_ids: list[str] | None = None,
        name_prefix: str | None = None,
        options: list[str] | None = None,
    ) -> None:
        """Describe a key; no request is made."""
        self.application_key = application_key
        super().__init__(
            key_name=key_name,
            application_key_id=application_key_id,
            capabilities=capabilities,
            account_id=account_id,
            expiration_timestamp_millis=expiration_timestamp_millis,
            bucket_ids=bucket_ids,
            name_prefix=name_prefix,
            options=options,
        )
