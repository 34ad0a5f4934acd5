"""A base class for tests that make buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar

import pytest

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.api import B2Api
from b2sdk.bucket import Bucket
from b2sdk.testing.bucket_manager import BucketManager

_LINE = b"0" * 1000 + b"\n"


@pytest.mark.usefixtures("cls_setup")
class IntegrationTestBase:
    """Gives its tests the account of the session as attributes, and removes the buckets that each of them made."""

    b2_api: ClassVar[B2Api]
    b2_auth_data: ClassVar[tuple[str, str]]
    """The id of the application key, and the key."""
    this_run_bucket_name_prefix: ClassVar[str]
    bucket_manager: ClassVar[BucketManager]
    info: ClassVar[AbstractAccountInfo]

    buckets_created: list[Bucket]
    """Those that :meth:`create_bucket` made, or a test added; removed when the test ends."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def cls_setup(
        cls,
        request: pytest.FixtureRequest,  # noqa: ARG003  # for those who override this
        b2_api: B2Api,
        b2_auth_data: tuple[str, str],
        bucket_name_prefix: str,
        bucket_manager: BucketManager,
    ) -> None:
        """Make the account of the session attributes of the class."""
        cls.b2_auth_data = b2_auth_data
        cls.this_run_bucket_name_prefix = bucket_name_prefix
        cls.bucket_manager = bucket_manager
        cls.b2_api = b2_api
        cls.info = b2_api.account_info

    @pytest.fixture(autouse=True)
    def setup_method(self) -> Iterator[None]:
        """Remove what is in the buckets that a test made, and the buckets, when it ends."""
        self.buckets_created = []
        yield
        for bucket in self.buckets_created:
            self.bucket_manager.clean_bucket(bucket)

    def write_zeros(self, file: BinaryIO, number: int) -> None:
        """Write lines of 1000 zeros each until more than ``number`` bytes are written."""
        file.writelines(_LINE for _ in range(number // len(_LINE) + 1))

    def create_bucket(self) -> Bucket:
        """Return a new bucket, which is removed when the test ends."""
        bucket = self.bucket_manager.create_bucket()
        self.buckets_created.append(bucket)
        return bucket
