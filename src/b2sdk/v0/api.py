"""The account as v0 has it: what the service says of a deleted bucket is returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk.api import id_of
from b2sdk.docstrings import documented
from b2sdk.v0.bucket import Bucket, BucketFactory
from b2sdk.v1 import api as v1
from b2sdk.v1.bucket import Bucket as _AnyBucket

if TYPE_CHECKING:
    from b2sdk.v2.inherited import parameters_of


@documented
class B2Api(v1.B2Api):
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
    BUCKET_FACTORY_CLASS: type[BucketFactory] = BucketFactory

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface

        @parameters_of(v1.B2Api.create_bucket)
        def create_bucket(self) -> Bucket: ...
        @parameters_of(v1.B2Api.list_buckets)
        def list_buckets(self) -> list[Bucket]: ...  # type: ignore[override]  # a list of a subclass
        @parameters_of(v1.B2Api.get_bucket_by_name)
        def get_bucket_by_name(self) -> Bucket: ...
        @parameters_of(v1.B2Api.get_bucket_by_id)
        def get_bucket_by_id(self) -> Bucket: ...

    @override
    def delete_bucket(self, bucket: _AnyBucket) -> dict[str, Any]:  # type: ignore[override]  # the response
        """Delete an empty bucket; return it as the service described it last.

        :param bucket: the bucket, or anything else with its ``id_``.
        """
        response: dict[str, Any] = self.session.delete_bucket(self.get_account_id(), id_of("bucket", bucket))
        return response
