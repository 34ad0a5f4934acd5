"""Application keys for one bucket at most: ``bucket_id`` in place of ``bucket_ids``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from b2sdk import application_key
from b2sdk.docstrings import documented


@documented
class BaseApplicationKey(application_key.BaseApplicationKey):
    _OPTIONAL_FIELDS: ClassVar[Mapping[str, str]] = {
        ("bucketId" if theirs == "bucketIds" else theirs): ("bucket_id" if ours == "bucket_ids" else ours)
        for theirs, ours in application_key.BaseApplicationKey._OPTIONAL_FIELDS.items()  # noqa: SLF001  # the same fields but one
    }

    def __init__(
        self,
        key_name: str,
        application_key_id: str,
        capabilities: list[str],
        account_id: str,
        expiration_timestamp_millis: int | None = None,
        bucket_id: str | None = None,
        name_prefix: str | None = None,
        options: list[str] | None = None,
    ) -> None:
        """Describe a key; no request is made.

        :param bucket_id: the id of the bucket that the key is restricted to; ``None`` is all.
        """
        super().__init__(
            key_name=key_name,
            application_key_id=application_key_id,
            capabilities=capabilities,
            account_id=account_id,
            expiration_timestamp_millis=expiration_timestamp_millis,
            name_prefix=name_prefix,
            options=options,
        )
        self.bucket_id = bucket_id


class ApplicationKey(BaseApplicationKey, application_key.ApplicationKey):
    pass


@documented
class FullApplicationKey(BaseApplicationKey, application_key.CreatedKey):
    def __init__(
        self,
        key_name: str,
        application_key_id: str,
        application_key: str,
        capabilities: list[str],
        account_id: str,
        expiration_timestamp_millis: int | None = None,
        bucket_id: str | None = None,
        name_prefix: str | None = None,
        options: list[str] | None = None,
    ) -> None:
        """Describe a key; no request is made.

        :param bucket_id: the id of the bucket that the key is restricted to; ``None`` is all.
        """
        self.application_key = application_key
        super().__init__(
            key_name=key_name,
            application_key_id=application_key_id,
            capabilities=capabilities,
            account_id=account_id,
            expiration_timestamp_millis=expiration_timestamp_millis,
            bucket_id=bucket_id,
            name_prefix=name_prefix,
            options=options,
        )
